/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What packets find in a compiled image: the ranges that any packet reaches, over all ports,
 * addresses and times, and the rules that decide another rule's packets. Pure.
 */
#ifndef PORTSIEVE_IMAGE_REACH_H
#define PORTSIEVE_IMAGE_REACH_H

#include "compile/addresses.h"

struct image_reach {
	const struct policy *policy;
	const struct portsieve_image *image;
	const struct addresses *addresses;
	uint8_t class_families[PORTSIEVE_DIRECTIONS][PORTSIEVE_CLASSES_MAX]; /* addresses.h */
	uint32_t classes[PORTSIEVE_DIRECTIONS];				     /* count */
	bool ranges[PORTSIEVE_RANGES]; /* by id: does any packet reach it? */
	uint16_t stretch_end[PORTSIEVE_TRANSPORTS][PORTSIEVE_PORTS]; /* last port of one entry */
};

/*
 * Walks the image of a policy and the addresses compiled with it. All three must outlive the
 * result, which the caller frees (free). NULL if out of memory.
 */
struct image_reach *image_reach_new(const struct policy *policy,
				    const struct portsieve_image *image,
				    const struct addresses *addresses);

/* deciders.c. The caller frees it (free); `reach` must outlive it. NULL: out of memory. */
struct deciders_search *deciders_search_new(const struct image_reach *reach);

/* Indices of rules, ascending; the search owns the list, which is valid until the next call. */
struct deciders {
	const uint16_t *rules;
	size_t count;
	bool complete; /* false: the search was cut short; there may be more */
};

/*
 * The rules that decide the packets with the rule's addresses on the ports of the ranges `first` to
 * `first` + `count` - 1, until the rule ends. If one rule decides all packets of a port, only that
 * rule is returned for it.
 */
struct deciders deciders_find(struct deciders_search *search, const struct policy_rule *rule,
			      uint16_t first, size_t count);

#endif
