/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is remarkable about a frame, read as Linux reads it: any number of tags and extension
 * headers. It shares nothing with portsieve's parser and its oracle, and says no verdict: only
 * which deliberate drop explains that a packet did not arrive, and where a mutation hurts.
 */
#ifndef STACK_FACTS_H
#define STACK_FACTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The entries of "What Linux delivers and portsieve drops on purpose" in docs/packets.md. */
enum facts_deliberate {
	FACTS_D1,  /* an IPv4 first fragment without its whole L4 header, TCP with offset 1 */
	FACTS_D2,  /* an IPv6 first fragment without all its headers */
	FACTS_D3,  /* more fragments, and a length that is no multiple of 8 */
	FACTS_D4,  /* UDP length 0 over IPv6 */
	FACTS_D5,  /* payload length 0 with hop-by-hop */
	FACTS_D6,  /* routing types 0, 1 and 3 */
	FACTS_D7,  /* more extension headers than are walked */
	FACTS_D8,  /* more VLAN tags than are walked */
	FACTS_D9,  /* fragments of a datagram whose first one is dropped; said by the judge */
	FACTS_D10, /* segment routing */
	FACTS_D11, /* a source route of IPv4; no frame of the judge shows D13 */
	FACTS_D12, /* an IPv4 fragment that ends past 65,535 */
	FACTS_DELIBERATE_COUNT,
	FACTS_NONE = FACTS_DELIBERATE_COUNT,
};

enum { FACTS_HEADERS_MAX = 40 };

struct facts {
	uint32_t deliberate; /* bits by enum facts_deliberate */
	unsigned int tags;
	unsigned int headers; /* of IPv6, those that are whole */
	bool first_fragment;  /* and not the only one */
	bool malformed;	      /* UDP with a length below 8 */
	bool ipv6;
	/* Offsets in the frame; -1: there is none. */
	int pppoe_at, ip_at, l4_at, fragment_end;
	uint8_t protocol;			/* at l4_at */
	uint16_t port;				/* destination, as far as the frame goes */
	uint16_t headers_at[FACTS_HEADERS_MAX]; /* of IPv6, the first `headers` of them */
};

/* "D1" and so on, as in docs/packets.md. */
const char *facts_name(enum facts_deliberate entry);

struct facts facts_read(const uint8_t *frame, size_t length);

#endif
