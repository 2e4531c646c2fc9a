/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache of replies. It exists only while a policy looks replies up, as it takes 384 kB per CPU.
 * Devices that share a policy share it. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_REPLY_CACHE_H
#define PORTSIEVE_DATAPATH_REPLY_CACHE_H

#include <stdbool.h>

#include <portsieve/abi.h>

#include "base/error.h"

/* Does the policy look replies up, in sockets or flows? */
static inline bool reply_cache_is_wanted(const struct portsieve_image *image)
{
	return image->flags & (PORTSIEVE_IMAGE_RETURN_SOCKET | PORTSIEVE_IMAGE_RETURN_FLOW);
}

/* Makes the cache if there is none. `replies_fd` is the map that holds it; -1: do nothing. */
int reply_cache_provide(int replies_fd, struct error *error);

/* Empties the cache, if there is one, so that no packet passes because of an earlier look-up. */
int reply_cache_renew(int replies_fd, struct error *error);

/* Frees the cache. */
void reply_cache_release(int replies_fd);

#endif
