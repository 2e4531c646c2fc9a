// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Prints a frame, its layers and the opinion on it, for a person who investigates a disagreement.
 */
#include "layers.h"
#include "oracle.h"

#include <arpa/inet.h>
#include <inttypes.h>

#define BYTES_PER_LINE 16

static void print_hex(FILE *out, const uint8_t *frame, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (i % BYTES_PER_LINE == 0)
			fprintf(out, "%s  %04zx ", i ? "\n" : "", i);
		fprintf(out, " %02x", frame[i]);
	}
	fputc('\n', out);
}

static void print_field(FILE *out, const char *name, int64_t value)
{
	if (value != LAYER_ABSENT)
		fprintf(out, ", %s %" PRId64, name, value);
}

static void print_layer(FILE *out, const struct layer *layer)
{
	static const char *const fragments[] = {
		[FRAGMENT_NONE] = "",
		[FRAGMENT_FIRST_IPV4] = ", in a first IPv4 fragment",
		[FRAGMENT_FIRST_IPV6] = ", in a first IPv6 fragment",
	};

	fprintf(out, "  at %" PRId64 ": %s", layer->start, layer_kind_name(layer->kind));
	if (layer->number != LAYER_ABSENT)
		fprintf(out, " (%" PRId64 " = 0x%" PRIx64 ")", layer->number, layer->number);
	fprintf(out, ", %" PRId64 " bytes granted", layer->room);
	print_field(out, "header says", layer->size);
	print_field(out, "version", layer->version);
	print_field(out, "length field", layer->length);
	print_field(out, "next", layer->next);
	print_field(out, "fragment offset", layer->offset);
	print_field(out, "more fragments", layer->more);
	print_field(out, "type", layer->type);
	print_field(out, "flags", layer->flags);
	print_field(out, "destination port", layer->port);
	fprintf(out, "%s\n", fragments[layer->fragment]);
}

static void print_prefixes(FILE *out, const char *word, const struct oracle_prefixes *prefixes)
{
	if (prefixes->count)
		fprintf(out, " %s", word);
	for (size_t i = 0; i < prefixes->count; i++) {
		const struct oracle_prefix *prefix = &prefixes->list[i];
		int family = prefix->family == ORACLE_IPV4 ? AF_INET : AF_INET6;
		char text[INET6_ADDRSTRLEN];

		inet_ntop(family, prefix->address, text, sizeof(text));
		fprintf(out, " %s/%u", text, (unsigned int)prefix->length);
	}
}

static void print_policy(FILE *out, const struct oracle_policy *policy)
{
	fprintf(out, "policy: default %s%s, dhcp_client %s; knobs that drop:",
		policy->default_drop ? "drop" : "allow", policy->default_monitor ? ", monitor" : "",
		policy->dhcp_client ? "auto" : "off");
	for (int knob = 0; knob < KNOB_COUNT; knob++)
		if (policy->knob_drops[knob])
			fprintf(out, " %s%s", oracle_knob_name((enum oracle_knob)knob),
				policy->knob_monitors[knob] ? " (monitor)" : "");
	fputc('\n', out);
	for (size_t i = 0; i < policy->rule_count; i++) {
		const struct oracle_rule *rule = &policy->rules[i];

		fprintf(out, "  %s%s %s%s:", rule->drop ? "drop" : "allow",
			rule->monitor ? ", monitor," : "", rule->name,
			rule->ended  ? ", ended"
			: rule->ends ? ", ends later"
				     : "");
		for (size_t j = 0; j < rule->interval_count; j++)
			fprintf(out, " %s/%u-%u", rule->intervals[j].transport,
				(unsigned int)rule->intervals[j].low,
				(unsigned int)rule->intervals[j].high);
		print_prefixes(out, "from", &rule->from);
		print_prefixes(out, "to", &rule->to);
		fputc('\n', out);
	}
}

static void print_opinion(FILE *out, const struct oracle_opinion *opinion)
{
	fprintf(out, "oracle: %s, %s",
		!opinion->drop	     ? "pass"
		: opinion->monitored ? "would drop"
				     : "drop",
		opinion->reason);
	if (opinion->rule)
		fprintf(out, " %s %u-%u", opinion->rule, (unsigned int)opinion->low,
			(unsigned int)opinion->high);
	if (opinion->protocol)
		fprintf(out, ", %s/%d", opinion->protocol, opinion->port);
	fprintf(out, "%s, by %s (%s)\n", opinion->new_connection ? ", new connection" : "",
		opinion->clause, opinion->because);
}

void oracle_describe(FILE *out, const struct oracle_policy *policy, const uint8_t *frame,
		     size_t length, const struct oracle_opinion *opinion)
{
	struct layers layers;

	fprintf(out, "frame of %zu bytes:\n", length);
	print_hex(out, frame, length);
	fprintf(out, "layers (those after the one that decided are guesses):\n");
	layers_read(&layers, frame, length);
	for (size_t i = 0; i < layers.count; i++)
		print_layer(out, &layers.at[i]);
	print_policy(out, policy);
	print_opinion(out, opinion);
}
