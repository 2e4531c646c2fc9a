/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Life cycle of struct policy, and names: of transports, and of rules. */
#include "policy/policy.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

static const char *const transport_names[] = {
	[PORTSIEVE_TCP] = "tcp",
	[PORTSIEVE_UDP] = "udp",
	[PORTSIEVE_SCTP] = "sctp",
	[PORTSIEVE_DCCP] = "dccp",
};
static_assert(ARRAY_SIZE(transport_names) == PORTSIEVE_TRANSPORTS, "each transport has a name");

const char *transport_name(enum portsieve_transport transport)
{
	return transport_names[transport];
}

const char *const policy_returns[] = {
	[POLICY_RETURN_NONE] = "none",
	[POLICY_RETURN_SOCKET] = "socket",
	[POLICY_RETURN_ESTABLISHED] = "established",
	/* not supported yet */
	"auto",
	"flow",
	"socket+flow",
	NULL,
};
const char *const policy_udp_clients[] = { "never", "ephemeral", "any", NULL };
const char *const policy_passes_or_drops[] = { "pass", "drop", NULL };

void policy_init(struct policy *policy)
{
	*policy = (struct policy){ .default_action = POLICY_ALLOW,
				   .udp_clients = POLICY_UDP_EPHEMERAL,
				   .dhcp_client = true };
}

bool policy_drops(const struct policy *policy)
{
	bool drops = policy->default_action == POLICY_DROP;

	for (size_t i = 0; i < policy->rules_count && !drops; i++)
		drops = policy->rules[i].action == POLICY_DROP;
	return drops;
}

/* A rule with `from` is a block list: it blocks replies from there too. */
bool policy_rule_asks(const struct policy_rule *rule)
{
	if (rule->action != POLICY_DROP || rule->replies == POLICY_REPLIES_DROP)
		return false;
	return rule->replies == POLICY_REPLIES_PASS || !rule->from.count;
}

void policy_rule_free(struct policy_rule *rule)
{
	free(rule->ports);
	free(rule->intervals);
	free(rule->from.list);
	free(rule->to.list);
	*rule = (struct policy_rule){ 0 };
}

void policy_free(struct policy *policy)
{
	for (size_t i = 0; i < policy->rules_count; i++)
		policy_rule_free(&policy->rules[i]);
	free(policy->rules);
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
