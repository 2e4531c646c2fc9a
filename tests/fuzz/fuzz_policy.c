/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a policy: reading must not crash, an error must have a text and the place of the
 * word that it quotes, and an accepted policy must be checked without harm and survive printing and
 * reading again.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <yaml.h>

#include "base/cleanup.h"
#include "compile/compile.h"
#include "analysis/check.h"

/* The file of every set: its own path, and a prefix that is always right. */
static int give_file(void *context, const struct policy_set *set, struct policy_set_file *ret_file,
		     struct error *error)
{
	char *text = NULL;

	(void)context;
	if (asprintf(&text, "192.0.2.0/24 # x\n%s\n", set->file) < 0)
		return error_no_memory(error);
	*ret_file = (struct policy_set_file){
		.text = text,
		.size = strlen(text),
		.name = strdup("list"),
	};
	return ret_file->name ? 0 : error_no_memory(error);
}

static const struct policy_files files = { give_file, NULL };
static const struct policy_host host = {
	.files = &files,
	.ephemeral_low = 32768,
	.ephemeral_high = 60999,
	.realtime_ns = 1795262400123456789,
	.boottime_ns = 5000000000,
};

static void take_remark(const struct error *error, void *context)
{
	(void)context;
	if (!error->text[0] || !error->line || !error->column)
		abort();
}

static void check_error(int r, const struct error *error)
{
	if (r != -EINVAL || error->exit != EXIT_USAGE || !error->text[0] || !error->line ||
	    !error->column)
		abort();
	for (const char *at = error->text; *at; at++)
		if ((unsigned char)*at < 0x20 || *at == 0x7f)
			abort();
}

/* The byte at a place; NULL if none, or if Unicode line breaks or escapes make it ambiguous. */
static const char *find(const char *text, size_t size, size_t line, size_t column)
{
	const char *at = text, *end = text + size;

	if (memmem(text, size, "\xc2\x85", 2) || memmem(text, size, "\xe2\x80", 2) ||
	    memmem(text, size, "\xef\xbb\xbf", 3) || memchr(text, '\\', size))
		return NULL;
	for (; at < end && line > 1; at++) {
		bool pair = *at == '\r' && at + 1 < end && at[1] == '\n';

		line -= (*at == '\n' || *at == '\r') && !pair;
	}
	for (; at < end && column > 1; column--)
		do {
			at++;
		} while (at < end && ((unsigned char)*at & 0xc0) == 0x80);
	return at < end ? at : NULL;
}

/* Does a text of several lines start at the error's place? That is the place of all errors in it.
 */
static bool starts_several_lines(const char *text, size_t size, const struct error *error)
{
	bool found = false, ends = false;
	yaml_parser_t parser;
	yaml_event_t event;

	if (!yaml_parser_initialize(&parser))
		abort();
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, size);
	while (!ends && yaml_parser_parse(&parser, &event)) {
		found |= event.type == YAML_SCALAR_EVENT &&
			 event.start_mark.line + 1 == error->line &&
			 event.start_mark.column + 1 == error->column &&
			 event.end_mark.line > event.start_mark.line;
		ends = event.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&event);
	}
	yaml_parser_delete(&parser);
	return found;
}

/* "unknown service 'htpp'": does it say htpp at the error's place? */
static void check_place(const char *text, size_t size, const struct error *error)
{
	const char *quote = strchr(error->text, '\'');
	const char *at = find(text, size, error->line, error->column);
	size_t length = quote ? strcspn(quote + 1, "'.\\") : 0;

	if (strncmp(error->text, "unknown service", 15) &&
	    strncmp(error->text, "unknown proto", 13))
		return;
	if (!at || starts_several_lines(text, size, error))
		return;
	if ((size_t)(text + size - at) < length || memcmp(at, quote + 1, length))
		abort();
}

/* Compiles the policy, if it fits into an image, and takes the remarks on it. */
static void check(const struct policy *policy)
{
	_cleanup_free_ struct portsieve_image *image = calloc(1, sizeof(*image));
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct error error = { 0 };

	if (!image)
		abort();
	if (image_compile(policy, &host, "fuzz", image, &error) ||
	    addresses_compile(policy, "fuzz", &addresses, &error))
		return;
	policy_check(&(struct policy_check){ .policy = policy,
					     .image = image,
					     .addresses = &addresses,
					     .file = "fuzz",
					     .remark = take_remark });
}

static char *print(const struct policy *policy)
{
	char *text = policy_print(policy, &host);

	if (!text)
		abort();
	return text;
}

/* Reading that goes on after errors refuses the same texts, and its errors have places too. */
static void check_all_errors(const uint8_t *bytes, size_t size)
{
	static struct policy_errors errors;
	struct error error = { 0 };
	struct policy policy;
	int r = policy_read_all((const char *)bytes, size, "fuzz", &host, &policy, &errors, &error);

	if (r != -EINVAL || !errors.count || errors.count > POLICY_ERRORS_MAX)
		abort();
	for (size_t i = 0; i < errors.count; i++) {
		check_error(r, &errors.list[i]);
		check_place((const char *)bytes, size, &errors.list[i]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct error error = { 0 };
	struct policy first, second;
	int r = policy_read((const char *)bytes, size, "fuzz", &host, &first, &error);

	if (r < 0) {
		check_error(r, &error);
		check_place((const char *)bytes, size, &error);
		check_all_errors(bytes, size);
		return 0;
	}
	check(&first);

	char *text = print(&first);

	if (policy_read(text, strlen(text), "print", &host, &second, &error) < 0)
		abort();

	char *again = print(&second);

	if (strcmp(text, again))
		abort();
	policy_free(&first);
	policy_free(&second);
	free(text);
	free(again);
	return 0;
}
