/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Comparing two policies: modes, settings, and the parts. */
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
		partition_areas_free(diff->areas[direction]);
	*diff = (struct policy_diff){ 0 };
}

bool policy_diff_is_empty(const struct policy_diff *diff)
{
	return !diff->changes_count && !diff->settings_count && !diff->added.count &&
	       !diff->removed.count && !diff->changed.count && !diff->reordered;
}

enum policy_diff_effect policy_diff_effect_of(const struct comparison *comparison, bool drop_before,
					      bool drop_after)
{
	enum { ALLOWED, COUNTED, DROPPED, FATES };
	static const enum policy_diff_effect effects[FATES][FATES] = {
		[ALLOWED][COUNTED] = POLICY_DIFF_NOW_COUNTED,
		[ALLOWED][DROPPED] = POLICY_DIFF_NOW_DROPPED,
		[COUNTED][ALLOWED] = POLICY_DIFF_NO_LONGER_COUNTED,
		[COUNTED][DROPPED] = POLICY_DIFF_NOW_ENFORCED,
		[DROPPED][ALLOWED] = POLICY_DIFF_NOW_ALLOWED,
		[DROPPED][COUNTED] = POLICY_DIFF_NO_LONGER_ENFORCED,
	};
	const bool drops[SIDES] = { drop_before, drop_after };
	int fates[SIDES];

	for (int side = BEFORE; side < SIDES; side++)
		fates[side] = !drops[side]			    ? ALLOWED
			      : comparison->policies[side]->monitor ? COUNTED
								    : DROPPED;
	return effects[fates[BEFORE]][fates[AFTER]];
}

static void add_setting(struct policy_diff *diff, const struct policy_diff_setting *setting)
{
	if (setting->before != setting->after || setting->effect)
		diff->settings[diff->settings_count++] = *setting;
}

static void compare_settings(const struct comparison *comparison, const uint64_t drop_knobs[SIDES])
{
	static const char *const modes[] = { "enforce", "monitor" };
	static const char *const actions[] = { "allow", "drop" };
	static const char *const switches[] = { "off", "auto" };
	const struct policy *old = comparison->policies[BEFORE];
	const struct policy *new = comparison->policies[AFTER];
	struct policy_diff *diff = comparison->diff;

	add_setting(diff, &(struct policy_diff_setting){
				  .name = "mode",
				  .before = modes[old->monitor],
				  .after = modes[new->monitor],
			  });
	add_setting(diff, &(struct policy_diff_setting){
				  .name = "default",
				  .before = actions[old->default_action == POLICY_DROP],
				  .after = actions[new->default_action == POLICY_DROP],
			  });
	add_setting(diff, &(struct policy_diff_setting){
				  .name = "dhcp_client",
				  .before = switches[old->dhcp_client],
				  .after = switches[new->dhcp_client],
			  });
	for (int knob = PORTSIEVE_KNOB_DROP; knob < PORTSIEVE_KNOBS; knob++) {
		bool before = drop_knobs[BEFORE] >> knob & 1, after = drop_knobs[AFTER] >> knob & 1;

		add_setting(diff,
			    &(struct policy_diff_setting){
				    .name = knob == PORTSIEVE_KNOB_DROP ? "malformed"
									: knobs[knob].name,
				    .before = actions[before],
				    .after = actions[after],
				    .effect = policy_diff_effect_of(comparison, before, after),
			    });
	}
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
		.diff = &diff,
	};
	const uint64_t drop_knobs[SIDES] = { before->drop_knobs, after->drop_knobs };
	int r;

	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		r = partition_make(comparison.policies, direction, &diff,
				   &comparison.partitions[direction]);
		if (r)
			return r;
	}
	r = policy_diff_ports(&comparison);
	if (r)
		return r;
	r = policy_diff_rules(&comparison);
	if (r)
		return r;
	compare_settings(&comparison, drop_knobs);
	*ret_diff = diff;
	diff = (struct policy_diff){ 0 };
	return 0;
}
