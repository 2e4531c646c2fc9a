/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of the built-in ranges. */
#include "compile/builtin.h"

const struct builtin_range builtin_ranges[PORTSIEVE_BUILTINS] = {
	[PORTSIEVE_PORT0] = { "_port0", 0, 0 },
	[PORTSIEVE_SYSTEM] = { "_system", 1, 1023 },
	[PORTSIEVE_USER] = { "_user", 1024, 49151 },
	[PORTSIEVE_DYNAMIC] = { "_dynamic", 49152, 65535 },
};
