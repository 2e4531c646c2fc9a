/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What became of each device, as JSON:
 * {"schema":1,"devices":[{"device":"eth0","result":"confirmed"}]}. */
#ifndef PORTSIEVE_PRINT_RESULTS_H
#define PORTSIEVE_PRINT_RESULTS_H

#include <json-c/json.h>

/* One more element of `devices`, an array. */
void json_add_result(json_object *devices, const char *device, const char *result);

/* Prints the document, which takes over `devices`. Returns as print_json. */
int print_results_json(json_object *devices);

#endif
