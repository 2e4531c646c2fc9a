/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Queries of the traffic tools about a network device. The device is named in the
 * caller's network namespace; its veth peer may live in another one.
 */
#ifndef TRAFFIC_LINK_H
#define TRAFFIC_LINK_H

#include <linux/types.h>

#define LINK_ADDRESS_BYTES 6

/*
 * The Ethernet addresses of a device and of its veth peer. -ENODEV: no such device; -ENOLINK: it
 * has no peer that can be asked; -EMEDIUMTYPE: not Ethernet.
 */
int link_read_address(int ifindex, __u8 ret_address[LINK_ADDRESS_BYTES]);
int link_read_peer_address(int ifindex, __u8 ret_address[LINK_ADDRESS_BYTES]);

/*
 * The sum of the device's `ethtool -S` counters whose names end with ending, over all queues.
 * -ENOENT: it has none.
 */
int link_read_counter(const char *device, const char *ending, __u64 *ret_sum);

#endif
