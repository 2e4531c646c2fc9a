/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Prefixes and names of sets in a policy. YAML 1.1 misreads two kinds of IPv6 address without
 * quotes: those that start with "::" inside [] or {}, and those that end with "::" anywhere.
 */
#include "policy/read_prefixes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "policy/quote.h"
#include "policy/sets.h"

/* The prefixes being read. */
struct reading {
	struct policy_pairs *pairs; /* at the value being read */
	struct policy_prefixes *prefixes;
	struct policy_set_uses *uses; /* NULL: sets are not allowed */
};

static bool in_prefix(char byte)
{
	return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'f') ||
	       byte == ':' || byte == '.' || byte == '/';
}

/* May a text start after this byte, or end before it? */
static bool is_border(char byte)
{
	return strchr(" \t\r\n,[]{}", byte); /* also finds the NUL */
}

bool policy_prefix_unquoted(const struct policy_yaml *yaml, const struct policy_node *node,
			    struct error *error)
{
	const char *start = yaml->source, *end = start + yaml->size;
	const char *at = policy_yaml_source(yaml, node), *low = at, *high = at;
	char word[64], address[sizeof(word)];
	struct in6_addr bits;

	while (low > start && in_prefix(low[-1]))
		low--;
	while (high < end && in_prefix(*high))
		high++;
	if ((size_t)(high - low) >= sizeof(word) || (low > start && !is_border(low[-1])) ||
	    (high < end && !is_border(*high)))
		return false;
	memcpy(word, low, (size_t)(high - low));
	word[high - low] = '\0';
	strcpy(address, word);
	*strchrnul(address, '/') = '\0';
	if (inet_pton(AF_INET6, address, &bits) != 1)
		return false;
	error_place(error, yaml->file, node->place.line, node->place.column - (uint32_t)(at - low));
	error_set(error, EINVAL, EXIT_USAGE,
		  "YAML takes the colons of %s for syntax: put it in quotes, \"%s\"", word, word);
	return true;
}

bool policy_star_unquoted(const struct policy_yaml *yaml, const struct policy_node *node,
			  struct error *error)
{
	const char *at = policy_yaml_source(yaml, node);

	if (at == yaml->source || at[-1] != '*')
		return false;
	error_place(error, yaml->file, node->place.line,
		    node->place.column > 1 ? node->place.column - 1 : 1);
	error_set(error, EINVAL, EXIT_USAGE,
		  "'*' is syntax in YAML: for all ports write tcp+udp/all, for any address leave "
		  "the key out");
	return true;
}

static struct policy_place place_of(const struct reading *reading, const struct policy_node *node,
				    const char *at)
{
	return policy_yaml_place_within(reading->pairs->yaml, node,
					utf8_chars(node->text, (size_t)(at - node->text)));
}

/* Adds the set of "set:NAME", at a place in the node's text. */
static int use_add(const struct reading *reading, const struct policy_node *node, const char *at,
		   const char *word)
{
	struct policy_yaml *yaml = reading->pairs->yaml;
	const char *name = word + strlen(POLICY_SET_PREFIX);
	struct policy_set_use *list;

	if (!reading->uses)
		return policy_yaml_error_at(yaml, place_of(reading, node, at),
					    "'%s': sets do not nest; write the prefixes",
					    quote_string(word).text);
	if (!policy_name_is_good(name))
		return policy_yaml_error_at(yaml, place_of(reading, node, at),
					    "bad name of a set '%s': " POLICY_NAME_RIGHT,
					    quote_string(name).text, PORTSIEVE_RULE_NAME_MAX);
	list = array_room(reading->uses->list, reading->uses->count, sizeof(*list));
	if (!list)
		return error_no_memory(yaml->error);
	reading->uses->list = list;
	list += reading->uses->count++;
	*list = (struct policy_set_use){ .place = place_of(reading, node, at) };
	strcpy(list->name, name);
	return 0;
}

static int prefix_add(const struct reading *reading, const struct policy_node *node, const char *at,
		      const char *word)
{
	struct policy_yaml *yaml = reading->pairs->yaml;
	struct policy_prefixes *prefixes = reading->prefixes;
	struct policy_prefix *list =
		array_room(prefixes->list, prefixes->count, sizeof(*prefixes->list));
	struct error error = { 0 };

	if (!list)
		return error_no_memory(yaml->error);
	prefixes->list = list;
	if (!policy_prefix_read(word, &list[prefixes->count], &error)) {
		prefixes->count++;
		return 0;
	}
	if (!node->opening && node->length && node->text[node->length - 1] == ':' &&
	    policy_prefix_unquoted(yaml, node, yaml->error))
		return -EINVAL;
	return policy_yaml_error_at(yaml, place_of(reading, node, at), "%s", error.text);
}

/* Rejects words for "all addresses". */
static int any_refuse(const struct reading *reading, const struct policy_node *node,
		      const char *word)
{
	struct policy_yaml *yaml = reading->pairs->yaml;

	if (!reading->uses)
		return policy_yaml_error(yaml, node,
					 "'%s' is not an address or a prefix: write 0.0.0.0/0 and "
					 "\"::/0\" for any address",
					 word);
	return policy_yaml_error(yaml, node,
				 "'%s' is not an address or a prefix: leave '%s' out for any "
				 "address",
				 word, reading->pairs->row->name);
}

/* Adds a prefix or set, or several separated by commas or white space. */
static int text_add(const struct reading *reading, const struct policy_node *node)
{
	static const char borders[] = ", \t\r\n";
	struct policy_yaml *yaml = reading->pairs->yaml;
	const char *name = reading->pairs->row->name;
	bool any = false;

	for (const char *at = node->text; *(at += strspn(at, borders)); any = true) {
		size_t length = strcspn(at, borders);
		_cleanup_free_ char *word = strndup(at, length);
		int r;

		if (!word)
			return error_no_memory(yaml->error);
		if (!strcmp(word, "any") || !strcmp(word, "all") || !strcmp(word, "*"))
			return any_refuse(reading, node, word);
		if (!strncmp(word, POLICY_SET_PREFIX, strlen(POLICY_SET_PREFIX)))
			r = use_add(reading, node, at, word);
		else
			r = prefix_add(reading, node, at, word);
		if (r)
			return r;
		at += length;
	}
	if (!any)
		return policy_yaml_error(yaml, node, "'%s' has a text without prefixes: %s", name,
					 reading->pairs->row->right);
	return 0;
}

static int list_read(const struct reading *reading)
{
	const struct policy_pairs *pairs = reading->pairs;
	struct policy_yaml *yaml = pairs->yaml;
	const struct policy_node *list = pairs->value;

	if (list->span == 1 && reading->uses)
		return policy_yaml_error(yaml, list,
					 "an empty list: leave '%s' out for any address",
					 pairs->row->name);
	for (const struct policy_node *item = list + 1; item < list + list->span;
	     item += item->span) {
		int r;

		if (item->kind != POLICY_NODE_TEXT && item->kind != POLICY_NODE_BROKEN &&
		    policy_prefix_unquoted(yaml, item, yaml->error))
			return -EINVAL;
		if (item->kind != POLICY_NODE_TEXT)
			return policy_yaml_error(
				yaml, item, "an item of '%s' must be a prefix such as 192.0.2.0/24",
				pairs->row->name);
		r = text_add(reading, item);
		if (r && !policy_yaml_goes_on(yaml, r))
			return r;
	}
	return 0;
}

int policy_prefixes_read(struct policy_pairs *pairs, struct policy_prefixes *prefixes,
			 struct policy_set_uses *uses)
{
	const struct reading reading = { pairs, prefixes, uses };
	const struct policy_node *value = pairs->value, *next;
	int r;

	if (value->kind == POLICY_NODE_LIST)
		return list_read(&reading);
	if (value->kind == POLICY_NODE_MAPPING &&
	    policy_prefix_unquoted(pairs->yaml, value, pairs->yaml->error))
		return -EINVAL;
	if (value->kind != POLICY_NODE_TEXT || policy_node_is_null(value))
		return policy_value_refuse(pairs);
	r = text_add(&reading, value);
	/* a word that is not an address is a mistyped key */
	while (!r && (next = policy_pairs_next_piece(pairs)) && strpbrk(next->text, ".:/")) {
		pairs->at = next + 2;
		r = text_add(&reading, next);
	}
	return r;
}
