/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of what is counted. */
#ifndef PORTSIEVE_REASON_H
#define PORTSIEVE_REASON_H

#include <stdint.h>

#include <stdbool.h>

#include <portsieve/abi.h>

/* "later-fragment". */
const char *reason_name(enum portsieve_reason reason);

/* What the knob depends on for some reasons. */
struct reason_detail {
	int icmp_type;	     /* of PORTSIEVE_ICMP and PORTSIEVE_ICMPV6; -1: unknown */
	uint64_t drop_knobs; /* of the packet's extension headers: those that say drop, as bits */
};

/* The knob that decides such packets: "mpls". NULL: none does, or it is unknown which. */
const char *reason_knob(enum portsieve_reason reason, const struct reason_detail *detail);

/*
 * A description of such packets, for `explain`: "MPLS, which is not parsed; knob `mpls`", "ICMP
 * type 8; knob `icmp_echo`", "ICMPv6 type 135, which always passes".
 */
struct reason_text {
	char text[128];
};
struct reason_text reason_print(enum portsieve_reason reason, const struct reason_detail *detail);

/*
 * Does a row of the reason belong in the output? Replies have no rows that the policy's `return`
 * cannot produce, unless packets were counted there under another policy.
 */
bool reason_is_shown(const struct portsieve_image *image, enum portsieve_reason reason,
		     const struct portsieve_counter *counter);

/* "_system": a built-in range, by its range id below PORTSIEVE_RANGE_DHCP. */
const char *builtin_name(unsigned int range_id);

/* "socket": the value of `return` in the image's policy. */
const char *return_name(const struct portsieve_image *image);

/* Has `return: auto` chosen that mode? */
bool return_is_auto(const struct portsieve_image *image);

/* The name of a range's rule, or of a built-in range. range_id is not PORTSIEVE_RANGE_DHCP. */
const char *range_rule_name(const struct portsieve_image *image, unsigned int range_id);

#endif
