// SPDX-License-Identifier: GPL-2.0-or-later
// A server with made-up traffic that speaks what the page reads: for looking at it without a lab, for figures and for
// pixels that must come out the same. Usage: node tests/browser/mock.mjs PAGE [PORT [SCENE [RANGES]]]

import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";

const COLUMNS = 1024;
const PORTS = 65536;
const KEPT = 900;

/** Numbers that look random and are the same each time. @param {number} seed */
function random_of(seed) {
	let state = seed >>> 0;
	return () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
	};
}

const usual_ports = [22, 23, 80, 81, 139, 443, 445, 1433, 1723, 2323, 3306, 3389, 5060, 5432, 5555, 5900, 6379, 7547, 8080, 8443, 8728, 9000, 9200, 11211, 27017, 37215, 52869, 60001];

/**
 * Packets that are dropped in a second, by port.
 * @param {string} scene
 * @param {number} age seconds before the newest; negative: to come
 * @param {number} second
 * @returns {Map<number, number>[]} tcp, udp
 */
function drops(scene, age, second) {
	const random = random_of(second);
	const tcp = new Map();
	const udp = new Map();
	/** @param {Map<number, number>} map @param {number} port @param {number} packets */
	const hit = (map, port, packets) => map.set(port, (map.get(port) ?? 0) + packets);
	for (const [at, port] of usual_ports.entries())
		if (random() < 0.75 / (1 + at / 8))
			hit(tcp, port, 1 + Math.floor((random() * 6) / (1 + at / 4)));
	for (let i = 0; i < 6; i++)
		hit(tcp, Math.floor(random() * PORTS), 1);
	for (let i = 0; i < 3; i++)
		hit(udp, [53, 123, 161, 1900, 5353, 11211, Math.floor(random() * PORTS)][Math.floor(random() * 7)], 1);
	if (scene === "quiet")
		return [tcp, udp];
	if (scene !== "flood" && age >= 20 && age < 86) /* nmap -r, a thousand ports a second */
		for (let i = 0; i < 1000; i++)
			hit(tcp, Math.min(PORTS - 1, (86 - 1 - age) * 1000 + i), 1);
	if (scene !== "diagonal" && scene !== "flood" && age >= 94 && age < 101) /* nmap's default: 1,000 common ports, in any order */
		for (let i = 0; i < 220; i++)
			hit(tcp, random() < 0.45 ? Math.floor(random() * 3300) : Math.floor(random() * PORTS), 1);
	if (age < 45) { /* a sweep of one port */
		hit(tcp, 11434, 30 + Math.floor(random() * 40));
	}
	if (age < 12)
		hit(udp, 11211, Math.floor(1800 + random() * 600));
	return [tcp, udp];
}

/** @param {Map<number, number>} map @param {number} low @param {number} width */
function rows_of(map, low, width) {
	const each = width / COLUMNS;
	const packets = new Float64Array(COLUMNS);
	const hits = Buffer.alloc(COLUMNS);
	for (const [port, count] of map) {
		if (port < low || port >= low + width)
			continue;
		const column = Math.floor((port - low) / each);
		packets[column] += count;
		hits[column]++;
	}
	return { bytes: Buffer.from(packets.map((count) => Math.min(255, Math.round(16 * Math.log2(1 + count))))), hits };
}

/**
 * @param {{page: string, scene?: string, ranges?: number, rate_hz?: number, accelerate?: number}} options
 */
export function mock(options) {
	const { scene = "all", ranges = 12, rate_hz = 2 } = options;
	const born = Math.floor(Date.now() / 1000);
	/** @type {Map<number, Map<number, number>[]>} */
	const kept = new Map();
	let shift = 0; /* seconds that an accelerated server is ahead */
	const now = () => Date.now() / 1000 + shift;
	const end = () => Math.floor(now());
	/** The scene stands still in time but for what is usual. @param {number} second */
	const drops_at = (second) => {
		const known = kept.get(second) ?? drops(scene, born - second, second);
		kept.set(second, known);
		if (kept.size > 3000)
			kept.delete(kept.keys().next().value);
		return known;
	};
	/** @param {number} second */
	const passed_at = (second) => 9000 + 2500 * Math.sin(second / 47) + 900 * random_of(second)();
	const names = ["web", "dns", "ssh", "mail", "metrics", "games", "databases", "telnet", "_system", "_user", "_dynamic"];
	const rules = Array.from({ length: ranges }, (_, i) => {
		const rule = names[i] ?? `service-${i}`;
		const drop = i >= 5 && (i < names.length || i % 7 === 0);
		const low = [80, 53, 22, 25, 9100, 27000, 3306, 23, 1, 1024, 49152][i] ?? 10000 + i * 3;
		const high = [80, 53, 22, 25, 9100, 27100, 3306, 23, 1023, 49151, 65535][i] ?? low + 2;
		return { rule, protocol: i === 1 ? "udp" : "tcp", low, high, drop };
	});
	/** @param {number} second @param {number} at */
	const rate_of = (second, at) => {
		const rule = rules[at];
		if (!rule.drop)
			return passed_at(second) * (0.62 / (1 + at * at * 1.7)) * (0.8 + 0.4 * random_of(second * 31 + at)());
		const [tcp, udp] = drops_at(second);
		let sum = 0;
		for (const map of [tcp, udp])
			for (const [port, count] of map)
				if (port >= rule.low && port <= rule.high)
					sum += count;
		return sum;
	};
	/** @param {Map<number, number>[]} maps */
	const total = (maps) => maps.reduce((sum, map) => sum + [...map.values()].reduce((a, b) => a + b, 0), 0);
	/** @param {{low: number, high: number, protocol: string}} rule */
	const ports_of = (rule) => `${rule.protocol}/${rule.low === rule.high ? rule.low : `${rule.low}-${rule.high}`}`;

	function frame(id) {
		const second = end();
		const last = drops_at(second - 1);
		const dropped = total(last);
		const passed = passed_at(second);
		const planes = {};
		for (const [i, name] of ["tcp", "udp"].entries()) {
			const { bytes, hits } = rows_of(last[i], 0, PORTS);
			planes[name + "_dropped"] = bytes.toString("base64");
			planes[name + "_dropped_ports"] = hits.toString("base64");
			const allowed = rows_of(new Map(rules.filter((rule) => !rule.drop && rule.protocol === name).map((rule) => [rule.low, rate_of(second, rules.indexOf(rule))])), 0, PORTS);
			planes[name + "_passed"] = allowed.bytes.toString("base64");
			planes[name + "_passed_ports"] = allowed.hits.toString("base64");
		}
		const busiest = [...last[0]].map(([port, packets]) => ({ protocol: "tcp", port, packets })).concat([...last[1]].map(([port, packets]) => ({ protocol: "udp", port, packets })));
		busiest.sort((a, b) => b.packets - a.packets);
		const age = born - second;
		const sentence = scene === "quiet" ? "Quiet for 12 min: 9.1 k packets/s passed, 14 dropped" : age < 12 ? "2.1 k packets/s dropped on udp/11211 (memcache)" : "One port probed from many sources: tcp/11434, 52 packets/s";
		return {
			...{ schema: 2, time: new Date(now() * 1000).toISOString(), age_ms: 40, state: "live", group: ["eth0"], groups: [["eth0"], ["eth1", "eth2"]] },
			...{ mode: "enforce", attach: "native, link", policy: { source: "/etc/portsieve/policy.yaml", sha256: "9f2c".repeat(16), applied: new Date((born - 55) * 1000).toISOString() } },
			...{ pending_confirm_seconds: null, sentence, interval_ms: 1000 / rate_hz },
			rates: { passed: { packets: passed, bits: passed * 5200 }, dropped: { packets: dropped, bits: dropped * 540 }, would_drop: { packets: 0, bits: 0 } },
			totals: { passed: String(Math.round(8e9 + second)), dropped: "812345", would_drop: "0" },
			rules: rules
				.slice(0, 64)
				.map((rule, at) => {
					const rate = rate_of(second - 1, at);
					return {
						...{ rule: rule.rule, protocol: rule.protocol, ports: ports_of(rule), file: rule.rule.startsWith("_") ? null : "/etc/portsieve/policy.yaml", line: at + 4 },
						...{ action: rule.drop ? "drop" : "allow", passed: rule.drop ? 0 : rate, dropped: rule.drop ? rate : 0, would_drop: 0, bits: rate * 4000 },
					};
				})
				.sort((a, b) => b.passed + b.dropped - a.passed - a.dropped)
				.slice(0, 64),
			reasons: [{ reason: "icmp", packets: 3 + random_of(second)() }, { reason: "later-fragment", packets: second % 9 ? 0 : 2 }, { reason: "return-socket", packets: 420 + 40 * Math.sin(second / 9) }],
			ports: busiest.slice(0, 20).map(({ protocol, port, packets }) => ({
				...{ port, protocol, service: { 22: "ssh", 23: "telnet", 11211: "memcache", 3389: "ms-wbt-server", 445: "microsoft-ds" }[port] ?? null },
				...{ listener: port === 3306 ? "mariadbd" : null, new: port > 40000, passed: 0, dropped: packets },
			})),
			per_port: "all",
			recorded: "dropped",
			sources: [["203.0.113.9", 1840, 11211], ["198.51.100.77", 210, 11434], ["2001:db8:77::5", 51, 11434], ["203.0.113.140", 12, null]].map(([address, about, port]) => ({ address, about, ...(port ? { protocol: port === 11211 ? "udp" : "tcp", port } : { protocol: null, port: null }) })),
			events: busiest.slice(0, 10).map(({ protocol, port }, at) => ({
				...{ time: new Date((second - at / 10) * 1000).toISOString(), device: "eth0", verdict: "drop", reason: "default", rule: "_user", line: null },
				...{ protocol, source: `203.0.113.${at + 9}`, source_port: 40000 + at, destination: "192.0.2.2", port, length: 60, weight: 1 },
			})),
			strip: id % rate_hz === 0 ? { second: second - 1, planes } : null,
			distinct_ports: last[0].size + last[1].size,
			marks: [],
		};
	}

	function history(span) {
		const step = span === "coarse" ? 60 : 1;
		const length = span === "coarse" ? 1440 : KEPT;
		const start = Math.floor(end() / step) * step - length * step;
		const seconds = Array.from({ length }, (_, i) => start + i * step);
		const dropped = seconds.map((second) => total(drops_at(second)));
		const passed = seconds.map(passed_at);
		const shown = rules.slice(0, 64);
		return {
			group: ["eth0"],
			[span]: {
				step_ms: step * 1000,
				start,
				passed: { packets: passed.map(Math.round), bits: passed.map((value) => Math.round(value * 5200)) },
				dropped: { packets: dropped, bits: dropped.map((value) => value * 540) },
				would_drop: { packets: seconds.map(() => 0), bits: seconds.map(() => 0) },
				rules: shown.map((rule, at) => {
					const packets = seconds.map((second) => Math.round(rate_of(second, at)));
					return { rule: rule.rule, protocol: rule.protocol, ports: ports_of(rule), action: rule.drop ? "drop" : "allow", packets, bits: packets.map((value) => value * 4000) };
				}),
				reasons: [{ reason: "icmp", packets: seconds.map(() => 3) }, { reason: "return-socket", packets: seconds.map((second) => Math.round(420 + 40 * Math.sin(second / 9))) }],
			},
			marks: [{ time: new Date((born - 55) * 1000).toISOString(), what: "apply" }],
		};
	}

	/** @param {URLSearchParams} query */
	function strip(query) {
		const plane = query.get("plane") ?? "tcp_dropped";
		const low = Number(query.get("low") ?? 0);
		const width = Number(query.get("high") ?? PORTS - 1) - low + 1;
		const last = end() - 1;
		const first = Math.max(Number(query.get("since") ?? 0) + 1, last - (width === PORTS ? KEPT : 120) + 1);
		const rows = [];
		for (let second = first; second <= last; second++) {
			const maps = plane.includes("passed") ? [new Map(), new Map()] : drops_at(second);
			const row = rows_of(maps[plane.startsWith("tcp") ? 0 : 1], low, width);
			rows.push(plane.endsWith("_ports") ? row.hits : row.bytes);
		}
		return { head: { start: first, rows: rows.length, columns: COLUMNS, low, high: low + width - 1 }, body: Buffer.concat(rows) };
	}

	/* made once: what is measured is the page */
	/** @type {Map<string, any>} */
	const made = new Map();
	/** @param {string} key @param {() => any} make */
	const once = (key, make) => made.get(key) ?? made.set(key, make()).get(key);

	const count = { packets: 12345, bytes: 999999 };
	const none = { packets: 0, bytes: 0 };
	/** @type {Record<string, (query: URLSearchParams) => object>} */
	const json = {
		"/api/history": (query) => history(query.get("span") ?? "fine"),
		"/api/stats": () => ({ devices: [{ ranges: rules.map((rule, at) => ({ rule: rule.rule, protocol: rule.protocol, low: rule.low, high: rule.high, action: rule.drop ? "drop" : "allow", monitor: false, passed: rule.drop ? none : { packets: 900000 >> at % 18 }, dropped: rule.drop ? count : none, would_drop: none })) }] }),
		"/api/status": () => ({ devices: [{ drift: { denied_listeners: [{ protocol: "tcp", port: 3306, process: "mariadbd", unit: "mariadb.service", address: null }] } }] }),
		"/api/registry": (query) => ({ services: query.get("ports") === "11392-11455" ? [{ name: "sysinfo-sp", protocols: ["tcp"], low: 11430, high: 11430 }] : [] }),
		"/api/explain": () => ({ verdict: "drop", reason: "default", rule: null, would_drop: false, low: 1024, high: 49151, protocol: "tcp", service: null, return_lookup: true, errors: [] }),
	};
	const hash = options.csp ?? "";
	let is_paused = false;
	const server = createServer((request, response) => {
		const url = new URL(request.url ?? "/", "http://localhost");
		if (url.pathname === "/") {
			response.writeHead(200, { "Content-Type": "text/html; charset=utf-8", ...(hash ? { "Content-Security-Policy": hash } : {}) });
			response.end(readFileSync(options.page));
		} else if (url.pathname === "/api/stream") {
			response.writeHead(200, { "Content-Type": "text/event-stream", "Cache-Control": "no-store" });
			let id = 0;
			const send = () => {
				if (is_paused)
					return;
				response.write(`id: ${id}\nevent: frame\ndata: ${JSON.stringify(frame(id))}\n\n`);
				if (options.accelerate)
					shift += 1 / rate_hz - 1 / (rate_hz * options.accelerate);
				id++;
			};
			send();
			const timer = setInterval(send, 1000 / rate_hz / (options.accelerate ?? 1));
			request.on("close", () => clearInterval(timer));
		} else if (url.pathname === "/api/strip") {
			const { head, body } = url.searchParams.has("since") ? strip(url.searchParams) : once(url.search, () => strip(url.searchParams));
			response.writeHead(200, { "Content-Type": "application/octet-stream", "X-Strip": JSON.stringify(head) });
			response.end(body);
		} else if (json[url.pathname]) {
			response.writeHead(200, { "Content-Type": "application/json" });
			const text = () => JSON.stringify(json[url.pathname](url.searchParams));
			response.end(url.pathname === "/api/history" ? once(url.search, text) : text());
		} else {
			response.writeHead(404).end();
		}
	});
	return Object.assign(server, { pause: (paused) => (is_paused = paused) });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
	const [page, port = "9480", scene, ranges] = process.argv.slice(2);
	mock({ page, scene, ranges: ranges ? Number(ranges) : undefined }).listen(Number(port), "127.0.0.1", () => console.log(`http://127.0.0.1:${port}/`));
}
