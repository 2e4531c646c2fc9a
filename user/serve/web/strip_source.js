// SPDX-License-Identifier: GPL-2.0-or-later
// The source of the strip's planes: all ports come from the stream and the history; a narrower window from the server's
// finer counts, requested once a second.

import { Plane, decode } from "./planes.js";
import { get_strip } from "./server.js";
import { NARROWEST, PLANES, PORTS } from "./state.js";

const POLL_MS = 1000;

export class StripSource {
	/** @param {() => void} changed called when there are new rows */
	constructor(changed) {
		this.changed = changed;
		/** @type {string | null} */
		this.device = null;
		/** @type {Map<string, Plane>} of all ports */
		this.planes = new Map();
		/** @type {Plane | null} of a narrower window */
		this.zoomed = null;
		this.zoomed_name = "";
		/** @type {ReturnType<typeof setInterval> | undefined} */
		this.timer = undefined;
		this.reset(null);
	}

	/** @param {string | null} device */
	reset(device) {
		this.device = device;
		this.planes = new Map(PLANES.map((name) => [name, new Plane(0, PORTS, NARROWEST)]));
		this.unzoom();
	}

	/**
	 * Requests the history of a plane of all ports.
	 * @param {string} name
	 */
	async load(name) {
		const plane = /** @type {Plane} */ (this.planes.get(name));
		const device = this.device;
		try {
			const [bytes, hits] = await Promise.all([get_strip(device, name, null, null), get_strip(device, name + "_ports", null, null)]);
			const rows = Math.min(bytes.bytes.length, hits.bytes.length) / NARROWEST;
			const start = Math.max(bytes.start, hits.start);
			/* both were requested at once, but may be a second apart */
			const [from_bytes, from_hits] = [bytes, hits].map((part) => part.bytes.subarray((start - part.start) * NARROWEST));
			const length = Math.min(from_bytes.length, from_hits.length);
			plane.load(rows ? start : -1, from_bytes.subarray(0, length), from_hits.subarray(0, length));
		} catch {
			plane.load(-1, new Uint8Array(0), new Uint8Array(0));
		}
		if (device === this.device)
			this.changed();
	}

	/** @param {import("./types.js").StripSecond} strip */
	push(strip) {
		for (const [name, plane] of this.planes) {
			const [bytes, hits] = [strip.planes[name], strip.planes[name + "_ports"]];
			plane.push(strip.second, bytes ? decode(bytes) : undefined, hits ? decode(hits) : undefined);
		}
	}

	unzoom() {
		clearInterval(this.timer);
		this.timer = undefined;
		this.zoomed = null;
	}

	/**
	 * Returns the plane of a window, which fills as answers come.
	 * @param {string} name
	 * @param {number} low
	 * @param {number} width
	 * @returns {Plane}
	 */
	plane(name, low, width) {
		if (width === PORTS) {
			this.unzoom();
			return /** @type {Plane} */ (this.planes.get(name));
		}
		if (this.zoomed && this.zoomed_name === name && this.zoomed.low === low && this.zoomed.width === width)
			return this.zoomed;
		this.unzoom();
		const plane = (this.zoomed = new Plane(low, width, NARROWEST));
		const window = { low, high: low + width - 1 };
		this.zoomed_name = name;
		let is_asking = false;
		const ask = async () => {
			if (is_asking || document.hidden)
				return;
			is_asking = true;
			try {
				const since = plane.waiting ? null : plane.head;
				const [bytes, hits] = await Promise.all([get_strip(this.device, name, window, since), get_strip(this.device, name + "_ports", window, since)]);
				/** @param {{start: number, bytes: Uint8Array}} part @param {number} second */
				const row = (part, second) => part.bytes.subarray((second - part.start) * NARROWEST, (second - part.start + 1) * NARROWEST);
				const start = Math.max(bytes.start, hits.start);
				const end = Math.min(...[bytes, hits].map((part) => part.start + part.rows));
				if (plane.waiting && end > start) {
					const [all, all_hits] = [bytes, hits].map((part) => part.bytes.subarray((start - part.start) * NARROWEST, (end - part.start) * NARROWEST));
					plane.load(start, all, all_hits);
				} else {
					for (let second = start; second < end; second++)
						plane.push(second, row(bytes, second), row(hits, second));
				}
				if (plane === this.zoomed)
					this.changed();
			} catch {
				/* retried in the next second */
			}
			is_asking = false;
		};
		this.timer = setInterval(ask, POLL_MS);
		ask();
		return plane;
	}
}
