/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of prefixes in a policy's text. One prefix is policy_prefix.c. YAML 1.1 misreads two kinds
 * of IPv6 address without quotes: those that start with "::" inside [] or {}, and those that end
 * with
 * "::" anywhere.
 */
#include "policy/read_prefixes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/array.h"

static bool in_prefix(char byte)
{
	return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'f') ||
	       byte == ':' || byte == '.' || byte == '/';
}

/* May a text start after this byte, or end before it? */
static bool is_border(char byte)
{
	return strchr(" \t\r\n,[]{}", byte); /* finds the NUL too */
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
		  "YAML takes the colons of %s for its own: put it in quotes, \"%s\"", word, word);
	return true;
}

static int prefix_add(struct policy_yaml *yaml, const struct policy_node *node,
		      struct policy_prefixes *prefixes)
{
	struct policy_prefix *list =
		array_room(prefixes->list, prefixes->count, sizeof(*prefixes->list));
	struct error error = { 0 };

	if (!list)
		return policy_yaml_no_memory(yaml);
	prefixes->list = list;
	if (policy_prefix_read(node->text, &list[prefixes->count], &error) == 0) {
		prefixes->count++;
		return 0;
	}
	if (!node->opening && node->length && node->text[node->length - 1] == ':' &&
	    policy_prefix_unquoted(yaml, node, yaml->error))
		return -EINVAL;
	return policy_yaml_error(yaml, node, "%s", error.text);
}

static int list_read(const struct policy_pairs *pairs, struct policy_prefixes *prefixes)
{
	struct policy_yaml *yaml = pairs->yaml;
	const struct policy_node *list = pairs->value;

	if (list->span == 1)
		return policy_yaml_error(yaml, list,
					 "an empty list: leave '%s' out for any address",
					 pairs->row->name);
	for (const struct policy_node *item = list + 1; item < list + list->span;
	     item += item->span) {
		if (item->kind != POLICY_NODE_TEXT) {
			if (item->kind != POLICY_NODE_BROKEN &&
			    policy_prefix_unquoted(yaml, item, yaml->error))
				return -EINVAL;
			return policy_yaml_error(
				yaml, item, "an item of '%s' must be a prefix such as 192.0.2.0/24",
				pairs->row->name);
		}

		int r = prefix_add(yaml, item, prefixes);

		if (r)
			return r;
	}
	return 0;
}

static int value_read(const struct policy_pairs *pairs, struct policy_prefixes *prefixes)
{
	const struct policy_node *value = pairs->value;

	if (value->kind == POLICY_NODE_LIST)
		return list_read(pairs, prefixes);
	if (value->kind == POLICY_NODE_TEXT && !policy_node_is_null(value))
		return prefix_add(pairs->yaml, value, prefixes);
	if (value->kind == POLICY_NODE_MAPPING &&
	    policy_prefix_unquoted(pairs->yaml, value, pairs->yaml->error))
		return -EINVAL;
	return policy_value_refuse(pairs);
}

int policy_prefixes_read(const struct policy_pairs *pairs, struct policy_prefixes *prefixes)
{
	struct policy_prefix prefix;
	int r = value_read(pairs, prefixes);

	if (r)
		return r;

	const struct policy_node *next = policy_pairs_peek_unknown(pairs);

	/* "from: 10.0.0.0/8,11.0.0.0/8" in a flow mapping: YAML makes a key of the second one */
	if (next && policy_prefix_read(next->text, &prefix, NULL) == 0)
		return policy_yaml_error(pairs->yaml, next,
					 "several prefixes are a list: write %s: [..., %s]",
					 pairs->row->name, next->text);
	return 0;
}
