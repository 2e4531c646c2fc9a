/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The choice of recorded packets to show, from a command's options, and its filter for the program.
 */
#ifndef PORTSIEVE_EVENT_CHOICE_H
#define PORTSIEVE_EVENT_CHOICE_H

#include "base/suggest.h"
#include "print/events.h"

/* A packet must match all members; NULL, -1, 0: any. */
struct event_choice {
	int verdict; /* enum portsieve_verdict */
	const char *rule;
	int reason; /* enum portsieve_reason */
	int port;
	unsigned int transports; /* for `port`: bit N is enum portsieve_transport N */
	bool has_from;
	struct policy_prefix from;
};

/*
 * The verdict may be -1, each word NULL. -EINVAL with EXIT_USAGE: a word is invalid. The choice
 * keeps a pointer to `rule`.
 */
int event_choice_read(int verdict, const char *rule, const char *reason, const char *port,
		      const char *from, struct event_choice *ret_choice, struct error *error);

/* Does it exclude any packets? */
bool event_choice_is_narrow(const struct event_choice *choice);

/*
 * Does the policy have the chosen rule, or a built-in range of that name? If not, offers the names
 * it has to `suggest`.
 */
bool event_choice_has_rule(const struct event_choice *choice, const struct portsieve_image *image,
			   struct suggest *suggest);

bool event_choice_matches(const struct event_choice *choice, const struct event *event,
			  const struct event_words *words);

/*
 * The filter for the program, which may let through more than the choice matches. `image` may be
 * NULL.
 */
struct portsieve_event_filter event_choice_filter(const struct event_choice *choice,
						  const struct portsieve_image *image);

#endif
