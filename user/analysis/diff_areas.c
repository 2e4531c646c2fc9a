/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Computes classes of addresses from the rules of two policies, and areas, with as few of the known
 * prefixes as possible, from classes. Each area is built once: the same 100,000 prefixes may be the
 * answer for thousands of port ranges.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diff_parts.h"
#include "base/array.h"
#include "base/cleanup.h"

enum { NO_PARENT = UINT32_MAX };

/*
 * The next child of a prefix after `child`, up to the prefix's end. The contents of an empty child
 * follow as if they were children of the prefix itself.
 */
static uint32_t next_child(const struct partition *partition, uint32_t child)
{
	const struct address_class *prefix = &partition->prefixes.list[child];

	return prefix->empty ? child + 1 : prefix->end;
}

/* Finds the families and prefixes of each class, and each prefix's parent. */
static int index_prefixes(struct partition *partition)
{
	const struct address_class *list = partition->prefixes.list;
	size_t count = partition->prefixes.count, classes = partition->classes.count;
	uint32_t *next = calloc(classes + 2, sizeof(*next));

	partition->first_of_class = next;
	partition->families = calloc(classes, sizeof(*partition->families));
	partition->parents = calloc(count, sizeof(uint32_t));
	partition->of_class = calloc(count, sizeof(uint32_t));
	partition->marked = calloc(classes, sizeof(bool));
	partition->item_of_class = calloc(classes, sizeof(uint32_t));
	if (!next || !partition->families || !partition->parents || !partition->of_class ||
	    !partition->marked || !partition->item_of_class)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++)
		partition->parents[i] = NO_PARENT;
	for (uint32_t i = 0; i < count; i++) {
		if (list[i].empty)
			continue;
		partition->families[list[i].class] |= 1 << list[i].prefix.family;
		next[list[i].class + 2]++;
		for (uint32_t child = i + 1; child < list[i].end;
		     child = next_child(partition, child))
			partition->parents[child] = i;
	}
	for (uint32_t class = 0; class < classes; class ++) {
		next[class + 2] += next[class + 1];
		for (int family = 0; family < POLICY_FAMILIES; family++)
			partition->classes_of_family[family] +=
				partition->families[class] >> family & 1;
	}
	for (uint32_t i = 0; i < count; i++)
		if (!list[i].empty)
			partition->of_class[next[list[i].class + 1]++] = i;
	return 0;
}

int partition_make(struct comparison *comparison, enum portsieve_direction direction)
{
	const struct policy *const *policies = comparison->policies;
	struct partition *partition = &comparison->partitions[direction];
	/* The first list has all addresses, so that each address is in a prefix. */
	struct policy_prefix all[] = { { .family = POLICY_IPV4 }, { .family = POLICY_IPV6 } };
	struct policy_prefixes everything = { .list = all, .count = ARRAY_SIZE(all) };
	_cleanup_free_ const struct policy_prefixes **lists =
		calloc(policies[BEFORE]->rules_count + policies[AFTER]->rules_count + 1,
		       sizeof(const struct policy_prefixes *));
	size_t count = 0;
	int r;

	if (!lists)
		return -ENOMEM;
	lists[count++] = &everything;
	for (int side = BEFORE; side < SIDES; side++)
		for (size_t i = 0; i < policies[side]->rules_count; i++)
			lists[count++] = policy_rule_prefixes(&policies[side]->rules[i], direction);
	r = address_lists_classify(lists, count, &partition->classes, &partition->prefixes);
	if (r && r != -E2BIG)
		return r;
	partition->areas = &comparison->diff->areas[direction];
	partition->lists[BEFORE] = partition->classes.list_of_rule + 1;
	partition->lists[AFTER] = partition->lists[BEFORE] + policies[BEFORE]->rules_count;
	partition->too_many = r == -E2BIG;
	return partition->too_many ? 0 : index_prefixes(partition);
}

void partition_free(struct partition *partition)
{
	address_classes_free(&partition->classes);
	addresses_free(&partition->prefixes);
	free(partition->families);
	free(partition->parents);
	free(partition->of_class);
	free(partition->first_of_class);
	free(partition->marked);
	free(partition->item_of_class);
}

static int add_prefix(struct policy_prefixes *prefixes, const struct policy_prefix *prefix)
{
	struct policy_prefix *list = array_room(prefixes->list, prefixes->count, sizeof(*list));

	if (!list)
		return -ENOMEM;
	prefixes->list = list;
	list[prefixes->count++] = *prefix;
	return 0;
}

/*
 * With the question's classes marked, adds the prefix with this number to `begin` if marked
 * addresses begin there, and its children at which they end to `end`. A marked /0 of a complement
 * is in neither list.
 */
static int add_borders(const struct partition *partition, const struct area_question *question,
		       uint32_t number, struct policy_prefixes *begin, struct policy_prefixes *end)
{
	const struct address_class *list = partition->prefixes.list, *prefix = &list[number];
	uint32_t parent = partition->parents[number];
	int r = 0;

	if (parent == NO_PARENT ? !question->complement || prefix->prefix.length
				: !partition->marked[list[parent].class])
		r = add_prefix(begin, &prefix->prefix);
	for (uint32_t child = number + 1; !r && child < prefix->end;
	     child = next_child(partition, child))
		if (!list[child].empty && !partition->marked[list[child].class])
			r = add_prefix(end, &list[child].prefix);
	return r;
}

static void sort(struct policy_prefixes *prefixes, size_t first)
{
	if (prefixes->count > first)
		qsort(prefixes->list + first, prefixes->count - first, sizeof(*prefixes->list),
		      policy_prefix_compare);
}

/* Builds the area of a question, whose classes are marked. */
static int make_area(const struct partition *partition, const struct area_question *question,
		     struct area *area)
{
	const struct address_class *list = partition->prefixes.list;
	struct policy_prefixes *begin = question->complement ? &area->except : &area->in;
	struct policy_prefixes *end = question->complement ? &area->in : &area->except;
	const uint32_t *first = partition->first_of_class;
	uint8_t whole = 0; /* families whose addresses are all in `in` */
	size_t roots;
	int r = 0;

	for (uint32_t i = 0; question->complement && i < partition->prefixes.count; i = list[i].end)
		if (question->families >> list[i].prefix.family & 1 &&
		    (list[i].empty || !partition->marked[list[i].class])) {
			r = add_prefix(&area->in, &list[i].prefix);
			if (r)
				return r;
		}
	roots = area->in.count;
	for (size_t i = 0; i < question->count; i++)
		for (uint32_t at = first[question->classes[i]];
		     at < first[question->classes[i] + 1]; at++) {
			uint32_t number = partition->of_class[at];

			if (!(question->families >> list[number].prefix.family & 1))
				continue;
			r = add_borders(partition, question, number, begin, end);
			if (r)
				return r;
		}
	sort(&area->in, roots);
	sort(&area->except, 0);
	for (size_t i = 0; i < area->in.count; i++)
		if (!area->in.list[i].length)
			whole |= 1 << area->in.list[i].family;
	area->all = !area->except.count && whole == question->families;
	return 0;
}

struct known_area {
	struct area area; /* must be first: callers have a pointer to it */
	struct area_question question;
	uint32_t *classes; /* the question's */
};

static int compare_known(const void *one, const void *other)
{
	const struct area_question *a = &((const struct known_area *)one)->question;
	const struct area_question *b = &((const struct known_area *)other)->question;

	if (a->complement != b->complement)
		return a->complement ? 1 : -1;
	if (a->families != b->families)
		return a->families < b->families ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return a->count ? memcmp(a->classes, b->classes, a->count * sizeof(*a->classes)) : 0;
}

static void known_free(void *pointer)
{
	struct known_area *known = pointer;

	free(known->area.in.list);
	free(known->area.except.list);
	free(known->classes);
	free(known);
}

void partition_areas_free(void *areas)
{
	tdestroy(areas, known_free);
}

const struct area *partition_area(struct partition *partition, const struct area_question *question)
{
	struct known_area wanted = { .question = *question };
	struct known_area **place = tfind(&wanted, partition->areas, compare_known), *known;
	int r;

	if (place)
		return &(*place)->area;
	known = calloc(1, sizeof(*known));
	if (!known)
		return NULL;
	known->classes = calloc(question->count + 1, sizeof(*known->classes));
	if (!known->classes) {
		known_free(known);
		return NULL;
	}
	for (size_t i = 0; i < question->count; i++) {
		known->classes[i] = question->classes[i];
		partition->marked[question->classes[i]] = true;
	}
	known->question = *question;
	known->question.classes = known->classes;
	r = make_area(partition, question, &known->area);
	for (size_t i = 0; i < question->count; i++)
		partition->marked[question->classes[i]] = false;
	if (!r && tsearch(known, partition->areas, compare_known))
		return &known->area;
	known_free(known);
	return NULL;
}
