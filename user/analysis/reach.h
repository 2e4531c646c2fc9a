/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What packets find in a compiled image: which ranges any of them reaches, over all ports,
 * addresses and times, and which rules decide the packets that a rule asks for. Pure.
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
	bool ranges[PORTSIEVE_RANGES]; /* by id: does a packet reach it? */
	uint16_t stretch_end[PORTSIEVE_TRANSPORTS][PORTSIEVE_PORTS]; /* last port of one entry */
};

/*
 * Walks the image of a policy; `addresses` are those compiled with it. All three must outlive the
 * result, which the caller frees (free). NULL if memory is short.
 */
struct image_reach *image_reach_new(const struct policy *policy,
				    const struct portsieve_image *image,
				    const struct addresses *addresses);

/* deciders.c. The caller frees it (free), and keeps the reach until then. NULL: no memory. */
struct deciders_search *deciders_search_new(const struct image_reach *reach);

/* Indices of rules, ascending; the list belongs to the search and is valid until the next call. */
struct deciders {
	const uint16_t *rules;
	size_t count;
	bool complete; /* false: the search was cut short, there may be more */
};

/*
 * The rules that decide the packets with the rule's addresses on the ports of the ranges `first` to
 * `first` + `count` - 1, as long as the rule lasts. Where one rule decides all packets of a port,
 * it alone is named for that port.
 */
struct deciders deciders_find(struct deciders_search *search, const struct policy_rule *rule,
			      uint16_t first, size_t count);

#endif
