/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Results of commands that do something to each of several devices. */
#include "print/results.h"

#include "print/json.h"

void json_add_result(json_object *devices, const char *device, const char *result)
{
	json_object *row = json_object_new_object();

	json_object_object_add(row, "device", json_object_new_string(device));
	json_object_object_add(row, "result", json_object_new_string(result));
	json_object_array_add(devices, row);
}

int print_results_json(json_object *devices)
{
	json_object *document = json_document();

	json_object_object_add(document, "devices", devices);
	return print_json(document);
}
