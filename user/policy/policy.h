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
	POLICY_ITEMS_MAX = 65536,	/* of `ports` in one rule */
	POLICY_INTERVALS_MAX = 1 << 20, /* of all rules; sets and names give several per item */
	POLICY_PREFIXES_MAX = 1 << 18,	/* of all rules, `from` and `to` together: see sets.h */
	POLICY_SETS_MAX = 256,
	POLICY_DESCRIPTION_MAX = 200, /* bytes, without the terminating NUL */
	POLICY_ERRORS_MAX = 20,
};

/* Where replies to a DHCP client arrive, over UDP: RFC 2131 4.1, RFC 8415 7.2. Host order. */
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

/* How packets that a rule or the default drops pass as replies, by the words of policy_returns. */
enum policy_return {
	POLICY_RETURN_NONE,
	POLICY_RETURN_SOCKET,	   /* a socket of the host expects them */
	POLICY_RETURN_ESTABLISHED, /* TCP segments with ACK or RST */
	POLICY_RETURN_FLOW,	   /* the answers to what has left */
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

/* Which UDP sockets without a peer count as clients, by the words of policy_udp_clients. */
enum policy_udp_clients {
	POLICY_UDP_NEVER,
	POLICY_UDP_FLOW,      /* those that have sent to the peer, by `return: flow` */
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

/* The words of the policy, each up to a NULL; policy_returns has further ones that are refused. */
extern const char *const policy_returns[];
extern const char *const policy_udp_clients[];
extern const char *const policy_passes_or_drops[]; /* "pass", "drop" */

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
	bool is_empty;	  /* names sets only, and these have no members: holds no address */
};

/* Do they hold every address? */
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
	size_t own; /* prefixes of the rule itself, before the sets' members; if there are uses */
};

/* A named list of prefixes. */
struct policy_set {
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
	char *file;			/* its path as written; NULL: the policy has the members */
	char *path;			/* absolute; NULL: no file, or unknown */
	uint8_t sha256[32];		/* of the bytes of the file */
	struct policy_prefixes members; /* of a file: sorted, each once */
	struct policy_place place;
};

struct policy_rule {
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
	enum policy_action action;
	char *description; /* one line; NULL: none */
	/* the text of `ports`, runs of white space folded to one space; NULL: it has none, and
	 * matches packets without a port too */
	char *ports;
	struct policy_interval *intervals; /* in the order of the text; may overlap */
	size_t intervals_count;
	struct policy_prefixes from; /* a packet must match `ports`, `from` and `to` */
	struct policy_prefixes to;
	struct policy_set_uses sets[PORTSIEVE_DIRECTIONS]; /* whose members are in these */
	bool failsafe;					   /* see failsafe.h */
	bool runtime;					   /* from `runtime`, not from `rules` */
	bool monitor;	/* of a rule that drops: it only counts what it would drop */
	bool only_from; /* of a rule that allows: it drops what is not from `from` */
	enum policy_replies replies;
	uint64_t until_ns;		 /* CLOCK_BOOTTIME; 0: without end. Runtime rules only */
	bool uses_registry_set;		 /* names `assigned` or `unassigned` */
	struct policy_place place;	 /* of the rule's name */
	struct policy_place ports_place; /* of the text of `ports` */
};

struct policy {
	bool monitor;
	enum policy_action default_action;
	bool default_monitor; /* of a default of drop: it only counts what it would drop */
	enum policy_choice knobs[PORTSIEVE_KNOBS];	  /* the two fixed ones stay unset */
	struct policy_place knob_places[PORTSIEVE_KNOBS]; /* of those that are set */
	enum policy_return return_mode;
	enum policy_udp_clients udp_clients; /* `unconnected_udp` */
	uint32_t flows;			     /* how many are remembered */
	uint32_t grace_seconds;		     /* any segment that leaves is learned so long */
	bool simultaneous_open;		     /* a SYN without ACK may be a reply */
	bool dhcp_client;		     /* udp/68 and udp/546 pass a default of drop */
	struct policy_set *sets;
	size_t sets_count;
	struct policy_rule *rules; /* failsafe rules, runtime rules, then those of `rules` */
	size_t rules_count;
	size_t failsafe_count;
	size_t runtime_count;
	bool names_runtime; /* the text has the key `runtime`, even with an empty list */
};

/* The file of a set. Who asked for it frees the texts. */
struct policy_set_file {
	char *text;
	size_t size;
	char *name; /* for errors */
	char *path; /* absolute; NULL: unknown */
	uint8_t sha256[32];
};

/* Reads the file of a set. -errno with the error filled in, apart from its place. */
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
	bool forwards_ipv6;  /* mobility messages (ICMPv6 144-147) may be in transit */
	bool needs_flows;    /* it forwards, or has a bridge, VLAN or the like: sockets do not do */
	int64_t realtime_ns; /* now, by the clock in which `until` is written */
	int64_t boottime_ns; /* now, by the clock of until_ns */
	const struct policy_files *files; /* while a policy is read; NULL: sets have none */
};

/* The policy without a policy file: no rules, default allow. */
void policy_init(struct policy *policy);

/* True if it drops anything by its default or by a rule, in either mode. */
bool policy_drops(const struct policy *policy);

/* The same, by what is not only monitored, in enforce mode. */
bool policy_enforces(const struct policy *policy);

/* Can packets that the policy drops pass if they are replies? */
bool policy_asks(const struct policy *policy);

/* `return`, with `auto` decided by the host. */
enum policy_return policy_return_chosen(const struct policy *policy,
					const struct policy_host *host);

/*
 * Does the rule match packets whatever their source, or destination? A rule with `only_from` does:
 * the source only decides what becomes of them.
 */
bool policy_rule_takes_any(const struct policy_rule *rule, enum portsieve_direction direction);

/* Has the rule no `ports`? Then it matches all IP packets of its addresses. */
static inline bool policy_rule_is_portless(const struct policy_rule *rule)
{
	return !rule->intervals_count;
}

/* Do packets that the rule drops pass if they are replies? */
bool policy_rule_asks(const struct policy_rule *rule);

/* Frees what the policy owns and leaves it as policy_init does. */
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
 * As policy_read, but goes on after an error: with -EINVAL all errors, up to POLICY_ERRORS_MAX, are
 * in *errors, and *error is one of them.
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
 * Brings a text of `ports` into the form of policy_rule.ports, in place: one space between entries,
 * none after a comma, the protocol first and in lower case. Words that are wrong stay as they are.
 */
void policy_ports_fold(char *text);

/*
 * Reads one prefix, "192.0.2.0/24", "2001:db8::/32", or an address, which is a prefix of full
 * length. -EINVAL with the text of the error filled in (no place): not an address, length too
 * large, or host bits set (the error says which prefix would be right).
 */
int policy_prefix_read(const char *text, struct policy_prefix *ret_prefix, struct error *error);

/* "192.0.2.0/24"; a full length is left out. */
struct policy_prefix_text {
	char text[64];
};
struct policy_prefix_text policy_prefix_print(const struct policy_prefix *prefix);

/* Does the prefix contain the other one? Never, if their families differ. */
bool policy_prefix_holds(const struct policy_prefix *prefix, const struct policy_prefix *other);

/*
 * By family, address and length, as for qsort: each prefix is followed directly by all those that
 * it contains.
 */
int policy_prefix_compare(const void *one, const void *other);

/* A copy in that order, without duplicates; the caller frees its list. Returns 0 or -ENOMEM. */
int policy_prefixes_sort(const struct policy_prefixes *prefixes,
			 struct policy_prefixes *ret_sorted);

void policy_prefixes_free(struct policy_prefixes *prefixes);

/* Do both hold the same addresses by the same prefixes? Also false when memory is short. */
bool policy_prefixes_same(const struct policy_prefixes *a, const struct policy_prefixes *b);

/* The rule's `from` or `to`. */
static inline const struct policy_prefixes *policy_rule_prefixes(const struct policy_rule *rule,
								 enum portsieve_direction direction)
{
	return direction == PORTSIEVE_SOURCE ? &rule->from : &rule->to;
}

/* A packet as rules see it. Both addresses have the same family and full length. */
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

/* What becomes of a packet, apart from the policy's mode. */
struct policy_decision {
	const struct policy_rule *rule; /* that counts it; NULL: the default or the knob does */
	bool drop;			/* perhaps only monitored: see the rule, or the default */
};

/*
 * Decides a packet by trying one rule after another. The first rule that matches and is not only
 * monitored counts it. Where that allows the packet, it is the first rule that matches.
 */
struct policy_decision policy_decide(const struct policy *policy,
				     const struct policy_packet *packet);

/*
 * Adds copies of rules, each with a name of its own, as the first after the failsafe rules, in
 * their order; reads their ports again, with the settings of `host`. A runtime rule of that name
 * which differs only in its end moves there and gets the new end (*ret_renewed counts these).
 * Otherwise returns, with the error filled in and the policy unchanged, -EEXIST for a name in use,
 * or -E2BIG if the policy would exceed a limit.
 */
int policy_runtime_add(struct policy *policy, const struct policy_rule *rules, size_t count,
		       const struct policy_host *host, size_t *ret_renewed, struct error *error);

/* Runtime rules: those of these names, those from exactly one of these prefixes, or all. */
struct policy_runtime_choice {
	const char *const *names;
	size_t names_count;
	const struct policy_prefix *from;
	size_t from_count;
	bool all;
};

/* Does the policy have a runtime rule of the choice? */
bool policy_runtime_has(const struct policy *policy, const struct policy_runtime_choice *choice);

/*
 * Removes these runtime rules and hands them to the caller, who frees them and the list. -ENOMEM.
 */
int policy_runtime_remove(struct policy *policy, const struct policy_runtime_choice *choice,
			  struct policy_rule **ret_removed, size_t *ret_count);

/* -ENOENT with the error filled in: why no runtime rule has this name, or is from this prefix. */
int policy_runtime_refuse_name(const struct policy *policy, const char *name, struct error *error);
int policy_runtime_refuse_from(const struct policy *policy, const struct policy_prefix *prefix,
			       struct error *error);

/*
 * Do both rules match the same packets and take the same action? Ignores names, ends, duplicates
 * and the order of ports and prefixes. Also false when memory is short.
 */
bool policy_rules_same(const struct policy_rule *a, const struct policy_rule *b);

/* Valid names of rules, and the words for them in errors (a printf format; takes the maximum). */
bool policy_name_is_good(const char *name);
bool policy_name_letter(char letter);
#define POLICY_NAME_RIGHT "write 1 to %d of a-z, 0-9, '.', '_', '-', the first a letter or a digit"

/* The rule of that name, of either file or a runtime rule; NULL: there is none. */
struct policy_rule *policy_rule_named(const struct policy *policy, const char *name);

/* Removes the runtime rules that have ended. */
void policy_runtime_expire(struct policy *policy, uint64_t now_ns);

/*
 * Copies the runtime rules of `live` to `policy`, which has none, as `apply` does for a file
 * without the key `runtime`. Reads their ports again, with the settings of `host`. A rule without
 * end that the file has, too, as `save` writes it, becomes one of the file. Returns, with the error
 * filled in, -EEXIST if the file has a different rule of that name, or -E2BIG if the policy would
 * exceed a limit.
 */
int policy_runtime_keep(struct policy *policy, const struct policy *live,
			const struct policy_host *host, struct error *error);

/*
 * What the policy is once a file saved by `save` has been applied: its runtime rules without an end
 * are the first rules of the file, the others stay runtime rules. *ret_view borrows all but the
 * list of its rules, which the caller frees. -ENOMEM.
 */
int policy_runtime_saved(const struct policy *policy, struct policy *ret_view);

/* Frees what one rule owns and leaves it empty. */
void policy_rule_free(struct policy_rule *rule);

/*
 * The policy as canonical text, from which policy_read reads the same policy, but for its failsafe
 * rules, which are left out. The host's clocks convert the ends of rules to RFC 3339 (UTC, whole
 * seconds). The caller frees it. NULL when memory is short.
 */
char *policy_print(const struct policy *policy, const struct policy_host *host);

/* The same, with the members of all sets in place of their files. */
char *policy_print_expanded(const struct policy *policy, const struct policy_host *host);

/* "tcp", "udp", "sctp", "dccp"; "any" for PORTSIEVE_ANY. */
const char *transport_name(enum portsieve_transport transport);

#endif
