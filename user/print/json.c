/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The frame of every JSON document. */
#include "print/json.h"

#include <errno.h>
#include <stdio.h>

#include "base/output.h"

json_object *json_document(void)
{
	json_object *document = json_object_new_object();

	json_object_object_add(document, "schema", json_object_new_int(1));
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
