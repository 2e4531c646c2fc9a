/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The cache of replies: there only while a policy looks replies up, since it takes 384 kB for each
 * CPU. Devices that share their policy share it. Private to datapath/.
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

/* Makes the cache if there is none. `replies_fd`: of the map that holds it; -1: there is none. */
int reply_cache_provide(int replies_fd, struct error *error);

/* Empties the cache, if there is one: no packet passes by what was found until now. */
int reply_cache_renew(int replies_fd, struct error *error);

/* Frees the cache. */
void reply_cache_release(int replies_fd);

#endif
