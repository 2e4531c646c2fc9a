/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy from its file, together with what the host says of its meaning: the edge between the
 * file system and the pure parts (policy.h, compile.h).
 */
#ifndef PORTSIEVE_POLICY_FILE_H
#define PORTSIEVE_POLICY_FILE_H

#include <stdint.h>

#include "base/error.h"
#include "policy/policy.h"

struct policy_file {
	char *path;	    /* as given; NULL: no file, the policy that counts and drops nothing */
	uint8_t sha256[32]; /* of the file's bytes; zeros without one */
	struct policy_host host;
	struct policy policy;
};

/* Reads the host's settings and clocks as they are now; defaults where they cannot be read. */
void policy_host_read(struct policy_host *ret_host);

/*
 * Reads the file at path, once and whole, and the host's settings. path NULL gives the policy
 * without a file. On success the caller owns *ret_file (policy_file_free).
 */
int policy_file_read(const char *path, struct policy_file *ret_file, struct error *error);

void policy_file_free(struct policy_file *file);

/*
 * Compiles it into a new image, owned by the caller (free), complete but for the counters of its
 * rules' ranges (counter_ids.h).
 */
int policy_file_compile(const struct policy_file *file, struct portsieve_image **ret_image,
			struct error *error);

#endif
