/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shots by words, and their stamps. */
#include "cmocka_first.h"
#include "shot.h"

#include <string.h>

#include "base/cleanup.h"
#include "lab.h"
#include "recipe.h"

#define ADDRESSES4_AT 12 /* of the IPv4 header */
#define ADDRESSES6_AT 8

static const uint8_t written4[] = { 192, 0, 2, 7, 198, 51, 100, 1 };
static const uint8_t written6[] = { 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7,
				    0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1 };

static const struct {
	uint8_t ethernet4[6], ethernet6[6];
	uint8_t ipv4[4], ipv6[16];
} targets[] = {
	[TO_FIRST] = { { 2, 0, 0, 0, 0, 1 },
		       { 2, 0, 0, 0, 0, 1 },
		       { 198, 51, 100, 1 },
		       { 0x20, 1, 0x0d, 0xb8, [15] = 1 } },
	[TO_SECOND] = { { 2, 0, 0, 0, 0, 1 },
			{ 2, 0, 0, 0, 0, 1 },
			{ 198, 51, 100, 2 },
			{ 0x20, 1, 0x0d, 0xb8, [15] = 2 } },
	[TO_GROUP] = { { 1, 0, 0x5e, 0, 0, 1 },
		       { 0x33, 0x33, 0, 0, 0, 1 },
		       { 224, 0, 0, 1 },
		       { 0xff, 2, [15] = 1 } },
	[TO_BROADCAST] = { { 255, 255, 255, 255, 255, 255 },
			   { 0x33, 0x33, 0, 0, 0, 1 },
			   { 198, 51, 100, 255 },
			   { 0xff, 2, [15] = 1 } },
	[TO_FOREIGN] = { { 2, 0, 0, 0, 0, 9 },
			 { 2, 0, 0, 0, 0, 9 },
			 { 198, 51, 100, 1 },
			 { 0x20, 1, 0x0d, 0xb8, [15] = 1 } },
};

static void stamp_add(struct shot *shot, uint8_t frame, enum shot_stamp_kind kind, size_t at)
{
	if (shot->stamp_count < SHOT_STAMPS_MAX)
		shot->stamps[shot->stamp_count++] =
			(struct shot_stamp){ frame, kind, (uint16_t)at, false };
}

/* Where a TCP header of a recipe begins: 40000 > PORT, sequence number 1, no acknowledgement. */
static bool is_tcp(const uint8_t *bytes)
{
	static const uint8_t numbers[] = { 0, 0, 0, 1, 0, 0, 0, 0 };

	return bytes[0] == 0x9c && bytes[1] == 0x40 && !memcmp(bytes + 4, numbers, sizeof(numbers));
}

void shot_find_stamps(struct shot *shot, uint8_t frame, enum shot_target target)
{
	struct shot_frame *f = &shot->frames[frame];

	for (size_t at = 14; at + 20 <= f->length; at++) {
		uint8_t *header = f->bytes + at;

		if (is_tcp(header))
			stamp_add(shot, frame, STAMP_TCP, at);
		if (!memcmp(header + ADDRESSES4_AT, written4, sizeof(written4))) {
			memcpy(header + ADDRESSES4_AT + 4, targets[target].ipv4, 4);
			memcpy(f->bytes, targets[target].ethernet4, 6);
			stamp_add(shot, frame, STAMP_IPV4, at);
		} else if (at + 40 <= f->length &&
			   !memcmp(header + ADDRESSES6_AT, written6, sizeof(written6))) {
			memcpy(header + ADDRESSES6_AT + 16, targets[target].ipv6, 16);
			memcpy(f->bytes, targets[target].ethernet6, 6);
			stamp_add(shot, frame, STAMP_IPV6, at);
		}
	}
}

static void id_write(uint8_t *bytes, uint32_t id)
{
	bytes[0] = (uint8_t)(id >> 16);
	bytes[1] = (uint8_t)(id >> 8);
	bytes[2] = (uint8_t)id;
}

static void stamp_ipv4(uint8_t *header, size_t left, uint32_t id, bool wrong)
{
	size_t length = (size_t)(header[0] & 15) * 4;
	uint32_t sum = 0;

	header[4] = (uint8_t)(id >> 8);
	header[5] = (uint8_t)id;
	header[12] = 10;
	id_write(header + 13, id);
	if (length > left)
		return;
	header[10] = header[11] = 0;
	for (size_t i = 0; i < length; i += 2)
		sum += (uint32_t)(header[i] << 8 | header[i + 1]);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = ~((sum & 0xffff) + (sum >> 16)) ^ wrong;
	header[10] = (uint8_t)(sum >> 8);
	header[11] = (uint8_t)sum;
}

static void stamp_ipv6(uint8_t *header, uint32_t id)
{
	static const uint8_t prefix[13] = { 0x20, 1, 0x0d, 0xb8, 0, 5 };

	memcpy(header + ADDRESSES6_AT, prefix, sizeof(prefix));
	id_write(header + ADDRESSES6_AT + sizeof(prefix), id);
}

void shot_stamp(struct shot *shot, uint32_t id)
{
	for (size_t i = 0; i < shot->stamp_count; i++) {
		const struct shot_stamp *stamp = &shot->stamps[i];
		struct shot_frame *frame = &shot->frames[stamp->frame];
		uint8_t *header = frame->bytes + stamp->at;
		size_t left = frame->length > stamp->at ? frame->length - stamp->at : 0;

		if (stamp->kind == STAMP_IPV4 && left >= 20)
			stamp_ipv4(header, left, id, stamp->wrong);
		if (stamp->kind == STAMP_IPV6 && left >= 24)
			stamp_ipv6(header, id);
		if (stamp->kind == STAMP_TCP && left >= 12) {
			header[4] = header[8] = LAB_MAGIC;
			id_write(header + 5, id);
			id_write(header + 9, id);
		}
	}
}

void shot_from_words(struct shot *shot, const char *words, enum shot_target target)
{
	static uint8_t frame[RECIPE_FRAME_MAX];
	_cleanup_free_ char *copy = strdup(words);
	char *rest = copy;

	assert_non_null(copy);
	shot->count = shot->stamp_count = 0;
	while (rest) {
		struct shot_frame *f = &shot->frames[shot->count];
		char *one = rest, *end = strstr(rest, " | ");

		rest = end ? end + 3 : NULL;
		if (end)
			*end = '\0';
		assert_true(shot->count < SHOT_FRAMES_MAX);
		f->length = recipe_frame(one, frame);
		assert_true(f->length <= GRAMMAR_FRAME_MAX);
		memcpy(f->bytes, frame, f->length);
		shot_find_stamps(shot, (uint8_t)shot->count++, target);
	}
}

void shot_print(FILE *out, const struct shot *shot)
{
	for (size_t i = 0; i < shot->count; i++) {
		fprintf(out, "# frame %zu:", i + 1);
		for (size_t at = 0; at < shot->frames[i].length; at++)
			fprintf(out, " %02x", shot->frames[i].bytes[at]);
		fputc('\n', out);
	}
}
