/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The measurements of `bench`: programs and packets, each pair several times. */
#ifndef PORTSIEVE_BENCH_H
#define PORTSIEVE_BENCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum bench_size {
	BENCH_ROUNDS = 5,      /* over all pairs, so that noise affects all alike */
	BENCH_REPEAT = 500000, /* runs of one pair in a row */
};

enum bench_program {
	BENCH_EMPTY,  /* only returns XDP_DROP */
	BENCH_COUNTS, /* no policy */
	BENCH_RULE,
	BENCH_RULES_16,
	BENCH_RANGES_16384,
	BENCH_PROGRAMS,
};

enum bench_packet {
	BENCH_TCP,
	BENCH_TCP_ALLOWED, /* allowed by the policies, which drop all others */
	BENCH_UDP,
	BENCH_IPV6,
	BENCH_VLAN,
	BENCH_EXT_HEADER,
	BENCH_PACKETS,
};

/* Nanoseconds per packet, of all rounds, ascending. */
struct bench {
	uint32_t ns[BENCH_PROGRAMS][BENCH_PACKETS][BENCH_ROUNDS];
	bool dropped[BENCH_PROGRAMS][BENCH_PACKETS]; /* by the program */
};

/* Measures with private maps; touches no interface. Takes a few seconds. */
int bench_run(struct bench *ret_bench, struct error *error);

/* The median, and its excess over that of the empty program, which noise may make negative. */
uint32_t bench_median_ns(const struct bench *bench, enum bench_program program,
			 enum bench_packet packet);
int64_t bench_net_ns(const struct bench *bench, enum bench_program program,
		     enum bench_packet packet);

/* "16 rules", "TCP to 5555". */
const char *bench_program_name(enum bench_program program);
const char *bench_packet_name(enum bench_packet packet);

#endif
