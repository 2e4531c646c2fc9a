/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of all options. An option with several meanings has a row for each of them. */
#include "base/duration.h"
#include "commands/options.h"
#include "watch/rows.h"

static const char *const mode_choices[] = {
	[DATAPATH_NATIVE] = "native",
	[DATAPATH_GENERIC] = "generic",
	[DATAPATH_MODE_AUTO] = "auto",
	NULL,
};

static const char *const attach_choices[] = {
	[ATTACH_AUTO] = "auto",
	[ATTACH_LINK] = "link",
	[ATTACH_DISPATCHER] = "dispatcher",
	NULL,
};

/* for --per-port and --events */
/* By enum portsieve_verdict. */
static const char *const verdict_choices[] = { "pass", "drop", "would-drop", NULL };
static const char *const watch_choices[] = { "off", "dropped", "all", NULL };

static const char *const sort_choices[] = {
	[PORTS_BY_PACKETS] = "packets",
	[PORTS_BY_DROPPED] = "dropped",
	[PORTS_BY_FIRST_SEEN] = "new",
	NULL,
};

#define FIELD(name) offsetof(struct settings, name)

const struct option_row option_policy = {
	.name = "policy",
	.letter = 'p',
	.kind = OPTION_TEXT,
	.offset = FIELD(policy),
	.argument = "POLICY",
	.help = "the policy file (default: /etc/portsieve/policy.yaml if there is one, else "
		"--no-policy)",
};

const struct option_row option_no_policy = {
	.name = "no-policy",
	.kind = OPTION_FLAG,
	.offset = FIELD(no_policy),
	.help = "count ports, drop nothing",
};

const struct option_row option_mode = {
	.name = "mode",
	.kind = OPTION_CHOICE,
	.offset = FIELD(mode),
	.argument = "MODE",
	.help = "native (in the driver, the default), generic (any device, slower), "
		"or auto (native, else generic)",
	.choices = mode_choices,
};

const struct option_row option_attach = {
	.name = "attach",
	.kind = OPTION_CHOICE,
	.offset = FIELD(attach),
	.argument = "HOW",
	.help = "link (the only program on the device), dispatcher (shared with other programs), "
		"or auto (dispatcher if available, else link; the default)",
	.choices = attach_choices,
};

const struct option_row option_per_port = {
	.name = "per-port",
	.kind = OPTION_CHOICE,
	.offset = FIELD(watch.per_port),
	.argument = "WHICH",
	.help = "count by single port: off, dropped (2 to 3 ns for each dropped packet), or all",
	.choices = watch_choices,
	.first_choice = DATAPATH_PER_PORT_OFF,
};

const struct option_row option_events = {
	.name = "events",
	.kind = OPTION_CHOICE,
	.offset = FIELD(watch.events),
	.argument = "WHICH",
	.help = "record a sample of the packets: off, dropped (1 to 2 ns for each dropped "
		"packet), or all",
	.choices = watch_choices,
	.first_choice = DATAPATH_EVENTS_OFF,
};

const struct option_row option_top = {
	.name = "top",
	.kind = OPTION_NUMBER,
	.offset = FIELD(top),
	.argument = "N",
	.help = "show the first N (default: 20)",
};

const struct option_row option_sort = {
	.name = "sort",
	.kind = OPTION_CHOICE,
	.offset = FIELD(sort),
	.argument = "BY",
	.help = "packets (most first, the default), dropped (most dropped packets first), or new "
		"(most recently first seen first)",
	.choices = sort_choices,
};

const struct option_row option_all_devices = {
	.name = "all",
	.kind = OPTION_FLAG,
	.offset = FIELD(all),
	.help = "every loaded device of this network namespace",
};

const struct option_row option_dev = {
	.name = "dev",
	.kind = OPTION_DEVICE,
	.offset = FIELD(devices),
	.argument = "DEV",
	.help = "only this device; may be repeated",
};

const struct option_row option_same_dev = {
	.name = "dev",
	.kind = OPTION_DEVICE,
	.offset = FIELD(devices),
	.argument = "DEV",
	.help = "another way to name a device",
};

const struct option_row option_json = {
	.name = "json",
	.letter = 'j',
	.kind = OPTION_FLAG,
	.offset = FIELD(json),
	.help = "print JSON",
};

const struct option_row option_quiet = {
	.name = "quiet",
	.letter = 'q',
	.kind = OPTION_FLAG,
	.offset = FIELD(quiet),
	.help = "print only warnings and errors",
};

const struct option_row option_watch = {
	.name = "watch",
	.kind = OPTION_INTERVAL,
	.offset = FIELD(watch_seconds),
	.argument = "INTERVAL",
	.help = "print rates every second, or at this interval: 0.5 (seconds), 10s, 5m; at most 1d",
	.seconds_max = COMMAND_WATCH_MAX,
	.alone = 1,
};

const struct option_row option_listen = {
	.name = "listen",
	.kind = OPTION_TEXT,
	.offset = FIELD(listen),
	.argument = "ADDRESS:PORT",
	.help = "serve on this address (default 127.0.0.1:9478, without --socket)",
};

const struct option_row option_socket = {
	.name = "socket",
	.kind = OPTION_TEXT,
	.offset = FIELD(socket),
	.argument = "PATH",
	.help = "serve on a Unix socket with mode 0660",
};

const struct option_row option_tls_cert = {
	.name = "tls-cert",
	.kind = OPTION_TEXT,
	.offset = FIELD(tls_cert),
	.argument = "FILE",
	.help = "use TLS with this certificate chain (PEM)",
};

const struct option_row option_tls_key = {
	.name = "tls-key",
	.kind = OPTION_TEXT,
	.offset = FIELD(tls_key),
	.argument = "FILE",
	.help = "the key of the certificate (PEM); SIGHUP reloads both",
};

const struct option_row option_token = {
	.name = "token",
	.kind = OPTION_TEXT,
	.offset = FIELD(token),
	.argument = "FILE",
	.help = "require the token on the first line of this file from clients",
};

const struct option_row option_alert_command = {
	.name = "alert-command",
	.kind = OPTION_TEXT,
	.offset = FIELD(alert_command),
	.argument = "COMMAND",
	.help = "run this shell command when an alert begins or ends",
};

const struct option_row option_history = {
	.name = "history",
	.kind = OPTION_TEXT,
	.offset = FIELD(history),
	.argument = "FILE",
	.help = "keep the history in this file (27 MB) across restarts",
};

const struct option_row option_dashboard_dir = {
	.name = "dashboard-dir",
	.kind = OPTION_TEXT,
	.offset = FIELD(dashboard_dir),
	.argument = "DIR",
	.help = "serve the page from this folder, made by scripts/page (for development)",
};

const struct option_row option_insecure = {
	.name = "insecure",
	.kind = OPTION_FLAG,
	.offset = FIELD(insecure),
	.help = "allow an address that other machines can reach without TLS and a token",
	.never_suggested = true,
};

const struct option_row option_prometheus = {
	.name = "prometheus",
	.kind = OPTION_FLAG,
	.offset = FIELD(prometheus),
	.help = "print metrics in the text format of Prometheus",
};

const struct option_row option_ranges = {
	.name = "ranges",
	.kind = OPTION_FLAG,
	.offset = FIELD(ranges),
	.help = "a row for each range instead of each rule; requires --watch",
};

const struct option_row option_watch_sort = {
	.name = "sort",
	.kind = OPTION_CHOICE,
	.offset = FIELD(watch_sort),
	.argument = "KEY",
	.help = "policy (its order, the default), packets, bits, dropped, new, total, change or "
		"name; requires --watch",
	.choices = watch_sort_names,
};

const struct option_row option_count = {
	.name = "count",
	.kind = OPTION_NUMBER,
	.offset = FIELD(count),
	.argument = "N",
	.help = "stop after N times; requires --watch",
};

const struct option_row option_all_rows = {
	.name = "all",
	.kind = OPTION_FLAG,
	.offset = FIELD(all),
	.help = "include rows that are zero",
};

const struct option_row option_each = {
	.name = "each",
	.kind = OPTION_FLAG,
	.offset = FIELD(each),
	.help = "print a verdict for each packet",
};

const struct option_row option_try_policy = {
	.name = "policy",
	.letter = 'p',
	.kind = OPTION_TEXT,
	.offset = FIELD(policy),
	.argument = "POLICY",
	.help = "judge by this policy file",
};

const struct option_row option_try_dev = {
	.name = "dev",
	.kind = OPTION_DEVICE,
	.offset = FIELD(devices),
	.argument = "DEV",
	.help = "judge by the policy in force on this device",
};

const struct option_row option_name = {
	.name = "name",
	.kind = OPTION_TEXT,
	.offset = FIELD(name),
	.argument = "NAME",
	.help = "the rule's name (default: derived from what it does)",
};

const struct option_row option_from = {
	.name = "from",
	.kind = OPTION_PREFIX,
	.offset = FIELD(from),
	.argument = "CIDR",
	.help = "only packets from this prefix, e.g. 192.0.2.0/24; may be repeated",
};

const struct option_row option_to = {
	.name = "to",
	.kind = OPTION_PREFIX,
	.offset = FIELD(to),
	.argument = "CIDR",
	.help = "only packets to this prefix; may be repeated",
};

const struct option_row option_file = {
	.name = "file",
	.kind = OPTION_TEXT,
	.offset = FIELD(file),
	.argument = "FILE",
	.help = "a rule for each line \"PREFIX [PORTS]\" of FILE; '-' is standard input",
};

const struct option_row option_delete_from = {
	.name = "from",
	.kind = OPTION_PREFIX,
	.offset = FIELD(from),
	.argument = "CIDR",
	.help = "the rules from exactly this prefix; may be repeated",
};

const struct option_row option_all_rules = {
	.name = "all",
	.kind = OPTION_FLAG,
	.offset = FIELD(all),
	.help = "all runtime rules",
};

const struct option_row option_for = {
	.name = "for",
	.kind = OPTION_DURATION,
	.offset = FIELD(for_seconds),
	.argument = "DURATION",
	.help = "remove the rule after this time: 90 (seconds), 10m, 2h, 1d, 1w, 1h30m; at most "
		"365d",
	.seconds_max = DURATION_SECONDS_MAX,
};

const struct option_row option_over = {
	.name = "over",
	.kind = OPTION_DURATION,
	.offset = FIELD(over_seconds),
	.argument = "DURATION",
	.help = "also allow what arrives on DEV within this time: 90 (seconds), 10m, 2h; at most "
		"1w",
	.seconds_max = COMMAND_OVER_MAX,
};

const struct option_row option_confirm = {
	.name = "confirm",
	.kind = OPTION_DURATION,
	.offset = FIELD(confirm_seconds),
	.argument = "DURATION",
	.help = "roll back unless confirmed with `portsieve confirm` within this time: 90 "
		"(seconds), 5m; at most 1d",
	.seconds_max = COMMAND_CONFIRM_MAX,
};

const struct option_row option_reset = {
	.name = "reset",
	.kind = OPTION_FLAG,
	.offset = FIELD(reset),
	.help = "from now on show only what is counted after this; JSON and metrics are unaffected",
};

const struct option_row option_total = {
	.name = "total",
	.kind = OPTION_FLAG,
	.offset = FIELD(total),
	.help = "include what was counted before --reset",
};

const struct option_row option_expand = {
	.name = "expand",
	.kind = OPTION_FLAG,
	.offset = FIELD(expand),
	.help = "print the members of sets instead of the names of their files",
};

const struct option_row option_exit_code = {
	.name = "exit-code",
	.kind = OPTION_FLAG,
	.offset = FIELD(exit_code),
	.help = "exit with 0 if nothing differs, 1 if something does, 2 or more on failure",
};

const struct option_row option_cut = {
	.name = "cut",
	.kind = OPTION_FLAG,
	.offset = FIELD(cut),
	.help = "also end the TCP connections and flows that the new policy would not let in",
	.never_suggested = true,
};

const struct option_row option_overwrite = {
	.name = "force",
	.kind = OPTION_FLAG,
	.offset = FIELD(force),
	.help = "overwrite a file with other content; it is kept as FILE~",
	.never_suggested = true,
};

const struct option_row option_force = {
	.name = "force",
	.kind = OPTION_FLAG,
	.offset = FIELD(force),
	.help = "proceed even if the policy would cut your own ssh session, or drop all replies to "
		"this host",
	.never_suggested = true,
};

const struct option_row option_verdict = {
	.name = "verdict",
	.kind = OPTION_CHOICE,
	.offset = FIELD(verdict),
	.argument = "VERDICT",
	.help = "only packets with this verdict: drop, would-drop, or pass (needs --events=all)",
	.choices = verdict_choices,
	.first_choice = 1,
};

const struct option_row option_rule = {
	.name = "rule",
	.kind = OPTION_TEXT,
	.offset = FIELD(rule),
	.argument = "NAME",
	.help = "only packets that this rule has decided, or a default such as _user",
};

const struct option_row option_reason = {
	.name = "reason",
	.kind = OPTION_TEXT,
	.offset = FIELD(reason),
	.argument = "REASON",
	.help = "only packets that this reason has decided, such as icmp",
};

const struct option_row option_noise = {
	.name = "noise",
	.kind = OPTION_FLAG,
	.offset = FIELD(noise),
	.help = "also list sources with fewer than 10 packets an hour",
};
const struct option_row option_port = {
	.name = "port",
	.kind = OPTION_TEXT,
	.offset = FIELD(port),
	.argument = "PORT",
	.help = "only packets to this port: 22, or tcp/22",
};

const struct option_row option_events_from = {
	.name = "from",
	.kind = OPTION_TEXT,
	.offset = FIELD(source),
	.argument = "CIDR",
	.help = "only packets from this prefix, e.g. 192.0.2.0/24",
};

const struct option_row option_write = {
	.name = "write",
	.letter = 'w',
	.kind = OPTION_TEXT,
	.offset = FIELD(write),
	.argument = "FILE",
	.help = "write a capture (pcapng) with a comment on each packet; - is standard output",
};

const struct option_row option_last = {
	.name = "last",
	.kind = OPTION_NUMBER,
	.offset = FIELD(last),
	.argument = "N",
	.help = "print the last N recorded packets instead of new ones",
};

const struct option_row option_events_count = {
	.name = "count",
	.kind = OPTION_NUMBER,
	.offset = FIELD(count),
	.argument = "N",
	.help = "stop after N packets",
};
