/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Groups listeners and ports with packets into named rules. */
#include "analysis/learn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/port_set.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "policy/registry.h"

enum { SERVICES_MAX = 16 }; /* per port in the registry; others are ignored */

/*
 * A listener, or a port without one, and its rule: members of a rule have the same name and owner.
 */
struct member {
	const struct listener *listener; /* NULL: none */
	const struct seen_port *seen;	 /* the port, if there is no listener */
	const struct listener *owner;	 /* NULL: the rule is for a port or a registered service */
	bool is_rest;
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
};

void learned_free(struct learned *learned)
{
	for (size_t i = 0; i < learned->rules_count; i++)
		free(learned->rules[i].ports);
	free(learned->rules);
	free(learned->all);
	free(learned->all_seen);
	*learned = (struct learned){ 0 };
}

/* Makes a valid rule name from any text: lower case, with '-' for invalid characters. */
static void make_name(char name[PORTSIEVE_RULE_NAME_MAX + 1], const char *text)
{
	size_t length = 0;

	for (; *text && length < PORTSIEVE_RULE_NAME_MAX; text++) {
		char letter = *text >= 'A' && *text <= 'Z' ? (char)(*text - 'A' + 'a') : *text;

		if (!policy_name_letter(letter))
			letter = '-';
		name[length] = letter;
		name[length + 1] = '\0';
		length += length || policy_name_is_good(name); /* skip bad first characters */
	}
	while (length && name[length - 1] == '-')
		length--;
	name[length] = '\0';
}

/* The registered name of a port; some assignments have neither name nor description. */
static const char *service_name(enum portsieve_transport transport, uint16_t port)
{
	const struct registry_service *services[SERVICES_MAX];
	size_t count = registry_by_port(port, 1u << transport, services, SERVICES_MAX);

	for (size_t i = 0; i < count && i < SERVICES_MAX; i++)
		if (services[i]->name[0] && services[i]->description[0])
			return services[i]->name;
	return NULL;
}

static void name_by_port(struct member *member, enum portsieve_transport transport, uint16_t port)
{
	snprintf(member->name, sizeof(member->name), "%s-%u", transport_name(transport), port);
}

static struct member make_member(const struct listener *listener)
{
	const char *service = service_name(listener->transport, listener->port);
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
		name_by_port(&member, listener->transport, listener->port);
	return member;
}

static struct member make_seen_member(const struct seen_port *port, bool is_rest)
{
	const char *service = service_name(port->transport, port->port);
	struct member member = { .seen = port, .is_rest = is_rest };

	if (is_rest)
		strcpy(member.name, "seen");
	else if (service)
		make_name(member.name, service);
	if (!member.name[0])
		name_by_port(&member, port->transport, port->port);
	return member;
}

static int compare_groups(const struct member *one, const struct member *other)
{
	int r = strcmp(one->name, other->name) ?: one->is_rest - other->is_rest;

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
	int r = compare_groups(one, other);

	if (r || (!one->listener && !other->listener))
		return r;
	if (!one->listener || !other->listener)
		return !one->listener - !other->listener;
	return listener_compare_owners(one->listener, other->listener);
}

static int compare_listeners(const void *a, const void *b)
{
	const struct listener *const *one = a, *const *other = b;

	return listener_compare_owners(*one, *other);
}

static uint16_t lowest_port(const struct learned_rule *rule)
{
	uint16_t lowest = UINT16_MAX;

	for (size_t i = 0; i < rule->count; i++)
		if (rule->listeners[i]->port < lowest)
			lowest = rule->listeners[i]->port;
	for (size_t i = 0; i < rule->seen_count; i++)
		if (rule->seen[i]->port < lowest)
			lowest = rule->seen[i]->port;
	return lowest;
}

static int compare_rules(const void *a, const void *b)
{
	const struct learned_rule *one = a, *other = b;
	int r = (int)lowest_port(one) - (int)lowest_port(other);

	return r ?: strcmp(one->name, other->name) ?: (one->listeners < other->listeners ? -1 : 1);
}

/*
 * Makes the rule of these members. Appends their listeners to *listeners, and seen ports to *seen.
 */
static int fill_rule(struct learned_rule *rule, const struct member *members, size_t count,
		     const struct seen *seen, const struct listener ***listeners,
		     const struct seen_port ***all_seen)
{
	_cleanup_free_ struct port_set *set = calloc(1, sizeof(*set));

	if (!set)
		return -ENOMEM;
	strcpy(rule->name, members[0].name);
	rule->is_rest = members[0].is_rest;
	rule->listeners = *listeners;
	rule->seen = *all_seen;
	for (size_t i = 0; i < count; i++)
		if (members[i].listener) {
			port_set_add(set, members[i].listener->transport,
				     members[i].listener->port);
			rule->listeners[rule->count++] = members[i].listener;
		} else {
			port_set_add(set, members[i].seen->transport, members[i].seen->port);
		}
	for (size_t i = 0; seen && i < seen->count; i++)
		if (port_set_has(set, seen->ports[i].transport, seen->ports[i].port))
			rule->seen[rule->seen_count++] = &seen->ports[i];
	*listeners += rule->count;
	*all_seen += rule->seen_count;
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

/* Numbers the second and further rules with one name: "node-2". */
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

static int add_rules(struct learned *learned, const struct member *members, size_t count)
{
	const struct listener **listeners = learned->all;
	const struct seen_port **seen = learned->all_seen;
	size_t length;

	for (size_t i = 0; i < count; i += length) {
		struct learned_rule *rules =
			array_room(learned->rules, learned->rules_count, sizeof(*rules));

		if (!rules)
			return -ENOMEM;
		learned->rules = rules;
		rules += learned->rules_count++;
		*rules = (struct learned_rule){ 0 };
		length = 1;
		while (i + length < count && !compare_groups(&members[i], &members[i + length]))
			length++;
		if (fill_rule(rules, &members[i], length, learned->seen, &listeners, &seen))
			return -ENOMEM;
	}
	if (learned->rules_count)
		qsort(learned->rules, learned->rules_count, sizeof(*learned->rules), compare_rules);
	for (size_t i = 0; i < learned->rules_count; i++)
		make_unique(learned, i);
	return 0;
}

static uint64_t packets_of(const struct seen_port *port)
{
	return port->passed + port->would_drop;
}

static int compare_packets(const void *a, const void *b)
{
	const struct seen_port *const *one = a, *const *other = b;

	if (packets_of(*one) != packets_of(*other))
		return packets_of(*one) > packets_of(*other) ? -1 : 1;
	return *one < *other ? -1 : 1;
}

/* Adds the ports without a listener that need a rule; see learn_rules. */
static int add_seen(struct learned *learned, struct member *members, size_t *count)
{
	_cleanup_free_ const struct seen_port **ports =
		calloc(learned->seen->count + 1, sizeof(*ports));
	_cleanup_free_ struct port_set *heard = calloc(1, sizeof(*heard));
	size_t ports_count = 0;

	if (!ports || !heard)
		return -ENOMEM;
	for (size_t i = 0; i < *count; i++)
		port_set_add(heard, members[i].listener->transport, members[i].listener->port);
	for (size_t i = 0; i < learned->seen->count; i++) {
		const struct seen_port *port = &learned->seen->ports[i];
		uint64_t answers = port->answers;

		if (port_set_has(heard, port->transport, port->port))
			continue;
		if (port->would_drop || (port->passed && (port->named || !port->ephemeral)))
			ports[ports_count++] = port;
		else
			answers += port->passed;
		learned->answered_ports += answers != 0;
		learned->answers += answers;
	}
	qsort(ports, ports_count, sizeof(*ports), compare_packets);
	for (size_t i = 0; i < ports_count; i++)
		members[(*count)++] = make_seen_member(ports[i], i >= LEARN_SEEN_RULES_MAX);
	return 0;
}

int learn_rules(const struct listener *listeners, size_t count, const struct seen *seen,
		struct learned *ret_learned)
{
	_cleanup_learned_ struct learned learned = { .seen = seen };
	_cleanup_free_ struct member *members = NULL;
	size_t all_count = count + (seen ? seen->count : 0), members_count = 0, others;

	members = calloc(all_count + 1, sizeof(*members));
	learned.all = calloc(count + 1, sizeof(*learned.all));
	/* A port is in at most one rule per owner. */
	learned.all_seen = calloc(all_count + 1, sizeof(*learned.all_seen));
	if (!members || !learned.all || !learned.all_seen)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++)
		if (!listeners[i].loopback && !listener_is_client(&listeners[i]))
			members[members_count++] = make_member(&listeners[i]);
	others = members_count;
	if (seen && add_seen(&learned, members, &members_count))
		return -ENOMEM;
	qsort(members, members_count, sizeof(*members), compare_members);
	if (add_rules(&learned, members, members_count))
		return -ENOMEM;

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
