/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The token that clients must show, as a header or as the cookie that it was exchanged for. */
#ifndef PORTSIEVE_SERVE_ACCESS_H
#define PORTSIEVE_SERVE_ACCESS_H

#include <stdbool.h>

#include "base/error.h"

#define ACCESS_COOKIE "portsieve"

enum { ACCESS_TOKEN_MIN = 16, ACCESS_TOKEN_MAX = 256 };

/* All zero: everybody may ask. */
struct access {
	char token[ACCESS_TOKEN_MAX + 1]; /* "": none is needed */
	char cookie[65];		  /* derived from it; worth as much */
};

/*
 * Reads the token, the first line of the file. Errors: it is too short to be safe, or others may
 * read the file.
 */
int access_read(const char *path, struct access *ret_access, struct error *error);

/* Is `authorization` "Bearer TOKEN"? NULL: there is no such header. */
bool access_has_token(const struct access *access, const char *authorization);

/* Is the cookie's value the right one? NULL: there is no such cookie. */
bool access_has_cookie(const struct access *access, const char *cookie);

#endif
