/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pure: it sees snapshots, and neither maps nor devices. */
#include "tally.h"

#include <string.h>

#include "datapath/counter_sum.h"
#include "datapath/counters.h"

const struct tally_row tally_rows[TALLY_RULES] = {
	[X_PASS] = { "x-pass", 10000, 10999, PORTSIEVE_DROPPED, true },
	[X_DROP] = { "x-drop", 10000, 10999, PORTSIEVE_PASSED, true },
	[Y_PASS] = { "y-pass", 11000, 11999, PORTSIEVE_DROPPED, true },
	[Y_DROP] = { "y-drop", 11000, 11999, PORTSIEVE_PASSED, true },
	[KEPT_PASS] = { "kept-pass", 12000, 12999, PORTSIEVE_DROPPED, true },
	[KEPT_DROP] = { "kept-drop", 13000, 13999, PORTSIEVE_PASSED, true },
	[FLIP] = { "flip", 14000, 14999, VERDICT_ANY, true },
	[ONLY_A] = { "only-a", 15000, 15999, PORTSIEVE_DROPPED, false },
	[ONLY_B] = { "only-b", 15000, 15999, PORTSIEVE_PASSED, false },
	[DEFAULT] = { "_user", 16000, 16999, VERDICT_ANY, true },
	/* for what comes from nowhere that the policy knows; so nothing does */
	[STRAY] = { "stray", 0, 0, PORTSIEVE_DROPPED, true },
};

/* TALLY_RULES for ranges that are not of the test. */
static enum tally_rule rule_of(const struct portsieve_image *image, uint32_t id)
{
	const char *name;
	enum tally_rule rule = 0;

	if (id == PORTSIEVE_UDP * PORTSIEVE_BUILTINS + PORTSIEVE_USER)
		return DEFAULT;
	if (id < PORTSIEVE_RANGE_RULES)
		return TALLY_RULES;
	name = image->rule[image->range[id].rule].name;
	while (rule < TALLY_RULES && strcmp(name, tally_rows[rule].name))
		rule++;
	return rule;
}

void tally_take(const struct snapshot_device *device, struct tally *ret_tally)
{
	const struct portsieve_image *image = device->image;

	memset(ret_tally, 0, sizeof(*ret_tally));
	ret_tally->retired = ret_tally->all = device->retired;
	for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++)
		counter_add(&ret_tally->all, &device->rows[reason]);
	for (uint32_t id = 0; id < image->ranges; id++) {
		const struct portsieve_counter *row = &device->rows[image->counter[id]];
		enum tally_rule rule = rule_of(image, id);

		if (id != PORTSIEVE_RANGE_DHCP) /* its row is a reason's */
			counter_add(&ret_tally->all, row);
		if (rule < TALLY_RULES)
			ret_tally->rule[rule] = *row;
	}
}

uint64_t tally_packets(const struct portsieve_counter *row)
{
	uint64_t sum = 0;

	for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
		sum += row->verdict[v].packets;
	return sum;
}

static unsigned int steps_back(const struct portsieve_counter *before,
			       const struct portsieve_counter *now)
{
	unsigned int steps = 0;

	for (int v = 0; v < PORTSIEVE_VERDICTS; v++) {
		steps += now->verdict[v].packets < before->verdict[v].packets;
		steps += now->verdict[v].bytes < before->verdict[v].bytes;
	}
	return steps;
}

void findings_add(struct findings *findings, const struct tally *before, const struct tally *now)
{
	for (enum tally_rule rule = 0; rule < TALLY_RULES; rule++) {
		const struct tally_row *row = &tally_rows[rule];
		uint64_t wrong = 0;

		if (row->never != VERDICT_ANY)
			wrong = now->rule[rule].verdict[row->never].packets;
		if (wrong > findings->torn[rule])
			findings->torn[rule] = wrong;
		if (row->stays)
			findings->backwards += steps_back(&before->rule[rule], &now->rule[rule]);
	}
	findings->all_backwards += tally_packets(&now->all) < tally_packets(&before->all);
	findings->reads++;
}

uint64_t findings_torn(const struct findings *findings)
{
	uint64_t torn = 0;

	for (enum tally_rule rule = 0; rule < TALLY_RULES; rule++)
		torn += findings->torn[rule];
	return torn;
}
