/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports that no rule names: the built-in ranges, the same in each transport. */
#ifndef PORTSIEVE_BUILTIN_H
#define PORTSIEVE_BUILTIN_H

#include <stdbool.h>
#include <stdint.h>

#include <portsieve/abi.h>

/* Host order, inclusive. */
struct builtin_range {
	const char *name;
	uint16_t low, high;
};

extern const struct builtin_range builtin_ranges[PORTSIEVE_BUILTINS];

#endif
