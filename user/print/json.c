/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The common form of all commands' JSON, and pieces that several of them print. */
#include "print/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/output.h"
#include "base/utf8.h"
#include "compile/compile.h"
#include "print/format.h"
#include "print/reason.h"

enum { JSON_SCHEMA = 2 };

json_object *json_printable(const char *name)
{
	_cleanup_free_ char *text = strdup(name);

	if (!text)
		return NULL;
	utf8_copy_printable(text, strlen(text) + 1, text);
	return json_object_new_string(text);
}

void json_add_text(json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

void json_add_number(json_object *object, const char *key, uint64_t number)
{
	json_object_object_add(object, key, json_object_new_uint64(number));
}

void json_add_bool(json_object *object, const char *key, bool is_true)
{
	json_object_object_add(object, key, json_object_new_boolean(is_true));
}

const char *const json_verdict_keys[PORTSIEVE_VERDICTS] = {
	[PORTSIEVE_PASSED] = "passed",
	[PORTSIEVE_DROPPED] = "dropped",
	[PORTSIEVE_WOULD_DROP] = "would_drop",
};

void json_add_counts(json_object *object, const struct portsieve_counter *counter)
{
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		json_object *counts = json_object_new_object();

		json_add_number(counts, "packets", counter->verdict[verdict].packets);
		json_add_number(counts, "bytes", counter->verdict[verdict].bytes);
		json_object_object_add(object, json_verdict_keys[verdict], counts);
	}
}

static struct {
	const char *command; /* NULL: unknown */
	bool begun;
	bool items;	       /* the command prints a line for each item */
	bool printed;	       /* a document has been printed */
	bool open;	       /* the head of a document has been printed */
	json_object *document; /* handed over by the printer; NULL: none */
	const char *text;      /* owned by the document */
	size_t length;
} output;

void json_begin(const char *command)
{
	output.command = command;
	output.begun = true;
	log_keep(true);
}

void json_begin_items(void)
{
	output.items = true;
}

void json_cancel(void)
{
	json_object_put(output.document);
	memset(&output, 0, sizeof(output));
	log_keep(false);
}

json_object *json_document(void)
{
	return json_object_new_object();
}

/* "2026-11-28T20:07:00.123Z" */
static json_object *json_time(void)
{
	struct timespec now;
	struct tm parts;
	char text[32], whole[48];

	clock_gettime(CLOCK_REALTIME, &now);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &parts));
	snprintf(whole, sizeof(whole), "%s.%03ldZ", text, now.tv_nsec / 1000000);
	return json_object_new_string(whole);
}

static void add_place(json_object *object, const struct error *error)
{
	json_object_object_add(object, "file", error->file[0] ? json_printable(error->file) : NULL);
	json_object_object_add(object, "line",
			       error->line ? json_object_new_uint64(error->line) : NULL);
	json_object_object_add(object, "column",
			       error->column ? json_object_new_uint64(error->column) : NULL);
}

json_object *json_error(const struct error *error)
{
	json_object *object = json_object_new_object();
	char message[ERROR_TEXT], hint[ERROR_TEXT];

	error_split(error, message, hint);
	json_add_text(object, "code", error_code_word(error));
	add_place(object, error);
	json_object_object_add(object, "message", json_printable(message));
	json_object_object_add(object, "hint", hint[0] ? json_printable(hint) : NULL);
	return object;
}

static json_object *json_warning(const struct error *warning)
{
	json_object *object = json_object_new_object();

	json_add_text(object, "code", error_code_word(warning));
	add_place(object, warning);
	json_object_object_add(object, "message", json_printable(warning->text));
	return object;
}

/* Returns a new document with the common head, then the members of `document`, which it frees. */
static json_object *with_head(json_object *document)
{
	json_object *whole = json_object_new_object(), *devices = NULL, *policy = NULL;

	json_add_number(whole, "schema", JSON_SCHEMA);
	json_add_text(whole, "command", output.command);
	json_object_object_add(whole, "time", json_time());
	if (!json_object_object_get_ex(document, "devices", &devices))
		devices = json_object_new_array();
	else
		json_object_get(devices);
	json_object_object_add(whole, "devices", devices);
	if (json_object_object_get_ex(document, "policy", &policy))
		json_object_object_add(whole, "policy", json_object_get(policy));
	if (!document)
		return whole;
	json_object_object_foreach (document, key, value)
		if (strcmp(key, "devices") && strcmp(key, "policy"))
			json_object_object_add(whole, key, json_object_get(value));
	json_object_put(document);
	return whole;
}

/* Takes the document and formats it, so that what its members refer to may be freed. */
static int take(json_object *document)
{
	output.text = json_object_to_json_string_length(document, JSON_C_TO_STRING_NOSLASHESCAPE,
							&output.length);
	output.document = document;
	if (output.text)
		return 0;
	json_object_put(document);
	output.document = NULL;
	return -ENOMEM;
}

int print_json(json_object *document)
{
	return take(output.open ? document : with_head(document));
}

/* Prints the text of the document that was taken, without its last byte, and frees it. */
static void print_taken(size_t first_byte)
{
	fwrite(output.text + first_byte, 1, output.length - first_byte - 1, stdout);
	json_object_put(output.document);
	output.document = NULL;
}

int print_json_head(json_object *document)
{
	int r = take(with_head(document));

	if (r)
		return r;
	print_taken(0);
	output.open = true;
	return 0;
}

static json_object *kept_object(void)
{
	json_object *object = json_object_new_object();
	json_object *warnings = json_object_new_array(), *errors = json_object_new_array();
	size_t count;
	const struct log_kept *kept = log_kept(&count);

	for (size_t i = 0; i < count; i++)
		if (kept[i].warning)
			json_object_array_add(warnings, json_warning(&kept[i].error));
		else
			json_object_array_add(errors, json_error(&kept[i].error));
	json_object_object_add(object, "warnings", warnings);
	json_object_object_add(object, "errors", errors);
	return object;
}

int json_end(void)
{
	size_t count;
	int r = 0;

	log_kept(&count);
	if (!output.document && !output.open && !count &&
	    (!output.begun || output.items || output.printed))
		return 0;
	if (!output.document && !output.open)
		r = take(with_head(NULL));
	if (output.document) {
		if (output.open)
			putchar(',');
		print_taken(output.open);
	}
	r = r ?: take(kept_object());
	if (!r) {
		putchar(',');
		print_taken(1);
		puts("}");
	}
	output.open = false;
	output.printed = true;
	log_keep(output.begun);
	output_flush();
	return r;
}

json_object *json_policy(const struct portsieve_image *image)
{
	json_object *policy = json_object_new_object();
	char sha256[65];

	format_sha256(image->sha256, sha256);
	json_add_text(policy, "source", image->source[0] ? image->source : NULL);
	json_add_text(policy, "sha256", sha256[0] ? sha256 : NULL);
	json_add_text(policy, "default",
		      image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP ? "drop" : "allow");
	json_add_text(policy, "default_mode",
		      image_default_monitors(image) ? "monitor" : "enforce");
	json_add_text(policy, "mode",
		      image->flags & PORTSIEVE_IMAGE_MONITOR ? "monitor" : "enforce");
	json_add_text(policy, "return", return_name(image));
	json_add_bool(policy, "return_auto", return_is_auto(image));
	return policy;
}

json_object *json_device(const struct snapshot_device *device)
{
	json_object *object = json_object_new_object();

	json_object_object_add(object, "device", json_printable(device->device.name));
	json_add_number(object, "ifindex", device->device.ifindex);
	json_add_text(object, "mode", datapath_mode_name(device->device.mode));
	json_add_text(object, "attach", datapath_attach_name(device->device.attach));
	json_add_bool(object, "monitor", device->image->flags & PORTSIEVE_IMAGE_MONITOR);
	json_object_object_add(object, "policy", json_policy(device->image));
	return object;
}

void json_add_seconds_left(json_object *object, uint64_t seconds_left)
{
	json_object_object_add(object, "falls_back_in_seconds",
			       seconds_left ? json_object_new_uint64(seconds_left) : NULL);
}

json_object *json_add_result(json_object *devices, const char *device, const char *result,
			     const struct error *error)
{
	json_object *row = json_object_new_object();

	json_object_object_add(row, "device", json_printable(device));
	json_add_text(row, "result", error ? "failed" : result);
	if (error)
		json_object_object_add(row, "error", json_error(error));
	json_object_array_add(devices, row);
	return row;
}

int print_results_json(json_object *devices)
{
	json_object *document = json_document();

	json_object_object_add(document, "devices", devices);
	return print_json(document);
}
