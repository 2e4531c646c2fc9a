// SPDX-License-Identifier: GPL-2.0-or-later
// The table of port ranges: what each passes and drops now, and its history. Its keys are those of the chart's lines.

import { by_id, h, keyed, set_attribute, set_text } from "./dom.js";
import { matcher, sort_ranges } from "./filter.js";
import { draw_spark } from "./spark.js";
import { rule_key } from "./store.js";
import { number, rule_words } from "./text.js";

const STEP = 100; /* rows added by the button */
const SETTLE_MS = 3000; /* between changes of the order */

export class Ranges {
	/**
	 * @param {import("./state.js").State} state
	 * @param {{why: (key: string) => void, keep: () => void}} calls
	 */
	constructor(state, calls) {
		this.state = state;
		this.calls = calls;
		this.table = by_id("ranges", HTMLTableElement);
		this.body = this.table.tBodies[0];
		this.more = by_id("ranges-more", HTMLButtonElement);
		this.filter = by_id("ranges-filter", HTMLInputElement);
		this.count = by_id("ranges-count", HTMLElement);
		/** @type {Map<string, HTMLTableRowElement>} */
		this.rows = new Map();
		/** @type {Map<string, import("./filter.js").Range>} */
		this.ranges = new Map();
		/** @type {string[]} */
		this.order = [];
		this.ordered_ms = -Infinity;
		this.extra = 0;
		this.is_pointed = false;
		/** @type {{store: import("./store.js").Store, theme: import("./theme.js").Theme, chart: import("./chart.js").Chart, cursor: number | null, seconds: number} | null} */
		this.view = null;
		this.filter.value = state.filter;
		this.listen();
	}

	listen() {
		this.filter.addEventListener("input", () => {
			this.state.filter = this.filter.value;
			this.calls.keep();
			this.reorder();
		});
		this.more.addEventListener("click", () => {
			this.extra += STEP;
			this.reorder();
		});
		for (const button of this.table.querySelectorAll("thead button"))
			button.addEventListener("click", () => {
				const column = /** @type {HTMLButtonElement} */ (button).value;
				const first = column === "name" || column === "ports" ? column : "-" + column;
				const other = first.startsWith("-") ? column : "-" + column;
				this.state.sort = this.state.sort === first ? other : first;
				this.calls.keep();
				this.reorder();
			});
		/* rows do not move under the pointer or away from the focus */
		this.table.addEventListener("pointerenter", () => (this.is_pointed = true));
		this.table.addEventListener("pointerleave", () => (this.is_pointed = false));
	}

	/**
	 * All ranges of the policy with their totals, from /api/stats.
	 * @param {{rule: string, protocol: string, low: number | null, high: number | null, action: string, monitor: boolean, passed: {packets: number}, dropped: {packets: number}, would_drop: {packets: number}}[]} ranges
	 */
	set_policy(ranges) {
		/** @type {Map<string, import("./filter.js").Range>} */
		const found = new Map();
		for (const range of ranges) {
			const key = rule_key(range);
			const ports = range.low === null || range.high === null ? "" : range.low === range.high ? String(range.low) : `${range.low}-${range.high}`;
			const total = range.passed.packets + range.dropped.packets + range.would_drop.packets;
			let known = found.get(key);
			if (!known) {
				known = {
					...{ key, rule: range.rule, protocol: range.protocol, ports: "", place: found.size, total: 0 },
					...{ action: range.action + (range.monitor ? " (monitor)" : ""), passed: 0, dropped: 0, would_drop: 0 },
				};
				found.set(key, known);
			}
			known.total = (known.total ?? 0) + total;
			known.ports = add_ports(known.ports, range.protocol, ports);
		}
		this.ranges = found;
		this.ordered_ms = -Infinity; /* sort again once rates come with the next frame */
	}

	/** @param {NonNullable<Ranges["view"]>} view */
	update(view) {
		this.view = view;
		const { store, cursor } = view;
		const unit = this.state.unit;
		for (const range of this.ranges.values())
			range.passed = range.dropped = range.would_drop = 0;
		for (const [key, rule] of store.rules) {
			let range = this.ranges.get(key);
			if (!range) {
				range = {
					...{ key, rule: rule.rule, protocol: rule.protocol, ports: rule.ports, action: rule.action },
					...{ place: this.ranges.size, passed: 0, dropped: 0, would_drop: 0, total: null },
				};
				this.ranges.set(key, range);
			}
			const packets = rule.passed + rule.dropped + rule.would_drop;
			let all = unit === "bits" ? rule.bits : packets;
			if (cursor !== null)
				all = store.series(this.state.span).at(key, unit, cursor) ?? 0;
			/* only the sum is known of bits and of the past: split it like the packets, or by the action */
			const dropping = rule.action.startsWith("drop");
			const share = packets ? [rule.passed / packets, rule.dropped / packets, rule.would_drop / packets] : [dropping ? 0 : 1, dropping ? 1 : 0, 0];
			[range.passed, range.dropped, range.would_drop] = share.map((part) => part * all);
		}
		const now = performance.now();
		if (now - this.ordered_ms > SETTLE_MS && !this.is_pointed && !this.body.contains(document.activeElement))
			this.reorder();
		else
			this.draw();
	}

	reorder() {
		this.ordered_ms = performance.now();
		const shown = sort_ranges([...this.ranges.values()].filter(matcher(this.state.filter)).filter((range) => this.state.filter || is_seen(range)), this.state.sort);
		this.order = shown.map(({ key }) => key);
		for (const header of this.table.querySelectorAll("thead th")) {
			const column = header.querySelector("button")?.value;
			const sorted = column !== undefined && this.state.sort.replace(/^-/, "") === column;
			set_attribute(header, "aria-sort", sorted ? (this.state.sort.startsWith("-") ? "descending" : "ascending") : null);
		}
		this.draw();
	}

	draw() {
		const view = this.view;
		if (!view)
			return;
		const first = parseInt(getComputedStyle(this.table).getPropertyValue("--rows")) || 8;
		const shown = this.order
			.slice(0, first + this.extra)
			.map((key) => this.ranges.get(key))
			.filter((range) => range !== undefined);
		keyed(
			this.body,
			this.rows,
			shown,
			({ key }) => key,
			(range) => this.make(range),
			(row, range) => this.fill(row, range),
		);
		const left = this.order.length - shown.length;
		this.more.hidden = left <= 0;
		set_text(this.more, `Show ${Math.min(left, STEP)} more of ${left}`);
		set_text(this.count, this.state.filter ? `${this.order.length} of ${this.ranges.size}` : String(this.ranges.size));
	}

	/** @param {import("./filter.js").Range} range */
	make(range) {
		const name = h("button", { type: "button", class: "name", click: () => this.calls.why(range.key) }, rule_words(range.rule));
		const { chart } = /** @type {NonNullable<Ranges["view"]>} */ (this.view);
		return h(
			"tr",
			{ pointerenter: () => chart.highlight(range.key), pointerleave: () => chart.highlight(null) },
			h("th", { scope: "row" }, h("div", { class: "cell" }, h("i", { class: "key" }), name, h("span", { class: "ports" }))),
			h("td", { class: "passed" }),
			h("td", { class: "dropped" }),
			h("td", { class: "history" }, h("canvas", { "aria-hidden": "true" })),
			h("td", { class: "total" }),
		);
	}

	/**
	 * @param {HTMLTableRowElement} row
	 * @param {import("./filter.js").Range} range
	 */
	fill(row, range) {
		const { store, theme, chart, cursor, seconds } = /** @type {NonNullable<Ranges["view"]>} */ (this.view);
		const [head, passed, dropped, history, total] = row.children;
		const [key, , ports] = /** @type {Element} */ (head.firstElementChild).children;
		const line = chart.line_of(range.key);
		set_attribute(key, "class", line < 0 ? "key" : `key line-${line + 1}`);
		set_text(ports, range.ports);
		set_attribute(ports, "title", range.ports.length > 24 ? range.ports : null);
		set_text(passed, range.passed ? number(range.passed) : "");
		set_text(dropped, range.dropped ? number(range.dropped) : range.would_drop ? `(${number(range.would_drop)})` : "");
		set_text(total, range.total === null ? "" : number(range.total));
		const series = store.series(this.state.span);
		const count = Math.ceil(seconds / series.step);
		const end = series.head * series.step;
		const at = cursor === null ? null : 1 - (end - cursor) / seconds;
		draw_spark(
			/** @type {HTMLCanvasElement} */ (history.firstElementChild),
			series.values(range.key, this.state.unit, count),
			range.action.startsWith("drop") ? theme.dropped : theme.passed,
			at,
			theme.muted,
		);
	}
}

/** A range of the default that nothing has arrived for is found by a filter only. @param {import("./filter.js").Range} range */
function is_seen(range) {
	return !range.rule.startsWith("_") || range.passed + range.dropped + range.would_drop > 0 || (range.total ?? 0) > 0;
}

const PORTS_LENGTH = 200; /* of the text of ports; the rest is left out */

/**
 * "tcp/80" and 443 make "tcp/80,443".
 * @param {string} text
 * @param {string} protocol
 * @param {string} ports
 */
export function add_ports(text, protocol, ports) {
	const last = text.split(" ").at(-1) ?? "";
	if (text.length > PORTS_LENGTH)
		return text;
	if (!ports)
		return text ? `${text} ${protocol}` : protocol;
	return last.startsWith(protocol + "/") ? `${text},${ports}` : `${text}${text && " "}${protocol}/${ports}`;
}
