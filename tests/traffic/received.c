/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `received DEV` prints how many packets the veth DEV has taken out of its rings since it was
 * created: with a native XDP program attached, exactly those that the program saw, with any
 * verdict. Tests subtract two readings.
 */
#include "link.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define SETTLED_MS     20
#define READINGS_LIMIT 100

/*
 * Packets may still wait in a ring, and the driver counts them a poll at a time: reads until a
 * pause of SETTLED_MS changes nothing. -EAGAIN, with the last reading: traffic does not stop.
 */
static int received_settle(const char *device, __u64 *ret_packets)
{
	const struct timespec pause = { .tv_nsec = SETTLED_MS * 1000000L };
	__u64 packets, before;
	int err = link_read_counter(device, "_xdp_packets", &packets);

	for (int i = 0; !err && i < READINGS_LIMIT; i++) {
		before = packets;
		nanosleep(&pause, NULL);
		err = link_read_counter(device, "_xdp_packets", &packets);
		*ret_packets = packets;
		if (!err && packets == before)
			return 0;
	}
	return err ?: -EAGAIN;
}

int main(int argc, char **argv)
{
	__u64 packets = 0;

	if (argc != 2) {
		fprintf(stderr, "usage: received DEV\n");
		return 2;
	}

	int err = received_settle(argv[1], &packets);

	if (err == -ENOENT || err == -EOPNOTSUPP)
		fprintf(stderr, "received: %s: not a veth\n", argv[1]);
	else if (err == -EAGAIN)
		fprintf(stderr, "received: %s: still receiving: stop the traffic first\n", argv[1]);
	else if (err)
		fprintf(stderr, "received: %s: %s\n", argv[1], strerror(-err));
	else
		printf("%llu\n", packets);
	return err ? 1 : 0;
}
