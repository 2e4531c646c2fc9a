/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The token that clients must present, as a header or as the cookie they got for it. */
#ifndef PORTSIEVE_SERVE_ACCESS_H
#define PORTSIEVE_SERVE_ACCESS_H

#include <stdbool.h>

#include "base/error.h"

#define ACCESS_COOKIE "portsieve"

enum { ACCESS_TOKEN_MIN = 16, ACCESS_TOKEN_MAX = 256 };

/* All zero: no token is required. */
struct access {
	char token[ACCESS_TOKEN_MAX + 1]; /* "": none required */
	char cookie[65];		  /* derived from the token, and as secret */
};

/*
 * Reads the token, the first line of the file. Errors: it is too short to be safe, or others may
 * read the file.
 */
int access_read(const char *path, struct access *ret_access, struct error *error);

/* Is `authorization` "Bearer TOKEN"? NULL: the header is missing. */
bool access_has_token(const struct access *access, const char *authorization);

/* Is the cookie's value right? NULL: the cookie is missing. */
bool access_has_cookie(const struct access *access, const char *cookie);

#endif
