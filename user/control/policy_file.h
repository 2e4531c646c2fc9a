/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy file and the host's settings that complete its meaning. This is where the pure parts
 * (policy.h, compile.h) meet the file system.
 */
#ifndef PORTSIEVE_POLICY_FILE_H
#define PORTSIEVE_POLICY_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "policy/policy.h"

struct policy_file {
	char *path;	    /* as given; NULL: no file, the policy that only counts */
	uint8_t sha256[32]; /* of the file's bytes; zeros without a file */
	struct policy_host host;
	struct policy policy;
};

/* Reads the host's settings and clocks; Linux's defaults where a setting cannot be read. */
void policy_host_read(struct policy_host *ret_host);

/*
 * Reads the file at `path` and the host's settings. NULL gives the policy that only counts. On
 * success the caller owns *ret_file (policy_file_free).
 */
int policy_file_read(const char *path, struct policy_file *ret_file, struct error *error);

void policy_file_free(struct policy_file *file);

/* Is there no file, and no rule that drops? Then nothing is dropped at all. */
bool policy_file_only_counts(const struct policy_file *file);

/*
 * Compiles the policy into a new image, owned by the caller (free). The image is complete except
 * for the counters of the rules' ranges (counter_ids.h).
 */
int policy_file_compile(const struct policy_file *file, struct portsieve_image **ret_image,
			struct error *error);

#endif
