// SPDX-License-Identifier: GPL-2.0-or-later
// The port strip: ports from left to right, time downwards from the newest second, on one canvas that scrolls a row a
// second. Bars at the right show how many ports were hit. Paints a Plane, wherever it comes from.

import { BURST, LEVELS, SCAN } from "./classes.js";
import { h, root_length } from "./dom.js";
import { SECONDS } from "./planes.js";
import { NARROWEST, PORTS } from "./state.js";

const GAP_REM = 0.4; /* before the bars at the right */
const DRAG_PX = 6; /* less than this is a click */
const TIME_STEPS = [10, 30, 60, 120, 180, 300];

/**
 * @typedef {object} Calls
 * @property {(low: number, high: number, second: number) => void} why
 * @property {(low: number, width: number) => void} zoom
 * @property {(seconds: number | null) => void} hover
 * @property {(second: number, column: number) => (string | Node)[]} words the lines of a cell's tooltip
 */

export class Strip {
	/**
	 * @param {HTMLElement} box gets the canvas and its axes
	 * @param {Calls} calls
	 */
	constructor(box, calls) {
		this.box = box;
		this.calls = calls;
		this.canvas = h("canvas", { "aria-hidden": "true" });
		this.times = h("div", { class: "strip-times", "aria-hidden": "true" });
		this.axis = h("div", { class: "strip-ports", "aria-hidden": "true" });
		this.listeners = h("div", { class: "strip-listeners" });
		this.column_line = h("div", { class: "strip-column", hidden: true });
		this.row_line = h("div", { class: "strip-row", hidden: true });
		this.selection = h("div", { class: "strip-selection", hidden: true });
		this.tip = h("div", { class: "strip-tip", role: "status", hidden: true });
		this.field = h(
			"div",
			{ class: "strip-field", tabindex: "0", role: "application", "aria-roledescription": "port strip" },
			this.canvas,
			this.column_line,
			this.row_line,
			this.selection,
			this.tip,
		);
		box.replaceChildren(this.times, this.field, this.listeners, this.axis);
		/** @type {CanvasRenderingContext2D} */
		this.context = /** @type {any} */ (this.canvas.getContext("2d", { alpha: false }));
		/** @type {import("./planes.js").Plane | null} */
		this.plane = null;
		/** @type {import("./theme.js").Theme | null} */
		this.theme = null;
		this.wanted = 120; /* fewest seconds to show */
		this.seconds = 120; /* seconds shown */
		this.painted = -1; /* the bucket in the top row */
		this.tip_text = "";
		/** @type {{port: number, words: string}[]} denied ports with a listener */
		this.denied = [];
		/* in device pixels, set by measure(): */
		this.ratio = 1;
		this.pixels = 1; /* width of the part that shows ports */
		this.edge = 0; /* width of the bars at the right */
		this.row_pixels = 1; /* height of a row */
		this.bucket = 1; /* seconds per row, may be fractional */
		this.rows = 1;
		this.first = new Uint16Array(2);
		this.merged = new Uint8Array(1);
		this.line = new ImageData(1, 1);
		this.words = new Uint32Array(this.line.data.buffer);
		/** @type {{column: number, second: number} | null} */
		this.at = null;
		this.measure();
		this.listen();
	}

	/**
	 * @param {import("./planes.js").Plane} plane
	 * @param {number} seconds
	 * @param {import("./theme.js").Theme} theme
	 */
	show(plane, seconds, theme) {
		this.plane = plane;
		this.wanted = Math.min(seconds, SECONDS);
		this.theme = theme;
		this.measure();
		this.repaint();
	}

	/** Computes sizes in device pixels, and the columns that each pixel shows. */
	measure() {
		const ratio = devicePixelRatio;
		const width = Math.max(64, Math.round(this.field.clientWidth * ratio));
		const height = Math.max(64, Math.round(this.field.clientHeight * ratio));
		if (this.canvas.width !== width || this.canvas.height !== height) {
			this.canvas.width = width;
			this.canvas.height = height;
			this.canvas.style.width = width / ratio + "px";
			this.canvas.style.height = height / ratio + "px";
		}
		this.ratio = ratio;
		const margin = Math.round(root_length("--margin-right") * ratio);
		this.edge = margin - Math.round(GAP_REM * root_length("rem") * ratio);
		this.pixels = width - margin;
		this.row_pixels = Math.max(1, Math.floor(height / this.wanted));
		this.bucket = Math.max(1, this.wanted / height);
		this.rows = Math.floor(height / this.row_pixels); /* whole rows only */
		this.seconds = Math.min(SECONDS, Math.floor(this.rows * this.bucket));
		const columns = this.plane?.columns ?? NARROWEST;
		/* pixel x shows columns first[x] to first[x + 1] - 1, but at least first[x] */
		this.first = Uint16Array.from({ length: this.pixels + 1 }, (_, x) => Math.floor((x * columns) / this.pixels));
		this.merged = new Uint8Array(columns);
		this.line = new ImageData(width, this.row_pixels);
		this.words = new Uint32Array(this.line.data.buffer);
	}

	resize() {
		if (this.plane && this.theme) {
			this.measure();
			this.repaint();
		}
	}

	repaint() {
		if (!this.plane || !this.theme)
			return;
		this.words.fill(this.theme.cells[0]);
		for (let y = 0; y < this.canvas.height; y += this.row_pixels)
			this.context.putImageData(this.line, 0, y);
		this.painted = Math.floor(this.plane.head / this.bucket);
		for (let row = 0; row < this.rows; row++)
			this.paint_row(row);
		this.label();
	}

	/** Scrolls to the newest second. */
	update() {
		if (!this.plane || !this.theme || this.plane.head < 0)
			return;
		const newest = Math.floor(this.plane.head / this.bucket);
		const moved = newest - this.painted;
		if (moved < 0 || moved >= this.rows || this.painted < 0) {
			this.repaint();
			return;
		}
		const { width } = this.canvas;
		const height = this.rows * this.row_pixels;
		const by = moved * this.row_pixels;
		if (by)
			this.context.drawImage(this.canvas, 0, 0, width, height - by, 0, by, width, height - by);
		this.painted = newest;
		for (let row = 0; row <= moved; row++)
			this.paint_row(row);
		if (this.at)
			this.point(this.at.column, this.at.second);
	}

	/** The first second of a row. @param {number} bucket */
	start_of(bucket) {
		return Math.ceil(bucket * this.bucket);
	}

	/** @param {number} row from the top */
	paint_row(row) {
		const plane = /** @type {import("./planes.js").Plane} */ (this.plane);
		const { cells, edge } = /** @type {import("./theme.js").Theme} */ (this.theme);
		const { merged, words, first, pixels } = this;
		const bucket = this.painted - row;
		const end = this.start_of(bucket + 1);
		let ports = 0;
		let scan = 0;
		merged.fill(0);
		for (let second = this.start_of(bucket); second < end; second++) {
			const at = plane.row(second);
			if (at < 0)
				continue;
			const start = at * plane.columns;
			for (let i = 0; i < plane.columns; i++)
				if (plane.cells[start + i] > merged[i])
					merged[i] = plane.cells[start + i];
			ports = Math.max(ports, plane.ports[at]);
			scan |= plane.scan[at];
		}
		const wide = Math.round(this.ratio); /* pixels added on both sides of a burst, which is a single port */
		let burst_end = 0;
		for (let x = 0; x < pixels; x++) {
			let cell = merged[first[x]];
			for (let i = first[x] + 1; i < first[x + 1]; i++)
				if (merged[i] > cell)
					cell = merged[i];
			if (cell >= BURST * LEVELS) {
				words.fill(cells[cell], Math.max(0, x - wide), Math.min(pixels, x + wide + 1));
				burst_end = x + wide;
			} else if (x > burst_end || burst_end === 0) {
				words[x] = cells[cell];
			}
		}
		const { width } = this.canvas;
		words.fill(cells[0], pixels, width);
		words.fill(edge[scan], width - this.edge, width - this.edge + Math.round((this.edge * Math.log2(1 + ports)) / 16));
		for (let y = 1; y < this.row_pixels; y++)
			words.copyWithin(y * width, 0, width);
		this.context.putImageData(this.line, 0, row * this.row_pixels);
	}

	/** Draws the axes: ports below, ages at the left. */
	label() {
		const plane = /** @type {import("./planes.js").Plane} */ (this.plane);
		const plot = this.pixels / this.ratio;
		const parts = plot < 480 ? 4 : 8;
		this.axis.replaceChildren();
		for (let i = 0; i <= parts; i++) {
			const port = Math.min(plane.low + (plane.width / parts) * i, PORTS - 1);
			const tick = h("span", { class: i === parts ? "last" : i === 0 ? "first" : "" }, String(i === parts ? plane.low + plane.width - 1 : port));
			tick.style.left = (plot * i) / parts + "px";
			this.axis.append(tick);
		}
		const step = TIME_STEPS.find((seconds) => this.seconds / seconds <= 5) ?? 300;
		this.times.replaceChildren();
		for (let seconds = 0; seconds < this.seconds; seconds += step) {
			const text = seconds === 0 ? "now" : this.wanted > 120 ? `${seconds / 60} min` : `${seconds} s`;
			const tick = h("span", {}, text);
			tick.style.top = this.y_of(seconds) + "px";
			this.times.append(tick);
		}
		this.place_listeners();
	}

	/** @param {number} seconds before the newest */
	y_of(seconds) {
		return (Math.floor(seconds / this.bucket) * this.row_pixels) / this.ratio;
	}

	/**
	 * Draws marks below denied ports with a listener.
	 * @param {{port: number, words: string}[]} listeners
	 */
	set_listeners(listeners) {
		this.denied = listeners;
		this.place_listeners();
	}

	place_listeners() {
		const plane = this.plane;
		if (!plane)
			return;
		const plot = this.pixels / this.ratio;
		const shown = this.denied.filter(({ port }) => port >= plane.low && port < plane.low + plane.width);
		this.listeners.replaceChildren(
			...shown.map(({ port, words }) => {
				const mark = h("button", {
					...{ type: "button", title: words, "aria-label": words },
					click: () => this.calls.why(port, port, plane.head),
				});
				mark.style.left = (plot * (port - plane.low + 0.5)) / plane.width + "px";
				return mark;
			}),
		);
	}

	/** @param {number} x in CSS pixels, from the left of the field */
	column_of(x) {
		const columns = this.plane?.columns ?? NARROWEST;
		return Math.max(0, Math.min(columns - 1, Math.floor((x * this.ratio * columns) / this.pixels)));
	}

	/** @param {number} y */
	second_of(y) {
		const row = Math.max(0, Math.min(this.rows - 1, Math.floor((y * this.ratio) / this.row_pixels)));
		return Math.min(this.start_of(this.painted - row + 1) - 1, this.plane?.head ?? 0);
	}

	/**
	 * Puts crosshairs and tooltip on a cell.
	 * @param {number} column
	 * @param {number} second
	 */
	point(column, second) {
		const plane = this.plane;
		if (!plane)
			return;
		const oldest = plane.head - this.seconds + 1;
		const shown = Math.max(oldest, Math.min(plane.head, second));
		this.at = { column, second: shown };
		const x = ((column + 0.5) / plane.columns) * (this.pixels / this.ratio);
		const y = ((this.painted - Math.floor(shown / this.bucket) + 0.5) * this.row_pixels) / this.ratio;
		this.column_line.hidden = this.row_line.hidden = this.tip.hidden = false;
		this.column_line.style.left = x + "px";
		this.row_line.style.top = y + "px";
		const lines = this.calls.words(shown, column);
		const text = lines.map((line) => (typeof line === "string" ? line : line.textContent)).join("\n");
		if (text !== this.tip_text) {
			this.tip_text = text;
			this.tip.replaceChildren(...lines.map((line) => h("div", {}, line)));
		}
		const right = x > this.field.clientWidth / 2;
		this.tip.style.left = right ? "" : x + 12 + "px";
		this.tip.style.right = right ? this.field.clientWidth - x + 12 + "px" : "";
		this.tip.style.top = Math.max(0, Math.min(y - 20, this.field.clientHeight - this.tip.offsetHeight)) + "px";
		this.calls.hover(shown);
	}

	leave() {
		this.at = null;
		this.tip_text = "";
		this.column_line.hidden = this.row_line.hidden = this.tip.hidden = this.selection.hidden = true;
		this.calls.hover(null);
	}

	/** Marks the row of the time that another chart points at. @param {number | null} seconds */
	mark_time(seconds) {
		if (this.at || !this.plane)
			return;
		const before = seconds === null ? -1 : this.plane.head - Math.floor(seconds);
		this.row_line.hidden = before < 0 || before >= this.seconds;
		if (!this.row_line.hidden)
			this.row_line.style.top = this.y_of(before) + "px";
	}

	/** @param {{column: number, second: number}} at */
	ask(at) {
		const cell = this.plane?.cell(at.second, at.column);
		if (cell)
			this.calls.why(cell.low, cell.high, at.second);
	}

	listen() {
		/** @type {number | null} */
		let from = null;
		const { field } = this;
		/** @param {PointerEvent} event */
		const x_of = (event) => event.clientX - field.getBoundingClientRect().left;
		/** @param {PointerEvent} event */
		const y_of = (event) => event.clientY - field.getBoundingClientRect().top;
		field.addEventListener("pointerdown", (event) => {
			from = x_of(event);
		});
		field.addEventListener("pointermove", (event) => {
			const x = x_of(event);
			this.point(this.column_of(x), this.second_of(y_of(event)));
			if (from !== null && event.pointerType !== "touch" && Math.abs(x - from) >= DRAG_PX) {
				if (!field.hasPointerCapture(event.pointerId))
					field.setPointerCapture(event.pointerId);
				this.selection.hidden = false;
				this.selection.style.left = Math.min(x, from) + "px";
				this.selection.style.width = Math.abs(x - from) + "px";
			}
		});
		field.addEventListener("pointerup", (event) => {
			const x = x_of(event);
			if (from !== null && !this.selection.hidden) {
				const [low, high] = [Math.min(x, from), Math.max(x, from)].map((at) => this.port_of(at));
				this.calls.zoom(low, high - low);
			} else if (from !== null) {
				this.point(this.column_of(x), this.second_of(y_of(event)));
				if (this.at)
					this.ask(this.at);
			}
			from = null;
			this.selection.hidden = true;
		});
		field.addEventListener("pointercancel", () => {
			from = null;
			this.leave();
		});
		field.addEventListener("pointerleave", () => this.leave());
		field.addEventListener("blur", () => this.leave());
		field.addEventListener("keydown", (event) => this.key(event));
	}

	/** @param {number} x */
	port_of(x) {
		const plane = this.plane;
		return plane ? plane.low + Math.round((x * this.ratio * plane.width) / this.pixels) : 0;
	}

	/** @param {KeyboardEvent} event */
	key(event) {
		const plane = this.plane;
		if (!plane || event.ctrlKey || event.altKey || event.metaKey)
			return;
		const at = this.at ?? { column: 0, second: plane.head };
		const far = event.shiftKey ? 16 : 1;
		const middle = plane.low + ((at.column + 0.5) * plane.width) / plane.columns;
		/** @type {Record<string, () => void>} */
		const keys = {
			ArrowLeft: () => this.point(Math.max(0, at.column - far), at.second),
			ArrowRight: () => this.point(Math.min(plane.columns - 1, at.column + far), at.second),
			ArrowDown: () => this.point(at.column, at.second - far * Math.ceil(this.bucket)),
			ArrowUp: () => this.point(at.column, at.second + far * Math.ceil(this.bucket)),
			Home: () => this.point(0, at.second),
			End: () => this.point(plane.columns - 1, at.second),
			Enter: () => this.ask(at),
			Escape: () => this.leave(),
			"+": () => this.calls.zoom(middle - plane.width / 4, plane.width / 2),
			"-": () => this.calls.zoom(middle - plane.width, plane.width * 2),
		};
		const act = keys[event.key] ?? (event.key === "=" ? keys["+"] : undefined);
		if (act) {
			event.preventDefault();
			act();
		}
	}
}

/**
 * A cell's class in words, or nothing if usual.
 * @param {number} kind
 */
export function kind_words(kind) {
	if (kind === SCAN)
		return "many ports at once";
	return kind === BURST ? "far above what is usual here" : "";
}

