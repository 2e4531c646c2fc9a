// SPDX-License-Identifier: GPL-2.0-or-later
// Which class a cell of the strip belongs to: usual on its ports, far above what is usual there, or part of a scan of many
// ports. Judged once, when its second is complete, by the means until then. Pure.

export const NONE = 0;
export const USUAL = 1;
export const SCAN = 2;
export const BURST = 3;

export const LEVELS = 16; /* of intensity within a class; a cell is class * LEVELS + level */

export const TIMES = 4; /* of the mean: more is unusual */
const MEAN_SECONDS = 300;
const BURST_PACKETS = 8; /* fewer packets in a second never count as a burst */
const COLUMN_SHARE = 0.3; /* of a column's ports: a scan */
const COLUMN_PORTS = 8; /* or so many, with few packets on each */
const RUN_PORTS = 8; /* of columns that are one port wide: so many next to each other */
const ROW_PORTS = 24; /* hit at once above TIMES the usual number: a scan of ports far apart */
const FEW_PACKETS = 4; /* on a port: a probe and its repetitions */

/**
 * The packets that a byte of the strip stands for.
 * @param {number} byte
 */
export function packets_of(byte) {
	return POWERS[byte];
}

const POWERS = Float32Array.from({ length: 256 }, (_, byte) => 2 ** (byte / 16) - 1);

export class Classes {
	/**
	 * @param {number} columns
	 * @param {number} width ports of a column
	 */
	constructor(columns, width) {
		this.columns = columns;
		this.width = width;
		this.mean = new Float32Array(columns);
		this.row_mean = 0;
		this.rows = 0;
	}

	/**
	 * Judges the next second.
	 * @param {Uint8Array} bytes log counts of the columns
	 * @param {Uint8Array} hits ports hit in each column
	 * @param {Uint8Array} ret_cells class and level of each
	 * @returns {{ports: number, scan: boolean}} ports hit in the row, and whether they are many
	 */
	judge(bytes, hits, ret_cells) {
		let ports = 0;
		let far = 0; /* ports hit that are not next to many others */
		for (let i = 0; i < this.columns; i++) {
			ports += hits[i];
			if (hits[i] < COLUMN_PORTS)
				far += hits[i];
		}
		const many = far > TIMES * this.row_mean + ROW_PORTS;
		let scanned = 0;
		let run_end = 0; /* of adjacent columns, where a column is a port */
		let in_run = false;
		for (let i = 0; i < this.columns; i++) {
			const byte = bytes[i];
			if (!byte) {
				ret_cells[i] = NONE;
				continue;
			}
			if (this.width === 1 && i >= run_end) {
				run_end = i;
				while (run_end < this.columns && bytes[run_end])
					run_end++;
				in_run = run_end - i >= RUN_PORTS;
			}
			const packets = POWERS[byte];
			const unusual = packets > TIMES * this.mean[i];
			const few = packets <= FEW_PACKETS * hits[i] + 1;
			const dense =
				this.width === 1
					? in_run && few
					: hits[i] >= COLUMN_SHARE * this.width || (hits[i] >= COLUMN_PORTS && few);
			if (unusual && (dense || (many && few))) {
				ret_cells[i] = SCAN * LEVELS + scan_level(hits[i] / this.width);
				scanned++;
			} else if (unusual && packets >= BURST_PACKETS) {
				ret_cells[i] = BURST * LEVELS + burst_level(packets / Math.max(this.mean[i], 1));
			} else {
				ret_cells[i] = USUAL * LEVELS + Math.min(byte >> 3, LEVELS - 1);
			}
		}
		this.learn(bytes, far);
		return { ports, scan: scanned > 0 && (many || scanned * this.width * COLUMN_SHARE >= 1) };
	}

	/**
	 * A mean over MEAN_SECONDS, or over all seconds while there are fewer. One second counts as at most TIMES
	 * the mean: a flood does not pass for usual soon.
	 * @param {Uint8Array} bytes
	 * @param {number} far
	 */
	learn(bytes, far) {
		const weight = 1 / Math.min(++this.rows, MEAN_SECONDS);
		for (let i = 0; i < this.columns; i++) {
			const packets = POWERS[bytes[i]];
			const limit = TIMES * this.mean[i] + BURST_PACKETS;
			this.mean[i] += weight * ((packets < limit ? packets : limit) - this.mean[i]);
		}
		this.row_mean += weight * (Math.min(far, TIMES * this.row_mean + ROW_PORTS) - this.row_mean);
	}

	/**
	 * Begins with the mean of the first seconds of a history, so that what was usual then is so from its first row.
	 * @param {Uint8Array[]} rows
	 * @param {Uint8Array[]} hits
	 */
	prime(rows, hits) {
		rows.forEach((bytes, at) => {
			this.learn(
				bytes,
				hits[at].reduce((sum, n) => (n < COLUMN_PORTS ? sum + n : sum), 0),
			);
		});
	}
}

/** @param {number} share of the ports of a column */
function scan_level(share) {
	return Math.min(LEVELS - 1, Math.floor(4 + share * 12));
}

/** @param {number} times the mean */
function burst_level(times) {
	return Math.min(LEVELS - 1, Math.max(0, Math.floor(((Math.log2(times) - 2) / 8) * LEVELS)));
}
