// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The grammar's face: seeds, the ports it likes, and which of the three kinds of frame comes next.
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
