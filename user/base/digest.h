/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The digest that identifies policies: of a file's bytes, and of a policy's text. */
#ifndef PORTSIEVE_DIGEST_H
#define PORTSIEVE_DIGEST_H

#include <stddef.h>
#include <stdint.h>

/* SHA-256 (FIPS 180-4) of `size` bytes of `data`. */
void digest_sha256(const void *data, size_t size, uint8_t sha256[32]);

#endif
