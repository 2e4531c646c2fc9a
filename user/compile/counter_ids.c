/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Assigns rows: sorts both policies' ranges by identity and merges them. */
#include "compile/counter_ids.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

/* The identity of a range across policies. */
struct identity {
	const char *rule;
	uint16_t low, high;
	uint8_t transport;
	uint16_t id;
};

static int compare_identities(const void *one, const void *other)
{
	const struct identity *a = one, *b = other;
	int by_rule = strcmp(a->rule, b->rule);

	if (by_rule)
		return by_rule;
	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	if (a->low != b->low)
		return a->low < b->low ? -1 : 1;
	return (a->high > b->high) - (a->high < b->high);
}

/* The sorted identities of the rules' ranges; the caller frees them. NULL: out of memory. */
static struct identity *sorted_identities(const struct portsieve_image *image)
{
	size_t count = image->ranges - PORTSIEVE_RANGE_RULES;
	struct identity *identities = calloc(count + 1, sizeof(*identities));

	if (!identities)
		return NULL;
	for (size_t i = 0; i < count; i++) {
		const struct portsieve_range *range = &image->range[PORTSIEVE_RANGE_RULES + i];

		identities[i] = (struct identity){
			.rule = image->rule[range->rule].name,
			.low = range->low,
			.high = range->high,
			.transport = range->transport,
			.id = PORTSIEVE_RANGE_RULES + i,
		};
	}
	qsort(identities, count, sizeof(*identities), compare_identities);
	return identities;
}

/* Gives ranges that stay their rows; others get 0. */
static int keep_rows(struct portsieve_image *image, const struct portsieve_image *previous)
{
	_cleanup_free_ struct identity *now = sorted_identities(image);
	_cleanup_free_ struct identity *before = sorted_identities(previous);
	size_t n = 0, b = 0;

	if (!now || !before)
		return -ENOMEM;
	while (n < image->ranges - PORTSIEVE_RANGE_RULES &&
	       b < previous->ranges - PORTSIEVE_RANGE_RULES) {
		int order = compare_identities(&now[n], &before[b]);

		if (!order)
			image->counter[now[n++].id] = previous->counter[before[b++].id];
		else if (order < 0)
			n++;
		else
			b++;
	}
	return 0;
}

void counter_ids_used(const struct portsieve_image *image, bool used[PORTSIEVE_COUNTERS])
{
	memset(used, 0, PORTSIEVE_COUNTERS * sizeof(*used));
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++)
		used[image->counter[id]] = true;
}

void counter_ids_added(const struct portsieve_image *image, const struct portsieve_image *previous,
		       bool added[PORTSIEVE_COUNTERS])
{
	counter_ids_used(image, added);
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < previous->ranges; id++)
		added[previous->counter[id]] = false;
}

uint32_t counter_rows_for(const struct portsieve_image *image)
{
	uint32_t rows = PORTSIEVE_COUNTER_POOL + 2 * (image->ranges - PORTSIEVE_RANGE_RULES) +
			COUNTER_ROWS_SPARE;

	if (rows > PORTSIEVE_COUNTERS)
		rows = PORTSIEVE_COUNTERS;
	return rows > image->counters ? rows : image->counters;
}

int counter_ids_assign(struct portsieve_image *image, const struct portsieve_image *previous)
{
	_cleanup_free_ bool *used = calloc(PORTSIEVE_COUNTERS, sizeof(*used));
	uint32_t row = PORTSIEVE_COUNTER_POOL;
	int r;

	if (!used)
		return -ENOMEM;
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++)
		image->counter[id] = 0;
	if (previous) {
		r = keep_rows(image, previous);
		if (r)
			return r;
		counter_ids_used(previous, used);
	}
	image->counters = previous ? previous->counters : PORTSIEVE_COUNTER_POOL;
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		if (image->counter[id])
			continue;
		while (used[row])
			row++;
		image->counter[id] = row++;
	}
	if (row > image->counters)
		image->counters = row;
	return 0;
}
