// SPDX-License-Identifier: GPL-2.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import { BURST, SCAN } from "../../../../user/serve/web/classes.js";
import { Plane, SECONDS, decode } from "../../../../user/serve/web/planes.js";

const row = (column, byte, hits = 1) => {
	const bytes = new Uint8Array(1024);
	const ports = new Uint8Array(1024);
	bytes[column] = byte;
	ports[column] = hits;
	return [bytes, ports];
};

/** A plane whose history has come, and was empty. */
function empty_plane() {
	const plane = new Plane(0, 65536, 1024);
	plane.load(-1, new Uint8Array(0), new Uint8Array(0));
	return plane;
}

test("base64 becomes bytes", () => {
	assert.deepEqual([...decode(Buffer.from([0, 1, 127, 128, 255]).toString("base64"))], [0, 1, 127, 128, 255]);
});

test("a cell is found by its second and column", () => {
	const plane = empty_plane();
	plane.push(100, ...row(175, 96, 3));
	assert.deepEqual(plane.cell(100, 175), { low: 11200, high: 11263, packets: 63, hits: 3, kind: BURST, ports: 3 });
	assert.equal(plane.cell(99, 175).packets, 0);
	assert.equal(plane.cell(101, 175).packets, 0);
});

test("a second that never came is empty, not what was there 15 minutes before", () => {
	const plane = empty_plane();
	for (let second = 0; second < SECONDS; second++)
		plane.push(second, ...row(5, 96));
	plane.push(SECONDS + 1, ...row(5, 96));
	assert.equal(plane.cell(SECONDS, 5).packets, 0);
	assert.equal(plane.cell(SECONDS + 1, 5).packets, 63);
	assert.equal(plane.cell(1, 5).packets, 0, "out of the ring");
	assert.equal(plane.cell(2, 5).packets, 63);
	plane.push(SECONDS * 5, ...row(6, 96));
	assert.equal(plane.busiest(SECONDS, 10).length, 1);
});

test("rows that come before the history follow it", () => {
	const plane = new Plane(0, 65536, 1024);
	plane.push(103, ...row(9, 96));
	plane.push(104, ...row(9, 112));
	assert.equal(plane.head, -1);
	const [bytes, hits] = [0, 1].map((which) => Uint8Array.from({ length: 4 }, (_, i) => i).reduce((all, i) => (all.set(row(1, 96)[which], i * 1024), all), new Uint8Array(4096)));
	plane.load(100, bytes, hits);
	assert.equal(plane.head, 104);
	assert.equal(plane.cell(100, 1).packets, 63);
	assert.equal(plane.cell(103, 1).packets, 63, "the history knows that second");
	assert.equal(plane.cell(103, 9).packets, 0);
	assert.equal(plane.cell(104, 9).packets, 127);
});

test("what is unusual lately is known, and passes", () => {
	const plane = empty_plane();
	plane.push(10, ...row(3, 96));
	assert.equal(plane.unusual(30), BURST);
	plane.push(11, ...row(3, 96, 40));
	assert.equal(plane.unusual(30), SCAN);
	plane.push(60);
	assert.equal(plane.unusual(30), 0);
});
