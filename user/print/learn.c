/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Learned rules as YAML with comments, and as JSON. */
#include "print/learn.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/duration.h"
#include "base/text_table.h"
#include "policy/knobs.h"
#include "policy/print.h"
#include "print/json.h"
#include "print/listener.h"
#include "print/reason.h"
#include "print/wrap.h"

enum {
	PLACES_MAX = 4, /* of one owner in one comment */
	OWNERS_MAX = 4, /* in the comment of one rule */
	PORTS_MAX = 12, /* of one omitted owner */
	SEEN_MAX = 12,	/* ports with packets, in one comment */
};

struct port_packets {
	const struct seen_port *port;
	uint64_t packets;
};

static const char review[] = "rest. Review it, then:\n"
			     "#   portsieve diff FILE\n"
			     "#   portsieve apply FILE --confirm 60\n"
			     "#   portsieve confirm\n"
			     "version: 1\n"
			     "default: drop\n";

/* How many of the listeners, which are sorted by owner, have the first one's owner. */
static size_t owner_length(const struct listener *const *listeners, size_t count)
{
	size_t length = 1;

	while (length < count && listener_same_owner(listeners[0], listeners[length]))
		length++;
	return length;
}

/* The number of processes of the listeners besides the first one's. */
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

/* Two sockets, one per family, listen on the same addresses as one for both. */
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

/* Closes the comment, a stream in memory, and prints it in wrapped lines. */
static int end_comment(FILE *out, FILE *comment, char **text, const char *first, const char *next)
{
	bool failed = ferror(comment);

	failed = fclose(comment) || failed;
	if (!failed)
		wrap_print(out, WRAP_COLUMNS, first, next, *text);
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

/* "1,234" */
static const char *number_print(char text[TABLE_CELL_MAX], uint64_t number)
{
	table_number(text, number);
	return number ? text : "0";
}

static int compare_most(const void *a, const void *b)
{
	const struct port_packets *one = a, *other = b;

	if (one->packets != other->packets)
		return one->packets > other->packets ? -1 : 1;
	return one->port < other->port ? -1 : 1;
}

/* ": tcp/80 1,200, udp/80 34, and 3 more ports": those with most packets first. */
static void write_most(FILE *comment, struct port_packets *ports, size_t count)
{
	char number[TABLE_CELL_MAX];

	qsort(ports, count, sizeof(*ports), compare_most);
	for (size_t i = 0; i < count && i < SEEN_MAX; i++)
		fprintf(comment, "%s %s/%u %s", i ? "," : ":",
			transport_name(ports[i].port->transport), ports[i].port->port,
			number_print(number, ports[i].packets));
	if (count > SEEN_MAX)
		fprintf(comment, " and %zu more", count - SEEN_MAX);
}

/* "# 1,234 packets in 10m: tcp/80 1,200, udp/80 34" */
static int write_seen(FILE *out, const struct learned_rule *rule, const struct seen *seen)
{
	_cleanup_free_ struct port_packets *ports = calloc(rule->seen_count + 1, sizeof(*ports));
	_cleanup_free_ char *text = NULL;
	uint64_t packets = 0, would_drop = 0;
	char number[TABLE_CELL_MAX];
	size_t size, count = 0;
	FILE *comment = ports ? open_memstream(&text, &size) : NULL;

	if (!comment)
		return -ENOMEM;
	for (size_t i = 0; i < rule->seen_count; i++) {
		const struct seen_port *port = rule->seen[i];
		uint64_t of_port = port->passed + port->answers + port->would_drop;

		packets += of_port;
		would_drop += port->would_drop;
		if (of_port)
			ports[count++] = (struct port_packets){ port, of_port };
	}
	if (!rule->count)
		fprintf(comment, rule->is_rest ? "nothing listens on these either: "
					       : "nothing listens here now: ");
	fprintf(comment, "%s packet%s in %s", number_print(number, packets),
		packets == 1 ? "" : "s", duration_print(seen->seconds).text);
	if (would_drop)
		fprintf(comment, ", %s would have been dropped",
			would_drop == packets ? (packets == 1 ? "it" : "they")
					      : number_print(number, would_drop));
	if (count > 1 || rule->is_rest)
		write_most(comment, ports, count);
	return end_comment(out, comment, &text, "  # ", "  #   ");
}

static int write_rule(FILE *out, const struct learned_rule *learned, const struct seen *seen)
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
	if (!r && seen)
		r = write_seen(out, learned, seen);
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

/*
 * The knob that the new policy needs to pass the reason's packets; NULL: they pass anyway, or no
 * knob passes them.
 */
static const struct knob *knob_to_pass(enum portsieve_reason reason)
{
	static const struct reason_detail unknown = { .icmp_type = -1 };
	const char *name = reason == PORTSIEVE_ICMP	? "icmp_other"
			   : reason == PORTSIEVE_ICMPV6 ? "icmpv6_other"
							: reason_knob(reason, &unknown);

	for (int k = 0; name && k < PORTSIEVE_KNOBS; k++)
		if (knobs[k].name && !strcmp(knobs[k].name, name))
			return knobs[k].otherwise == KNOB_ALLOWS ? NULL : &knobs[k];
	return NULL;
}

/*
 * Is the knob's default `drop` in every policy? Then hardly anybody but scanners sends such
 * packets.
 */
static bool is_suspicious(const struct knob *knob)
{
	return knob->otherwise == KNOB_DROPS;
}

/* Writes `portless`, with the knobs for the packets without a port that were seen. */
static void write_portless(FILE *out, const struct seen *seen)
{
	bool any = false;

	for (int reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		const struct knob *knob = seen->reasons[reason] ? knob_to_pass(reason) : NULL;
		char number[TABLE_CELL_MAX];

		if (!knob || is_suspicious(knob))
			continue;
		fprintf(out, "%s  %s: allow # %s packets in %s\n", any ? "" : "portless:\n",
			knob->name, number_print(number, seen->reasons[reason]),
			duration_print(seen->seconds).text);
		any = true;
	}
}

/* Writes what came but gets no rule. */
static int write_not_let_in(FILE *out, const struct learned *learned)
{
	const struct seen *seen = learned->seen;
	_cleanup_free_ struct port_packets *ports = calloc(seen->count + 1, sizeof(*ports));
	_cleanup_free_ char *text = NULL;
	char number[TABLE_CELL_MAX];
	uint64_t dropped = 0;
	size_t size, count = 0;
	FILE *comment;

	if (!ports)
		return -ENOMEM;
	if (learned->answers)
		fprintf(out,
			"\n# %s packets in %s came to %zu ports that nothing listens on: mostly "
			"answers to this host, which\n"
			"# 'return: %s' lets pass.\n",
			number_print(number, learned->answers), duration_print(seen->seconds).text,
			learned->answered_ports, seen->returns);
	for (int t = PORTSIEVE_PORT_TRANSPORTS; t < PORTSIEVE_TRANSPORTS; t++)
		if (seen->uncounted[t])
			fprintf(out,
				"\n# %s packets of %s are let in only if a rule above names their "
				"ports, "
				"which are not counted.\n",
				number_print(number, seen->uncounted[t]), transport_name(t));
	for (int reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		const struct knob *knob = seen->reasons[reason] ? knob_to_pass(reason) : NULL;

		if (knob && is_suspicious(knob))
			fprintf(out,
				"\n# %s: %s packets, not let in. To let them in: portless: {%s: "
				"allow}\n",
				reason_name(reason), number_print(number, seen->reasons[reason]),
				knob->name);
	}
	for (size_t i = 0; i < seen->count; i++) {
		dropped += seen->ports[i].dropped;
		if (seen->ports[i].dropped)
			ports[count++] =
				(struct port_packets){ &seen->ports[i], seen->ports[i].dropped };
	}
	if (!count)
		return 0;
	comment = open_memstream(&text, &size);
	if (!comment)
		return -ENOMEM;
	fprintf(comment, "%s packet%s dropped in %s, without a rule", number_print(number, dropped),
		dropped == 1 ? "" : "s", duration_print(seen->seconds).text);
	write_most(comment, ports, count);
	fputs("\n", out);
	return end_comment(out, comment, &text, "# ", "#   ");
}

static void write_heading(FILE *out, const struct seen *seen)
{
	fprintf(out, "# Lets in what listened on this host when it was made");
	if (seen)
		fprintf(out, ", and what came to\n# %s in the %s before; drops the ", seen->device,
			duration_print(seen->seconds).text);
	else
		fprintf(out, ", and drops the ");
	fprintf(out, "%sreturn: %s\n", review, seen ? seen->returns : "auto");
	if (seen)
		write_portless(out, seen);
	fputs("rules:\n", out);
}

static int write_policy(FILE *out, const struct learned *learned)
{
	int r = 0;

	write_heading(out, learned->seen);
	for (size_t i = 0; i < learned->rules_count && !r; i++)
		r = write_rule(out, &learned->rules[i], learned->seen);
	if (!r && learned->seen)
		r = write_not_let_in(out, learned);
	return r ?: write_all_left_out(out, "# No rule is needed: these listen on loopback only.\n",
				       learned->loopback, learned->loopback_count)
		       ?: write_all_left_out(
				  out,
				  "# UDP sockets without a peer on ephemeral ports, mostly of clients; "
				  "'return' lets\n"
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

static json_object *json_seen_ports(const struct learned_rule *rule)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < rule->seen_count; i++) {
		json_object *port = json_object_new_object();

		json_add_text(port, "protocol", transport_name(rule->seen[i]->transport));
		json_add_number(port, "port", rule->seen[i]->port);
		json_add_number(port, "passed", rule->seen[i]->passed + rule->seen[i]->answers);
		json_add_number(port, "would_drop", rule->seen[i]->would_drop);
		json_object_array_add(array, port);
	}
	return array;
}

static json_object *json_seen(const struct learned *learned)
{
	json_object *object = json_object_new_object(), *answers = json_object_new_object(),
		    *dropped = json_object_new_array();

	json_object_object_add(object, "device", json_printable(learned->seen->device));
	json_add_number(object, "seconds", learned->seen->seconds);
	json_add_number(answers, "ports", learned->answered_ports);
	json_add_number(answers, "packets", learned->answers);
	json_object_object_add(object, "answers", answers);
	for (size_t i = 0; i < learned->seen->count; i++) {
		const struct seen_port *seen = &learned->seen->ports[i];
		json_object *port;

		if (!seen->dropped)
			continue;
		port = json_object_new_object();
		json_add_text(port, "protocol", transport_name(seen->transport));
		json_add_number(port, "port", seen->port);
		json_add_number(port, "dropped", seen->dropped);
		json_object_array_add(dropped, port);
	}
	json_object_object_add(object, "dropped", dropped);
	return object;
}

int print_learned_json(const struct learned *learned)
{
	_cleanup_free_ char *text = NULL;
	json_object *document, *policy, *rules;
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
		if (learned->seen)
			json_object_object_add(row, "seen", json_seen_ports(rule));
		json_object_array_add(rules, row);
	}
	policy = json_object_new_object();
	json_add_text(policy, "source", NULL);
	json_add_text(policy, "sha256", NULL);
	json_add_text(policy, "text", text);
	json_object_object_add(document, "policy", policy);
	json_object_object_add(document, "rules", rules);
	if (learned->seen)
		json_object_object_add(document, "seen", json_seen(learned));
	json_object_object_add(document, "loopback",
			       json_listeners(learned->loopback, learned->loopback_count));
	json_object_object_add(document, "ephemeral_udp",
			       json_listeners(learned->clients, learned->clients_count));
	return print_json(document);
}
