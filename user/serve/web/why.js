// SPDX-License-Identifier: GPL-2.0-or-later
// The explanation of a port, rule, reason, source or packet: the verdict, the rule and its line in the file, what listens,
// and commands to copy. The server judges by the real program; nothing changes.

import { by_id, h } from "./dom.js";
import { explain_command, number, packet, port_commands, rule_words, source_commands, span_words } from "./text.js";

/**
 * @typedef {object} Facts what the page knows already
 * @property {import("./types.js").Frame | null} frame
 * @property {Map<string, import("./types.js").Rule>} rules
 * @property {any[]} listeners denied ones, from /api/status
 */

export class Why {
	/**
	 * @param {() => Facts} facts
	 * @param {(key: string | null) => void} shown called with the key, or null when closed
	 */
	constructor(facts, shown) {
		this.facts = facts;
		this.dialog = by_id("why", HTMLDialogElement);
		this.title = by_id("why-title", HTMLElement);
		this.content = by_id("why-content", HTMLElement);
		this.asked = 0;
		this.dialog.addEventListener("close", () => shown(null));
		this.dialog.addEventListener("click", (event) => {
			if (event.target === this.dialog) /* outside it */
				this.dialog.close();
		});
		by_id("why-close", HTMLButtonElement).addEventListener("click", () => this.dialog.close());
		this.shown = shown;
	}

	/**
	 * @param {string} key "tcp/80", "tcp/1024-1087", "rule:web", "reason:icmp", "source:192.0.2.7", "packet:tcp/80 192.0.2.7", "policy"
	 */
	async open(key) {
		const asked = ++this.asked;
		this.title.textContent = title_of(key);
		this.content.replaceChildren(h("p", { class: "muted" }, "asking\u2026"));
		if (!this.dialog.open)
			this.dialog.showModal();
		this.shown(key);
		const parts = await this.parts(key).catch((/** @type {Error} */ error) => [h("p", {}, "The server does not answer: " + error.message)]);
		if (asked === this.asked)
			this.content.replaceChildren(...parts);
	}

	/** @param {string} key @returns {Promise<Node[]>} */
	async parts(key) {
		const facts = this.facts();
		const group = facts.frame?.group ?? [];
		const [, protocol, low, high] = /^(tcp|udp)\/(\d+)(?:-(\d+))?$/.exec(key) ?? [];
		if (protocol)
			return this.port(facts, protocol, Number(low), Number(high ?? low));
		const [kind, name] = split(key);
		if (kind === "rule")
			return this.rule(facts, key);
		if (kind === "source")
			return this.source(facts, name);
		const [, of, to, from] = kind === "packet" ? (/^(tcp|udp)\/(\d+) ([\da-f.:]+)$/.exec(name) ?? []) : [];
		if (of)
			return this.port(facts, of, Number(to), Number(to), from);
		if (kind === "reason")
			return [
				h("p", {}, `Packets that have no port to judge, or that are decided before the rules: \u201c${name}\u201d.`),
				h("p", { class: "muted" }, "docs/packets.md has the rule of each reason, and portsieve-policy(5) the knob that decides it."),
				commands([`portsieve stats ${group[0] ?? ""}`.trim(), `portsieve explain 'PACKET'`]),
			];
		const policy = facts.frame?.policy;
		return [
			facts_list([
				["Policy", policy?.source ?? "none"],
				["Applied", policy?.applied ? new Date(policy.applied).toLocaleString() : "never"],
				["SHA-256", policy?.sha256 ?? ""],
				["Devices", group.join(", ")],
			]),
			commands([`portsieve show ${group[0] ?? ""}`.trim(), `portsieve status ${group[0] ?? ""}`.trim()]),
			json_link("api/policy", group),
		];
	}

	/**
	 * @param {Facts} facts
	 * @param {string} protocol
	 * @param {number} low
	 * @param {number} high
	 * @param {string} [from] an address; by default that of the busiest source
	 */
	async port(facts, protocol, low, high, from) {
		const group = facts.frame?.group ?? [];
		const known = facts.frame?.ports.filter((port) => port.protocol === protocol && port.port >= low && port.port <= high) ?? [];
		/* the busiest of several ports stands for all */
		const port = known[0]?.port ?? low;
		const source = from ?? facts.frame?.sources[0]?.address;
		const text = packet(protocol, port, source);
		const told = await explain(text, group);
		const listener = facts.listeners.find((one) => one.protocol === protocol && one.port === port);
		const rows = /** @type {[string, string][]} */ ([]);
		if (low !== high)
			rows.push(["Ports", `${span_words(low, high)}, judged for ${port}`]);
		rows.push(...verdict_rows(told));
		if (known[0])
			rows.push(["Now", `${number(known[0].dropped)} dropped, ${number(known[0].passed)} passed packets/s`]);
		if (listener)
			rows.push(["Listens there", [listener.process, listener.unit, listener.address ?? "any address"].filter((word) => word).join(", ")]);
		return [
			h("p", { class: "verdict" }, verdict_words(told, from ? `${protocol}/${port} from ${from}` : `${protocol}/${port}`)),
			facts_list(rows),
			commands([...port_commands(protocol, String(port), group), ...(from ? source_commands(from, group) : []), explain_command(text)]),
			h("p", { class: "muted" }, `Judged for a new packet from ${source ?? "192.0.2.7, a documentation address"}; rules with addresses may judge others differently.`),
			json_link("api/explain", group, text),
		];
	}

	/** @param {Facts} facts @param {string} key */
	async rule(facts, key) {
		const group = facts.frame?.group ?? [];
		const rule = facts.rules.get(key);
		const name = rule?.rule ?? split(key)[1];
		const [, protocol, first] = /(\w+)\/(\d+)/.exec(rule?.ports ?? "") ?? [];
		const rows = /** @type {[string, string][]} */ ([
			["Ports", rule?.ports ?? ""],
			["Action", rule?.action ?? ""],
		]);
		const parts = /** @type {Node[]} */ ([]);
		let text = null;
		const file = rule?.line ? (rule.file ?? facts.frame?.policy?.source) : null;
		if (file)
			rows.push(["Written in", `${file}:${rule?.line}`]);
		if (first && (protocol === "tcp" || protocol === "udp")) {
			text = packet(protocol, Number(first));
			const told = await explain(text, group);
			parts.push(h("p", { class: "verdict" }, verdict_words(told, `${protocol}/${first}`)));
			if (!file)
				rows.push(...verdict_rows(told));
		}
		if (rule)
			rows.push(["Now", `${number(rule.passed)} passed, ${number(rule.dropped)} dropped packets/s`]);
		const list = [`portsieve show ${group[0] ?? ""}`.trim()];
		if (first && text)
			list.push(...port_commands(protocol, first, group), explain_command(text));
		parts.push(facts_list([["Rule", rule_words(name)], ...rows]), commands(list), json_link(text ? "api/explain" : "api/policy", group, text));
		return parts;
	}

	/** @param {Facts} facts @param {string} address */
	async source(facts, address) {
		const group = facts.frame?.group ?? [];
		const known = facts.frame?.sources.find((source) => source.address === address);
		const target = known?.port ? known : facts.frame?.ports[0];
		const protocol = target?.protocol ?? "tcp";
		const port = target?.port ?? 80;
		const text = packet(protocol, port, address);
		const told = await explain(text, group);
		return [
			h("p", { class: "verdict" }, verdict_words(told, `${protocol}/${port} from ${address}`)),
			facts_list([...verdict_rows(told), ["Now", known ? `about ${number(known.about)} packets/s` : "not among the busiest"]]),
			commands([...source_commands(address, group), explain_command(text)]),
			json_link("api/explain", group, text),
		];
	}
}

/** @param {string} key */
function title_of(key) {
	const [kind, name] = split(key);
	if (kind === "rule")
		return rule_words(name.replace(/^(_.*)\/.*/, "$1"));
	if (kind === "packet")
		return name.replace(" ", " from ");
	return name || (key === "policy" ? "The policy in force" : key);
}

/** The parts before and after the first colon. @param {string} text */
function split(text) {
	const at = text.indexOf(":");
	return at < 0 ? [text, ""] : [text.slice(0, at), text.slice(at + 1)];
}

/**
 * @param {string} text
 * @param {string[]} group
 */
async function explain(text, group) {
	const query = new URLSearchParams({ packet: text });
	if (group.length)
		query.set("device", group[0]);
	const response = await fetch("api/explain?" + query);
	return response.json();
}

/** @param {any} told @param {string} what */
function verdict_words(told, what) {
	if (told.errors?.length)
		return told.errors[0].message ?? "The server cannot judge this packet.";
	const drops = told.verdict === "drop";
	const verb = told.would_drop ? "passes, and would be dropped" : drops ? (told.return_lookup ? "is dropped unless it is a reply" : "is dropped") : "passes";
	const by = told.reason === "rule" ? ` by rule \u201c${told.rule}\u201d` : told.reason === "default" ? " by the default" : `: ${told.reason}`;
	return `A packet to ${what} ${verb}${by}.`;
}

/** @param {any} told @returns {[string, string][]} */
function verdict_rows(told) {
	const rows = /** @type {[string, string][]} */ ([]);
	if (told.source && told.line)
		rows.push(["Written in", `${told.source}:${told.line}${told.source_changed ? " (the file has changed since it was applied)" : ""}`]);
	else if (told.runtime)
		rows.push(["Written in", `a runtime rule${told.until ? ", until " + new Date(told.until).toLocaleString() : ""}`]);
	if (told.service)
		rows.push(["Service", told.service]);
	if (typeof told.low === "number")
		rows.push(["Range", `${told.protocol}/${span_words(told.low, told.high)}`]);
	if (told.knob)
		rows.push(["Knob", told.knob]);
	return rows;
}

/** @param {[string, string][]} rows */
function facts_list(rows) {
	return h("dl", {}, ...rows.filter(([, value]) => value).flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

/** @param {string[]} list */
function commands(list) {
	return h(
		"div",
		{ class: "commands" },
		...list.map((text) => {
			const code = h("code", {}, text);
			const button = h("button", { type: "button", "aria-label": "Copy: " + text, click: () => copy(code, button) }, "Copy");
			return h("div", {}, code, button);
		}),
	);
}

/**
 * @param {HTMLElement} code
 * @param {HTMLButtonElement} button
 */
async function copy(code, button) {
	try {
		await navigator.clipboard.writeText(code.textContent ?? "");
		button.textContent = "Copied";
	} catch {
		/* no clipboard in an insecure context: select it, for copying by hand */
		getSelection()?.selectAllChildren(code);
		button.textContent = "Selected";
	}
	setTimeout(() => (button.textContent = "Copy"), 1500);
}

/**
 * @param {string} path
 * @param {string[]} group
 * @param {string | null} [text] a packet
 */
function json_link(path, group, text = null) {
	const query = new URLSearchParams();
	if (text)
		query.set("packet", text);
	if (group.length)
		query.set("device", group[0]);
	return h("p", {}, h("a", { href: `${path}?${query}`, target: "_blank" }, "the same as JSON"));
}
