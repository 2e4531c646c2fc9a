/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `sink PORT` reads every datagram to a UDP port and throws it away, as the reader of an allowed
 * port would. Prints "ready" once it is bound. Ends when its standard input does, and then prints
 * how many datagrams it has read.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum sink_limits {
	BATCH = 64,
	DATAGRAM_BYTES = 64, /* kept of each */
	BUFFER_BYTES = 8 << 20,
};

static int socket_open(int port)
{
	const struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port) };
	const int buffer_bytes = BUFFER_BYTES;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &buffer_bytes, sizeof(buffer_bytes)) ||
	    bind(fd, (const struct sockaddr *)&address, sizeof(address))) {
		int err = -errno;

		close(fd);
		return err;
	}
	return fd;
}

/* Reads what waits. */
static unsigned long long socket_drain(int fd)
{
	static char bytes[BATCH][DATAGRAM_BYTES];
	struct iovec parts[BATCH];
	struct mmsghdr messages[BATCH] = { 0 };
	unsigned long long datagrams = 0;
	int got;

	for (int i = 0; i < BATCH; i++) {
		parts[i] = (struct iovec){ .iov_base = bytes[i], .iov_len = DATAGRAM_BYTES };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	while ((got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL)) > 0)
		datagrams += got;
	return datagrams;
}

int main(int argc, char **argv)
{
	int fd = argc == 2 ? socket_open(atoi(argv[1])) : -EINVAL;
	unsigned long long datagrams = 0;

	if (fd < 0) {
		fprintf(stderr, "sink: %s\nusage: sink PORT\n", strerror(-fd));
		return 1;
	}
	printf("ready\n");
	fflush(stdout);

	struct pollfd waits[] = {
		{ .fd = fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
	};

	while (poll(waits, 2, -1) >= 0 && !waits[1].revents)
		datagrams += socket_drain(fd);
	printf("%llu\n", datagrams + socket_drain(fd));
	return 0;
}
