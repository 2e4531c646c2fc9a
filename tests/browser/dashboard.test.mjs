// SPDX-License-Identifier: GPL-2.0-or-later
// The dashboard as a person meets it: a real browser, the real server, real packets. One lab and one browser for all tests, in the
// order in which they stand; tests/browser/run sets up the lab.

import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, before, test } from "node:test";

const build = new URL("../../build/", import.meta.url).pathname;
const require = createRequire(build + "browser/");
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const address = "http://127.0.0.1:9478/";
const server4 = "192.0.2.2";
const desk = { width: 1920, height: 1080 };
const sizes = { phone: { width: 360, height: 740 }, desk, wall: { width: 3840, height: 2160 } };

let browser;
let context;
let page;
let server;
/** What must not happen, as it happens. */
const complaints = [];
/** All that the pages have asked for. */
const requests = [];
let is_restarting = false;
let is_over = false;
const running = [];

/** Starts a command in the client's namespace. */
function client(...words) {
	const child = spawn("nsenter", ["--net=/run/netns/client", "--", ...words], { stdio: "ignore" });
	running.push(child);
	return new Promise((resolve) => child.on("exit", resolve));
}

const flood = (...words) => client("flood", "to_server", ...words);
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Until a condition holds; fails after some seconds. */
async function within(seconds, what, holds) {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const answer = await holds();
		if (answer)
			return answer;
		assert.ok(Date.now() < end, `not within ${seconds} s: ${what}`);
		await pause(100);
	}
}

function start_server() {
	server = spawn("portsieve", ["serve", "--listen", "127.0.0.1:9478"], { stdio: "ignore" });
	running.push(server);
}

function watch(one) {
	one.on("console", (message) => {
		if (!["error", "warning"].includes(message.type()) || is_restarting)
			return;
		complaints.push(`console: ${message.text()} (${message.location().url})`);
	});
	one.on("pageerror", (error) => complaints.push(String(error.stack)));
	one.on("request", (request) => requests.push({ method: request.method(), url: request.url(), page: one }));
}

async function open(query = "", where = context) {
	const one = await where.newPage();
	watch(one);
	await one.goto(address + query);
	await within(15, "live", () => one.evaluate(() => document.querySelector("#badge-words").textContent === "live"));
	return one;
}

/** The class of each pixel of the strip, of the rows from the top: 0 nothing, 1 usual, 2 scan, 3 burst. One text a row. */
function read_strip(one) {
	return one.evaluate(() => {
		const canvas = document.querySelector("#strip canvas");
		const margin = Math.round(parseFloat(getComputedStyle(document.documentElement).getPropertyValue("--margin-right")) * parseFloat(getComputedStyle(document.documentElement).fontSize) * devicePixelRatio);
		const { width, height } = canvas;
		const copy = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
		copy.drawImage(canvas, 0, 0);
		const { data } = copy.getImageData(0, 0, width, height);
		const row_pixels = Math.floor(height / 120);
		const rows = [];
		for (let y = 0; y + row_pixels <= height; y += row_pixels) {
			let row = "";
			for (let x = 0; x < width - margin; x++) {
				const [red, green, blue] = data.subarray((y * width + x) * 4);
				const [r0, g0, b0] = [10, 13, 17]; /* the ground, in the dark */
				row += Math.abs(red - r0) + Math.abs(green - g0) + Math.abs(blue - b0) < 12 ? 0 : red > 220 ? 3 : blue > 200 ? 2 : 1;
			}
			rows.push(row);
		}
		return rows;
	});
}

/** Where a class is in a row: the first and the last place, as shares of the width, and how many pixels. */
function places(row, kind) {
	const at = [...row].flatMap((one, x) => (one === String(kind) ? [x / row.length] : []));
	return at.length ? { first: at[0], last: at.at(-1), count: at.length } : null;
}

const accessible = async (one) => {
	/* the policy of the page does not let a script in; the driver's own world does */
	const found = await one.evaluate(`${axe}; axe.run(document, { resultTypes: ["violations"] })`);
	return found.violations.map((violation) => `${violation.id}: ${violation.help}: ${violation.nodes.map((node) => node.html + " " + (node.any[0]?.message ?? "")).join(" | ")}`);
};

before(async () => {
	start_server();
	/* a little web and DNS, and what every host on the internet gets */
	(async () => {
		for (let i = 0; !is_over; i++) {
			await flood("--protocol", "tcp", "--port", "80", "--count", "300");
			if (i % 2)
				await flood("--protocol", "udp", "--port", "53", "--count", "60");
			await flood("--protocol", "tcp", "--port", String([23, 445, 22, 3389][i % 4]), "--count", "2");
			await flood("--protocol", "tcp", "--ports", "1024-65535", "--count", "3", "--seed", String(i));
			await pause(300);
		}
	})();
	browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
	context = await browser.newContext({ viewport: desk, colorScheme: "dark" });
	await pause(1000);
});

after(async () => {
	is_over = true;
	await browser?.close();
	for (const child of running)
		child.kill("SIGKILL");
});

test("the page comes up live, with its sentence and its ranges", async () => {
	page = await open();
	await within(10, "ranges", () => page.evaluate(() => [...document.querySelectorAll("#ranges tbody button")].some((button) => button.textContent === "web")));
	assert.notEqual(await page.textContent("#sentence"), "");
	assert.match(await page.textContent("#facts"), /to_client.*policy\.yaml/);
	assert.match(await page.title(), /portsieve/);
	await within(10, "a rate", () => page.evaluate(() => Number(document.querySelector("#figure-passed b").textContent) > 0));
});

test("chart and strip move under traffic", async () => {
	const look = () => page.evaluate(() => [...document.querySelectorAll("#chart canvas, #strip canvas")].map((canvas) => canvas.toDataURL()));
	const [chart, strip] = await look();
	await within(10, "both move", async () => {
		const [chart_now, strip_now] = await look();
		return chart_now !== chart && strip_now !== strip;
	});
});

test("nmap's scan in order draws a diagonal", async () => {
	const said = within(90, "the sentence says so", async () => /probed/.test(await page.textContent("#sentence")));
	await client("nmap", "-r", "-n", "-Pn", "--max-retries", "0", "--min-rate", "7000", "--max-rate", "7000", "-p", "1-65535", server4);
	await pause(2500);
	const rows = (await read_strip(page)).map((row) => places(row, 2)).filter((place) => place && place.count > 20);
	assert.ok(rows.length >= 5, `${rows.length} rows`);
	/* the newest is on top: from row to row further to the left, and each on where the other ends */
	for (let i = 1; i < rows.length; i++) {
		assert.ok(rows[i].last <= rows[i - 1].first + 0.03, JSON.stringify(rows));
		assert.ok(rows[i].last >= rows[i - 1].first - 0.15, JSON.stringify(rows));
	}
	assert.ok(rows[0].last > 0.97 && rows.at(-1).first < 0.03, "from the first port to the last");
	await said;
});

test("nmap's default scan draws a band, dense below 10,000 and reaching to the end", async () => {
	await client("nmap", "-n", "-Pn", "--max-retries", "0", "--min-rate", "500", server4);
	await pause(2500);
	/* those of the scan in order are narrow */
	const rows = (await read_strip(page)).map((row) => ({ ...places(row, 2), row })).filter(({ count, first, last }) => count > 40 && last - first > 0.6);
	assert.ok(rows.length >= 1 && rows.length <= 10, `${rows.length} rows`);
	const dense = rows.map(({ row }) => [...row.slice(0, row.length * 0.15)].filter((one) => one === "2").length);
	const sparse = rows.map(({ row }) => [...row.slice(row.length * 0.5)].filter((one) => one === "2").length);
	assert.ok(Math.max(...dense) > 30 && Math.max(...dense) > Math.max(...sparse), `${dense} and ${sparse}`);
});

test("a sweep of one port draws a column", async () => {
	await flood("--protocol", "tcp", "--port", "11434", "--sources", "500", "--rate", "150", "--seconds", "8");
	await pause(2000);
	const rows = (await read_strip(page)).map((row) => places(row, 3)).filter((place) => place);
	assert.ok(rows.length >= 6, `${rows.length} rows`);
	for (const { first, last } of rows)
		assert.ok(first < 11434 / 65536 && last > 11434 / 65536 - 0.002 && last - first < 0.01, JSON.stringify(rows));
});

test("a flood on UDP points at its plane, which shows it; a click says why and what to paste", async () => {
	await flood("--protocol", "udp", "--port", "11211", "--rate", "3000", "--seconds", "5");
	await within(15, "the button is marked", () => page.evaluate(() => document.querySelector("#plane [value=udp_dropped]").dataset.unusual === "3"));
	await page.click("#plane [value=udp_dropped]");
	assert.match(page.url(), /plane=udp_dropped/);
	const box = await page.locator("#strip canvas").boundingBox();
	const margin = await page.evaluate(() => 3 * parseFloat(getComputedStyle(document.documentElement).fontSize));
	await within(20, "the column, and the words of its cell", async () => {
		const rows = (await read_strip(page)).flatMap((one, row) => (places(one, 3) ? [row] : []));
		const row = rows[Math.floor(rows.length / 2)] ?? 0;
		await page.mouse.move(box.x + (11211 / 65536) * (box.width - margin), box.y + (row + 0.5) * Math.floor(box.height / 120));
		return rows.length && /udp\/11200–11263.*dropped.*far above/.test(await page.textContent(".strip-tip"));
	});
	await within(5, "the name of the service", async () => /memcache/.test(await page.textContent(".strip-tip")));
	await page.mouse.down();
	await page.mouse.up();
	await within(5, "why", async () => /is dropped.* by the default/.test(await page.textContent("#why-content")));
	const words = await page.textContent("#why-content");
	assert.match(words, /portsieve allow udp\/11211 --for 1h --dev to_client/);
	assert.match(words, /portsieve explain 'udp /);
	assert.deepEqual(await accessible(page), []);
	await page.screenshot({ path: build + "browser/shots/dashboard-why.png", timeout: 60000 });
	const command = /portsieve explain '([^']+)'/.exec(words)[1];
	assert.match(spawnSync("portsieve", ["explain", command]).stdout.toString(), /DROP/i);
	await page.keyboard.press("Escape");
	await within(2, "it closes", () => page.evaluate(() => !document.querySelector("#why").open));
	assert.doesNotMatch(page.url(), /why=/);
});

test("a denied port on which something listens has a mark that leads to its why", async () => {
	await page.click("#plane [value=tcp_dropped]");
	await within(20, "the mark", () => page.evaluate(() => document.querySelector(".strip-listeners button")?.getAttribute("aria-label")?.startsWith("tcp/3306 is denied")));
	await page.locator(".strip-listeners button").first().focus();
	await page.keyboard.press("Enter");
	await within(5, "why", async () => /by rule “databases”/.test(await page.textContent("#why-content")));
	assert.match(await page.textContent("#why-content"), /policy\.yaml:7/);
	await page.keyboard.press("Escape");
});

test("sources of drops and recorded packets are listed, and each leads to its why", async () => {
	const names = (id) => page.evaluate((one) => [...document.querySelectorAll(`#${one} tbody button`)].map((button) => button.textContent), id);
	const why = async (id, name, title) => {
		await page.evaluate(([one, text]) => [...document.querySelectorAll(`#${one} tbody button`)].find((button) => button.textContent === text).click(), [id, name]);
		assert.equal(await page.textContent("#why-title"), title);
		await within(5, "why", async () => /^A packet to tcp\/4444 from 198\.51\.100\.7 is dropped.* by the default\.$/.test(await page.textContent("#why-content .verdict")));
		assert.match(await page.textContent("#why-content"), /portsieve drop 198\.51\.100\.7 --for 1h --dev to_client/);
		await page.keyboard.press("Escape");
	};
	for (let i = 0; i < 2; i++) {
		assert.equal(spawnSync("portsieve", ["apply", "/run/browser/policy.yaml"]).status, 0);
		await pause(1500);
	}
	flood("--source", "198.51.100.7", "--protocol", "tcp", "--port", "4444", "--rate", "90", "--seconds", "15");
	await within(10, "the source", async () => (await names("sources"))[0] === "198.51.100.7");
	assert.match(await page.textContent("#sources tbody tr"), /tcp\/4444/);
	await why("sources", "198.51.100.7", "198.51.100.7");
	await within(10, "its packets", async () => (await names("events")).includes("tcp/4444"));
	assert.match(await page.textContent("#events tbody tr.dropped"), /198\.51\.100\.7/);
	await why("events", "tcp/4444", "tcp/4444 from 198.51.100.7");
	/* packets come and go, the changes stay, and the list does not grow */
	await pause(3000);
	const events = await names("events");
	assert.deepEqual(events.filter((name) => name === "apply").length, 2, events.join(", "));
	assert.equal(events.length, await page.evaluate(() => parseInt(getComputedStyle(document.querySelector("#events")).getPropertyValue("--rows"))));
});

test("the pictures for the README", async () => {
	await page.setViewportSize({ width: 1440, height: 860 });
	await page.evaluate(() => scrollTo(0, 0));
	await page.mouse.move(0, 0);
	for (const theme of ["light", "dark"]) {
		await page.click(`#theme [value=${theme}]`);
		await pause(700);
		await page.screenshot({ path: `${build}browser/shots/dashboard-${theme}.png`, timeout: 60000 });
	}
	await page.click("#theme [value=auto]");
	await page.setViewportSize(desk);
	await page.goto("about:blank"); /* it would paint on beside the next tests */
});

for (const [name, viewport] of Object.entries(sizes))
	test(`${name}: nothing is cut off, and axe finds nothing, dark and light`, async () => {
		const where = await browser.newContext({ viewport, colorScheme: "light", deviceScaleFactor: name === "phone" ? 2 : 1 });
		const one = await open("", where);
		await pause(1000);
		const { wide, high, cut } = await one.evaluate(() => ({
			wide: document.documentElement.scrollWidth - innerWidth,
			high: document.documentElement.scrollHeight - innerHeight,
			cut: [...document.querySelectorAll("button, input, summary")].filter((element) => element.offsetParent && element.getBoundingClientRect().right > innerWidth + 1).map((element) => element.textContent),
		}));
		assert.ok(wide <= 0, `${wide} px too wide`);
		assert.deepEqual(cut, []);
		if (name !== "phone")
			assert.ok(high <= 0, `${high} px too high for one screen`);
		assert.deepEqual(await accessible(one), [], "light");
		await one.emulateMedia({ colorScheme: "dark" });
		await pause(500);
		assert.deepEqual(await accessible(one), [], "dark");
		await one.screenshot({ path: `${build}browser/shots/dashboard-${name}.png`, timeout: 60000 });
		await where.close();
	});

test("it can be used by keys alone", async () => {
	await page.close();
	page = await open();
	await page.keyboard.press("3");
	assert.match(page.url(), /span=24h/);
	await page.keyboard.press("1");
	await page.keyboard.press("0");
	assert.match(page.url(), /width=1024/);
	await within(5, "the axis", async () => /1023/.test(await page.textContent(".strip-ports")));
	await page.keyboard.press("/");
	await page.keyboard.type("rule:web port:443");
	await within(5, "the filter", () => page.evaluate(() => document.querySelectorAll("#ranges tbody tr").length === 1));
	await page.fill("#ranges-filter", "");
	await page.keyboard.press("Escape");
	await page.keyboard.press("a");
	await page.focus(".strip-field");
	await page.keyboard.press("ArrowRight");
	await within(5, "a cell", async () => /tcp\/64–127/.test(await page.textContent(".strip-tip")));
	await page.keyboard.press("Enter");
	await within(5, "why", async () => /tcp\/64/.test(await page.textContent("#why-title")));
	await page.keyboard.press("Escape");
	await page.focus("#chart");
	await page.keyboard.press("ArrowLeft");
	assert.match(await page.textContent("#figure-time"), /^at \d\d:\d\d:\d\d$/);
	assert.match(await page.getAttribute("#chart", "aria-valuetext"), /passed .*dropped/);
	await page.keyboard.press("Escape");
	assert.equal(await page.textContent("#figure-time"), "now");
});

test("what is chosen stands in the address, and a link shows the same", async () => {
	const query = "?span=15m&unit=bits&plane=udp_dropped&low=1024&width=2048&sort=name&filter=w&theme=light&why=rule%3Aweb";
	const other = await open(query);
	await within(10, "why", async () => /A packet to tcp\/80 passes by rule “web”/.test(await other.textContent("#why-content")));
	await other.keyboard.press("Escape");
	await within(5, "the address without why", () => new URL(other.url()).search === query.replace("&why=rule%3Aweb", ""));
	const shown = await other.evaluate(() => ({
		pressed: [...document.querySelectorAll("[aria-pressed=true]")].map((button) => button.value),
		ground: getComputedStyle(document.body).backgroundColor,
		unit: document.querySelector("#figure-passed .unit").textContent,
		ports: document.querySelector(".strip-ports").textContent,
	}));
	assert.deepEqual(shown.pressed, ["bits", "15m", "udp_dropped", "light"]);
	assert.equal(shown.ground, "rgb(252, 252, 251)");
	assert.match(shown.unit, /bit\/s/);
	assert.match(shown.ports, /^1024.*3071$/);
	await other.close();
});

test("behind chart and strip there are tables", async () => {
	for (const id of ["chart-table", "strip-table"]) {
		await page.click(`#${id} summary`);
		await within(5, id, () => page.evaluate((one) => document.querySelectorAll(`#${one} tbody tr`).length > 3, id));
	}
	assert.match(await page.textContent("#chart-table tbody th"), /^\d\d:\d\d:\d\d$/);
	assert.match(await page.textContent("#strip-table tbody th"), /^\d+–\d+$/);
	assert.deepEqual(await accessible(page), []);
	for (const id of ["chart-table", "strip-table"])
		await page.click(`#${id} summary`);
});

test("two tabs share one stream, and the second goes on when the first is closed", async () => {
	const streams = (one) => requests.filter((request) => request.page === one && request.url.includes("/api/stream")).length;
	const first = await open("?device=to_client");
	const second = await open("?device=to_client");
	assert.equal(streams(first), 1);
	assert.equal(streams(second), 0);
	await first.close();
	await within(10, "it opens its own", async () => streams(second) === 1);
	await pause(1500);
	assert.equal(await second.textContent("#badge-words"), "live");
	await second.close();
});

test("it says when the server is gone, and goes on when it is back", async () => {
	is_restarting = true;
	server.kill("SIGTERM");
	await within(10, "disconnected", async () => (await page.textContent("#badge-words")) === "disconnected");
	await pause(500);
	start_server();
	await within(15, "live", async () => (await page.textContent("#badge-words")) === "live");
	await pause(1500);
	is_restarting = false;
	const before = await page.evaluate(() => document.querySelector("#strip canvas").toDataURL());
	await within(5, "the strip moves", async () => (await page.evaluate(() => document.querySelector("#strip canvas").toDataURL())) !== before);
});

test("nothing went wrong, nothing was asked of others, and nothing but GET", () => {
	assert.deepEqual(complaints, []);
	assert.deepEqual(requests.filter(({ method, url }) => method !== "GET" || !url.startsWith(address)).map(({ method, url }) => `${method} ${url}`), []);
	assert.ok(requests.length > 20);
});
