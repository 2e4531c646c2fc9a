/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The part of the XDP program that judges a parsed packet (bpf/judge/classify.h), compiled
 * natively: millions of packets a second. The caller stands in for the tries.
 */
#ifndef TESTS_PACKET_NATIVE_CLASSIFY_H
#define TESTS_PACKET_NATIVE_CLASSIFY_H

#include "policy/policy.h"

/* A packet; both addresses are of one family and of full length. */
struct native_packet {
	enum portsieve_transport transport; /* PORTSIEVE_ANY: it has no port, but */
	enum portsieve_knob knob;	    /* this knob */
	bool has_bad_flags;
	uint16_t port;
	const struct policy_prefix *address[PORTSIEVE_DIRECTIONS];
	const uint32_t *class[PORTSIEVE_DIRECTIONS]; /* what the trie holds; NULL: nothing */
	uint64_t boottime_ns;
};

struct native_decision {
	uint32_t range;
	uint32_t counter; /* row */
	bool drop;
	bool monitored; /* the drop is only counted */
};

struct native_decision native_classify(const struct portsieve_image *image,
				       const struct native_packet *packet);

#endif
