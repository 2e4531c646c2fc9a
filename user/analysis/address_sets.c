/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes are sorted once. In their order those of a list join to ranges without gaps, and those
 * that hold an address are always the ones on a stack: only what holds a set's first address may
 * hold the set.
 */
#include "analysis/address_sets.h"

#include <assert.h>
#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

enum {
	KEY_BYTES = 17,	    /* of a prefix: address and length */
	WORK_MAX = 1 << 19, /* sets and ranges looked at in search of holders */
};
static_assert(offsetof(struct policy_prefix, length) == KEY_BYTES - 1, "the length ends the key");

struct entry {
	struct policy_prefix prefix;
	uint32_t rule;
};

/* Of addresses, IPv4 in the highest bits; `high` is included. */
struct range {
	unsigned __int128 low;
	unsigned __int128 high;
};

/* The ranges of one rule's list: apart, ascending. */
struct ranges {
	struct range *list;
	size_t count;
};

/* A prefix around the one that is looked at. */
struct outer {
	unsigned __int128 high;
	uint32_t set;
};

struct making {
	struct address_sets *sets;
	struct entry *entries;
	size_t entries_count;
	struct range *ranges_room;
	struct ranges *ranges; /* by rule */
	uint32_t *rule_of;     /* by set: the first rule that has it */
	uint32_t *slots;       /* by hash of ranges: a set; 0: free */
	size_t slots_count;    /* a power of two */
	struct outer *stack;
	size_t depth;
	uint32_t *asked_for; /* by set: the last set that it was tried as a holder of */
	size_t work;
};

static void making_free(struct making *making)
{
	free(making->entries);
	free(making->ranges_room);
	free(making->ranges);
	free(making->rule_of);
	free(making->slots);
	free(making->stack);
	free(making->asked_for);
}

static unsigned __int128 first_address(const struct policy_prefix *prefix)
{
	uint64_t halves[2];

	memcpy(halves, prefix->address, sizeof(halves));
	return (unsigned __int128)be64toh(halves[0]) << 64 | be64toh(halves[1]);
}

static unsigned __int128 last_address(const struct policy_prefix *prefix)
{
	unsigned __int128 behind = ~(unsigned __int128)0;

	return first_address(prefix) | (prefix->length < 128 ? behind >> prefix->length : 0);
}

/* Moves `count` entries to `to`, in the order of one byte, and of their order before. */
static void sort_by_byte(const struct entry *from, struct entry *to, size_t count, size_t byte)
{
	size_t next[257] = { 0 };

	for (size_t i = 0; i < count; i++)
		next[((const uint8_t *)&from[i].prefix)[byte] + 1]++;
	for (size_t value = 1; value < 257; value++)
		next[value] += next[value - 1];
	for (size_t i = 0; i < count; i++)
		to[next[((const uint8_t *)&from[i].prefix)[byte]]++] = from[i];
}

static bool differ_in_byte(const struct entry *entries, size_t count, size_t byte)
{
	for (size_t i = 1; i < count; i++)
		if (((const uint8_t *)&entries[i].prefix)[byte] !=
		    ((const uint8_t *)&entries[0].prefix)[byte])
			return true;
	return false;
}

/* A prefix comes before all that it holds, and those follow it without a gap. */
static int sort_entries(struct making *making)
{
	_cleanup_free_ struct entry *other = calloc(making->entries_count + 1, sizeof(*other));

	if (!other)
		return -ENOMEM;
	for (size_t byte = KEY_BYTES; byte-- > 0;) {
		struct entry *sorted = other;

		if (!differ_in_byte(making->entries, making->entries_count, byte))
			continue;
		sort_by_byte(making->entries, sorted, making->entries_count, byte);
		other = making->entries;
		making->entries = sorted;
	}
	return 0;
}

static int gather_entries(struct making *making, const struct policy *policy,
			  enum portsieve_direction direction, enum policy_family family)
{
	size_t count = 0;

	for (size_t i = 0; i < policy->rules_count; i++)
		count += policy_rule_prefixes(&policy->rules[i], direction)->count;
	making->entries = calloc(count + 1, sizeof(*making->entries));
	if (!making->entries)
		return -ENOMEM;
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct policy_prefixes *list =
			policy_rule_prefixes(&policy->rules[i], direction);

		for (size_t p = 0; p < list->count; p++)
			if (list->list[p].family == family)
				making->entries[making->entries_count++] =
					(struct entry){ list->list[p], (uint32_t)i };
	}
	return sort_entries(making);
}

/* Joins the prefix to the last range, or begins a new one. */
static void ranges_add(struct ranges *ranges, const struct policy_prefix *prefix)
{
	struct range range = { first_address(prefix), last_address(prefix) };
	struct range *last = ranges->count ? &ranges->list[ranges->count - 1] : NULL;

	if (last && (range.low <= last->high || range.low == last->high + 1)) {
		if (range.high > last->high)
			last->high = range.high;
		return;
	}
	ranges->list[ranges->count++] = range;
}

static int make_ranges(struct making *making, size_t rules_count)
{
	_cleanup_free_ size_t *prefixes = calloc(rules_count + 1, sizeof(*prefixes));
	struct range *room = calloc(making->entries_count + 1, sizeof(*room));

	making->ranges_room = room;
	making->ranges = calloc(rules_count + 1, sizeof(*making->ranges));
	if (!prefixes || !room || !making->ranges)
		return -ENOMEM;
	for (size_t i = 0; i < making->entries_count; i++)
		prefixes[making->entries[i].rule]++;
	for (size_t i = 0; i < making->entries_count; i++) {
		const struct entry *entry = &making->entries[i];
		struct ranges *ranges = &making->ranges[entry->rule];

		if (!ranges->list) {
			ranges->list = room;
			room += prefixes[entry->rule];
		}
		ranges_add(ranges, &entry->prefix);
	}
	return 0;
}

static bool ranges_equal(const struct ranges *a, const struct ranges *b)
{
	return a->count == b->count && !memcmp(a->list, b->list, a->count * sizeof(*a->list));
}

static uint64_t ranges_hash(const struct ranges *ranges)
{
	uint64_t hash = ranges->count;

	for (size_t i = 0; i < ranges->count; i++) {
		const struct range *range = &ranges->list[i];

		hash = (hash ^ (uint64_t)(range->low >> 64)) * 0x9e3779b97f4a7c15;
		hash = (hash ^ hash >> 29 ^ (uint64_t)range->low) * 0xbf58476d1ce4e5b9;
		hash = (hash ^ hash >> 32 ^ (uint64_t)(range->high >> 64)) * 0x94d049bb133111eb;
		hash = (hash ^ hash >> 29 ^ (uint64_t)range->high) * 0x9e3779b97f4a7c15;
	}
	return hash ^ hash >> 32;
}

/* The set of a rule's ranges, a new one if they were not met before. */
static uint32_t number_set(struct making *making, uint32_t rule)
{
	const struct ranges *ranges = &making->ranges[rule];
	size_t slot = ranges_hash(ranges) & (making->slots_count - 1);

	if (!ranges->count)
		return ADDRESS_SET_EMPTY;
	if (!ranges->list[0].low && !~ranges->list[0].high)
		return ADDRESS_SET_ALL;
	for (; making->slots[slot]; slot = (slot + 1) & (making->slots_count - 1))
		if (ranges_equal(&making->ranges[making->rule_of[making->slots[slot]]], ranges))
			return making->slots[slot];
	making->slots[slot] = making->sets->count;
	making->rule_of[making->sets->count] = rule;
	return making->sets->count++;
}

static int number_sets(struct making *making, const struct policy *policy,
		       enum portsieve_direction direction)
{
	struct address_sets *sets = making->sets;

	for (making->slots_count = 2; making->slots_count < 2 * policy->rules_count;)
		making->slots_count *= 2;
	making->slots = calloc(making->slots_count, sizeof(*making->slots));
	making->rule_of =
		calloc(policy->rules_count + ADDRESS_SETS_FIXED, sizeof(*making->rule_of));
	sets->set_of = calloc(policy->rules_count + 1, sizeof(*sets->set_of));
	if (!making->slots || !making->rule_of || !sets->set_of)
		return -ENOMEM;
	sets->count = ADDRESS_SETS_FIXED;
	for (size_t i = 0; i < policy->rules_count; i++)
		sets->set_of[i] = policy_rule_prefixes(&policy->rules[i], direction)->count
					  ? number_set(making, (uint32_t)i)
					  : ADDRESS_SET_ALL;
	return 0;
}

/* Do the ranges hold all of the others? */
static bool ranges_hold(struct making *making, const struct ranges *ranges,
			const struct ranges *others)
{
	size_t at = 0; /* ranges before it end too early */

	for (size_t i = 0; i < others->count; i++) {
		size_t end = ranges->count;

		making->work++;
		while (at < end) {
			size_t middle = at + (end - at) / 2;

			if (ranges->list[middle].high < others->list[i].low)
				at = middle + 1;
			else
				end = middle;
		}
		if (at == ranges->count || ranges->list[at].low > others->list[i].low ||
		    ranges->list[at].high < others->list[i].high)
			return false;
	}
	return true;
}

static int add_holder(struct address_sets *sets, uint32_t set, uint32_t holder)
{
	uint32_t *holders = array_room(sets->holders, sets->holders_count, sizeof(*holders));

	if (!holders)
		return -ENOMEM;
	sets->holders = holders;
	holders[sets->holders_count++] = holder;
	sets->holders_of[set].count++;
	return 0;
}

/* The set's first address is where the stack stands. */
static int find_holders(struct making *making, uint32_t set)
{
	const struct ranges *ranges = &making->ranges[making->rule_of[set]];
	int r;

	making->sets->holders_of[set].first = making->sets->holders_count;
	r = add_holder(making->sets, set, ADDRESS_SET_ALL);
	for (size_t i = 0; i < making->depth && !r && making->work < WORK_MAX; i++) {
		uint32_t holder = making->stack[i].set;

		making->work++;
		if (making->asked_for[holder] == set)
			continue;
		making->asked_for[holder] = set;
		if (ranges_hold(making, &making->ranges[making->rule_of[holder]], ranges))
			r = add_holder(making->sets, set, holder);
	}
	return r;
}

/* The sets that begin where a run of entries does, which all begin with the same address. */
static int find_holders_of_run(struct making *making, size_t first, size_t end)
{
	const struct address_sets *sets = making->sets;
	int r = 0;

	for (size_t i = first; i < end && !r; i++) {
		uint32_t set = sets->set_of[making->entries[i].rule];

		if (set >= ADDRESS_SETS_FIXED && !sets->holders_of[set].count)
			r = find_holders(making, set);
	}
	return r;
}

/* Puts the entry on the stack, unless other entries stand for it. */
static void push_entry(struct making *making, const struct entry *entry)
{
	uint32_t set = making->sets->set_of[entry->rule];

	if (set >= ADDRESS_SETS_FIXED && making->rule_of[set] == entry->rule)
		making->stack[making->depth++] =
			(struct outer){ last_address(&entry->prefix), set };
}

static int find_all_holders(struct making *making)
{
	struct address_sets *sets = making->sets;
	int r;

	sets->holders_of = calloc(sets->count, sizeof(*sets->holders_of));
	making->asked_for = calloc(sets->count, sizeof(*making->asked_for));
	making->stack = calloc(making->entries_count + 1, sizeof(*making->stack));
	if (!sets->holders_of || !making->asked_for || !making->stack)
		return -ENOMEM;
	r = add_holder(sets, ADDRESS_SET_ALL, ADDRESS_SET_ALL);
	for (size_t first = 0, end; first < making->entries_count && !r; first = end) {
		unsigned __int128 address = first_address(&making->entries[first].prefix);

		while (making->depth && making->stack[making->depth - 1].high < address)
			making->depth--;
		for (end = first; end < making->entries_count &&
				  first_address(&making->entries[end].prefix) == address;
		     end++)
			push_entry(making, &making->entries[end]);
		r = find_holders_of_run(making, first, end);
	}
	return r;
}

int address_sets_make(const struct policy *policy, enum portsieve_direction direction,
		      enum policy_family family, struct address_sets *sets)
{
	__attribute__((cleanup(making_free))) struct making making = { .sets = sets };
	int r = gather_entries(&making, policy, direction, family);

	*sets = (struct address_sets){ 0 };
	if (!r)
		r = make_ranges(&making, policy->rules_count);
	if (!r)
		r = number_sets(&making, policy, direction);
	return r ? r : find_all_holders(&making);
}

void address_sets_free(struct address_sets *sets)
{
	free(sets->set_of);
	free(sets->holders_of);
	free(sets->holders);
	*sets = (struct address_sets){ 0 };
}
