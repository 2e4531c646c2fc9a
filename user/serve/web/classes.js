// SPDX-License-Identifier: GPL-2.0-or-later
// Classifies cells of the strip: usual for their ports, far above that (a burst), or part of a scan of many ports. Each cell
// is judged once, when its second is complete, by the means up to then. Pure.

export const NONE = 0;
export const USUAL = 1;
export const SCAN = 2;
export const BURST = 3;

export const LEVELS = 16; /* of intensity within a class; a cell is class * LEVELS + level */

export const TIMES = 4; /* more than this times the mean is unusual */
const MEAN_SECONDS = 300;
const BURST_PACKETS = 8; /* fewer packets in a second never count as a burst */
const COLUMN_SHARE = 0.3; /* this share of a column's ports hit is a scan */
const COLUMN_PORTS = 8; /* so is this number, with few packets each */
const RUN_PORTS = 8; /* in columns of one port: so many adjacent ports */
const ROW_PORTS = 24; /* so many hits more than TIMES the usual number: a scan of scattered ports */
const FEW_PACKETS = 4; /* on one port: a probe and its retries */

/**
 * The number of packets that a byte of the strip stands for.
 * @param {number} byte
 */
export function packets_of(byte) {
	return POWERS[byte];
}

const POWERS = Float32Array.from({ length: 256 }, (_, byte) => 2 ** (byte / 16) - 1);

export class Classes {
	/**
	 * @param {number} columns
	 * @param {number} width ports per column
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
	 * @param {Uint8Array} bytes logarithmic counts by column
	 * @param {Uint8Array} hits ports hit in each column
	 * @param {Uint8Array} ret_cells class and level by column
	 * @returns {{ports: number, scan: boolean}} ports hit in the row, and whether it has a scan
	 */
	judge(bytes, hits, ret_cells) {
		let ports = 0;
		let far = 0; /* ports hit in columns with few others */
		for (let i = 0; i < this.columns; i++) {
			ports += hits[i];
			if (hits[i] < COLUMN_PORTS)
				far += hits[i];
		}
		const many = far > TIMES * this.row_mean + ROW_PORTS;
		let scanned = 0;
		let run_end = 0; /* end of the run of adjacent ports, with one port per column */
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
	 * Updates the means over MEAN_SECONDS, or over all seconds so far if fewer. A second counts as at most TIMES the
	 * mean, so that a flood does not soon become usual.
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
	 * Starts with the means of the first seconds of a history, so that its first rows are not all unusual.
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
