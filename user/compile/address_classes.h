/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Classes of addresses: two addresses are of one class when the same lists of prefixes (`from`, or
 * `to`, of the rules) hold them. Class 0 is in no list. Pure; private to the compiler.
 */
#ifndef PORTSIEVE_ADDRESS_CLASSES_H
#define PORTSIEVE_ADDRESS_CLASSES_H

#include <stdint.h>

#include "compile/addresses.h"
#include "base/error.h"

enum address_limits {
	ADDRESS_LIST_ANY = UINT32_MAX, /* no list: the rule matches any address */
	ADDRESS_MEMBERS_MAX = 1 << 23, /* lists of all classes, each with those of its parents */
};

/* A class holds the lists of its parent, which has a lower number, and those that it adds. */
struct address_set {
	uint32_t parent;
	uint32_t added; /* index of the first in added_lists */
	uint32_t added_count;
};

/* What one direction's prefixes make of all addresses. */
struct address_classes {
	uint32_t *list_of_rule; /* by rule: number of its list, equal lists have one */
	uint32_t lists;
	struct address_set *sets; /* by class; class 0 is empty */
	uint32_t count;
	uint32_t *added_lists;
	uint32_t *classes;     /* of list 0, of list 1, ...: see first_class */
	uint32_t *first_class; /* by list, and one more: index in classes */
};

/*
 * Classifies by `from` or `to`. The prefixes with their classes are appended to `addresses`, unless
 * it is NULL. -E2BIG with the place in `file`, -ENOMEM. Free with address_classes_free in any case.
 */
int address_classes_make(const struct policy *policy, enum portsieve_direction direction,
			 const char *file, struct address_classes *classes,
			 struct addresses *addresses, struct error *error);
void address_classes_free(struct address_classes *classes);

#endif
