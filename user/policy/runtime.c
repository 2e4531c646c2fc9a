/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules: they come, are renewed, go, end, and outlive a change of the policy file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/deadline.h"
#include "policy/policy.h"
#include "policy/quote.h"
#include "base/suggest.h"

static int no_memory(struct error *error)
{
	return error_no_memory(error);
}

/* Is there room for `rules` with so many intervals and prefixes? policy_read has the same limits.
 */
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
		size_t room = policy->rules_count + i;

		rules = array_room(policy->rules, room, sizeof(*rules));
		if (!rules)
			return no_memory(error);
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

static void move_first(struct policy *policy, struct policy_rule *rule)
{
	struct policy_rule first = *rule;

	memmove(policy->rules + 1, policy->rules, (size_t)(rule - policy->rules) * sizeof(*rule));
	policy->rules[0] = first;
}

int policy_runtime_add(struct policy *policy, struct policy_rule *rule, bool *ret_renewed,
		       struct error *error)
{
	struct policy_rule *other = policy_rule_named(policy, rule->name);
	int r;

	if (other && !other->runtime)
		return error_set(error, EEXIST, EXIT_USAGE,
				 "the policy file has a rule '%s' already: take another name",
				 rule->name);
	if (other && !policy_rules_same(other, rule))
		return error_set(error, EEXIST, EXIT_USAGE,
				 "there is a runtime rule '%s' already, and it says something "
				 "else: delete it first, or take another name",
				 rule->name);
	if (other) {
		move_first(policy, other);
		policy->rules[0].until_ns = rule->until_ns;
		policy_rule_free(rule);
		*ret_renewed = true;
		return 0;
	}
	r = room_check(policy, rule, 1, error);
	if (!r)
		r = put_first(policy, rule, 1, error);
	if (!r)
		*ret_renewed = false;
	return r;
}

static void remove_at(struct policy *policy, size_t index)
{
	struct policy_rule *rule = &policy->rules[index];

	policy_rule_free(rule);
	policy->rules_count--;
	policy->runtime_count--;
	memmove(rule, rule + 1, (policy->rules_count - index) * sizeof(*rule));
}

static int not_found(const struct policy *policy, const char *name, struct error *error)
{
	struct suggest suggest;

	suggest_start(&suggest, name, strlen(name));
	for (size_t i = 0; i < policy->runtime_count; i++)
		suggest_offer(&suggest, policy->rules[i].name);
	return error_set(error, ENOENT, EXIT_FAILED, "no runtime rule '%s' is in force%s",
			 policy_quote(name, strlen(name)).text,
			 suggest_hint(&suggest, policy->runtime_count
							? "'portsieve show' lists them"
							: "there is none at all")
				 .text);
}

int policy_runtime_remove(struct policy *policy, const char *name, struct error *error)
{
	struct policy_rule *rule = policy_rule_named(policy, name);

	if (!rule)
		return not_found(policy, name, error);
	if (!rule->runtime)
		return error_set(error, ENOENT, EXIT_FAILED,
				 "'%s' is a rule of the policy file, not a runtime rule: change "
				 "the file and apply it",
				 name);
	remove_at(policy, (size_t)(rule - policy->rules));
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

/* `size` bytes in new memory; NULL stays NULL. */
static int copy(const void *from, size_t size, void *ret_copy)
{
	void *memory = size ? malloc(size) : NULL;

	if (size && !memory)
		return -ENOMEM;
	if (size)
		memcpy(memory, from, size);
	memcpy(ret_copy, &memory, sizeof(memory));
	return 0;
}

/* What was copied before memory ran short is the caller's too. */
static int rule_copy(const struct policy_rule *from, const struct policy_host *host,
		     struct policy_rule *to, struct error *error)
{
	int r;

	*to = *from;
	to->ports = NULL;
	to->intervals = NULL;
	to->intervals_count = 0;
	to->from.list = to->to.list = NULL;
	r = copy(from->ports, from->ports ? strlen(from->ports) + 1 : 0, &to->ports);
	if (!r)
		r = copy(from->from.list, from->from.count * sizeof(*from->from.list),
			 &to->from.list);
	if (!r)
		r = copy(from->to.list, from->to.count * sizeof(*from->to.list), &to->to.list);
	if (r)
		return no_memory(error);
	return policy_ports_read(from->ports, host, &to->intervals, &to->intervals_count, NULL,
				 error);
}

static int names_check(const struct policy *policy, const struct policy *live, struct error *error)
{
	for (size_t i = 0; i < live->runtime_count; i++)
		if (policy_rule_named(policy, live->rules[i].name))
			return error_set(error, EEXIST, EXIT_USAGE,
					 "'%s' is a rule of the policy file and a runtime rule in "
					 "force: rename it in the file, or delete the runtime rule",
					 live->rules[i].name);
	return 0;
}

int policy_runtime_keep(struct policy *policy, const struct policy *live,
			const struct policy_host *host, struct error *error)
{
	size_t count = live->runtime_count;
	struct policy_rule *copies;
	int r = names_check(policy, live, error);

	if (!r)
		r = room_check(policy, live->rules, count, error);
	if (r || !count)
		return r;
	copies = calloc(count, sizeof(*copies));
	if (!copies)
		return no_memory(error);
	for (size_t i = 0; i < count && !r; i++)
		r = rule_copy(&live->rules[i], host, &copies[i], error);
	if (!r)
		r = put_first(policy, copies, count, error);
	for (size_t i = 0; i < count; i++)
		policy_rule_free(&copies[i]);
	free(copies);
	return r;
}
