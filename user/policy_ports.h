/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Between the grammar of `ports` (policy_ports.c) and the wording of its errors
 * (policy_ports_error.c); nobody else includes it.
 */
#ifndef PORTSIEVE_POLICY_PORTS_H
#define PORTSIEVE_POLICY_PORTS_H

#include "policy.h"

struct ports_protocol {
	const char *name;
	unsigned int transports; /* bit: 1 << enum portsieve_transport */
};

struct ports_word {
	const char *start;
	size_t length;
};

/* One text of `ports` on the way to its intervals. */
struct ports_reading {
	const char *text;
	const struct policy_host *host;
	struct error *error;		       /* may be NULL */
	const struct ports_protocol *protocol; /* of the entry being read */
	const char *at;			       /* the item being read */
	struct policy_interval *intervals;
	size_t intervals_count;
	size_t items;
	bool uses_registry_set;
};

/* A word as a C string; "" for one that is longer than any service's name. */
struct ports_name {
	char text[64];
};

struct ports_name ports_name(const struct ports_word *word);
bool ports_word_is(const struct ports_word *word, const char *text);

/* By index; NULL past the last. */
const struct ports_protocol *ports_protocol_at(size_t index);
const char *ports_set_name(size_t index);

/* Each sets the error and returns -EINVAL (-ENOMEM); `at` points into reading->text. */
int ports_error(struct ports_reading *reading, const char *at, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
int ports_no_memory(struct ports_reading *reading);
int ports_unknown_protocol(struct ports_reading *reading, const struct ports_word *word);
int ports_unknown_item(struct ports_reading *reading, const struct ports_word *word);

#endif
