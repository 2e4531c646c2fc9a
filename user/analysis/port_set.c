/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The text of a set of ports. */
#include "analysis/port_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"

static bool is_empty(const struct port_set *set, enum portsieve_transport transport)
{
	static const uint64_t zeros[PORTSIEVE_PORTS / 64];

	return !memcmp(set->bits[transport], zeros, sizeof(zeros));
}

static void print_ports(FILE *out, const struct port_set *set, enum portsieve_transport transport)
{
	const char *separator = "/";

	for (uint32_t low = 0; low < PORTSIEVE_PORTS; low++) {
		uint64_t rest = set->bits[transport][low / 64] >> low % 64;
		uint32_t high;

		if (!rest) {
			low |= 63; /* skip to the next word */
			continue;
		}
		low += (uint32_t)__builtin_ctzll(rest);
		high = low;
		while (high + 1 < PORTSIEVE_PORTS &&
		       port_set_has(set, transport, (uint16_t)(high + 1)))
			high++;
		fprintf(out, high > low ? "%s%u-%u" : "%s%u", separator, low, high);
		separator = ",";
		low = high;
	}
}

char *port_set_print(const struct port_set *set)
{
	bool same = !is_empty(set, PORTSIEVE_TCP) &&
		    !memcmp(set->bits[PORTSIEVE_TCP], set->bits[PORTSIEVE_UDP],
			    sizeof(set->bits[PORTSIEVE_TCP]));
	const char *separator = "";
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	bool failed;

	if (!out)
		return NULL;
	for (int t = 0; t < PORTSIEVE_TRANSPORTS; t++) {
		if (is_empty(set, t) || (same && t == PORTSIEVE_UDP))
			continue;
		fprintf(out, "%s%s", separator,
			same && t == PORTSIEVE_TCP ? "tcp+udp" : transport_name(t));
		print_ports(out, set, t);
		separator = " ";
	}
	failed = ferror(out);
	if (fclose(out) || failed) {
		free(text);
		return NULL;
	}
	return text;
}
