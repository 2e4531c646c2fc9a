/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of JSON that several commands print. Each returns a new object, owned by the caller. */
#ifndef PORTSIEVE_PRINT_JSON_H
#define PORTSIEVE_PRINT_JSON_H

#include <json-c/json.h>

#include "datapath/snapshot.h"

/* Prints a document on one line and releases it. -ENOMEM when document is NULL. */
int print_json(json_object *document);

/* {"schema":1} */
json_object *json_document(void);

/* device, ifindex, mode, attach, monitor, policy: how `stats` and `status` begin. */
json_object *json_device(const struct snapshot_device *device);

#endif
