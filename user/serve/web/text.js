// SPDX-License-Identifier: GPL-2.0-or-later
// The page's words and numbers, and the commands that it offers to copy. Pure.

const UNITS = ["", "k", "M", "G", "T", "P"];

/**
 * Three digits and a unit, as in the program's output: "834", "2.14 M".
 * @param {number} value
 */
export function number(value) {
	if (value === 0)
		return "0";
	if (value < 9.95)
		return value < 0.05 ? "<0.1" : value.toFixed(1);
	let unit = 0;
	while (value >= 999.5 && unit < UNITS.length - 1) {
		value /= 1000;
		unit++;
	}
	const digits = unit === 0 || value >= 99.95 ? 0 : value < 9.995 ? 2 : 1;
	return value.toFixed(digits) + (unit ? "\u202f" + UNITS[unit] : "");
}

/**
 * The same for the ticks of a scale: without trailing zeros.
 * @param {number} value
 */
export function round_number(value) {
	return number(value).replace(/\.0+(?=\D|$)/, "").replace(/(\.\d)0(?=\D|$)/, "$1");
}

/** @typedef {"packets" | "bits"} Unit */

/**
 * @param {Unit} unit
 * @param {number} value
 */
export function unit_words(unit, value) {
	const text = number(value);
	if (unit === "packets")
		return text + " packets/s";
	return (/[kMGTP]$/.test(text) ? text : text + "\u202f") + "bit/s";
}

/**
 * The time of day in the browser's time zone.
 * @param {number} seconds since 1970
 */
export function clock(seconds) {
	const date = new Date(seconds * 1000);
	return [date.getHours(), date.getMinutes(), date.getSeconds()].map((n) => String(n).padStart(2, "0")).join(":");
}

/** @param {number} ms */
export function age(ms) {
	if (ms < 9950)
		return (ms / 1000).toFixed(1) + " s";
	const seconds = Math.round(ms / 1000);
	if (seconds < 120)
		return seconds + " s";
	return seconds < 7200 ? Math.round(seconds / 60) + " min" : Math.round(seconds / 3600) + " h";
}

/**
 * @param {number} low
 * @param {number} high
 */
export function span_words(low, high) {
	return low === high ? String(low) : `${low}\u2013${high}`;
}

/** @param {string} text */
function shell_word(text) {
	return /^[\w.:@/,+-]+$/.test(text) ? text : "'" + text.replaceAll("'", "'\\''") + "'";
}

/**
 * Commands that change the verdict on a port, to be copied.
 * @param {string} protocol
 * @param {string} ports "80" or "80-90"
 * @param {string[]} group the devices that share the policy
 */
export function port_commands(protocol, ports, group) {
	const device = group.length ? " --dev " + shell_word(group[0]) : "";
	return [
		`portsieve allow ${protocol}/${ports} --for 1h${device}`,
		`portsieve drop ${protocol}/${ports} --for 1h${device}`,
	];
}

/**
 * @param {string} address
 * @param {string[]} group
 */
export function source_commands(address, group) {
	const device = group.length ? " --dev " + shell_word(group[0]) : "";
	return [`portsieve drop ${shell_word(address)} --for 1h${device}`];
}

/**
 * The command that makes loaded devices count packets by port.
 * @param {string} verdict "dropped" or "passed"
 * @param {string[]} group
 */
export function per_port_command(verdict, group) {
	return `portsieve upgrade ${group.map(shell_word).join(" ")} --per-port=${verdict === "dropped" ? "dropped" : "all"}`;
}

/**
 * A sample packet for asking for a port's verdict. Its addresses are documentation addresses: rules with `from` or `to`
 * may judge others differently.
 * @param {string} protocol
 * @param {number} port
 * @param {string} [source]
 */
export function packet(protocol, port, source = "192.0.2.7") {
	const ipv6 = source.includes(":");
	const to = ipv6 ? `[2001:db8::1]:${port}` : `198.51.100.1:${port}`;
	return `${protocol} ${source} > ${to}`;
}

/** @param {string} text */
export function explain_command(text) {
	return `portsieve explain '${text}'`;
}

/**
 * The name of a rule in a list; built-in names begin with an underscore.
 * @param {string} rule
 */
export function rule_words(rule) {
	/** @type {Record<string, string>} */
	const names = {
		_system: "default (system)",
		_user: "default (user)",
		_dynamic: "default (dynamic)",
		_port0: "default (port 0)",
	};
	return names[rule] ?? rule;
}

/**
 * Describes a cell of the strip.
 * @param {number} packets
 * @param {number} ports how many were hit
 * @param {string} verdict
 */
export function cell_words(packets, ports, verdict) {
	if (packets === 0)
		return `nothing ${verdict}`;
	const about = packets < 12 ? String(Math.round(packets)) : "about " + number(packets);
	return `${about} ${verdict}${ports > 1 ? ` on ${ports} ports` : ""}`;
}

/** @param {number} value */
export function plural_ports(value) {
	return value === 1 ? "1 port" : `${number(value)} ports`;
}
