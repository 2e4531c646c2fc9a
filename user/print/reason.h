/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of what is counted. */
#ifndef PORTSIEVE_REASON_H
#define PORTSIEVE_REASON_H

#include <stdint.h>

#include <portsieve/abi.h>

/* "later-fragment". */
const char *reason_name(enum portsieve_reason reason);

/* A description of such packets, for `explain`: "MPLS, which is not parsed; knob `mpls`". */
const char *reason_words(enum portsieve_reason reason);

/*
 * The description for PORTSIEVE_ICMP and PORTSIEVE_ICMPV6 by the message's type: "ICMP type 8; knob
 * `icmp_echo`", "ICMPv6 type 135, which always passes".
 */
struct reason_text {
	char text[64];
};
struct reason_text reason_icmp_print(enum portsieve_reason reason, uint8_t type);

/* "_system": a built-in range, by its range id below PORTSIEVE_RANGE_DHCP. */
const char *builtin_name(unsigned int range_id);

/* "socket": the value of `return` in the image's policy. */
const char *return_name(const struct portsieve_image *image);

/* The name of a range's rule, or of a built-in range. range_id is not PORTSIEVE_RANGE_DHCP. */
const char *range_rule_name(const struct portsieve_image *image, unsigned int range_id);

#endif
