/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a device's driver says of itself by ethtool's ioctl. Needs no rights. */
#ifndef PORTSIEVE_ETHTOOL_H
#define PORTSIEVE_ETHTOOL_H

#include <stdbool.h>
#include <stdint.h>

/* The queues of one kind. */
struct ethtool_queues {
	uint32_t count;
	uint32_t max;
};

struct ethtool {
	char driver[32]; /* "": it does not say */

	bool has_channels; /* the driver tells its queues */
	struct ethtool_queues rx, tx, combined;

	bool lro;	     /* large-receive-offload is on */
	bool gro_hw;	     /* rx-gro-hw is on */
	bool gro_hw_fixed;   /* and cannot be changed */
	bool vlan_stripping; /* rx-vlan-offload is on */
};

/* Returns -errno; what the driver does not answer stays zero. */
int ethtool_read(const char *device, struct ethtool *ret_ethtool);

#endif
