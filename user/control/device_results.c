/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of a command on each of several devices. */
#include "control/device_results.h"

#include "base/log.h"
#include "print/json.h"

void device_results_add(struct device_results *results, const char *device, int r,
			const char *result, struct error *error)
{
	if (!results->devices)
		results->devices = json_object_new_array();
	json_add_result(results->devices, device, result, r ? error : NULL);
	if (!r) {
		results->done++;
		return;
	}
	error_prefix(error, device);
	log_error(error);
	if (!results->failed)
		results->failed = error->exit;
}

enum exit_code device_results_end(struct device_results *results, bool json,
				  const struct portsieve_image *image)
{
	json_object *document = json_document();
	int r = 0;

	json_object_object_add(document, "devices", results->devices);
	results->devices = NULL;
	if (image)
		json_object_object_add(document, "policy", json_policy(image));
	if (json)
		r = print_json(document);
	else
		json_object_put(document);
	if (r)
		return EXIT_FAILED;
	return results->failed && results->done ? EXIT_PARTLY : results->failed;
}
