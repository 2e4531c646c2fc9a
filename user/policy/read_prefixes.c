/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lists of prefixes in a policy's text. One prefix is policy_prefix.c. YAML 1.1 reads some IPv6
 * addresses as something else unless they are quoted: with "::" in front inside [] or {}, and with
 * "::" at the end anywhere.
 */
#include "policy/read_prefixes.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "policy/read_mapping.h"

static const char *const right = "write a prefix such as 192.0.2.0/24, or a list of them";

static bool in_prefix(char byte)
{
	return (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'f') ||
	       byte == ':' || byte == '.' || byte == '/';
}

/* May a text begin behind this byte, or end before it? */
static bool is_border(char byte)
{
	return strchr(" \t\r\n,[]{}", byte); /* finds the NUL too */
}

/* The byte offset of a mark, which counts characters. */
static size_t offset_of(const struct policy_yaml *yaml, const yaml_mark_t *mark)
{
	size_t chars = 0;

	for (size_t i = 0; i < yaml->size; i++)
		if (((unsigned char)yaml->text[i] & 0xc0) != 0x80 && chars++ == mark->index)
			return i;
	return yaml->size;
}

int policy_prefixes_unquoted(struct policy_yaml *yaml, const yaml_mark_t *mark)
{
	size_t at = offset_of(yaml, mark), low = at, high = at;
	struct policy_place place = policy_yaml_place(mark);
	char word[64], address[sizeof(word)];
	struct in6_addr bits;

	while (low > 0 && in_prefix(yaml->text[low - 1]))
		low--;
	while (high < yaml->size && in_prefix(yaml->text[high]))
		high++;
	if (high - low >= sizeof(word) || (low > 0 && !is_border(yaml->text[low - 1])) ||
	    (high < yaml->size && !is_border(yaml->text[high])))
		return 0;
	memcpy(word, yaml->text + low, high - low);
	word[high - low] = '\0';
	strcpy(address, word);
	*strchrnul(address, '/') = '\0';
	if (inet_pton(AF_INET6, address, &bits) != 1)
		return 0;
	place.column -= (uint32_t)(at - low);
	return policy_yaml_error_at(yaml, place,
				    "YAML takes the colons of %s for its own: put it in quotes, "
				    "\"%s\"",
				    word, word);
}

static int prefix_add(struct policy_yaml *yaml, const yaml_event_t *event,
		      struct policy_prefixes *prefixes)
{
	struct policy_prefix *list =
		array_room(prefixes->list, prefixes->count, sizeof(*prefixes->list));
	struct error error = { 0 };

	if (!list)
		return policy_yaml_no_memory(yaml);
	prefixes->list = list;
	if (policy_prefix_read((const char *)event->data.scalar.value, &list[prefixes->count],
			       &error) == 0) {
		prefixes->count++;
		return 0;
	}
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && event->data.scalar.length &&
	    event->data.scalar.value[event->data.scalar.length - 1] == ':' &&
	    policy_prefixes_unquoted(yaml, &event->start_mark) < 0)
		return -EINVAL;
	return policy_yaml_error(yaml, &event->start_mark, "%s", error.text);
}

static int list_read(struct policy_yaml *yaml, const yaml_event_t *start, const char *key,
		     struct policy_prefixes *prefixes)
{
	for (;;) {
		POLICY_YAML_EVENT event = { 0 };
		int r = policy_yaml_next(yaml, &event);

		if (r < 0)
			return r;
		if (event.type == YAML_SEQUENCE_END_EVENT)
			break;
		if (event.type == YAML_SCALAR_EVENT)
			r = prefix_add(yaml, &event, prefixes);
		else if (policy_prefixes_unquoted(yaml, &event.start_mark) < 0)
			r = -EINVAL;
		else
			r = policy_yaml_error(yaml, &event.start_mark,
					      "an item of '%s' must be a prefix such as "
					      "192.0.2.0/24",
					      key);
		if (r < 0)
			return r;
	}
	if (!prefixes->count)
		return policy_yaml_error(yaml, &start->start_mark,
					 "an empty list: leave '%s' out for any address", key);
	return 0;
}

int policy_prefixes_read(struct policy_yaml *yaml, const char *key,
			 struct policy_prefixes *prefixes)
{
	POLICY_YAML_EVENT event = { 0 };
	int r = policy_yaml_next(yaml, &event);

	if (r < 0)
		return r;
	if (event.type == YAML_SEQUENCE_START_EVENT)
		return list_read(yaml, &event, key, prefixes);
	if (event.type == YAML_SCALAR_EVENT && !policy_value_is_null(&event))
		return prefix_add(yaml, &event, prefixes);
	if (event.type == YAML_MAPPING_START_EVENT &&
	    policy_prefixes_unquoted(yaml, &event.start_mark) < 0)
		return -EINVAL;
	return policy_value_refuse(yaml, &event, key, right);
}
