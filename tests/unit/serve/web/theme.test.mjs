// SPDX-License-Identifier: GPL-2.0-or-later
// That the colours of style.css can be told apart, by everybody: with the matrices of Machado, Oliveira and Fernandes (2009)
// for full protanopia, deuteranopia and tritanopia, and by the distance in CIELAB.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import test from "node:test";

import { blend } from "../../../../user/serve/web/theme.js";

const css = readFileSync(new URL("../../../../user/serve/web/style.css", import.meta.url), "utf8");
const themes = ["light", "dark"];

const eyes = {
	usual: [1, 0, 0, 0, 1, 0, 0, 0, 1],
	protanopia: [0.152286, 1.052583, -0.204868, 0.114503, 0.786281, 0.099216, -0.003882, -0.048116, 1.051998],
	deuteranopia: [0.367322, 0.860646, -0.227968, 0.280085, 0.672501, 0.047413, -0.01182, 0.04294, 0.968881],
	tritanopia: [1.255528, -0.076749, -0.178779, -0.078411, 0.930809, 0.147602, 0.004733, 0.691367, 0.3039],
};

/** @param {string} name @param {number} theme */
function colour(name, theme) {
	const hex = new RegExp(`--${name}: light-dark\\((#\\w{6}), (#\\w{6})\\)`).exec(css)?.[theme + 1];
	assert.ok(hex, `style.css has no --${name}`);
	return [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
}

const linear = (byte) => (byte / 255 <= 0.04045 ? byte / 255 / 12.92 : ((byte / 255 + 0.055) / 1.055) ** 2.4);
const luminance = (bytes) => [0.2126, 0.7152, 0.0722].reduce((sum, weight, i) => sum + weight * linear(bytes[i]), 0);
const contrast = (a, b) => {
	const [low, high] = [luminance(a), luminance(b)].sort((x, y) => x - y);
	return (high + 0.05) / (low + 0.05);
};

/** CIELAB of what an eye sees. */
function lab(bytes, eye) {
	const rgb = bytes.map(linear);
	const seen = [0, 1, 2].map((row) => Math.min(1, Math.max(0, rgb.reduce((sum, value, i) => sum + eye[row * 3 + i] * value, 0))));
	const xyz = [
		(0.4124 * seen[0] + 0.3576 * seen[1] + 0.1805 * seen[2]) / 0.9505,
		0.2126 * seen[0] + 0.7152 * seen[1] + 0.0722 * seen[2],
		(0.0193 * seen[0] + 0.1192 * seen[1] + 0.9505 * seen[2]) / 1.089,
	].map((value) => (value > 0.008856 ? Math.cbrt(value) : 7.787 * value + 16 / 116));
	return [116 * xyz[1] - 16, 500 * (xyz[0] - xyz[1]), 200 * (xyz[1] - xyz[2])];
}

const distance = (a, b, eye) => Math.hypot(...lab(a, eye).map((value, i) => value - lab(b, eye)[i]));

for (const [at, theme] of themes.entries())
	for (const [eye, matrix] of Object.entries(eyes)) {
		test(`${theme}, ${eye}: the classes of the strip differ, from each other and from the ground`, () => {
			const ramp = (name) => [0, 0.5, 1].map((place) => blend([colour(name + "-low", at), colour(name + "-high", at)], place));
			const ramps = { usual: ramp("usual"), scan: ramp("scan"), burst: ramp("burst") };
			for (const [a, b] of [["usual", "scan"], ["usual", "burst"], ["scan", "burst"]])
				for (const one of ramps[a])
					for (const other of ramps[b])
						assert.ok(distance(one, other, matrix) > 18, `${a} ${one} and ${b} ${other}: ${distance(one, other, matrix)}`);
			for (const name of ["scan", "burst"])
				for (const one of ramps[name])
					assert.ok(distance(one, colour("strip", at), matrix) > 35, `${name} ${one}: ${distance(one, colour("strip", at), matrix)}`);
		});
		test(`${theme}, ${eye}: passed and dropped differ`, () => {
			assert.ok(distance(colour("passed", at), colour("dropped", at), matrix) > 35);
		});
	}

for (const [at, theme] of themes.entries())
	test(`${theme}: text has a contrast of 4.5, lines one of 3`, () => {
		for (const name of ["text", "muted", "passed", "dropped", "would", "good", "warn", "bad"])
			for (const ground of ["ground", "raised"])
				assert.ok(contrast(colour(name, at), colour(ground, at)) >= 4.5, `${name}: ${contrast(colour(name, at), colour(ground, at))}`);
		for (let line = 1; line <= 8; line++)
			assert.ok(contrast(colour("line-" + line, at), colour("ground", at)) >= 3, `line ${line}`);
	});
