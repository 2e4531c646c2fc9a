/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `leave STATUS` ends a guest of tests/kernels: QEMU's isa-debug-exit device takes a byte N at port
 * 0xf4 and ends QEMU with 2 * N + 1. By an instruction, as Debian's cloud kernels have no
 * /dev/port.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/io.h>

#define EXIT_PORT 0xf4

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: leave STATUS\n");
		return 2;
	}
	if (ioperm(EXIT_PORT, 1, 1)) {
		perror("leave: ioperm");
		return 1;
	}
	outb(atoi(argv[1]), EXIT_PORT);
	return 1; /* not reached in a guest */
}
