/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From the rules of two policies to classes of addresses, and from classes to as few of the known
 * prefixes as it takes. Each area is made once: the same 100,000 prefixes may be the answer for
 * thousands of port ranges.
 */
#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "analysis/diff_parts.h"

enum { NO_PARENT = UINT32_MAX };

struct known_area {
	struct area area; /* first: callers hold a pointer to it */
	struct area_question question;
	uint32_t *classes; /* those of the question */
};

/*
 * The next child of a prefix, after `child`, up to the prefix's end. What an empty child holds
 * comes next, as if it were the children of the prefix itself.
 */
static uint32_t next_child(const struct partition *partition, uint32_t child)
{
	const struct address_class *prefix = &partition->prefixes.list[child];

	return prefix->empty ? child + 1 : prefix->end;
}

/* Classes of the same lists, as far as lists have been looked at. */
struct group {
	uint32_t size;
	uint32_t list;	/* the list that splits it now, and one more */
	uint32_t split; /* the group of those of its classes that are of that list */
};

/*
 * Numbers classes of the same lists alike: address_classes tells them apart where their prefixes
 * hold each other in another order. Partition refinement: each list splits groups. *groups has
 * room for a group more than there are classes, as has unused, for their numbers.
 */
static void refine_groups(const struct address_classes *classes, struct group *groups,
			  uint32_t *unused, uint32_t *group_of)
{
	size_t unused_count = 0;

	groups[0].size = classes->count;
	for (uint32_t group = classes->count; group; group--)
		unused[unused_count++] = group;
	for (uint32_t list = 0; list < classes->lists; list++)
		for (uint32_t i = classes->first_class[list]; i < classes->first_class[list + 1];
		     i++) {
			uint32_t class = classes->classes[i], old = group_of[class];

			if (groups[old].list != list + 1) {
				groups[old].list = list + 1;
				groups[old].split = unused[--unused_count];
			}
			group_of[class] = groups[old].split;
			groups[group_of[class]].size++;
			if (!--groups[old].size)
				unused[unused_count++] = old;
		}
}

/* Replaces the numbers of classes by those of their groups. */
static int merge_classes(struct partition *partition)
{
	struct address_classes *classes = &partition->classes;
	size_t room = classes->count + 1;
	_cleanup_free_ struct group *groups = calloc(room, sizeof(*groups));
	_cleanup_free_ uint32_t *unused = calloc(room, sizeof(*unused));
	_cleanup_free_ uint32_t *group_of = calloc(room, sizeof(*group_of));

	partition->families = calloc(room, sizeof(*partition->families));
	if (!groups || !unused || !group_of || !partition->families)
		return -ENOMEM;
	refine_groups(classes, groups, unused, group_of);
	for (uint32_t i = 0; i < classes->first_class[classes->lists]; i++)
		classes->classes[i] = group_of[classes->classes[i]];
	for (size_t i = 0; i < partition->prefixes.count; i++) {
		struct address_class *prefix = &partition->prefixes.list[i];

		prefix->class = group_of[prefix->class];
		if (!prefix->empty)
			partition->families[prefix->class] |= 1 << prefix->prefix.family;
	}
	partition->count = room;
	return 0;
}

/* Finds the parents, the prefixes of each class, and how many classes have addresses. */
static int index_prefixes(struct partition *partition)
{
	const struct address_class *list = partition->prefixes.list;
	size_t count = partition->prefixes.count;
	uint32_t *next = calloc(partition->count + 2, sizeof(*next));

	partition->first_of_class = next;
	partition->parents = calloc(count, sizeof(uint32_t));
	partition->of_class = calloc(count, sizeof(uint32_t));
	partition->marked = calloc(partition->count, sizeof(bool));
	partition->item_of_class = calloc(partition->count, sizeof(uint32_t));
	if (!next || !partition->parents || !partition->of_class || !partition->marked ||
	    !partition->item_of_class)
		return -ENOMEM;
	memset(partition->parents, 0xff, count * sizeof(uint32_t)); /* NO_PARENT */
	for (uint32_t i = 0; i < count; i++) {
		if (list[i].empty)
			continue;
		next[list[i].class + 2]++;
		for (uint32_t child = i + 1; child < list[i].end;
		     child = next_child(partition, child))
			partition->parents[child] = i;
	}
	for (uint32_t class = 0; class < partition->count; class ++) {
		next[class + 2] += next[class + 1];
		for (int family = POLICY_IPV4; family <= POLICY_IPV6; family++)
			partition->classes_of_family[family] +=
				partition->families[class] >> family & 1;
	}
	for (uint32_t i = 0; i < count; i++)
		if (!list[i].empty)
			partition->of_class[next[list[i].class + 1]++] = i;
	return 0;
}

int partition_make(const struct policy *const policies[SIDES], enum portsieve_direction direction,
		   struct policy_diff *diff, struct partition *partition)
{
	/* A list of all addresses comes first, so that each address is in a prefix. */
	struct policy_prefix all[] = { { .family = POLICY_IPV4 }, { .family = POLICY_IPV6 } };
	struct policy_prefixes everything = { all, ARRAY_SIZE(all) };
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
	partition->areas = &diff->areas[direction];
	partition->lists[BEFORE] = partition->classes.list_of_rule + 1;
	partition->lists[AFTER] = partition->lists[BEFORE] + policies[BEFORE]->rules_count;
	partition->too_many = r == -E2BIG;
	if (partition->too_many)
		return 0;
	r = merge_classes(partition);
	return r ? r : index_prefixes(partition);
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

static bool add_prefix(struct policy_prefixes *prefixes, const struct policy_prefix *prefix)
{
	struct policy_prefix *list = array_room(prefixes->list, prefixes->count, sizeof(*list));

	if (!list)
		return false;
	prefixes->list = list;
	list[prefixes->count++] = *prefix;
	return true;
}

static int compare_numbers(const void *one, const void *other)
{
	const uint32_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

/* The prefixes of the classes, of those families, ascending. */
static uint32_t *prefixes_of(const struct partition *partition,
			     const struct area_question *question, size_t *ret_count)
{
	const uint32_t *first = partition->first_of_class;
	size_t count = 0, room = 1;
	uint32_t *numbers;

	for (size_t i = 0; i < question->count; i++)
		room += first[question->classes[i] + 1] - first[question->classes[i]];
	numbers = calloc(room, sizeof(*numbers));
	for (size_t i = 0; numbers && i < question->count; i++)
		for (uint32_t p = first[question->classes[i]]; p < first[question->classes[i] + 1];
		     p++) {
			uint32_t number = partition->of_class[p];

			if (question->families &
			    1 << partition->prefixes.list[number].prefix.family)
				numbers[count++] = number;
		}
	if (question->count > 1)
		qsort(numbers, count, sizeof(*numbers), compare_numbers);
	*ret_count = count;
	return numbers;
}

/*
 * With the classes of the question marked: adds the prefixes at which marked addresses begin to
 * `begin`, those inside of them at which they end to `end`. A marked /0 of a complement is in
 * neither list.
 */
static bool find_borders(const struct partition *partition, const struct area_question *question,
			 struct policy_prefixes *begin, struct policy_prefixes *end)
{
	const struct address_class *list = partition->prefixes.list;
	size_t count = 0;
	_cleanup_free_ uint32_t *numbers = prefixes_of(partition, question, &count);
	bool made = numbers;

	for (size_t i = 0; made && i < count; i++) {
		const struct address_class *prefix = &list[numbers[i]];
		uint32_t parent = partition->parents[numbers[i]];

		if (parent == NO_PARENT ? !question->complement || prefix->prefix.length
					: !partition->marked[list[parent].class])
			made = add_prefix(begin, &prefix->prefix);
		for (uint32_t child = numbers[i] + 1; made && child < prefix->end;
		     child = next_child(partition, child))
			if (!list[child].empty && !partition->marked[list[child].class])
				made = add_prefix(end, &list[child].prefix);
	}
	return made;
}

static bool make_area(const struct partition *partition, const struct area_question *question,
		      struct area *area)
{
	const struct address_class *list = partition->prefixes.list;
	uint8_t whole = 0; /* families of which all addresses are in `in` */

	if (!question->complement) {
		if (!find_borders(partition, question, &area->in, &area->except))
			return false;
	} else {
		for (uint32_t root = 0; root < partition->prefixes.count; root = list[root].end)
			if (question->families & 1 << list[root].prefix.family &&
			    (list[root].empty || !partition->marked[list[root].class]) &&
			    !add_prefix(&area->in, &list[root].prefix))
				return false;
		if (!find_borders(partition, question, &area->except, &area->in))
			return false;
	}
	for (size_t i = 0; i < area->in.count; i++)
		if (!area->in.list[i].length)
			whole |= 1 << area->in.list[i].family;
	area->all = !area->except.count && whole == question->families;
	return true;
}

const struct area *partition_area(struct partition *partition, const struct area_question *question)
{
	struct known_area wanted = { .question = *question };
	struct known_area **place = tfind(&wanted, partition->areas, compare_known), *known;
	bool made;

	if (place)
		return &(*place)->area;
	known = calloc(1, sizeof(*known));
	if (!known)
		return NULL;
	known->question = *question;
	known->classes = calloc(question->count + 1, sizeof(*known->classes));
	made = known->classes;
	if (made && question->count)
		memcpy(known->classes, question->classes,
		       question->count * sizeof(*known->classes));
	known->question.classes = known->classes;
	for (size_t i = 0; i < question->count; i++)
		partition->marked[question->classes[i]] = true;
	made = made && make_area(partition, question, &known->area);
	for (size_t i = 0; i < question->count; i++)
		partition->marked[question->classes[i]] = false;
	if (made && tsearch(known, partition->areas, compare_known))
		return &known->area;
	known_free(known);
	return NULL;
}
