// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Neighbouring ports form a run if the same rules name them, the default counts them in the same
 * range and the image has the same entry for them. The definition and the program look at nothing
 * else of a port, so both ends of a run stand for all its ports. A run that the compiler gets wrong
 * in the middle is two runs.
 */
#include "cmocka_first.h"
#include "whole_image.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "address_kinds.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "compile/compile.h"
#include "compile/counter_ids.h"
#include "compile/range_order.h"
#include "native_classify.h"

struct run {
	enum portsieve_transport transport; /* PORTSIEVE_ANY: packets without a port, of a knob */
	enum portsieve_knob knob;
	uint16_t low, high;
	const uint16_t *rules; /* that name its ports, in order */
	size_t rules_count;
};

/* The rules that name each port of a transport, in order. */
struct port_rules {
	uint16_t *rules;		   /* of port 0, of port 1, ... */
	size_t first[PORTSIEVE_PORTS + 1]; /* by port: index in `rules` */
};

struct check {
	const char *name;
	const struct policy *policy;
	const struct portsieve_image *image;
	struct address_kinds kinds[POLICY_FAMILIES][PORTSIEVE_DIRECTIONS];
	struct port_rules *port_rules; /* by transport */
	uint16_t *portless[2];	       /* rules without ports, and of these those that drop */
	struct run *runs;
	size_t runs_count;
	uint64_t *moments;
	size_t moments_count;
	uint16_t *range_of_row; /* 0: of no range of a rule */
	uint64_t chance;
};

struct whole_image_sums whole_image_sums;

/* The image of the policy checked last, whose rows the next one keeps. */
static struct portsieve_image *previous;

/* A linear congruential step (Knuth's MMIX). */
static uint32_t chance(struct check *check, size_t limit)
{
	check->chance = check->chance * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(check->chance >> 33) % (uint32_t)limit;
}

/* -- the definition -- */

static bool holds(const struct address_kind *kind, uint32_t rule)
{
	return kind->rules[rule / 64] >> rule % 64 & 1;
}

static bool is_dhcp(const struct policy *policy, enum portsieve_transport transport, uint16_t port)
{
	return policy->default_action == POLICY_DROP && policy->dhcp_client &&
	       transport == PORTSIEVE_UDP && (port == 68 || port == 546);
}

/* A rule with only_from drops what its prefixes do not hold. */
static bool rule_drops(const struct policy *policy, size_t rule, const struct address_kind *source)
{
	if (policy->rules[rule].only_from)
		return !(source->listed[rule / 64] >> rule % 64 & 1);
	return policy->rules[rule].action == POLICY_DROP;
}

/*
 * The index of the rule that counts the packet, or -1: the first that is enforced, or where that
 * passes the packet, the first before it that is monitored.
 */
static int first_match(const struct check *check, const struct run *run,
		       const struct address_kind *source, const struct address_kind *destination,
		       uint64_t now_ns)
{
	const struct policy *policy = check->policy;
	bool drops =
		run->transport == PORTSIEVE_ANY
			? (check->image->drop_knobs & ~check->image->monitor_knobs) >> run->knob & 1
			: policy->default_action == POLICY_DROP && !policy->default_monitor &&
				  !is_dhcp(policy, run->transport, run->low);
	int decider = -1, monitored = -1;

	for (size_t i = 0; i < run->rules_count && decider < 0; i++) {
		uint16_t rule = run->rules[i];
		uint64_t until_ns = policy->rules[rule].until_ns;

		if ((until_ns && now_ns >= until_ns) || !holds(source, rule) ||
		    !holds(destination, rule))
			continue;
		if (!policy->rules[rule].monitor)
			decider = rule;
		else if (monitored < 0)
			monitored = rule;
	}
	if (decider >= 0)
		drops = rule_drops(policy, (size_t)decider, source);
	return drops || monitored < 0 ? decider : monitored;
}

static unsigned int builtin_of(uint16_t port)
{
	return !port	      ? PORTSIEVE_PORT0
	       : port < 1024  ? PORTSIEVE_SYSTEM
	       : port < 49152 ? PORTSIEVE_USER
			      : PORTSIEVE_DYNAMIC;
}

/* The number of the range that counts a port if no rule decides. */
static uint32_t default_range(const struct policy *policy, enum portsieve_transport transport,
			      uint16_t port)
{
	return is_dhcp(policy, transport, port) ? PORTSIEVE_RANGE_DHCP
						: transport * PORTSIEVE_BUILTINS + builtin_of(port);
}

/* -- ports -- */

static void port_rules_make(const struct policy *policy, enum portsieve_transport transport,
			    struct port_rules *ret_rules)
{
	_cleanup_free_ int32_t *last = calloc(PORTSIEVE_PORTS, sizeof(*last)); /* rule + 1 */
	_cleanup_free_ size_t *next = calloc(PORTSIEVE_PORTS + 1, sizeof(*next));

	assert_true(last && next);
	/* first counted, then entered */
	for (int pass = 0; pass < 2; pass++) {
		memset(last, 0, PORTSIEVE_PORTS * sizeof(*last));
		for (size_t rule = 0; rule < policy->rules_count; rule++) {
			const struct policy_rule *one = &policy->rules[rule];
			const struct policy_interval all = { 0, PORTSIEVE_PORTS - 1, transport };
			size_t count = one->intervals_count ? one->intervals_count : 1;

			for (size_t i = 0; i < count; i++) {
				const struct policy_interval *interval =
					one->intervals_count ? &one->intervals[i] : &all;

				if (interval->transport != transport)
					continue;
				for (uint32_t port = interval->low; port <= interval->high;
				     port++) {
					if (last[port] == (int32_t)rule + 1)
						continue;
					last[port] = (int32_t)rule + 1;
					if (pass)
						ret_rules->rules[next[port]++] = (uint16_t)rule;
					else
						ret_rules->first[port + 1]++;
				}
			}
		}
		if (pass)
			break;
		for (uint32_t port = 0; port < PORTSIEVE_PORTS; port++)
			ret_rules->first[port + 1] += ret_rules->first[port];
		memcpy(next, ret_rules->first, (PORTSIEVE_PORTS + 1) * sizeof(*next));
		ret_rules->rules = calloc(ret_rules->first[PORTSIEVE_PORTS] + 1, sizeof(uint16_t));
		assert_non_null(ret_rules->rules);
	}
}

static bool same_run(const struct check *check, const struct run *run, uint16_t port)
{
	const struct port_rules *rules = &check->port_rules[run->transport];
	const uint16_t *table = check->image->port[run->transport];

	return table[port] == table[run->low] &&
	       default_range(check->policy, run->transport, port) ==
		       default_range(check->policy, run->transport, run->low) &&
	       rules->first[port + 1] - rules->first[port] == run->rules_count &&
	       !memcmp(rules->rules + rules->first[port], run->rules,
		       run->rules_count * sizeof(*run->rules));
}

static void add_runs(struct check *check, enum portsieve_transport transport)
{
	const struct port_rules *rules = &check->port_rules[transport];
	struct run *run = NULL;

	for (uint32_t port = 0; port < PORTSIEVE_PORTS; port++) {
		if (run && same_run(check, run, (uint16_t)port)) {
			run->high = (uint16_t)port;
			continue;
		}
		check->runs = array_room(check->runs, check->runs_count, sizeof(*run));
		assert_non_null(check->runs);
		run = &check->runs[check->runs_count++];
		*run = (struct run){
			.transport = transport,
			.low = (uint16_t)port,
			.high = (uint16_t)port,
			.rules = rules->rules + rules->first[port],
			.rules_count = rules->first[port + 1] - rules->first[port],
		};
	}
}

/* Packets without a port: a run for each knob that comes after the rules without ports. */
static void add_portless_runs(struct check *check)
{
	static const struct {
		enum portsieve_knob knob;
		bool is_unlifted;
	} knobs[] = {
		{ PORTSIEVE_KNOB_LATER_FRAGMENT, false },  { PORTSIEVE_KNOB_TINY_FRAGMENT, true },
		{ PORTSIEVE_KNOB_OTHER_PROTOCOL, false },  { PORTSIEVE_KNOB_NO_PORT, false },
		{ PORTSIEVE_KNOB_ICMP_ECHO, false },	   { PORTSIEVE_KNOB_ICMP_OTHER, false },
		{ PORTSIEVE_KNOB_ICMPV6_ECHO, false },	   { PORTSIEVE_KNOB_ICMPV6_OTHER, false },
		{ PORTSIEVE_KNOB_ICMPV6_MOBILITY, false }, { PORTSIEVE_KNOB_EXT_DEPTH, true },
		{ PORTSIEVE_KNOB_JUMBOGRAM, true },
	};
	size_t count[2] = { 0 };

	for (int drops = 0; drops < 2; drops++) {
		check->portless[drops] = calloc(check->policy->rules_count + 1, sizeof(uint16_t));
		assert_non_null(check->portless[drops]);
		for (size_t rule = 0; rule < check->policy->rules_count; rule++)
			if (!check->policy->rules[rule].intervals_count &&
			    (!drops || check->policy->rules[rule].action == POLICY_DROP))
				check->portless[drops][count[drops]++] = (uint16_t)rule;
	}
	for (size_t i = 0; i < ARRAY_SIZE(knobs); i++) {
		check->runs = array_room(check->runs, check->runs_count, sizeof(*check->runs));
		assert_non_null(check->runs);
		check->runs[check->runs_count++] = (struct run){
			.transport = PORTSIEVE_ANY,
			.knob = knobs[i].knob,
			.rules = check->portless[knobs[i].is_unlifted],
			.rules_count = count[knobs[i].is_unlifted],
		};
	}
}

/* -- times -- */

static int compare_moments(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return (*a > *b) - (*a < *b);
}

static void moments_make(struct check *check)
{
	const struct policy *policy = check->policy;
	size_t count = 0, kept = 1;

	check->moments = calloc(3 * policy->rules_count + 2, sizeof(*check->moments));
	assert_non_null(check->moments);
	check->moments[count++] = 0;
	for (size_t rule = 0; rule < policy->rules_count; rule++) {
		uint64_t until_ns = policy->rules[rule].until_ns;

		if (!until_ns)
			continue;
		check->moments[count++] = until_ns - 1;
		check->moments[count++] = until_ns;
		check->moments[count++] = until_ns + 1;
	}
	if (count > 1)
		check->moments[count++] = UINT64_MAX;
	qsort(check->moments, count, sizeof(*check->moments), compare_moments);
	for (size_t i = 1; i < count; i++)
		if (check->moments[i] != check->moments[kept - 1])
			check->moments[kept++] = check->moments[i];
	check->moments_count = kept;
}

/* -- the tables beside the decision -- */

static int compare_intervals(const void *one, const void *other)
{
	const struct policy_interval *a = one, *b = other;

	if (a->transport != b->transport)
		return a->transport < b->transport ? -1 : 1;
	return (a->low > b->low) - (a->low < b->low);
}

/* Sorts the intervals and joins those that share a port. Returns how many remain. */
static size_t join_intervals(struct policy_interval *intervals, size_t count)
{
	size_t kept = 0;

	if (count)
		qsort(intervals, count, sizeof(*intervals), compare_intervals);
	for (size_t i = 0; i < count; i++) {
		struct policy_interval *last = kept ? &intervals[kept - 1] : NULL;

		if (!last || last->transport != intervals[i].transport ||
		    last->high < intervals[i].low)
			intervals[kept++] = intervals[i];
		else if (last->high < intervals[i].high)
			last->high = intervals[i].high;
	}
	return kept;
}

/* The ids from `id` on are the ranges of the rule, in any order. Returns how many. */
static size_t assert_ranges_of_rule(const struct check *check, size_t index, size_t id)
{
	const struct policy_rule *rule = &check->policy->rules[index];
	const struct portsieve_image *image = check->image;
	_cleanup_free_ struct policy_interval *named =
		calloc(rule->intervals_count + 1, sizeof(*named));
	_cleanup_free_ struct policy_interval *found = NULL;
	size_t count;

	assert_non_null(named);
	memcpy(named, rule->intervals, rule->intervals_count * sizeof(*named));
	count = join_intervals(named, rule->intervals_count);
	if (!rule->intervals_count)
		named[count++] = (struct policy_interval){ 0, PORTSIEVE_PORTS - 1, PORTSIEVE_ANY };
	found = calloc(count + 1, sizeof(*found));
	assert_non_null(found);
	if (strcmp(image->rule[index].name, rule->name) ||
	    image->rule[index].drop != (rule->action == POLICY_DROP) ||
	    image->rule[index].monitor != rule->monitor ||
	    image->rule[index].until_ns != rule->until_ns)
		fail_msg("%s: rule %zu is not '%s'", check->name, index, rule->name);
	for (size_t i = 0; i < count; i++) {
		const struct portsieve_range *range = &image->range[id + i];

		if (id + i >= image->ranges || range->rule != index ||
		    range->drop != (rule->action == POLICY_DROP))
			fail_msg("%s: range %zu is not of '%s'", check->name, id + i, rule->name);
		found[i] = (struct policy_interval){ range->low, range->high, range->transport };
	}
	if (count)
		qsort(found, count, sizeof(*found), compare_intervals);
	for (size_t i = 0; i < count; i++)
		if (found[i].transport != named[i].transport || found[i].low != named[i].low ||
		    found[i].high != named[i].high)
			fail_msg("%s: '%s' has a range %s/%u-%u, should be %s/%u-%u", check->name,
				 rule->name, transport_name(found[i].transport),
				 (unsigned int)found[i].low, (unsigned int)found[i].high,
				 transport_name(named[i].transport), (unsigned int)named[i].low,
				 (unsigned int)named[i].high);
	return count;
}

/* Replies to packets that a range drops pass: docs/portsieve-policy.5.scd, RETURN TRAFFIC. */
static bool should_ask(const struct policy_rule *rule)
{
	return rule->replies == POLICY_REPLIES_UNSET
		       ? rule->intervals_count && policy_prefixes_any(&rule->from)
		       : rule->replies == POLICY_REPLIES_PASS;
}

/* The order of ids by kind, as abi.h has it. */
static unsigned int kind_of(const struct policy_rule *rule)
{
	bool final = rule->action == POLICY_DROP && !should_ask(rule);

	return rule->monitor ? (final ? 2 : 3) : final;
}

static void assert_ranges(const struct check *check)
{
	size_t id = PORTSIEVE_RANGE_RULES;

	assert_int_equal(check->image->rules, check->policy->rules_count);
	for (unsigned int kind = 0; kind < 4; kind++)
		for (size_t rule = 0; rule < check->policy->rules_count; rule++)
			if (kind_of(&check->policy->rules[rule]) == kind)
				id += assert_ranges_of_rule(check, rule, id);
	assert_int_equal(check->image->ranges, id);
}

/* What the program asks of the ids of ranges that drop packets. */
static void assert_kinds(const struct check *check)
{
	const struct portsieve_image *image = check->image;

	for (uint32_t id = 0; id < image->ranges; id++) {
		const struct policy_rule *rule = &check->policy->rules[image->range[id].rule];
		bool by_default = id < PORTSIEVE_RANGE_RULES;
		bool asks = by_default || should_ask(rule);
		bool monitored = by_default ? check->policy->default_monitor : rule->monitor;

		if (id == PORTSIEVE_RANGE_DHCP || !image->range[id].drop)
			continue;
		if (asks == ids_have(&image->final, id))
			fail_msg("%s: range %u %s for replies", check->name, id,
				 asks ? "does not ask" : "asks");
		if (monitored == ids_have(&image->enforced, id))
			fail_msg("%s: range %u is %s", check->name, id,
				 monitored ? "enforced" : "monitored");
	}
}

/* Readers walk the rules in their order. */
static void assert_walk(const struct check *check)
{
	struct rules_walk walk = rules_walk_begin(check->image);
	struct rule_ranges ranges;
	size_t count = 0;

	for (size_t rule = 0; rule < check->policy->rules_count; rule++) {
		assert_true(rules_walk_next(&walk, &ranges));
		assert_int_equal(ranges.rule, rule);
		for (uint32_t id = ranges.first; id < ranges.end; id++)
			assert_int_equal(check->image->range[id].rule, rule);
		count += ranges.end - ranges.first;
	}
	assert_false(rules_walk_next(&walk, &ranges));
	assert_int_equal(count, check->image->ranges - PORTSIEVE_RANGE_RULES);
}

static bool same_range(const struct portsieve_image *a, uint32_t a_id,
		       const struct portsieve_image *b, uint32_t b_id)
{
	const struct portsieve_range *one = &a->range[a_id], *other = &b->range[b_id];

	return one->transport == other->transport && one->low == other->low &&
	       one->high == other->high &&
	       !strcmp(a->rule[one->rule].name, b->rule[other->rule].name);
}

/* A row for each range; one that the previous image uses only for the same range. */
static void assert_rows(struct check *check)
{
	const struct portsieve_image *image = check->image;
	_cleanup_free_ uint16_t *was = calloc(PORTSIEVE_COUNTERS, sizeof(*was));

	check->range_of_row = calloc(PORTSIEVE_COUNTERS, sizeof(*check->range_of_row));
	assert_true(was && check->range_of_row);
	for (uint32_t id = PORTSIEVE_RANGE_RULES; previous && id < previous->ranges; id++)
		was[previous->counter[id]] = (uint16_t)id;
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		uint16_t row = image->counter[id];

		if (row < PORTSIEVE_COUNTER_POOL || row >= PORTSIEVE_COUNTERS ||
		    check->range_of_row[row])
			fail_msg("%s: range %u has no row of its own: %u", check->name, id,
				 (unsigned int)row);
		if (was[row] && !same_range(image, id, previous, was[row]))
			fail_msg("%s: range %u has the row %u of another", check->name, id,
				 (unsigned int)row);
		check->range_of_row[row] = (uint16_t)id;
	}
}

/* -- questions -- */

struct question {
	const struct run *run;
	const struct address_kind *source, *destination;
	uint64_t now_ns;
};

static void print_address(const struct policy_prefix *address, char text[INET6_ADDRSTRLEN])
{
	inet_ntop(address->family == POLICY_IPV6 ? AF_INET6 : AF_INET, address->address, text,
		  INET6_ADDRSTRLEN);
}

__attribute__((noreturn)) static void fail_at(const struct check *check,
					      const struct question *question, uint16_t port,
					      int rule, const struct native_decision *decision)
{
	const struct portsieve_image *image = check->image;
	char source[INET6_ADDRSTRLEN], destination[INET6_ADDRSTRLEN];

	print_address(&question->source->address, source);
	print_address(&question->destination->address, destination);
	print_error("%s: %s/%u from %s to %s at %llu ns: should be '%s'; the image says range %u "
		    "('%s'), row %u, %s\n",
		    check->name, transport_name(question->run->transport), (unsigned int)port,
		    source, destination, (unsigned long long)question->now_ns,
		    rule < 0 ? "default" : check->policy->rules[rule].name, decision->range,
		    decision->range >= PORTSIEVE_RANGE_RULES && decision->range < image->ranges
			    ? image->rule[image->range[decision->range].rule].name
			    : "default",
		    decision->counter,
		    decision->monitored ? "would drop"
		    : decision->drop	? "drop"
					: "pass");
	fail();
	abort();
}

static bool is_default(const struct check *check, const struct question *question, uint16_t port,
		       const struct native_decision *decision)
{
	enum portsieve_transport transport = question->run->transport;
	bool dhcp = is_dhcp(check->policy, transport, port);
	enum portsieve_knob knob = question->run->knob;

	if (transport == PORTSIEVE_ANY)
		return decision->range == PORTSIEVE_RANGES &&
		       decision->counter == PORTSIEVE_OTHER_PROTOCOL &&
		       decision->drop == (check->image->drop_knobs >> knob & 1) &&
		       decision->monitored == (check->image->monitor_knobs >> knob & 1);
	return decision->range == default_range(check->policy, transport, port) &&
	       decision->drop == (check->policy->default_action == POLICY_DROP && !dhcp) &&
	       decision->monitored == (decision->drop && check->policy->default_monitor) &&
	       decision->counter ==
		       (dhcp ? PORTSIEVE_DHCP_CLIENT : PORTSIEVE_COUNTER_BUILTIN + decision->range);
}

static bool is_by_rule(const struct check *check, const struct question *question, uint16_t port,
		       uint32_t rule, const struct native_decision *decision)
{
	const struct portsieve_image *image = check->image;
	const struct portsieve_range *range;

	if (decision->range < PORTSIEVE_RANGE_RULES || decision->range >= image->ranges)
		return false;
	range = &image->range[decision->range];
	return range->rule == rule &&
	       (range->transport == question->run->transport ||
		range->transport == PORTSIEVE_ANY) &&
	       range->low <= port && port <= range->high &&
	       decision->drop == rule_drops(check->policy, rule, question->source) &&
	       decision->monitored == check->policy->rules[rule].monitor &&
	       decision->counter < PORTSIEVE_COUNTERS &&
	       check->range_of_row[decision->counter] == decision->range;
}

/* At both ends of the run. */
static void ask(const struct check *check, const struct question *question)
{
	const struct run *run = question->run;
	int rule =
		first_match(check, run, question->source, question->destination, question->now_ns);
	struct native_packet packet = {
		.transport = run->transport,
		.knob = run->knob,
		.port = run->low,
		.address = { &question->source->address, &question->destination->address },
		.class = { question->source->class, question->destination->class },
		.boottime_ns = question->now_ns,
	};

	for (;;) {
		struct native_decision decision = native_classify(check->image, &packet);

		if (rule < 0 ? !is_default(check, question, packet.port, &decision)
			     : !is_by_rule(check, question, packet.port, (uint32_t)rule, &decision))
			fail_at(check, question, packet.port, rule, &decision);
		whole_image_sums.questions++;
		if (packet.port == run->high)
			return;
		packet.port = run->high;
	}
}

static uint64_t count_cells(const struct check *check)
{
	uint64_t cells = 0;

	for (int family = 0; family < POLICY_FAMILIES; family++)
		cells += (uint64_t)check->kinds[family][PORTSIEVE_SOURCE].count *
			 check->kinds[family][PORTSIEVE_DESTINATION].count;
	return cells;
}

static void ask_cells(const struct check *check, struct question *question,
		      enum policy_family family)
{
	const struct address_kinds *sources = &check->kinds[family][PORTSIEVE_SOURCE];
	const struct address_kinds *destinations = &check->kinds[family][PORTSIEVE_DESTINATION];

	for (size_t s = 0; s < sources->count; s++) {
		question->source = &sources->list[s];
		for (size_t d = 0; d < destinations->count; d++) {
			question->destination = &destinations->list[d];
			ask(check, question);
		}
	}
}

static void ask_all(const struct check *check)
{
	for (size_t run = 0; run < check->runs_count; run++)
		for (size_t moment = 0; moment < check->moments_count; moment++)
			for (int family = 0; family < POLICY_FAMILIES; family++) {
				struct question question = { .run = &check->runs[run],
							     .now_ns = check->moments[moment] };

				ask_cells(check, &question, family);
			}
}

/* Any kind, or one that a rule of the run names. */
static const struct address_kind *pick_kind(struct check *check, const struct run *run,
					    enum policy_family family,
					    enum portsieve_direction direction)
{
	const struct address_kinds *kinds = &check->kinds[family][direction];

	if (run->rules_count && chance(check, 4)) {
		uint16_t rule = run->rules[chance(check, run->rules_count)];
		const struct policy_prefixes *prefixes =
			policy_rule_prefixes(&check->policy->rules[rule], direction);

		if (prefixes->count) {
			const struct policy_prefix *prefix =
				&prefixes->list[chance(check, prefixes->count)];

			if (prefix->family == family)
				return &kinds->list[address_kinds_find(kinds, prefix)];
		}
	}
	return &kinds->list[chance(check, kinds->count)];
}

/* Each run, each kind of source and each of destination in turn, with others by chance. */
static void ask_samples(struct check *check)
{
	for (size_t i = 0; i < WHOLE_SAMPLES; i++) {
		enum policy_family family = i / 3 % 2;
		const struct address_kinds *sources = &check->kinds[family][PORTSIEVE_SOURCE];
		const struct address_kinds *destinations =
			&check->kinds[family][PORTSIEVE_DESTINATION];
		struct question question = {
			.run = &check->runs[chance(check, check->runs_count)],
			.now_ns = check->moments[chance(check, check->moments_count)],
		};

		if (i % 3 == 0)
			question.run = &check->runs[i / 6 % check->runs_count];
		question.source = pick_kind(check, question.run, family, PORTSIEVE_SOURCE);
		question.destination =
			pick_kind(check, question.run, family, PORTSIEVE_DESTINATION);
		if (i % 3 == 1)
			question.source = &sources->list[i / 6 % sources->count];
		if (i % 3 == 2)
			question.destination = &destinations->list[i / 6 % destinations->count];
		ask(check, &question);
	}
}

/* -- */

static void check_free(struct check *check)
{
	for (int family = 0; family < POLICY_FAMILIES; family++)
		for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
			address_kinds_free(&check->kinds[family][direction]);
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++)
		free(check->port_rules[transport].rules);
	free(check->port_rules);
	free(check->portless[0]);
	free(check->portless[1]);
	free(check->runs);
	free(check->moments);
	free(check->range_of_row);
}

static void compile(const char *name, const struct policy *policy, const struct policy_host *host,
		    struct portsieve_image *image, struct addresses *ret_addresses)
{
	struct error error = { 0 };

	if (addresses_compile(policy, name, ret_addresses, &error) ||
	    image_compile(policy, host, name, image, &error))
		fail_msg("%s: %s", name, error.text);
	assert_int_equal(counter_ids_assign(image, previous), 0);
}

void whole_image_check(const char *name, const struct policy *policy,
		       const struct policy_host *host)
{
	struct portsieve_image *image = calloc(1, sizeof(*image));
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct check check = { .name = name, .policy = policy, .image = image };
	uint64_t cells;

	check.port_rules = calloc(PORTSIEVE_TRANSPORTS, sizeof(*check.port_rules));
	assert_true(image && check.port_rules);
	compile(name, policy, host, image, &addresses);
	assert_ranges(&check);
	assert_kinds(&check);
	assert_walk(&check);
	assert_rows(&check);
	for (int family = 0; family < POLICY_FAMILIES; family++)
		for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
			address_kinds_make(policy, &addresses, direction, family,
					   &check.kinds[family][direction]);
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++) {
		port_rules_make(policy, transport, &check.port_rules[transport]);
		add_runs(&check, transport);
	}
	add_portless_runs(&check);
	moments_make(&check);
	cells = count_cells(&check);
	whole_image_sums.policies++;
	whole_image_sums.cells += cells;
	if (2 * cells * check.runs_count * check.moments_count <= WHOLE_QUESTIONS_MAX) {
		ask_all(&check);
	} else {
		whole_image_sums.sampled++;
		ask_samples(&check);
	}
	check_free(&check);
	free(previous);
	previous = image;
}
