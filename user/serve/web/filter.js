// SPDX-License-Identifier: GPL-2.0-or-later
// Filtering and sorting ranges. Pure.

/**
 * @typedef {object} Range
 * @property {string} key
 * @property {string} rule
 * @property {string} protocol
 * @property {string} ports "tcp/80,443"
 * @property {string} action
 * @property {number} place in the policy
 * @property {number} passed per second in the displayed unit, like the next two
 * @property {number} dropped
 * @property {number} would_drop
 * @property {number | null} total packets counted so far
 */

/**
 * Do ports such as "tcp/80,443,1000-2000" include a port?
 * @param {string} ports
 * @param {number} port
 */
export function holds_port(ports, port) {
	return ports
		.replace(/[a-z+]+\//gi, "")
		.split(/[,\s]+/)
		.some((part) => {
			const [low, high] = part.split("-").map(Number);
			return part !== "" && port >= low && port <= (high ?? low);
		});
}

/**
 * "port:80", "rule:web", or parts of names and ports; all words must match.
 * @param {string} filter
 * @returns {(range: Range) => boolean}
 */
export function matcher(filter) {
	const tests = filter
		.toLowerCase()
		.split(/\s+/)
		.filter((word) => word)
		.map((word) => {
			const [, kind, value] = /^(port|rule):(.*)$/.exec(word) ?? [];
			if (kind === "port")
				return (/** @type {Range} */ range) => holds_port(range.ports, Number(value));
			if (kind === "rule")
				return (/** @type {Range} */ range) => range.rule.toLowerCase() === value;
			return (/** @type {Range} */ range) => `${range.rule} ${range.ports} ${range.action}`.toLowerCase().includes(word);
		});
	return (range) => tests.every((test) => test(range));
}

/**
 * @param {Range[]} ranges sorted in place
 * @param {string} sort a column; with a minus, in descending order
 */
export function sort_ranges(ranges, sort) {
	const sign = sort.startsWith("-") ? -1 : 1;
	const column = sort.replace(/^-/, "");
	/** @type {Record<string, (a: Range, b: Range) => number>} */
	const orders = {
		name: (a, b) => a.rule.localeCompare(b.rule),
		ports: (a, b) => first_port(a.ports) - first_port(b.ports),
		passed: (a, b) => a.passed - b.passed,
		dropped: (a, b) => a.dropped + a.would_drop - b.dropped - b.would_drop,
		total: (a, b) => (a.total ?? 0) - (b.total ?? 0),
	};
	const order = orders[column] ?? orders.dropped;
	return ranges.sort(
		(a, b) => sign * order(a, b) || b.passed + b.dropped - a.passed - a.dropped || (b.total ?? 0) - (a.total ?? 0) || a.place - b.place,
	);
}

/** @param {string} ports */
function first_port(ports) {
	return Number(/\/(\d+)/.exec(ports)?.[1] ?? -1);
}
