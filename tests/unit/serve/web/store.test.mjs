// SPDX-License-Identifier: GPL-2.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import { Series, Store } from "../../../../user/serve/web/store.js";

/** A frame of a server that passes `passed` packets a second. */
function frame(seconds, passed, rules = [], more = {}) {
	const none = { packets: 0, bits: 0 };
	return {
		time: new Date(seconds * 1000).toISOString(),
		rates: { passed: { packets: passed, bits: passed * 100 }, dropped: none, would_drop: none },
		...{ rules, reasons: [], marks: [], ports: [], events: [], totals: {} },
		...more,
	};
}

const rule = (name, passed) => ({ rule: name, protocol: "tcp", ports: "tcp/1", action: "allow", passed, dropped: 0, would_drop: 0, bits: passed * 100 });

test("frames of one second become their mean, and a missing second is unknown", () => {
	const series = new Series(1, 10);
	series.fold(100.0, frame(100.0, 10));
	series.fold(100.5, frame(100.5, 30));
	series.fold(102.0, frame(102.0, 50));
	assert.deepEqual(series.values("passed", "packets", 4), [null, 20, null, 50]);
	assert.deepEqual(series.values("passed", "bits", 4), [null, 2000, null, 5000]);
	assert.deepEqual(series.times(4), [99, 100, 101, 102]);
});

test("what is older than the ring is forgotten, and an old frame changes nothing", () => {
	const series = new Series(1, 4);
	for (let second = 100; second < 110; second++)
		series.fold(second, frame(second, second));
	series.fold(103, frame(103, 9999));
	assert.deepEqual(series.values("passed", "packets", 6), [null, null, 106, 107, 108, 109]);
	assert.equal(series.at("passed", "packets", 107.9), 107);
	assert.equal(series.at("passed", "packets", 105), null);
	assert.equal(series.at("passed", "packets", 110), null);
	series.fold(200, frame(200, 1)); /* a gap longer than the ring */
	assert.deepEqual(series.values("passed", "packets", 4), [null, null, null, 1]);
});

test("history that comes after the first frames goes before them", () => {
	const store = new Store();
	store.fold(frame(1000, 7, [rule("web", 7)]));
	const line = (packets) => ({ packets, bits: packets.map((value) => (value === null ? null : value * 100)) });
	store.load({
		group: ["v0"],
		fine: { step_ms: 1000, start: 996, passed: line([1, 2, null, 4]), dropped: line([0, 0, 0, 0]), would_drop: line([0, 0, 0, 0]), rules: [{ rule: "web", protocol: "tcp", action: "allow", ports: "tcp/80", ...line([1, 2, null, 4]) }], reasons: [] },
		marks: [{ time: "2026-01-01T00:00:00Z", what: "apply" }],
	});
	assert.deepEqual(store.fine.values("passed", "packets", 6), [null, 1, 2, null, 4, 7]);
	assert.deepEqual(store.fine.values("rule:web", "bits", 6), [null, 100, 200, null, 400, 700]);
	assert.equal(store.marks.length, 1);
	store.fold(frame(1001, 8, [], { marks: [{ time: "2026-01-01T00:00:00Z", what: "apply" }] }));
	assert.equal(store.marks.length, 1, "the same mark twice");
});

test("a rule that a frame leaves out had nothing", () => {
	const store = new Store();
	store.fold(frame(10, 5, [rule("web", 5)]));
	store.fold(frame(11, 5, [rule("dns", 3)]));
	assert.deepEqual(store.fine.values("rule:web", "packets", 2), [5, 0]);
	assert.deepEqual(store.fine.values("rule:dns", "packets", 2), [null, 3]);
	assert.equal(store.rules.get("rule:web")?.passed, 0);
});

test("the busiest rules come first, over the time that is asked for", () => {
	const series = new Series(1, 100);
	for (let second = 0; second < 50; second++)
		series.fold(second, frame(second, 0, [rule("old", second < 10 ? 1000 : 0), rule("new", second < 10 ? 0 : 10), rule("idle", 0)]));
	assert.deepEqual(series.busiest("packets", 20, 8), ["rule:new"]);
	assert.deepEqual(series.busiest("packets", 100, 8), ["rule:old", "rule:new"]);
	assert.deepEqual(series.busiest("packets", 100, 1), ["rule:old"]);
});

test("lines that come and go do not pile up, and totals stay", () => {
	const store = new Store();
	for (let second = 0; second < 2000; second++)
		store.fine.fold(second, frame(second, 1, [rule("r" + second, 1)]));
	assert.ok(store.fine.lines.size <= 400, String(store.fine.lines.size));
	assert.equal(store.fine.at("passed", "packets", 1999), 1);
	assert.equal(store.fine.at("rule:r1999", "packets", 1999), 1);
});
