/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy as its text says it: the way from text to struct policy, the remarks on it, and the way
 * back. Pure: no BPF, clock, globals or logging; the caller reads the file and the host's settings.
 */
#ifndef PORTSIEVE_POLICY_H
#define PORTSIEVE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portsieve/abi.h>

#include "error.h"

enum policy_limits {
	POLICY_TEXT_MAX = 16 << 20,	/* bytes of a policy file */
	POLICY_ITEMS_MAX = 65536,	/* of `ports` in one rule */
	POLICY_INTERVALS_MAX = 1 << 20, /* of all rules; sets and names give several per item */
};

enum policy_action {
	POLICY_ALLOW,
	POLICY_DROP,
};

/* A knob of `portless`: what the policy says, or that it says nothing. */
enum policy_choice {
	POLICY_CHOICE_UNSET,
	POLICY_CHOICE_ALLOW,
	POLICY_CHOICE_DROP,
};

/* A place in the text, both from 1; column counts characters. */
struct policy_place {
	uint32_t line;
	uint32_t column;
};

/*
 * One inclusive interval of ports of one transport, in host order, as one item of `ports` gave it.
 * `assigned`, `unassigned` and names with several ports give several intervals each.
 */
struct policy_interval {
	uint16_t low;
	uint16_t high;
	uint8_t transport; /* enum portsieve_transport */
};

struct policy_rule {
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
	enum policy_action action;
	char *ports; /* the text of `ports`, runs of white space folded to one space */
	struct policy_interval *intervals; /* in the order of the text; may overlap */
	size_t intervals_count;
	bool uses_registry_set;		 /* names `assigned` or `unassigned` */
	struct policy_place place;	 /* of the rule's name */
	struct policy_place ports_place; /* of the text of `ports` */
};

struct policy {
	bool monitor;
	enum policy_action default_action;
	enum policy_choice knobs[PORTSIEVE_KNOBS]; /* the two fixed ones stay unset */
	bool dhcp_client;			   /* udp/68 and udp/546 pass a default of drop */
	struct policy_rule *rules;
	size_t rules_count;
};

/* What a policy means depends on the host in these points. Ports in host order, inclusive. */
struct policy_host {
	uint16_t ephemeral_low; /* ip_local_port_range */
	uint16_t ephemeral_high;
	bool forwards_ipv6; /* mobility messages (ICMPv6 144-147) may be in transit */
};

/*
 * The policy when there is no policy file: no rules, default allow. Cannot fail.
 */
void policy_init(struct policy *policy);

/* Frees what the policy owns and leaves it as policy_init does. */
void policy_free(struct policy *policy);

/*
 * Reads `size` bytes of policy text (YAML 1.1, so JSON too; UTF-8). On success *ret_policy is the
 * policy, owned by the caller. Returns -EINVAL with error filled in (file, line, column, text, exit
 * EXIT_USAGE), or -ENOMEM; *ret_policy is then untouched. `file` is only used to name the place.
 */
int policy_read(const char *text, size_t size, const char *file, const struct policy_host *host,
		struct policy *ret_policy, struct error *error);

/*
 * Reads a text of `ports` alone ("tcp/80,443 udp/dns") into new intervals, owned by the caller. An
 * error has line 1 and the column in `text`. ret_uses_registry_set may be NULL.
 */
int policy_ports_read(const char *text, const struct policy_host *host,
		      struct policy_interval **ret_intervals, size_t *ret_count,
		      bool *ret_uses_registry_set, struct error *error);

/*
 * Remarks on a policy that is valid but may not be what its author meant: a rule, or a range of
 * one, that can never match, and which rules are before it; `assigned` used as a
 * security policy. Each is handed to `remark` with its place in `error` (exit is EXIT_DONE).
 */
typedef void policy_remark_fn(const struct error *error, void *context);
void policy_check(const struct policy *policy, const char *file, policy_remark_fn *remark,
		  void *context);

/*
 * The policy as canonical text that policy_read accepts and reads as the same policy. The caller
 * frees it. NULL when memory is short.
 */
char *policy_print(const struct policy *policy);

/* The name of a knob in `portless`, "later_fragment"; NULL for the fixed ones. */
const char *policy_knob_name(enum portsieve_knob knob);

/* "tcp", "udp", "sctp", "dccp". */
const char *transport_name(enum portsieve_transport transport);

#endif
