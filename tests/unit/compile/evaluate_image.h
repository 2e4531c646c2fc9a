/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Evaluates an image and its address classes for a packet, based only on headers/portsieve/abi.h:
 * port -> port class -> [source] -> [destination] -> [time]... -> range. Slow, for tests.
 */
#ifndef TESTS_EVALUATE_IMAGE_H
#define TESTS_EVALUATE_IMAGE_H

#include <stdbool.h>

#include "compile/addresses.h"
#include "policy/policy.h"

#define ENTRY_NUMBER(entry)                                                                        \
	(2u * (((entry)&PORTSIEVE_ENTRY_RANGE) - PORTSIEVE_RANGES) +                               \
	 !!((entry)&PORTSIEVE_ENTRY_DROP))

static inline bool entry_is_range(uint16_t entry)
{
	return (entry & PORTSIEVE_ENTRY_RANGE) < PORTSIEVE_RANGES;
}

static inline bool prefix_has_address(const struct policy_prefix *prefix,
				      const struct policy_prefix *address)
{
	if (prefix->family != address->family)
		return false;
	for (int bit = 0; bit < prefix->length; bit++)
		if ((prefix->address[bit / 8] ^ address->address[bit / 8]) & 0x80 >> bit % 8)
			return false;
	return true;
}

/* By the longest prefix, as the kernel's tries do. */
static inline uint32_t class_of(const struct addresses *addresses, uint8_t direction,
				const struct policy_prefix *address)
{
	uint32_t class = 0;
	int longest = -1;

	for (size_t i = 0; i < addresses->count; i++) {
		const struct address_class *one = &addresses->list[i];

		if (one->direction != direction || one->prefix.length <= longest ||
		    !prefix_has_address(&one->prefix, address))
			continue;
		longest = one->prefix.length;
		class = one->class;
	}
	assert_true(class < PORTSIEVE_CLASSES_MAX);
	return class;
}

static inline uint16_t condition_ask(const struct portsieve_image *image,
				     const struct addresses *addresses, uint32_t number,
				     const struct policy_packet *packet)
{
	const struct portsieve_condition *condition = &image->condition[number];
	bool by_source = condition->kind == PORTSIEVE_BY_SOURCE;
	const struct portsieve_cell *cell;
	uint32_t class;

	if (condition->kind == PORTSIEVE_BY_TIME)
		return packet->boottime_ns < condition->until_ns ? condition->then
								 : condition->otherwise;
	class = class_of(addresses, by_source ? PORTSIEVE_SOURCE : PORTSIEVE_DESTINATION,
			 by_source ? &packet->source : &packet->destination);
	cell = &image->cell[(condition->base + class) % PORTSIEVE_CELLS];
	return cell->condition == number + 1 ? cell->entry : condition->otherwise;
}

/* Conditions come in the order of their kinds: at most two sources, one destination, few times. */
static inline uint16_t conditions_follow(const struct portsieve_image *image,
					 const struct addresses *addresses, uint16_t entry,
					 const struct policy_packet *packet)
{
	unsigned int asked[3] = { 0 }, last = PORTSIEVE_BY_SOURCE;

	while (entry != PORTSIEVE_ENTRY_FALL && !entry_is_range(entry)) {
		uint32_t number = ENTRY_NUMBER(entry), kind;

		assert_in_range(number, 0, PORTSIEVE_CONDITIONS_MAX - 1);
		kind = image->condition[number].kind;
		assert_in_range(kind, last, PORTSIEVE_BY_TIME);
		asked[kind]++;
		last = kind;
		assert_true(asked[PORTSIEVE_BY_SOURCE] <= 2 &&
			    asked[PORTSIEVE_BY_DESTINATION] <= 1);
		assert_true(asked[PORTSIEVE_BY_TIME] <= PORTSIEVE_EXPIRIES_MAX);
		entry = condition_ask(image, addresses, number, packet);
	}
	return entry;
}

/* What packets without a port are tried against; 0: nothing. */
static inline uint16_t portless_entry(const struct portsieve_image *image,
				      const struct policy_packet *packet)
{
	return image->portless[(packet->is_unlifted ? PORTSIEVE_PORTLESS_STRICT : 0) |
			       (packet->knob_drops ? PORTSIEVE_PORTLESS_DROPPED : 0)];
}

/* Returns a range's id and its verdict; PORTSIEVE_ENTRY_FALL: the knob decides. */
static inline uint16_t image_evaluate(const struct portsieve_image *image,
				      const struct addresses *addresses,
				      const struct policy_packet *packet)
{
	bool has_port = packet->transport != PORTSIEVE_ANY;
	uint16_t entry = has_port ? image->port[packet->transport][packet->port]
				  : portless_entry(image, packet);
	const struct portsieve_port_class *class;

	if (!has_port && !entry)
		return PORTSIEVE_ENTRY_FALL;
	if (entry_is_range(entry))
		return entry;
	assert_in_range(ENTRY_NUMBER(entry), 0, PORTSIEVE_PORT_CLASSES_MAX);
	class = &image->port_class[ENTRY_NUMBER(entry)];
	entry = conditions_follow(image, addresses, class->condition, packet);
	if (entry == PORTSIEVE_ENTRY_FALL)
		entry = class->otherwise;
	if (!has_port && entry == PORTSIEVE_ENTRY_FALL)
		return entry;
	assert_true(entry_is_range(entry));
	if (image->rule[image->range[entry & PORTSIEVE_ENTRY_RANGE].rule].monitor &&
	    (entry & PORTSIEVE_ENTRY_RANGE) >= PORTSIEVE_RANGE_RULES)
		entry |= PORTSIEVE_ENTRY_DROP; /* see enum portsieve_references */
	return entry;
}

#endif
