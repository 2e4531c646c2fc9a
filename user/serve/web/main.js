// SPDX-License-Identifier: GPL-2.0-or-later
// The dashboard: reads the address, opens the stream, and hands each frame to the parts of the page.

import { Chart } from "./chart.js";
import { Cursor } from "./cursor.js";
import { by_id, choice, h, set_attribute, set_text } from "./dom.js";
import { List, draw_history, event_rows, port_rows, reason_rows, source_rows } from "./lists.js";
import { Ranges } from "./ranges.js";
import { NeedsToken, get, get_history, get_services, start_session } from "./server.js";
import { PLANES, PORTS, SPANS, clamp_window, keep, parse } from "./state.js";
import { Store } from "./store.js";
import { open_stream } from "./stream.js";
import { Strip, kind_words } from "./strip.js";
import { StripSource } from "./strip_source.js";
import { age, cell_words, clock, number, per_port_command, plural_ports, span_words, unit_words } from "./text.js";
import { choose_theme, read_theme, watch_theme } from "./theme.js";
import { Why } from "./why.js";

const STATS_MS = 15000; /* between readings of all ranges and listeners */
const UNUSUAL_SECONDS = 30; /* how long a hidden plane is marked after something unusual */

const state = parse(location.search);
const cursor = new Cursor();
let store = new Store();
let is_connected = false;
let received_ms = performance.now();
let notice = ""; /* shown instead of the sentence, if not empty */
/** @type {any[]} denied ones, from /api/status */
let listeners = [];
/** @type {Map<number, string>} of the ports below the strip's pointer */
let services = new Map();
let services_of = "";
/** @type {() => void} */
let close_stream = () => {};

choose_theme(state.theme);
let theme = read_theme();

const chart_box = by_id("chart", HTMLElement);
const chart = new Chart(chart_box, cursor);
const source = new StripSource(() => draw_strip(true));
const why = new Why(
	() => ({ frame: store.frame, rules: store.rules, listeners }),
	(key) => {
		state.why = key;
		keep(state);
	},
);
const open_why = (/** @type {string} */ key) => void why.open(key);
/** @type {Strip} */
const strip = new Strip(by_id("strip", HTMLElement), {
	why: (low, high) => open_why(`${plane_protocol()}/${low === high ? low : `${low}-${high}`}`),
	zoom: (low, width) => zoom(low, width),
	hover: (seconds) => cursor.set(seconds, strip),
	words: cell_lines,
});
const ranges = new Ranges(state, { why: open_why, keep: () => keep(state) });
const lists = {
	reasons: new List("reasons", open_why),
	ports: new List("ports", open_why),
	sources: new List("sources", open_why),
	events: new List("events", open_why),
};
const show_span = choice(by_id("span", HTMLElement), (/** @type {import("./state.js").Span} */ span) => {
	state.span = span;
	keep(state);
	if (span === "24h")
		load_history("coarse");
	draw();
	show_strip();
});
const show_unit = choice(by_id("unit", HTMLElement), (/** @type {"packets" | "bits"} */ unit) => {
	state.unit = unit;
	keep(state);
	draw();
});
const show_plane = choice(by_id("plane", HTMLElement), (/** @type {import("./state.js").Plane} */ plane) => {
	state.plane = plane;
	keep(state);
	show_strip();
});
const show_theme = choice(by_id("theme", HTMLElement), (/** @type {"auto" | "dark" | "light"} */ chosen) => {
	state.theme = chosen;
	keep(state);
	choose_theme(chosen);
	change_theme();
});

function plane_protocol() {
	return state.plane.slice(0, 3);
}

function plane_verdict() {
	return state.plane.slice(4);
}

/* --- drawing --- */

function draw() {
	if (document.hidden || !store.frame)
		return;
	const seconds = SPANS[state.span];
	chart.update(store, state.span, state.unit, seconds);
	draw_figures();
	ranges.update({ store, theme, chart, cursor: cursor.seconds, seconds });
	draw_lists(seconds);
	draw_table();
}

function draw_head() {
	const frame = store.frame;
	const ms = (frame?.age_ms ?? 0) + performance.now() - received_ms;
	const kind = !is_connected ? "disconnected" : frame?.state === "live" ? "live" : frame?.state === "stale" ? "stale" : "waiting";
	const badge = by_id("badge", HTMLElement);
	set_attribute(badge, "class", kind);
	set_text(by_id("badge-words", HTMLElement), kind === "waiting" ? (frame?.state ?? "waiting") : kind);
	set_text(by_id("age", HTMLElement), frame ? age(ms) + " old" : "");
	const sentence = notice || (frame ? (frame.state === "not loaded" ? "Nothing is loaded: portsieve load DEV -p POLICY" : frame.message || frame.sentence) : is_connected ? "Waiting for the first reading" : "Connecting");
	set_text(by_id("sentence", HTMLElement), sentence);
	document.title = frame ? `${sentence} \u00b7 portsieve` : "portsieve";
	if (!frame)
		return;
	const facts = [frame.group.join(", "), frame.mode === "monitor" ? "monitor: drops nothing" : null, frame.attach, frame.policy?.source];
	set_text(by_id("facts", HTMLButtonElement), facts.filter((word) => word).join(" \u00b7 "));
	const pending = by_id("pending", HTMLElement);
	pending.hidden = frame.pending_confirm_seconds === null;
	if (frame.pending_confirm_seconds !== null)
		set_text(pending, `A change is pending: rolled back in ${frame.pending_confirm_seconds} s unless confirmed (portsieve confirm ${frame.group[0] ?? ""})`);
	draw_groups(frame);
}

/** @param {import("./types.js").Frame} frame */
function draw_groups(frame) {
	const select = by_id("device", HTMLSelectElement);
	select.hidden = frame.groups.length < 2;
	const names = frame.groups.map((group) => group.join(", "));
	if ([...select.options].map((option) => option.text).join("|") !== names.join("|"))
		select.replaceChildren(...frame.groups.map((group, at) => h("option", { value: group[0] }, names[at])));
	if (document.activeElement !== select)
		select.value = frame.group[0] ?? "";
}

/** Draws passed, dropped and would drop, now or at the cursor. */
function draw_figures() {
	const frame = store.frame;
	if (!frame)
		return;
	const series = store.series(state.span);
	for (const verdict of /** @type {const} */ (["passed", "dropped", "would_drop"])) {
		const now = frame.rates[verdict][state.unit];
		const value = cursor.seconds === null ? now : series.at(verdict, state.unit, cursor.seconds);
		const box = by_id("figure-" + verdict, HTMLElement);
		if (verdict === "would_drop")
			box.hidden = frame.mode !== "monitor" && !Number(frame.totals.would_drop ?? 0);
		const [amount, unit] = value === null ? ["\u2013", ""] : split_unit(unit_words(state.unit, value));
		set_text(/** @type {Element} */ (box.querySelector("b")), amount);
		set_text(/** @type {Element} */ (box.querySelector(".unit")), unit);
	}
	set_text(by_id("figure-time", HTMLElement), cursor.seconds === null ? "now" : "at " + clock(cursor.seconds));
	set_attribute(chart_box, "aria-valuenow", String(Math.round(cursor.seconds ?? chart.end)));
	set_attribute(chart_box, "aria-valuemin", String(Math.round(chart.start)));
	set_attribute(chart_box, "aria-valuemax", String(Math.round(chart.end)));
	const words = [...document.querySelectorAll(".figure:not([hidden])")].map((box) => box.textContent?.replace(/\s+/g, " ").trim());
	set_attribute(chart_box, "aria-valuetext", `${cursor.seconds === null ? "now" : clock(cursor.seconds)}: ${words.join(", ")}`);
}

/** @param {string} words "12.3 kbit/s" @returns {[string, string]} */
function split_unit(words) {
	const [, amount, unit] = /^([<\d.]+)[\s\u202f]*(.*)$/.exec(words) ?? ["", words, ""];
	return [amount, unit];
}

/** @param {number} seconds of the span */
function draw_lists(seconds) {
	const frame = store.frame;
	if (!frame)
		return;
	const series = store.series(state.span);
	const count = Math.ceil(seconds / series.step);
	lists.reasons.update(reason_rows(frame, series, cursor.seconds), (canvas, row) => draw_history(canvas, series, row.key, count, theme));
	lists.ports.update(port_rows(frame));
	lists.sources.update(source_rows(frame));
	lists.events.update(event_rows(store.marks, frame.events, lists.events.most()));
}

/** Draws the chart's table, while it is open. */
function draw_table() {
	const details = by_id("chart-table", HTMLDetailsElement);
	if (!details.open)
		return;
	const series = store.series(state.span);
	const every = state.span === "24h" ? 60 : state.span === "15m" ? 30 : 5; /* slots per row of the table */
	const keys = /** @type {const} */ (["passed", "dropped", "would_drop"]);
	const body = /** @type {HTMLTableElement} */ (details.querySelector("table")).tBodies[0];
	const count = Math.ceil(SPANS[state.span] / series.step);
	const columns = keys.map((key) => series.values(key, state.unit, count));
	const times = series.times(count);
	const rows = [];
	for (let i = count - 1; i >= 0; i -= every) {
		const mean = columns.map((values) => {
			const known = values.slice(Math.max(0, i - every + 1), i + 1).filter((value) => value !== null);
			return known.length ? number(known.reduce((sum, value) => sum + value, 0) / known.length) : "\u2013";
		});
		rows.push(h("tr", {}, h("th", { scope: "row" }, clock(times[i])), ...mean.map((text) => h("td", {}, text))));
	}
	body.replaceChildren(...rows);
}

/* --- the strip --- */

function show_strip() {
	const plane = source.plane(state.plane, state.low, state.width);
	strip.show(plane, Math.min(SPANS[state.span], state.width === PORTS ? 900 : 120), theme);
	show_plane(state.plane);
	const field = strip.field;
	set_attribute(field, "aria-label", `${plane_verdict()} ${plane_protocol()} packets by port, ports ${state.low} to ${state.low + state.width - 1}. Arrows move, Enter asks why, plus and minus zoom.`);
	set_text(by_id("zoom-words", HTMLElement), `${state.width === PORTS ? "all ports" : span_words(state.low, state.low + state.width - 1)}, ${plural_ports(state.width / 1024)} a column`);
	by_id("zoom-out", HTMLButtonElement).disabled = by_id("zoom-all", HTMLButtonElement).disabled = state.width === PORTS;
	by_id("zoom-in", HTMLButtonElement).disabled = state.width === 1024;
	show_listeners();
	draw_strip(false);
}

/** @param {boolean} anew other rows than before, rather than newer ones */
function draw_strip(anew) {
	if (document.hidden)
		return;
	if (anew)
		strip.repaint();
	else
		strip.update();
	for (const button of by_id("plane", HTMLElement).querySelectorAll("button")) {
		const kind = button.value === state.plane ? 0 : (source.planes.get(button.value)?.unusual(UNUSUAL_SECONDS) ?? 0);
		set_attribute(button, "data-unusual", kind ? String(kind) : null);
		set_attribute(button, "title", kind ? kind_words(kind) : null);
	}
	draw_strip_table();
}

/** Draws the strip's table, while it is open. */
function draw_strip_table() {
	const details = by_id("strip-table", HTMLDetailsElement);
	if (!details.open || !strip.plane)
		return;
	const body = /** @type {HTMLTableElement} */ (details.querySelector("table")).tBodies[0];
	body.replaceChildren(
		...strip.plane.busiest(strip.seconds, 20).map(({ low, high, packets, kind }) => {
			const key = `${plane_protocol()}/${low === high ? low : `${low}-${high}`}`;
			return h(
				"tr",
				{},
				h("th", { scope: "row" }, h("button", { type: "button", class: "name", click: () => open_why(key) }, span_words(low, high))),
				h("td", {}, number(packets)),
				h("td", { class: "words" }, kind_words(kind) || "usual"),
			);
		}),
	);
}

/**
 * @param {number} low
 * @param {number} width
 */
function zoom(low, width) {
	Object.assign(state, clamp_window(low, width));
	keep(state);
	show_strip();
}

function show_listeners() {
	const group = store.frame?.ports.filter((port) => port.listener && port.dropped) ?? [];
	const known = new Map(listeners.filter((one) => one.protocol === plane_protocol()).map((one) => [one.port, one.process ?? one.unit ?? "something"]));
	for (const port of group)
		if (port.protocol === plane_protocol())
			known.set(port.port, port.listener);
	strip.set_listeners([...known].map(([port, name]) => ({ port, words: `${plane_protocol()}/${port} is denied, and ${name} listens there` })));
}

/**
 * The tooltip of a cell of the strip.
 * @param {number} second
 * @param {number} column
 * @returns {(string | Node)[]}
 */
function cell_lines(second, column) {
	const plane = strip.plane;
	if (!plane)
		return [];
	const cell = plane.cell(second, column);
	const wanted = `${plane_protocol()} ${cell.low}`;
	if (wanted !== services_of) {
		services_of = wanted;
		services = new Map();
		get_services(plane_protocol(), cell.low, cell.high).then((found) => {
			if (services_of === wanted && found.size) {
				services = found;
				if (strip.at)
					strip.point(strip.at.column, strip.at.second);
			}
		});
	}
	const lines = [h("b", {}, `${plane_protocol()}/${span_words(cell.low, cell.high)}`), `${clock(second)}  ${cell_words(cell.packets, cell.hits, plane_verdict())}`];
	const kind = kind_words(cell.kind);
	if (kind)
		lines.push(kind);
	const names = [...services].filter(([port]) => port >= cell.low && port <= cell.high);
	if (names.length)
		lines.push(names.slice(0, 3).map(([port, name]) => (cell.low === cell.high ? name : `${port} ${name}`)).join(", ") + (names.length > 3 ? ` and ${names.length - 3} more` : ""));
	for (const one of listeners)
		if (one.protocol === plane_protocol() && one.port >= cell.low && one.port <= cell.high)
			lines.push(`${one.port}: ${one.process ?? "something"}${one.unit ? ` (${one.unit})` : ""} listens, and is denied`);
	lines.push(`${plural_ports(cell.ports)} hit in that second`);
	return lines;
}

/* --- data from the server --- */

/** @param {unknown} error */
function complain(error) {
	if (error instanceof NeedsToken) {
		notice = error.message;
		draw_head();
	}
}

/** @param {"fine" | "coarse"} span */
async function load_history(span) {
	const into = store;
	try {
		into.load(await get_history(state.device, span));
		if (into === store)
			draw();
	} catch (error) {
		complain(error);
	}
}

/** Loads all ranges with their totals, and the denied listeners. */
async function load_policy() {
	const device = state.device ?? store.frame?.group[0] ?? null;
	try {
		const [stats, status] = await Promise.all(["api/stats", "api/status"].map(async (path) => (await get(path, { device })).json()));
		if (stats.devices?.[0])
			ranges.set_policy(stats.devices[0].ranges);
		listeners = status.devices?.[0]?.drift?.denied_listeners ?? [];
		show_listeners();
	} catch (error) {
		complain(error);
	}
}

/** @param {import("./types.js").Frame} frame */
function take(frame) {
	received_ms = performance.now();
	const is_first = !store.frame;
	store.fold(frame);
	if (frame.strip)
		source.push(frame.strip);
	draw_head();
	draw();
	if (frame.strip && state.width === PORTS)
		draw_strip(false);
	const counts = frame.per_port === "all" || (frame.per_port === "dropped" && plane_verdict() === "dropped");
	const note = by_id("strip-note", HTMLElement);
	note.hidden = counts || frame.state === "not loaded";
	set_text(note, `Packets are not counted by port here. To count them: ${per_port_command(plane_verdict(), frame.group)}`);
	if (is_first || frame.marks.length)
		load_policy();
	if (is_first && state.why)
		open_why(state.why);
}

async function open_device() {
	close_stream();
	store = new Store();
	source.reset(state.device);
	show_strip();
	close_stream = open_stream(state.device, {
		frame: take,
		connection: (connected) => {
			const again = connected && store.frame;
			is_connected = connected;
			if (again) { /* fill the gap */
				load_history("fine");
				for (const name of PLANES)
					source.load(name);
			}
			draw_head();
		},
	});
	/* load the visible parts first; the stream may have begun after the history's end */
	await Promise.all([load_history("fine"), source.load(state.plane)]);
	requestAnimationFrame(() => setTimeout(() => performance.mark("painted"))); /* for tests/browser/figures.mjs */
	await Promise.all(PLANES.filter((name) => name !== state.plane).map((name) => source.load(name)));
	if (store.frame)
		await load_history("fine");
	if (state.span === "24h")
		load_history("coarse");
}

/* --- input --- */

function change_theme() {
	theme = read_theme();
	chart.build(theme);
	draw();
	show_strip();
}

/** @type {Record<string, () => void>} */
const keys = {
	1: () => by_id("span", HTMLElement).querySelectorAll("button")[0].click(),
	2: () => by_id("span", HTMLElement).querySelectorAll("button")[1].click(),
	3: () => by_id("span", HTMLElement).querySelectorAll("button")[2].click(),
	u: () => by_id("unit", HTMLElement).querySelector("[aria-pressed=false]")?.dispatchEvent(new MouseEvent("click", { bubbles: true })),
	p: () => by_id("plane", HTMLElement).querySelectorAll("button")[(PLANES.indexOf(state.plane) + 1) % PLANES.length].click(),
	"/": () => ranges.filter.focus(),
	0: () => zoom(0, 1024),
	a: () => zoom(0, PORTS),
	"?": () => by_id("keys", HTMLDetailsElement).toggleAttribute("open"),
};

document.addEventListener("keydown", (event) => {
	if (event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement) {
		if (event.key === "Escape" && event.target instanceof HTMLInputElement)
			event.target.blur();
		return;
	}
	if (event.ctrlKey || event.altKey || event.metaKey || why.dialog.open || !keys[event.key])
		return;
	event.preventDefault();
	keys[event.key]();
});

chart_box.addEventListener("keydown", (event) => {
	/** @type {Record<string, () => void>} */
	const moves = {
		ArrowLeft: () => chart.step(event.shiftKey ? -10 : -1),
		ArrowRight: () => chart.step(event.shiftKey ? 10 : 1),
		Home: () => cursor.set(chart.start, {}),
		End: () => cursor.set(chart.end, {}),
		Escape: () => cursor.set(null, {}),
	};
	if (moves[event.key]) {
		event.preventDefault();
		moves[event.key]();
	}
});
chart_box.addEventListener("blur", () => cursor.set(null, {}));

by_id("zoom-in", HTMLButtonElement).addEventListener("click", () => zoom(state.low + state.width / 4, state.width / 2));
by_id("zoom-out", HTMLButtonElement).addEventListener("click", () => zoom(state.low - state.width / 2, state.width * 2));
by_id("zoom-low", HTMLButtonElement).addEventListener("click", () => zoom(0, 1024));
by_id("zoom-all", HTMLButtonElement).addEventListener("click", () => zoom(0, PORTS));
by_id("facts", HTMLButtonElement).addEventListener("click", () => open_why("policy"));
by_id("device", HTMLSelectElement).addEventListener("change", (event) => {
	state.device = /** @type {HTMLSelectElement} */ (event.target).value;
	keep(state);
	open_device();
});
by_id("chart-table", HTMLDetailsElement).addEventListener("toggle", draw_table);
by_id("strip-table", HTMLDetailsElement).addEventListener("toggle", draw_strip_table);
document.addEventListener("visibilitychange", () => {
	draw();
	draw_strip(true);
});
cursor.watch((seconds, from) => {
	if (from !== strip)
		strip.mark_time(seconds);
	if (store.frame) {
		draw_figures();
		ranges.update({ store, theme, chart, cursor: seconds, seconds: SPANS[state.span] });
		draw_lists(SPANS[state.span]);
	}
});
watch_theme(change_theme);
new ResizeObserver(() => chart.resize()).observe(chart_box);
new ResizeObserver(() => strip.resize()).observe(strip.field);
setInterval(draw_head, 500);
setInterval(() => {
	if (!document.hidden && is_connected)
		load_policy();
}, STATS_MS);

show_span(state.span);
show_unit(state.unit);
show_theme(state.theme);
chart.build(theme);
show_strip();
draw_head();
start_session().then(open_device, complain);
