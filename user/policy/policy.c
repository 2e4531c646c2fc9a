/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Life cycle of struct policy, and names: of transports, and of rules. */
#include "policy/policy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const transport_names[] = {
	[PORTSIEVE_TCP] = "tcp",   [PORTSIEVE_UDP] = "udp", [PORTSIEVE_SCTP] = "sctp",
	[PORTSIEVE_DCCP] = "dccp", [PORTSIEVE_ANY] = "any",
};
static_assert(ARRAY_SIZE(transport_names) == PORTSIEVE_TRANSPORTS + 1, "each transport has a name");

const char *transport_name(enum portsieve_transport transport)
{
	return transport_names[transport];
}

const char *const policy_returns[] = {
	[POLICY_RETURN_NONE] = "none",
	[POLICY_RETURN_SOCKET] = "socket",
	[POLICY_RETURN_ESTABLISHED] = "established",
	[POLICY_RETURN_FLOW] = "flow",
	[POLICY_RETURN_SOCKET_FLOW] = "socket+flow",
	[POLICY_RETURN_AUTO] = "auto",
	NULL,
};
const char *const policy_udp_clients[] = { "never", "flow", "ephemeral", "any", NULL };
const char *const policy_passes_or_drops[] = { "pass", "drop", NULL };

void policy_init(struct policy *policy)
{
	*policy = (struct policy){ .default_action = POLICY_ALLOW,
				   .return_mode = POLICY_RETURN_AUTO,
				   .udp_clients = POLICY_UDP_EPHEMERAL,
				   .flows = POLICY_FLOWS_DEFAULT,
				   .grace_seconds = POLICY_GRACE_SECONDS_DEFAULT,
				   .dhcp_client = true };
}

/* Does the rule drop any packets? */
static bool rule_drops(const struct policy_rule *rule)
{
	return rule->action == POLICY_DROP || rule->only_from;
}

bool policy_drops(const struct policy *policy)
{
	bool drops = policy->default_action == POLICY_DROP;

	for (size_t i = 0; i < policy->rules_count && !drops; i++)
		drops = rule_drops(&policy->rules[i]);
	return drops;
}

bool policy_enforces(const struct policy *policy)
{
	bool drops = policy->default_action == POLICY_DROP && !policy->default_monitor;

	for (size_t i = 0; i < policy->rules_count && !drops; i++)
		drops = rule_drops(&policy->rules[i]) && !policy->rules[i].monitor;
	return drops;
}

bool policy_rule_takes_any(const struct policy_rule *rule, enum portsieve_direction direction)
{
	return policy_prefixes_any(policy_rule_prefixes(rule, direction)) ||
	       (rule->only_from && direction == PORTSIEVE_SOURCE);
}

/* A rule with `from` or without `ports` is a block list: it blocks replies too. */
bool policy_rule_asks(const struct policy_rule *rule)
{
	if (!rule_drops(rule) || rule->replies == POLICY_REPLIES_DROP)
		return false;
	return rule->replies == POLICY_REPLIES_PASS ||
	       (policy_rule_takes_any(rule, PORTSIEVE_SOURCE) && !policy_rule_is_portless(rule));
}

bool policy_asks(const struct policy *policy)
{
	if (policy->default_action == POLICY_DROP)
		return true;
	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy_rule_asks(&policy->rules[i]))
			return true;
	return false;
}

enum policy_return policy_return_chosen(const struct policy *policy, const struct policy_host *host)
{
	if (policy->return_mode != POLICY_RETURN_AUTO)
		return policy->return_mode;
	if (!policy_asks(policy))
		return POLICY_RETURN_NONE;
	return host->needs_flows ? POLICY_RETURN_SOCKET_FLOW : POLICY_RETURN_SOCKET;
}

void policy_rule_free(struct policy_rule *rule)
{
	free(rule->description);
	free(rule->ports);
	free(rule->intervals);
	policy_prefixes_free(&rule->from);
	policy_prefixes_free(&rule->to);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		free(rule->sets[direction].list);
	*rule = (struct policy_rule){ 0 };
}

void policy_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->rules_count; i++)
		policy_rule_free(&policy->rules[i]);
	free(policy->rules);
	for (size_t i = 0; i < policy->sets_count; i++) {
		free(policy->sets[i].file);
		free(policy->sets[i].path);
		policy_prefixes_free(&policy->sets[i].members);
	}
	free(policy->sets);
	policy_init(policy);
}

bool policy_name_letter(char letter)
{
	return letter && strchr("abcdefghijklmnopqrstuvwxyz0123456789._-", letter);
}

bool policy_name_is_good(const char *name)
{
	size_t length = 0;

	while (policy_name_letter(name[length]))
		length++;
	return length && length <= PORTSIEVE_RULE_NAME_MAX && !name[length] &&
	       !strchr("._-", name[0]);
}

struct policy_rule *policy_rule_named(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->rules_count; i++)
		if (!strcmp(policy->rules[i].name, name))
			return &policy->rules[i];
	return NULL;
}
