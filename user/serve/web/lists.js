// SPDX-License-Identifier: GPL-2.0-or-later
// The short lists: reasons, ports, sources and events. Each row opens its explanation.

import { by_id, h, keyed, set_attribute, set_text } from "./dom.js";
import { draw_spark } from "./spark.js";
import { clock, number } from "./text.js";

/**
 * @typedef {object} Row
 * @property {string} key for opening its explanation
 * @property {string} [id] identifies the row, if `key` does not
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

	/** The number of rows that fit on this screen. */
	most() {
		return parseInt(getComputedStyle(this.table).getPropertyValue("--rows")) || 8;
	}

	/**
	 * @param {Row[]} rows if empty, the section is hidden
	 * @param {(canvas: HTMLCanvasElement, row: Row) => void} [draw] its history
	 */
	update(rows, draw) {
		this.section.hidden = rows.length === 0;
		keyed(
			this.body,
			this.rows,
			rows.slice(0, this.most()),
			({ id, key }) => id ?? key,
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
	return frame.sources.map(({ address, about, protocol, port }) => ({
		key: "source:" + address,
		name: address,
		note: port === null ? "" : `${protocol}/${port}`,
		value: number(about),
		kind: "dropped",
	}));
}

/* drops are the normal case here */
const verdicts = { pass: "passed", drop: "", would_drop: "would drop" };

/** @param {import("./types.js").Event} event */
function event_row(event) {
	const what = event.port === null ? (event.protocol ?? event.reason ?? "packet") : `${event.protocol}/${event.port}`;
	return {
		seconds: Date.parse(event.time) / 1000,
		id: ["event", event.time, event.device, event.source, event.source_port].join(" "),
		key: event_key(event),
		name: what,
		note: [verdicts[event.verdict], event.source].filter((word) => word).join(" \u00b7 "),
		kind: event.verdict === "pass" ? "passed" : "dropped",
	};
}

/** The key for explaining a recorded packet. @param {import("./types.js").Event} event */
function event_key({ protocol, port, source, reason }) {
	if ((protocol === "tcp" || protocol === "udp") && port !== null && source)
		return `packet:${protocol}/${port} ${source}`;
	return reason === "rule" || reason === "default" || reason === null ? "policy" : "reason:" + reason;
}

const MARKS_SHOWN = 3;

/**
 * Policy changes and recorded packets, newest first. Packets do not displace the latest changes.
 * @param {import("./types.js").Mark[]} marks the latest last
 * @param {import("./types.js").Event[]} events
 * @param {number} most rows
 * @returns {Row[]}
 */
export function event_rows(marks, events, most) {
	const changes = marks.slice(-MARKS_SHOWN);
	return [
		...changes.map((mark) => ({ seconds: Date.parse(mark.time) / 1000, ...{ id: `mark ${mark.time} ${mark.what}`, key: "policy", name: mark.what, note: "", kind: "" } })),
		...events.slice(0, Math.max(0, most - changes.length)).map(event_row),
	]
		.sort((a, b) => b.seconds - a.seconds)
		.map(({ seconds, ...row }) => ({ ...row, value: clock(seconds) }));
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
