/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes and frees the cache of replies. The programs fill it (bpf/judge/cache.h). */
#include "datapath/reply_cache.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "base/cleanup.h"
#include "datapath/pins.h"

static bool has_cache(int replies_fd)
{
	__u32 zero = 0, id = 0;

	return replies_fd >= 0 && !bpf_map_lookup_elem(replies_fd, &zero, &id) && id;
}

/* Puts an empty cache into the map, in place of the one there. */
static int put_new(int replies_fd, struct error *error)
{
	_cleanup_close_ int fd =
		bpf_map_create(BPF_MAP_TYPE_PERCPU_ARRAY, "portsieve_replies", sizeof(__u32),
			       sizeof(struct portsieve_replies), PORTSIEVE_REPLY_SETS, NULL);
	__u32 zero = 0;

	if (fd < 0)
		return bpf_error(error, errno, "make the cache of replies");
	if (bpf_map_update_elem(replies_fd, &zero, &fd, BPF_ANY))
		return bpf_error(error, errno, "install the cache of replies");
	return 0;
}

int reply_cache_provide(int replies_fd, struct error *error)
{
	return replies_fd < 0 || has_cache(replies_fd) ? 0 : put_new(replies_fd, error);
}

int reply_cache_renew(int replies_fd, struct error *error)
{
	return has_cache(replies_fd) ? put_new(replies_fd, error) : 0;
}

void reply_cache_release(int replies_fd)
{
	__u32 zero = 0;

	if (has_cache(replies_fd))
		bpf_map_delete_elem(replies_fd, &zero);
}
