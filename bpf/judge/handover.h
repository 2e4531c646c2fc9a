/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Handover between two portsieve programs, which follow each other in libxdp's dispatcher while the
 * second replaces the first. Exactly one of them judges each packet, even a packet that is between
 * them when the turn changes: the first program stores the turn it saw for the second. A value per
 * CPU is enough, since a CPU finishes a packet before it takes the next one.
 */
#ifndef PORTSIEVE_HANDOVER_H
#define PORTSIEVE_HANDOVER_H

#include "parse/cursor.h"
#include "maps.h"

portsieve_inline _Bool is_own_turn(void)
{
	__u32 zero = 0;
	const struct portsieve_turn *whose = bpf_map_lookup_elem(&turn, &zero);
	__u32 *seen_before = bpf_map_lookup_elem(&seen, &zero);
	__u32 now;

	if (!whose || !seen_before) /* never happens */
		return 1;
	now = *(const volatile __u32 *)&whose->now;
	if (now != own_turn) {
		*seen_before = now;
		return 0;
	}
	return *seen_before == own_turn;
}

#endif
