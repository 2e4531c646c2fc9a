// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The grammar of what IP carries: TCP, UDP, UDP-Lite, SCTP, DCCP, ICMP, IGMP, and anything else as
 * noise.
 */
#include "draft.h"

enum protocol {
	ICMP = 1,
	IGMP = 2,
	TCP = 6,
	UDP = 17,
	DCCP = 33,
	ESP = 50,
	ICMPV6 = 58,
	NO_NEXT_HEADER = 59,
	SCTP = 132,
	UDP_LITE = 136,
};

uint8_t draft_pick_protocol(struct draft *d)
{
	static const uint8_t often[] = { TCP, TCP, TCP, TCP, UDP, UDP, UDP, UDP_LITE, SCTP, DCCP };
	static const uint8_t other[] = { 4, 41, 47, 89, 50, 51, 58, 1, 2, 0, 103, 255 };
	uint32_t kind = below(d->g, 16);

	if (kind == 0)
		return PICK(d->g, other);
	if (kind <= 2)
		return d->ipv6 ? ICMPV6 : ICMP;
	if (kind == 3)
		return !d->ipv6 ? IGMP : one_in(d->g, 2) ? ESP : NO_NEXT_HEADER;
	return PICK(d->g, often);
}

static uint16_t pick_port(struct grammar *g)
{
	static const uint16_t famous[] = { 0,  1,   1023, 1024, 49151, 49152, 65535,
					   68, 546, 22,	  53,	80,    443,   8080 };
	uint32_t kind = below(g, 16);

	if (kind < 6 && g->port_count)
		return g->ports[below(g, (uint32_t)g->port_count)];
	if (kind < 11)
		return PICK(g, famous);
	return (uint16_t)draw(g);
}

static void put_ports(struct draft *d)
{
	put16(d, draw(d->g));
	mark(d, 2);
	put16(d, pick_port(d->g));
}

static void put_payload(struct draft *d)
{
	static const uint16_t limits[] = { 1, 1, 9, 9, 9, 33, 33, 97 };
	uint32_t limit = PICK(d->g, limits);

	put_noise(d, one_in(d->g, 128) ? below(d->g, 600) : below(d->g, limit));
}

static void put_tcp(struct draft *d)
{
	static const uint8_t usual[] = {
		0x02, 0x02, 0x12, 0x10, 0x10, 0x18, 0x11, 0x04, 0x14, 0xc2
	};
	uint32_t words = d->in_first_fragment || one_in(d->g, 3) ? below(d->g, 11) : 0;

	put_ports(d);
	put_noise(d, 8);
	mark(d, 1);
	put8(d, (5 + words) << 4);
	mark(d, 1);
	put8(d, one_in(d->g, 2) ? draw(d->g) : PICK(d->g, usual));
	put16(d, 65535);
	put_noise(d, 4 + 4 * (size_t)words);
	put_payload(d);
}

/* In a first fragment the length is that of the whole datagram. */
static void put_udp(struct draft *d)
{
	size_t from = d->at;
	uint32_t length;

	put_ports(d);
	mark(d, 2);
	put_noise(d, 4);
	put_payload(d);
	length = (uint32_t)(d->at - from);
	if (d->in_first_fragment && !one_in(d->g, 4))
		length += 8 * (1 + below(d->g, 1000));
	else if (one_in(d->g, 16))
		length = 8 + below(d->g, length - 7);
	set16(d, from + 4, length);
}

static void put_udp_lite(struct draft *d)
{
	put_ports(d);
	mark(d, 2);
	put16(d, draw(d->g));
	put_noise(d, 2);
	put_payload(d);
}

static void put_sctp(struct draft *d)
{
	put_ports(d);
	put_noise(d, 8);
	put_payload(d);
}

static void put_dccp(struct draft *d)
{
	put_ports(d);
	put8(d, 4);
	put_noise(d, 11);
	put_payload(d);
}

static void put_icmp(struct draft *d)
{
	static const uint8_t types[] = { 0, 3, 4, 5, 8, 9, 10, 11, 12, 13, 14, 17, 42 };

	mark(d, 1);
	put8(d, one_in(d->g, 3) ? draw(d->g) : PICK(d->g, types));
	put_noise(d, 7);
	put_payload(d);
}

static void put_icmpv6(struct draft *d)
{
	static const uint8_t types[] = { 0,   1,   4,	5,   100, 127, 128, 129, 130, 133,
					 135, 136, 137, 138, 139, 140, 141, 143, 144, 147,
					 148, 149, 150, 151, 153, 154, 155, 200, 255 };

	mark(d, 1);
	put8(d, one_in(d->g, 4) ? draw(d->g) : PICK(d->g, types));
	put_noise(d, 3);
	put_payload(d);
}

static const struct {
	uint8_t protocol;
	void (*put)(struct draft *d);
} formats[] = {
	{ TCP, put_tcp },   { UDP, put_udp },	{ UDP_LITE, put_udp_lite }, { SCTP, put_sctp },
	{ DCCP, put_dccp }, { ICMP, put_icmp }, { ICMPV6, put_icmpv6 },
};

void draft_put_l4(struct draft *d, uint8_t protocol)
{
	for (size_t i = 0; i < COUNT(formats); i++)
		if (formats[i].protocol == protocol) {
			formats[i].put(d);
			return;
		}
	put_payload(d);
}
