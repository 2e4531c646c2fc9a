// SPDX-License-Identifier: GPL-2.0-or-later
// Rates over time: rings of 15 minutes by second and of 24 hours by minute, filled from the server's history and then from
// frames. Memory use is bounded. Pure.

const LINES_MAX = 400; /* rules and reasons; the least recently seen ones are dropped */

/**
 * @typedef {"packets" | "bits"} Unit
 * @typedef {{packets: Float32Array, bits: Float32Array, seen: number}} Line NaN: unknown
 */

/**
 * A rule of the policy has one row; the default has one per protocol.
 * @param {{rule: string, protocol: string}} rule
 */
export function rule_key(rule) {
	return rule.rule.startsWith("_") ? `rule:${rule.rule}/${rule.protocol}` : "rule:" + rule.rule;
}

export class Series {
	/**
	 * @param {number} step seconds of a slot
	 * @param {number} length slots
	 */
	constructor(step, length) {
		this.step = step;
		this.length = length;
		this.head = -1; /* the newest slot's number: seconds since 1970 / step */
		this.frames = 0; /* in the mean of the newest slot */
		/** @type {Map<string, Line>} */
		this.lines = new Map();
	}

	/** @param {string} key */
	line(key) {
		let line = this.lines.get(key);
		if (!line) {
			if (this.lines.size >= LINES_MAX)
				this.forget();
			line = {
				packets: new Float32Array(this.length).fill(NaN),
				bits: new Float32Array(this.length).fill(NaN),
				seen: this.head,
			};
			this.lines.set(key, line);
		}
		return line;
	}

	/** Drops the line that was seen longest ago. */
	forget() {
		let oldest = "";
		let seen = Infinity;
		for (const [key, line] of this.lines)
			if (line.seen < seen)
				[oldest, seen] = [key, line.seen];
		this.lines.delete(oldest);
	}

	/**
	 * Makes the slot of a time the newest one. Slots in between are unknown.
	 * @param {number} seconds since 1970
	 * @returns {boolean} false: older than the newest
	 */
	advance(seconds) {
		const slot = Math.floor(seconds / this.step);
		if (slot < this.head)
			return false;
		if (slot > this.head) {
			const first = Math.max(this.head + 1, slot - this.length + 1);
			for (const line of this.lines.values())
				for (let at = first; at <= slot; at++)
					line.packets[at % this.length] = line.bits[at % this.length] = NaN;
			this.head = slot;
			this.frames = 0;
		}
		return true;
	}

	/**
	 * Adds a frame's rate to the mean of the newest slot.
	 * @param {string} key
	 * @param {number} packets
	 * @param {number} bits
	 */
	add(key, packets, bits) {
		const line = this.line(key);
		const at = this.head % this.length;
		const before = this.frames - 1;
		line.packets[at] = ((line.packets[at] || 0) * before + packets) / this.frames;
		line.bits[at] = ((line.bits[at] || 0) * before + bits) / this.frames;
		line.seen = this.head;
	}

	/**
	 * @param {number} seconds
	 * @param {import("./types.js").Frame} frame
	 */
	fold(seconds, frame) {
		if (!this.advance(seconds))
			return;
		this.frames++;
		for (const verdict of /** @type {const} */ (["passed", "dropped", "would_drop"]))
			this.add(verdict, frame.rates[verdict].packets, frame.rates[verdict].bits);
		for (const rule of frame.rules)
			this.add(rule_key(rule), rule.passed + rule.dropped + rule.would_drop, rule.bits);
		for (const reason of frame.reasons)
			this.add("reason:" + reason.reason, reason.packets, NaN);
		/* rules and reasons that are not in the frame had few packets or none */
		const at = this.head % this.length;
		for (const line of this.lines.values())
			if (line.seen !== this.head)
				line.packets[at] = line.bits[at] = 0;
	}

	/** @param {import("./types.js").HistoryPart} part */
	load(part) {
		const first = Math.floor(part.start / this.step);
		const count = part.passed.packets.length;
		if (!count)
			return;
		this.advance((first + count - 1) * this.step);
		/** @param {string} key @param {import("./types.js").Line} from */
		const copy = (key, from) => {
			const line = this.line(key);
			for (let i = 0; i < count; i++) {
				const slot = first + i;
				if (slot > this.head - this.length && slot <= this.head) {
					line.packets[slot % this.length] = from.packets[i] ?? NaN;
					line.bits[slot % this.length] = from.bits?.[i] ?? NaN;
				}
			}
			line.seen = this.head;
		};
		copy("passed", part.passed);
		copy("dropped", part.dropped);
		copy("would_drop", part.would_drop);
		for (const rule of part.rules)
			copy(rule_key(rule), rule);
		for (const reason of part.reasons)
			copy("reason:" + reason.reason, reason);
	}

	/**
	 * The newest values, oldest first; null if unknown.
	 * @param {string} key
	 * @param {Unit} unit
	 * @param {number} count slots
	 * @returns {(number | null)[]}
	 */
	values(key, unit, count) {
		const ring = this.lines.get(key)?.[unit];
		const values = new Array(count);
		for (let i = 0; i < count; i++) {
			const slot = this.head - count + 1 + i;
			const value = ring && slot >= 0 && count - i <= this.length ? ring[slot % this.length] : NaN;
			values[i] = Number.isNaN(value) ? null : value;
		}
		return values;
	}

	/**
	 * The value at a time, or null.
	 * @param {string} key
	 * @param {Unit} unit
	 * @param {number} seconds
	 */
	at(key, unit, seconds) {
		const slot = Math.floor(seconds / this.step);
		if (slot > this.head || slot <= this.head - this.length)
			return null;
		const value = this.lines.get(key)?.[unit][slot % this.length] ?? NaN;
		return Number.isNaN(value) ? null : value;
	}

	/** @param {number} count slots @returns {number[]} their times in seconds, oldest first */
	times(count) {
		return Array.from({ length: count }, (_, i) => (this.head - count + 1 + i) * this.step);
	}

	/**
	 * The keys of the rules with the most packets, or bits, in the newest slots.
	 * @param {Unit} unit
	 * @param {number} slots
	 * @param {number} count at most so many keys
	 * @returns {string[]}
	 */
	busiest(unit, slots, count) {
		const sums = /** @type {[string, number][]} */ ([]);
		for (const [key, line] of this.lines) {
			if (!key.startsWith("rule:"))
				continue;
			let sum = 0;
			for (let slot = Math.max(0, this.head - Math.min(slots, this.length) + 1); slot <= this.head; slot++)
				sum += line[unit][slot % this.length] || 0;
			if (sum > 0)
				sums.push([key, sum]);
		}
		return sums
			.sort((a, b) => b[1] - a[1])
			.slice(0, count)
			.map(([key]) => key);
	}
}

export class Store {
	constructor() {
		this.fine = new Series(1, 900);
		this.coarse = new Series(60, 1440);
		/** @type {Map<string, import("./types.js").Rule>} the latest data of each rule */
		this.rules = new Map();
		/** @type {import("./types.js").Mark[]} */
		this.marks = [];
		/** @type {import("./types.js").Frame | null} */
		this.frame = null;
	}

	/** @param {import("./types.js").History} history */
	load(history) {
		if (history.fine)
			this.fine.load(history.fine);
		if (history.coarse)
			this.coarse.load(history.coarse);
		for (const part of [history.fine, history.coarse])
			for (const rule of part?.rules ?? [])
				if (!this.rules.has(rule_key(rule)) && rule.action)
					this.rules.set(rule_key(rule), {
						...{ rule: rule.rule, protocol: rule.protocol, ports: rule.ports ?? "" },
						...{ action: rule.action, file: null, line: null },
						...{ passed: 0, dropped: 0, would_drop: 0, bits: 0 },
					});
		this.add_marks(history.marks);
	}

	/** @param {import("./types.js").Frame} frame */
	fold(frame) {
		const seconds = Date.parse(frame.time) / 1000;
		this.frame = frame;
		this.fine.fold(seconds, frame);
		this.coarse.fold(seconds, frame);
		for (const rule of this.rules.values())
			rule.passed = rule.dropped = rule.would_drop = rule.bits = 0;
		for (const rule of frame.rules) {
			const known = this.rules.get(rule_key(rule));
			if (known)
				Object.assign(known, rule);
			else
				this.rules.set(rule_key(rule), { ...rule });
		}
		this.add_marks(frame.marks);
	}

	/** @param {import("./types.js").Mark[]} marks */
	add_marks(marks) {
		for (const mark of marks)
			if (!this.marks.some((known) => known.time === mark.time && known.what === mark.what))
				this.marks.push(mark);
		if (this.marks.length > 100)
			this.marks.splice(0, this.marks.length - 100);
	}

	/** @param {import("./state.js").Span} span */
	series(span) {
		return span === "24h" ? this.coarse : this.fine;
	}
}
