/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is told of a frame beside its outcome: the addresses that rules were asked with, and the
 * type of an ICMP message. The program has judged the frame; this only names. Pure.
 */
#ifndef PORTSIEVE_PRINT_FRAME_H
#define PORTSIEVE_PRINT_FRAME_H

#include <stdbool.h>
#include <stddef.h>

#include "policy/policy.h"

struct frame_names {
	bool has_addresses;
	struct policy_prefix source; /* of full length */
	struct policy_prefix destination;
	int icmp_type; /* of ICMP over IPv4 or ICMPv6 over IPv6; -1: it is neither */
};

/* Of the outer IP header, behind tags and PPPoE. What the frame does not hold is left out. */
struct frame_names frame_names_of(const uint8_t *frame, size_t length_bytes);

#endif
