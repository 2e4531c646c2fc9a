/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading and comparing tokens. */
#include "serve/access.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/memops.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/digest.h"

static int read_token(const char *path, char *text, size_t size, struct error *error)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	struct stat status;
	ssize_t count;

	if (fd < 0 || fstat(fd, &status))
		return error_set(error, errno, EXIT_FAILED, "cannot read the token in %s: %s", path,
				 strerror(errno));
	if (status.st_mode & (S_IROTH | S_IWOTH | S_IWGRP))
		return error_set(
			error, EPERM, EXIT_FAILED,
			"the token in %s is not secret: others may read or write the file; "
			"protect it: chmod 640 %s",
			path, path);
	count = read(fd, text, size - 1);
	if (count < 0)
		return error_set(error, errno, EXIT_FAILED, "cannot read the token in %s: %s", path,
				 strerror(errno));
	text[count] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return 0;
}

int access_read(const char *path, struct access *ret_access, struct error *error)
{
	static const char prefix[] = "portsieve cookie ";
	char text[sizeof(prefix) + ACCESS_TOKEN_MAX + 2] = "";
	struct access access = { 0 };
	char *token = text + sizeof(prefix) - 1;
	uint8_t sha256[32];
	size_t length;
	int r;

	memcpy(text, prefix, sizeof(prefix) - 1);
	r = read_token(path, token, sizeof(text) - sizeof(prefix) + 1, error);
	if (r)
		return r;
	length = strlen(token);
	for (size_t i = 0; i < length; i++)
		if (token[i] <= ' ' || token[i] > '~')
			length = 0;
	if (length < ACCESS_TOKEN_MIN || length > ACCESS_TOKEN_MAX)
		return error_set(error, EINVAL, EXIT_FAILED,
				 "the first line of %s is not a token: write %d to %d characters "
				 "without spaces, such as from: openssl rand -hex 32",
				 path, ACCESS_TOKEN_MIN, ACCESS_TOKEN_MAX);
	strcpy(access.token, token);
	digest_sha256(text, sizeof(prefix) - 1 + length, sha256);
	for (size_t i = 0; i < sizeof(sha256); i++)
		sprintf(access.cookie + 2 * i, "%02x", sha256[i]);
	*ret_access = access;
	return 0;
}

/* Compares in constant time. */
static bool is_equal(const char *secret, const char *text)
{
	size_t length = strlen(secret);

	return strlen(text) == length && memeql_sec(secret, text, length);
}

bool access_has_token(const struct access *access, const char *authorization)
{
	static const char scheme[] = "Bearer ";

	return authorization && access->token[0] &&
	       !strncasecmp(authorization, scheme, strlen(scheme)) &&
	       is_equal(access->token, authorization + strlen(scheme));
}

bool access_has_cookie(const struct access *access, const char *cookie)
{
	return cookie && access->cookie[0] && is_equal(access->cookie, cookie);
}
