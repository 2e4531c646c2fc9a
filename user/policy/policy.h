/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy as its text says it: the way from text to struct policy, and the way back. Pure: no BPF,
 * clock, globals or logging; the caller reads the file and the host's settings.
 */
#ifndef PORTSIEVE_POLICY_H
#define PORTSIEVE_POLICY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portsieve/abi.h>

#include "base/error.h"

enum policy_limits {
	POLICY_TEXT_MAX = 16 << 20,	/* bytes of a policy file */
	POLICY_ITEMS_MAX = 65536,	/* of `ports` in one rule */
	POLICY_INTERVALS_MAX = 1 << 20, /* of all rules; sets and names give several per item */
	POLICY_PREFIXES_MAX = 1 << 18,	/* of all rules, `from` and `to` together */
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

enum policy_family {
	POLICY_IPV4,
	POLICY_IPV6,
	POLICY_FAMILIES,
};

/* A prefix of addresses; the bits behind `length` are zero. */
struct policy_prefix {
	uint8_t address[16]; /* in the order of the wire; of IPv4 the first four, the rest zero */
	uint8_t length;	     /* 0 to 32 or 128 */
	uint8_t family;	     /* enum policy_family */
};

/* Prefixes in the order of the text; may overlap. None means any address, of either family. */
struct policy_prefixes {
	struct policy_prefix *list;
	size_t count;
};

struct policy_rule {
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
	enum policy_action action;
	char *ports; /* the text of `ports`, runs of white space folded to one space */
	struct policy_interval *intervals; /* in the order of the text; may overlap */
	size_t intervals_count;
	struct policy_prefixes from; /* a packet must match `ports`, `from` and `to` */
	struct policy_prefixes to;
	bool runtime;			 /* of `runtime`, not of `rules` */
	uint64_t until_ns;		 /* CLOCK_BOOTTIME; 0: without end. Runtime rules only */
	bool uses_registry_set;		 /* names `assigned` or `unassigned` */
	struct policy_place place;	 /* of the rule's name */
	struct policy_place ports_place; /* of the text of `ports` */
};

struct policy {
	bool monitor;
	enum policy_action default_action;
	enum policy_choice knobs[PORTSIEVE_KNOBS]; /* the two fixed ones stay unset */
	bool dhcp_client;			   /* udp/68 and udp/546 pass a default of drop */
	struct policy_rule *rules; /* the runtime rules first, then those of `rules` */
	size_t rules_count;
	size_t runtime_count;
	bool names_runtime; /* the text has the key `runtime`, if with an empty list */
};

/* What a policy means depends on the host in these points. Ports in host order, inclusive. */
struct policy_host {
	uint16_t ephemeral_low; /* ip_local_port_range */
	uint16_t ephemeral_high;
	bool forwards_ipv6;  /* mobility messages (ICMPv6 144-147) may be in transit */
	int64_t realtime_ns; /* one moment by two clocks: `until` is written in the first, */
	int64_t boottime_ns; /* kept in the second */
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
 * Reads one prefix, "192.0.2.0/24", "2001:db8::/32", or an address, which is a prefix of full
 * length. -EINVAL with the text of the error filled in (no place): not an address, length too
 * large, or bits set behind the length (the error says which prefix would be right).
 */
int policy_prefix_read(const char *text, struct policy_prefix *ret_prefix, struct error *error);

/* "192.0.2.0/24"; a full length is left out. */
struct policy_prefix_text {
	char text[64];
};
struct policy_prefix_text policy_prefix_print(const struct policy_prefix *prefix);

/* Does the prefix hold all addresses of the other one (same family)? */
bool policy_prefix_holds(const struct policy_prefix *prefix, const struct policy_prefix *other);

/*
 * By family and address, of prefixes of one address the shorter first: one stands before all that
 * it holds, and these follow it without a gap. As for qsort.
 */
int policy_prefix_compare(const void *one, const void *other);

/* A copy in that order, each prefix once. The caller frees its list. -ENOMEM. */
int policy_prefixes_sort(const struct policy_prefixes *prefixes,
			 struct policy_prefixes *ret_sorted);

/* The rule's `from` or `to`. */
static inline const struct policy_prefixes *policy_rule_prefixes(const struct policy_rule *rule,
								 enum portsieve_direction direction)
{
	return direction == PORTSIEVE_SOURCE ? &rule->from : &rule->to;
}

/*
 * What decides a packet, by reading the rules one by one: slow, and right. source and destination
 * are of the same family, of full length. Returns the rule, or NULL where the default decides.
 */
struct policy_packet {
	enum portsieve_transport transport;
	uint16_t port;
	struct policy_prefix source;
	struct policy_prefix destination;
	uint64_t boottime_ns;
};
const struct policy_rule *policy_decide(const struct policy *policy,
					const struct policy_packet *packet);

/*
 * Runtime rules (`allow`, `drop`). policy_runtime_add takes over *rule (name, action, ports,
 * intervals, from, to, until_ns; leaves it empty) as the first rule of all, in the place of one of
 * the same name if it says the same but for its end (*ret_renewed), else -EEXIST with the error
 * filled in; -E2BIG past PORTSIEVE_RULES_MAX. policy_runtime_remove: -ENOENT with the error filled
 * in (it names the nearest name; for a rule of the file it says to change the file).
 */
int policy_runtime_add(struct policy *policy, struct policy_rule *rule, bool *ret_renewed,
		       struct error *error);
int policy_runtime_remove(struct policy *policy, const char *name, struct error *error);

/*
 * Do both mean the same but for name and end? In whatever order they list ports and prefixes.
 * False too when memory is short.
 */
bool policy_rules_same(const struct policy_rule *a, const struct policy_rule *b);

/* What a rule may be called, and what errors say of it (a printf format that takes the maximum). */
bool policy_name_is_good(const char *name);
bool policy_name_letter(char letter);
#define POLICY_NAME_RIGHT "write 1 to %d of a-z, 0-9, '.', '_', '-', the first a letter or a digit"

/* The rule of that name, of the file or a runtime rule; NULL: there is none. */
struct policy_rule *policy_rule_named(const struct policy *policy, const char *name);

/* Removes the runtime rules whose end has come. */
void policy_runtime_expire(struct policy *policy, uint64_t now_ns);

/*
 * Puts copies of the runtime rules of `live` before those of `policy`, which has none: what `apply`
 * does with a file that has no key `runtime`. Their ports are read anew, by `host`. With the error
 * filled in: -EEXIST, a rule of the file has the name of one; -E2BIG past PORTSIEVE_RULES_MAX.
 */
int policy_runtime_keep(struct policy *policy, const struct policy *live,
			const struct policy_host *host, struct error *error);

/* Frees what one rule owns and leaves it empty. */
void policy_rule_free(struct policy_rule *rule);

/*
 * The policy as canonical text that policy_read accepts and reads as the same policy; the host's
 * clocks say what time the end of a rule is (RFC 3339, UTC, whole seconds). The caller frees it.
 * NULL when memory is short.
 */
char *policy_print(const struct policy *policy, const struct policy_host *host);

/* "tcp", "udp", "sctp", "dccp". */
const char *transport_name(enum portsieve_transport transport);

#endif
