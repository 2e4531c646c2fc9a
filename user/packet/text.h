/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A packet in words, as `explain` takes it, made into an Ethernet frame. Pure.
 *
 *	PROTOCOL SOURCE > DESTINATION [FLAGS] [type N] [vlan ID]...
 *	hex BYTES
 *
 * PROTOCOL is tcp, udp, udplite, sctp, dccp, icmp, icmpv6, igmp, gre, esp, ah, arp or a number;
 *SOURCE and DESTINATION are ADDRESS or ADDRESS:PORT (brackets around an IPv6 address with a port),
 *where PORT is a number or a service; a source without a port has that of a client; FLAGS are
 *letters as tcpdump prints them: S A (or .) F R P U, or `none`; the default is S.
 */
#ifndef PORTSIEVE_PACKET_TEXT_H
#define PORTSIEVE_PACKET_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "packet/frame.h"

/*
 * Makes the frame, padded to Ethernet's minimum of 60 bytes unless given in hex. Returns -EINVAL,
 * with error naming the bad word (EXIT_USAGE) and the results untouched.
 */
int packet_text_frame(const char *text, uint8_t frame[PACKET_FRAME_MAX], size_t *ret_length_bytes,
		      struct error *error);

#endif
