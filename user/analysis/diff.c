/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing two policies: sets of addresses, settings, and the parts. */
#include "analysis/diff.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "policy/knobs.h"
#include "analysis/diff_parts.h"

static void free_list(struct policy_diff_rules *rules)
{
	free(rules->list);
	*rules = (struct policy_diff_rules){ 0 };
}

void policy_diff_free(struct policy_diff *diff)
{
	free(diff->changes);
	free_list(&diff->added);
	free_list(&diff->removed);
	free_list(&diff->changed);
	free_list(&diff->runtime);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		areas_free(&diff->areas[direction]);
	*diff = (struct policy_diff){ 0 };
}

bool policy_diff_is_empty(const struct policy_diff *diff)
{
	return !diff->changes_count && !diff->settings_count && !diff->added.count &&
	       !diff->removed.count && !diff->changed.count && !diff->reordered;
}

/* Divides the addresses of one direction by the lists of all rules of both policies. */
static int divide(struct comparison *comparison, enum portsieve_direction direction)
{
	size_t counts[SIDES] = { comparison->policies[BEFORE]->rules_count,
				 comparison->policies[AFTER]->rules_count };
	_cleanup_free_ const struct policy_prefixes **lists =
		calloc(counts[BEFORE] + counts[AFTER] + 1, sizeof(const struct policy_prefixes *));
	struct areas *areas = &comparison->diff->areas[direction];
	size_t count = 0;
	int r;

	if (!lists)
		return -ENOMEM;
	for (int side = BEFORE; side < SIDES; side++)
		for (size_t i = 0; i < counts[side]; i++) {
			const struct policy_rule *rule = &comparison->policies[side]->rules[i];

			lists[count++] = policy_rule_prefixes(rule, direction);
		}
	r = areas_divide(lists, count, areas);
	if (r)
		return r;
	comparison->sets[BEFORE][direction] = areas->set_of;
	comparison->sets[AFTER][direction] = areas->set_of + counts[BEFORE];
	return 0;
}

static void compare_setting(struct policy_diff *diff, const char *name, const char *before,
			    const char *after)
{
	if (before != after)
		diff->settings[diff->settings_count++] =
			(struct policy_diff_setting){ name, before, after };
}

static void compare_settings(const struct policy_diff_side *before,
			     const struct policy_diff_side *after, struct policy_diff *diff)
{
	static const char *const modes[] = { "enforce", "monitor" };
	static const char *const actions[] = { "allow", "drop" };
	static const char *const switches[] = { "off", "auto" };
	const struct policy *old = before->policy, *new = after->policy;

	compare_setting(diff, "mode", modes[old->monitor], modes[new->monitor]);
	compare_setting(diff, "default", actions[old->default_action == POLICY_DROP],
			actions[new->default_action == POLICY_DROP]);
	compare_setting(diff, "dhcp_client", switches[old->dhcp_client],
			switches[new->dhcp_client]);
	for (int knob = PORTSIEVE_KNOB_DROP; knob < PORTSIEVE_KNOBS; knob++) {
		const char *name = knob == PORTSIEVE_KNOB_DROP ? "malformed" : knobs[knob].name;

		compare_setting(diff, name, actions[before->drop_knobs >> knob & 1],
				actions[after->drop_knobs >> knob & 1]);
	}
}

int policy_diff(const struct policy_diff_side *before, const struct policy_diff_side *after,
		struct policy_diff *ret_diff)
{
	struct policy_diff diff = { 0 };
	struct comparison comparison = { { before->policy, after->policy }, &diff, { { 0 } } };
	int r = 0;

	for (int direction = 0; !r && direction < PORTSIEVE_DIRECTIONS; direction++)
		r = divide(&comparison, direction);
	if (!r)
		r = policy_diff_ports(&comparison);
	if (!r)
		r = policy_diff_rules(&comparison);
	if (r) {
		policy_diff_free(&diff);
		return r;
	}
	compare_settings(before, after, &diff);
	*ret_diff = diff;
	return 0;
}
