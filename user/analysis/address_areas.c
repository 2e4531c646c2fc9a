/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From lists of prefixes to sets, a tree of prefixes, and classes. */
#include "analysis/address_areas.h"

#include <errno.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/address_areas_found.h"
#include "base/array.h"
#include "base/cleanup.h"

enum { MEMBERSHIPS_MAX = 1 << 24 }; /* of all classes: 64 MB */

/* A prefix of a set. */
struct member {
	struct policy_prefix prefix;
	uint32_t set;
};

struct prefix_set {
	struct policy_prefixes prefixes; /* sorted, each once */
	uint32_t number;
};

struct division {
	struct areas *areas;
	struct prefix_set **sets;
	size_t sets_count;
	void *sets_tree;
	struct member *entries;
	size_t entries_count;
	void *classes_tree;
	uint32_t *scratch; /* a class's sets */
	size_t memberships;
};

static int compare_entries(const void *one, const void *other)
{
	const struct member *a = one, *b = other;
	int order = policy_prefix_compare(&a->prefix, &b->prefix);

	return order ? order : (a->set > b->set) - (a->set < b->set);
}

static int compare_sets(const void *one, const void *other)
{
	const struct policy_prefixes *a = &((const struct prefix_set *)one)->prefixes;
	const struct policy_prefixes *b = &((const struct prefix_set *)other)->prefixes;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	return memcmp(a->list, b->list, a->count * sizeof(*a->list));
}

static int compare_classes(const void *one, const void *other)
{
	const struct area_class *a = one, *b = other;

	if (a->sets_count != b->sets_count)
		return a->sets_count < b->sets_count ? -1 : 1;
	return a->sets_count ? memcmp(a->sets, b->sets, a->sets_count * sizeof(*a->sets)) : 0;
}

static void set_free(struct prefix_set *set)
{
	if (set)
		free(set->prefixes.list);
	free(set);
}

static void keep_node(void *node)
{
	(void)node;
}

static void division_free(struct division *division)
{
	tdestroy(division->sets_tree, keep_node);
	tdestroy(division->classes_tree, free);
	for (size_t i = 0; i < division->sets_count; i++)
		set_free(division->sets[i]);
	free(division->sets);
	free(division->entries);
	free(division->scratch);
}

/* A new set of a list: sorted, each prefix once. */
static struct prefix_set *set_new(const struct policy_prefixes *list)
{
	struct prefix_set *set = calloc(1, sizeof(*set));

	if (set && policy_prefixes_sort(list, &set->prefixes)) {
		free(set);
		return NULL;
	}
	return set;
}

/* The number of the list's set; 0 when memory is short. */
static uint32_t number_set(struct division *division, const struct policy_prefixes *list)
{
	struct prefix_set **sets, **found, *set = set_new(list);

	if (!set)
		return 0;
	set->number = division->sets_count + 1;
	found = tsearch(set, &division->sets_tree, compare_sets);
	if (!found || *found != set) {
		set_free(set);
		return found ? (*found)->number : 0;
	}
	sets = array_room(division->sets, division->sets_count, sizeof(struct prefix_set *));
	if (!sets) {
		tdelete(set, &division->sets_tree, compare_sets);
		set_free(set);
		return 0;
	}
	division->sets = sets;
	sets[division->sets_count++] = set;
	return set->number;
}

static int number_sets(struct division *division, const struct policy_prefixes *const *lists,
		       size_t count)
{
	struct areas *areas = division->areas;

	areas->set_of = calloc(count + 1, sizeof(*areas->set_of));
	if (!areas->set_of)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!lists[i]->count)
			continue;
		areas->set_of[i] = number_set(division, lists[i]);
		if (!areas->set_of[i])
			return -ENOMEM;
	}
	areas->sets = division->sets_count + 1;
	return 0;
}

/* All prefixes of all sets, and all addresses of each family, which are in no set so far. */
static int gather_entries(struct division *division)
{
	size_t count = 2, at = 0;

	for (size_t i = 0; i < division->sets_count; i++)
		count += division->sets[i]->prefixes.count;
	division->entries = calloc(count, sizeof(*division->entries));
	division->areas->nodes = calloc(count, sizeof(*division->areas->nodes));
	division->scratch = calloc(division->areas->sets, sizeof(*division->scratch));
	if (!division->entries || !division->areas->nodes || !division->scratch)
		return -ENOMEM;
	division->entries[at++] = (struct member){ .prefix.family = POLICY_IPV4 };
	division->entries[at++] = (struct member){ .prefix.family = POLICY_IPV6 };
	for (size_t i = 0; i < division->sets_count; i++) {
		const struct prefix_set *set = division->sets[i];

		for (size_t p = 0; p < set->prefixes.count; p++)
			division->entries[at++] =
				(struct member){ set->prefixes.list[p], set->number };
	}
	qsort(division->entries, count, sizeof(*division->entries), compare_entries);
	division->entries_count = count;
	return 0;
}

/* The class of the sets in `scratch`; AREA_NONE when memory is short or memberships too many. */
static uint32_t number_class(struct division *division, size_t sets_count)
{
	struct areas *areas = division->areas;
	/* the class, and behind it, in the tree's key, its number */
	struct key {
		struct area_class class;
		uint32_t number;
	} wanted = { .class = { .sets = division->scratch, .sets_count = sets_count } };
	struct key **found = tfind(&wanted, &division->classes_tree, compare_classes);
	struct area_class *classes;
	struct key *key;

	if (found)
		return (*found)->number;
	division->memberships += sets_count;
	areas->too_many = division->memberships > MEMBERSHIPS_MAX;
	classes = array_room(areas->classes, areas->classes_count, sizeof(*classes));
	if (areas->too_many || !classes)
		return AREA_NONE;
	areas->classes = classes;
	key = malloc(sizeof(*key));
	wanted.class.sets = calloc(sets_count + 1, sizeof(*wanted.class.sets));
	wanted.number = areas->classes_count;
	if (!key || !wanted.class.sets) {
		free(key);
		free(wanted.class.sets);
		return AREA_NONE;
	}
	memcpy(wanted.class.sets, division->scratch, sets_count * sizeof(*division->scratch));
	*key = wanted;
	classes[areas->classes_count++] = wanted.class;
	if (!tsearch(key, &division->classes_tree, compare_classes)) {
		free(key);
		return AREA_NONE;
	}
	return wanted.number;
}

/* The sets of the parent's class and those of entries[first..end), merged. Returns their number. */
static size_t join_sets(struct division *division, uint32_t parent, size_t first, size_t end)
{
	const struct areas *areas = division->areas;
	const struct area_class *above =
		parent == AREA_NONE ? NULL : &areas->classes[areas->nodes[parent].class];
	size_t above_count = above ? above->sets_count : 0, i = 0, count = 0;

	while (i < above_count || first < end) {
		uint32_t set;

		if (first < end &&
		    (i == above_count || division->entries[first].set < above->sets[i]))
			set = division->entries[first++].set;
		else
			set = above->sets[i++];
		if (set && (!count || division->scratch[count - 1] != set))
			division->scratch[count++] = set;
	}
	return count;
}

/* How many addresses: modulo 2^128, so that all of IPv6 (or, scaled, of IPv4) is 0. */
static unsigned __int128 size_of(const struct policy_prefix *prefix)
{
	return prefix->length ? (unsigned __int128)1 << (128 - prefix->length) : 0;
}

/* Makes the nodes, each with its class; `parent` still leads through empty ones. */
static int grow_tree(struct division *division)
{
	struct areas *areas = division->areas;
	_cleanup_free_ unsigned __int128 *held =
		calloc(division->entries_count, sizeof(unsigned __int128));
	uint32_t parent = AREA_NONE;

	if (!held)
		return -ENOMEM;
	for (size_t first = 0, end; first < division->entries_count; first = end) {
		const struct policy_prefix *prefix = &division->entries[first].prefix;
		uint32_t number = areas->nodes_count;
		struct area_node *node = &areas->nodes[number];

		for (end = first + 1;
		     end < division->entries_count &&
		     !policy_prefix_compare(prefix, &division->entries[end].prefix);)
			end++;
		while (parent != AREA_NONE &&
		       (areas->nodes[parent].prefix.family != prefix->family ||
			!policy_prefix_holds(&areas->nodes[parent].prefix, prefix)))
			parent = areas->nodes[parent].parent;
		*node = (struct area_node){ *prefix, 0, parent, AREA_NONE, AREA_NONE, false };
		node->class = number_class(division, join_sets(division, parent, first, end));
		if (node->class == AREA_NONE)
			return areas->too_many ? 0 : -ENOMEM;
		if (parent == AREA_NONE)
			areas->roots[prefix->family] = number;
		else
			held[parent] += size_of(prefix);
		if (parent != AREA_NONE && held[parent] == size_of(&areas->nodes[parent].prefix))
			areas->nodes[parent].empty = true;
		parent = number;
		areas->nodes_count++;
	}
	return 0;
}

/* Takes the empty nodes out of the way up, and makes the way down. */
static void link_nodes(struct areas *areas)
{
	for (size_t i = 0; i < areas->nodes_count; i++) { /* parents come first */
		struct area_node *node = &areas->nodes[i];

		if (node->parent != AREA_NONE && areas->nodes[node->parent].empty)
			node->parent = areas->nodes[node->parent].parent;
	}
	for (size_t i = areas->nodes_count; i-- > 0;) {
		struct area_node *node = &areas->nodes[i];

		if (node->empty || node->parent == AREA_NONE)
			continue;
		node->sibling = areas->nodes[node->parent].child;
		areas->nodes[node->parent].child = i;
	}
}

/* The nodes of each class. */
static int list_nodes(struct areas *areas)
{
	for (size_t i = 0; i < areas->nodes_count; i++) {
		struct area_class *class = &areas->classes[areas->nodes[i].class];
		uint32_t *nodes;

		if (areas->nodes[i].empty)
			continue;
		nodes = array_room(class->nodes, class->nodes_count, sizeof(*nodes));
		if (!nodes)
			return -ENOMEM;
		class->nodes = nodes;
		nodes[class->nodes_count++] = i;
		class->families |= 1 << areas->nodes[i].prefix.family;
	}
	return 0;
}

/* The classes of each set. */
static int list_classes(struct areas *areas)
{
	uint32_t *first = calloc(areas->sets + 2, sizeof(*first));
	size_t total = 0;

	areas->first_of_set = first;
	areas->marked = calloc(areas->classes_count + 1, sizeof(*areas->marked));
	if (!first || !areas->marked)
		return -ENOMEM;
	for (size_t c = 0; c < areas->classes_count; c++)
		for (size_t s = 0; s < areas->classes[c].sets_count; s++, total++)
			first[areas->classes[c].sets[s] + 2]++;
	for (uint32_t set = 2; set < areas->sets + 2; set++)
		first[set] += first[set - 1];
	areas->classes_of_set = calloc(total + 1, sizeof(*areas->classes_of_set));
	if (!areas->classes_of_set)
		return -ENOMEM;
	for (size_t c = 0; c < areas->classes_count; c++)
		for (size_t s = 0; s < areas->classes[c].sets_count; s++)
			areas->classes_of_set[first[areas->classes[c].sets[s] + 1]++] = c;
	return 0;
}

int areas_divide(const struct policy_prefixes *const *lists, size_t count, struct areas *ret_areas)
{
	struct areas areas = { 0 };
	struct division division = { .areas = &areas };
	int r = number_sets(&division, lists, count);

	if (!r)
		r = gather_entries(&division);
	if (!r)
		r = grow_tree(&division);
	if (!r && !areas.too_many) {
		link_nodes(&areas);
		r = list_nodes(&areas);
		if (!r)
			r = list_classes(&areas);
	}
	division_free(&division);
	if (r)
		areas_free(&areas);
	else
		*ret_areas = areas;
	return r;
}

void areas_free(struct areas *areas)
{
	for (size_t c = 0; c < areas->classes_count; c++) {
		free(areas->classes[c].sets);
		free(areas->classes[c].nodes);
	}
	free(areas->set_of);
	free(areas->nodes);
	free(areas->classes);
	free(areas->first_of_set);
	free(areas->classes_of_set);
	free(areas->marked);
	areas_found_free(areas);
	*areas = (struct areas){ 0 };
}
