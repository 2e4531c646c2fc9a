/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a command does to each of several devices by itself: one that fails leaves the others to be
 * done. Gathers how it went, writes each error at once, and ends with the exit code for all.
 */
#ifndef PORTSIEVE_DEVICE_RESULTS_H
#define PORTSIEVE_DEVICE_RESULTS_H

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "base/error.h"

struct device_results {
	json_object *devices; /* NULL until the first */
	size_t done;
	enum exit_code failed; /* of the first that failed; EXIT_DONE: none */
};

/* One more: r is what the work on it returned, `result` its word in JSON if that is 0. */
void device_results_add(struct device_results *results, const char *device, int r,
			const char *result, struct error *error);

/*
 * Prints the results if json says so, and frees them. Returns EXIT_DONE, EXIT_PARTLY where some
 * were done and some failed, or the code of the first that failed.
 */
enum exit_code device_results_end(struct device_results *results, bool json);

#endif
