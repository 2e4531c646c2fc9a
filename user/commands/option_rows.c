/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rows of all options. An option with several meanings has a row for each of them. */
#include "commands/options.h"

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

#define FIELD(name) offsetof(struct settings, name)

const struct option_row option_policy = {
	.name = "policy",
	.letter = 'p',
	.kind = OPTION_TEXT,
	.offset = FIELD(policy),
	.argument = "POLICY",
	.help = "the policy file; without it, ports are counted and nothing is dropped",
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

const struct option_row option_diff_dev = {
	.name = "dev",
	.kind = OPTION_DEVICE,
	.offset = FIELD(devices),
	.argument = "DEV",
	.help = "compare with the policy in force on this device",
};

const struct option_row option_json = {
	.name = "json",
	.letter = 'j',
	.kind = OPTION_FLAG,
	.offset = FIELD(json),
	.help = "print JSON",
};

const struct option_row option_watch = {
	.name = "watch",
	.kind = OPTION_SECONDS,
	.offset = FIELD(watch_seconds),
	.argument = "SECONDS",
	.help = "print again every SECONDS",
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
	.help = "the rule's name (default: derived from the action and the ports)",
};

const struct option_row option_from = {
	.name = "from",
	.kind = OPTION_PREFIX,
	.offset = FIELD(from),
	.argument = "CIDR",
	.help = "only packets from this prefix, e.g. 192.0.2.0/24; may be repeated",
};

const struct option_row option_for = {
	.name = "for",
	.kind = OPTION_DURATION,
	.offset = FIELD(for_seconds),
	.argument = "DURATION",
	.help = "remove the rule after this time: 90 (seconds), 10m, 2h, 7d, 1h30m; at most 365d",
};

const struct option_row option_confirm = {
	.name = "confirm",
	.kind = OPTION_CONFIRM,
	.offset = FIELD(confirm_seconds),
	.argument = "SECONDS",
	.help = "roll back unless confirmed with `portsieve confirm` within SECONDS (1 to "
		"86400)",
};

const struct option_row option_force = {
	.name = "force",
	.kind = OPTION_FLAG,
	.offset = FIELD(force),
	.help = "proceed even if the policy would cut your own ssh session",
	.never_suggested = true,
};
