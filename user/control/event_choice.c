/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parses and applies the choice of recorded packets. */
#include "control/event_choice.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "print/reason.h"

static int read_reason(const char *word, int *ret_reason, struct error *error)
{
	struct suggest suggest;

	if (!word)
		return 0;
	suggest_start(&suggest, word, strlen(word));
	for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		if (!strcmp(word, reason_name(reason))) {
			*ret_reason = (int)reason;
			return 0;
		}
		suggest_offer(&suggest, reason_name(reason));
	}
	return error_set(error, EINVAL, EXIT_USAGE, "--reason: unknown reason '%s'%s", word,
			 suggest_hint(&suggest, "write, for example, icmp or later-fragment").text);
}

/* "22", "tcp/22" */
static int read_port(const char *word, struct event_choice *choice, struct error *error)
{
	const char *number = word;
	unsigned long port;
	char *end;

	if (!word)
		return 0;
	choice->transports = (1 << PORTSIEVE_TRANSPORTS) - 1;
	for (int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++) {
		size_t length = strlen(transport_name(transport));

		if (!strncmp(word, transport_name(transport), length) && word[length] == '/') {
			choice->transports = 1u << transport;
			number = word + length + 1;
		}
	}
	port = strtoul(number, &end, 10);
	if (*number < '0' || *number > '9' || *end || port > 65535)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "--port: '%s' is not a port: write 22 or tcp/22", word);
	choice->port = (int)port;
	return 0;
}

int event_choice_read(int verdict, const char *rule, const char *reason, const char *port,
		      const char *from, struct event_choice *ret_choice, struct error *error)
{
	struct event_choice choice = { .verdict = verdict, .rule = rule, .reason = -1, .port = -1 };
	int r = read_reason(reason, &choice.reason, error);

	if (!r)
		r = read_port(port, &choice, error);
	if (!r && from) {
		r = policy_prefix_read(from, &choice.from, error);
		if (r)
			error_prefix(error, "--from");
		choice.has_from = true;
	}
	if (r) {
		error->exit = EXIT_USAGE;
		return r;
	}
	*ret_choice = choice;
	return 0;
}

bool event_choice_is_narrow(const struct event_choice *choice)
{
	return choice->verdict >= 0 || choice->rule || choice->reason >= 0 || choice->port >= 0 ||
	       choice->has_from;
}

static bool holds(const struct policy_prefix *prefix, const struct policy_prefix *address)
{
	size_t bytes = prefix->length / 8, bits = prefix->length % 8;

	if (prefix->family != address->family ||
	    memcmp(prefix->address, address->address, bytes) != 0)
		return false;
	return !bits || !((prefix->address[bytes] ^ address->address[bytes]) >> (8 - bits));
}

bool event_choice_matches(const struct event_choice *choice, const struct event *event,
			  const struct event_words *words)
{
	const struct portsieve_event *record = &event->record;

	if (choice->verdict >= 0 && record->verdict != choice->verdict)
		return false;
	if (choice->rule && (!words->verdict.rule || strcmp(words->verdict.rule, choice->rule)))
		return false;
	if (choice->reason >= 0 &&
	    (!words->verdict.reason ||
	     strcmp(words->verdict.reason, reason_name((enum portsieve_reason)choice->reason))))
		return false;
	if (choice->port >= 0 && (!record->has_port || record->port != choice->port ||
				  !(choice->transports >> record->transport & 1)))
		return false;
	return !choice->has_from ||
	       (words->names.has_addresses && holds(&choice->from, &words->names.source));
}

bool event_choice_has_rule(const struct event_choice *choice, const struct portsieve_image *image,
			   struct suggest *suggest)
{
	for (uint32_t id = 0; id < image->ranges; id++) {
		if (id == PORTSIEVE_RANGE_DHCP)
			continue;
		if (!strcmp(range_rule_name(image, id), choice->rule))
			return true;
		suggest_offer(suggest, range_rule_name(image, id));
	}
	return false;
}

/* The ranges of a rule have consecutive ids: see enum portsieve_ranges. */
static bool find_ranges(const struct portsieve_image *image, const char *rule,
			struct portsieve_ids *ret_ranges)
{
	uint32_t first = 0, end = 0;

	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++) {
		if (strcmp(range_rule_name(image, id), rule) != 0)
			continue;
		first = end ? first : id;
		end = id + 1;
	}
	*ret_ranges = (struct portsieve_ids){ (uint16_t)first, (uint16_t)(end - first) };
	return end;
}

struct portsieve_event_filter event_choice_filter(const struct event_choice *choice,
						  const struct portsieve_image *image)
{
	struct portsieve_event_filter filter = { 0 };

	if (choice->verdict >= 0)
		filter.verdicts = 1u << choice->verdict;
	if (choice->reason >= 0) {
		filter.fields |= PORTSIEVE_EVENT_REASON;
		filter.reason = (uint32_t)choice->reason;
	}
	if (choice->port >= 0) {
		filter.fields |= PORTSIEVE_EVENT_PORT;
		filter.port = (uint16_t)choice->port;
		filter.transports = (uint16_t)choice->transports;
	}
	if (choice->rule && image && find_ranges(image, choice->rule, &filter.ranges))
		filter.fields |= PORTSIEVE_EVENT_RANGES;
	if (choice->has_from) {
		uint8_t mask[16] = { 0 };

		filter.fields |= PORTSIEVE_EVENT_PREFIX;
		filter.ipv6 = choice->from.family == POLICY_IPV6;
		for (int bit = 0; bit < choice->from.length; bit++)
			mask[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		memcpy(filter.source, choice->from.address, sizeof(filter.source));
		memcpy(filter.mask, mask, sizeof(filter.mask));
	}
	return filter;
}
