// SPDX-License-Identifier: GPL-2.0-or-later
// Traffic over time: passed above the axis, dropped below, on one scale. Totals are areas, the busiest ranges lines.

import { root_length } from "./dom.js";
import { LINES } from "./theme.js";
import { clock, round_number } from "./text.js";
import uPlot from "./vendor/uPlot.esm.js";

const BUSY_SLOTS = 120; /* slots for finding the busiest ranges */
const LEAST = 10; /* the smallest end of the scale, so that noise stays flat */

export class Chart {
	/**
	 * @param {HTMLElement} box
	 * @param {import("./cursor.js").Cursor} cursor
	 */
	constructor(box, cursor) {
		this.box = box;
		this.cursor = cursor;
		/** @type {any} */
		this.plot = null;
		/** @type {import("./theme.js").Theme | null} */
		this.theme = null;
		/** @type {(string | null)[]} by line: the key of its range, which keeps the line while it is busy */
		this.slots = new Array(LINES).fill(null);
		/** @type {number[]} */
		this.times = [];
		this.start = 0;
		this.end = 1;
		/** @type {{seconds: number, what: string}[]} */
		this.marks = [];
		this.is_setting = false;
		cursor.watch((seconds, from) => {
			if (from !== this && this.plot)
				this.follow(seconds);
		});
	}

	/** @param {import("./theme.js").Theme} theme */
	build(theme) {
		this.theme = theme;
		this.plot?.destroy();
		const rem = root_length("rem");
		const font = `${Math.round(rem * 0.75)}px ${theme.font}`;
		/** @param {string} stroke @param {object} [more] */
		const series = (stroke, more) => ({ stroke, width: 1.5, points: { show: false }, spanGaps: false, ...more });
		const grid = { stroke: theme.rule, width: 1 };
		const options = {
			...this.size(),
			padding: [rem * 0.5, root_length("--margin-right"), 0, 0],
			legend: { show: false },
			scales: {
				x: { time: true, range: () => [this.start, this.end] },
				y: { range: (/** @type {any} */ _, /** @type {number} */ low, /** @type {number} */ high) => around(low, high) },
			},
			axes: [
				{
					...{ stroke: theme.muted, font, grid: { show: false }, ticks: { show: false }, size: rem * 1.6, gap: rem * 0.3 },
					space: rem * 6,
					values: (/** @type {any} */ _, /** @type {number[]} */ times) =>
						times.map((time) => (this.end - this.start > 600 ? clock(time).slice(0, 5) : clock(time))),
				},
				{
					...{ stroke: theme.muted, font, grid, ticks: { show: false }, size: root_length("--gutter"), gap: rem * 0.4, space: rem * 2.2 },
					values: (/** @type {any} */ _, /** @type {number[]} */ values) => values.map((value) => round_number(Math.abs(value))),
				},
			],
			series: [
				{},
				series(theme.passed, { fill: fade(theme.passed, 0.22) }),
				series(theme.dropped, { fill: fade(theme.dropped, 0.28) }),
				series(theme.would, { dash: [4, 3] }),
				...theme.lines.map((stroke) => series(stroke, { width: 1 })),
			],
			focus: { alpha: 0.25 },
			cursor: { drag: { x: false, y: false }, y: false, points: { size: 5 } },
			hooks: {
				setCursor: [() => this.moved()],
				drawAxes: [(/** @type {any} */ plot) => this.draw_zero(plot)],
				draw: [(/** @type {any} */ plot) => this.draw_marks(plot)],
			},
		};
		this.plot = new uPlot(options, this.data ?? [[], [], [], [], ...theme.lines.map(() => [])], this.box);
	}

	size() {
		return { width: Math.max(200, this.box.clientWidth), height: Math.max(120, this.box.clientHeight) };
	}

	resize() {
		if (this.plot && this.theme)
			this.plot.setSize(this.size());
	}

	/**
	 * @param {import("./store.js").Store} store
	 * @param {import("./state.js").Span} span
	 * @param {"packets" | "bits"} unit
	 * @param {number} seconds of the span
	 */
	update(store, span, unit, seconds) {
		const series = store.series(span);
		const count = Math.ceil(seconds / series.step) + 1;
		this.assign(series.busiest(unit, BUSY_SLOTS, LINES));
		this.times = series.times(count);
		this.end = series.head * series.step;
		this.start = this.end - seconds;
		this.marks = store.marks.map((mark) => ({ seconds: Date.parse(mark.time) / 1000, what: mark.what }));
		/** @param {(number | null)[]} values */
		const below = (values) => values.map((value) => (value === null ? null : -value));
		const none = new Array(count).fill(null);
		const would = series.values("would_drop", unit, count);
		this.data = [
			this.times,
			series.values("passed", unit, count),
			below(series.values("dropped", unit, count)),
			would.some((value) => value) ? below(would) : none,
			...this.slots.map((key) => {
				const values = key === null ? none : series.values(key, unit, count);
				return key !== null && store.rules.get(key)?.action.startsWith("drop") ? below(values) : values;
			}),
		];
		this.is_setting = true;
		this.plot?.setData(this.data);
		this.is_setting = false;
		if (this.cursor.seconds !== null)
			this.follow(this.cursor.seconds);
	}

	/** @param {string[]} busiest */
	assign(busiest) {
		const wanted = new Set(busiest);
		this.slots = this.slots.map((key) => (key !== null && wanted.delete(key) ? key : null));
		for (const key of wanted) {
			const free = this.slots.indexOf(null);
			this.slots[free] = key;
		}
	}

	/** The number of a range's line, or -1. @param {string} key */
	line_of(key) {
		return this.slots.indexOf(key);
	}

	/** Highlights a range's line. @param {string | null} key */
	highlight(key) {
		const line = key === null ? -1 : this.line_of(key);
		this.plot?.setSeries(line < 0 ? null : line + 4, { focus: line >= 0 }, false);
	}

	moved() {
		if (this.is_setting || !this.plot)
			return;
		const index = this.plot.cursor.idx;
		const time = this.plot.cursor.left < 0 || index === null || index === undefined ? null : this.times[index];
		this.cursor.set(time ?? null, this);
	}

	/** @param {number | null} seconds */
	follow(seconds) {
		this.is_setting = true;
		const left = seconds === null ? -10 : this.plot.valToPos(seconds, "x");
		this.plot.setCursor({ left, top: seconds === null ? -10 : 1 });
		this.is_setting = false;
	}

	/** Moves the cursor by some steps; starts at the end. @param {number} by */
	step(by) {
		const step = this.times.length > 1 ? this.times[1] - this.times[0] : 1;
		const from = this.cursor.seconds ?? this.end;
		this.cursor.set(Math.max(this.start, Math.min(this.end, from + by * step)), {});
	}

	/** @param {any} plot */
	draw_zero(plot) {
		if (!this.theme)
			return;
		const y = Math.round(plot.valToPos(0, "y", true)) + 0.5;
		const { ctx, bbox } = plot;
		ctx.save();
		ctx.strokeStyle = this.theme.muted;
		ctx.lineWidth = Math.max(1, Math.round(devicePixelRatio));
		ctx.beginPath();
		ctx.moveTo(bbox.left, y);
		ctx.lineTo(bbox.left + bbox.width, y);
		ctx.stroke();
		ctx.restore();
	}

	/** @param {any} plot */
	draw_marks(plot) {
		if (!this.theme)
			return;
		const { ctx, bbox } = plot;
		ctx.save();
		ctx.font = `${Math.round(root_length("rem") * 0.75 * devicePixelRatio)}px ${this.theme.font}`;
		ctx.fillStyle = ctx.strokeStyle = this.theme.text;
		ctx.lineWidth = Math.max(1, Math.round(devicePixelRatio));
		ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio]);
		ctx.textBaseline = "top";
		for (const { seconds, what } of this.marks) {
			if (seconds < this.start || seconds > this.end)
				continue;
			const x = Math.round(plot.valToPos(seconds, "x", true)) + 0.5;
			ctx.beginPath();
			ctx.moveTo(x, bbox.top);
			ctx.lineTo(x, bbox.top + bbox.height);
			ctx.stroke();
			ctx.textAlign = x > bbox.left + bbox.width / 2 ? "right" : "left";
			ctx.fillText(what, x + (ctx.textAlign === "left" ? 4 : -4) * devicePixelRatio, bbox.top);
		}
		ctx.restore();
	}
}

/**
 * The limits of a scale that includes zero, with room at both ends.
 * @param {number} low
 * @param {number} high
 * @returns {[number, number]}
 */
export function around(low, high) {
	const most = Math.max(high ?? 0, 0);
	const least = Math.min(low ?? 0, 0);
	const room = Math.max(most - least, LEAST) * 0.06;
	return [Math.min(least - room, -LEAST * 0.3), Math.max(most + room, LEAST)];
}

/**
 * @param {string} colour "rgb(1, 2, 3)"
 * @param {number} alpha
 */
function fade(colour, alpha) {
	return colour.replace("rgb(", "rgba(").replace(")", `, ${alpha})`);
}
