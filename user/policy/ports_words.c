/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The tables of protocols and of named sets of ports, one row each. */
#include "policy/ports_words.h"

#include <string.h>
#include <strings.h>

#include <portsieve/abi.h>

const struct ports_protocol ports_protocols[] = {
	{ "tcp", 1 << PORTSIEVE_TCP },
	{ "udp", 1 << PORTSIEVE_UDP },
	{ "tcp+udp", 1 << PORTSIEVE_TCP | 1 << PORTSIEVE_UDP },
	{ "sctp", 1 << PORTSIEVE_SCTP },
	{ "dccp", 1 << PORTSIEVE_DCCP },
	{ 0 },
};

/* The fixed ranges are those of RFC 6335, section 6; port 0 belongs to no set but `all`. */
const struct ports_set ports_sets[] = {
	{ .name = "all", .low = 0, .high = 65535 },
	{ .name = "system", .low = 1, .high = 1023 },
	{ .name = "user", .low = 1024, .high = 49151 },
	{ .name = "dynamic", .low = 49152, .high = 65535 },
	{ .name = "ephemeral", .kind = PORTS_EPHEMERAL },
	{ .name = "assigned", .kind = PORTS_ASSIGNED },
	{ .name = "unassigned", .kind = PORTS_UNASSIGNED },
	{ 0 },
};

struct ports_word ports_word_at(const char *text)
{
	return (struct ports_word){ text, strcspn(text, ", \t\r\n") };
}

bool ports_word_is(const struct ports_word *word, const char *text)
{
	return strlen(text) == word->length && !memcmp(text, word->start, word->length);
}

const struct ports_protocol *ports_protocol_find(const struct ports_word *word)
{
	for (const struct ports_protocol *row = ports_protocols; row->name; row++)
		if (strlen(row->name) == word->length &&
		    !strncasecmp(row->name, word->start, word->length))
			return row;
	return NULL;
}

struct ports_entry ports_entry_of(const struct ports_word *word)
{
	const char *slash = memchr(word->start, '/', word->length);
	const char *last = memrchr(word->start, '/', word->length);
	struct ports_word before, after;
	const struct ports_protocol *protocol;

	if (!slash)
		return (struct ports_entry){ 0 };
	before = (struct ports_word){ word->start, (size_t)(slash - word->start) };
	after = (struct ports_word){ slash + 1, word->length - before.length - 1 };
	protocol = ports_protocol_find(&before);
	if (protocol)
		return (struct ports_entry){ protocol, after };
	/* the names of some services have a slash */
	before.length = (size_t)(last - word->start);
	after = (struct ports_word){ last + 1, word->length - before.length - 1 };
	protocol = ports_protocol_find(&after);
	return (struct ports_entry){ protocol, before };
}

const struct ports_set *ports_set_find(const struct ports_word *word)
{
	for (const struct ports_set *row = ports_sets; row->name; row++)
		if (ports_word_is(word, row->name))
			return row;
	return NULL;
}

struct ports_name ports_name(const struct ports_word *word)
{
	struct ports_name name = { "" };

	if (word->length < sizeof(name.text))
		memcpy(name.text, word->start, word->length);
	return name;
}
