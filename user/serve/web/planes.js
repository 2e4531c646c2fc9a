// SPDX-License-Identifier: GPL-2.0-or-later
// The rows of the strip: for each plane (a protocol and a verdict) a ring of seconds, classified as they come. Pure.

import { BURST, Classes, LEVELS, SCAN, packets_of } from "./classes.js";

export const SECONDS = 900;
const PRIME_SECONDS = 60; /* of a history, for the first means */
const WAITING_MAX = 60;

/** @param {string} base64 */
export function decode(base64) {
	const text = atob(base64);
	const bytes = new Uint8Array(text.length);
	for (let i = 0; i < text.length; i++)
		bytes[i] = text.charCodeAt(i);
	return bytes;
}

/** The seconds of one plane in one window of ports. */
export class Plane {
	/**
	 * @param {number} low the lowest port
	 * @param {number} width ports in all
	 * @param {number} columns
	 */
	constructor(low, width, columns) {
		this.low = low;
		this.width = width;
		this.columns = columns;
		this.head = -1; /* the newest second */
		this.bytes = new Uint8Array(SECONDS * columns);
		this.hits = new Uint8Array(SECONDS * columns);
		this.cells = new Uint8Array(SECONDS * columns);
		this.ports = new Uint16Array(SECONDS); /* hit in each second */
		this.scan = new Uint8Array(SECONDS);
		this.classes = new Classes(columns, width / columns);
		/** @type {{second: number, bytes: Uint8Array, hits: Uint8Array}[] | null} until the history has been loaded */
		this.waiting = [];
		this.empty = new Uint8Array(columns);
	}

	/**
	 * The row of a second, or -1 if there is none (any more).
	 * @param {number} second
	 */
	row(second) {
		return second > this.head || second <= this.head - SECONDS || second < 0 ? -1 : second % SECONDS;
	}

	/**
	 * @param {number} second
	 * @param {Uint8Array | undefined} bytes undefined: nothing was hit
	 * @param {Uint8Array | undefined} hits undefined: one port per column
	 */
	push(second, bytes = this.empty, hits = bytes.map((byte) => (byte ? 1 : 0))) {
		if (this.waiting) {
			if (this.waiting.push({ second, bytes, hits }) > WAITING_MAX)
				this.waiting.shift();
			return;
		}
		if (second <= this.head)
			return;
		for (let at = Math.max(this.head + 1, second - SECONDS + 1); at < second; at++)
			this.clear(at % SECONDS);
		this.head = second;
		const row = second % SECONDS;
		const start = row * this.columns;
		this.bytes.set(bytes, start);
		this.hits.set(hits, start);
		const judged = this.classes.judge(bytes, hits, this.cells.subarray(start, start + this.columns));
		this.ports[row] = judged.ports;
		this.scan[row] = Number(judged.scan);
	}

	/** @param {number} row */
	clear(row) {
		const start = row * this.columns;
		for (const ring of [this.bytes, this.hits, this.cells])
			ring.fill(0, start, start + this.columns);
		this.ports[row] = this.scan[row] = 0;
	}

	/**
	 * Loads the history, oldest row first, then the seconds that came while it was requested.
	 * @param {number} start its first second
	 * @param {Uint8Array} bytes
	 * @param {Uint8Array} hits
	 */
	load(start, bytes, hits) {
		/** @type {NonNullable<Plane["waiting"]>} */
		const waiting = this.waiting ?? [];
		const rows = Math.floor(bytes.length / this.columns);
		/** @param {Uint8Array} all @param {number} row */
		const row_of = (all, row) => all.subarray(row * this.columns, (row + 1) * this.columns);
		this.waiting = null;
		this.head = -1;
		this.classes = new Classes(this.columns, this.width / this.columns);
		for (const ring of [this.bytes, this.hits, this.cells, this.ports, this.scan])
			ring.fill(0);
		if (rows >= PRIME_SECONDS) {
			const first = Array.from({ length: PRIME_SECONDS }, (_, row) => row);
			this.classes.prime(
				first.map((row) => row_of(bytes, row)),
				first.map((row) => row_of(hits, row)),
			);
		}
		for (let row = 0; row < rows; row++)
			this.push(start + row, row_of(bytes, row), row_of(hits, row));
		for (const { second, bytes: later, hits: later_hits } of waiting)
			this.push(second, later, later_hits);
	}

	/**
	 * The data of a cell.
	 * @param {number} second
	 * @param {number} column
	 */
	cell(second, column) {
		const row = this.row(second);
		const at = row * this.columns + column;
		const ports = this.width / this.columns;
		return {
			low: this.low + column * ports,
			high: this.low + (column + 1) * ports - 1,
			packets: row < 0 ? 0 : packets_of(this.bytes[at]),
			hits: row < 0 ? 0 : this.hits[at],
			kind: row < 0 ? 0 : Math.floor(this.cells[at] / LEVELS),
			ports: row < 0 ? 0 : this.ports[row],
		};
	}

	/**
	 * The columns with the most packets in the newest seconds.
	 * @param {number} seconds
	 * @param {number} count at most
	 */
	busiest(seconds, count) {
		const sums = new Float64Array(this.columns);
		const kinds = new Uint8Array(this.columns);
		for (let second = this.head; second > this.head - Math.min(seconds, SECONDS) && second >= 0; second--) {
			const start = (second % SECONDS) * this.columns;
			for (let i = 0; i < this.columns; i++) {
				sums[i] += packets_of(this.bytes[start + i]);
				kinds[i] = Math.max(kinds[i], Math.floor(this.cells[start + i] / LEVELS));
			}
		}
		const ports = this.width / this.columns;
		return Array.from(sums.keys())
			.filter((i) => sums[i] > 0)
			.sort((a, b) => sums[b] - sums[a])
			.slice(0, count)
			.map((i) => ({ low: this.low + i * ports, high: this.low + (i + 1) * ports - 1, packets: sums[i], kind: kinds[i] }));
	}

	/**
	 * Is anything unusual in the newest seconds?
	 * @param {number} seconds
	 * @returns {0 | 2 | 3} the class
	 */
	unusual(seconds) {
		let kind = 0;
		for (let second = this.head; second > this.head - seconds && second >= 0; second--) {
			if (this.scan[second % SECONDS])
				return SCAN;
			const start = (second % SECONDS) * this.columns;
			for (let i = 0; i < this.columns; i++)
				if (this.cells[start + i] >= BURST * LEVELS)
					kind = BURST;
		}
		return /** @type {0 | 3} */ (kind);
	}
}
