/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Learned rules as YAML with comments, and as JSON. */
#include "print/learn.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/print.h"
#include "print/json.h"
#include "print/listener.h"
#include "print/wrap.h"

enum {
	PLACES_MAX = 4, /* of one owner in one comment */
	OWNERS_MAX = 4, /* in the comment of one rule */
	PORTS_MAX = 12, /* of one owner that is left out */
};

static const char heading[] = "# Lets in what listened on this host when it was made, and drops "
			      "the rest. Review it, then:\n"
			      "#   portsieve diff FILE\n"
			      "#   portsieve apply FILE --confirm 60\n"
			      "#   portsieve confirm\n"
			      "version: 1\n"
			      "default: drop\n"
			      "return: socket\n"
			      "rules:\n";

/* How many of the listeners, which are sorted, have the owner of the first. */
static size_t owner_length(const struct listener *const *listeners, size_t count)
{
	size_t length = 1;

	while (length < count && listener_same_owner(listeners[0], listeners[length]))
		length++;
	return length;
}

/* How many processes the listeners have besides that of the first. */
static size_t other_pids(const struct listener *const *listeners, size_t count)
{
	size_t others = 0;

	for (size_t i = 1; i < count; i++) {
		size_t same = 0;

		while (listeners[same]->pid != listeners[i]->pid)
			same++;
		others += same == i;
	}
	return others;
}

struct places {
	char list[PLACES_MAX][96];
	size_t count;
	bool more;
};

static void add_place(struct places *places, const char *text)
{
	for (size_t i = 0; i < places->count; i++)
		if (!strcmp(places->list[i], text))
			return;
	if (places->count == PLACES_MAX)
		places->more = true;
	else
		strcpy(places->list[places->count++], text);
}

static bool is_everywhere(const struct listener *listener)
{
	return !listener->address.length && !listener->device[0];
}

/* One socket for each family listens on the same addresses as one for both. */
static struct places find_places(const struct listener *const *listeners, size_t count)
{
	struct places places = { 0 };
	bool family[POLICY_FAMILIES] = { 0 };

	for (size_t i = 0; i < count; i++)
		if (is_everywhere(listeners[i])) {
			family[listeners[i]->address.family] = true;
			family[POLICY_IPV4] |= listeners[i]->both;
		}
	if (family[POLICY_IPV4] && family[POLICY_IPV6])
		add_place(&places, "any address");
	for (size_t i = 0; i < count; i++)
		if (!is_everywhere(listeners[i]) || !family[POLICY_IPV4] || !family[POLICY_IPV6])
			add_place(&places, listener_place_print(listeners[i]).text);
	return places;
}

/* Wraps what `write` has written to a stream in memory. */
static int end_comment(FILE *out, FILE *comment, char **text, const char *first, const char *next)
{
	bool failed = ferror(comment);

	failed = fclose(comment) || failed;
	if (!failed)
		wrap_print(out, first, next, *text);
	return failed ? -ENOMEM : 0;
}

/* "# sshd (712, ssh.service): any address" */
static int write_owner(FILE *out, const struct listener *const *listeners, size_t count)
{
	struct places places = find_places(listeners, count);
	_cleanup_free_ char *text = NULL;
	bool ephemeral = false;
	size_t size;
	FILE *comment = open_memstream(&text, &size);

	if (!comment)
		return -ENOMEM;
	fputs(listener_owner_print(listeners[0], other_pids(listeners, count)).text, comment);
	for (size_t i = 0; i < places.count; i++)
		fprintf(comment, "%s%s", i ? ", " : ": ", places.list[i]);
	for (size_t i = 0; i < count; i++)
		ephemeral = ephemeral || listeners[i]->ephemeral;
	fprintf(comment, "%s%s", places.more ? ", and others" : "",
		ephemeral ? "; has an ephemeral port, which may change when it restarts" : "");
	return end_comment(out, comment, &text, "  # ", "  #   ");
}

static int write_rule(FILE *out, const struct learned_rule *learned)
{
	struct policy_rule rule = { .action = POLICY_ALLOW, .ports = learned->ports };
	size_t owners = 0, length;
	int r = 0;

	for (size_t at = 0; at < learned->count && !r; at += length) {
		length = owner_length(learned->listeners + at, learned->count - at);
		if (++owners > OWNERS_MAX) {
			fputs("  # and others\n", out);
			break;
		}
		r = write_owner(out, learned->listeners + at, length);
	}
	strcpy(rule.name, learned->name);
	policy_rule_print(out, &rule, NULL);
	return r;
}

/* "#   cupsd (590, cups.service): tcp/631" */
static int write_left_out(FILE *out, const struct listener *const *listeners, size_t count)
{
	_cleanup_free_ char *text = NULL;
	size_t size, ports = 0;
	FILE *comment = open_memstream(&text, &size);

	if (!comment)
		return -ENOMEM;
	fprintf(comment,
		"%s:", listener_owner_print(listeners[0], other_pids(listeners, count)).text);
	for (size_t i = 0; i < count; i++) {
		const struct listener *listener = listeners[i];

		if (i && listeners[i - 1]->port == listener->port &&
		    listeners[i - 1]->transport == listener->transport)
			continue;
		if (ports++ < PORTS_MAX)
			fprintf(comment, " %s/%u", transport_name(listener->transport),
				listener->port);
	}
	if (ports > PORTS_MAX)
		fprintf(comment, " and %zu more", ports - PORTS_MAX);
	return end_comment(out, comment, &text, "#   ", "#     ");
}

static int write_all_left_out(FILE *out, const char *title, const struct listener *const *listeners,
			      size_t count)
{
	size_t length;
	int r = 0;

	if (count)
		fprintf(out, "\n%s", title);
	for (size_t at = 0; at < count && !r; at += length) {
		length = owner_length(listeners + at, count - at);
		r = write_left_out(out, listeners + at, length);
	}
	return r;
}

static int write_policy(FILE *out, const struct learned *learned)
{
	int r = 0;

	fputs(heading, out);
	for (size_t i = 0; i < learned->rules_count && !r; i++)
		r = write_rule(out, &learned->rules[i]);
	return r ?: write_all_left_out(out, "# No rule is needed: these listen on loopback only.\n",
				       learned->loopback, learned->loopback_count)
		       ?: write_all_left_out(
				  out,
				  "# UDP sockets without a peer on ephemeral ports, mostly of clients; "
				  "'return: socket' lets\n"
				  "# packets to them pass. A service among them, such as WireGuard, should "
				  "have a rule.\n",
				  learned->clients, learned->clients_count);
}

int print_learned_text(const struct learned *learned)
{
	return write_policy(stdout, learned);
}

static json_object *json_listeners(const struct listener *const *listeners, size_t count)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, json_listener(listeners[i]));
	return array;
}

int print_learned_json(const struct learned *learned)
{
	_cleanup_free_ char *text = NULL;
	json_object *document, *rules;
	size_t size;
	FILE *out = open_memstream(&text, &size);
	int r;

	if (!out)
		return -ENOMEM;
	r = write_policy(out, learned);
	if (fclose(out) || r)
		return -ENOMEM;
	document = json_document();
	rules = json_object_new_array();
	for (size_t i = 0; i < learned->rules_count; i++) {
		const struct learned_rule *rule = &learned->rules[i];
		json_object *row = json_object_new_object();

		json_add_text(row, "name", rule->name);
		json_add_text(row, "action", "allow");
		json_add_text(row, "ports", rule->ports);
		json_object_object_add(row, "listeners",
				       json_listeners(rule->listeners, rule->count));
		json_object_array_add(rules, row);
	}
	json_add_text(document, "policy", text);
	json_object_object_add(document, "rules", rules);
	json_object_object_add(document, "loopback",
			       json_listeners(learned->loopback, learned->loopback_count));
	json_object_object_add(document, "ephemeral_udp",
			       json_listeners(learned->clients, learned->clients_count));
	return print_json(document);
}
