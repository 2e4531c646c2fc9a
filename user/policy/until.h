/* SPDX-License-Identifier: GPL-2.0-or-later */
/* When a rule ends: wall-clock text in a policy, CLOCK_BOOTTIME in struct policy. */
#ifndef PORTSIEVE_POLICY_TIME_H
#define PORTSIEVE_POLICY_TIME_H

#include <stdbool.h>

#include "policy/policy.h"

enum policy_time_limits {
	POLICY_YEAR_MIN = 1970,
	POLICY_YEAR_MAX = 2261, /* the last whole year whose nanoseconds fit into 64 bits */
};

/*
 * Reads "2026-11-21T12:34:56Z" (RFC 3339, UTC, whole seconds, no leap seconds). *ret_until_ns is
 * that time in CLOCK_BOOTTIME, at least 1. Returns false if the text is not such a time.
 */
bool policy_time_read(const char *text, const struct policy_host *host, uint64_t *ret_until_ns);

/* The reverse, rounded to the nearest second; years are clamped to the limits. */
struct policy_time_text {
	char text[24];
};
struct policy_time_text policy_time_print(uint64_t until_ns, const struct policy_host *host);

#endif
