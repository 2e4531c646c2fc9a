/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Counting: adds each packet to exactly one row, on this CPU. */
#ifndef PORTSIEVE_COUNT_H
#define PORTSIEVE_COUNT_H

#include "judge/frame.h"
#include "maps.h"

portsieve_inline void count(const struct decision *decision, __u32 verdict, __u32 length_bytes)
{
	__u32 id = decision->counter;
	struct portsieve_counter *row = bpf_map_lookup_elem(&counters, &id);

	if (row)
		row_add(row, decision, verdict, length_bytes);
}

#endif
