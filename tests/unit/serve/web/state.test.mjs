// SPDX-License-Identifier: GPL-2.0-or-later
import assert from "node:assert/strict";
import test from "node:test";

import { DEFAULTS, clamp_window, parse, print } from "../../../../user/serve/web/state.js";

test("the defaults have an empty address, and it has them", () => {
	assert.equal(print({ ...DEFAULTS }), "");
	assert.deepEqual(parse(""), DEFAULTS);
});

test("each choice survives the address", () => {
	const state = { device: "br-lan", span: "24h", unit: "bits", plane: "udp_passed", low: 1024, width: 2048, sort: "name", filter: "port:80 wéb&x", theme: "light", why: "tcp/80" };
	assert.deepEqual(parse(print(state)), state);
	for (const key of Object.keys(state))
		assert.notEqual(print({ ...DEFAULTS, [key]: state[key] }), "", key);
});

test("words that it does not know are ignored", () => {
	assert.deepEqual(parse("?span=3m&unit=bytes&plane=x&sort=-nothing&theme=blue&low=abc&width=-5"), { ...DEFAULTS, width: 1024 });
});

test("a window of ports is a power of two wide and stays inside", () => {
	assert.deepEqual(clamp_window(0, 65536), { low: 0, width: 65536 });
	assert.deepEqual(clamp_window(500, 100000), { low: 0, width: 65536 });
	assert.deepEqual(clamp_window(-7, 10), { low: 0, width: 1024 });
	assert.deepEqual(clamp_window(65535, 1025), { low: 65536 - 2048, width: 2048 });
	assert.deepEqual(clamp_window(1000.4, 3000), { low: 1000, width: 4096 });
});
