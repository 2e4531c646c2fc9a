/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Prefixes of addresses: parsing, printing and comparing. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/policy.h"
#include "policy/quote.h"

static const struct family {
	const char *name;
	int number; /* for inet_pton */
	uint8_t bits;
} families[] = {
	[POLICY_IPV4] = { "IPv4", AF_INET, 32 },
	[POLICY_IPV6] = { "IPv6", AF_INET6, 128 },
};

/* Reads digits without leading zeros, up to `max`. */
static bool length_read(const char *text, unsigned int max, uint8_t *ret_length)
{
	unsigned int length = 0;

	if (!*text || (*text == '0' && text[1]))
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		length = length * 10 + (unsigned int)(*text - '0');
		if (length > max)
			return false;
	}
	*ret_length = (uint8_t)length;
	return true;
}

/* Clears the host bits. Returns whether one was set. */
static bool host_bits_clear(struct policy_prefix *prefix)
{
	bool was_set = false;

	for (unsigned int bit = prefix->length; bit < families[prefix->family].bits; bit++) {
		uint8_t mask = (uint8_t)(0x80 >> bit % 8);

		was_set |= prefix->address[bit / 8] & mask;
		prefix->address[bit / 8] &= (uint8_t)~mask;
	}
	return was_set;
}

static struct policy_prefix_text print_with_length(const struct policy_prefix *prefix)
{
	struct policy_prefix_text text;
	size_t end;

	inet_ntop(families[prefix->family].number, prefix->address, text.text, sizeof(text.text));
	end = strlen(text.text);
	snprintf(text.text + end, sizeof(text.text) - end, "/%u", prefix->length);
	return text;
}

int policy_prefix_read(const char *text, struct policy_prefix *ret_prefix, struct error *error)
{
	const char *slash = strchrnul(text, '/');
	struct policy_prefix prefix = { .family = POLICY_IPV4 }, whole;
	char address[INET6_ADDRSTRLEN];
	const struct family *family;

	snprintf(address, sizeof(address), "%.*s", (int)(slash - text), text);
	if (strchr(address, ':'))
		prefix.family = POLICY_IPV6;
	family = &families[prefix.family];
	if ((size_t)(slash - text) >= sizeof(address) || strchr(text, ',') ||
	    inet_pton(family->number, address, prefix.address) != 1)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "'%s' is not an address or a prefix: write for example "
				 "192.0.2.0/24 or 2001:db8::/32%s",
				 quote_string(text).text,
				 strchr(text, ',')
					 ? ", several as a list: [192.0.2.0/24, 198.51.100.7]"
					 : "");
	prefix.length = family->bits;
	if (*slash && !length_read(slash + 1, family->bits, &prefix.length))
		return error_set(error, EINVAL, EXIT_USAGE,
				 "'%s': the length of an %s prefix is a number from 0 to %u",
				 quote_string(text).text, family->name, family->bits);
	whole = prefix;
	whole.length = family->bits;
	if (host_bits_clear(&prefix))
		return error_set(error, EINVAL, EXIT_USAGE,
				 "'%s' has host bits set: write %s for all addresses of the "
				 "prefix, or %s for the one address",
				 quote_string(text).text, print_with_length(&prefix).text,
				 print_with_length(&whole).text);
	*ret_prefix = prefix;
	return 0;
}

struct policy_prefix_text policy_prefix_print(const struct policy_prefix *prefix)
{
	struct policy_prefix_text text = print_with_length(prefix);

	if (prefix->length == families[prefix->family].bits)
		*strchr(text.text, '/') = '\0';
	return text;
}

bool policy_prefix_holds(const struct policy_prefix *prefix, const struct policy_prefix *other)
{
	size_t bytes = prefix->length / 8;
	unsigned int rest = prefix->length % 8;

	if (prefix->family != other->family || prefix->length > other->length ||
	    memcmp(prefix->address, other->address, bytes) != 0)
		return false;
	return !rest || !((prefix->address[bytes] ^ other->address[bytes]) >> (8 - rest));
}

int policy_prefix_compare(const void *one, const void *other)
{
	const struct policy_prefix *a = one, *b = other;
	int order;

	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;
	order = memcmp(a->address, b->address, sizeof(a->address));
	return order ? order : (a->length > b->length) - (a->length < b->length);
}

void policy_prefixes_free(struct policy_prefixes *prefixes)
{
	if (!prefixes->is_borrowed)
		free(prefixes->list);
	*prefixes = (struct policy_prefixes){ 0 };
}

int policy_prefixes_sort(const struct policy_prefixes *prefixes, struct policy_prefixes *ret_sorted)
{
	struct policy_prefix *sorted = calloc(prefixes->count + 1, sizeof(*sorted));
	size_t count = 0;

	if (!sorted)
		return -ENOMEM;
	if (prefixes->count)
		memcpy(sorted, prefixes->list, prefixes->count * sizeof(*sorted));
	qsort(sorted, prefixes->count, sizeof(*sorted), policy_prefix_compare);
	for (size_t i = 0; i < prefixes->count; i++)
		if (!count || policy_prefix_compare(&sorted[count - 1], &sorted[i]))
			sorted[count++] = sorted[i];
	*ret_sorted = (struct policy_prefixes){ .list = sorted,
						.count = count,
						.is_empty = prefixes->is_empty };
	return 0;
}

bool policy_prefixes_same(const struct policy_prefixes *a, const struct policy_prefixes *b)
{
	struct policy_prefixes ours = { 0 }, theirs = { 0 };
	bool same = a->is_empty == b->is_empty && !policy_prefixes_sort(a, &ours) &&
		    !policy_prefixes_sort(b, &theirs) && ours.count == theirs.count &&
		    !memcmp(ours.list, theirs.list, ours.count * sizeof(*ours.list));

	free(ours.list);
	free(theirs.list);
	return same;
}
