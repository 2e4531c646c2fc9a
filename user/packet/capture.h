/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading packet captures (pcap, pcapng) of Ethernet, by libpcap. */
#ifndef PORTSIEVE_CAPTURE_H
#define PORTSIEVE_CAPTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct capture;

struct capture_packet {
	const uint8_t *frame;  /* the capture's, until the next is read */
	size_t captured_bytes; /* there are, of ... */
	size_t length_bytes;   /* ... this many on the wire */
};

/*
 * Opens a capture; "-" is standard input. Not a capture, or not of Ethernet: -EINVAL with
 * EXIT_USAGE. Close with capture_close.
 */
int capture_open(const char *path, struct capture **ret_capture, struct error *error);
void capture_close(struct capture *capture);

/* The next packet; *ret_end at the end. A capture that breaks off in a packet is -EIO. */
int capture_next(struct capture *capture, struct capture_packet *ret_packet, bool *ret_end,
		 struct error *error);

/* How much of the file has been read, 0 to 1; -1 when that cannot be known. */
double capture_progress(const struct capture *capture);

#endif
