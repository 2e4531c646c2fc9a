/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `verified [buffers]` loads the program, with its care for frames of several buffers or without,
 * and prints what the kernel's verifier says at the end of its log, `processed N insns ...`.
 * Kernels before 5.16 tell it nowhere else.
 */
#include <portsieve/abi.h>

#include "portsieve.skel.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define LOG_LEVEL_STATISTICS 4
#define LOG_BYTES	     (1 << 16)

static char text[LOG_BYTES];

int main(int argc, char **argv)
{
	struct portsieve *skeleton = portsieve__open();

	if (!skeleton)
		return 1;
	skeleton->rodata->has_buffers = argc > 1 && !strcmp(argv[1], "buffers");
	bpf_program__set_log_level(skeleton->progs.portsieve, LOG_LEVEL_STATISTICS);
	bpf_program__set_log_buf(skeleton->progs.portsieve, text, sizeof(text));

	int err = portsieve__load(skeleton);

	fputs(text, stdout);
	if (err)
		fprintf(stderr, "verified: %s\n", strerror(-err));
	portsieve__destroy(skeleton);
	return err ? 1 : 0;
}
