// SPDX-License-Identifier: GPL-2.0-or-later
// The types of the server's data.

/**
 * @typedef {{packets: number, bits: number}} Rate per second
 *
 * @typedef {object} Rule
 * @property {string} rule
 * @property {string} protocol "tcp", "tcp udp"
 * @property {string} ports such as "tcp/80,443"
 * @property {string | null} [file] defaults to the policy's
 * @property {number | null} line
 * @property {string} action
 * @property {number} passed packets per second, like the next two
 * @property {number} dropped
 * @property {number} would_drop
 * @property {number} bits per second
 *
 * @typedef {object} Port
 * @property {number} port
 * @property {string} protocol
 * @property {string | null} service
 * @property {string | null} listener
 * @property {boolean} new
 * @property {number} passed
 * @property {number} dropped
 *
 * @typedef {object} Source a source of dropped packets
 * @property {string} address
 * @property {number} about packets per second
 * @property {string | null} protocol null, like port, if it has sent to several ports or none
 * @property {number | null} port
 *
 * @typedef {object} Event a recorded packet
 * @property {string} time
 * @property {string} device
 * @property {"pass" | "drop" | "would_drop"} verdict
 * @property {string | null} reason
 * @property {string | null} rule
 * @property {number | null} line
 * @property {string | null} protocol
 * @property {string | null} source
 * @property {number | null} source_port
 * @property {string | null} destination
 * @property {number | null} port
 * @property {number} length
 * @property {number} weight
 *
 * @typedef {{time: string, what: string}} Mark a change of the policy
 * @typedef {{second: number, planes: Record<string, string>}} StripSecond base64, by plane
 *
 * @typedef {object} Frame
 * @property {number} schema
 * @property {string} time
 * @property {number} age_ms
 * @property {"live" | "stale" | "not loaded"} state
 * @property {string | null} [message] why it is not live
 * @property {string[]} group
 * @property {string[][]} groups
 * @property {string | null} mode
 * @property {string | null} attach
 * @property {{source: string | null, sha256: string | null, applied: string} | null} policy
 * @property {number | null} pending_confirm_seconds
 * @property {string} sentence
 * @property {number} interval_ms
 * @property {{passed: Rate, dropped: Rate, would_drop: Rate}} rates
 * @property {Record<string, string>} totals
 * @property {Rule[]} rules
 * @property {{reason: string, packets: number}[]} reasons
 * @property {Port[]} ports
 * @property {"off" | "dropped" | "all"} per_port
 * @property {"off" | "dropped" | "all"} recorded packets
 * @property {Source[]} sources the busiest first
 * @property {Event[]} events the latest first
 * @property {StripSecond | null} strip
 * @property {number} distinct_ports
 * @property {Mark[]} marks
 *
 * @typedef {{packets: (number | null)[], bits?: (number | null)[]}} Line
 *
 * @typedef {object} HistoryPart
 * @property {number} step_ms
 * @property {number} start seconds since 1970
 * @property {Line} passed
 * @property {Line} dropped
 * @property {Line} would_drop
 * @property {(Line & {rule: string, protocol: string, action?: string, ports?: string})[]} rules
 * @property {(Line & {reason: string})[]} reasons
 *
 * @typedef {{group: string[], fine?: HistoryPart, coarse?: HistoryPart, marks: Mark[]}} History
 */

export {};
