/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups listeners into rules and names these. */
#include "analysis/learn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/port_set.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "policy/registry.h"

enum { SERVICES_MAX = 16 }; /* of one port in the registry; more are not looked at */

/* A listener and the rule it belongs to: listeners of one rule have the same name and owner. */
struct member {
	const struct listener *listener;
	const struct listener *owner; /* NULL: the rule is for a registered service */
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
};

void learned_free(struct learned *learned)
{
	for (size_t i = 0; i < learned->rules_count; i++)
		free(learned->rules[i].ports);
	free(learned->rules);
	free(learned->all);
	*learned = (struct learned){ 0 };
}

/* Makes a valid name of any text: lower case, other letters than a rule may have become '-'. */
static void make_name(char name[PORTSIEVE_RULE_NAME_MAX + 1], const char *text)
{
	size_t length = 0;

	for (; *text && length < PORTSIEVE_RULE_NAME_MAX; text++) {
		char letter = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;

		if (!policy_name_letter(letter))
			letter = '-';
		name[length] = letter;
		name[length + 1] = '\0';
		length += length || policy_name_is_good(name); /* how names may begin */
	}
	while (length && name[length - 1] == '-')
		length--;
	name[length] = '\0';
}

/* The name under which a port is registered; some assignments have neither name nor description. */
static const char *service_name(const struct listener *listener)
{
	const struct registry_service *services[SERVICES_MAX];
	size_t count =
		registry_by_port(listener->port, 1u << listener->transport, services, SERVICES_MAX);

	for (size_t i = 0; i < count && i < SERVICES_MAX; i++)
		if (services[i]->name[0] && services[i]->description[0])
			return services[i]->name;
	return NULL;
}

static struct member make_member(const struct listener *listener)
{
	const char *service = service_name(listener);
	struct member member = { .listener = listener };

	if (service)
		make_name(member.name, service);
	if (member.name[0])
		return member;
	member.owner = listener;
	make_name(member.name, listener->process);
	if (!member.name[0])
		make_name(member.name, listener->unit);
	if (!member.name[0])
		snprintf(member.name, sizeof(member.name), "%s-%u",
			 transport_name(listener->transport), listener->port);
	return member;
}

static int compare_groups(const struct member *one, const struct member *other)
{
	int r = strcmp(one->name, other->name);

	if (r)
		return r;
	if (!one->owner || !other->owner)
		return !other->owner - !one->owner;
	return listener_same_owner(one->owner, other->owner)
		       ? 0
		       : listener_compare_owners(one->owner, other->owner);
}

static int compare_members(const void *a, const void *b)
{
	const struct member *one = a, *other = b;

	return compare_groups(one, other)
		       ?: listener_compare_owners(one->listener, other->listener);
}

static int compare_listeners(const void *a, const void *b)
{
	const struct listener *const *one = a, *const *other = b;

	return listener_compare_owners(*one, *other);
}

static uint16_t lowest_port(const struct learned_rule *rule)
{
	uint16_t lowest = rule->listeners[0]->port;

	for (size_t i = 1; i < rule->count; i++)
		if (rule->listeners[i]->port < lowest)
			lowest = rule->listeners[i]->port;
	return lowest;
}

static int compare_rules(const void *a, const void *b)
{
	const struct learned_rule *one = a, *other = b;
	int r = (int)lowest_port(one) - (int)lowest_port(other);

	return r ?: strcmp(one->name, other->name) ?: (one->listeners < other->listeners ? -1 : 1);
}

static int set_ports(struct learned_rule *rule)
{
	_cleanup_free_ struct port_set *set = calloc(1, sizeof(*set));

	if (!set)
		return -ENOMEM;
	for (size_t i = 0; i < rule->count; i++)
		port_set_add(set, rule->listeners[i]->transport, rule->listeners[i]->port);
	rule->ports = port_set_print(set);
	return rule->ports ? 0 : -ENOMEM;
}

static bool name_is_taken(const struct learned *learned, size_t rule)
{
	const char *name = learned->rules[rule].name;

	for (size_t i = 0; i < rule; i++)
		if (!strcmp(learned->rules[i].name, name))
			return true;
	return false;
}

/* Numbers the second and further rules of one name: "node-2". */
static void make_unique(struct learned *learned, size_t rule)
{
	char *name = learned->rules[rule].name;
	char stem[PORTSIEVE_RULE_NAME_MAX + 1], suffix[16];

	strcpy(stem, name);
	for (unsigned int number = 2; name_is_taken(learned, rule); number++) {
		int length = snprintf(suffix, sizeof(suffix), "-%u", number);

		snprintf(name, PORTSIEVE_RULE_NAME_MAX + 1, "%.*s%s",
			 PORTSIEVE_RULE_NAME_MAX - length, stem, suffix);
	}
}

static int add_rules(struct learned *learned, struct member *members, size_t count)
{
	const struct listener **at = learned->all;

	for (size_t i = 0; i < count; i++) {
		struct learned_rule *rules;

		*at = members[i].listener;
		if (!i || compare_groups(&members[i - 1], &members[i])) {
			rules = array_room(learned->rules, learned->rules_count, sizeof(*rules));
			if (!rules)
				return -ENOMEM;
			learned->rules = rules;
			rules += learned->rules_count++;
			*rules = (struct learned_rule){ .listeners = at };
			strcpy(rules->name, members[i].name);
		}
		learned->rules[learned->rules_count - 1].count++;
		at++;
	}
	if (learned->rules_count)
		qsort(learned->rules, learned->rules_count, sizeof(*learned->rules), compare_rules);
	for (size_t i = 0; i < learned->rules_count; i++) {
		make_unique(learned, i);
		if (set_ports(&learned->rules[i]))
			return -ENOMEM;
	}
	return 0;
}

int learn_rules(const struct listener *listeners, size_t count, struct learned *ret_learned)
{
	_cleanup_learned_ struct learned learned = { 0 };
	_cleanup_free_ struct member *members = calloc(count + 1, sizeof(*members));
	size_t members_count = 0, others;

	learned.all = calloc(count + 1, sizeof(*learned.all));
	if (!members || !learned.all)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!listeners[i].loopback && !listener_is_client(&listeners[i]))
			members[members_count++] = make_member(&listeners[i]);
	qsort(members, members_count, sizeof(*members), compare_members);
	if (add_rules(&learned, members, members_count))
		return -ENOMEM;

	others = members_count;
	learned.loopback = learned.all + others;
	for (size_t i = 0; i < count; i++)
		if (listeners[i].loopback)
			learned.all[others + learned.loopback_count++] = &listeners[i];
	others += learned.loopback_count;
	learned.clients = learned.all + others;
	for (size_t i = 0; i < count; i++)
		if (!listeners[i].loopback && listener_is_client(&listeners[i]))
			learned.all[others + learned.clients_count++] = &listeners[i];
	qsort(learned.loopback, learned.loopback_count, sizeof(*learned.loopback),
	      compare_listeners);
	qsort(learned.clients, learned.clients_count, sizeof(*learned.clients), compare_listeners);

	*ret_learned = learned;
	learned = (struct learned){ 0 };
	return 0;
}
