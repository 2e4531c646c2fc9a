/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares two policies: their settings, their rules by name and, by diff_ports.c, their ports. */
#include "analysis/diff.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/diff_parts.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "policy/intervals.h"
#include "policy/knobs.h"
#include "policy/sets.h"

/* Ends are written in seconds, and read back by clocks that drift apart. */
#define END_TOLERANCE_NS UINT64_C(2000000000)

void policy_diff_free(struct policy_diff *diff)
{
	free(diff->changes);
	free(diff->added.list);
	free(diff->removed.list);
	free(diff->changed.list);
	free(diff->runtime.list);
	free(diff->sets);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		partition_areas_free(diff->areas[direction]);
	*diff = (struct policy_diff){ 0 };
}

bool policy_diff_is_empty(const struct policy_diff *diff)
{
	return !diff->changes_count && !diff->settings_count && !diff->added.count &&
	       !diff->removed.count && !diff->changed.count && !diff->sets_count &&
	       !diff->reordered;
}

static void add_setting(struct policy_diff *diff, struct policy_diff_setting setting)
{
	if (setting.before != setting.after || setting.effect)
		diff->settings[diff->settings_count++] = setting;
}

/* What a policy does with a knob's packets. */
static struct policy_decider knob_decider(const struct policy_diff_side *side, int knob)
{
	return (struct policy_decider){
		.drop = side->drop_knobs >> knob & 1,
		.monitored = side->policy->monitor || side->monitor_knobs >> knob & 1,
	};
}

static const char *default_word(const struct policy *policy)
{
	if (policy->default_monitor)
		return "drop (monitor)";
	return policy->default_action == POLICY_DROP ? "drop" : "allow";
}

static void compare_settings(const struct comparison *comparison,
			     const struct policy_diff_side *const sides[SIDES])
{
	static const char *const modes[] = { "enforce", "monitor" };
	static const char *const actions[] = { "allow", "drop" };
	static const char *const switches[] = { "off", "auto" };
	const struct policy *before = comparison->policies[BEFORE];
	const struct policy *after = comparison->policies[AFTER];
	struct policy_diff *diff = comparison->diff;

	add_setting(diff, (struct policy_diff_setting){
				  .name = "mode",
				  .before = modes[before->monitor],
				  .after = modes[after->monitor],
			  });
	add_setting(diff, (struct policy_diff_setting){
				  .name = "default",
				  .before = default_word(before),
				  .after = default_word(after),
			  });
	add_setting(diff, (struct policy_diff_setting){
				  .name = "dhcp_client",
				  .before = switches[before->dhcp_client],
				  .after = switches[after->dhcp_client],
			  });
	add_setting(diff, (struct policy_diff_setting){
				  .name = "return",
				  .before = policy_returns[before->return_mode],
				  .after = policy_returns[after->return_mode],
			  });
	add_setting(diff, (struct policy_diff_setting){
				  .name = "unconnected_udp",
				  .before = policy_udp_clients[before->udp_clients],
				  .after = policy_udp_clients[after->udp_clients],
			  });
	add_setting(diff, (struct policy_diff_setting){
				  .name = "simultaneous_open",
				  .before = policy_passes_or_drops[!before->simultaneous_open],
				  .after = policy_passes_or_drops[!after->simultaneous_open],
			  });
	for (int knob = PORTSIEVE_KNOB_DROP; knob < PORTSIEVE_KNOBS; knob++) {
		struct policy_decider decided = knob_decider(sides[BEFORE], knob),
				      decides = knob_decider(sides[AFTER], knob);

		add_setting(diff, (struct policy_diff_setting){
					  .name = knob == PORTSIEVE_KNOB_DROP ? "malformed"
									      : knobs[knob].name,
					  .before = actions[decided.drop],
					  .after = actions[decides.drop],
					  .effect = policy_diff_effect_of(&decided, &decides),
				  });
	}
}

/*
 * Are the rules the same except for names, lines and the order of words? Also compares runtime
 * rules with rules of the file, as `save` converts them.
 */
static int same_rule(const struct comparison *comparison, size_t before, size_t after,
		     bool *ret_same)
{
	const struct policy_rule *one = &comparison->policies[BEFORE]->rules[before];
	const struct policy_rule *other = &comparison->policies[AFTER]->rules[after];
	uint64_t apart_ns = one->until_ns > other->until_ns ? one->until_ns - other->until_ns
							    : other->until_ns - one->until_ns;
	_cleanup_free_ struct policy_interval *ports = NULL, *other_ports = NULL;
	size_t count = 0, other_count = 0;
	bool same = one->action == other->action && one->monitor == other->monitor &&
		    one->only_from == other->only_from &&
		    policy_rule_asks(one) == policy_rule_asks(other) &&
		    !one->until_ns == !other->until_ns && apart_ns <= END_TOLERANCE_NS;

	for (int d = 0; d < PORTSIEVE_DIRECTIONS; d++)
		same = same && comparison->partitions[d].lists[BEFORE][before] ==
				       comparison->partitions[d].lists[AFTER][after];
	ports = policy_intervals_merged(one, &count);
	other_ports = policy_intervals_merged(other, &other_count);
	if (!ports || !other_ports)
		return -ENOMEM;
	same = same && count == other_count;
	for (size_t i = 0; same && i < count; i++)
		same = !policy_intervals_compare(&ports[i], &other_ports[i]);
	*ret_same = same;
	return 0;
}

static int compare_names(const void *one, const void *other)
{
	const struct policy_rule *const *a = one, *const *b = other;

	return strcmp((*a)->name, (*b)->name);
}

static int add_rule(struct policy_diff_rules *rules, const struct policy_rule *rule)
{
	const struct policy_rule **list =
		array_room(rules->list, rules->count, sizeof(const struct policy_rule *));

	if (!list)
		return -ENOMEM;
	rules->list = list;
	list[rules->count++] = rule;
	return 0;
}

/* Finds added, removed, changed and kept rules, by name. */
static int compare_rules(const struct comparison *comparison)
{
	const struct policy *before = comparison->policies[BEFORE];
	const struct policy *after = comparison->policies[AFTER];
	struct policy_diff *diff = comparison->diff;
	_cleanup_free_ const struct policy_rule **by_name =
		calloc(before->rules_count + 1, sizeof(const struct policy_rule *));
	_cleanup_free_ bool *stays = calloc(before->rules_count + 1, sizeof(*stays));
	size_t last = 0;
	int r = 0;

	if (!by_name || !stays)
		return -ENOMEM;
	for (size_t i = 0; i < before->rules_count; i++)
		by_name[i] = &before->rules[i];
	qsort(by_name, before->rules_count, sizeof(const struct policy_rule *), compare_names);
	for (size_t i = 0; !r && i < after->rules_count; i++) {
		const struct policy_rule *rule = &after->rules[i];
		const struct policy_rule **found =
			bsearch(&rule, by_name, before->rules_count,
				sizeof(const struct policy_rule *), compare_names);
		size_t partner;
		bool same;

		if (!found) {
			r = add_rule(&diff->added, rule);
			continue;
		}
		partner = *found - before->rules;
		stays[partner] = true;
		diff->reordered |= partner < last;
		last = partner;
		r = same_rule(comparison, partner, i, &same);
		if (r)
			return r;
		if (!same)
			r = add_rule(&diff->changed, rule);
		else if (rule->runtime)
			r = add_rule(&diff->runtime, rule);
	}
	for (size_t i = 0; !r && i < before->rules_count; i++)
		if (!stays[i])
			r = add_rule(&diff->removed, &before->rules[i]);
	return r;
}

/* Adds the set if its members differ. NULL: the policy does not have it. */
static int compare_set(struct policy_diff *diff, const struct policy_set *before,
		       const struct policy_set *after)
{
	struct policy_prefixes old __attribute__((cleanup(policy_prefixes_free))) = { 0 };
	struct policy_prefixes new __attribute__((cleanup(policy_prefixes_free))) = { 0 };
	struct policy_diff_set set = { .name = after ? after->name : before->name }, *sets;
	size_t o = 0, n = 0;

	if ((before && policy_prefixes_sort(&before->members, &old)) ||
	    (after && policy_prefixes_sort(&after->members, &new)))
		return -ENOMEM;
	while (o < old.count || n < new.count) {
		int order = o == old.count   ? 1
			    : n == new.count ? -1
					     : policy_prefix_compare(&old.list[o], &new.list[n]);

		set.removed += order < 0;
		set.added += order > 0;
		o += order <= 0;
		n += order >= 0;
	}
	if (before && after && !set.added && !set.removed)
		return 0;
	sets = array_room(diff->sets, diff->sets_count, sizeof(*sets));
	if (!sets)
		return -ENOMEM;
	diff->sets = sets;
	sets[diff->sets_count++] = set;
	return 0;
}

static int compare_sets(const struct comparison *comparison)
{
	const struct policy *before = comparison->policies[BEFORE];
	const struct policy *after = comparison->policies[AFTER];
	int r = 0;

	for (size_t i = 0; i < after->sets_count && !r; i++)
		r = compare_set(comparison->diff, policy_set_named(before, after->sets[i].name),
				&after->sets[i]);
	for (size_t i = 0; i < before->sets_count && !r; i++)
		if (!policy_set_named(after, before->sets[i].name))
			r = compare_set(comparison->diff, &before->sets[i], NULL);
	return r;
}

static void comparison_free(struct comparison *comparison)
{
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		partition_free(&comparison->partitions[direction]);
}

int policy_diff(const struct policy_diff_side *before, const struct policy_diff_side *after,
		struct policy_diff *ret_diff)
{
	_cleanup_policy_diff_ struct policy_diff diff = { 0 };
	__attribute__((cleanup(comparison_free))) struct comparison comparison = {
		.policies = { before->policy, after->policy },
		.sides = { before, after },
		.diff = &diff,
	};
	const struct policy_diff_side *const sides[SIDES] = { before, after };
	int r;

	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		r = partition_make(&comparison, direction);
		if (r)
			return r;
	}
	r = policy_diff_ports(&comparison);
	if (r)
		return r;
	r = compare_rules(&comparison);
	if (r)
		return r;
	r = compare_sets(&comparison);
	if (r)
		return r;
	compare_settings(&comparison, sides);
	*ret_diff = diff;
	diff = (struct policy_diff){ 0 };
	return 0;
}
