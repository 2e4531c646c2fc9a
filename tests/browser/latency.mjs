// SPDX-License-Identifier: GPL-2.0-or-later
// From a packet to the figure on the page that shows it, while others read streams too: real packets, the real server, Debian's Chromium.
// Inside the lab of tests/browser/run: tests/lib/isolate tests/browser/run latency.mjs [PACKETS [STREAMS]]

import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { loadavg } from "node:os";
import { createInterface } from "node:readline";

const require = createRequire(new URL("../../build/browser/", import.meta.url).pathname);
const { chromium } = require("playwright-core");
const packets = Number(process.argv[2] ?? 200);
const streams = Number(process.argv[3] ?? 499); /* besides the page's */
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

const server = spawn("portsieve", ["serve"], { stdio: "ignore" });
await pause(1500);

let bytes = 0;
let is_over = false;
for (let i = 0; i < streams; i++) {
	const client = connect(9478, "127.0.0.1", () => client.write("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n"));
	client.on("data", (data) => (bytes += data.length));
	client.on("error", () => {});
	client.on("close", () => {
		if (!is_over)
			throw new Error("a stream has ended");
	});
}

const sender = spawn("nsenter", ["--net=/run/netns/client", "--", "python3", "-uc", `
import socket, sys, time
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for line in sys.stdin:
    now = time.time()
    client.sendto(b"x", ("192.0.2.2", 9))
    print(now * 1000)`], { stdio: ["pipe", "pipe", "inherit"] });
const sent = createInterface({ input: sender.stdout })[Symbol.asyncIterator]();

const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--disable-gpu"] });
const page = await (await browser.newContext({ viewport: { width: 1920, height: 1080 } })).newPage();
page.setDefaultTimeout(60000);
await page.goto("http://127.0.0.1:9478/");
await page.waitForFunction(() => document.querySelector("#figure-dropped b")?.textContent === "0");
await page.evaluate(() => {
	const figure = document.querySelector("#figure-dropped b");
	new MutationObserver(() => {
		if (figure.textContent !== "0")
			requestAnimationFrame(() => setTimeout(() => (window.shown ??= Date.now())));
	}).observe(figure, { childList: true, characterData: true, subtree: true });
});

const took = [];
const start = Date.now();
const load = [loadavg()[0]];
for (let i = 0; i < packets; i++) {
	await page.waitForFunction(() => document.querySelector("#figure-dropped b").textContent === "0");
	await page.evaluate(() => (window.shown = undefined));
	await pause(Math.random() * 500); /* at any time between two frames */
	sender.stdin.write("\n");
	const at = Number((await sent.next()).value);
	await page.waitForFunction(() => window.shown);
	took.push((await page.evaluate(() => window.shown)) - at);
}
load.push(loadavg()[0]);
took.sort((a, b) => a - b);
const quantile = (part) => Math.round(took[Math.min(took.length - 1, Math.floor(part * took.length))]);
console.log(`packet to pixel, ${streams + 1} streams: median ${quantile(0.5)} ms, p99 ${quantile(0.99)} ms, at most ${quantile(1)} ms of ${packets}; load ${load.map((value) => value.toFixed(1)).join(" to ")}, ${(bytes / 1e3 / (Date.now() - start)).toFixed(1)} MB/s to the other streams`);
is_over = true;
await browser.close();
sender.kill();
server.kill();
process.exit(0);
