// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The layers as a table: bytes of a header, where its fields are, and the numbers that announce it.
 * It shares nothing with the generator of the oracle.
 */
#include "cmocka_first.h"
#include "recipe.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum { LAYERS_MAX = 32, FIELDS_MAX = 6, POKES_MAX = 4, NUMBERLESS = -1 };

/* The numbering of a layer's next-protocol field. */
enum language { NO_NEXT, ETHERTYPE, PPP, IP };

struct field {
	const char *name;
	uint8_t at, bytes;
	uint16_t mask;
};

/* All bytes are absolute or from the layer's start. Fields may be left out. */
struct kind {
	const char *name;
	int number[4]; /* by enum language; 0 for none, NUMBERLESS for IP protocol 0 */
	enum language speaks;
	size_t size;
	const char *bytes;
	struct field next, length, own; /* own: the header's length in `unit` bytes, less `less` */
	uint8_t length_from, unit, less;
	struct field more[FIELDS_MAX];
};

#define NEXT	     .next = { "next", 0, 1, 0xff }
#define EXT_LENGTH   .own = { "len", 1, 1, 0xff }, .unit = 8, .less = 1
#define EXT(number_) .number = { [IP] = number_ }, .speaks = IP, .size = 8, NEXT
#define OPTIONS	     .bytes = "\x3b\0\x01\x04\0\0\0\0" /* a PadN option of four bytes */
#define ADDRESSES4   "\xc0\0\x02\x07\xc6\x33\x64\x01"
#define ADDRESSES6                                                                                 \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"                                               \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01"
#define PORTS "\x9c\x40\x01\xbb" /* 40000 > 443 */
#define TO_PORT                                                                                    \
	{                                                                                          \
		"port", 2, 2, 0xffff                                                               \
	}
#define TYPE(at)                                                                                   \
	{                                                                                          \
		"type", at, 1, 0xff                                                                \
	}

static const struct kind kinds[] = {
	{ "eth",
	  { 0 },
	  ETHERTYPE,
	  14,
	  "\x02\0\0\0\0\x01\x02\0\0\0\0\x02\0\0",
	  .next = { "type", 12, 2, 0xffff } },
	{ "vlan",
	  { [ETHERTYPE] = 0x8100 },
	  ETHERTYPE,
	  4,
	  "\0\x05\0\0",
	  .next = { "type", 2, 2, 0xffff },
	  .more = { { "vid", 0, 2, 0x0fff } } },
	{ "qinq",
	  { [ETHERTYPE] = 0x88a8 },
	  ETHERTYPE,
	  4,
	  "\0\x05\0\0",
	  .next = { "type", 2, 2, 0xffff },
	  .more = { { "vid", 0, 2, 0x0fff } } },
	{ "pppoe",
	  { [ETHERTYPE] = 0x8864 },
	  PPP,
	  8,
	  "\x11\0\0\x01\0\0\0\0",
	  .next = { "proto", 6, 2, 0xffff },
	  .length = { "len", 4, 2, 0xffff },
	  .length_from = 6,
	  .more = { { "version", 0, 1, 0xff },
		    { "code", 1, 1, 0xff },
		    { "session", 2, 2, 0xffff } } },
	{ "ppp1",
	  { [ETHERTYPE] = 0x8864 },
	  PPP,
	  7,
	  "\x11\0\0\x01\0\0\0",
	  .next = { "proto", 6, 1, 0xff },
	  .length = { "len", 4, 2, 0xffff },
	  .length_from = 6 },
	{ "ip4",
	  { 0, 0x0800, 0x21, 4 },
	  IP,
	  20,
	  "\x45\0\0\0\0\x01\0\0\x40\0\0\0" ADDRESSES4,
	  .next = { "proto", 9, 1, 0xff },
	  .length = { "total", 2, 2, 0xffff },
	  .own = { "ihl", 0, 1, 0x0f },
	  .unit = 4,
	  .more = { { "version", 0, 1, 0xf0 },
		    { "frag", 6, 2, 0x1fff },
		    { "mf", 6, 2, 0x2000 },
		    { "df", 6, 2, 0x4000 },
		    { "reserved", 6, 2, 0x8000 } } },
	{ "ip6",
	  { 0, 0x86dd, 0x57, 41 },
	  IP,
	  40,
	  "\x60\0\0\0\0\0\x3b\x40" ADDRESSES6,
	  .next = { "next", 6, 1, 0xff },
	  .length = { "payload", 4, 2, 0xffff },
	  .length_from = 40,
	  .more = { { "version", 0, 1, 0xf0 } } },
	{ "hop", EXT(NUMBERLESS), OPTIONS, EXT_LENGTH,
	  .more = { { "option", 2, 1, 0xff }, { "optlen", 3, 1, 0xff } } },
	{ "jumbo", EXT(NUMBERLESS), .bytes = "\x3b\0\xc2\x04\0\x01\0\0", EXT_LENGTH,
	  .more = { { "option", 2, 1, 0xff }, { "optlen", 3, 1, 0xff } } },
	{ "route", EXT(43), .bytes = "\x3b\0\x02\0\0\0\0\0", EXT_LENGTH,
	  .more = { TYPE(2), { "left", 3, 1, 0xff } } },
	{ "frag", EXT(44), .bytes = "\x3b\0\0\0\0\0\0\x01",
	  .more = { { "off", 2, 2, 0xfff8 },
		    { "mf", 2, 2, 0x0001 },
		    { "res", 2, 2, 0x0006 },
		    { "len", 1, 1, 0xff } } },
	{ "auth", .number = { [IP] = 51 }, .speaks = IP, .size = 12, NEXT,
	  .bytes = "\x3b\x01\0\0\0\0\0\x01\0\0\0\x02", .own = { "len", 1, 1, 0xff }, .unit = 4,
	  .less = 2 },
	{ "dst", EXT(60), OPTIONS, EXT_LENGTH },
	{ "mobility", EXT(135), OPTIONS, EXT_LENGTH },
	{ "hip", EXT(139), OPTIONS, EXT_LENGTH },
	{ "shim6", EXT(140), OPTIONS, EXT_LENGTH },
	{ "tcp",
	  { [IP] = 6 },
	  NO_NEXT,
	  20,
	  PORTS "\0\0\0\x01\0\0\0\0\x50\x10\xff\xff\0\0\0\0",
	  .own = { "off", 12, 1, 0xf0 },
	  .unit = 4,
	  .more = { TO_PORT, { "flags", 13, 1, 0xff } } },
	{ "udp",
	  { [IP] = 17 },
	  NO_NEXT,
	  8,
	  PORTS "\0\0\0\0",
	  .length = { "len", 4, 2, 0xffff },
	  .more = { TO_PORT } },
	{ "lite",
	  { [IP] = 136 },
	  NO_NEXT,
	  8,
	  PORTS "\0\0\0\0",
	  .more = { TO_PORT, { "coverage", 4, 2, 0xffff }, { "check", 6, 2, 0xffff } } },
	{ "sctp", { [IP] = 132 }, NO_NEXT, 12, PORTS "\0\0\0\0\0\0\0\0", .more = { TO_PORT } },
	{ "dccp", { [IP] = 33 }, NO_NEXT, 12, PORTS "\x03\0\0\0\0\0\0\0", .more = { TO_PORT } },
	{ "icmp", { [IP] = 1 }, NO_NEXT, 8, "\x08\0\0\0\0\0\0\0", .more = { TYPE(0) } },
	{ "icmp6", { [IP] = 58 }, NO_NEXT, 4, "\x80\0\0\0", .more = { TYPE(0) } },
	{ "igmp", { [IP] = 2 }, NO_NEXT, 8, "\x16\0\0\0\0\0\0\0", .more = { TYPE(0) } },
	{ "esp", .number = { [IP] = 50 }, .size = 8, .bytes = "\0\0\x01\0\0\0\0\x01" },
	{ "none", .number = { [IP] = 59 }, .bytes = "" },
};

struct written {
	const struct kind *kind;
	char *fields; /* the words after the colon, or NULL */
	size_t at, size;
};

struct recipe {
	uint8_t *frame;
	size_t at, end,
		cut; /* end: the one that the length fields describe; 0 before it is known */
	size_t count;
	struct written layers[LAYERS_MAX];
	size_t poke_count;
	char *pokes[POKES_MAX]; /* what is after the colon */
};

static uint32_t field_read(const uint8_t *header, const struct field *field)
{
	return field->bytes == 1 ? header[field->at]
				 : (uint32_t)header[field->at] << 8 | header[field->at + 1];
}

static void field_set(uint8_t *header, const struct field *field, long value)
{
	uint32_t unit = field->mask & -field->mask;
	uint32_t whole = field_read(header, field);

	whole = (whole & ~field->mask) | ((uint32_t)value * unit & field->mask);
	if (field->bytes == 2)
		header[field->at] = (uint8_t)(whole >> 8);
	header[field->at + field->bytes - 1] = (uint8_t)whole;
}

static long field_value(const uint8_t *header, const struct field *field)
{
	return (field_read(header, field) & field->mask) / (field->mask & -field->mask);
}

static const struct field *field_find(const struct kind *kind, const char *name, size_t length)
{
	const struct field *fixed[] = { &kind->next, &kind->length, &kind->own };

	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++)
		if (fixed[i]->name && strlen(fixed[i]->name) == length &&
		    !memcmp(fixed[i]->name, name, length))
			return fixed[i];
	for (size_t i = 0; i < FIELDS_MAX && kind->more[i].name; i++)
		if (strlen(kind->more[i].name) == length &&
		    !memcmp(kind->more[i].name, name, length))
			return &kind->more[i];
	fail_msg("recipe: %s has no field %.*s", kind->name, (int)length, name);
	return NULL;
}

static const struct kind *kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strcmp(kinds[i].name, name))
			return &kinds[i];
	fail_msg("recipe: unknown layer %s", name);
	return NULL;
}

/* Where "size=" stands in the fields, or NULL. */
static const char *size_word(const char *fields)
{
	const char *word = fields ? strstr(fields, "size=") : NULL;

	return word && (word == fields || word[-1] == ',') ? word + strlen("size=") : NULL;
}

static void append(struct recipe *recipe, const char *name, char *fields)
{
	const struct kind *kind = kind_find(name);
	const char *size = size_word(fields);
	struct written layer = { kind, fields, recipe->at,
				 size ? strtoul(size, NULL, 0) : kind->size };

	assert_true(recipe->count < LAYERS_MAX && recipe->at + layer.size <= RECIPE_FRAME_MAX);
	memset(recipe->frame + layer.at, 0, layer.size);
	memcpy(recipe->frame + layer.at, kind->bytes,
	       layer.size < kind->size ? layer.size : kind->size);
	recipe->at += layer.size;
	recipe->layers[recipe->count++] = layer;
}

static void append_word(struct recipe *recipe, char *word)
{
	char *fields = strchr(word, ':');

	if (fields)
		*fields++ = '\0';
	if (!strcmp(word, "end")) {
		recipe->end = recipe->at;
	} else if (!strcmp(word, "cut")) {
		recipe->cut = strtoul(fields, NULL, 0);
	} else if (!strcmp(word, "poke")) {
		assert_true(recipe->poke_count < POKES_MAX);
		recipe->pokes[recipe->poke_count++] = fields;
	} else if (!strcmp(word, "data")) {
		size_t size = strtoul(fields, NULL, 0);

		assert_true(recipe->at + size <= RECIPE_FRAME_MAX);
		memset(recipe->frame + recipe->at, 0, size);
		recipe->at += size;
	} else {
		append(recipe, word, fields);
	}
}

/* Leaves a field unchanged if it is not completely in the frame. */
static bool field_is_there(const struct written *layer, const struct field *field)
{
	return field->name && field->at + field->bytes <= layer->size;
}

/* The correct values: next protocol, header length, length to the end. */
static void set_right(struct recipe *recipe, size_t index)
{
	const struct written *layer = &recipe->layers[index];
	const struct kind *kind = layer->kind;
	uint8_t *header = recipe->frame + layer->at;

	if (index + 1 < recipe->count && field_is_there(layer, &kind->next)) {
		int number = recipe->layers[index + 1].kind->number[kind->speaks];

		field_set(header, &kind->next, number == NUMBERLESS ? 0 : number);
	}
	if (layer->size > kind->size && field_is_there(layer, &kind->own))
		field_set(header, &kind->own, (long)layer->size / kind->unit - kind->less);
	if (field_is_there(layer, &kind->length))
		field_set(header, &kind->length,
			  (long)(recipe->end - layer->at - kind->length_from));
}

static void set_as_told(struct recipe *recipe, const struct written *layer)
{
	uint8_t *header = recipe->frame + layer->at;
	char *rest = NULL;

	for (char *word = strtok_r(layer->fields, ",", &rest); word;
	     word = strtok_r(NULL, ",", &rest)) {
		char *text = strchr(word, '=');
		const struct field *field;
		long value;

		assert_non_null(text);
		if (!strncmp(word, "size=", strlen("size=")))
			continue;
		field = field_find(layer->kind, word, (size_t)(text - word));
		value = strtol(text + 1, NULL, 0);
		if (text[1] == '+' || text[1] == '-')
			value += field_value(header, field);
		assert_true(field_is_there(layer, field));
		field_set(header, field, value);
	}
}

/* OFFSET=HEX: bytes of the frame as they are given, over what is there. */
static void poke(const struct recipe *recipe, char *text)
{
	size_t at = strtoul(text, &text, 0);

	assert_int_equal(*text++, '=');
	for (; text[0] && text[1]; text += 2) {
		const char digits[] = { text[0], text[1], '\0' };

		assert_true(at < recipe->at);
		recipe->frame[at++] = (uint8_t)strtoul(digits, NULL, 16);
	}
}

size_t recipe_frame(const char *words, uint8_t *frame)
{
	_cleanup_free_ char *copy = strdup(words);
	struct recipe recipe = { .frame = frame };
	char *rest = NULL;

	assert_non_null(copy);
	for (char *word = strtok_r(copy, " ", &rest); word; word = strtok_r(NULL, " ", &rest))
		append_word(&recipe, word);
	if (!recipe.end)
		recipe.end = recipe.at;
	for (size_t i = 0; i < recipe.count; i++)
		set_right(&recipe, i);
	for (size_t i = 0; i < recipe.count; i++)
		if (recipe.layers[i].fields)
			set_as_told(&recipe, &recipe.layers[i]);
	for (size_t i = 0; i < recipe.poke_count; i++)
		poke(&recipe, recipe.pokes[i]);
	return recipe.at - recipe.cut;
}
