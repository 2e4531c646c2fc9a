/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The oracle: a second, independent implementation of docs/packets.md. It shares no code with the
 * program, so the two do not share errors. It supports no return traffic, and no monitor mode of a
 * whole policy: it judges by a policy with `return: none` and `mode: enforce`.
 */
#ifndef ORACLE_H
#define ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* The keys of `portless`; names by oracle_knob_name(). */
enum oracle_knob {
#define KNOB(number, name, when_left_out) KNOB_##number,
#include "knobs.inc"
#undef KNOB
	KNOB_COUNT,
};

struct oracle_interval {
	const char *transport; /* "tcp", "udp" (UDP-Lite too), "sctp", "dccp" */
	uint16_t low, high;    /* inclusive, low <= high */
};

enum oracle_family {
	ORACLE_IPV4,
	ORACLE_IPV6,
};

struct oracle_prefix {
	enum oracle_family family;
	uint8_t length;	     /* bits that count, 0 to 32 or 128 */
	uint8_t address[16]; /* of IPv4 the first four */
};

/* Empty: any address, of either family. */
struct oracle_prefixes {
	const struct oracle_prefix *list;
	size_t count;
};

/*
 * Matches a packet that has a port in the intervals, a source in `from`, a destination in `to`.
 * Without intervals it is a rule without ports.
 */
struct oracle_rule {
	const char *name;
	bool drop;
	const struct oracle_interval *intervals;
	size_t interval_count;
	struct oracle_prefixes from, to;
	bool ends;	/* has an end */
	bool ended;	/* which has passed: matches nothing */
	bool monitor;	/* its drops are only counted */
	bool only_from; /* `from` is `only_from`: what comes from elsewhere is dropped */
};

struct oracle_policy {
	bool default_drop;
	bool default_monitor;		 /* the default's drops are only counted */
	bool dhcp_client;		 /* `dhcp_client: auto` */
	bool knob_drops[KNOB_COUNT];	 /* indexed by enum oracle_knob */
	bool knob_monitors[KNOB_COUNT];	 /* the same; those drops are only counted */
	const struct oracle_rule *rules; /* the first that matches decides; the caller owns them */
	size_t rule_count;
	size_t runtime_count; /* of the rules, the first ones: only these may have an end */
};

/* All strings are static or the policy's. */
struct oracle_opinion {
	bool drop;
	bool monitored;	    /* the drop is only counted: the packet passes */
	const char *reason; /* "rule", "default", or a reason's name: "later-fragment" */
	const char *rule;   /* a rule's name, "_port0", "_system", "_user", "_dynamic"; or NULL */
	const char
		*protocol; /* "tcp", "udp", "sctp", "dccp"; NULL when the port was not asked for */
	int port;	   /* destination, -1 with protocol NULL */
	/* of the rule's interval or the built-in range; 0 with rule NULL, all of a rule without
	 * ports */
	uint16_t low, high;
	bool new_connection; /* in a range's row: TCP with SYN and without ACK */
	const char *clause;  /* the row of docs/packets.md that decided, with a letter for a part */
	const char *because; /* that row in words */
};

/* No rules, dhcp_client true, and every knob at its default by packets.md. */
void oracle_policy_defaults(struct oracle_policy *policy, bool default_drop, bool forwards_ipv6);

/*
 * Sets the rules, and the knobs that are left out and depend on them or on the default's mode:
 * before oracle_policy_set.
 */
void oracle_policy_rules(struct oracle_policy *policy, const struct oracle_rule *rules,
			 size_t count);

/* Returns 0, or -ENOENT if no knob has that name ("later_fragment"). */
int oracle_policy_set(struct oracle_policy *policy, const char *knob, bool drop);

const char *oracle_knob_name(enum oracle_knob knob);

/* Reads frame[0..length) and nothing else. length may be 0. */
struct oracle_opinion oracle_judge(const struct oracle_policy *policy, const uint8_t *frame,
				   size_t length);

/* The clauses in the order in which they are asked, NULL past the last: for histograms. */
const char *oracle_clause(size_t index, const char **ret_words, const char **ret_reason);

/* The frame in hex, its layers in words, the opinion and the policy: what a disagreement needs. */
void oracle_describe(FILE *out, const struct oracle_policy *policy, const uint8_t *frame,
		     size_t length, const struct oracle_opinion *opinion);

#endif
