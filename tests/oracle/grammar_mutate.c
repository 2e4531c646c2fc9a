// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Mutations that make a valid frame invalid: bits, bytes, fields, splices, cuts.
 */
#include "draft.h"

#define HEADERS_LENGTH 128 /* most changes go where the headers are */

static size_t pick_place(struct draft *d)
{
	size_t reach = d->at < HEADERS_LENGTH || one_in(d->g, 8) ? d->at : HEADERS_LENGTH;

	return reach <= 12 ? 0 : 12 + below(d->g, (uint32_t)(reach - 12));
}

static void flip_bit(struct draft *d)
{
	d->frame[pick_place(d)] ^= (uint8_t)(1u << below(d->g, 8));
}

static void overwrite_byte(struct draft *d)
{
	static const uint8_t bytes[] = { 0, 1, 0x7f, 0x80, 0xff, 4, 5, 6, 8, 43, 44, 51, 60 };

	d->frame[pick_place(d)] = one_in(d->g, 2) ? (uint8_t)draw(d->g) : PICK(d->g, bytes);
}

static uint32_t tweaked(struct draft *d, uint32_t value, uint32_t bits)
{
	static const uint8_t numbers[] = {
		0, 1, 4, 5, 6, 17, 43, 44, 50, 51, 58, 59, 60, 135, 136
	};

	switch (below(d->g, 9)) {
	case 0:
		return value + 1;
	case 1:
		return value - 1;
	case 2:
		return 0;
	case 3:
		return 0xffff;
	case 4:
		return PICK(d->g, numbers);
	case 5:
		return value ^ (1u << below(d->g, bits));
	case 6:
		return value + 8 - below(d->g, 17);
	case 7:
		return value | 0x1fff;
	default:
		return (uint32_t)draw(d->g);
	}
}

/* Lengths, offsets, types and next headers: where the writer left a mark. */
static void tweak_field(struct draft *d)
{
	size_t chosen = below(d->g, (uint32_t)d->mark_count);
	size_t at = d->marks[chosen].at;

	if (at + d->marks[chosen].width > d->at)
		return;
	if (d->marks[chosen].width == 1)
		d->frame[at] = (uint8_t)tweaked(d, d->frame[at], 8);
	else
		set16(d, at, tweaked(d, d->frame[at] * 256u + d->frame[at + 1], 16));
}

/* The high and the low half of IHL and version, and of TCP's data offset, change one by one. */
static void tweak_nibble(struct draft *d)
{
	size_t at = d->l4_at > 0 && one_in(d->g, 2) ? (size_t)d->l4_at + 12 : (size_t)d->ip_at;
	uint8_t nibble = (uint8_t)below(d->g, 16);

	if (d->ip_at < 0 || at >= d->at)
		return;
	if (at != (size_t)d->ip_at || one_in(d->g, 3))
		d->frame[at] = (uint8_t)((d->frame[at] & 0x0f) | nibble << 4);
	else
		d->frame[at] = (uint8_t)((d->frame[at] & 0xf0) | nibble);
}

/* The beginning of one frame and the end of another. */
static void splice(struct draft *d)
{
	uint8_t frame[GRAMMAR_SIZE_MIN];
	struct draft other;
	size_t from, kept, count;

	draft_write(&other, d->g, frame);
	kept = one_in(d->g, 2) && d->l4_at > 0 ? (size_t)d->l4_at : pick_place(d);
	from = one_in(d->g, 2) && other.l4_at > 0 ? (size_t)other.l4_at : below(d->g, other.at);
	if (kept > d->at || from > other.at)
		return;
	count = other.at - from;
	if (kept + count < GRAMMAR_FRAME_MIN || kept + count > GRAMMAR_FRAME_MAX)
		return;
	memcpy(d->frame + kept, frame + from, count);
	d->at = kept + count;
}

static void repair_lengths(struct draft *d)
{
	size_t ip_at = (size_t)d->ip_at;

	if (d->ip_at >= 0 && !d->ipv6 && d->at >= ip_at + 4)
		set16(d, ip_at + 2, (uint32_t)(d->at - ip_at));
	if (d->ip_at >= 0 && d->ipv6 && d->at >= ip_at + 40)
		set16(d, ip_at + 4, (uint32_t)(d->at - ip_at - 40));
	if (d->pppoe_at >= 0 && d->at >= (size_t)d->pppoe_at + 6)
		set16(d, (size_t)d->pppoe_at + 4, (uint32_t)(d->at - (size_t)d->pppoe_at - 6));
}

static size_t pick_cut(struct draft *d)
{
	size_t at = GRAMMAR_FRAME_MIN + below(d->g, (uint32_t)(d->at - GRAMMAR_FRAME_MIN) + 1);
	size_t aligned = d->fragment_at > 0 ? (size_t)d->fragment_at : (size_t)d->l4_at;
	uint32_t kind = below(d->g, 8);

	if (kind < 2 && d->l4_at > 0)
		at = (size_t)d->l4_at + below(d->g, 24);
	else if (kind < 4 && (d->fragment_at > 0 || d->l4_at > 0))
		at = aligned + 8 * (size_t)below(d->g, 8);
	else if (kind < 5)
		at = GRAMMAR_FRAME_MIN + below(d->g, 24);
	return at < d->at ? at : d->at;
}

static void cut_with_lengths(struct draft *d)
{
	d->at = pick_cut(d);
	repair_lengths(d);
}

/* Appends noise and includes it in the lengths, as if padding were payload. */
static void swallow_trailer(struct draft *d)
{
	put_noise(d, below(d->g, 16));
	d->at = d->at < GRAMMAR_FRAME_MAX ? d->at : GRAMMAR_FRAME_MAX;
	repair_lengths(d);
}

void draft_truncate(struct draft *d)
{
	d->at = pick_cut(d);
	if (one_in(d->g, 2))
		repair_lengths(d);
}

void draft_mutate(struct draft *d)
{
	static void (*const changes[])(struct draft * d) = {
		tweak_field,  tweak_field,    tweak_field, tweak_field,	     tweak_field,
		tweak_nibble, overwrite_byte, flip_bit,	   cut_with_lengths, swallow_trailer,
	};
	uint32_t times = one_in(d->g, 3) ? 1 + below(d->g, 3) : 1;

	if (one_in(d->g, 16))
		splice(d);
	while (times--)
		PICK(d->g, changes)(d);
}
