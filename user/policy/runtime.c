/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Runtime rules: adding, renewing, removing, expiring, and keeping them when the file changes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "base/suggest.h"
#include "policy/failsafe.h"
#include "policy/policy.h"
#include "policy/quote.h"
#include "policy/rule_names.h"
#include "policy/sets.h"

/*
 * Would the policy, with the added rules replacing those of the same names, stay within the limits
 * of policy_read?
 */
static int room_check(const struct policy *policy, const struct policy_rule *added, size_t count,
		      struct policy_rule *const *renewed, size_t renewed_count, struct error *error)
{
	size_t rules = policy->rules_count - policy->failsafe_count + count - renewed_count;
	_cleanup_policy_tally_ struct policy_tally tally = { 0 };
	size_t intervals = 0;

	if (policy_tally_init(&tally, policy))
		return error_no_memory(error);
	for (size_t i = 0; i < policy->rules_count + count; i++) {
		const struct policy_rule *rule = i < count ? &added[i] : &policy->rules[i - count];

		intervals += rule->intervals_count;
		policy_tally_add(&tally, rule);
	}
	for (size_t i = 0; i < renewed_count; i++) {
		intervals -= renewed[i]->intervals_count;
		policy_tally_remove(&tally, renewed[i]);
	}
	if (rules > PORTSIEVE_RULES_MAX)
		return error_set(error, E2BIG, EXIT_USAGE,
				 "the policy would have more than %d rules: delete some first",
				 PORTSIEVE_RULES_MAX);
	if (intervals > POLICY_INTERVALS_MAX)
		return error_set(error, E2BIG, EXIT_USAGE,
				 "the rules would name more than %d ranges of ports",
				 POLICY_INTERVALS_MAX);
	if (tally.prefixes > POLICY_PREFIXES_MAX)
		return error_set(error, E2BIG, EXIT_USAGE,
				 "the rules would name more than %d prefixes", POLICY_PREFIXES_MAX);
	return 0;
}

/* Copies a rule's own prefixes and names of sets for a direction. */
static int addresses_copy(const struct policy_rule *from, enum portsieve_direction direction,
			  struct policy_prefixes *to, struct policy_set_uses *to_uses)
{
	const struct policy_set_uses *uses = &from->sets[direction];
	size_t own = policy_rule_own(from, direction);

	if (own) {
		to->list = calloc(own, sizeof(*to->list));
		if (!to->list)
			return -ENOMEM;
		memcpy(to->list, policy_rule_prefixes(from, direction)->list,
		       own * sizeof(*to->list));
		to->count = own;
	}
	if (uses->count) {
		to_uses->list = calloc(uses->count, sizeof(*to_uses->list));
		if (!to_uses->list)
			return -ENOMEM;
		memcpy(to_uses->list, uses->list, uses->count * sizeof(*to_uses->list));
		to_uses->count = uses->count;
	}
	return 0;
}

/*
 * Copies a rule, with the members of the policy's sets. The caller frees the copy, also on failure.
 */
static int rule_copy(const struct policy *policy, const struct policy_rule *from,
		     const struct policy_host *host, struct policy_rule *to, struct error *error)
{
	const struct policy_set_use *unknown = NULL;
	int r;

	*to = (struct policy_rule){
		.action = from->action,
		.only_from = from->only_from,
		.monitor = from->monitor,
		.runtime = true,
		.replies = from->replies,
		.until_ns = from->until_ns,
		.uses_registry_set = from->uses_registry_set,
		.ports = from->ports ? strdup(from->ports) : NULL,
		.description = from->description ? strdup(from->description) : NULL,
	};
	strcpy(to->name, from->name);
	if ((from->ports && !to->ports) || (from->description && !to->description) ||
	    addresses_copy(from, PORTSIEVE_SOURCE, &to->from, &to->sets[PORTSIEVE_SOURCE]) ||
	    addresses_copy(from, PORTSIEVE_DESTINATION, &to->to, &to->sets[PORTSIEVE_DESTINATION]))
		return error_no_memory(error);
	r = policy_rule_resolve(policy, to, &unknown);
	if (r == -ENOENT)
		return error_set(error, EEXIST, EXIT_USAGE,
				 "the runtime rule '%s' in force names the set '%s', which the "
				 "policy file does not have: add the set, or delete the rule first",
				 from->name, unknown->name);
	if (r)
		return error_no_memory(error);
	if (!from->ports)
		return 0;
	return policy_ports_read(from->ports, host, &to->intervals, &to->intervals_count, NULL,
				 error);
}

static void rules_free(struct policy_rule *rules, size_t count)
{
	for (size_t i = 0; rules && i < count; i++)
		policy_rule_free(&rules[i]);
	free(rules);
}

/*
 * Copies the rules and reads their ports again with these settings. The caller frees them
 * (rules_free).
 */
static int rules_copy(const struct policy *policy, const struct policy_rule *rules, size_t count,
		      const struct policy_host *host, struct policy_rule **ret_copies,
		      struct error *error)
{
	struct policy_rule *copies = calloc(count + 1, sizeof(*copies));
	int r = copies ? 0 : error_no_memory(error);

	for (size_t i = 0; i < count && !r; i++)
		r = rule_copy(policy, &rules[i], host, &copies[i], error);
	if (r) {
		rules_free(copies, count);
		return r;
	}
	*ret_copies = copies;
	return 0;
}

/* Moves `count` rules into the policy, directly after the failsafe rules. */
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
	rules = policy->rules + policy->failsafe_count;
	memmove(rules + count, rules,
		(policy->rules_count - policy->failsafe_count) * sizeof(*rules));
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

/* Frees the rules without a name, all of them runtime rules, and closes the gaps. */
static void remove_nameless(struct policy *policy)
{
	size_t kept = 0;

	for (size_t i = 0; i < policy->rules_count; i++) {
		if (!policy->rules[i].name[0]) {
			policy_rule_free(&policy->rules[i]);
			policy->runtime_count--;
		} else if (kept++ != i) {
			policy->rules[kept - 1] = policy->rules[i];
		}
	}
	policy->rules_count = kept;
}

/* May a rule be added although another one has its name? */
static int check_name(const struct policy_rule *rule, const struct policy_rule *other,
		      struct error *error)
{
	if (!other->runtime)
		return error_set(error, EEXIST, EXIT_USAGE,
				 "the policy file already has a rule '%s': choose another name",
				 rule->name);
	if (!policy_rules_same(other, rule))
		return error_set(error, EEXIST, EXIT_USAGE,
				 "there is already a different runtime rule '%s': delete it first, "
				 "or choose another name",
				 rule->name);
	return 0;
}

int policy_runtime_add(struct policy *policy, const struct policy_rule *rules, size_t count,
		       const struct policy_host *host, size_t *ret_renewed, struct error *error)
{
	_cleanup_rule_names_ struct rule_names names = { 0 };
	_cleanup_free_ struct policy_rule **renewed =
		calloc(count + 1, sizeof(struct policy_rule *));
	struct policy_rule *copies = NULL;
	size_t renewed_count = 0;
	int r;

	if (!renewed || rule_names_of(policy, 0, &names))
		return error_no_memory(error);
	r = rules_copy(policy, rules, count, host, &copies, error);
	if (r)
		return r;
	for (size_t i = 0; i < count && !r; i++) {
		struct policy_rule *other = rule_names_find(&names, rules[i].name);

		if (other)
			renewed[renewed_count++] = other;
		/* the copy has the ports that words such as `ephemeral` mean in the policy */
		r = other ? check_name(&copies[i], other, error) : 0;
	}
	if (!r)
		r = room_check(policy, copies, count, renewed, renewed_count, error);
	if (r) {
		rules_free(copies, count);
		return r;
	}
	for (size_t i = 0; i < renewed_count; i++)
		renewed[i]->name[0] = '\0';
	remove_nameless(policy);
	r = put_first(policy, copies, count, error);
	rules_free(copies, count);
	*ret_renewed = renewed_count;
	return r;
}

/* Does the rule match packets from exactly this prefix? */
static bool is_from(const struct policy_rule *rule, const struct policy_prefix *prefix)
{
	return rule->from.count == 1 && !rule->sets[PORTSIEVE_SOURCE].count &&
	       !policy_prefix_compare(&rule->from.list[0], prefix);
}

/* Is the rule chosen, other than by its name? */
static bool is_chosen(const struct policy_rule *rule, const struct policy_runtime_choice *choice)
{
	bool chosen = choice->all;

	for (size_t i = 0; i < choice->from_count && !chosen; i++)
		chosen = is_from(rule, &choice->from[i]);
	return chosen;
}

bool policy_runtime_has(const struct policy *policy, const struct policy_runtime_choice *choice)
{
	bool has = false;

	for (size_t i = 0; i < policy->runtime_count && !has; i++) {
		const struct policy_rule *rule = &policy->rules[policy->failsafe_count + i];

		has = is_chosen(rule, choice);
		for (size_t n = 0; n < choice->names_count && !has; n++)
			has = !strcmp(rule->name, choice->names[n]);
	}
	return has;
}

int policy_runtime_remove(struct policy *policy, const struct policy_runtime_choice *choice,
			  struct policy_rule **ret_removed, size_t *ret_count)
{
	struct policy_rule *runtime = policy->rules + policy->failsafe_count;
	_cleanup_free_ bool *chosen = calloc(policy->runtime_count + 1, sizeof(*chosen));
	_cleanup_rule_names_ struct rule_names names = { 0 };
	struct policy_rule *removed;
	size_t count = 0;

	if (!chosen || rule_names_of(policy, 0, &names))
		return -ENOMEM;
	for (size_t i = 0; i < policy->runtime_count; i++)
		chosen[i] = is_chosen(&runtime[i], choice);
	for (size_t i = 0; i < choice->names_count; i++) {
		const struct policy_rule *rule = rule_names_find(&names, choice->names[i]);

		if (rule && rule->runtime)
			chosen[rule - runtime] = true;
	}
	removed = calloc(policy->runtime_count + 1, sizeof(*removed));
	if (!removed)
		return -ENOMEM;
	for (size_t i = 0; i < policy->runtime_count; i++) {
		if (!chosen[i])
			continue;
		removed[count++] = runtime[i];
		runtime[i] = (struct policy_rule){ 0 };
	}
	remove_nameless(policy);
	*ret_removed = removed;
	*ret_count = count;
	return 0;
}

int policy_runtime_refuse_name(const struct policy *policy, const char *name, struct error *error)
{
	const struct policy_rule *rule = policy_rule_named(policy, name);
	struct suggest suggest;

	if (rule && rule->failsafe)
		return error_set_code(error, ERROR_NO_RULE, ENOENT,
				      "'%s' is a failsafe rule, not a runtime rule: "
				      "change " POLICY_FAILSAFE_FILE " and apply the policy again",
				      name);
	if (rule)
		return error_set_code(
			error, ERROR_NO_RULE, ENOENT,
			"'%s' is a rule of the policy file, not a runtime rule: change "
			"the file and apply it",
			name);
	suggest_start(&suggest, name, strlen(name));
	for (size_t i = 0; i < policy->runtime_count; i++)
		suggest_offer(&suggest, policy->rules[policy->failsafe_count + i].name);
	return error_set_code(error, ERROR_NO_RULE, ENOENT, "no runtime rule '%s' is in force%s",
			      quote_string(name).text,
			      suggest_hint(&suggest, policy->runtime_count
							     ? "'portsieve show' lists them"
							     : "there are none")
				      .text);
}

int policy_runtime_refuse_from(const struct policy *policy, const struct policy_prefix *prefix,
			       struct error *error)
{
	const struct policy_rule *with_others = NULL;
	struct policy_prefix_text text = policy_prefix_print(prefix);

	for (size_t i = 0; i < policy->runtime_count && !with_others; i++) {
		const struct policy_rule *rule = &policy->rules[policy->failsafe_count + i];

		for (size_t p = 0; p < policy_rule_own(rule, PORTSIEVE_SOURCE); p++)
			if (!policy_prefix_compare(&rule->from.list[p], prefix))
				with_others = rule;
	}
	if (with_others)
		return error_set_code(
			error, ERROR_NO_RULE, ENOENT,
			"no runtime rule is from %s alone; '%s' is from other prefixes "
			"too: delete it by its name",
			text.text, with_others->name);
	return error_set_code(error, ERROR_NO_RULE, ENOENT,
			      "no runtime rule is from %s; 'portsieve show' lists them", text.text);
}

void policy_runtime_expire(struct policy *policy, uint64_t now_ns)
{
	for (size_t i = 0; i < policy->runtime_count; i++) {
		struct policy_rule *rule = &policy->rules[policy->failsafe_count + i];

		if (has_ended(rule->until_ns, now_ns))
			rule->name[0] = '\0';
	}
	remove_nameless(policy);
}

int policy_runtime_saved(const struct policy *policy, struct policy *ret_view)
{
	size_t first = policy->failsafe_count, of_file = first + policy->runtime_count;
	struct policy_rule *rules = calloc(policy->rules_count + 1, sizeof(*rules));
	size_t ending = 0, count = first;

	if (!rules)
		return -ENOMEM;
	if (policy->rules_count)
		memcpy(rules, policy->rules, policy->rules_count * sizeof(*rules));
	for (size_t i = first; i < of_file; i++)
		if (policy->rules[i].until_ns)
			rules[count++] = policy->rules[i];
	ending = count - first;
	for (size_t i = first; i < of_file; i++) {
		if (policy->rules[i].until_ns)
			continue;
		rules[count] = policy->rules[i];
		rules[count++].runtime = false;
	}
	*ret_view = *policy;
	ret_view->rules = rules;
	ret_view->runtime_count = ending;
	ret_view->names_runtime = false;
	return 0;
}

/* Has the runtime rule been saved in the policy file unchanged? */
static bool is_saved(const struct policy_rule *live, const struct policy_rule *of_file)
{
	return !live->until_ns && !of_file->runtime && live->replies == of_file->replies &&
	       policy_rules_same(live, of_file);
}

int policy_runtime_keep(struct policy *policy, const struct policy *live,
			const struct policy_host *host, struct error *error)
{
	const struct policy_rule *rules = live->rules + live->failsafe_count;
	_cleanup_free_ struct policy_rule *kept = calloc(live->runtime_count + 1, sizeof(*kept));
	_cleanup_rule_names_ struct rule_names names = { 0 };
	struct policy_rule *copies = NULL;
	size_t count = 0;
	int r;

	if (!kept || rule_names_of(policy, 0, &names))
		return error_no_memory(error);
	for (size_t i = 0; i < live->runtime_count; i++) {
		const struct policy_rule *of_file = rule_names_find(&names, rules[i].name);

		if (!of_file)
			kept[count++] = rules[i]; /* still owned by `live` */
		else if (!is_saved(&rules[i], of_file))
			return error_set(error, EEXIST, EXIT_USAGE,
					 "'%s' is a rule of the policy file and a runtime rule in "
					 "force: rename it in the file, or delete the runtime rule",
					 rules[i].name);
	}
	r = rules_copy(policy, kept, count, host, &copies, error);
	if (r)
		return r;
	r = room_check(policy, copies, count, NULL, 0, error);
	if (r) {
		rules_free(copies, count);
		return r;
	}
	r = put_first(policy, copies, count, error);
	rules_free(copies, count);
	return r;
}
