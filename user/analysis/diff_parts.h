/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parts of comparing policies. Private to diff*.c. */
#ifndef PORTSIEVE_POLICY_DIFF_PARTS_H
#define PORTSIEVE_POLICY_DIFF_PARTS_H

#include "analysis/diff.h"
#include "compile/address_classes.h"

enum { BEFORE, AFTER, SIDES };

/* The addresses of one direction, partitioned by the prefix lists of both policies. */
struct partition {
	const uint32_t *lists[SIDES]; /* by rule: number of its list, or ADDRESS_LIST_ANY */
	struct address_classes classes;
	bool too_many;		   /* too many to partition: only `lists` is valid */
	uint8_t *families;	   /* by class: bits 1 << family of its addresses */
	struct addresses prefixes; /* ascending, including /0 of both families */
	uint32_t *parents;	   /* by prefix: the next shorter non-empty one */
	uint32_t *of_class;	   /* non-empty prefixes of class 0, of class 1, ... */
	uint32_t *first_of_class;  /* by class, plus one more: index in of_class */
	uint32_t classes_of_family[POLICY_FAMILIES]; /* number of classes with such addresses */
	bool *marked;				     /* by class; all false between calls */
	uint32_t *item_of_class; /* for the current segment: see diff_segment.c */
	void **areas;		 /* those built so far; owned by the difference */
};

/* The policies being compared, and the partitions that all parts use. */
struct comparison {
	const struct policy *policies[SIDES];
	const struct policy_diff_side *sides[SIDES];
	struct policy_diff *diff;
	struct partition partitions[PORTSIEVE_DIRECTIONS];
};

struct policy_diff_changes {
	struct policy_diff_change *list;
	size_t count;
};

/* The effect on packets of a change of the decider. */
enum policy_diff_effect policy_diff_effect_of(const struct policy_decider *before,
					      const struct policy_decider *after);

/* The rule as a decider; its other half if `others`. */
struct policy_decider policy_decider_of(const struct policy *policy, const struct policy_rule *rule,
					bool others);

/* diff_areas.c. -ENOMEM. Free with partition_free in any case. */
int partition_make(struct comparison *comparison, enum portsieve_direction direction);
void partition_free(struct partition *partition);

/*
 * The union of `classes` (ascending), or its complement, restricted to some families. Equal
 * questions get the same pointer. NULL if out of memory.
 */
struct area_question {
	const uint32_t *classes;
	size_t count;
	bool complement;
	uint8_t families; /* bits: 1 << enum policy_family */
};
const struct area *partition_area(struct partition *partition,
				  const struct area_question *question);
void partition_areas_free(void *areas);

/*
 * diff_ports.c: splits the ports into segments and merges equal changes of adjacent ones. -ENOMEM.
 */
int policy_diff_ports(struct comparison *comparison);

/* Orders changes by all but the ports, as for qsort. */
int policy_diff_compare_what(const void *one, const void *other);

/* diff_portless.c: appends the changes of packets without a port to an array (array.h). -ENOMEM. */
int policy_diff_portless(struct comparison *comparison, struct policy_diff_changes *changes);

/*
 * A contender is a rule, or its other half: what a rule with `only_from` drops from any source,
 * after what it allows. Its number is twice the rule's index, plus 1 for the other half.
 */
static inline uint32_t contender_rule(uint32_t number)
{
	return number / 2;
}

static inline bool contender_is_others(uint32_t number)
{
	return number % 2;
}

/*
 * The rules for a port range, up to the first that matches all packets and is not only monitored.
 */
struct contenders {
	const uint32_t *numbers; /* ascending */
	size_t count;
	struct policy_decider otherwise; /* if none of them matches */
};

/*
 * One port range whose contenders are the same throughout, or packets without a port: those of
 * knobs that do the same.
 */
struct segment {
	uint8_t transport;
	uint32_t knobs;
	uint16_t low;
	uint16_t high;
	struct contenders sides[SIDES];
};

/* diff_segment.c: appends the changes of one segment to an array (array.h). -ENOMEM. */
int policy_diff_segment(struct comparison *comparison, const struct segment *segment,
			struct policy_diff_changes *changes);

#endif
