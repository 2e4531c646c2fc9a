/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A policy file and the host's settings that complete its meaning. This is where the pure parts
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
	mode_t mode; /* 0: no regular file was read by its name */
};

/* The file of a set, which the policy names. */
struct set_file {
	char *path; /* as errors name it */
	struct file_access access;
};

struct policy_file {
	/* As given, or "standard input"; NULL: no file, the policy that only counts. */
	char *path;
	bool is_standard_input;
	struct file_access access, failsafe_access;
	struct set_file *set_files;
	size_t set_files_count;
	uint8_t sha256[32];	     /* of the file's bytes; zeros without a file */
	uint8_t failsafe_sha256[32]; /* the same of the failsafe file */
	struct policy_host host;
	struct policy policy;
};

/* Reads the host's settings and clocks; Linux's defaults where a setting cannot be read. */
void policy_host_read(struct policy_host *ret_host);

/*
 * policy_host.needs_flows, which policy_host_read leaves out: does a device of this network
 * namespace forward, or have a bridge, bond, VLAN or the like above it? Of all devices: a policy
 * may be for several.
 */
bool policy_host_needs_flows(void);

/* A file's text, to be freed by the caller. */
struct policy_text {
	char *text;
	size_t size;
	struct file_access access;
};

/*
 * Reads the whole file ("-": standard input) as it was at one moment, but at most one byte more
 * than a policy may have. Errors call it "the WHAT".
 */
int policy_text_read(const char *path, const char *what, struct policy_text *ret_text,
		     struct error *error);

/* Logs all errors of a text but the last, which the caller returns. There is at least one. */
void policy_errors_log(const struct policy_errors *errors, struct error *ret_last);

/*
 * Reads the file at `path`, the host's settings and the failsafe rules. NULL gives the policy that
 * only counts. Logs all errors of the text but the last. On success the caller owns *ret_file
 * (policy_file_free).
 */
int policy_file_read(const char *path, struct policy_file *ret_file, struct error *error);

void policy_file_free(struct policy_file *file);

/* The SHA-256 of the file at `path`. Returns -errno, without an error for the user. */
int policy_file_digest(const char *path, uint8_t ret_sha256[32]);

/* Has the file of the set changed since its members were read? 1, 0, or -errno. */
int policy_set_changed(const struct policy_set *set);

/* POLICY_USUAL_FILE, or NULL if there is none. */
const char *policy_file_usual(void);

/*
 * Refuses files, of the policy, of its sets or of the failsafe rules, that others can change:
 * -EPERM with the error filled in (EXIT_USAGE). Others are all but root and the caller, also behind
 * sudo.
 */
int policy_file_check_access(const struct policy_file *file, struct error *error);

/* Is there no file, and no rule that drops? Then nothing is dropped at all. */
bool policy_file_only_counts(const struct policy_file *file);

/*
 * Compiles the policy into a new image, owned by the caller (free). The image is complete except
 * for the counters of the rules' ranges (counter_ids.h).
 */
int policy_file_compile(const struct policy_file *file, struct portsieve_image **ret_image,
			struct error *error);

#endif
