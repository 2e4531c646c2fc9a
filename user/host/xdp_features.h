/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a driver supports of XDP, by the netdev family of generic netlink (Linux 6.3). */
#ifndef PORTSIEVE_XDP_FEATURES_H
#define PORTSIEVE_XDP_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

struct xdp_features {
	bool native; /* programs run in the driver */
	bool frags;  /* they get frames in several buffers */
};

/* Returns 0 or -errno; -ENOENT: this kernel does not report it. */
int xdp_features_read(uint32_t ifindex, struct xdp_features *ret_features);

#endif
