// SPDX-License-Identifier: GPL-2.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import * as text from "../../../../user/serve/web/text.js";

test("numbers have three digits and a unit, at each border", () => {
	const rows = /** @type {[number, string][]} */ ([
		[0, "0"],
		[0.04, "<0.1"],
		[0.06, "0.1"],
		[9.94, "9.9"],
		[9.96, "10"],
		[999.4, "999"],
		[999.6, "1.00 k"],
		[9994, "9.99 k"],
		[9996, "10.0 k"],
		[99949, "99.9 k"],
		[99951, "100 k"],
		[999600, "1.00 M"],
		[2.14e9, "2.14 G"],
	]);
	for (const [value, words] of rows)
		assert.equal(text.number(value).replaceAll("\u202f", " "), words, String(value));
});

test("a scale has no zeros that say nothing", () => {
	assert.deepEqual([100, 2000, 2500, 12000, 1e6, 0].map((value) => text.round_number(value).replaceAll("\u202f", " ")), ["100", "2 k", "2.5 k", "12 k", "1 M", "0"]);
});

test("rates name their unit", () => {
	assert.equal(text.unit_words("packets", 12).replaceAll("\u202f", " "), "12 packets/s");
	assert.equal(text.unit_words("bits", 12).replaceAll("\u202f", " "), "12 bit/s");
	assert.equal(text.unit_words("bits", 1.2e9).replaceAll("\u202f", " "), "1.20 Gbit/s");
});

test("ages become coarser", () => {
	assert.deepEqual([300, 9949, 9951, 119000, 121000, 8e6].map(text.age), ["0.3 s", "9.9 s", "10 s", "119 s", "2 min", "2 h"]);
});

test("commands are those that portsieve takes, and quote what a shell would split", () => {
	assert.deepEqual(text.port_commands("tcp", "8080", ["eth0"]), ["portsieve allow tcp/8080 --for 1h --dev eth0", "portsieve drop tcp/8080 --for 1h --dev eth0"]);
	assert.deepEqual(text.port_commands("udp", "53", []), ["portsieve allow udp/53 --for 1h", "portsieve drop udp/53 --for 1h"]);
	assert.deepEqual(text.source_commands("2001:db8::7", ["a b'c"]), ["portsieve drop 2001:db8::7 --for 1h --dev 'a b'\\''c'"]);
	assert.equal(text.per_port_command("dropped", ["eth0", "eth1"]), "portsieve upgrade eth0 eth1 --per-port=dropped");
	assert.equal(text.per_port_command("passed", ["eth0"]), "portsieve upgrade eth0 --per-port=all");
	assert.equal(text.explain_command(text.packet("tcp", 80)), "portsieve explain 'tcp 192.0.2.7 > 198.51.100.1:80'");
	assert.equal(text.packet("udp", 53, "2001:db8::7"), "udp 2001:db8::7 > [2001:db8::1]:53");
});

test("a cell says what its byte can know", () => {
	assert.equal(text.cell_words(0, 0, "dropped"), "nothing dropped");
	assert.equal(text.cell_words(1, 1, "dropped"), "1 dropped");
	assert.equal(text.cell_words(63.9, 64, "dropped"), "about 64 dropped on 64 ports");
});
