/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `bench` measures: programs and packets, each pair several times. */
#ifndef PORTSIEVE_BENCH_H
#define PORTSIEVE_BENCH_H

#include <stdint.h>

#include "error.h"

enum bench_size {
	BENCH_ROUNDS = 5,      /* of all pairs in turn: noise that comes and goes hits all alike */
	BENCH_REPEAT = 500000, /* runs in a row of one pair */
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
	BENCH_TCP_DROPPED,
	BENCH_TCP_ALLOWED,
	BENCH_UDP,
	BENCH_IPV6,
	BENCH_VLAN,
	BENCH_EXT_HEADER,
	BENCH_PACKETS,
};

/* Nanoseconds a packet, of all rounds, ascending. */
struct bench {
	uint32_t ns[BENCH_PROGRAMS][BENCH_PACKETS][BENCH_ROUNDS];
};

/* Measures on private maps; no interface is touched. Takes a few seconds. */
int bench_run(struct bench *bench, struct error *error);

/* "16 rules", "TCP, dropped". */
const char *bench_program_name(enum bench_program program);
const char *bench_packet_name(enum bench_packet packet);

#endif
