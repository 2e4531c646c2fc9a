// SPDX-License-Identifier: GPL-2.0-or-later
// The short lists: reasons, ports, sources and events. Each row leads to its why.

import { by_id, h, keyed, set_attribute, set_text } from "./dom.js";
import { draw_spark } from "./spark.js";
import { clock, number } from "./text.js";

/**
 * @typedef {object} Row
 * @property {string} key what its why is asked by
 * @property {string} name
 * @property {string} note
 * @property {string} value
 * @property {string} kind a class of style.css
 * @property {string | null} [line] the key of its history
 */

export class List {
	/**
	 * @param {string} id of the table
	 * @param {(key: string) => void} why
	 */
	constructor(id, why) {
		this.table = by_id(id, HTMLTableElement);
		this.body = this.table.tBodies[0];
		this.section = /** @type {HTMLElement} */ (this.table.closest("section"));
		this.why = why;
		/** @type {Map<string, HTMLTableRowElement>} */
		this.rows = new Map();
	}

	/**
	 * @param {Row[]} rows none: the section is hidden
	 * @param {(canvas: HTMLCanvasElement, row: Row) => void} [draw] its history
	 */
	update(rows, draw) {
		const most = parseInt(getComputedStyle(this.table).getPropertyValue("--rows")) || 8;
		this.section.hidden = rows.length === 0;
		keyed(
			this.body,
			this.rows,
			rows.slice(0, most),
			({ key }) => key,
			(row) => {
				const cells = [
					h("th", { scope: "row" }, h("div", { class: "cell" }, h("button", { type: "button", class: "name", click: () => this.why(row.key) }), h("span", { class: "ports" }))),
					h("td", { class: "value" }),
				];
				if (draw)
					cells.push(h("td", { class: "history" }, h("canvas", { "aria-hidden": "true" })));
				return h("tr", {}, ...cells);
			},
			(element, row) => {
				const [head, value, history] = element.children;
				const [name, note] = /** @type {Element} */ (head.firstElementChild).children;
				set_text(name, row.name);
				set_text(note, row.note);
				set_text(value, row.value);
				set_attribute(element, "class", row.kind);
				if (draw && history)
					draw(/** @type {HTMLCanvasElement} */ (history.firstElementChild), row);
			},
		);
	}
}

/**
 * @param {import("./types.js").Frame} frame
 * @param {import("./store.js").Series} series
 * @param {number | null} cursor
 * @returns {Row[]} the busiest first
 */
export function reason_rows(frame, series, cursor) {
	return frame.reasons
		.map(({ reason, packets }) => ({ reason, rate: cursor === null ? packets : series.at("reason:" + reason, "packets", cursor) ?? 0 }))
		.filter(({ reason, rate }) => rate > 0 || series.values("reason:" + reason, "packets", 120).some((value) => value))
		.map(({ reason, rate }) => ({ ...{ key: "reason:" + reason, name: reason, note: "" }, ...{ value: rate ? number(rate) : "", kind: "" } }));
}

/**
 * @param {import("./types.js").Frame} frame
 * @returns {Row[]}
 */
export function port_rows(frame) {
	return frame.ports.filter((port) => port.dropped || port.passed).map((port) => ({
		key: `${port.protocol}/${port.port}`,
		name: `${port.protocol}/${port.port}`,
		note: [port.service, port.listener && port.dropped ? `denied, ${port.listener} listens` : port.listener, port.new ? "new" : null].filter((word) => word).join(" · "),
		value: number(port.dropped || port.passed),
		kind: port.listener && port.dropped ? "denied dropped" : port.dropped ? "dropped" : "passed",
	}));
}

/**
 * @param {import("./types.js").Frame} frame
 * @returns {Row[]}
 */
export function source_rows(frame) {
	return frame.sources.map(({ address, about }) => ({ ...{ key: "source:" + address, name: address, note: "" }, ...{ value: number(about), kind: "dropped" } }));
}

/**
 * Changes of the policy and what the server has noticed, newest first.
 * @param {import("./types.js").Mark[]} marks
 * @param {any[]} events
 * @returns {Row[]}
 */
export function event_rows(marks, events) {
	return [
		...marks.map((mark) => ({ seconds: Date.parse(mark.time) / 1000, words: mark.what, key: "policy" })),
		...events.map((event) => ({ seconds: Date.parse(event.time) / 1000, words: String(event.text ?? event.what ?? ""), key: event.port ? `${event.protocol}/${event.port}` : "policy" })),
	]
		.sort((a, b) => b.seconds - a.seconds)
		.map(({ seconds, words, key }) => ({ ...{ key, name: words, note: "" }, ...{ value: clock(seconds), kind: "" } }));
}

/**
 * Draws the history of a reason.
 * @param {HTMLCanvasElement} canvas
 * @param {import("./store.js").Series} series
 * @param {string} key
 * @param {number} count
 * @param {import("./theme.js").Theme} theme
 */
export function draw_history(canvas, series, key, count, theme) {
	draw_spark(canvas, series.values(key, "packets", count), theme.muted, null, theme.muted);
}
