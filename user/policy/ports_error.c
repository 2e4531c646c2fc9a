/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Says what is wrong with a word of `ports`, and what its author probably meant. Runs only after a
 * text was refused, so it can afford to search the whole registry.
 */
#include "policy/ports_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/policy.h"
#include "policy/quote.h"
#include "policy/registry.h"
#include "base/suggest.h"
#include "base/utf8.h"

/* Common mistakes for a protocol, and what to write instead. */
static const struct {
	const char *word;
	const char *instead;
} explained[] = {
	{ "udplite", "'udp' covers UDP-Lite: write udp" },
	{ "udp-lite", "'udp' covers UDP-Lite: write udp" },
	{ "udp+tcp", "write tcp+udp" },
	{ "any", "write tcp+udp" },
	{ "all", "write tcp+udp" },
	{ "*", "write tcp+udp" },
};

/* Protocols without ports, and where their packets are decided. */
static const struct {
	const char *name;
	const char *decided;
} without_ports[] = {
	{ "icmp", "see icmp_echo and icmp_other of 'portless'" },
	{ "icmpv6", "see icmpv6_echo, icmpv6_mobility and icmpv6_other of 'portless'" },
	{ "igmp", "it always passes" },
	{ "esp", "see other_protocol and, for IPv6, no_port of 'portless'" },
	{ "ah", "see other_protocol and, for IPv6, authentication of 'portless'" },
	{ "gre", "see other_protocol of 'portless'" },
};

/* Common names of services that the registry has under other names. */
static const struct {
	const char *called, *registered;
} other_names[] = {
	{ "dhcp", "bootps" },	      { "dns", "domain" },	  { "mssql", "ms-sql-s" },
	{ "postgres", "postgresql" }, { "rdp", "ms-wbt-server" }, { "smb", "microsoft-ds" },
};

int ports_error(const struct ports_context *context, const char *at, const char *format, ...)
{
	char text[sizeof(context->error->text)];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	error_place(context->error, "", 1,
		    utf8_chars(context->text, (size_t)(at - context->text)) + 1);
	return error_set(context->error, EINVAL, EXIT_USAGE, "%s", text);
}

/* Sets the error and returns true if the word is a protocol without ports. */
static bool refuse_without_ports(const struct ports_context *context, const struct ports_word *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(without_ports); i++)
		if (ports_word_is(word, without_ports[i].name)) {
			ports_error(context, word->start,
				    "'%s' has no ports, and rules are about ports: %s",
				    without_ports[i].name, without_ports[i].decided);
			return true;
		}
	return false;
}

int ports_unknown_protocol(const struct ports_context *context, const struct ports_word *word)
{
	struct ports_word after;
	struct quote quote = quote_bytes(word->start, word->length);
	struct suggest suggest;

	if (refuse_without_ports(context, word))
		return -EINVAL;
	if (!word->length)
		return ports_error(context, word->start,
				   "a protocol is missing: write for example tcp/80,443 udp/53");
	if (word->start[word->length] != '/' && ports_protocol_find(word))
		return ports_error(context, word->start, "'%s' has no ports: write %s/80 or %s/all",
				   quote.text, quote.text, quote.text);
	if (word->start[word->length] != '/')
		return ports_error(context, word->start,
				   "'%s' has no protocol: write tcp/%s or udp/%s", quote.text,
				   quote.text, quote.text);
	for (size_t i = 0; i < ARRAY_SIZE(explained); i++)
		if (ports_word_is(word, explained[i].word))
			return ports_error(context, word->start, "unknown protocol '%s' (%s)",
					   quote.text, explained[i].instead);
	after.start = word->start + word->length + 1;
	after.length = strcspn(after.start, ", \t\r\n");
	if (ports_protocol_find(&after))
		return ports_error(context, word->start, "the protocol comes first: write %.*s/%s",
				   (int)after.length, after.start, quote.text);
	suggest_start(&suggest, word->start, word->length);
	for (const struct ports_protocol *row = ports_protocols; row->name; row++)
		suggest_offer(&suggest, row->name);
	return ports_error(context, word->start, "unknown protocol '%s'%s", quote.text,
			   suggest_hint(&suggest, "write tcp, udp, tcp+udp, sctp or dccp").text);
}

/* "80:90", "-5", "80-", "80–90": digits and the separators that people try. */
static bool is_like_number(const struct ports_word *word)
{
	bool digits = false;

	for (size_t i = 0; i < word->length; i++) {
		unsigned char byte = (unsigned char)word->start[i];

		if (byte < 0x80 && !strchr("0123456789-+:._/", byte))
			return false;
		digits |= byte >= '0' && byte <= '9';
	}
	return digits;
}

/* "80-http": digits on one side of a dash. */
static bool is_half_a_range(const struct ports_word *word)
{
	const char *dash = memchr(word->start, '-', word->length);
	size_t before = dash ? (size_t)(dash - word->start) : 0;
	size_t after = dash ? word->length - before - 1 : 0;

	return dash && ((before && strspn(word->start, "0123456789") == before) ||
			(after && strspn(dash + 1, "0123456789") == after));
}

/* The set, or the service of the entry's transports, that is closest to the word. */
static struct suggest closest(const struct ports_context *context, const struct ports_word *word)
{
	struct suggest best;

	suggest_start(&best, word->start, word->length);
	for (const struct ports_set *row = ports_sets; row->name; row++)
		suggest_offer(&best, row->name);
	for (size_t i = 0; registry_name(i); i++) {
		struct suggest trial = best;

		suggest_offer(&trial, registry_name(i));
		if (trial.cost < best.cost &&
		    registry_by_name(trial.best, context->protocol->transports, NULL, 0))
			best = trial;
	}
	return best;
}

int ports_unknown_item(const struct ports_context *context, const struct ports_word *word)
{
	struct quote quote = quote_bytes(word->start, word->length);
	struct ports_word before_slash = { word->start, strcspn(word->start, "/, \t\r\n") };
	unsigned int transports = context->protocol->transports;
	const char *others[PORTSIEVE_TRANSPORTS] = { NULL };
	struct ports_name name = ports_name(word);
	bool is_service = false;
	struct suggest suggest;

	if (before_slash.length < word->length && ports_protocol_find(&before_slash))
		return ports_error(
			context, word->start,
			"'%s' begins with a protocol: put a space before it, not a comma",
			quote.text);
	if (is_like_number(word))
		return ports_error(context, word->start,
				   "'%s' is neither a port nor a range: write 80 or 80-90",
				   quote.text);
	for (size_t t = 0; name.text[0] && t < PORTSIEVE_TRANSPORTS; t++)
		if (registry_by_name(name.text, 1u << t, NULL, 0)) {
			others[t] = transport_name((enum portsieve_transport)t);
			is_service = true;
		}
	if (is_service)
		return ports_error(context, word->start,
				   "service '%s' is not registered for %s (it is for %s)",
				   quote.text, context->protocol->name,
				   word_list_join(others, PORTSIEVE_TRANSPORTS).text);
	if (refuse_without_ports(context, word))
		return -EINVAL;
	for (size_t i = 0; i < ARRAY_SIZE(other_names); i++)
		if (!strcmp(name.text, other_names[i].called) &&
		    registry_by_name(other_names[i].registered, transports, NULL, 0))
			return ports_error(context, word->start,
					   "unknown service '%s' (the registry calls it '%s')",
					   quote.text, other_names[i].registered);
	suggest = closest(context, word);
	return ports_error(context, word->start, "unknown service '%s'%s", quote.text,
			   suggest_hint(&suggest, is_half_a_range(word)
							  ? "a range takes two numbers, as 80-443"
							  : "see `portsieve registry`")
				   .text);
}
