// SPDX-License-Identifier: GPL-2.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import { BURST, Classes, LEVELS, NONE, SCAN, USUAL, packets_of } from "../../../../user/serve/web/classes.js";

const COLUMNS = 1024;

/** One second, from packets by port, as the server sends it. */
function second_of(packets, width = 64) {
	const sums = new Float64Array(COLUMNS);
	const hits = new Uint8Array(COLUMNS);
	for (const [port, count] of packets) {
		sums[Math.floor(port / width)] += count;
		hits[Math.floor(port / width)]++;
	}
	return { bytes: Uint8Array.from(sums, (sum) => Math.min(255, Math.round(16 * Math.log2(1 + sum)))), hits };
}

/** Judges and returns the class of each column. */
function judge(classes, packets, width = 64) {
	const { bytes, hits } = second_of(packets, width);
	const cells = new Uint8Array(COLUMNS);
	const row = classes.judge(bytes, hits, cells);
	return { ...row, kinds: Array.from(cells, (cell) => Math.floor(cell / LEVELS)) };
}

const usual = [[22, 3], [23, 5], [445, 2], [3389, 4], [8080, 20]];

/** That has seen five minutes of the usual. */
function experienced(width = 64) {
	const classes = new Classes(COLUMNS, width);
	for (let i = 0; i < 300; i++)
		judge(classes, usual.filter(([port]) => port < COLUMNS * width), width);
	return classes;
}

const adjacent = (low, count, packets = 1) => Array.from({ length: count }, (_, i) => [low + i, packets]);

test("a byte stands for its packets, within a twentieth", () => {
	assert.equal(packets_of(0), 0);
	for (const packets of [1, 2, 10, 64, 5000])
		assert.ok(Math.abs(packets_of(Math.round(16 * Math.log2(1 + packets))) / packets - 1) < 0.05, String(packets));
});

test("what always arrives is usual, and so are twice as many", () => {
	const { kinds, scan } = judge(experienced(), usual.map(([port, count]) => [port, count * 2]));
	assert.deepEqual(new Set(kinds), new Set([NONE, USUAL]));
	assert.equal(scan, false);
});

test("a single packet on a new port is no event", () => {
	assert.equal(judge(experienced(), [...usual, [40000, 1]]).kinds[625], USUAL);
});

test("one port far above its mean is a burst, its neighbours are not", () => {
	const { kinds, scan } = judge(experienced(), [...usual, [11211, 500]]);
	assert.equal(kinds[175], BURST);
	assert.equal(kinds.filter((kind) => kind === BURST).length, 1);
	assert.equal(scan, false);
	assert.equal(judge(experienced(), usual.map(([port, count]) => [port, port === 8080 ? 100 : count])).kinds[126], BURST);
});

test("a column of which a third of the ports is hit is a scan, though a flood has as many packets", () => {
	const scanned = judge(experienced(), [...usual, ...adjacent(30016, 20)]);
	assert.equal(scanned.kinds[469], SCAN);
	assert.equal(scanned.scan, true);
	assert.equal(judge(experienced(), [...usual, [30016, 20]]).kinds[469], BURST);
});

test("a scan in order is cyan in each second where it is, and nowhere else", () => {
	const classes = experienced();
	for (let second = 0; second < 60; second++) {
		const { kinds, ports } = judge(classes, [...usual, ...adjacent(10240 + second * 640, 640)]);
		assert.deepEqual(kinds.flatMap((kind, i) => (kind === SCAN ? [i] : [])), Array.from({ length: 10 }, (_, i) => 160 + second * 10 + i));
		assert.equal(ports, 645);
	}
});

test("a slow scan in order, ten ports a second, is one too", () => {
	assert.equal(judge(experienced(), [...usual, ...adjacent(30016, 10)]).kinds[469], SCAN);
});

test("many ports far apart are a scan, and each of its cells says so", () => {
	const far = Array.from({ length: 200 }, (_, i) => [10 + i * 320, 1]);
	const { kinds, scan } = judge(experienced(), [...usual, ...far]);
	assert.ok(kinds.filter((kind) => kind === SCAN).length > 190);
	assert.equal(scan, true);
});

test("a flood is still a burst after ten minutes; what stays for hours becomes usual", () => {
	const classes = experienced();
	for (let i = 0; i < 600; i++)
		judge(classes, [...usual, [11211, 20000]]);
	assert.equal(judge(classes, [...usual, [11211, 20000]]).kinds[175], BURST);
	for (let i = 0; i < 3600; i++)
		judge(classes, [...usual, [11211, 20000]]);
	assert.equal(judge(classes, [...usual, [11211, 20000]]).kinds[175], USUAL);
});

test("where a column is one port, eight in a row are a scan", () => {
	const classes = experienced(1);
	const { kinds } = judge(classes, [...usual.filter(([port]) => port < COLUMNS), ...adjacent(600, 8), ...adjacent(700, 3)], 1);
	assert.deepEqual(kinds.slice(600, 608), new Array(8).fill(SCAN));
	assert.deepEqual(kinds.slice(700, 703), new Array(3).fill(USUAL));
});

test("what was usual in the first minute of a history is so from its first row", () => {
	const rows = Array.from({ length: 60 }, () => second_of(usual));
	const classes = new Classes(COLUMNS, 64);
	classes.prime(rows.map(({ bytes }) => bytes), rows.map(({ hits }) => hits));
	assert.deepEqual(new Set(judge(classes, usual).kinds), new Set([NONE, USUAL]));
	assert.equal(judge(new Classes(COLUMNS, 64), usual).kinds[126], BURST, "without it, it would not be");
});
