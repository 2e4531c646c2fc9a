/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `verified [buffers|watch|watch-buffers|egress]` loads the XDP program, with its care for frames
 * of several buffers or without, as one that watches or not, or the egress program, and prints what
 * the kernel's verifier says at the end of its log, `processed N insns ...`. Kernels before 5.16
 * tell it nowhere else.
 */
#include <portsieve/abi.h>

#include "egress.skel.h"
#include "portsieve.skel.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define LOG_LEVEL_STATISTICS 4
#define LOG_BYTES	     (1 << 16)

/* A zero, as before it is set, would leave out what depends on time. */
#define JIFFIES_PER_SECOND 250

static char text[LOG_BYTES];

static int verify_egress(void)
{
	struct egress *skeleton = egress__open();
	int err;

	if (!skeleton)
		return -1;
	skeleton->rodata->jiffies_per_second = JIFFIES_PER_SECOND;
	bpf_program__set_log_level(skeleton->progs.portsieve_egress, LOG_LEVEL_STATISTICS);
	bpf_program__set_log_buf(skeleton->progs.portsieve_egress, text, sizeof(text));
	err = egress__load(skeleton);
	egress__destroy(skeleton);
	return err;
}

static int verify_xdp(bool has_buffers, bool is_watched)
{
	struct portsieve *skeleton = portsieve__open();
	struct bpf_program *program;
	int err;

	if (!skeleton)
		return -1;
	skeleton->rodata->has_buffers = has_buffers;
	skeleton->rodata->jiffies_per_second = JIFFIES_PER_SECOND;
	skeleton->rodata->watching = is_watched;
	skeleton->rodata->watching_all = is_watched;
	skeleton->rodata->per_port = is_watched;
	skeleton->rodata->per_port_all = is_watched;
	skeleton->rodata->events = is_watched;
	skeleton->rodata->events_all = is_watched;
	program = is_watched ? skeleton->progs.portsieve_watch : skeleton->progs.portsieve;
	bpf_program__set_autoload(skeleton->progs.portsieve, !is_watched);
	bpf_program__set_autoload(program, true);
	bpf_program__set_log_level(program, LOG_LEVEL_STATISTICS);
	bpf_program__set_log_buf(program, text, sizeof(text));
	err = portsieve__load(skeleton);
	portsieve__destroy(skeleton);
	return err;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	bool is_watched = !strncmp(what, "watch", 5);
	bool has_buffers = !!strstr(what, "buffers");
	int err = !strcmp(what, "egress") ? verify_egress() : verify_xdp(has_buffers, is_watched);

	fputs(text, stdout);
	if (err)
		fprintf(stderr, "verified: %s\n", strerror(-err));
	return err ? 1 : 0;
}
