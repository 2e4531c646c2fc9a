/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of what is counted. */
#ifndef PORTSIEVE_REASON_H
#define PORTSIEVE_REASON_H

#include <stdint.h>

#include <portsieve/abi.h>

/* "later-fragment". */
const char *reason_name(enum portsieve_reason reason);

/* What a packet of that reason is, for `explain`: "an ICMP message". */
const char *reason_words(enum portsieve_reason reason);

/*
 * The same for PORTSIEVE_ICMP and PORTSIEVE_ICMPV6, by the message's type: "ICMP type 8; knob
 * `icmp_echo`", "ICMPv6 type 135, which always passes".
 */
struct reason_text {
	char text[64];
};
struct reason_text reason_icmp_print(enum portsieve_reason reason, uint8_t type);

/* "_system": of a built-in range, by range id below PORTSIEVE_RANGE_DHCP. */
const char *builtin_name(unsigned int range_id);

/* The rule's name, or that of the built-in range. range_id below image->ranges, not that of DHCP.
 */
const char *range_rule_name(const struct portsieve_image *image, unsigned int range_id);

#endif
