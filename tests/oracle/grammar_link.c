// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The grammar of what lies around IP: Ethernet, VLAN tags, PPPoE, MPLS, and what is not IP at all.
 */
#include "draft.h"

#define FRAME_UNPADDED_MIN 60
#define TAGS_WRITTEN_MAX   3

enum content { IPV4, IPV6, PPPOE, MPLS, ARP, LLC, DISCOVERY, UNKNOWN };

/* One draw for most frames, a second one for the odd ones. */
static enum content pick_content(struct grammar *g)
{
	static const enum content often[] = { IPV4, IPV4, IPV4, IPV4, IPV4, IPV4, IPV6, IPV6,
					      IPV6, IPV6, IPV6, IPV6, IPV6, IPV6, IPV6, PPPOE };
	static const enum content seldom[] = { PPPOE, PPPOE, MPLS, ARP, LLC, DISCOVERY, UNKNOWN };

	return one_in(g, 16) ? PICK(g, seldom) : PICK(g, often);
}

static void put_ip(struct draft *d, bool ipv6)
{
	if (ipv6)
		draft_put_ipv6(d);
	else
		draft_put_ipv4(d);
}

static void put_ppp(struct draft *d)
{
	static const uint16_t other[] = { 0xc021, 0x8021, 0x8057, 0xc023, 0x0281, 0x0023, 0x002d };
	uint32_t kind = below(d->g, 8);
	bool ipv6 = one_in(d->g, 2);

	mark(d, 1);
	if (kind == 0) {
		put16(d, PICK(d->g, other));
		put_noise(d, below(d->g, 40));
	} else if (kind == 1) {
		put8(d, draw(d->g) | 1); /* compressed, seldom IP */
		put_noise(d, below(d->g, 40));
	} else if (kind <= 3) {
		put8(d, ipv6 ? 0x57 : 0x21);
		put_ip(d, ipv6);
	} else {
		put16(d, ipv6 ? 0x0057 : 0x0021);
		put_ip(d, ipv6);
	}
}

static void put_pppoe(struct draft *d)
{
	size_t length_at;

	d->pppoe_at = (int)d->at;
	put8(d, one_in(d->g, 8) ? draw(d->g) : 0x11);
	put8(d, one_in(d->g, 8) ? draw(d->g) : 0);
	put16(d, draw(d->g));
	mark(d, 2);
	length_at = d->at;
	put16(d, 0);
	if (!one_in(d->g, 64)) /* a session without a byte in it is rare */
		put_ppp(d);
	set16(d, length_at, (uint32_t)(d->at - length_at - 2));
}

static void put_mpls(struct draft *d)
{
	uint32_t labels = 1 + below(d->g, 3);

	while (labels--) {
		put16(d, draw(d->g));
		put8(d, (draw(d->g) & 0xfe) | (labels == 0));
		put8(d, 64);
	}
	put_ip(d, one_in(d->g, 2));
}

static uint16_t ethertype_of(struct draft *d, enum content content)
{
	static const uint16_t mpls[] = { 0x8847, 0x8848 };
	static const uint16_t unknown[] = { 0x88cc, 0x888e, 0x8809, 0x9100, 0x9200,
					    0x0600, 0x22f0, 0x8035, 0x88e5, 0xffff };

	switch (content) {
	case IPV4:
		return 0x0800;
	case IPV6:
		return 0x86dd;
	case PPPOE:
		return 0x8864;
	case MPLS:
		return PICK(d->g, mpls);
	case ARP:
		return 0x0806;
	case LLC:
		return (uint16_t)below(d->g, 0x600);
	case DISCOVERY:
		return 0x8863;
	case UNKNOWN:
		return PICK(d->g, unknown);
	}
	return 0;
}

static void put_content(struct draft *d, enum content content)
{
	switch (content) {
	case IPV4:
	case IPV6:
		put_ip(d, content == IPV6);
		break;
	case PPPOE:
		put_pppoe(d);
		break;
	case MPLS:
		put_mpls(d);
		break;
	default:
		put_noise(d, below(d->g, 64));
		break;
	}
}

static uint32_t pick_tags(struct grammar *g)
{
	static const uint8_t tags[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
					0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3, 4 };

	if (one_in(g, 64))
		return 5 + below(g, 6);

	return PICK(g, tags);
}

/* Trailing bytes as left by switches and drivers: padding to 60 bytes, a checksum, anything. */
static void put_trailer(struct draft *d)
{
	static const uint8_t zeros[FRAME_UNPADDED_MIN];
	uint32_t kind = below(d->g, 16);

	if (d->at < FRAME_UNPADDED_MIN && kind < 4)
		put_bytes(d, zeros, FRAME_UNPADDED_MIN - d->at);
	else if (d->at < FRAME_UNPADDED_MIN && kind < 8)
		put_noise(d, FRAME_UNPADDED_MIN - d->at);
	else if (kind == 8)
		put_noise(d, 1 + below(d->g, 12));
	if (d->at > GRAMMAR_FRAME_MAX)
		d->at = GRAMMAR_FRAME_MAX;
}

void draft_write(struct draft *d, struct grammar *g, uint8_t *frame)
{
	enum content content = pick_content(g);
	uint32_t tags = pick_tags(g);

	d->g = g;
	d->frame = frame;
	d->at = 0;
	d->mark_count = 0;
	d->pppoe_at = d->ip_at = d->l4_at = d->fragment_at = DRAFT_NOWHERE;
	d->ipv6 = d->in_first_fragment = false;
	put_bytes(d, "\x02\0\0\0\0\x01\x02\0\0\0\0\x02", 12);
	while (tags--) {
		mark(d, 2);
		put16(d, one_in(g, 2) ? 0x8100 : 0x88a8);
		put16(d, draw(g) & (one_in(g, 2) ? 0xf000 : 0xffff));
	}
	mark(d, 2);
	put16(d, ethertype_of(d, content));
	put_content(d, content);
	put_trailer(d);
}
