// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Membership in prefixes changes only where a prefix begins or ends. At each such address the
 * prefixes that hold it are looked up, one length after the other, in sorted tables.
 */
#include "cmocka_first.h"
#include "address_kinds.h"

#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

enum { LENGTHS = 129 };

struct row {
	address_number first;
	uint8_t length;
	size_t value; /* index of the rule, or of the compiled prefix */
};

/* Sorted by length, then by first address. */
struct table {
	struct row *rows;
	size_t count;
	size_t begin[LENGTHS + 1]; /* by length: the index of its first row */
};

static address_number number_of(const struct policy_prefix *prefix)
{
	address_number number = 0;

	for (int i = 0; i < 16; i++)
		number = number << 8 | prefix->address[i];
	return number;
}

static struct policy_prefix address_of(address_number number, enum policy_family family)
{
	struct policy_prefix address = { .family = family,
					 .length = family == POLICY_IPV6 ? 128 : 32 };

	for (int i = 16; i--; number >>= 8)
		address.address[i] = (uint8_t)number;
	return address;
}

static void add_row(struct table *table, const struct policy_prefix *prefix, size_t value)
{
	table->rows = array_room(table->rows, table->count, sizeof(*table->rows));
	assert_non_null(table->rows);
	table->rows[table->count++] = (struct row){ number_of(prefix), prefix->length, value };
}

static int compare_rows(const void *one, const void *other)
{
	const struct row *a = one, *b = other;

	if (a->length != b->length)
		return a->length < b->length ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

static void table_sort(struct table *table)
{
	if (table->count)
		qsort(table->rows, table->count, sizeof(*table->rows), compare_rows);
	for (size_t i = 0; i < table->count; i++)
		table->begin[table->rows[i].length + 1] = i + 1;
	for (int length = 1; length <= LENGTHS; length++)
		if (!table->begin[length])
			table->begin[length] = table->begin[length - 1];
}

/* The first row of that length that holds the address; others follow. NULL: none. */
static const struct row *table_find(const struct table *table, address_number address, int length)
{
	address_number first = length ? address >> (128 - length) << (128 - length) : 0;
	size_t low = table->begin[length], high = table->begin[length + 1];

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (table->rows[middle].first < first)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == table->begin[length + 1] || table->rows[low].first != first)
		return NULL;
	return &table->rows[low];
}

static int compare_numbers(const void *one, const void *other)
{
	const address_number *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

static void add_borders(const struct table *table, struct address_kinds *kinds)
{
	for (size_t i = 0; i < table->count; i++) {
		const struct row *row = &table->rows[i];

		kinds->starts[kinds->stretches++] = row->first;
		/* past the last address: 0 again */
		kinds->starts[kinds->stretches++] =
			row->length ? row->first + ((address_number)1 << (128 - row->length)) : 0;
	}
}

static void find_borders(const struct table *of_rules, const struct table *compiled,
			 struct address_kinds *kinds)
{
	size_t kept = 1;

	kinds->starts = calloc(1 + 2 * (of_rules->count + compiled->count), sizeof(*kinds->starts));
	assert_non_null(kinds->starts);
	kinds->stretches = 1;
	add_borders(of_rules, kinds);
	add_borders(compiled, kinds);
	qsort(kinds->starts, kinds->stretches, sizeof(*kinds->starts), compare_numbers);
	for (size_t i = 1; i < kinds->stretches; i++)
		if (kinds->starts[i] != kinds->starts[kept - 1])
			kinds->starts[kept++] = kinds->starts[i];
	kinds->stretches = kept;
}

/* A stretch, and the words of its bits by rule, for sorting. */
struct stretch {
	struct address_kind kind;
	size_t index;
	size_t words;
};

static int compare_stretches(const void *one, const void *other)
{
	const struct stretch *a = one, *b = other;
	int by_rules = memcmp(a->kind.rules, b->kind.rules, a->words * sizeof(uint64_t));
	int by_lists = memcmp(a->kind.listed, b->kind.listed, a->words * sizeof(uint64_t));

	if (by_rules || by_lists)
		return by_rules ? by_rules : by_lists;
	if (!a->kind.class || !b->kind.class)
		return !!a->kind.class - !!b->kind.class;
	return (*a->kind.class > *b->kind.class) - (*a->kind.class < *b->kind.class);
}

static void stretch_find(const struct table *of_rules, const struct table *compiled,
			 const struct addresses *addresses, address_number start, uint64_t *bits,
			 struct address_kind *kind)
{
	for (int length = 0; length < LENGTHS; length++) {
		const struct row *row = table_find(of_rules, start, length), *first = row;

		for (; row && row < of_rules->rows + of_rules->begin[length + 1] &&
		       row->first == first->first;
		     row++)
			bits[row->value / 64] |= UINT64_C(1) << row->value % 64;
		row = table_find(compiled, start, length);
		if (row)
			kind->class = &addresses->list[row->value].class;
	}
	kind->listed = bits;
}

static void join_stretches(struct stretch *stretches, struct address_kinds *kinds)
{
	qsort(stretches, kinds->stretches, sizeof(*stretches), compare_stretches);
	kinds->list = calloc(kinds->stretches, sizeof(*kinds->list));
	kinds->kind_of = calloc(kinds->stretches, sizeof(*kinds->kind_of));
	assert_non_null(kinds->list);
	assert_non_null(kinds->kind_of);
	for (size_t i = 0; i < kinds->stretches; i++) {
		if (!i || compare_stretches(&stretches[i - 1], &stretches[i]))
			kinds->list[kinds->count++] = stretches[i].kind;
		kinds->kind_of[stretches[i].index] = kinds->count - 1;
	}
}

void address_kinds_make(const struct policy *policy, const struct addresses *addresses,
			enum portsieve_direction direction, enum policy_family family,
			struct address_kinds *ret_kinds)
{
	size_t words = policy->rules_count / 64 + 1;
	_cleanup_free_ struct table *of_rules = calloc(1, sizeof(*of_rules));
	_cleanup_free_ struct table *compiled = calloc(1, sizeof(*compiled));
	_cleanup_free_ uint64_t *any = calloc(words, sizeof(*any));
	_cleanup_free_ struct stretch *stretches = NULL;
	struct address_kinds kinds = { 0 };

	assert_true(of_rules && compiled && any);
	for (size_t rule = 0; rule < policy->rules_count; rule++) {
		const struct policy_prefixes *prefixes =
			policy_rule_prefixes(&policy->rules[rule], direction);

		if (policy_prefixes_any(prefixes) ||
		    (policy->rules[rule].only_from && direction == PORTSIEVE_SOURCE))
			any[rule / 64] |= UINT64_C(1) << rule % 64;
		for (size_t i = 0; i < prefixes->count; i++)
			if (prefixes->list[i].family == family)
				add_row(of_rules, &prefixes->list[i], rule);
	}
	for (size_t i = 0; i < addresses->count; i++)
		if (addresses->list[i].direction == direction &&
		    addresses->list[i].prefix.family == family)
			add_row(compiled, &addresses->list[i].prefix, i);
	table_sort(of_rules);
	table_sort(compiled);
	find_borders(of_rules, compiled, &kinds);
	stretches = calloc(kinds.stretches, sizeof(*stretches));
	kinds.bits = calloc(kinds.stretches, 2 * words * sizeof(*kinds.bits));
	assert_true(stretches && kinds.bits);
	for (size_t i = 0; i < kinds.stretches; i++) {
		uint64_t *listed = kinds.bits + 2 * i * words, *rules = listed + words;

		stretches[i] = (struct stretch){ .index = i, .words = words };
		stretches[i].kind.address = address_of(kinds.starts[i], family);
		stretch_find(of_rules, compiled, addresses, kinds.starts[i], listed,
			     &stretches[i].kind);
		for (size_t word = 0; word < words; word++)
			rules[word] = listed[word] | any[word];
		stretches[i].kind.rules = rules;
	}
	join_stretches(stretches, &kinds);
	free(of_rules->rows);
	free(compiled->rows);
	*ret_kinds = kinds;
}

void address_kinds_free(struct address_kinds *kinds)
{
	free(kinds->list);
	free(kinds->starts);
	free(kinds->kind_of);
	free(kinds->bits);
	*kinds = (struct address_kinds){ 0 };
}

size_t address_kinds_find(const struct address_kinds *kinds, const struct policy_prefix *prefix)
{
	address_number number = number_of(prefix);
	size_t low = 0, high = kinds->stretches;

	while (high - low > 1) {
		size_t middle = low + (high - low) / 2;

		if (kinds->starts[middle] <= number)
			low = middle;
		else
			high = middle;
	}
	return kinds->kind_of[low];
}
