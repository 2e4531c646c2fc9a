/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Frames for tests: deep valid packets by a grammar, then mutated or cut off. The same seed and the
 * same calls give the same frames on every machine. It knows formats, not verdicts: ask the oracle
 * for those.
 */
#ifndef GRAMMAR_H
#define GRAMMAR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRAMMAR_FRAME_MIN     14   /* the least that BPF_PROG_TEST_RUN takes */
#define GRAMMAR_FRAME_MAX     1514 /* the most that a frame has */
#define GRAMMAR_SIZE_MIN      2048 /* the least that the caller's buffer has */
#define GRAMMAR_PORTS_MAX     256
#define GRAMMAR_ADDRESSES_MAX 256 /* of each family */

enum grammar_kind {
	VALID, /* consistent fields; may still be rare or forbidden */
	MUTATED,
	TRUNCATED, /* at any byte; in half of them the lengths are adjusted */
	ANY,
};

struct grammar {
	uint64_t state;
	uint16_t ports[GRAMMAR_PORTS_MAX];
	size_t port_count;
	struct grammar_addresses {
		uint8_t list[GRAMMAR_ADDRESSES_MAX][16];
		size_t count;
	} ipv4, ipv6;
};

void grammar_init(struct grammar *grammar, uint64_t seed);

/* Makes the borders of a range, and the ports next to them, frequent; after init. Ignored when
 * full. */
void grammar_add_range(struct grammar *grammar, uint16_t low, uint16_t high);

/*
 * The same of the addresses of a prefix, which are a pointer to 4 or, ipv6, 16 bytes, and a count
 * of bits. Without any, all packets have the same two addresses.
 */
void grammar_add_prefix(struct grammar *grammar, const uint8_t *address, bool ipv6,
			unsigned int length);

/* Writes a frame into frame[0..size), size >= GRAMMAR_SIZE_MIN, and returns its length. */
size_t grammar_frame(struct grammar *grammar, uint8_t *frame, size_t size, enum grammar_kind kind);

#endif
