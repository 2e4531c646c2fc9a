/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The compiler. Each rule paints its ports that no earlier rule has painted; the default paints the
 * rest. The work grows with ranges plus ports, not with their product. Rules that name addresses,
 * have an end or are only monitored paint nothing: conditions.c adds them afterwards. Ranges are
 * numbered in rule order at first; range_order.c then orders them by kind.
 */
#include "compile/compile.h"

#include <errno.h>
#include <string.h>

#include "compile/address_classes.h"
#include "compile/builtin.h"
#include "base/cleanup.h"
#include "base/deadline.h"
#include "compile/conditions.h"
#include "policy/failsafe.h"
#include "policy/knobs.h"
#include "policy/intervals.h"
#include "compile/range_order.h"

/*
 * The unpainted ports of one transport, as a union-find forest: `next` leads from a port to the
 * first unpainted one at or above it. PORTSIEVE_PORTS ends all chains.
 */
struct unpainted {
	uint32_t next[PORTSIEVE_PORTS + 1];
};

/* The first unpainted port from `port` on, or PORTSIEVE_PORTS. Uses path halving. */
static uint32_t unpainted_from(struct unpainted *unpainted, uint32_t port)
{
	uint32_t *next = unpainted->next;

	while (next[port] != port) {
		next[port] = next[next[port]];
		port = next[port];
	}
	return port;
}

/* Paints the unpainted ports of low..high with an entry of the flat table. */
static void paint(struct unpainted *unpainted, uint16_t *table, const struct portsieve_range *range,
		  uint16_t entry)
{
	for (uint32_t port = unpainted_from(unpainted, range->low); port <= range->high;
	     port = unpainted_from(unpainted, port)) {
		table[port] = entry;
		unpainted->next[port] = port + 1;
	}
}

static bool is_dropped(const struct policy *policy, const struct policy_host *host,
		       enum portsieve_knob knob)
{
	bool by_default = policy->default_action == POLICY_DROP;

	if (policy->knobs[knob] != POLICY_CHOICE_UNSET)
		return policy->knobs[knob] == POLICY_CHOICE_DROP;
	switch (knobs[knob].otherwise) {
	case KNOB_ALLOWS:
		return false;
	case KNOB_DROPS:
		return true;
	case KNOB_DROPS_IF_ANY:
		return policy_drops(policy);
	case KNOB_ALLOWS_IN_TRANSIT:
		return by_default && !host->forwards_ipv6;
	case KNOB_FOLLOWS_DEFAULT:
		break;
	}
	return by_default;
}

/* Are drops by the knob only monitored, like what it derives from? */
static bool is_monitored(const struct policy *policy, enum portsieve_knob knob)
{
	if (policy->knobs[knob] != POLICY_CHOICE_UNSET)
		return false;
	switch (knobs[knob].otherwise) {
	case KNOB_ALLOWS:
	case KNOB_DROPS:
		return false;
	case KNOB_DROPS_IF_ANY:
		return !policy_enforces(policy);
	case KNOB_ALLOWS_IN_TRANSIT:
	case KNOB_FOLLOWS_DEFAULT:
		break;
	}
	return policy->default_monitor;
}

static void compile_header(const struct policy *policy, const struct policy_host *host,
			   struct portsieve_image *image)
{
	static const uint32_t returns[POLICY_RETURNS] = {
		[POLICY_RETURN_SOCKET] = PORTSIEVE_IMAGE_RETURN_SOCKET,
		[POLICY_RETURN_ESTABLISHED] = PORTSIEVE_IMAGE_RETURN_ESTABLISHED,
		[POLICY_RETURN_FLOW] = PORTSIEVE_IMAGE_RETURN_FLOW,
		[POLICY_RETURN_SOCKET_FLOW] =
			PORTSIEVE_IMAGE_RETURN_SOCKET | PORTSIEVE_IMAGE_RETURN_FLOW,
		[POLICY_RETURN_AUTO] = 0, /* never chosen */
	};
	static const uint32_t udp_clients[POLICY_UDP_CLIENTS] = {
		[POLICY_UDP_EPHEMERAL] = PORTSIEVE_IMAGE_UDP_EPHEMERAL,
		[POLICY_UDP_ANY] = PORTSIEVE_IMAGE_UDP_ANY,
	};

	image->abi = PORTSIEVE_ABI;
	image->host = (struct portsieve_host){
		.ephemeral_low = host->ephemeral_low,
		.ephemeral_high = host->ephemeral_high,
		.forwards_ipv6 = host->forwards_ipv6,
	};
	if (policy->monitor)
		image->flags |= PORTSIEVE_IMAGE_MONITOR;
	if (policy->default_action == POLICY_DROP)
		image->flags |= PORTSIEVE_IMAGE_DEFAULT_DROP;
	image->flags |= returns[policy_return_chosen(policy, host)];
	if (policy->return_mode == POLICY_RETURN_AUTO && image->flags & PORTSIEVE_IMAGE_RETURNS)
		image->flags |= PORTSIEVE_IMAGE_RETURN_AUTO;
	if (image->flags & PORTSIEVE_IMAGE_RETURN_SOCKET)
		image->flags |= udp_clients[policy->udp_clients];
	if (image->flags & (PORTSIEVE_IMAGE_RETURN_SOCKET | PORTSIEVE_IMAGE_RETURN_FLOW) &&
	    policy->simultaneous_open)
		image->flags |= PORTSIEVE_IMAGE_SIMULTANEOUS_OPEN;
	if (image->flags & PORTSIEVE_IMAGE_RETURN_FLOW) {
		image->flows = policy->flows;
		/* in monitor mode, connections that would be dropped get in and would be learned */
		if (!policy->monitor)
			image->grace_until_ns =
				(uint64_t)host->boottime_ns + policy->grace_seconds * SECOND_NS;
	}
	for (enum portsieve_knob knob = 0; knob < PORTSIEVE_KNOBS; knob++) {
		if (!is_dropped(policy, host, knob))
			continue;
		image->drop_knobs |= 1ull << knob;
		if (is_monitored(policy, knob))
			image->monitor_knobs |= 1ull << knob;
	}
}

/* Adds the built-in ranges and DHCP's, with their fixed counters. */
static void compile_builtins(const struct policy *policy, struct portsieve_image *image)
{
	bool drop = policy->default_action == POLICY_DROP;

	for (unsigned int id = 0; id < PORTSIEVE_RANGE_DHCP; id++) {
		image->range[id] = (struct portsieve_range){
			.transport = id / PORTSIEVE_BUILTINS,
			.low = builtin_ranges[id % PORTSIEVE_BUILTINS].low,
			.high = builtin_ranges[id % PORTSIEVE_BUILTINS].high,
			.drop = drop,
		};
		image->counter[id] = PORTSIEVE_COUNTER_BUILTIN + id;
	}
	image->counter[PORTSIEVE_RANGE_DHCP] = PORTSIEVE_DHCP_CLIENT;
	image->ranges = PORTSIEVE_RANGE_RULES;
}

/* Adds a rule and its ranges, and paints them. -E2BIG if the image has more than ranges_max. */
static int compile_rule(const struct policy_rule *rule, struct unpainted *unpainted,
			uint32_t ranges_max, struct portsieve_image *image)
{
	struct portsieve_rule *compiled = &image->rule[image->rules];
	size_t count = 0;
	_cleanup_free_ struct policy_interval *intervals = policy_intervals_merged(rule, &count);

	if (!intervals)
		return -ENOMEM;
	if (count > ranges_max - image->ranges)
		return -E2BIG;
	for (size_t i = 0; i < count; i++) {
		struct portsieve_range *range = &image->range[image->ranges];
		uint16_t entry = image->ranges++;

		*range = (struct portsieve_range){
			.rule = image->rules,
			.low = intervals[i].low,
			.high = intervals[i].high,
			.transport = intervals[i].transport,
			.drop = rule->action == POLICY_DROP,
		};
		if (range->drop)
			entry |= PORTSIEVE_ENTRY_DROP;
		if (!rule_is_conditional(rule))
			paint(&unpainted[range->transport], image->port[range->transport], range,
			      entry);
	}
	memcpy(compiled->name, rule->name, sizeof(compiled->name));
	compiled->drop = rule->action == POLICY_DROP;
	compiled->runtime = rule->runtime;
	compiled->failsafe = rule->failsafe;
	compiled->monitor = rule->monitor;
	compiled->until_ns = rule->until_ns;
	compiled->line = rule->runtime ? 0 : rule->place.line;
	image->rules++;
	return 0;
}

/* Paints what no rule has decided. */
static void compile_default(const struct policy *policy, struct unpainted *unpainted,
			    struct portsieve_image *image)
{
	static const uint16_t dhcp_ports[] = { DHCP_CLIENT_PORT, DHCPV6_CLIENT_PORT };
	bool drop = policy->default_action == POLICY_DROP;

	for (size_t i = 0; drop && policy->dhcp_client && i < ARRAY_SIZE(dhcp_ports); i++) {
		struct portsieve_range port = { .low = dhcp_ports[i], .high = dhcp_ports[i] };

		paint(&unpainted[PORTSIEVE_UDP], image->port[PORTSIEVE_UDP], &port,
		      PORTSIEVE_RANGE_DHCP);
	}
	for (unsigned int id = 0; id < PORTSIEVE_RANGE_DHCP; id++) {
		const struct portsieve_range *range = &image->range[id];

		paint(&unpainted[range->transport], image->port[range->transport], range,
		      drop ? id | PORTSIEVE_ENTRY_DROP : id);
	}
}

/* Would the ranges of the file's rules be few enough without the runtime rules? */
static bool file_fits(const struct policy *policy)
{
	size_t ranges = 0;

	for (size_t i = policy->failsafe_count + policy->runtime_count; i < policy->rules_count;
	     i++) {
		size_t count = 0;

		free(policy_intervals_merged(&policy->rules[i], &count));
		ranges += count;
	}
	return ranges <= PORTSIEVE_RANGES_MAX;
}

static int too_many_ranges(const struct policy *policy, const struct policy_rule *rule,
			   const char *file, struct error *error)
{
	if (rule->failsafe) {
		error_place(error, POLICY_FAILSAFE_FILE, rule->ports_place.line,
			    rule->ports_place.column);
		return error_set(error, E2BIG, EXIT_USAGE,
				 "more than %d port ranges in all with those of this rule; "
				 "failsafe rules should name a few ports only",
				 PORTSIEVE_FAILSAFE_RANGES_MAX);
	}
	if (policy->runtime_count && file_fits(policy))
		return error_set(error, E2BIG, EXIT_USAGE,
				 "with the runtime rules there are more than %d port ranges; "
				 "delete some of them, or name neighbouring ports as one range "
				 "(low-high)",
				 PORTSIEVE_RANGES_MAX);
	error_place(error, file, rule->ports_place.line, rule->ports_place.column);
	return error_set(error, E2BIG, EXIT_USAGE,
			 "more than %d port ranges in all with those of this rule; "
			 "name neighbouring ports as one range (low-high)",
			 PORTSIEVE_RANGES_MAX);
}

/* -EOVERFLOW: as -E2BIG, but all rules together exceed a limit. */
static int compile_rules(const struct policy *policy, const struct policy_host *host,
			 const char *file, struct portsieve_image *image, struct error *error)
{
	_cleanup_free_ struct unpainted *unpainted =
		calloc(PORTSIEVE_TRANSPORTS, sizeof(*unpainted));
	uint32_t ranges_max;
	int r;

	if (!unpainted)
		return error_no_memory(error);
	memset(image, 0, sizeof(*image));
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++)
		for (uint32_t port = 0; port <= PORTSIEVE_PORTS; port++)
			unpainted[transport].next[port] = port;
	compile_header(policy, host, image);
	compile_builtins(policy, image);
	ranges_max = image->ranges + PORTSIEVE_FAILSAFE_RANGES_MAX;
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (i == policy->failsafe_count) /* the policy's limit excludes failsafe rules */
			ranges_max = image->ranges + PORTSIEVE_RANGES_MAX;

		r = compile_rule(rule, unpainted, ranges_max, image);
		if (r == -E2BIG)
			return too_many_ranges(policy, rule, file, error);
		if (r)
			return error_no_memory(error);
	}
	compile_default(policy, unpainted, image);
	r = conditions_compile(policy, file, image, error);
	if (r)
		return r == -E2BIG ? -EOVERFLOW : r;
	return ranges_order(policy, image) ? error_no_memory(error) : 0;
}

/* Compiles rules up to the first one that is too many, so that the error names it. */
static int blame_rule(const struct policy *policy, const struct policy_host *host, const char *file,
		      struct portsieve_image *image, struct error *error)
{
	struct policy part = *policy;
	size_t fits = 0, exceeds = policy->rules_count;
	int r;

	while (exceeds - fits > 1) {
		part.rules_count = fits + (exceeds - fits) / 2;
		r = compile_rules(&part, host, file, image, NULL);
		if (!r)
			fits = part.rules_count;
		else if (r == -EOVERFLOW)
			exceeds = part.rules_count;
		else
			return error_no_memory(error);
	}
	part.rules_count = exceeds;
	r = compile_rules(&part, host, file, image, error);
	return r == -EOVERFLOW ? -E2BIG : r;
}

int image_compile(const struct policy *policy, const struct policy_host *host, const char *file,
		  struct portsieve_image *image, struct error *error)
{
	int r = compile_rules(policy, host, file, image, error);

	return r == -EOVERFLOW ? blame_rule(policy, host, file, image, error) : r;
}

int addresses_compile(const struct policy *policy, const char *file,
		      struct addresses *ret_addresses, struct error *error)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };

	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		struct address_classes classes;
		int r = address_classes_make(policy, direction, file, &classes, &addresses, error);

		address_classes_free(&classes);
		if (r)
			return r;
	}
	*ret_addresses = addresses;
	addresses = (struct addresses){ 0 };
	return 0;
}
