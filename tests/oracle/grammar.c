// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The grammar's interface: seeds, preferred ports, and the choice of the next kind of frame.
 */
#include "draft.h"

void grammar_init(struct grammar *grammar, uint64_t seed)
{
	*grammar = (struct grammar){ .state = seed };
}

void grammar_add_range(struct grammar *grammar, uint16_t low, uint16_t high)
{
	const uint16_t ports[] = { low, (uint16_t)(low - 1), high, (uint16_t)(high + 1) };

	for (size_t i = 0; i < COUNT(ports) && grammar->port_count < GRAMMAR_PORTS_MAX; i++)
		grammar->ports[grammar->port_count++] = ports[i];
}

static void add_address(struct grammar_addresses *addresses, const uint8_t *address)
{
	for (size_t i = 0; i < addresses->count; i++)
		if (!memcmp(addresses->list[i], address, 16))
			return;
	if (addresses->count < GRAMMAR_ADDRESSES_MAX)
		memcpy(addresses->list[addresses->count++], address, 16);
}

/* The address after or before, as a number of `bytes` bytes; wraps. */
static void step(uint8_t *address, unsigned int bytes, bool up)
{
	for (unsigned int i = bytes; i--;) {
		address[i] = (uint8_t)(address[i] + (up ? 1 : -1));
		if (address[i] != (up ? 0 : 0xff))
			return;
	}
}

void grammar_add_prefix(struct grammar *grammar, const uint8_t *address, bool ipv6,
			unsigned int length)
{
	struct grammar_addresses *addresses = ipv6 ? &grammar->ipv6 : &grammar->ipv4;
	unsigned int bytes = ipv6 ? 16 : 4;
	uint8_t first[16] = { 0 }, last[16];

	memcpy(first, address, bytes);
	memcpy(last, first, sizeof(last));
	for (unsigned int bit = length; bit < bytes * 8; bit++)
		last[bit / 8] |= 0x80 >> bit % 8;
	add_address(addresses, first);
	add_address(addresses, last);
	step(first, bytes, false);
	step(last, bytes, true);
	add_address(addresses, first);
	add_address(addresses, last);
}

size_t grammar_frame(struct grammar *grammar, uint8_t *frame, size_t size, enum grammar_kind kind)
{
	static const enum grammar_kind kinds[] = { VALID,   VALID,   VALID,	MUTATED,  MUTATED,
						   MUTATED, MUTATED, TRUNCATED, TRUNCATED };
	struct draft draft;

	if (size < GRAMMAR_SIZE_MIN)
		return 0;
	if (kind == ANY)
		kind = PICK(grammar, kinds);
	draft_write(&draft, grammar, frame);
	if (kind == MUTATED)
		draft_mutate(&draft);
	if (kind == TRUNCATED)
		draft_truncate(&draft);
	return draft.at;
}
