/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The grammar of `ports`: "protocol/item,item protocol/item", where an entry may also follow a
 * comma, and its first item may precede the protocol. Items are ports, ranges, sets and service
 * names. ports_error.c words the error about a word that is none of these.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "policy/policy.h"
#include "policy/ports_error.h"
#include "policy/ports_words.h"
#include "policy/quote.h"
#include "policy/services.h"

struct ports_reading {
	struct ports_context context;
	const struct policy_host *host;
	const char *at; /* the item being read */
	struct policy_interval *intervals;
	size_t intervals_count;
	size_t items;
	bool uses_registry_set;
};

static bool all_digits(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] < '0' || text[i] > '9')
			return false;
	return length > 0;
}

/* Adds an interval for each transport in `transports` (bits 1 << enum portsieve_transport). */
static int intervals_add(struct ports_reading *reading, unsigned int transports, unsigned int low,
			 unsigned int high)
{
	for (uint8_t t = 0; t < PORTSIEVE_TRANSPORTS; t++) {
		struct policy_interval *intervals;

		if (!(transports >> t & 1))
			continue;
		if (reading->intervals_count == POLICY_INTERVALS_MAX)
			return ports_error(&reading->context, reading->at,
					   "more than %d ranges of ports", POLICY_INTERVALS_MAX);
		intervals = array_room(reading->intervals, reading->intervals_count,
				       sizeof(*intervals));
		if (!intervals)
			return error_no_memory(reading->context.error);
		reading->intervals = intervals;
		intervals[reading->intervals_count++] = (struct policy_interval){
			.low = (uint16_t)low,
			.high = (uint16_t)high,
			.transport = t,
		};
	}
	return 0;
}

/* Adds the registry's assigned ports of a transport, or the gaps between them. */
static int registry_set_add(struct ports_reading *reading, enum portsieve_transport transport,
			    bool assigned)
{
	const struct registry_range *ranges;
	size_t count = registry_assigned(transport, &ranges);
	unsigned int low = 1; /* of the gap before the range */
	int r = 0;

	for (size_t i = 0; i < count && !r; i++) {
		if (assigned)
			r = intervals_add(reading, 1u << transport, ranges[i].low, ranges[i].high);
		else if (ranges[i].low > low)
			r = intervals_add(reading, 1u << transport, low, ranges[i].low - 1u);
		low = ranges[i].high + 1u;
	}
	if (r || assigned || low == PORTSIEVE_PORTS)
		return r;
	return intervals_add(reading, 1u << transport, low, PORTSIEVE_PORTS - 1);
}

static int set_add(struct ports_reading *reading, const struct ports_set *set)
{
	unsigned int transports = reading->context.protocol->transports;

	if (set->kind == PORTS_EPHEMERAL)
		return intervals_add(reading, transports, reading->host->ephemeral_low,
				     reading->host->ephemeral_high);
	if (set->kind == PORTS_FIXED)
		return intervals_add(reading, transports, set->low, set->high);
	reading->uses_registry_set = true;
	for (uint8_t t = 0; t < PORTSIEVE_TRANSPORTS; t++) {
		int r = transports >> t & 1
				? registry_set_add(reading, t, set->kind == PORTS_ASSIGNED)
				: 0;

		if (r)
			return r;
	}
	return 0;
}

static int port_read(struct ports_reading *reading, const struct ports_word *word,
		     uint16_t *ret_port)
{
	const char *digits = word->start;
	size_t length = word->length;
	unsigned int port = 0;

	while (length > 1 && *digits == '0') {
		digits++;
		length--;
	}
	if (length < word->length)
		return ports_error(&reading->context, word->start,
				   "port '%s' has a leading zero: write %s",
				   quote_bytes(word->start, word->length).text,
				   quote_bytes(digits, length).text);
	for (size_t i = 0; i < length && port < PORTSIEVE_PORTS; i++)
		port = 10 * port + (unsigned int)(digits[i] - '0');
	if (port >= PORTSIEVE_PORTS)
		return ports_error(&reading->context, word->start,
				   "port %s does not exist: the last is %d",
				   quote_bytes(digits, length).text, PORTSIEVE_PORTS - 1);
	*ret_port = (uint16_t)port;
	return 0;
}

/* "80" or "80-90". Returns 1 if the word is neither. */
static int number_read(struct ports_reading *reading, const struct ports_word *word)
{
	const char *dash = memchr(word->start, '-', word->length);
	struct ports_word first = { word->start,
				    dash ? (size_t)(dash - word->start) : word->length };
	struct ports_word second = first;
	uint16_t low = 0, high = 0;
	int r;

	if (dash)
		second = (struct ports_word){ dash + 1, word->length - first.length - 1 };
	if (!all_digits(first.start, first.length) || !all_digits(second.start, second.length))
		return 1;
	r = port_read(reading, &first, &low);
	if (r)
		return r;
	r = port_read(reading, &second, &high);
	if (r)
		return r;
	if (low > high)
		return ports_error(&reading->context, word->start,
				   "range %u-%u is reversed: write %u-%u", low, high, high, low);
	return intervals_add(reading, reading->context.protocol->transports, low, high);
}

/* Adds all ports of a service name for the entry's transports. Returns 1 if there are none. */
static int service_read(struct ports_reading *reading, const struct ports_word *word)
{
	_cleanup_free_ const struct registry_service **services = NULL;
	unsigned int transports = reading->context.protocol->transports;
	struct ports_name name = ports_name(word);
	size_t count = name.text[0] ? services_by_name(name.text, transports, NULL, 0) : 0;

	if (!count)
		return 1;
	services = calloc(count, sizeof(*services));
	if (!services)
		return error_no_memory(reading->context.error);
	services_by_name(name.text, transports, services, count);
	for (size_t i = 0; i < count; i++) {
		int r = intervals_add(reading, services[i]->transports & transports,
				      services[i]->low, services[i]->high);

		if (r)
			return r;
	}
	return 0;
}

static int item_read(struct ports_reading *reading, const struct ports_word *word)
{
	const struct ports_set *set;
	int r;

	reading->at = word->start;
	if (!word->length)
		return ports_error(
			&reading->context, word->start,
			"an item is missing: write a port, low-high, a service or a set");
	if (++reading->items > POLICY_ITEMS_MAX)
		return ports_error(&reading->context, word->start, "more than %d items",
				   POLICY_ITEMS_MAX);
	r = number_read(reading, word);
	if (r <= 0)
		return r;
	set = ports_set_find(word);
	if (set)
		return set_add(reading, set);
	r = service_read(reading, word);
	return r <= 0 ? r : ports_unknown_item(&reading->context, word);
}

static const char *skip_space(const char *text)
{
	while (policy_space(*text))
		text++;
	return text;
}

/* "tcp/80, 443": one protocol and its items. Moves *text past them and the space that follows. */
static int entry_read(struct ports_reading *reading, const char **text)
{
	struct ports_word word = ports_word_at(*text);
	struct ports_entry entry = ports_entry_of(&word);
	const char *at = *text;
	int r;

	reading->context.protocol = entry.protocol;
	if (!entry.protocol)
		return ports_unknown_protocol(&reading->context, &word);
	if (!entry.item.length && at[word.length] != ',')
		return ports_missing_item(&reading->context, &word);
	r = item_read(reading, &entry.item);
	at = skip_space(at + word.length);
	while (!r && *at == ',') {
		at = skip_space(at + 1);
		word = ports_word_at(at);
		if (ports_entry_of(&word).protocol)
			break;
		r = item_read(reading, &word);
		at = skip_space(at + word.length);
	}
	*text = at;
	return r;
}

int policy_ports_read(const char *text, const struct policy_host *host,
		      struct policy_interval **ret_intervals, size_t *ret_count,
		      bool *ret_uses_registry_set, struct error *error)
{
	struct ports_reading reading = {
		.context = { .text = text, .error = error },
		.host = host,
	};
	const char *at = skip_space(text);

	if (!*at)
		return ports_error(&reading.context, at,
				   "no ports: write for example tcp/80,443 udp/53");
	while (*at) {
		int r = entry_read(&reading, &at);

		if (r) {
			free(reading.intervals);
			return r;
		}
	}
	*ret_intervals = reading.intervals;
	*ret_count = reading.intervals_count;
	if (ret_uses_registry_set)
		*ret_uses_registry_set = reading.uses_registry_set;
	return 0;
}

/* Writes "tcp/22" for "TCP/22" and "22/tcp", and other words unchanged. Returns the end. */
static char *word_write(char *end, const struct ports_word *word)
{
	struct ports_entry entry = ports_entry_of(word);

	if (!entry.protocol) {
		memmove(end, word->start, word->length);
		return end + word->length;
	}
	memmove(end + strlen(entry.protocol->name) + 1, entry.item.start, entry.item.length);
	memcpy(end, entry.protocol->name, strlen(entry.protocol->name));
	end[strlen(entry.protocol->name)] = '/';
	return end + word->length;
}

void policy_ports_fold(char *text)
{
	const char *at = text;
	char *end = text;

	while (*at) {
		struct ports_word word;
		bool first = end == text;
		size_t commas = 0;

		for (; policy_space(*at) || *at == ','; at++)
			commas += *at == ',';
		word = ports_word_at(at);
		at += word.length;
		if (commas == 1 && !first && ports_entry_of(&word).protocol)
			commas = 0;
		if (!commas && word.length && !first)
			*end++ = ' ';
		for (; commas; commas--)
			*end++ = ',';
		end = word_write(end, &word);
	}
	*end = '\0';
}
