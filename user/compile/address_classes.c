/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Sorts all prefixes so that each follows the prefixes that contain it, and walks them with a stack
 * of the containing prefixes.
 */
#include "compile/address_classes.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/hash.h"
#include "policy/failsafe.h"

static_assert(sizeof(struct policy_prefix) == 18, "prefixes are compared byte by byte");

enum { DEPTH_MAX = 130 }; /* nested prefixes: /0 to /128, and none */

/* A prefix of a list. */
struct member {
	struct policy_prefix prefix;
	uint32_t list;
};

/* The prefixes of one rule, sorted, without duplicates. */
struct prefix_list {
	struct policy_prefixes sorted;
	size_t rule;
};

struct classifying {
	const struct policy_prefixes *const *given; /* by rule */
	size_t given_count;
	uint32_t classes_max;
	size_t members_max;
	const struct policy *policy; /* for error messages; NULL: none */
	const char *file;
	enum portsieve_direction direction;
	struct address_classes *classes;
	struct addresses *addresses; /* may be NULL */
	struct error *error;
	struct prefix_list *lists;
	struct hash_index list_index; /* of lists by their prefixes */
	struct member *members;
	size_t members_count;
	size_t added_count;
	uint32_t shared[2 * POLICY_SETS_MAX]; /* the first rule of each list that a set shares */
	size_t shared_count;
	struct hash_index set_index; /* of classes but 0, by parent and added lists */
};

void address_classes_free(struct address_classes *classes)
{
	free(classes->list_of_rule);
	free(classes->sets);
	free(classes->added_lists);
	free(classes->classes);
	free(classes->first_class);
	*classes = (struct address_classes){ 0 };
}

static void classifying_free(struct classifying *work)
{
	for (uint32_t list = 0; work->lists && list < work->classes->lists; list++)
		free(work->lists[list].sorted.list);
	free(work->lists);
	hash_index_free(&work->list_index);
	free(work->members);
	hash_index_free(&work->set_index);
}

static int too_many(const struct classifying *work, uint32_t list, int limit, const char *what)
{
	const struct policy_rule *rule;

	if (!work->policy)
		return -E2BIG;
	rule = &work->policy->rules[work->lists[list].rule];
	error_place(work->error, policy_rule_file(rule, work->file), rule->place.line,
		    rule->place.column);
	return error_set(work->error, E2BIG, EXIT_USAGE,
			 "with the prefixes of the rule '%s' there are more than %d %s; give rules "
			 "the same lists of prefixes",
			 rule->name, limit, what);
}

static int compare_members(const void *one, const void *other)
{
	const struct member *a = one, *b = other;
	int by_prefix = policy_prefix_compare(&a->prefix, &b->prefix);

	return by_prefix ? by_prefix : (a->list > b->list) - (a->list < b->list);
}

/* The key for finding lists. */
struct list_key {
	const struct prefix_list *lists;
	const struct policy_prefixes *sorted;
};

static bool is_list(uint32_t number, const void *key)
{
	const struct list_key *wanted = key;
	const struct policy_prefixes *one = &wanted->lists[number].sorted;

	return one->count == wanted->sorted->count &&
	       !memcmp(one->list, wanted->sorted->list, one->count * sizeof(*one->list));
}

/* Returns the number of an equal list, or adds the list, taking over its prefixes. */
static uint32_t list_intern(struct classifying *work, struct prefix_list *list)
{
	const struct policy_prefixes *sorted = &list->sorted;
	uint32_t hash = hash_bytes(0, sorted->list, sorted->count * sizeof(*sorted->list));
	uint32_t *slot = hash_index_find(&work->list_index, hash, is_list,
					 &(struct list_key){ work->lists, sorted });

	if (*slot) {
		free(sorted->list);
		return *slot - 1;
	}
	work->lists[work->classes->lists] = *list;
	work->members_count += sorted->count;
	*slot = ++work->classes->lists;
	return *slot - 1;
}

/* The list of the last earlier rule that shares the same set's list, or ADDRESS_LIST_ANY. */
static uint32_t same_list(struct classifying *work, size_t rule,
			  const struct policy_prefixes *prefixes)
{
	uint32_t list = ADDRESS_LIST_ANY;

	if (!prefixes->is_borrowed)
		return list;
	for (size_t i = 0; i < work->shared_count && list == ADDRESS_LIST_ANY; i++)
		if (work->given[work->shared[i]]->list == prefixes->list)
			list = work->classes->list_of_rule[work->shared[i]];
	if (list == ADDRESS_LIST_ANY)
		work->shared[work->shared_count++] = (uint32_t)rule;
	return list;
}

static int lists_make(struct classifying *work)
{
	size_t rules = work->given_count;

	work->classes->list_of_rule = calloc(rules + 1, sizeof(uint32_t));
	work->lists = calloc(rules + 1, sizeof(*work->lists));
	if (!work->classes->list_of_rule || !work->lists ||
	    hash_index_init(&work->list_index, (uint32_t)rules))
		return error_no_memory(work->error);
	for (size_t rule = 0; rule < rules; rule++) {
		const struct policy_prefixes *prefixes = work->given[rule];
		struct prefix_list list = { .rule = rule };
		uint32_t list_of_same;

		work->classes->list_of_rule[rule] = ADDRESS_LIST_ANY;
		if (policy_prefixes_any(prefixes))
			continue;
		list_of_same = same_list(work, rule, prefixes);
		if (list_of_same != ADDRESS_LIST_ANY) {
			work->classes->list_of_rule[rule] = list_of_same;
			continue;
		}
		if (policy_prefixes_sort(prefixes, &list.sorted))
			return error_no_memory(work->error);
		work->classes->list_of_rule[rule] = list_intern(work, &list);
	}
	return 0;
}

static int members_make(struct classifying *work)
{
	size_t count = 0;

	work->members = calloc(work->members_count + 1, sizeof(*work->members));
	if (!work->members)
		return error_no_memory(work->error);
	for (uint32_t list = 0; list < work->classes->lists; list++)
		for (size_t i = 0; i < work->lists[list].sorted.count; i++)
			work->members[count++] = (struct member){
				.prefix = work->lists[list].sorted.list[i],
				.list = list,
			};
	qsort(work->members, count, sizeof(*work->members), compare_members);
	return 0;
}

static bool class_has(const struct address_classes *classes, uint32_t class, uint32_t list)
{
	for (; class; class = classes->sets[class].parent) {
		const struct address_set *set = &classes->sets[class];

		for (uint32_t i = 0; i < set->added_count; i++)
			if (classes->added_lists[set->added + i] == list)
				return true;
	}
	return false;
}

/* The key for finding classes: `parent` with the lists added last. */
struct set_key {
	const struct address_classes *classes;
	uint32_t parent;
	const uint32_t *added;
	uint32_t added_count;
};

static bool is_set(uint32_t number, const void *key)
{
	const struct set_key *wanted = key;
	const struct address_set *one = &wanted->classes->sets[number];

	return one->parent == wanted->parent && one->added_count == wanted->added_count &&
	       !memcmp(wanted->classes->added_lists + one->added, wanted->added,
		       one->added_count * sizeof(*wanted->added));
}

/*
 * Finds or adds the class of `parent` with the lists added last, which are kept only if it is new.
 */
static int class_intern(struct classifying *work, uint32_t parent, uint32_t added_count,
			uint32_t *ret_class)
{
	struct address_classes *classes = work->classes;
	const struct set_key key = {
		.classes = classes,
		.parent = parent,
		.added = classes->added_lists + work->added_count,
		.added_count = added_count,
	};
	uint32_t hash =
		hash_bytes(parent * 2654435761u, key.added, added_count * sizeof(*key.added));
	uint32_t *slot = hash_index_find(&work->set_index, hash, is_set, &key);
	struct address_set *sets;

	if (*slot) {
		*ret_class = *slot - 1;
		return 0;
	}
	if (classes->count == work->classes_max)
		return too_many(work, key.added[0], PORTSIEVE_CLASSES_MAX,
				"distinct combinations of prefix lists");
	sets = array_room(classes->sets, classes->count, sizeof(*sets));
	if (!sets)
		return error_no_memory(work->error);
	classes->sets = sets;
	sets[classes->count] = (struct address_set){
		.parent = parent,
		.added = work->added_count,
		.added_count = added_count,
	};
	work->added_count += added_count;
	*ret_class = classes->count++;
	*slot = *ret_class + 1;
	return 0;
}

/* A prefix that contains the current one. */
struct holder {
	struct policy_prefix prefix;
	uint32_t class;
	size_t address;		/* its index in addresses, if it has one */
	unsigned __int128 held; /* addresses in longer prefixes */
	bool empty;		/* longer prefixes cover all its addresses */
};

struct holders {
	struct holder list[DEPTH_MAX];
	unsigned int depth;
};

/* Pops the innermost prefix, after all prefixes inside it. */
static void holder_leave(const struct classifying *work, struct holders *holders)
{
	const struct holder *holder = &holders->list[--holders->depth];

	if (work->addresses) {
		work->addresses->list[holder->address].empty = holder->empty;
		work->addresses->list[holder->address].end = work->addresses->count;
	}
}

/* Pushes a prefix and appends it to the addresses. */
static int holder_enter(struct classifying *work, struct holders *holders,
			const struct policy_prefix *prefix, uint32_t class)
{
	struct addresses *addresses = work->addresses;
	struct holder *holder = &holders->list[holders->depth++];
	struct address_class *list;

	*holder = (struct holder){ .prefix = *prefix, .class = class };
	if (holders->depth > 1) {
		holder[-1].held += prefix_addresses(prefix);
		holder[-1].empty = holder[-1].held == prefix_addresses(&holder[-1].prefix);
	}
	if (!addresses)
		return 0;
	list = array_room(addresses->list, addresses->count, sizeof(*list));
	if (!list)
		return error_no_memory(work->error);
	addresses->list = list;
	holder->address = addresses->count++;
	list[holder->address] = (struct address_class){
		.prefix = *prefix,
		.direction = work->direction,
		.class = class,
	};
	return 0;
}

/* The class of the addresses around the prefix. */
static uint32_t class_around(const struct classifying *work, struct holders *holders,
			     const struct policy_prefix *prefix)
{
	while (holders->depth &&
	       (holders->list[holders->depth - 1].prefix.family != prefix->family ||
		!policy_prefix_holds(&holders->list[holders->depth - 1].prefix, prefix)))
		holder_leave(work, holders);
	return holders->depth ? holders->list[holders->depth - 1].class : 0;
}

/* Classifies the prefix of members[at] and returns how many members share it, or -errno. */
static int prefix_classify(struct classifying *work, struct holders *holders, size_t at)
{
	const struct policy_prefix *prefix = &work->members[at].prefix;
	uint32_t parent = class_around(work, holders, prefix), class = 0, added = 0;
	size_t end = at;
	int r;

	for (; end < work->members_count &&
	       !policy_prefix_compare(&work->members[end].prefix, prefix);
	     end++)
		if (!class_has(work->classes, parent, work->members[end].list))
			work->classes->added_lists[work->added_count + added++] =
				work->members[end].list;
	if (!added) /* same class as around it */
		return (int)(end - at);
	r = class_intern(work, parent, added, &class);
	if (r)
		return r;
	r = holder_enter(work, holders, prefix, class);
	return r ? r : (int)(end - at);
}

static int sets_make(struct classifying *work)
{
	struct address_classes *classes = work->classes;
	struct holders holders = { .depth = 0 };

	classes->sets = calloc(1, sizeof(*classes->sets));
	classes->added_lists = calloc(work->members_count + 1, sizeof(uint32_t));
	if (!classes->sets || !classes->added_lists ||
	    hash_index_init(&work->set_index, (uint32_t)work->members_count))
		return error_no_memory(work->error);
	classes->count = 1;
	for (size_t at = 0; at < work->members_count;) {
		int step = prefix_classify(work, &holders, at);

		if (step < 0)
			return step;
		at += step;
	}
	while (holders.depth)
		holder_leave(work, &holders);
	return 0;
}

/*
 * Counts the lists of all classes, including inherited ones, and advances next[list] for each.
 * Stores the class at next[list] if classes->classes exists. Stops past the limit.
 */
static size_t memberships(const struct classifying *work, uint32_t *next)
{
	struct address_classes *classes = work->classes;
	size_t count = 0;

	for (uint32_t class = 1; class < classes->count; class ++)
		for (uint32_t holder = class; holder; holder = classes->sets[holder].parent)
			for (uint32_t i = 0; i < classes->sets[holder].added_count; i++) {
				uint32_t list =
					classes->added_lists[classes->sets[holder].added + i];

				if (++count > work->members_max)
					return count;
				if (classes->classes)
					classes->classes[next[list]] = class;
				next[list]++;
			}
	return count;
}

/* Makes the lists' classes: counts them first, then stores them. */
static int classes_of_lists_make(struct classifying *work)
{
	struct address_classes *classes = work->classes;
	_cleanup_free_ uint32_t *next = calloc(classes->lists + 2, sizeof(*next));
	size_t count;

	classes->first_class = calloc(classes->lists + 2, sizeof(uint32_t));
	if (!next || !classes->first_class)
		return error_no_memory(work->error);
	count = memberships(work, classes->first_class + 1);
	if (count > work->members_max)
		return too_many(work, 0, ADDRESS_MEMBERS_MAX, "overlaps between prefixes of rules");
	for (uint32_t list = 0; list < classes->lists; list++)
		classes->first_class[list + 1] += classes->first_class[list];
	memcpy(next, classes->first_class, (classes->lists + 1) * sizeof(*next));
	classes->classes = calloc(count + 1, sizeof(uint32_t));
	if (!classes->classes)
		return error_no_memory(work->error);
	memberships(work, next);
	return 0;
}

static int classify(struct classifying *work)
{
	int r = lists_make(work);

	if (r)
		return r;
	r = members_make(work);
	if (r)
		return r;
	r = sets_make(work);
	if (r)
		return r;
	return classes_of_lists_make(work);
}

int address_classes_make(const struct policy *policy, enum portsieve_direction direction,
			 const char *file, struct address_classes *classes,
			 struct addresses *addresses, struct error *error)
{
	_cleanup_free_ const struct policy_prefixes **lists =
		calloc(policy->rules_count + 1, sizeof(const struct policy_prefixes *));
	__attribute__((cleanup(classifying_free))) struct classifying work = {
		.given = lists,
		.given_count = policy->rules_count,
		.classes_max = PORTSIEVE_CLASSES_MAX,
		.members_max = ADDRESS_MEMBERS_MAX,
		.policy = policy,
		.file = file,
		.direction = direction,
		.classes = classes,
		.addresses = addresses,
		.error = error,
	};

	*classes = (struct address_classes){ 0 };
	if (!lists)
		return error_no_memory(error);
	for (size_t i = 0; i < policy->rules_count; i++)
		lists[i] = policy_rule_prefixes(&policy->rules[i], direction);
	return classify(&work);
}

int address_lists_classify(const struct policy_prefixes *const *lists, size_t count,
			   struct address_classes *classes, struct addresses *addresses)
{
	__attribute__((cleanup(classifying_free))) struct classifying work = {
		.given = lists,
		.given_count = count,
		.classes_max = UINT32_MAX,
		.members_max = ADDRESS_LISTS_MEMBERS_MAX,
		.classes = classes,
		.addresses = addresses,
	};

	*classes = (struct address_classes){ 0 };
	return classify(&work);
}
