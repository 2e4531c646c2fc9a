/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A shot: one frame, or a few that belong together as the fragments of a datagram do, each sent
 * into both namespaces. It is made once and may be sent many times, each time with another id in
 * its source addresses, so that fragments of one sending never meet those of another.
 */
#ifndef STACK_SHOT_H
#define STACK_SHOT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "grammar.h"

enum { SHOT_FRAMES_MAX = 8, SHOT_STAMPS_MAX = 32 };

struct shot {
	size_t count;
	struct shot_frame {
		uint8_t bytes[GRAMMAR_SIZE_MIN];
		size_t length;
	} frames[SHOT_FRAMES_MAX];
	size_t stamp_count;
	/* Where the headers are that hold the id, whatever a mutation has made of them. */
	struct shot_stamp {
		uint8_t frame;
		enum shot_stamp_kind { STAMP_IPV4, STAMP_IPV6, STAMP_TCP } kind;
		uint16_t at;
		bool wrong; /* IPv4: the header's checksum shall be wrong */
	} stamps[SHOT_STAMPS_MAX];
};

/* Who a shot is sent to. */
enum shot_target {
	TO_FIRST,
	TO_SECOND,
	TO_GROUP,     /* all hosts, by multicast */
	TO_BROADCAST, /* of IPv4; IPv6 as TO_GROUP */
	TO_FOREIGN,   /* the first address, with the Ethernet address of another host */
};

/* Frames by recipe (tests/packet/recipe.h), with " | " between them. */
void shot_from_words(struct shot *shot, const char *words, enum shot_target target);

/* Finds the addresses of recipes and of the oracle's grammar, and makes them those of the lab. */
void shot_find_stamps(struct shot *shot, uint8_t frame, enum shot_target target);

/* Writes the id, and the checksums of IPv4. */
void shot_stamp(struct shot *shot, uint32_t id);

/* One line of hex for each frame, to be read by text2pcap or a person. */
void shot_print(FILE *out, const struct shot *shot);

/*
 * Generates the shot number `index` of `seed`: the same on every machine. *ret_words says what it
 * was made of, before it was cut and mutated; valid until the next call.
 */
void shot_generate(struct shot *shot, uint64_t seed, uint64_t index, const char **ret_words);

/* generate_fragments.c: cuts the only frame of the shot into fragments, often wrong ones. */
void shot_fragment(struct shot *shot, struct grammar *grammar);

#endif
