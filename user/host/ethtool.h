/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a device's driver reports by ethtool's ioctl. Needs no privileges. */
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
	char driver[32]; /* "": not reported */

	bool has_channels; /* the driver reports its queues */
	struct ethtool_queues rx, tx, combined;

	bool lro;	     /* large-receive-offload is on */
	bool gro_hw;	     /* rx-gro-hw is on */
	bool gro_hw_fixed;   /* it cannot be changed */
	bool vlan_stripping; /* rx-vlan-offload is on */
};

/* Returns -errno; what the driver does not report stays zero. */
int ethtool_read(const char *device, struct ethtool *ret_ethtool);

#endif
