/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Remarks on random policies, in a universe so small that every packet can be tried: a rule or
 * range is reported as dead if and only if it decides no packet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/build_policy.h"
#include "check_case.h"
#include "policy/intervals.h"

enum {
	RULES = 6,
	PORTS = 8,
	TOPS = 8, /* values of the first three bits of an address */
	ENDS = 4, /* rules end at 1..3; 0: no end */
	ROUNDS = 800,
};

static void add_random_prefixes(uint64_t *seed, struct policy_prefixes *prefixes)
{
	uint32_t count = random_below(seed, 3) ? random_below(seed, 6) : 0;

	for (; count; count--) {
		struct policy_prefix prefix = { .family = random_below(seed, 3) ? POLICY_IPV4
										: POLICY_IPV6 };
		prefix.length = random_below(seed, 4);
		prefix.address[0] = random_below(seed, TOPS) << 5 & ~(0xff >> prefix.length);
		prefixes->list = array_room(prefixes->list, prefixes->count, sizeof(prefix));
		prefixes->list[prefixes->count++] = prefix;
	}
}

static void add_random_rules(uint64_t *seed, struct policy *policy)
{
	/* with `monitor` or `only_from`, not both: ranges only counted by others get no remark */
	bool monitors = random_below(seed, 2);

	policy->runtime_count = random_below(seed, RULES);
	for (uint32_t i = 0; i < RULES; i++) {
		char name[8];
		struct policy_rule *rule;

		snprintf(name, sizeof(name), "r%u", i);
		rule = add_rule(policy, name, POLICY_DROP);
		rule->monitor = monitors && random_below(seed, 4) == 0;
		if (i < policy->runtime_count)
			rule->until_ns = random_below(seed, ENDS);
		add_random_prefixes(seed, &rule->from);
		add_random_prefixes(seed, &rule->to);
		if (rule->from.count + rule->to.count && !random_below(seed, 6)) {
			if (!monitors && random_below(seed, 2))
				rule->action = POLICY_ALLOW;
			continue; /* for all packets */
		}
		rule->ports = strdup("by hand");
		for (uint32_t n = 1 + random_below(seed, 3); n; n--) {
			uint16_t low = random_below(seed, PORTS);

			add_ports(rule, random_below(seed, 2), low,
				  low + random_below(seed, PORTS - low));
		}
		if (!monitors && rule->from.count && random_below(seed, 2)) {
			rule->action = POLICY_ALLOW;
			rule->only_from = true;
		}
	}
}

/* Which rules decide a packet, and at which of their ports. */
struct alive {
	bool rules[RULES];
	bool ports[RULES][2][PORTS + 1];
};

/* With the knobs of a policy whose default allows and that drops something. */
static void decide_portless(const struct policy *policy, struct policy_packet packet,
			    struct alive *alive)
{
	bool enforces = false;

	for (size_t i = 0; i < policy->rules_count; i++)
		enforces |=
			(policy->rules[i].action == POLICY_DROP || policy->rules[i].only_from) &&
			!policy->rules[i].monitor;
	packet.transport = PORTSIEVE_ANY;
	for (int knob = 0; knob < 4; knob++) {
		const struct policy_rule *rule;

		packet.is_unlifted = knob >= 1;
		/* later_fragment, tiny_fragment, ext_depth, jumbogram */
		packet.knob_drops = knob == 1 || (knob == 2 && enforces);
		rule = policy_decide(policy, &packet).rule;
		if (rule)
			alive->rules[rule - policy->rules] = true;
	}
}

static void decide_packets(const struct policy *policy, uint32_t addresses, struct alive *alive)
{
	bool six = addresses & 1;
	struct policy_packet packet = {
		.source = { .family = six ? POLICY_IPV6 : POLICY_IPV4, .length = six ? 128 : 32 },
	};

	packet.destination = packet.source;
	packet.source.address[0] = (addresses >> 1 & 7) << 5;
	packet.destination.address[0] = (addresses >> 4 & 7) << 5;
	for (packet.boottime_ns = 0; packet.boottime_ns < ENDS; packet.boottime_ns++) {
		decide_portless(policy, packet, alive);
		/* one port more: the rules without ports alone name it */
		for (uint32_t i = 0; i < 2 * (PORTS + 1); i++) {
			const struct policy_rule *rule;

			packet.transport = i / (PORTS + 1);
			packet.port = i % (PORTS + 1);
			rule = policy_decide(policy, &packet).rule;
			if (!rule)
				continue;
			alive->rules[rule - policy->rules] = true;
			alive->ports[rule - policy->rules][packet.transport][packet.port] = true;
		}
	}
}

struct remarked {
	const struct policy *policy;
	const struct alive *alive;
	bool dead[RULES];
	size_t ranges;
};

/* Ranges that decide no packet, of rules that are not entirely dead. */
static size_t dead_ranges(const struct policy *policy, const struct remarked *remarked)
{
	size_t dead = 0;

	for (size_t i = 0; i < policy->rules_count; i++) {
		size_t count = 0;
		_cleanup_free_ struct policy_interval *ranges =
			policy_intervals_merged(&policy->rules[i], &count);

		/* no remark if only some packets of a monitored rule are decided without it */
		for (size_t n = 0; n < count && !remarked->dead[i] && !policy->rules[i].monitor;
		     n++) {
			bool alive = false;

			if (ranges[n].transport == PORTSIEVE_ANY)
				alive = remarked->alive->rules[i];
			for (uint16_t port = ranges[n].low; port <= ranges[n].high && !alive;
			     port++)
				alive |= remarked->alive->ports[i][ranges[n].transport][port];
			dead += !alive;
		}
	}
	return dead;
}

/* "... never match: tcp/1-2 is shadowed by 'r0' (line 1); udp/3 is shadowed by 'r1' (line 2)" */
static void check_ranges(struct remarked *remarked, unsigned int rule, const char *text)
{
	const char *at = strstr(text, "never match: ");

	assert_non_null(at);
	for (at += strlen("never match: "); at; at = strstr(at, "; "), at = at ? at + 2 : NULL) {
		unsigned int low, high;
		int count = sscanf(at + 3, "/%u-%u", &low, &high);

		assert_in_range(count, 1, 2);
		for (high = count == 1 ? low : high; low <= high; low++)
			assert_false(remarked->alive->ports[rule][at[0] == 'u'][low]);
		remarked->ranges++;
	}
}

static void take_remark(const struct error *error, void *context)
{
	struct remarked *remarked = context;
	unsigned int rule = (unsigned int)error->line - 1;

	if (!strncmp(error->text, "some ports", 10)) {
		check_ranges(remarked, rule, error->text);
		return;
	}
	assert_non_null(strstr(error->text, remarked->policy->rules[rule].monitor
						    ? "never counts: "
						    : "never matches: ")
				?: strstr(error->text, "never matches: its `from`"));
	assert_false(remarked->alive->rules[rule]);
	remarked->dead[rule] = true;
}

static void nothing_that_decides_a_packet_is_said_never_to_match(void **state)
{
	uint64_t seed = 20261122;
	size_t dead = 0, missed = 0, ranges = 0, missed_ranges = 0;

	(void)state;
	for (int round = 0; round < ROUNDS; round++) {
		struct policy policy;
		struct alive alive = { 0 };
		struct remarked remarked = { .policy = &policy, .alive = &alive };

		policy_init(&policy);
		add_random_rules(&seed, &policy);
		for (uint32_t addresses = 0; addresses < 2 * TOPS * TOPS; addresses++)
			decide_packets(&policy, addresses, &alive);
		check_policy(&policy, take_remark, &remarked);
		for (uint32_t i = 0; i < RULES; i++) {
			dead += remarked.dead[i];
			missed += !alive.rules[i] && !remarked.dead[i];
		}
		ranges += remarked.ranges;
		missed_ranges += dead_ranges(&policy, &remarked) - remarked.ranges;
		policy_free(&policy);
	}
	assert_int_equal(missed, 0);
	assert_int_equal(missed_ranges, 0);
	/* every outcome occurs often */
	assert_in_range(dead, ROUNDS / 4, ROUNDS * RULES / 2);
	assert_in_range(ranges, ROUNDS / 4, ROUNDS * RULES);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_that_decides_a_packet_is_said_never_to_match),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
