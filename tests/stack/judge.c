/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bursts, comparisons, and second looks at what is suspicious. */
#include "judge.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"

enum { LOOKS = 3, REPORTS_MAX = 20 };

static void take(void *context, enum lab_side side, const struct lab_receipt *receipt)
{
	struct judge *judge = context;
	uint32_t number = receipt->id - judge->first_id;
	struct judge_heard *heard;

	if (side == LAB_OPEN) {
		judge->counts.receipts[receipt->protocol]++;
		judge->counts.denied += judge->policy->denies(receipt);
	}
	if (receipt->id == LAB_ID_NONE || number >= judge->shot_count) {
		/* A denied port is one whatever the source: blame the burst's first, all are looked
		 * at again. */
		if (side != LAB_FILTERED || !judge->policy->denies(receipt))
			return;
		judge->counts.strays++;
		number = 0;
	}
	heard = &judge->heard[side][number];
	for (size_t i = 0; i < heard->count; i++)
		if (!memcmp(&heard->list[i], receipt, sizeof(*receipt)))
			return;
	if (heard->count < JUDGE_HEARD_MAX)
		heard->list[heard->count++] = *receipt;
}

/* Sends the judge's shots, each under an id of its own. */
static int burst(struct judge *judge)
{
	struct iovec frames[LAB_BURST_MAX];
	size_t count = 0;

	if (judge->next_id + JUDGE_BURST_SHOTS >= LAB_ID_CONTROLS)
		judge->next_id = 1;
	judge->first_id = judge->next_id;
	judge->next_id += (uint32_t)judge->shot_count;
	memset(judge->heard, 0, sizeof(judge->heard));
	for (size_t i = 0; i < judge->shot_count; i++) {
		struct shot *shot = &judge->shots[i];

		shot_stamp(shot, judge->first_id + (uint32_t)i);
		for (size_t j = 0; j < shot->count; j++)
			frames[count++] =
				(struct iovec){ shot->frames[j].bytes, shot->frames[j].length };
	}
	judge->counts.shots += judge->shot_count;
	judge->counts.frames += count;
	return lab_burst(&judge->lab, frames, count, take, judge);
}

static bool heard_has(const struct judge_heard *heard, const struct lab_receipt *receipt)
{
	for (size_t i = 0; i < heard->count; i++)
		if (heard->list[i].protocol == receipt->protocol &&
		    heard->list[i].port == receipt->port &&
		    heard->list[i].second == receipt->second)
			return true;
	return false;
}

static bool is_denied(const struct judge_policy *policy, const struct facts *facts)
{
	const struct lab_receipt there = { .protocol = facts->protocol, .port = facts->port };

	return policy->denies(&there);
}

/* What all frames of a shot have between them. */
static struct facts facts_of_shot(const struct shot *shot, const struct judge_policy *policy)
{
	struct facts all = { 0 };

	for (size_t i = 0; i < shot->count; i++) {
		struct facts one = facts_read(shot->frames[i].bytes, shot->frames[i].length);

		all.deliberate |= one.deliberate;
		if (shot->count > 1 && one.first_fragment &&
		    (one.malformed || is_denied(policy, &one)))
			all.deliberate |= 1u << FACTS_D9;
	}
	return all;
}

static struct judge_finding compare(const struct judge *judge, size_t number)
{
	const struct judge_heard *open = &judge->heard[LAB_OPEN][number];
	const struct judge_heard *filtered = &judge->heard[LAB_FILTERED][number];
	struct judge_finding finding = { .entry = FACTS_NONE, .heard_open = open->count > 0 };
	struct facts facts;

	for (size_t i = 0; i < filtered->count; i++)
		finding.bypass = finding.bypass || judge->policy->denies(&filtered->list[i]);
	for (size_t i = 0; i < open->count; i++)
		finding.false_drop =
			finding.false_drop || (!judge->policy->denies(&open->list[i]) &&
					       !heard_has(filtered, &open->list[i]));
	if (!finding.bypass && !finding.false_drop)
		return finding;
	facts = facts_of_shot(&judge->shots[number], judge->policy);
	if (finding.false_drop && facts.deliberate)
		finding.entry = (enum facts_deliberate)__builtin_ctz(facts.deliberate);
	return finding;
}

static bool is_suspicious(const struct judge_finding *finding)
{
	return finding->bypass || (finding->false_drop && finding->entry == FACTS_NONE);
}

static void report(const struct judge *judge, const struct judge_finding *finding,
		   const char *words)
{
	static const char *const sides[] = { "open", "filtered" };

	printf("# %s: %s\n", finding->bypass ? "BYPASS" : "FALSE DROP without an entry", words);
	for (int side = 0; side < LAB_SIDES; side++)
		for (size_t i = 0; i < judge->heard[side][0].count; i++) {
			const struct lab_receipt *r = &judge->heard[side][0].list[i];

			printf("#   %s: protocol %u port %u at the %s address\n", sides[side],
			       r->protocol, r->port, r->second ? "second" : "first");
		}
	shot_print(stdout, &judge->shots[0]);
}

/* The shot alone, LOOKS times. A bypass is one if it is seen once, a false drop if each time. */
static int look_again(struct judge *judge, const struct shot *shot, const char *words,
		      struct judge_finding *ret_finding)
{
	struct judge_finding sum = { .false_drop = true, .heard_open = true };

	judge->shots[0] = *shot;
	judge->shot_count = 1;
	for (int look = 0; look < LOOKS; look++) {
		struct judge_finding finding;
		int r = burst(judge);

		if (r)
			return r;
		finding = compare(judge, 0);
		sum.bypass = sum.bypass || finding.bypass;
		sum.false_drop = sum.false_drop && finding.false_drop;
		sum.heard_open = sum.heard_open && finding.heard_open;
		sum.entry = finding.entry;
		if (look == LOOKS - 1 && is_suspicious(&sum) &&
		    judge->counts.bypasses + judge->counts.unexplained < REPORTS_MAX)
			report(judge, &sum, words);
	}
	*ret_finding = sum;
	return 0;
}

int judge_directed(struct judge *judge, struct shot *shot, const char *words,
		   struct judge_finding *ret_finding)
{
	return look_again(judge, shot, words, ret_finding);
}

/* Returns a finding about the shot alone, counted if it is confirmed. */
static int shot_again(struct judge *judge, uint64_t seed, uint64_t index,
		      struct judge_finding *ret_finding)
{
	static struct shot shot;
	const char *words;
	int r;

	shot_generate(&shot, seed, index, &words);
	r = look_again(judge, &shot, words, ret_finding);
	if (r || !is_suspicious(ret_finding))
		return r;
	printf("#   shot %lu of seed %lu\n", index, seed);
	judge->counts.bypasses += ret_finding->bypass;
	judge->counts.unexplained += !ret_finding->bypass;
	return 0;
}

/* Looks again at single shots when all of the burst are counted. */
static int burst_judge(struct judge *judge, uint64_t seed)
{
	uint64_t again[JUDGE_BURST_SHOTS], strays = judge->counts.strays;
	size_t again_count = 0;
	bool bypass = false, confirmed = false, drop = false;
	int r = burst(judge);

	if (r)
		return r;
	strays = judge->counts.strays - strays;
	for (size_t i = 0; i < judge->shot_count; i++) {
		struct judge_finding finding = compare(judge, i);

		if (is_suspicious(&finding) || strays)
			again[again_count++] = judge->indexes[i];
		else if (finding.false_drop)
			judge->counts.false_drops[finding.entry]++;
		bypass = bypass || finding.bypass;
		drop = drop || (finding.false_drop && finding.entry == FACTS_NONE);
	}
	for (size_t i = 0; i < again_count; i++) {
		struct judge_finding finding;

		r = shot_again(judge, seed, again[i], &finding);
		if (r)
			return r;
		confirmed = confirmed || finding.bypass;
		drop = drop && !(finding.false_drop && finding.entry == FACTS_NONE);
	}
	judge->counts.unsteady += drop;
	if (bypass && !confirmed) {
		judge->counts.fleeting++;
		printf("# a bypass that did not come again, in the burst that ends with shot %lu\n",
		       again[again_count - 1]);
	}
	return 0;
}

int judge_generated(struct judge *judge, uint64_t seed, uint64_t from, uint64_t frames)
{
	uint64_t index = from, sent = 0;

	while (sent < frames) {
		size_t in_burst = 0;
		const char *words;
		int r;

		judge->shot_count = 0;
		while (judge->shot_count < JUDGE_BURST_SHOTS &&
		       in_burst + SHOT_FRAMES_MAX <= LAB_BURST_MAX) {
			struct shot *shot = &judge->shots[judge->shot_count];

			shot_generate(shot, seed, index, &words);
			judge->indexes[judge->shot_count++] = index++;
			in_burst += shot->count;
		}
		sent += in_burst;
		r = burst_judge(judge, seed);
		if (r)
			return r;
	}
	return 0;
}
