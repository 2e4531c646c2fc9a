/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which recorded packets a command shows: the words of its options, and what the program gets. */
#ifndef PORTSIEVE_EVENT_CHOICE_H
#define PORTSIEVE_EVENT_CHOICE_H

#include "base/suggest.h"
#include "print/events.h"

/* What all of a packet must match; NULL, -1, 0: anything. */
struct event_choice {
	int verdict; /* enum portsieve_verdict */
	const char *rule;
	int reason; /* enum portsieve_reason */
	int port;
	unsigned int transports; /* of `port`: bit N is enum portsieve_transport N */
	bool has_from;
	struct policy_prefix from;
};

/* The verdict may be -1, each word NULL. Bad words are -EINVAL, with EXIT_USAGE. The choice keeps
 * `rule`. */
int event_choice_read(int verdict, const char *rule, const char *reason, const char *port,
		      const char *from, struct event_choice *ret_choice, struct error *error);

/* Does it leave out anything? */
bool event_choice_is_narrow(const struct event_choice *choice);

/*
 * Has the policy the rule of the choice? The names of built-in ranges count. If it has not, their
 * names are offered to `suggest`.
 */
bool event_choice_has_rule(const struct event_choice *choice, const struct portsieve_image *image,
			   struct suggest *suggest);

bool event_choice_matches(const struct event_choice *choice, const struct event *event,
			  const struct event_words *words);

/* What the program can do of it: never less than what matches. `image` may be NULL. */
struct portsieve_event_filter event_choice_filter(const struct event_choice *choice,
						  const struct portsieve_image *image);

#endif
