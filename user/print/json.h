/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of JSON that several commands print. */
#ifndef PORTSIEVE_PRINT_JSON_H
#define PORTSIEVE_PRINT_JSON_H

#include <stdbool.h>

#include <json-c/json.h>

#include "datapath/snapshot.h"

/* A string for a name from outside, such as a device's: made printable. NULL: memory is short. */
json_object *json_printable(const char *name);

/* Adds a copy of the text as a string; null if text is NULL. */
void json_add_text(json_object *object, const char *key, const char *text);

void json_add_number(json_object *object, const char *key, uint64_t number);
void json_add_bool(json_object *object, const char *key, bool is_true);

/* {"schema":1}; the caller owns it. */
json_object *json_document(void);

/* Prints a document on one line and releases it. -ENOMEM when memory is short. */
int print_json(json_object *document);

/* device, ifindex, mode, attach, monitor, policy: the start of a device in `stats` and `status`. */
json_object *json_device(const struct snapshot_device *device);

/* Adds falls_back_in_seconds: null if no change is pending. */
void json_add_seconds_left(json_object *object, uint64_t seconds_left);

/* Adds {"device":"eth0","result":"confirmed"} to the array `devices`. */
void json_add_result(json_object *devices, const char *device, const char *result);

/* Prints {"schema":1,"devices":[...]}, and releases `devices`. Returns as print_json. */
int print_results_json(json_object *devices);

#endif
