/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads the file of failsafe rules. */
#include "control/failsafe.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/digest.h"
#include "policy/failsafe.h"

static const char path[] = POLICY_FAILSAFE_FILE;

/* Does the path not exist? A dangling symlink exists. */
static bool is_absent(void)
{
	struct stat status;

	return lstat(path, &status) && (errno == ENOENT || errno == ENOTDIR);
}

int failsafe_add(struct policy_file *file, struct error *error)
{
	struct policy failsafe __attribute__((cleanup(policy_free)));
	struct policy_text read = { 0 };
	struct policy_errors errors;
	int r;

	policy_init(&failsafe);
	if (is_absent())
		return 0;
	r = policy_text_read(path, "policy", &read, error);
	if (r)
		return r;

	_cleanup_free_ char *text = read.text;

	r = policy_failsafe_read(text, read.size, path, &file->host, &failsafe, &errors, error);
	if (r == -EINVAL)
		policy_errors_log(&errors, error);
	if (!r)
		r = policy_failsafe_put(&file->policy, &failsafe, error);
	if (r)
		return r;
	digest_sha256(text, read.size, file->failsafe_sha256);
	file->failsafe_access = read.access;
	return 0;
}

int failsafe_digest(uint8_t ret_sha256[32], struct error *error)
{
	struct policy_text read = { 0 };
	int r;

	if (is_absent()) {
		memset(ret_sha256, 0, 32);
		return 0;
	}
	r = policy_text_read(path, "policy", &read, error);
	if (r)
		return r;
	digest_sha256(read.text, read.size, ret_sha256);
	free(read.text);
	return 0;
}
