/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a capture file: reading must end, every packet must be in memory in its full length,
 * and every refusal must have a message.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "packet/capture.h"

enum { CAPTURED_BYTES_MAX = 262144 }; /* libpcap's own limit for Ethernet */

static char path[32];
static int fd;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	fd = memfd_create("fuzz_capture", MFD_CLOEXEC);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return fd < 0;
}

static void require(bool holds)
{
	if (!holds)
		abort();
}

static void check_error(const struct error *error, enum exit_code exit)
{
	require(error->exit == exit);
	require(strstr(error->text, path));
}

/* Reads every byte, so that the sanitizer detects missing ones. */
static void check_packet(const struct capture_packet *packet)
{
	volatile uint8_t sum = 0;

	require(packet->captured_bytes <= CAPTURED_BYTES_MAX);
	for (size_t i = 0; i < packet->captured_bytes; i++)
		sum += packet->frame[i];
}

static void read_all(struct capture *capture, size_t size)
{
	struct capture_packet packet;
	struct error error = { 0 };
	size_t packets = 0;
	bool end = false;

	while (!end) {
		double progress = capture_progress(capture);

		require(progress >= 0 && progress <= 1);
		if (capture_next(capture, &packet, &end, &error)) {
			check_error(&error, EXIT_FAILED);
			return;
		}
		if (!end)
			check_packet(&packet);
		require(++packets <= size);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct capture *capture = NULL;
	struct error error = { 0 };

	require(!ftruncate(fd, 0) && pwrite(fd, bytes, size, 0) == (ssize_t)size);
	if (capture_open(path, &capture, &error)) {
		check_error(&error, EXIT_USAGE);
		require(!capture);
		return 0;
	}
	read_all(capture, size);
	capture_close(capture);
	return 0;
}
