/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes of addresses: two addresses are in one class if the same lists of prefixes (`from` or
 * `to` of the rules) contain them. Class 0 is in no list. Pure; for the compiler and for `diff`.
 */
#ifndef PORTSIEVE_ADDRESS_CLASSES_H
#define PORTSIEVE_ADDRESS_CLASSES_H

#include <stdint.h>

#include "compile/addresses.h"
#include "base/error.h"

enum address_limits {
	ADDRESS_LIST_ANY = UINT32_MAX,	     /* no list: the rule matches any address */
	ADDRESS_MEMBERS_MAX = 1 << 23,	     /* lists over all classes, including inherited ones */
	ADDRESS_LISTS_MEMBERS_MAX = 1 << 24, /* the same for address_lists_classify */
};

/* A class has the lists of its parent, which has a lower number, and those that it adds. */
struct address_set {
	uint32_t parent;
	uint32_t added; /* index of the first in added_lists */
	uint32_t added_count;
};

/* All addresses, divided by the prefixes of one direction. */
struct address_classes {
	uint32_t *list_of_rule; /* by rule: number of its list; equal lists share a number */
	uint32_t lists;
	struct address_set *sets; /* by class; class 0 is empty */
	uint32_t count;
	uint32_t *added_lists;
	uint32_t *classes;     /* those of list 0, of list 1, ...: see first_class */
	uint32_t *first_class; /* by list, plus one more: index in classes */
};

/*
 * Classifies by `from` or `to`. Appends the prefixes with their classes to `addresses` unless it is
 * NULL. -E2BIG with the place in `file`, -ENOMEM. Free with address_classes_free in any case.
 */
int address_classes_make(const struct policy *policy, enum portsieve_direction direction,
			 const char *file, struct address_classes *classes,
			 struct addresses *addresses, struct error *error);
void address_classes_free(struct address_classes *classes);

/*
 * Classifies by lists, possibly of several policies; an empty list is ADDRESS_LIST_ANY, and
 * list_of_rule is by list. The number of classes is not limited. `addresses` as above, with
 * direction 0. -ENOMEM; -E2BIG past ADDRESS_LISTS_MEMBERS_MAX, when only list_of_rule and lists are
 * valid. Free with address_classes_free in any case.
 */
int address_lists_classify(const struct policy_prefixes *const *lists, size_t count,
			   struct address_classes *classes, struct addresses *addresses);

#endif
