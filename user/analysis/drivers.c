/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of drivers. MTUs are for pages of 4 KiB on x86-64. */
#include "analysis/drivers.h"

#include <stddef.h>
#include <string.h>

#include "analysis/doctor_add.h"
#include "base/cleanup.h"

#define V DOCTOR_VERSION

static const struct driver drivers[] = {
	{ "veth", V(4, 19), V(5, 18), 3506, DRIVER_ANY_QUEUES },
	{ "virtio_net", V(4, 10), V(6, 3), 3506, DRIVER_QUEUE_PER_CPU },
	{ "tun", V(4, 14), 0, 0, DRIVER_ANY_QUEUES },
	{ "bonding", V(5, 15), 0, 0, DRIVER_ANY_QUEUES }, /* depends on its members */
	{ "atlantic", V(5, 19), V(5, 19), 2048, DRIVER_ANY_QUEUES },
	{ "bnxt_en", V(4, 11), V(5, 19), 3502, DRIVER_ONLY_COMBINED },
	{ "ena", V(5, 6), 0, 3498, DRIVER_HALF_OF_QUEUES },
	{ "fsl_dpaa2_eth", V(5, 0), 0, 0, DRIVER_ANY_QUEUES },
	{ "fsl_enetc", V(5, 13), 0, 0, DRIVER_ANY_QUEUES },
	{ "gve", V(6, 4), 0, 2032, DRIVER_HALF_OF_QUEUES },
	{ "hv_netvsc", V(5, 6), 0, 3506, DRIVER_ANY_QUEUES },
	{ "i40e", V(4, 13), V(6, 4), 3046, DRIVER_ANY_QUEUES },
	{ "ice", V(5, 5), V(6, 3), 3046, DRIVER_ANY_QUEUES },
	{ "igb", V(5, 10), 0, 3046, DRIVER_ANY_QUEUES },
	{ "igc", V(5, 13), 0, 1500, DRIVER_ANY_QUEUES },
	{ "ionic", V(6, 9), V(6, 9), 0, DRIVER_ANY_QUEUES },
	{ "ixgbe", V(4, 12), 0, 3050, DRIVER_ANY_QUEUES },
	{ "ixgbevf", V(4, 17), 0, 3050, DRIVER_ANY_QUEUES },
	{ "mana", V(5, 17), 0, 3506, DRIVER_ANY_QUEUES },
	{ "mlx4_en", V(4, 8), 0, 3498, DRIVER_ANY_QUEUES },
	{ "mlx5_core", V(4, 9), V(6, 4), 3498, DRIVER_ANY_QUEUES },
	{ "mvneta", V(5, 5), V(5, 18), 3520, DRIVER_ANY_QUEUES },
	{ "mvpp2", V(5, 9), 0, 3552, DRIVER_ANY_QUEUES },
	{ "nfp", V(4, 10), 0, 0, DRIVER_ANY_QUEUES },
	{ "nicvf", V(4, 12), 0, 1508, DRIVER_ANY_QUEUES },
	{ "qede", V(4, 10), 0, 0, DRIVER_ANY_QUEUES },
	{ "sfc", V(5, 5), 0, 0, DRIVER_ANY_QUEUES },
	{ "stmmac", V(5, 13), 0, 0, DRIVER_ANY_QUEUES },
	{ "st_gmac", V(5, 13), 0, 0, DRIVER_ANY_QUEUES }, /* stmmac's name in ethtool */
	{ "vif", V(5, 9), 0, 3840, DRIVER_ANY_QUEUES },	  /* Xen's netfront */
	{ "vmxnet3", V(6, 6), 0, 0, DRIVER_ANY_QUEUES },
	/* without native XDP in any kernel so far */
	{ "bridge", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "dummy", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "ifb", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "ipvlan", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "macvlan", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "team", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "vrf", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "vxlan", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "802.1Q VLAN Support", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "e1000", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "e1000e", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "iavf", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "r8169", 0, 0, 0, DRIVER_ANY_QUEUES },
	{ "tg3", 0, 0, 0, DRIVER_ANY_QUEUES },
};

const struct driver *driver_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(drivers); i++)
		if (!strcmp(drivers[i].name, name))
			return &drivers[i];
	return NULL;
}
