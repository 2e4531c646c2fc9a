/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Unions of classes, said in as few of the known prefixes as it takes. Each is made once: the same
 * 100,000 prefixes may be the answer for thousands of port ranges.
 */
#include "analysis/address_areas_found.h"

#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

struct found {
	struct area area; /* first: what callers hold is this */
	struct area_question question;
	uint32_t *classes; /* those of the question */
};

static int compare_found(const void *one, const void *other)
{
	const struct area_question *a = &((const struct found *)one)->question;
	const struct area_question *b = &((const struct found *)other)->question;

	if (a->complement != b->complement)
		return a->complement ? 1 : -1;
	if (a->families != b->families)
		return a->families < b->families ? -1 : 1;
	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return a->count ? memcmp(a->classes, b->classes, a->count * sizeof(*a->classes)) : 0;
}

static void found_free(void *pointer)
{
	struct found *found = pointer;

	if (found) {
		free(found->area.in.list);
		free(found->area.except.list);
		free(found->classes);
	}
	free(found);
}

void areas_found_free(struct areas *areas)
{
	tdestroy(areas->found, found_free);
	areas->found = NULL;
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

/* The nodes of the classes, of those families, ascending. */
static uint32_t *gather_nodes(const struct areas *areas, const struct area_question *question,
			      size_t *ret_count)
{
	size_t count = 0, at = 0;
	uint32_t *nodes;

	for (size_t i = 0; i < question->count; i++)
		count += areas->classes[question->classes[i]].nodes_count;
	nodes = calloc(count + 1, sizeof(*nodes));
	for (size_t i = 0; nodes && i < question->count; i++) {
		const struct area_class *class = &areas->classes[question->classes[i]];

		for (size_t n = 0; n < class->nodes_count; n++)
			if (question->families & 1 << areas->nodes[class->nodes[n]].prefix.family)
				nodes[at++] = class->nodes[n];
	}
	if (nodes && question->count > 1)
		qsort(nodes, at, sizeof(*nodes), compare_numbers);
	*ret_count = at;
	return nodes;
}

/*
 * Where the classes that are marked begin, on the way from an address's shortest prefix to its
 * longest, goes to `enter`; where they end, to `leave`.
 */
static bool find_borders(const struct areas *areas, const uint32_t *nodes, size_t count,
			 struct policy_prefixes *enter, struct policy_prefixes *leave)
{
	for (size_t i = 0; i < count; i++) {
		const struct area_node *node = &areas->nodes[nodes[i]];

		if (node->parent == AREA_NONE || !areas->marked[areas->nodes[node->parent].class])
			if (!add_prefix(enter, &node->prefix))
				return false;
		for (uint32_t c = node->child; c != AREA_NONE; c = areas->nodes[c].sibling)
			if (!areas->marked[areas->nodes[c].class] &&
			    !add_prefix(leave, &areas->nodes[c].prefix))
				return false;
	}
	return true;
}

static void remove_prefix(struct policy_prefixes *prefixes, const struct policy_prefix *prefix)
{
	size_t kept = 0;

	for (size_t i = 0; i < prefixes->count; i++)
		if (memcmp(&prefixes->list[i], prefix, sizeof(*prefix)))
			prefixes->list[kept++] = prefixes->list[i];
	prefixes->count = kept;
}

/*
 * All addresses but those of some classes: where the prefix of all addresses is of one of them,
 * nothing is left of it but the prefixes in it, which are there.
 */
static void remove_roots(const struct areas *areas, uint8_t families, struct area *area)
{
	for (int family = POLICY_IPV4; family <= POLICY_IPV6; family++) {
		const struct area_node *root = &areas->nodes[areas->roots[family]];

		if (!(families & 1 << family) || root->empty || !areas->marked[root->class])
			continue;
		remove_prefix(&area->in, &root->prefix);
		remove_prefix(&area->except, &root->prefix);
	}
}

static bool is_all(const struct area *area, uint8_t families)
{
	uint8_t whole = 0;

	for (size_t i = 0; i < area->in.count; i++)
		if (!area->in.list[i].length)
			whole |= 1 << area->in.list[i].family;
	return !area->except.count && whole == families;
}

static bool make_area(struct areas *areas, const struct area_question *question, struct area *area)
{
	bool inside = !question->complement, made = true;
	size_t count;
	_cleanup_free_ uint32_t *nodes = gather_nodes(areas, question, &count);

	if (!nodes)
		return false;
	for (int family = POLICY_IPV4; !inside && family <= POLICY_IPV6; family++)
		if (question->families & 1 << family)
			made &= add_prefix(&area->in, &areas->nodes[areas->roots[family]].prefix);
	for (size_t i = 0; i < question->count; i++)
		areas->marked[question->classes[i]] = true;
	made = made && find_borders(areas, nodes, count, inside ? &area->in : &area->except,
				    inside ? &area->except : &area->in);
	if (!inside)
		remove_roots(areas, question->families, area);
	for (size_t i = 0; i < question->count; i++)
		areas->marked[question->classes[i]] = false;
	area->all = is_all(area, question->families);
	return made;
}

const struct area *area_of(struct areas *areas, const struct area_question *question)
{
	struct found wanted = { .question = *question };
	struct found **place = tfind(&wanted, &areas->found, compare_found), *found;

	if (place)
		return &(*place)->area;
	found = calloc(1, sizeof(*found));
	if (!found)
		return NULL;
	found->question = *question;
	found->classes = calloc(question->count + 1, sizeof(*found->classes));
	if (found->classes && question->count)
		memcpy(found->classes, question->classes,
		       question->count * sizeof(*found->classes));
	found->question.classes = found->classes;
	if (!found->classes || !make_area(areas, question, &found->area) ||
	    !tsearch(found, &areas->found, compare_found)) {
		found_free(found);
		return NULL;
	}
	return &found->area;
}
