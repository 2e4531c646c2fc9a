// SPDX-License-Identifier: GPL-2.0-or-later
// The page's requests besides the stream. GET only: nothing here changes anything.

/** Thrown if the server requires the token. */
export class NeedsToken extends Error {}

/**
 * Returns the answer to a GET; throws an error with its status.
 * @param {string} path
 * @param {Record<string, string | number | null>} query null: left out
 */
export async function get(path, query) {
	const words = new URLSearchParams();
	for (const [name, value] of Object.entries(query))
		if (value !== null)
			words.set(name, String(value));
	const response = await fetch(words.size ? `${path}?${words}` : path);
	if (response.status === 401)
		throw new NeedsToken("The server wants its token: open the address with #token= that it has printed.");
	if (!response.ok)
		throw new Error(`${path} answers ${response.status}`);
	return response;
}

/**
 * Exchanges a token in the URL for a session, and removes it from the URL.
 */
export async function start_session() {
	const [, token] = /^#token=(.+)$/.exec(location.hash) ?? [];
	if (!token)
		return;
	await fetch("api/session", { headers: { Authorization: "Bearer " + decodeURIComponent(token) } });
	history.replaceState(null, "", location.pathname + location.search);
}

/**
 * @param {string | null} device
 * @param {"fine" | "coarse"} span
 * @returns {Promise<import("./types.js").History>}
 */
export async function get_history(device, span) {
	return (await get("api/history", { device, span })).json();
}

/**
 * The strip's rows of a plane and a window of ports after a second.
 * @param {string | null} device
 * @param {string} plane
 * @param {{low: number, high: number} | null} window null: all ports
 * @param {number | null} since
 */
export async function get_strip(device, plane, window, since) {
	const response = await get("api/strip", { device, plane, since, low: window?.low ?? null, high: window?.high ?? null });
	const head = JSON.parse(response.headers.get("X-Strip") ?? "{}");
	return { start: Number(head.start), rows: Number(head.rows), columns: Number(head.columns), bytes: new Uint8Array(await response.arrayBuffer()) };
}

/**
 * Service names by port in a window of ports; may be empty.
 * @param {string} protocol
 * @param {number} low
 * @param {number} high
 * @returns {Promise<Map<number, string>>}
 */
export async function get_services(protocol, low, high) {
	/** @type {Map<number, string>} */
	const names = new Map();
	try {
		const told = await (await get("api/registry", { ports: low === high ? `${low}` : `${low}-${high}` })).json();
		for (const service of told.services)
			if (service.protocols.includes(protocol))
				for (let port = service.low; port <= service.high && port - service.low < 1024; port++)
					if (!names.has(port))
						names.set(port, service.name);
	} catch {
		/* 404: no port there has a name */
	}
	return names;
}
