/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The results of a command that works on several devices one after another and continues after an
 * error. Logs each error at once and determines the exit code.
 */
#ifndef PORTSIEVE_DEVICE_RESULTS_H
#define PORTSIEVE_DEVICE_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include <portsieve/abi.h>

#include "base/error.h"

struct device_results {
	json_object *devices; /* NULL until one is added */
	size_t done;
	enum exit_code failed; /* code of the first error; EXIT_DONE: none */
};

/*
 * Adds a device. If r is 0, `result` is its result in JSON; else logs the error, prefixed with the
 * device.
 */
void device_results_add(struct device_results *results, const char *device, int r,
			const char *result, struct error *error);

/*
 * Prints the results if `json`, with the policy (NULL: there is none), and frees them. Returns
 * EXIT_DONE, EXIT_PARTLY if some were done and some failed, or the code of the first error.
 */
enum exit_code device_results_end(struct device_results *results, bool json,
				  const struct portsieve_image *image);

#endif
