/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vocabulary of `ports`: protocols, named sets, and comparing words with them. Private to
 * ports.c and ports_error.c.
 */
#ifndef PORTSIEVE_POLICY_PORTS_WORDS_H
#define PORTSIEVE_POLICY_PORTS_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A part of the text; not terminated. */
struct ports_word {
	const char *start;
	size_t length;
};

struct ports_protocol {
	const char *name;
	unsigned int transports; /* bit: 1 << enum portsieve_transport */
};

struct ports_set {
	const char *name;
	enum ports_set_kind {
		PORTS_FIXED, /* low..high */
		PORTS_EPHEMERAL,
		PORTS_ASSIGNED,
		PORTS_UNASSIGNED,
	} kind;
	uint16_t low, high; /* of PORTS_FIXED; host order, inclusive */
};

/* Both tables end with a row whose name is NULL. */
extern const struct ports_protocol ports_protocols[];
extern const struct ports_set ports_sets[];

/* The word that starts here: up to white space or a comma. */
struct ports_word ports_word_at(const char *text);

bool ports_word_is(const struct ports_word *word, const char *text);

/* The protocol of that name, in upper or lower case; NULL: there is none. */
const struct ports_protocol *ports_protocol_find(const struct ports_word *word);

/*
 * A word with its protocol first, "tcp/22", or last, "22/tcp". protocol is NULL if it has neither.
 */
struct ports_entry {
	const struct ports_protocol *protocol;
	struct ports_word item;
};

struct ports_entry ports_entry_of(const struct ports_word *word);

/* The set of that name; NULL: there is none. */
const struct ports_set *ports_set_find(const struct ports_word *word);

/* A word as a C string; "" for a word that is longer than any service name. */
struct ports_name {
	char text[64];
};

struct ports_name ports_name(const struct ports_word *word);

#endif
