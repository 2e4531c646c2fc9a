/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules: adding, renewing, removing, expiring, and keeping them when the file changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/deadline.h"
#include "base/suggest.h"
#include "policy/policy.h"
#include "policy/quote.h"

/* Would the policy with the added rules stay within the limits of policy_read? */
static int room_check(const struct policy *policy, const struct policy_rule *added, size_t count,
		      struct error *error)
{
	size_t intervals = 0, prefixes = 0;

	for (size_t i = 0; i < policy->rules_count + count; i++) {
		const struct policy_rule *rule = i < count ? &added[i] : &policy->rules[i - count];

		intervals += rule->intervals_count;
		prefixes += rule->from.count + rule->to.count;
	}
	if (policy->rules_count + count > PORTSIEVE_RULES_MAX)
		return error_set(error, E2BIG, EXIT_USAGE,
				 "the policy would have more than %d rules: delete some first",
				 PORTSIEVE_RULES_MAX);
	if (intervals > POLICY_INTERVALS_MAX)
		return error_set(error, E2BIG, EXIT_USAGE,
				 "the rules would name more than %d ranges of ports",
				 POLICY_INTERVALS_MAX);
	if (prefixes > POLICY_PREFIXES_MAX)
		return error_set(error, E2BIG, EXIT_USAGE,
				 "the rules would name more than %d prefixes", POLICY_PREFIXES_MAX);
	return 0;
}

/* Takes over `count` rules as the first ones. */
static int put_first(struct policy *policy, struct policy_rule *added, size_t count,
		     struct error *error)
{
	struct policy_rule *rules;

	for (size_t i = 0; i < count; i++) {
		rules = array_room(policy->rules, policy->rules_count + i, sizeof(*rules));
		if (!rules)
			return error_no_memory(error);
		policy->rules = rules;
	}
	rules = policy->rules;
	memmove(rules + count, rules, policy->rules_count * sizeof(*rules));
	for (size_t i = 0; i < count; i++) {
		rules[i] = added[i];
		rules[i].runtime = true;
		rules[i].place = rules[i].ports_place = (struct policy_place){ 0 };
		added[i] = (struct policy_rule){ 0 };
	}
	policy->rules_count += count;
	policy->runtime_count += count;
	return 0;
}

int policy_runtime_add(struct policy *policy, struct policy_rule *rule, bool *ret_renewed,
		       struct error *error)
{
	struct policy_rule *other = policy_rule_named(policy, rule->name);
	int r;

	if (other && !other->runtime)
		return error_set(error, EEXIST, EXIT_USAGE,
				 "the policy file already has a rule '%s': choose another name",
				 rule->name);
	if (other && !policy_rules_same(other, rule))
		return error_set(error, EEXIST, EXIT_USAGE,
				 "there is already a different runtime rule '%s': delete it first, "
				 "or choose another name",
				 rule->name);
	if (other) {
		struct policy_rule renewed = *other;

		memmove(policy->rules + 1, policy->rules,
			(size_t)(other - policy->rules) * sizeof(*other));
		policy->rules[0] = renewed;
		policy->rules[0].until_ns = rule->until_ns;
		policy_rule_free(rule);
		*ret_renewed = true;
		return 0;
	}
	r = room_check(policy, rule, 1, error);
	if (r)
		return r;
	r = put_first(policy, rule, 1, error);
	if (r)
		return r;
	*ret_renewed = false;
	return 0;
}

int policy_runtime_remove(struct policy *policy, const char *name, struct error *error)
{
	struct policy_rule *rule = policy_rule_named(policy, name);
	struct suggest suggest;

	if (!rule) {
		suggest_start(&suggest, name, strlen(name));
		for (size_t i = 0; i < policy->runtime_count; i++)
			suggest_offer(&suggest, policy->rules[i].name);
		return error_set(error, ENOENT, EXIT_FAILED, "no runtime rule '%s' is in force%s",
				 quote_string(name).text,
				 suggest_hint(&suggest, policy->runtime_count
								? "'portsieve show' lists them"
								: "there are none")
					 .text);
	}
	if (!rule->runtime)
		return error_set(error, ENOENT, EXIT_FAILED,
				 "'%s' is a rule of the policy file, not a runtime rule: change "
				 "the file and apply it",
				 name);
	policy_rule_free(rule);
	policy->rules_count--;
	policy->runtime_count--;
	memmove(rule, rule + 1,
		(size_t)(policy->rules + policy->rules_count - rule) * sizeof(*rule));
	return 0;
}

void policy_runtime_expire(struct policy *policy, uint64_t now_ns)
{
	size_t kept = 0, runtime = policy->runtime_count;

	for (size_t i = 0; i < policy->rules_count; i++) {
		struct policy_rule *rule = &policy->rules[i];

		if (i < runtime && has_ended(rule->until_ns, now_ns)) {
			policy_rule_free(rule);
			policy->runtime_count--;
			continue;
		}
		if (kept != i)
			policy->rules[kept] = *rule;
		kept++;
	}
	policy->rules_count = kept;
}

static int prefixes_copy(const struct policy_prefixes *from, struct policy_prefixes *to)
{
	if (!from->count)
		return 0;
	to->list = calloc(from->count, sizeof(*to->list));
	if (!to->list)
		return -ENOMEM;
	memcpy(to->list, from->list, from->count * sizeof(*to->list));
	to->count = from->count;
	return 0;
}

/* The caller frees the copy, also after an error. */
static int rule_copy(const struct policy_rule *from, const struct policy_host *host,
		     struct policy_rule *to, struct error *error)
{
	*to = (struct policy_rule){
		.action = from->action,
		.runtime = true,
		.replies = from->replies,
		.until_ns = from->until_ns,
		.uses_registry_set = from->uses_registry_set,
		.ports = strdup(from->ports),
	};
	strcpy(to->name, from->name);
	if (!to->ports || prefixes_copy(&from->from, &to->from) ||
	    prefixes_copy(&from->to, &to->to))
		return error_no_memory(error);
	return policy_ports_read(from->ports, host, &to->intervals, &to->intervals_count, NULL,
				 error);
}

int policy_runtime_keep(struct policy *policy, const struct policy *live,
			const struct policy_host *host, struct error *error)
{
	size_t count = live->runtime_count;
	struct policy_rule *copies;
	int r;

	for (size_t i = 0; i < count; i++)
		if (policy_rule_named(policy, live->rules[i].name))
			return error_set(error, EEXIST, EXIT_USAGE,
					 "'%s' is a rule of the policy file and a runtime rule in "
					 "force: rename it in the file, or delete the runtime rule",
					 live->rules[i].name);
	r = room_check(policy, live->rules, count, error);
	if (r || !count)
		return r;
	copies = calloc(count, sizeof(*copies));
	if (!copies)
		return error_no_memory(error);
	for (size_t i = 0; i < count && !r; i++)
		r = rule_copy(&live->rules[i], host, &copies[i], error);
	if (!r)
		r = put_first(policy, copies, count, error);
	for (size_t i = 0; i < count; i++)
		policy_rule_free(&copies[i]);
	free(copies);
	return r;
}
