// SPDX-License-Identifier: GPL-2.0-or-later
// The user's settings, as the query of the URL, so that a link shows the same page. Pure except for `keep`.

/** @typedef {"2m" | "15m" | "24h"} Span */
/** @typedef {"tcp_dropped" | "udp_dropped" | "tcp_passed" | "udp_passed"} Plane */

export const SPANS = /** @type {const} */ ({ "2m": 120, "15m": 900, "24h": 86400 });
export const PLANES = /** @type {const} */ (["tcp_dropped", "udp_dropped", "tcp_passed", "udp_passed"]);
export const SORTS = /** @type {const} */ (["name", "ports", "passed", "dropped", "total"]);
export const THEMES = /** @type {const} */ (["auto", "dark", "light"]);

export const PORTS = 65536;
export const NARROWEST = 1024; /* fewest ports that a strip shows: one per column */

/**
 * @typedef {object} State
 * @property {string | null} device
 * @property {Span} span
 * @property {"packets" | "bits"} unit
 * @property {Plane} plane
 * @property {number} low the lowest port of the strip
 * @property {number} width how many ports it shows
 * @property {string} sort a column; with a minus, in descending order
 * @property {string} filter
 * @property {"auto" | "dark" | "light"} theme
 * @property {string | null} why what is explained: "tcp/80", "rule:web", "source:192.0.2.7", "packet:tcp/80 192.0.2.7"
 */

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({
	device: null,
	span: "2m",
	unit: "packets",
	plane: "tcp_dropped",
	low: 0,
	width: PORTS,
	sort: "-dropped",
	filter: "",
	theme: "auto",
	why: null,
});

/**
 * @template {string} T
 * @param {string | null} value
 * @param {readonly T[]} allowed
 * @param {T} otherwise
 * @returns {T}
 */
function one_of(value, allowed, otherwise) {
	return allowed.includes(/** @type {T} */ (value)) ? /** @type {T} */ (value) : otherwise;
}

/**
 * The window of the strip: its width is a power of two.
 * @param {number} low
 * @param {number} width
 */
export function clamp_window(low, width) {
	let fit = NARROWEST;
	while (fit < width && fit < PORTS)
		fit *= 2;
	const start = Math.min(Math.max(0, Math.round(low)), PORTS - fit);
	return { low: start, width: fit };
}

/**
 * Ignores unknown words, so that old links still work.
 * @param {string} query
 * @returns {State}
 */
export function parse(query) {
	const given = new URLSearchParams(query);
	const sort = given.get("sort") ?? "";
	const window = clamp_window(Number(given.get("low")) || 0, Number(given.get("width")) || PORTS);
	return {
		device: given.get("device"),
		span: one_of(given.get("span"), /** @type {Span[]} */ (Object.keys(SPANS)), DEFAULTS.span),
		unit: one_of(given.get("unit"), ["packets", "bits"], DEFAULTS.unit),
		plane: one_of(given.get("plane"), PLANES, DEFAULTS.plane),
		low: window.low,
		width: window.width,
		sort: SORTS.some((name) => sort.replace(/^-/, "") === name) ? sort : DEFAULTS.sort,
		filter: given.get("filter") ?? "",
		theme: one_of(given.get("theme"), THEMES, DEFAULTS.theme),
		why: given.get("why"),
	};
}

/**
 * @param {State} state
 * @returns {string} "?span=15m", or "" if nothing differs from the defaults
 */
export function print(state) {
	const query = new URLSearchParams();
	for (const key of /** @type {(keyof State)[]} */ (Object.keys(DEFAULTS)))
		if (state[key] !== DEFAULTS[key] && state[key] !== null)
			query.set(key, String(state[key]));
	const text = query.toString();
	return text ? "?" + text : "";
}

/**
 * Writes the state to the address bar, without adding to the browser's history.
 * @param {State} state
 */
export function keep(state) {
	history.replaceState(null, "", location.pathname + print(state));
}
