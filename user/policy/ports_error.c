/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Words what is wrong with a word of `ports`, and what its author probably meant. Runs only after a
 * text was refused, so it may search the whole registry.
 */
#include "policy/ports_error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "policy/policy.h"
#include "policy/quote.h"
#include "policy/services.h"
#include "base/suggest.h"
#include "base/utf8.h"

/* Common wrong names of protocols, and what to write instead. */
static const struct {
	const char *word;
	const char *instead;
	const char *because;
} explained[] = {
	{ "udplite", "udp", "'udp' covers UDP-Lite: " },
	{ "udp-lite", "udp", "'udp' covers UDP-Lite: " },
	{ "udp+tcp", "tcp+udp", "" },
	{ "any", "tcp+udp", "" },
	{ "all", "tcp+udp", "" },
	{ "*", "tcp+udp", "" },
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

/* The words of a text without a slash, with commas between them. "" if they are too long. */
static struct ports_name words_joined(const char *text)
{
	struct ports_name joined = { "" };
	size_t length = 0;

	for (const char *at = text; *at;) {
		struct ports_word word = ports_word_at(at);

		if (length + word.length + 2 > sizeof(joined.text))
			return (struct ports_name){ "" };
		if (word.length && length)
			joined.text[length++] = ',';
		memcpy(joined.text + length, word.start, word.length);
		length += word.length;
		at += word.length + (at[word.length] != '\0');
	}
	joined.text[length] = '\0';
	return joined;
}

/* "tcp:22", "tcp 22", "tcp": a protocol, perhaps with ports, but without a slash. */
static int protocol_without_slash(const struct ports_context *context,
				  const struct ports_word *word, size_t protocol_length)
{
	struct ports_word protocol = { word->start, protocol_length };
	const char *name = ports_protocol_find(&protocol)->name;
	struct ports_word ports = { word->start + protocol_length + 1,
				    word->length - protocol_length - 1 };
	struct quote quote;

	if (protocol_length == word->length) {
		const char *next = word->start + word->length;

		ports = ports_word_at(next + strspn(next, " \t\r\n"));
	}
	quote = quote_bytes(ports.start, ports.length);
	if (!ports.length || memchr(ports.start, '/', ports.length) || ports_protocol_find(&ports))
		return ports_error(context, word->start, "'%s' has no ports: write %s/80 or %s/all",
				   quote_bytes(word->start, word->length).text, name, name);
	for (char *at = quote.text; *at; at++)
		if (*at == ':')
			*at = '-'; /* of a range */
	return ports_error(
		context, word->start, "'%s' has no slash: write %s/%s",
		quote_bytes(word->start, (size_t)(ports.start - word->start) + ports.length).text,
		name, quote.text);
}

static int word_without_slash(const struct ports_context *context, const struct ports_word *word)
{
	size_t before = 0;
	struct ports_word protocol = { word->start, 0 };
	struct ports_name joined = { "" };
	struct quote quote = quote_bytes(word->start, word->length);

	while (before < word->length && !strchr(":=", word->start[before]))
		before++;
	protocol.length = before;
	if (ports_protocol_find(&protocol))
		return protocol_without_slash(context, word, before);
	for (size_t i = 0; i < ARRAY_SIZE(explained); i++)
		if (ports_word_is(word, explained[i].word) && !strcmp(explained[i].because, ""))
			return ports_error(context, word->start,
					   "'%s' has no ports: write tcp+udp/all for all ports",
					   quote.text);
	if (!strchr(context->text, '/'))
		joined = words_joined(word->start);
	if (joined.text[0])
		quote = quote_string(joined.text);
	return ports_error(context, word->start, "'%s' has no protocol: write tcp/%s or udp/%s",
			   quote.text, quote.text, quote.text);
}

int ports_unknown_protocol(const struct ports_context *context, const struct ports_word *word)
{
	const char *slash = memchr(word->start, '/', word->length);
	struct ports_word protocol = *word;
	struct quote quote, rest;
	struct suggest suggest;

	if (slash)
		protocol.length = (size_t)(slash - word->start);
	if (refuse_without_ports(context, &protocol))
		return -EINVAL;
	if (!protocol.length)
		return ports_error(context, word->start,
				   "a protocol is missing: write for example tcp/80,443 udp/53");
	if (!slash)
		return word_without_slash(context, word);
	quote = quote_bytes(protocol.start, protocol.length);
	rest = quote_bytes(slash + 1, word->length - protocol.length - 1);
	for (size_t i = 0; i < ARRAY_SIZE(explained); i++)
		if (ports_word_is(&protocol, explained[i].word))
			return ports_error(context, word->start,
					   "unknown protocol '%s' (%swrite %s/%s)", quote.text,
					   explained[i].because, explained[i].instead, rest.text);
	suggest_start(&suggest, protocol.start, protocol.length);
	for (const struct ports_protocol *row = ports_protocols; row->name; row++)
		suggest_offer(&suggest, row->name);
	return ports_error(context, word->start, "unknown protocol '%s'%s", quote.text,
			   suggest_hint(&suggest, "write tcp, udp, tcp+udp, sctp or dccp").text);
}

/* "tcp/", perhaps with a port after white space. */
int ports_missing_item(const struct ports_context *context, const struct ports_word *word)
{
	const char *next = word->start + word->length, *name = context->protocol->name;
	struct ports_word ports = ports_word_at(next + strspn(next, " \t\r\n"));

	if (!ports.length || memchr(ports.start, '/', ports.length))
		return ports_error(context, word->start,
				   "'%s/' has no ports: write %s/80 or %s/all", name, name, name);
	return ports_error(context, word->start,
			   "'%s/' has no ports: write %s/%s, without white space", name, name,
			   quote_bytes(ports.start, ports.length).text);
}

/* "80:90", "-5", "80-", "80–90": digits and other separators. */
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

static bool has_digit(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if (text[i] >= '0' && text[i] <= '9')
			return true;
	return false;
}

/* "80-90" for "80:90" and the like: two numbers with a separator. Else "". */
static struct ports_name numbers_of(const struct ports_word *word)
{
	struct ports_name numbers = { "" };
	size_t first = strspn(word->start, "0123456789"), last = 0;

	while (last < word->length && word->start[word->length - last - 1] >= '0' &&
	       word->start[word->length - last - 1] <= '9')
		last++;
	if (!first || !last || first + last >= word->length || first > 5 || last > 5 ||
	    has_digit(word->start + first, word->length - last - first))
		return numbers;
	snprintf(numbers.text, sizeof(numbers.text), "%.*s-%.*s", (int)first, word->start,
		 (int)last, word->start + word->length - last);
	return numbers;
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
	services_offer(&best, context->protocol->transports);
	return best;
}

int ports_unknown_item(const struct ports_context *context, const struct ports_word *word)
{
	struct quote quote = quote_bytes(word->start, word->length);
	const char *others[PORTSIEVE_TRANSPORTS] = { NULL };
	struct ports_name name = ports_name(word);
	struct ports_name numbers;
	bool is_service = false;
	struct suggest suggest;

	if (ports_word_is(word, "any") || ports_word_is(word, "*"))
		return ports_error(context, word->start, "unknown service '%s' (write %s/all)",
				   quote.text, context->protocol->name);
	if (is_like_number(word) && (numbers = numbers_of(word)).text[0])
		return ports_error(context, word->start,
				   "'%s' is neither a port nor a range: write %s", quote.text,
				   numbers.text);
	if (is_like_number(word))
		return ports_error(context, word->start,
				   "'%s' is neither a port nor a range: write 80 or 80-90",
				   quote.text);
	for (size_t t = 0; name.text[0] && t < PORTSIEVE_TRANSPORTS; t++)
		if (services_by_name(name.text, 1u << t, NULL, 0)) {
			others[t] = transport_name((enum portsieve_transport)t);
			is_service = true;
		}
	if (is_service)
		return ports_error(context, word->start,
				   "service '%s' is not for %s (it is for %s)", quote.text,
				   context->protocol->name,
				   word_list_join(others, PORTSIEVE_TRANSPORTS).text);
	if (refuse_without_ports(context, word))
		return -EINVAL;
	suggest = closest(context, word);
	return ports_error(context, word->start, "unknown service '%s'%s", quote.text,
			   suggest_hint(&suggest, is_half_a_range(word)
							  ? "a range takes two numbers, as 80-443"
							  : "see `portsieve registry`")
				   .text);
}
