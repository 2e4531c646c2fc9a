// SPDX-License-Identifier: GPL-2.0-or-later
// Figures of the page in Debian's Chromium, on made-up traffic: time to the first paint with 15 minutes of history, to a sorted and
// filtered table of 4,096 ranges, and the heap over 10,800 frames. Usage: node tests/browser/figures.mjs [TICKS]

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { loadavg } from "node:os";

import { mock } from "./mock.mjs";

const build = new URL("../../build/", import.meta.url).pathname;
const require = createRequire(build + "browser/");
const { chromium } = require("playwright-core");
const ticks = Number(process.argv[2] ?? 10800);

const served = (more) =>
	new Promise((resolve) => {
		const server = mock({ page: build + "serve/index.html", csp: readFileSync(build + "serve/csp", "utf8"), ...more });
		server.listen(0, "127.0.0.1", () => resolve({ server, url: `http://127.0.0.1:${server.address().port}/` }));
	});
const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const words = (values) => `median ${Math.round(middle(values))} ms, at most ${Math.round(Math.max(...values))} ms of ${values.length}`;

const load = () => loadavg()[0].toFixed(1);
console.log("load:", load());
const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const open = async () => {
	const page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
	page.setDefaultTimeout(120000);
	return page;
};

{
	const { server, url } = await served({});
	const page = await open();
	const paints = [];
	for (let i = 0; i < 11; i++) {
		await page.goto(url);
		await page.waitForFunction(() => performance.getEntriesByName("painted").length);
		if (i) /* the first one warms up the made-up history */
			paints.push(await page.evaluate(() => performance.getEntriesByName("painted")[0].startTime));
	}
	console.log("first paint with 15 minutes of history:", words(paints));
	server.closeAllConnections();
	server.close();
}
{
	const { server, url } = await served({ ranges: 4096 });
	const page = await open();
	await page.goto(url);
	await page.waitForFunction(() => /4,?096/.test(document.querySelector("#ranges-count").textContent));
	await page.waitForTimeout(3000);
	const took = await page.evaluate(async () => {
		const painted = () => new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
		const times = [];
		const input = document.querySelector("#ranges-filter");
		const acts = [...["s", "se", "service-1", "service-12", "port:10300", ""].map((text) => () => {
			input.value = text;
			input.dispatchEvent(new Event("input"));
		}), ...[...document.querySelectorAll("#ranges thead button")].map((button) => () => button.click())];
		for (let round = 0; round < 3; round++)
			for (const act of acts) {
				const start = performance.now();
				act();
				await painted();
				times.push(performance.now() - start);
			}
		return times;
	});
	console.log("filter or sort 4,096 ranges, to the next paint:", words(took));
	server.closeAllConnections();
	server.close();
}
{
	const { server, url } = await served({ accelerate: 20 });
	const page = await open();
	const heap = await page.context().newCDPSession(page);
	/* while no frame comes: one in work is in the heap too */
	const used = async () => {
		server.pause(true);
		await page.waitForTimeout(3000);
		let least = Infinity;
		for (let i = 0; i < 5; i++) {
			await heap.send("HeapProfiler.collectGarbage");
			least = Math.min(least, (await heap.send("Runtime.getHeapUsage")).usedSize);
		}
		server.pause(false);
		return least;
	};
	await page.addInitScript(() => {
		window.seen = 0;
		const add = EventSource.prototype.addEventListener;
		EventSource.prototype.addEventListener = function (name, listener) {
			add.call(this, name, (event) => {
				window.seen++;
				listener(event);
			});
		};
	});
	await page.goto(url);
	const until = (count) => page.waitForFunction((wanted) => window.seen >= wanted, count, { timeout: 0, polling: 500 });
	await until(Math.min(1000, ticks / 4));
	const start = await used();
	await until(ticks);
	const end = await used();
	console.log(`heap: ${(start / 1e6).toFixed(1)} MB after ${Math.min(1000, ticks / 4)} frames, ${(end / 1e6).toFixed(1)} MB after ${ticks}: ${((end / start - 1) * 100).toFixed(1)} %; load ${load()}`);
	server.closeAllConnections();
	server.close();
}
await browser.close();
process.exit(0);
