// SPDX-License-Identifier: GPL-2.0-or-later
// The colours of style.css for painting on a canvas, and ramps of them.

import { BURST, LEVELS, SCAN, USUAL } from "./classes.js";

/** @typedef {[number, number, number]} Colour red, green, blue, 0 to 255 */

export const LINES = 8; /* ranges drawn as lines */

/**
 * @typedef {object} Theme
 * @property {string} text
 * @property {string} muted
 * @property {string} rule lines of the grid
 * @property {string} passed
 * @property {string} dropped
 * @property {string} would
 * @property {string[]} lines
 * @property {string} font
 * @property {Uint32Array} cells the colour of each cell of the strip, as a pixel of a canvas
 * @property {Uint32Array} edge of the bars beside it: usual, scan
 */

/**
 * Interpolates between two or three colours, perceptually rather than by byte values.
 * @param {Colour[]} stops
 * @param {number} at 0 to 1
 * @returns {Colour}
 */
export function blend(stops, at) {
	const place = Math.min(at, 1) * (stops.length - 1);
	const first = Math.min(Math.floor(place), stops.length - 2);
	const share = place - first;
	return /** @type {Colour} */ (
		stops[first].map((a, i) => Math.round(((a / 255) ** 2.2 * (1 - share) + (stops[first + 1][i] / 255) ** 2.2 * share) ** (1 / 2.2) * 255))
	);
}

/** @param {Colour} colour */
function pixel([red, green, blue]) {
	return (255 << 24) | (blue << 16) | (green << 8) | red;
}

/**
 * @param {Colour} ground
 * @param {Record<number, Colour[]>} ramps by class
 */
export function cell_pixels(ground, ramps) {
	const pixels = new Uint32Array(4 * LEVELS).fill(pixel(ground));
	for (const [kind, stops] of Object.entries(ramps))
		for (let level = 0; level < LEVELS; level++)
			pixels[Number(kind) * LEVELS + level] = pixel(blend(stops, level / (LEVELS - 1)));
	return pixels;
}

/** @returns {Theme} the current one of the style sheet */
export function read_theme() {
	const probe = document.createElement("i");
	document.body.append(probe);
	/** @param {string} name */
	const colour = (name) => {
		probe.style.color = `var(--${name})`;
		return getComputedStyle(probe).color;
	};
	/** @param {string} name @returns {Colour} */
	const bytes = (name) => /** @type {Colour} */ ((colour(name).match(/[\d.]+/g) ?? []).slice(0, 3).map(Number));
	const theme = {
		text: colour("text"),
		muted: colour("muted"),
		rule: colour("rule"),
		passed: colour("passed"),
		dropped: colour("dropped"),
		would: colour("would"),
		lines: Array.from({ length: LINES }, (_, i) => colour("line-" + (i + 1))),
		font: getComputedStyle(document.body).fontFamily,
		cells: cell_pixels(bytes("strip"), {
			[USUAL]: [bytes("usual-low"), bytes("usual-high")],
			[SCAN]: [bytes("scan-low"), bytes("scan-high")],
			[BURST]: [bytes("burst-low"), bytes("burst-high")],
		}),
		edge: Uint32Array.of(pixel(bytes("usual-high")), pixel(bytes("scan-high"))),
	};
	probe.remove();
	return theme;
}

/**
 * Calls back when the system or `choose_theme` has changed the colours.
 * @param {() => void} changed
 */
export function watch_theme(changed) {
	matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed);
	matchMedia("(forced-colors: active)").addEventListener("change", changed);
}

/** @param {"auto" | "dark" | "light"} theme */
export function choose_theme(theme) {
	if (theme === "auto")
		delete document.documentElement.dataset.theme;
	else
		document.documentElement.dataset.theme = theme;
}
