/* SPDX-License-Identifier: GPL-2.0-or-later */
/* SIOCETHTOOL: driver, channels and features. */
#include "host/ethtool.h"

#include <errno.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "base/cleanup.h"

/* `data` begins with the command. Returns -errno. */
static int ask(int fd, const char *device, void *data)
{
	struct ifreq request = { .ifr_data = data };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", device);
	return ioctl(fd, SIOCETHTOOL, &request) ? -errno : 0;
}

static void read_channels(int fd, const char *device, struct ethtool *ethtool)
{
	struct ethtool_channels channels = { .cmd = ETHTOOL_GCHANNELS };

	if (ask(fd, device, &channels))
		return;
	ethtool->has_channels = true;
	ethtool->rx = (struct ethtool_queues){ channels.rx_count, channels.max_rx };
	ethtool->tx = (struct ethtool_queues){ channels.tx_count, channels.max_tx };
	ethtool->combined =
		(struct ethtool_queues){ channels.combined_count, channels.max_combined };
}

static uint32_t count_features(int fd, const char *device)
{
	uint32_t length = 0;
	_cleanup_free_ struct ethtool_sset_info *request =
		calloc(1, sizeof(*request) + sizeof(length));

	if (!request)
		return 0;
	request->cmd = ETHTOOL_GSSET_INFO;
	request->sset_mask = UINT64_C(1) << ETH_SS_FEATURES;
	if (ask(fd, device, request) || !request->sset_mask)
		return 0;
	memcpy(&length, request->data, sizeof(length));
	return length;
}

/* Looks features up by name: their numbers differ between kernels. */
static int read_features(int fd, const char *device, struct ethtool *ethtool)
{
	_cleanup_free_ struct ethtool_gstrings *names = NULL;
	_cleanup_free_ struct ethtool_gfeatures *features = NULL;
	uint32_t count = count_features(fd, device);
	uint32_t blocks = (count + 31) / 32;
	int r;

	names = calloc(1, sizeof(*names) + (size_t)count * ETH_GSTRING_LEN);
	features = calloc(1, sizeof(*features) + blocks * sizeof(features->features[0]));
	if (!names || !features)
		return -ENOMEM;
	*names = (struct ethtool_gstrings){
		.cmd = ETHTOOL_GSTRINGS,
		.string_set = ETH_SS_FEATURES,
		.len = count,
	};
	*features = (struct ethtool_gfeatures){ .cmd = ETHTOOL_GFEATURES, .size = blocks };
	r = ask(fd, device, names);
	if (!r)
		r = ask(fd, device, features);
	if (r)
		return r;
	for (uint32_t i = 0; i < count; i++) {
		const char *name = (const char *)names->data + (size_t)i * ETH_GSTRING_LEN;
		const struct ethtool_get_features_block *block = &features->features[i / 32];
		bool on = block->active >> i % 32 & 1;

		if (!strncmp(name, "rx-lro", ETH_GSTRING_LEN))
			ethtool->lro = on;
		else if (!strncmp(name, "rx-vlan-hw-parse", ETH_GSTRING_LEN))
			ethtool->vlan_stripping = on;
		else if (!strncmp(name, "rx-gro-hw", ETH_GSTRING_LEN)) {
			ethtool->gro_hw = on;
			ethtool->gro_hw_fixed = block->never_changed >> i % 32 & 1 ||
						!(block->available >> i % 32 & 1);
		}
	}
	return 0;
}

int ethtool_read(const char *device, struct ethtool *ret_ethtool)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ethtool_drvinfo driver = { .cmd = ETHTOOL_GDRVINFO };
	struct ethtool ethtool = { 0 };
	int r;

	if (fd < 0)
		return -errno;
	r = ask(fd, device, &driver);
	if (!r)
		snprintf(ethtool.driver, sizeof(ethtool.driver), "%s", driver.driver);
	else if (r != -EOPNOTSUPP)
		return r;
	read_channels(fd, device, &ethtool);
	r = read_features(fd, device, &ethtool);
	if (r && r != -EOPNOTSUPP)
		return r;
	*ret_ethtool = ethtool;
	return 0;
}
