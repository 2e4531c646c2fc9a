/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes for tests, and the addresses at their borders. */
#ifndef TESTS_BUILD_ADDRESSES_H
#define TESTS_BUILD_ADDRESSES_H

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "policy/policy.h"

static inline void add_prefix_of(struct policy_prefixes *prefixes,
				 const struct policy_prefix *prefix)
{
	prefixes->list = array_room(prefixes->list, prefixes->count, sizeof(*prefixes->list));
	prefixes->list[prefixes->count++] = *prefix;
}

/* "10.0.0.0/8"; the length is required. */
static inline void add_prefix(struct policy_prefixes *prefixes, const char *text)
{
	struct policy_prefix prefix = { .family = strchr(text, ':') ? POLICY_IPV6 : POLICY_IPV4 };
	const char *slash = strchr(text, '/');
	char address[64] = "";

	assert_non_null(slash);
	memcpy(address, text, (size_t)(slash - text));
	prefix.length = (uint8_t)atoi(slash + 1);
	assert_int_equal(inet_pton(prefix.family == POLICY_IPV6 ? AF_INET6 : AF_INET, address,
				   prefix.address),
			 1);
	add_prefix_of(prefixes, &prefix);
}

/* The IPv4 prefix of that length, `number` in host order. */
static inline struct policy_prefix prefix4(uint32_t number, uint8_t length)
{
	return (struct policy_prefix){ { (uint8_t)(number >> 24), (uint8_t)(number >> 16),
					 (uint8_t)(number >> 8), (uint8_t)number },
				       length,
				       POLICY_IPV4 };
}

static inline uint8_t full_length(const struct policy_prefix *prefix)
{
	return prefix->family == POLICY_IPV6 ? 128 : 32;
}

static inline struct policy_prefix prefix_first(const struct policy_prefix *prefix)
{
	struct policy_prefix first = *prefix;

	first.length = full_length(prefix);
	return first;
}

static inline struct policy_prefix prefix_last(const struct policy_prefix *prefix)
{
	struct policy_prefix last = prefix_first(prefix);

	for (int bit = prefix->length; bit < last.length; bit++)
		last.address[bit / 8] |= 0x80 >> bit % 8;
	return last;
}

/* The next address, or with step -1 the previous one; wraps. */
static inline struct policy_prefix address_beside(const struct policy_prefix *address, int step)
{
	struct policy_prefix beside = *address;

	for (int i = full_length(address) / 8; i--;) {
		beside.address[i] = (uint8_t)(beside.address[i] + step);
		if (beside.address[i] != (step > 0 ? 0 : 0xff))
			break;
	}
	return beside;
}

#endif
