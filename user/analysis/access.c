/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares a policy with the machine's needs. */
#include "analysis/access.h"

#include <stdio.h>
#include <string.h>

#include "analysis/drift.h"
#include "base/cleanup.h"
#include "policy/failsafe.h"

enum { SSH_PORT = 22 };

static void remark(const struct policy_check *check, enum error_code code, const char *file,
		   struct policy_place place, const char *text)
{
	struct error error = { .exit = EXIT_DONE, .code = code };

	error_place(&error, file, place.line, place.column);
	snprintf(error.text, sizeof(error.text), "%s", text);
	check->remark(&error, check->context);
}

/* With `default: drop`, are there ephemeral ports that no rule decides? */
static bool drops_ephemeral(const struct portsieve_image *image)
{
	for (uint32_t port = image->host.ephemeral_low; port <= image->host.ephemeral_high;
	     port++) {
		uint16_t entry = image->port[PORTSIEVE_TCP][port];

		if (entry & PORTSIEVE_ENTRY_DROP &&
		    (entry & PORTSIEVE_ENTRY_RANGE) < PORTSIEVE_RANGE_RULES)
			return true;
	}
	return false;
}

bool access_drops_replies(const struct policy *policy, const struct portsieve_image *image)
{
	return policy->default_action == POLICY_DROP && !policy->default_monitor &&
	       !policy->monitor && policy->return_mode == POLICY_RETURN_NONE &&
	       drops_ephemeral(image);
}

static void check_replies(const struct policy_check *check)
{
	if (check->policy->default_action != POLICY_DROP ||
	    check->policy->return_mode != POLICY_RETURN_NONE || !drops_ephemeral(check->image))
		return;
	remark(check, WARNING_REPLIES_DROPPED, check->file, (struct policy_place){ 0 },
	       "'return: none' drops the replies to this host's own connections, those of DNS too: "
	       "leave it out, or add a rule that allows tcp+udp/ephemeral");
}

static bool is_reachable(const struct policy_check *check, const struct access_machine *machine,
			 const struct listener *listener)
{
	const struct drift_policy policy = { .image = check->image, .now_ns = machine->now_ns };

	return drift_is_reachable(&policy, listener);
}

static bool is_denied(const struct policy_check *check, const struct access_machine *machine,
		      const struct listener *listener)
{
	const struct drift_policy policy = { .image = check->image, .now_ns = machine->now_ns };
	uint32_t range;

	return drift_port_find(&policy, listener->transport, listener->port, &range) ==
	       DRIFT_PORT_DENIED;
}

static bool is_service(const struct listener *listener)
{
	return listener->transport == PORTSIEVE_TCP && !listener->loopback;
}

bool access_needs_names(const struct policy_check *check, const struct access_machine *machine)
{
	for (size_t i = 0; i < machine->count; i++) {
		const struct listener *listener = &machine->listeners[i];

		if (is_service(listener)
			    ? is_denied(check, machine, listener)
			    : machine->lists_reachable && is_reachable(check, machine, listener))
			return true;
	}
	return false;
}

/* By its name or, since systemd may listen for it and names take privileges, by its port. */
static bool is_ssh_server(const struct listener *listener)
{
	static const char *const names[] = { "sshd", "dropbear", "tinysshd" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(listener->process, names[i]))
			return true;
	return listener->port == SSH_PORT;
}

static void check_administrator(const struct policy_check *check,
				const struct access_machine *machine)
{
	const struct listener *denied = NULL;
	char text[256];

	for (size_t i = 0; i < machine->count; i++) {
		const struct listener *listener = &machine->listeners[i];

		if (!is_service(listener) || !is_ssh_server(listener))
			continue;
		if (!is_denied(check, machine, listener))
			return;
		denied = denied ?: listener;
	}
	if (!denied)
		return;
	snprintf(text, sizeof(text),
		 "nobody can log in: an ssh server listens on tcp/%u, which the policy drops from "
		 "every address; add a rule that allows tcp/%u, or a failsafe rule",
		 denied->port, denied->port);
	remark(check, WARNING_SSH_UNREACHABLE, check->file, (struct policy_place){ 0 }, text);
}

static bool has_ipv6(const struct policy_rule *rule, enum portsieve_direction direction)
{
	const struct policy_prefixes *prefixes = policy_rule_prefixes(rule, direction);

	for (size_t i = 0; i < prefixes->count; i++)
		if (prefixes->list[i].family == POLICY_IPV6)
			return true;
	return policy_rule_takes_any(rule, direction);
}

static bool has_port(const struct policy_rule *rule, const struct listener *listener)
{
	for (size_t i = 0; i < rule->intervals_count; i++)
		if (rule->intervals[i].transport == listener->transport &&
		    listener->port >= rule->intervals[i].low &&
		    listener->port <= rule->intervals[i].high)
			return true;
	return policy_rule_is_portless(rule);
}

/* Does any rule for the port match IPv6 packets? Then their verdict is deliberate. */
static bool is_about_ipv6(const struct policy *policy, const struct listener *listener)
{
	for (size_t i = 0; i < policy->rules_count; i++) {
		const struct policy_rule *rule = &policy->rules[i];

		if (has_ipv6(rule, PORTSIEVE_SOURCE) && has_ipv6(rule, PORTSIEVE_DESTINATION) &&
		    has_port(rule, listener))
			return true;
	}
	return false;
}

/* Does the rule aim at everybody? A block list of some addresses does not. */
static bool means_everybody(const struct policy_rule *rule)
{
	if (rule->action == POLICY_ALLOW)
		return true;
	for (size_t i = 0; i < rule->from.count; i++)
		if (!rule->from.list[i].length)
			return true;
	return false;
}

static void check_families(const struct policy_check *check, const struct access_machine *machine)
{
	for (size_t r = 0; r < check->policy->rules_count && machine->has_ipv6; r++) {
		const struct policy_rule *rule = &check->policy->rules[r];
		char text[256];

		if (has_ipv6(rule, PORTSIEVE_SOURCE) || !has_ipv6(rule, PORTSIEVE_DESTINATION) ||
		    !means_everybody(rule))
			continue;
		for (size_t i = 0; i < machine->count; i++) {
			const struct listener *listener = &machine->listeners[i];

			if (listener->loopback || listener->address.family != POLICY_IPV6 ||
			    !has_port(rule, listener) || is_about_ipv6(check->policy, listener))
				continue;
			snprintf(text, sizeof(text),
				 "'%s' is about IPv4 only: %s/%u listens on IPv6 too, and no rule "
				 "for it matches IPv6; add IPv6 prefixes, or another rule",
				 rule->name, transport_name(listener->transport), listener->port);
			remark(check, WARNING_IPV4_ONLY, policy_rule_file(rule, check->file),
			       rule->place, text);
			break;
		}
	}
}

/* One remark names up to three. */
static void check_reachable(const struct policy_check *check, const struct access_machine *machine)
{
	enum { NAMED_MAX = 3 };
	char named[320] = "", text[512];
	size_t count = 0, length = 0;

	for (size_t i = 0; i < machine->count; i++) {
		const struct listener *listener = &machine->listeners[i];

		if (!is_reachable(check, machine, listener) || count++ >= NAMED_MAX)
			continue;
		length += (size_t)snprintf(named + length, sizeof(named) - length, "%sudp/%u (%s)",
					   count > 1 ? ", " : "", listener->port,
					   listener->process[0] ? listener->process
								: "unknown process");
	}
	if (!count)
		return;
	if (count > NAMED_MAX)
		snprintf(named + length, sizeof(named) - length, " and %zu more",
			 count - NAMED_MAX);
	snprintf(text, sizeof(text),
		 "anybody can send to UDP sockets that may be clients: %s; to close them, add a "
		 "rule "
		 "with `replies: drop`, or set `unconnected_udp: never`",
		 named);
	remark(check, WARNING_UDP_REACHABLE, check->file, (struct policy_place){ 0 }, text);
}

void access_check(const struct policy_check *check, const struct access_machine *machine)
{
	check_replies(check);
	check_administrator(check, machine);
	check_families(check, machine);
	if (machine->lists_reachable)
		check_reachable(check, machine);
}
