// SPDX-License-Identifier: GPL-2.0-or-later
/* Comparing the program with the oracle. */
#include "cmocka_first.h"
#include "agree.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/*
 * The clocks by which the policy's text is read: NOON is one second after boot. So SOON is in the
 * future when the text is read, and in the past by the kernel's clock when the program runs. LATE
 * is never reached.
 */
#define NOON_NS	      (1795262400 * INT64_C(1000000000)) /* 2026-11-21T12:00:00Z */
#define AFTER_BOOT_NS INT64_C(1000000000)
#define SOON	      "2026-11-21T12:00:10Z"
#define LATE	      "2036-11-21T12:00:00Z"

static const char *word(bool drop)
{
	return drop ? "drop" : "allow";
}

static void write_prefixes(FILE *out, const char *key, const struct oracle_prefixes *prefixes)
{
	if (!prefixes->count)
		return;
	fprintf(out, ", %s: [", key);
	for (size_t i = 0; i < prefixes->count; i++) {
		const struct oracle_prefix *prefix = &prefixes->list[i];
		int family = prefix->family == ORACLE_IPV4 ? AF_INET : AF_INET6;
		char text[INET6_ADDRSTRLEN];

		assert_non_null(inet_ntop(family, prefix->address, text, sizeof(text)));
		fprintf(out, "%s\"%s/%u\"", i ? ", " : "", text, (unsigned int)prefix->length);
	}
	fprintf(out, "]");
}

static void write_rule(FILE *out, const struct oracle_rule *rule)
{
	fprintf(out, "  - {name: %s, action: %s%s%s", rule->name, word(rule->drop),
		rule->monitor ? ", mode: monitor" : "", rule->interval_count ? ", ports:" : "");
	for (size_t i = 0; i < rule->interval_count; i++)
		fprintf(out, " %s/%u-%u", rule->intervals[i].transport,
			(unsigned int)rule->intervals[i].low,
			(unsigned int)rule->intervals[i].high);
	write_prefixes(out, rule->only_from ? "only_from" : "from", &rule->from);
	write_prefixes(out, "to", &rule->to);
	if (rule->ends)
		fprintf(out, ", until: %s", rule->ended ? SOON : LATE);
	fprintf(out, "}\n");
}

static void write_rules(FILE *out, const struct oracle_policy *policy)
{
	for (size_t i = 0; i < policy->rule_count; i++) {
		bool runtime = i < policy->runtime_count;

		assert_true(runtime || !policy->rules[i].ends);
		if (i == 0 || i == policy->runtime_count)
			fprintf(out, "%s:\n", runtime ? "runtime" : "rules");
		write_rule(out, &policy->rules[i]);
	}
}

static void write_knobs(FILE *out, const struct oracle_policy *policy)
{
	fprintf(out, "portless:\n");
	for (int knob = 0; knob < KNOB_COUNT; knob++)
		fprintf(out, "  %s: %s\n", oracle_knob_name((enum oracle_knob)knob),
			word(policy->knob_drops[knob]));
}

char *agreement_text(const struct oracle_policy *policy, bool monitor, bool with_knobs,
		     struct policy_host *ret_host)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	/* return: test runs look nothing up, so the verdict is as without it */
	fprintf(out,
		"version: 1\nmode: %s\ndefault: {action: %s, mode: %s}\ndhcp_client: %s\n"
		"return: socket\n",
		monitor ? "monitor" : "enforce", word(policy->default_drop),
		policy->default_monitor ? "monitor" : "enforce",
		policy->dhcp_client ? "auto" : "off");
	write_rules(out, policy);
	if (with_knobs)
		write_knobs(out, policy);
	assert_int_equal(fclose(out), 0);
	*ret_host = judge_host;
	ret_host->realtime_ns = NOON_NS;
	ret_host->boottime_ns = AFTER_BOOT_NS;
	return text;
}

struct agreement agreement_begin(struct judge *judge, const struct oracle_policy *policy,
				 bool monitor, bool with_knobs, bool forwards_ipv6)
{
	struct agreement agreement = { .judge = judge, .policy = *policy, .monitor = monitor };
	struct policy_host host;
	_cleanup_free_ char *text = agreement_text(policy, monitor, with_knobs, &host);

	if (with_knobs) /* as keys of their own they are enforced */
		memset(agreement.policy.knob_monitors, 0, sizeof(agreement.policy.knob_monitors));
	host.forwards_ipv6 = forwards_ipv6;
	judge_apply(judge, text, &host);
	agreement.before = judge_counters(judge, PORTSIEVE_COUNTERS);
	agreement.sums = calloc(PORTSIEVE_COUNTERS, sizeof(*agreement.sums));
	assert_non_null(agreement.sums);
	return agreement;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same(const struct agreement *agreement, const struct judgement *judgement,
		 const struct oracle_opinion *opinion)
{
	return judgement->drop == opinion->drop &&
	       judgement->dropped ==
		       (opinion->drop && !agreement->monitor && !opinion->monitored) &&
	       judgement->port == opinion->port && judgement->low == opinion->low &&
	       judgement->high == opinion->high && same_text(judgement->reason, opinion->reason) &&
	       same_text(judgement->rule, opinion->rule) &&
	       same_text(judgement->protocol, opinion->protocol);
}

/* judge.c has checked that the row has the names of the oracle, and same() the verdict, so the sums
 * are the oracle's. */
void agreement_frame_in_buffers(struct agreement *agreement, const uint8_t *frame, size_t length,
				size_t first_bytes)
{
	struct oracle_opinion opinion = oracle_judge(&agreement->policy, frame, length);
	struct judgement judgement =
		judge_frame_in_buffers(agreement->judge, frame, length, first_bytes);
	struct portsieve_counter *sum = &agreement->sums[judgement.counter];

	if (!same(agreement, &judgement, &opinion)) {
		fprintf(stderr, "first buffer: %zu of %zu bytes\n", first_bytes, length);
		oracle_describe(stderr, &agreement->policy, frame, length, &opinion);
		judgement_print(stderr, "kernel", &judgement);
		fail();
	}
	sum->verdict[judgement_verdict(&judgement)].packets++;
	sum->verdict[judgement_verdict(&judgement)].bytes += length;
	sum->new_connections += opinion.new_connection;
}

void agreement_frame(struct agreement *agreement, const uint8_t *frame, size_t length)
{
	agreement_frame_in_buffers(agreement, frame, length, length);
}

void agreement_end(struct agreement *agreement)
{
	_cleanup_free_ struct portsieve_counter *after =
		judge_counters(agreement->judge, PORTSIEVE_COUNTERS);

	for (uint32_t row = 0; row < PORTSIEVE_COUNTERS; row++) {
		struct portsieve_counter *sum = &agreement->sums[row],
					 *was = &agreement->before[row];

		if (memcmp(sum, &native_counters(agreement->judge->native)[row], sizeof(*sum)))
			fail_msg("row %u differs natively", row);
		for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
			sum->verdict[verdict].packets += was->verdict[verdict].packets;
			sum->verdict[verdict].bytes += was->verdict[verdict].bytes;
		}
		sum->new_connections += was->new_connections;
		if (memcmp(sum, &after[row], sizeof(*sum)))
			fail_msg("row %u: passed %llu, dropped %llu, would drop %llu, new %llu; "
				 "the oracle says %llu, %llu, %llu, %llu, or other bytes",
				 row, after[row].verdict[0].packets, after[row].verdict[1].packets,
				 after[row].verdict[2].packets, after[row].new_connections,
				 sum->verdict[0].packets, sum->verdict[1].packets,
				 sum->verdict[2].packets, sum->new_connections);
	}
	free(agreement->before);
	free(agreement->sums);
}
