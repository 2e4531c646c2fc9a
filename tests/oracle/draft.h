/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame under construction: the cursor, the positions of its headers, and marks of the fields
 * that are worth falsifying. Private to the grammar.
 */
#ifndef GRAMMAR_DRAFT_H
#define GRAMMAR_DRAFT_H

#include "grammar.h"

#include <stdbool.h>
#include <string.h>

#define DRAFT_MARKS_MAX 64
#define DRAFT_NOWHERE	(-1)
#define COUNT(array)	(sizeof(array) / sizeof((array)[0]))
#define PICK(g, array)	((array)[below(g, COUNT(array))])

struct draft {
	struct grammar *g;
	uint8_t *frame;
	size_t at;
	int pppoe_at, ip_at, l4_at, fragment_at; /* of the last fragment header's end */
	bool ipv6;
	bool in_first_fragment;
	size_t mark_count;
	struct {
		uint16_t at;
		uint8_t width; /* in bytes */
	} marks[DRAFT_MARKS_MAX];
};

/* splitmix64, Steele and others 2014 */
static inline uint64_t draw(struct grammar *g)
{
	uint64_t z = g->state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

/* 0 to limit - 1; limit is not 0 */
static inline uint32_t below(struct grammar *g, uint32_t limit)
{
	return (uint32_t)(((draw(g) >> 32) * limit) >> 32);
}

static inline bool one_in(struct grammar *g, uint32_t times)
{
	return below(g, times) == 0;
}

static inline void set16(struct draft *d, size_t at, uint32_t value)
{
	d->frame[at] = (uint8_t)(value >> 8);
	d->frame[at + 1] = (uint8_t)value;
}

static inline void put8(struct draft *d, uint32_t value)
{
	d->frame[d->at++] = (uint8_t)value;
}

static inline void put16(struct draft *d, uint32_t value)
{
	set16(d, d->at, value);
	d->at += 2;
}

static inline void put_bytes(struct draft *d, const void *bytes, size_t count)
{
	memcpy(d->frame + d->at, bytes, count);
	d->at += count;
}

static inline void put_noise(struct draft *d, size_t count)
{
	for (; count >= 8; count -= 8) {
		uint64_t noise = draw(d->g);

		put_bytes(d, &noise, 8);
	}
	if (count) {
		uint64_t noise = draw(d->g);

		put_bytes(d, &noise, count);
	}
}

/* The next width bytes are a field that mutations like to change. */
static inline void mark(struct draft *d, uint8_t width)
{
	if (d->mark_count == DRAFT_MARKS_MAX)
		return;
	d->marks[d->mark_count].at = (uint16_t)d->at;
	d->marks[d->mark_count].width = width;
	d->mark_count++;
}

/* A whole, valid frame, from its Ethernet header on. */
void draft_write(struct draft *d, struct grammar *g, uint8_t *frame);

/* An IPv4 or IPv6 packet at the cursor. */
void draft_put_ipv4(struct draft *d);
void draft_put_ipv6(struct draft *d);

/* One L4 header and its payload; ipv6 of the draft says which numbers are meant. */
void draft_put_l4(struct draft *d, uint8_t protocol);

/* A protocol number that may end a chain: mostly one with ports. */
uint8_t draft_pick_protocol(struct draft *d);

/* Changes the draft; the frame stays between GRAMMAR_FRAME_MIN and GRAMMAR_FRAME_MAX. */
void draft_mutate(struct draft *d);
void draft_truncate(struct draft *d);

#endif
