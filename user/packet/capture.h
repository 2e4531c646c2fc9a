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
	const uint8_t *frame;  /* owned by the capture; valid until the next call */
	size_t captured_bytes; /* of the frame */
	size_t length_bytes;   /* on the wire; more if the capture cut the frame */
};

/*
 * Opens a capture; "-" is standard input. Returns -EINVAL with EXIT_USAGE if the file is not a
 * capture, or not one of Ethernet. The caller closes it with capture_close.
 */
int capture_open(const char *path, struct capture **ret_capture, struct error *error);
void capture_close(struct capture *capture);

/* Reads the next packet; *ret_end at the end. -EIO: the capture is truncated or broken. */
int capture_next(struct capture *capture, struct capture_packet *ret_packet, bool *ret_end,
		 struct error *error);

/* The fraction of the file that has been read, 0 to 1; -1 if unknown, as for a pipe. */
double capture_progress(const struct capture *capture);

#endif
