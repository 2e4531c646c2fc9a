// SPDX-License-Identifier: GPL-2.0-or-later
// One stream for all tabs: the tab that holds a lock reads it and broadcasts each frame. When that tab is closed, the
// browser gives the lock to another one. Without locks (in an insecure context) each tab reads its own stream.

const RETRY_MS = [500, 1000, 2000, 4000];
const SILENT_MS = 4000; /* time without a frame after which the connection counts as lost */

/**
 * @typedef {object} Listener
 * @property {(frame: import("./types.js").Frame) => void} frame
 * @property {(connected: boolean) => void} connection
 */

/**
 * Opens the stream of a group of devices.
 * @param {string | null} device
 * @param {Listener} listener
 * @returns {() => void} closes it
 */
export function open_stream(device, listener) {
	const query = device === null ? "" : "?device=" + encodeURIComponent(device);
	const name = "portsieve-stream" + query;
	const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(name);
	const ending = new AbortController();
	let last_ms = performance.now();
	let connected = false;

	/** @param {boolean} now */
	function connection(now) {
		if (now !== connected)
			listener.connection((connected = now));
	}

	/** @param {string} text */
	function take(text) {
		last_ms = performance.now();
		connection(true);
		listener.frame(JSON.parse(text));
	}

	const watch = setInterval(() => {
		if (performance.now() - last_ms > SILENT_MS)
			connection(false);
	}, 500);

	/** Reads the server's stream until the page ends or closes it. @returns {Promise<void>} */
	function read() {
		return new Promise((resolve) => {
			/** @type {EventSource | null} */
			let source = null;
			/** @type {ReturnType<typeof setTimeout> | undefined} */
			let timer;
			let tries = 0;

			function connect() {
				source = new EventSource("api/stream" + query);
				source.addEventListener("frame", (event) => {
					tries = 0;
					channel?.postMessage(event.data);
					take(event.data);
				});
				source.onerror = () => {
					source?.close();
					connection(false);
					channel?.postMessage(null);
					timer = setTimeout(connect, RETRY_MS[Math.min(tries++, RETRY_MS.length - 1)]);
				};
			}

			ending.signal.addEventListener("abort", () => {
				clearTimeout(timer);
				source?.close();
				resolve();
			});
			connect();
		});
	}

	if (channel)
		channel.onmessage = (event) => (event.data === null ? connection(false) : take(event.data));
	if (navigator.locks && channel)
		navigator.locks.request(name, { signal: ending.signal }, read).catch(() => {});
	else
		read();

	return () => {
		clearInterval(watch);
		ending.abort();
		channel?.close();
	};
}
