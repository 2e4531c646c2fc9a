/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy file, and the host's settings on which its meaning depends. This is where the pure parts
 * (policy.h, compile.h) meet the file system.
 */
#ifndef PORTSIEVE_POLICY_FILE_H
#define PORTSIEVE_POLICY_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/error.h"
#include "policy/policy.h"

/* The policy that `load` and `apply` use if none is named. */
#define POLICY_USUAL_FILE "/etc/portsieve/policy.yaml"

/* Who may change a file. */
struct file_access {
	uid_t owner;
	mode_t mode; /* 0: not read from a regular file by name */
};

/* A set's file, which the policy names. */
struct set_file {
	char *path; /* as errors name it */
	struct file_access access;
};

struct policy_file {
	/* As given, or "standard input"; NULL: no file, a policy that only counts. */
	char *path;
	bool is_standard_input;
	struct file_access access, failsafe_access;
	struct set_file *set_files;
	size_t set_files_count;
	uint8_t sha256[32];	     /* of the file's bytes; zeros without a file */
	uint8_t failsafe_sha256[32]; /* of the failsafe file */
	struct policy_host host;
	struct policy policy;
};

/* Reads the host's settings and clocks; Linux's defaults where a setting cannot be read. */
void policy_host_read(struct policy_host *ret_host);

/*
 * For policy_host.needs_flows, which policy_host_read leaves out: does any device of this network
 * namespace forward, or have a bridge, bond, VLAN or the like above it? Looks at all devices, as a
 * policy may be for several.
 */
bool policy_host_needs_flows(void);

/* A file's text. The caller frees it. */
struct policy_text {
	char *text;
	size_t size;
	struct file_access access;
};

/*
 * Reads a consistent copy of the file ("-": standard input), but at most one byte more than a
 * policy may have. Errors call it "the WHAT".
 */
int policy_text_read(const char *path, const char *what, struct policy_text *ret_text,
		     struct error *error);

/* Logs all errors of a text but the last, which goes to *ret_last. There must be one. */
void policy_errors_log(const struct policy_errors *errors, struct error *ret_last);

/*
 * Reads the file at `path` (NULL: the policy that only counts), the host's settings and the
 * failsafe rules. Logs all errors of the text but the last. On success the caller owns *ret_file
 * (policy_file_free).
 */
int policy_file_read(const char *path, struct policy_file *ret_file, struct error *error);

void policy_file_free(struct policy_file *file);

/* The SHA-256 of the file at `path`. Returns 0 or -errno. */
int policy_file_digest(const char *path, uint8_t ret_sha256[32]);

/* Has the file of the set changed since its members were read? 1, 0, or -errno. */
int policy_set_changed(const struct policy_set *set);

/* POLICY_USUAL_FILE, or NULL if there is none. */
const char *policy_file_usual(void);

/*
 * Rejects the policy if others can change its file, those of its sets, or the failsafe file: -EPERM
 * with the error filled in (EXIT_USAGE). Others are all users but root, the caller, and the user
 * who ran sudo.
 */
int policy_file_check_access(const struct policy_file *file, struct error *error);

/* Is there neither a file nor a rule that drops? Then nothing is dropped at all. */
bool policy_file_only_counts(const struct policy_file *file);

/*
 * Compiles the policy into a new image, which the caller frees. It is complete except for the
 * counters of the rules' ranges (counter_ids.h).
 */
int policy_file_compile(const struct policy_file *file, struct portsieve_image **ret_image,
			struct error *error);

#endif
