// SPDX-License-Identifier: GPL-2.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import { holds_port, matcher, sort_ranges } from "../../../../user/serve/web/filter.js";
import { add_ports } from "../../../../user/serve/web/ranges.js";

const range = (rule, ports, passed, dropped, more = {}) => ({ key: rule, rule, protocol: "tcp", ports, action: dropped ? "drop" : "allow", place: 0, passed, dropped, would_drop: 0, total: null, ...more });
const ranges = [range("web", "tcp/80,443 udp/443", 900, 0, { place: 1 }), range("Database", "tcp/3306", 0, 12, { place: 2 }), range("_user", "tcp/1024-49151", 0, 12, { place: 3, total: 5 }), range("ssh", "tcp/22", 1, 0, { place: 4 })];
const shown = (filter) => ranges.filter(matcher(filter)).map(({ rule }) => rule);
const sorted = (sort) => sort_ranges([...ranges], sort).map(({ rule }) => rule);

test("ports are held by lists and ranges, at their ends", () => {
	for (const [ports, port, holds] of [["tcp/80,443", 443, true], ["tcp/80,443", 44, false], ["tcp/1024-2048", 1024, true], ["tcp/1024-2048", 2048, true], ["tcp/1024-2048", 2049, false], ["tcp/80 udp/53", 53, true], ["any", 0, false]])
		assert.equal(holds_port(ports, port), holds, `${ports} ${port}`);
});

test("a filter takes ports, rules and parts of names; all words must match", () => {
	assert.deepEqual(shown(""), ["web", "Database", "_user", "ssh"]);
	assert.deepEqual(shown("port:3306"), ["Database", "_user"]);
	assert.deepEqual(shown("rule:web"), ["web"]);
	assert.deepEqual(shown("rule:we"), []);
	assert.deepEqual(shown("data"), ["Database"]);
	assert.deepEqual(shown("drop port:3306 user"), ["_user"]);
});

test("ranges are sorted by each column; equal ones by what they pass, then by their place", () => {
	assert.deepEqual(sorted("-dropped"), ["_user", "Database", "web", "ssh"]);
	assert.deepEqual(sorted("-passed"), ["web", "ssh", "_user", "Database"]);
	assert.deepEqual(sorted("ports"), ["ssh", "web", "_user", "Database"]);
	assert.deepEqual(sorted("name"), ["_user", "Database", "ssh", "web"]);
	assert.deepEqual(sorted("-total"), ["_user", "web", "Database", "ssh"]);
});

test("ports of a rule are written as in a policy", () => {
	let text = "";
	for (const [protocol, ports] of [["tcp", "80"], ["tcp", "443"], ["udp", "443"], ["udp", "1000-2000"]])
		text = add_ports(text, protocol, ports);
	assert.equal(text, "tcp/80,443 udp/443,1000-2000");
	assert.equal(add_ports("", "any", ""), "any");
});
