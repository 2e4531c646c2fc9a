/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Runtime rules from the arguments of `allow` and `drop` or from the lines of a file, and generated
 * names. Pure.
 */
#ifndef PORTSIEVE_RUNTIME_RULE_H
#define PORTSIEVE_RUNTIME_RULE_H

#include "base/error.h"
#include "policy/policy.h"

struct runtime_words {
	enum policy_action action;
	const char *const *ports; /* as in `ports` of a policy, in one word or in several; none
				   * means all packets of the addresses, of which there are some */
	size_t ports_count;
	const char *const *from; /* prefixes; none means any address */
	size_t from_count;
	const char *const *to; /* the same for the destination */
	size_t to_count;
	const char *name;  /* NULL: generate it from action, ports and first prefixes */
	uint64_t until_ns; /* CLOCK_BOOTTIME; 0: no end */
};

/*
 * Reads the words into a new rule, owned by the caller (policy_rule_free). -EINVAL with the error
 * filled in (EXIT_USAGE) says which word is wrong.
 */
int runtime_rule_read(const struct runtime_words *words, const struct policy_host *host,
		      struct policy_rule *ret_rule, struct error *error);

/* Is the word meant as an address or a prefix, not as ports? */
bool runtime_word_is_prefix(const char *word);

/*
 * Reads prefixes, one per text, into *prefixes, whose list the caller frees, also on failure.
 * -EINVAL with the error filled in, which begins with `option`.
 */
int runtime_prefixes_read(const char *option, const char *const *texts, size_t count,
			  struct policy_prefixes *prefixes, struct error *error);

/*
 * Numbers rules whose names are taken: NAME becomes NAME-2, NAME-3 ..., the first name that no rule
 * in the policies or the list has, except an equal runtime rule. Frees rules that duplicate an
 * earlier one in the list. -ENOMEM.
 */
int runtime_rules_number(struct policy_rule *rules, size_t *count,
			 const struct policy *const *policies, size_t policies_count);

enum runtime_list_limits {
	RUNTIME_LIST_ERRORS_MAX = 20, /* reported; the others are only counted */
};

/*
 * Reads lines "PREFIX [PORTS]", and comments from '#' on, into rules for packets from these
 * prefixes. `words` has the rest: the action, the end, and the ports of lines without PORTS. Calls
 * `report` for each bad line; then -EINVAL with a summary in *error. `file` names the place. On
 * success the caller frees the rules and *ret_rules.
 */
typedef void runtime_list_report_fn(const struct error *error);
int runtime_list_read(const char *text, size_t size, const char *file,
		      const struct runtime_words *words, const struct policy_host *host,
		      runtime_list_report_fn *report, struct policy_rule **ret_rules,
		      size_t *ret_count, struct error *error);

#endif
