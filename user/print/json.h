/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of JSON that several commands print. */
#ifndef PORTSIEVE_PRINT_JSON_H
#define PORTSIEVE_PRINT_JSON_H

#include <stdbool.h>

#include <json-c/json.h>

#include "datapath/snapshot.h"

/* A string, made printable, for a name from outside such as a device's. NULL: out of memory. */
json_object *json_printable(const char *name);

/* Adds a copy of the text as a string; null if text is NULL. */
void json_add_text(json_object *object, const char *key, const char *text);

void json_add_number(json_object *object, const char *key, uint64_t number);
void json_add_bool(json_object *object, const char *key, bool is_true);

/* "passed", "dropped", "would_drop". */
extern const char *const json_verdict_keys[PORTSIEVE_VERDICTS];

/* Adds "passed":{"packets":1,"bytes":60}, and the same for each other verdict. */
void json_add_counts(json_object *object, const struct portsieve_counter *counter);

/*
 * The JSON of a command, in one shape for all (docs/schemas):
 *
 *     {"schema":2,"command":"stats","time":"...","devices":[...],"policy":{...},...,"warnings":[...],"errors":[...]}
 *
 * The printer of a command hands over a document with the members of its own. It is printed by
 * json_end, when all warnings and errors are known.
 */

/*
 * From now on, keeps errors and warnings for the JSON of this command (NULL: none is known).
 * `command` must stay valid.
 */
void json_begin(const char *command);

/*
 * For commands that print a line per item: json_end prints another line only if there are errors.
 */
void json_begin_items(void);

/*
 * Prints the document that was handed over or, without one, only the common members. Returns 0 or
 * -ENOMEM.
 */
int json_end(void);

/* Undoes json_begin. */
void json_cancel(void);

/* {}; the caller owns it. */
json_object *json_document(void);

/* Hands over the document, which is freed even on failure. Returns 0 or -ENOMEM. */
int print_json(json_object *document);

/*
 * For documents that would take too much memory: prints the document without the common members at
 * the end and the closing brace. The caller then prints its own members, each after a comma, and
 * hands over the rest by print_json.
 */
int print_json_head(json_object *document);

/*
 * source, sha256, default, default_mode, mode, return, return_auto: the member `policy` of
 * documents and devices.
 */
json_object *json_policy(const struct portsieve_image *image);

/* code, file, line, column, message, hint: an element of `errors`. */
json_object *json_error(const struct error *error);

/* device, ifindex, mode, attach, monitor, policy: the start of a device in `stats` and `status`. */
json_object *json_device(const struct snapshot_device *device);

/* Adds falls_back_in_seconds: null if no change is pending. */
void json_add_seconds_left(json_object *object, uint64_t seconds_left);

/*
 * Adds {"device":"eth0","result":"confirmed"} to the array `devices`, and returns it. With an
 * error: {"device":"eth0","result":"failed","error":{...}}.
 */
json_object *json_add_result(json_object *devices, const char *device, const char *result,
			     const struct error *error);

/* Hands over {"devices":[...]} and takes `devices`. Returns as print_json. */
int print_results_json(json_object *devices);

#endif
