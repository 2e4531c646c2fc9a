/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SHA-256 by nettle, which uses the CPU's SHA instructions if there are any. */
#include "base/digest.h"

#include <nettle/sha2.h>
#include <nettle/version.h>

void digest_sha256(const void *data, size_t size, uint8_t sha256[32])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, size, data);
#if NETTLE_VERSION_MAJOR >= 4
	sha256_digest(&context, sha256);
#else
	sha256_digest(&context, SHA256_DIGEST_SIZE, sha256);
#endif
}
