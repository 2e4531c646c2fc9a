/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy: reading it from text, printing it, and changing its runtime rules. Pure: no BPF, clock,
 * globals or logging; the caller reads the file and the host's settings.
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
	POLICY_ITEMS_MAX = 65536,	/* in `ports` of one rule */
	POLICY_INTERVALS_MAX = 1 << 20, /* of all rules; sets and names give several per item */
	POLICY_PREFIXES_MAX = 1 << 18,	/* of all rules, for `from` and `to` together: see sets.h */
	POLICY_SETS_MAX = 256,
	POLICY_DESCRIPTION_MAX = 200, /* bytes, without the terminating NUL */
	POLICY_ERRORS_MAX = 20,
};

/* The UDP ports for replies to DHCP clients (RFC 2131 4.1, RFC 8415 7.2). Host order. */
enum dhcp_client_port {
	DHCP_CLIENT_PORT = 68,
	DHCPV6_CLIENT_PORT = 546,
};

enum policy_action {
	POLICY_ALLOW,
	POLICY_DROP,
};

/* The value of a knob of `portless`; unset if the policy does not mention it. */
enum policy_choice {
	POLICY_CHOICE_UNSET,
	POLICY_CHOICE_ALLOW,
	POLICY_CHOICE_DROP,
};

/* Which dropped packets pass as replies, in the order of policy_returns. */
enum policy_return {
	POLICY_RETURN_NONE,
	POLICY_RETURN_SOCKET,	   /* a socket of the host expects them */
	POLICY_RETURN_ESTABLISHED, /* TCP segments with ACK or RST */
	POLICY_RETURN_FLOW,	   /* answers to packets that have left */
	POLICY_RETURN_SOCKET_FLOW, /* either */
	POLICY_RETURN_AUTO,	   /* sockets if they find all of the host's replies, else either */
	POLICY_RETURNS,
};

enum policy_flows {
	POLICY_FLOWS_MIN = 1024,
	POLICY_FLOWS_DEFAULT = 65536,
	POLICY_FLOWS_MAX = 1 << 22,
	POLICY_GRACE_SECONDS_DEFAULT = 60,
	POLICY_GRACE_SECONDS_MAX = 3600,
};

/* Which UDP sockets without a peer count as clients, in the order of policy_udp_clients. */
enum policy_udp_clients {
	POLICY_UDP_NEVER,
	POLICY_UDP_FLOW,      /* those that have sent to the peer (`return: flow`) */
	POLICY_UDP_EPHEMERAL, /* those on ephemeral ports */
	POLICY_UDP_ANY,
	POLICY_UDP_CLIENTS,
};

/* `replies` of a rule that drops; unset: replies pass if the rule has no `from`. */
enum policy_replies {
	POLICY_REPLIES_UNSET,
	POLICY_REPLIES_PASS,
	POLICY_REPLIES_DROP,
};

/* The words in policies, NULL-terminated; policy_returns also has words that are refused. */
extern const char *const policy_returns[];
extern const char *const policy_udp_clients[];
extern const char *const policy_passes_or_drops[]; /* "pass", "drop" */

/* A place in the text. Both start at 1; column counts characters. */
struct policy_place {
	uint32_t line;
	uint32_t column;
};

/*
 * An inclusive interval of ports of one transport, in host order, from one item of `ports`.
 * `assigned`, `unassigned` and names with several ports give several intervals.
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

/* A prefix of addresses; its host bits are zero. */
struct policy_prefix {
	uint8_t address[16]; /* network order; IPv4 in the first four bytes, the rest zero */
	uint8_t length;	     /* 0 to 32 or 128 */
	uint8_t family;	     /* enum policy_family */
};

/* May overlap. None means any address, of either family, unless `is_empty`. */
struct policy_prefixes {
	struct policy_prefix *list;
	size_t count;
	bool is_borrowed; /* the list belongs to a set */
	bool is_empty;	  /* contains no address, since it names only sets without members */
};

/* Do they contain every address? */
static inline bool policy_prefixes_any(const struct policy_prefixes *prefixes)
{
	return !prefixes->count && !prefixes->is_empty;
}

/* A set that a rule names in `from` or `to`. */
struct policy_set_use {
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
	struct policy_place place;
};

struct policy_set_uses {
	struct policy_set_use *list;
	size_t count;
	size_t own; /* the rule's own prefixes, before the sets' members; only with uses */
};

/* A named list of prefixes. */
struct policy_set {
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
	char *file;			/* path as written; NULL: the policy has the members */
	char *path;			/* absolute; NULL: no file, or unknown */
	uint8_t sha256[32];		/* of the bytes of the file */
	struct policy_prefixes members; /* from a file: sorted, without duplicates */
	struct policy_place place;
};

struct policy_rule {
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
	enum policy_action action;
	char *description; /* one line; NULL: none */
	/*
	 * the text of `ports`, with white space folded; NULL: it has none, and matches packets
	 * without a port too
	 */
	char *ports;
	struct policy_interval *intervals; /* in the order of the text; may overlap */
	size_t intervals_count;
	struct policy_prefixes from; /* a packet must match `ports`, `from` and `to` */
	struct policy_prefixes to;
	struct policy_set_uses sets[PORTSIEVE_DIRECTIONS]; /* the sets whose members are included */
	bool failsafe;					   /* see failsafe.h */
	bool runtime;					   /* from `runtime`, not from `rules` */
	bool monitor;	/* of a drop rule: it only counts what it would drop */
	bool only_from; /* of an allow rule: it drops packets from other sources */
	enum policy_replies replies;
	uint64_t until_ns;		 /* CLOCK_BOOTTIME; 0: no end. Runtime rules only */
	bool uses_registry_set;		 /* names `assigned` or `unassigned` */
	struct policy_place place;	 /* of the rule's name */
	struct policy_place ports_place; /* of the text of `ports` */
};

struct policy {
	bool monitor;
	enum policy_action default_action;
	bool default_monitor; /* of `default: drop`: it only counts what it would drop */
	enum policy_choice knobs[PORTSIEVE_KNOBS];	  /* the two fixed ones stay unset */
	struct policy_place knob_places[PORTSIEVE_KNOBS]; /* of those that are set */
	enum policy_return return_mode;
	enum policy_udp_clients udp_clients; /* `unconnected_udp` */
	uint32_t flows;			     /* size of the table */
	uint32_t grace_seconds;		     /* how long any segment that leaves is learned */
	bool simultaneous_open;		     /* a SYN without ACK may be a reply */
	bool dhcp_client;		     /* udp/68 and udp/546 pass `default: drop` */
	struct policy_set *sets;
	size_t sets_count;
	struct policy_rule *rules; /* failsafe rules, runtime rules, then those of `rules` */
	size_t rules_count;
	size_t failsafe_count;
	size_t runtime_count;
	bool names_runtime; /* the text has the key `runtime`, even with an empty list */
};

/* The file of a set. The caller frees the texts. */
struct policy_set_file {
	char *text;
	size_t size;
	char *name; /* for errors */
	char *path; /* absolute; NULL: unknown */
	uint8_t sha256[32];
};

/* Reads the file of a set. Returns 0, or -errno with the error filled in except for its place. */
typedef int policy_set_read_fn(void *context, const struct policy_set *set,
			       struct policy_set_file *ret_file, struct error *error);

struct policy_files {
	policy_set_read_fn *read;
	void *context;
};

/* The settings of the host that a policy depends on. Ports in host order, inclusive. */
struct policy_host {
	uint16_t ephemeral_low; /* ip_local_port_range */
	uint16_t ephemeral_high;
	bool forwards_ipv6;		  /* mobility messages (ICMPv6 144-147) may be in transit */
	bool needs_flows;		  /* it forwards, or has a bridge, VLAN or the like */
	int64_t realtime_ns;		  /* now, by the clock in which `until` is written */
	int64_t boottime_ns;		  /* now, by the clock of until_ns */
	const struct policy_files *files; /* for reading a policy; NULL: sets cannot have files */
};

/* The policy without a policy file: no rules, default allow. */
void policy_init(struct policy *policy);

/* Does it drop anything by its default or by a rule, in either mode? */
bool policy_drops(const struct policy *policy);

/*
 * Does it really drop anything: in enforce mode, by a default or rule that is not only monitored?
 */
bool policy_enforces(const struct policy *policy);

/* Can packets that the policy drops pass if they are replies? */
bool policy_asks(const struct policy *policy);

/* `return`, with `auto` resolved for the host. */
enum policy_return policy_return_chosen(const struct policy *policy,
					const struct policy_host *host);

/*
 * Does the rule match packets from any source, or to any destination? A rule with `only_from` does:
 * the source only decides between allow and drop.
 */
bool policy_rule_takes_any(const struct policy_rule *rule, enum portsieve_direction direction);

/* Has the rule no `ports`? Then it matches all IP packets of its addresses. */
static inline bool policy_rule_is_portless(const struct policy_rule *rule)
{
	return !rule->intervals_count;
}

/* Do packets that the rule drops pass if they are replies? */
bool policy_rule_asks(const struct policy_rule *rule);

/* Frees what the policy owns and resets it as policy_init does. */
void policy_free(struct policy *policy);

/* The errors of a text, in the order of their places. */
struct policy_errors {
	struct error list[POLICY_ERRORS_MAX];
	size_t count;
};

/*
 * Reads `size` bytes of policy text (YAML 1.1, so JSON too; UTF-8). On success *ret_policy is the
 * policy, owned by the caller. Returns -EINVAL with error filled in (file, line, column, text, exit
 * EXIT_USAGE), or -ENOMEM; *ret_policy is then untouched. `file` is only used to name the place.
 */
int policy_read(const char *text, size_t size, const char *file, const struct policy_host *host,
		struct policy *ret_policy, struct error *error);

/*
 * As policy_read, but continues after errors: with -EINVAL, *errors has all of them, up to
 * POLICY_ERRORS_MAX, and *error is one of them.
 */
int policy_read_all(const char *text, size_t size, const char *file, const struct policy_host *host,
		    struct policy *ret_policy, struct policy_errors *errors, struct error *error);

/*
 * Reads a text of `ports` alone ("tcp/80,443 udp/dns") into new intervals, owned by the caller. An
 * error has line 1 and the column in `text`. ret_uses_registry_set may be NULL.
 */
int policy_ports_read(const char *text, const struct policy_host *host,
		      struct policy_interval **ret_intervals, size_t *ret_count,
		      bool *ret_uses_registry_set, struct error *error);

/*
 * Normalises a text of `ports` in place, to the form of policy_rule.ports: one space between
 * entries, none after a comma, the protocol first and in lower case. Keeps invalid words.
 */
void policy_ports_fold(char *text);

/*
 * Reads one prefix, "192.0.2.0/24", "2001:db8::/32", or an address, which is a prefix of full
 * length. -EINVAL with the text of the error filled in (no place): not an address, length too
 * large, or host bits set (the error says which prefix would be right).
 */
int policy_prefix_read(const char *text, struct policy_prefix *ret_prefix, struct error *error);

/* "192.0.2.0/24"; full lengths are omitted. */
struct policy_prefix_text {
	char text[64];
};
struct policy_prefix_text policy_prefix_print(const struct policy_prefix *prefix);

/* Does the prefix contain the other one? False if their families differ. */
bool policy_prefix_holds(const struct policy_prefix *prefix, const struct policy_prefix *other);

/*
 * For qsort: by family, address and length, so that each prefix is directly followed by those that
 * it contains.
 */
int policy_prefix_compare(const void *one, const void *other);

/* Makes a sorted copy without duplicates; the caller frees its list. Returns 0 or -ENOMEM. */
int policy_prefixes_sort(const struct policy_prefixes *prefixes,
			 struct policy_prefixes *ret_sorted);

void policy_prefixes_free(struct policy_prefixes *prefixes);

/* Are they the same set of prefixes? Also false if out of memory. */
bool policy_prefixes_same(const struct policy_prefixes *a, const struct policy_prefixes *b);

/* The rule's `from` or `to`. */
static inline const struct policy_prefixes *policy_rule_prefixes(const struct policy_rule *rule,
								 enum portsieve_direction direction)
{
	return direction == PORTSIEVE_SOURCE ? &rule->from : &rule->to;
}

/* A packet as rules see it. Both addresses have full length and the same family. */
struct policy_packet {
	enum portsieve_transport transport;
	uint16_t port;
	/* PORTSIEVE_ANY, a packet without a port, has these instead: */
	bool knob_drops;  /* its knob drops it, and that is not only monitored */
	bool is_unlifted; /* its knob is one of PORTSIEVE_UNLIFTED_KNOBS */
	struct policy_prefix source;
	struct policy_prefix destination;
	uint64_t boottime_ns;
};

/* The decision on a packet, regardless of the policy's mode. */
struct policy_decision {
	const struct policy_rule *rule; /* that counts it; NULL: the default or the knob does */
	bool drop;			/* may be only monitored: see the rule, or the default */
};

/*
 * Decides a packet by trying the rules in order. The first matching rule that is not only monitored
 * decides and counts it; if that allows the packet, the first matching rule counts it.
 */
struct policy_decision policy_decide(const struct policy *policy,
				     const struct policy_packet *packet);

/*
 * Adds copies of rules with unique names directly after the failsafe rules, in order; reads their
 * ports again, with the settings of `host`. An existing runtime rule of that name that differs only
 * in its end is moved there and gets the new end (*ret_renewed counts these). Else returns, with
 * the error filled in and the policy unchanged, -EEXIST for a name in use, or -E2BIG if the policy
 * would exceed a limit.
 */
int policy_runtime_add(struct policy *policy, const struct policy_rule *rules, size_t count,
		       const struct policy_host *host, size_t *ret_renewed, struct error *error);

/* A choice of runtime rules: by name, by a `from` of exactly one of these prefixes, or all. */
struct policy_runtime_choice {
	const char *const *names;
	size_t names_count;
	const struct policy_prefix *from;
	size_t from_count;
	bool all;
};

/* Does the policy have a chosen runtime rule? */
bool policy_runtime_has(const struct policy *policy, const struct policy_runtime_choice *choice);

/* Moves the chosen runtime rules to a list; the caller frees the rules and the list. -ENOMEM. */
int policy_runtime_remove(struct policy *policy, const struct policy_runtime_choice *choice,
			  struct policy_rule **ret_removed, size_t *ret_count);

/*
 * Fills in the error that says why no runtime rule has this name, or this prefix. Returns -ENOENT.
 */
int policy_runtime_refuse_name(const struct policy *policy, const char *name, struct error *error);
int policy_runtime_refuse_from(const struct policy *policy, const struct policy_prefix *prefix,
			       struct error *error);

/*
 * Do both rules match the same packets and take the same action? Ignores names, ends, duplicates
 * and the order of ports and prefixes. Also false if out of memory.
 */
bool policy_rules_same(const struct policy_rule *a, const struct policy_rule *b);

/*
 * Is the name valid for a rule? And the advice for errors (a printf format that takes the maximum).
 */
bool policy_name_is_good(const char *name);
bool policy_name_letter(char letter);
#define POLICY_NAME_RIGHT "write 1 to %d of a-z, 0-9, '.', '_', '-', the first a letter or a digit"

/* The rule of that name, from either file or a runtime rule, or NULL. */
struct policy_rule *policy_rule_named(const struct policy *policy, const char *name);

/* Removes the runtime rules that have ended. */
void policy_runtime_expire(struct policy *policy, uint64_t now_ns);

/*
 * Copies the runtime rules of `live` to `policy`, which has none, as `apply` does for a file
 * without the key `runtime`. Reads their ports again, with the settings of `host`. Skips a rule
 * without an end that the file also has, as written by `save`. Returns, with the error filled in,
 * -EEXIST if the file has a different rule of that name, or -E2BIG if the policy would exceed a
 * limit.
 */
int policy_runtime_keep(struct policy *policy, const struct policy *live,
			const struct policy_host *host, struct error *error);

/*
 * The policy after applying a file written by `save`: runtime rules without an end become the first
 * rules of the file, the others stay runtime rules. *ret_view shares everything but the list of
 * rules, which the caller frees. -ENOMEM.
 */
int policy_runtime_saved(const struct policy *policy, struct policy *ret_view);

/* Frees what a rule owns and empties it. */
void policy_rule_free(struct policy_rule *rule);

/*
 * The policy as canonical text, without its failsafe rules. policy_read reads the same policy from
 * it. The host's clocks convert the ends of rules to RFC 3339 (UTC, whole seconds). The caller
 * frees it. NULL if out of memory.
 */
char *policy_print(const struct policy *policy, const struct policy_host *host);

/* The same, with the members of sets instead of their files. */
char *policy_print_expanded(const struct policy *policy, const struct policy_host *host);

/* "tcp", "udp", "sctp", "dccp"; "any" for PORTSIEVE_ANY. */
const char *transport_name(enum portsieve_transport transport);

#endif
