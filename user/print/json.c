/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pieces of JSON that several commands print. */
#include "print/json.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "base/utf8.h"
#include "print/format.h"
#include "print/reason.h"

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

json_object *json_document(void)
{
	json_object *document = json_object_new_object();

	json_add_number(document, "schema", 1);
	return document;
}

int print_json(json_object *document)
{
	const char *text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text)
		printf("%s\n", text);
	json_object_put(document);
	output_flush();
	return text ? 0 : -ENOMEM;
}

json_object *json_device(const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;
	json_object *object = json_object_new_object();
	json_object *policy = json_object_new_object();
	char sha256[65];

	format_sha256(image->sha256, sha256);
	json_add_text(policy, "sha256", sha256[0] ? sha256 : NULL);
	json_add_text(policy, "default",
		      image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP ? "drop" : "allow");
	json_add_text(policy, "return", return_name(image));
	json_add_text(policy, "source", image->source[0] ? image->source : NULL);
	json_object_object_add(object, "device", json_printable(device->device.name));
	json_add_number(object, "ifindex", device->device.ifindex);
	json_add_text(object, "mode", datapath_mode_name(device->device.mode));
	json_add_text(object, "attach", datapath_attach_name(device->device.attach));
	json_add_bool(object, "monitor", image->flags & PORTSIEVE_IMAGE_MONITOR);
	json_object_object_add(object, "policy", policy);
	return object;
}

void json_add_seconds_left(json_object *object, uint64_t seconds_left)
{
	json_object_object_add(object, "falls_back_in_seconds",
			       seconds_left ? json_object_new_uint64(seconds_left) : NULL);
}

void json_add_result(json_object *devices, const char *device, const char *result)
{
	json_object *row = json_object_new_object();

	json_object_object_add(row, "device", json_printable(device));
	json_add_text(row, "result", result);
	json_object_array_add(devices, row);
}

int print_results_json(json_object *devices)
{
	json_object *document = json_document();

	json_object_object_add(document, "devices", devices);
	return print_json(document);
}
