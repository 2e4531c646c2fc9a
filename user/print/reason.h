/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of what is counted. */
#ifndef PORTSIEVE_REASON_H
#define PORTSIEVE_REASON_H

#include <stdint.h>

#include <stdbool.h>

#include <portsieve/abi.h>

/* "later-fragment". */
const char *reason_name(enum portsieve_reason reason);

/* What determines the knob for some reasons. */
struct reason_detail {
	int icmp_type;	     /* for PORTSIEVE_ICMP and PORTSIEVE_ICMPV6; -1: unknown */
	uint64_t drop_knobs; /* bits of the knobs of its extension headers that say drop */
};

/* The knob that decides such packets: "mpls". NULL: none, or unknown. */
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
 * Should the output have a row for the reason? Rows for kinds of replies that the policy's `return`
 * cannot produce are shown only if another policy has counted packets there.
 */
bool reason_is_shown(const struct portsieve_image *image, enum portsieve_reason reason,
		     const struct portsieve_counter *counter);

/* "_system": a built-in range, by its range id below PORTSIEVE_RANGE_DHCP. */
const char *builtin_name(unsigned int range_id);

/* "socket": the value of `return` in the image's policy. */
const char *return_name(const struct portsieve_image *image);

/* Has `return: auto` chosen that mode? */
bool return_is_auto(const struct portsieve_image *image);

/* The name of a range's rule, or of a built-in range other than PORTSIEVE_RANGE_DHCP. */
const char *range_rule_name(const struct portsieve_image *image, unsigned int range_id);

#endif
