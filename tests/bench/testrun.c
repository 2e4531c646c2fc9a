/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `testrun ROUNDS REPEAT FRAME PIN...` runs each pinned XDP program on one frame (hexadecimal) by
 * BPF_PROG_TEST_RUN, all programs in turn in each round, from another one each time. Prints a line
 * per program and round: the pin, the verdict of the last run, the nanoseconds per packet that the
 * kernel measured (its `duration`: whole nanoseconds, rounded down), and the CPU time of the call
 * per packet. The latter tells fractions; the waits of the set-up are not in it, nor is time spent
 * on others.
 *
 * `testrun --draw OBJECT VARIATIONS ROUNDS REPEAT FRAME PIN...` runs draw.bpf.o (OBJECT) in front
 * of each program, so that each run sees another source address and destination port: the next of
 * the file VARIATIONS, a struct draw_variations. It adds an empty program in that place, called
 * `nothing`: the others' costs less its cost are their own. The programs must accept frames of
 * several buffers, as portsieve does.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "draw.h"

enum testrun_limits {
	FRAME_MAX = 2048, /* bytes */
	PROGRAMS_MAX = 64,
	ETHERTYPE_AT = 12,
};

struct frame {
	unsigned char bytes[FRAME_MAX];
	size_t length_bytes;
};

struct tested {
	const char *name;
	int program_fd;
};

struct measurement {
	int rounds;
	int repeat;
	struct frame frame;
	int draw_fd; /* -1: the programs are run themselves */
	int slot_fd; /* where the drawing program finds the one to call */
	int count;
	struct tested tested[PROGRAMS_MAX];
};

static int frame_read(const char *text, struct frame *ret_frame)
{
	size_t length_bytes = strlen(text) / 2;

	if (strlen(text) % 2 || length_bytes > FRAME_MAX || length_bytes < DRAW_FRAME_BYTES)
		return -EINVAL;
	for (size_t i = 0; i < length_bytes; i++) {
		if (!isxdigit(text[2 * i]) ||
		    sscanf(text + 2 * i, "%2hhx", &ret_frame->bytes[i]) != 1)
			return -EINVAL;
	}
	ret_frame->length_bytes = length_bytes;
	return 0;
}

static double cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

/* Runs one program and prints its line. */
static int program_measure(const struct measurement *measurement, const struct tested *tested)
{
	unsigned char after[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = measurement->frame.bytes,
		    .data_size_in = measurement->frame.length_bytes, .data_out = after,
		    .data_size_out = sizeof(after), .repeat = measurement->repeat);
	int program_fd = tested->program_fd;
	__u32 slot = 0;

	if (measurement->draw_fd >= 0) {
		program_fd = measurement->draw_fd;
		if (bpf_map_update_elem(measurement->slot_fd, &slot, &tested->program_fd, BPF_ANY))
			return -errno;
	}

	double begun_ns = cpu_ns();

	if (bpf_prog_test_run_opts(program_fd, &options))
		return -errno;
	printf("%s %u %u %.3f\n", tested->name, options.retval, options.duration,
	       (cpu_ns() - begun_ns) / measurement->repeat);
	return 0;
}

static int rounds_measure(const struct measurement *measurement)
{
	int err = 0;

	for (int round = 0; !err && round < measurement->rounds; round++) {
		for (int i = 0; !err && i < measurement->count; i++)
			err = program_measure(
				measurement,
				&measurement->tested[(i + round) % measurement->count]);
	}
	if (err)
		fprintf(stderr, "testrun: BPF_PROG_TEST_RUN: %s\n", strerror(-err));
	return err;
}

static int pins_open(char **pins, struct measurement *measurement)
{
	for (; *pins; pins++) {
		int program_fd = bpf_obj_get(*pins);

		if (program_fd < 0) {
			fprintf(stderr, "testrun: %s: %s\n", *pins, strerror(errno));
			return -errno;
		}
		measurement->tested[measurement->count++] = (struct tested){ *pins, program_fd };
	}
	return 0;
}

static int variations_read(const char *path, struct draw_variations *ret_variations)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		return -errno;

	size_t read = fread(ret_variations, sizeof(*ret_variations), 1, file);

	fclose(file);
	return read == 1 ? 0 : -EINVAL;
}

/* What draw.bpf.c has to know of the frame: no VLAN, no options. */
static int places_set(struct bpf_object *object, const struct frame *frame)
{
	static const struct draw_places ipv4 = { 26, 4, 36 }, ipv6 = { 22, 16, 56 };
	struct bpf_map *constants = bpf_object__find_map_by_name(object, ".rodata");
	const struct draw_places *places = frame->bytes[ETHERTYPE_AT] == 0x86 ? &ipv6 : &ipv4;

	if (!constants)
		return -ENOENT;
	return bpf_map__set_initial_value(constants, places, sizeof(*places));
}

static int draw_load(const char *object_path, const char *path, struct measurement *measurement)
{
	static struct draw_variations variations;
	struct bpf_object *object = bpf_object__open_file(object_path, NULL);
	__u32 key = 0;
	int err = object ? 0 : -errno;

	err = err ?: variations_read(path, &variations);
	err = err ?: places_set(object, &measurement->frame);
	err = err ?: bpf_object__load(object);
	if (err)
		return err;
	measurement->slot_fd = bpf_object__find_map_fd_by_name(object, "tested");
	measurement->draw_fd = bpf_program__fd(bpf_object__find_program_by_name(object, "draw"));
	measurement->tested[measurement->count++] = (struct tested){
		"nothing", bpf_program__fd(bpf_object__find_program_by_name(object, "nothing"))
	};
	return bpf_map_update_elem(bpf_object__find_map_fd_by_name(object, "variations"), &key,
				   &variations, BPF_ANY)
		       ? -errno
		       : 0;
}

int main(int argc, char **argv)
{
	struct measurement measurement = { .draw_fd = -1, .slot_fd = -1 };
	bool draw = argc > 3 && !strcmp(argv[1], "--draw");
	char **words = draw ? argv + 4 : argv + 1;
	int count = argc - (words - argv);

	if (count < (draw ? 3 : 4) || count - 3 >= PROGRAMS_MAX || atoi(words[0]) < 1 ||
	    atoi(words[1]) < 1 || frame_read(words[2], &measurement.frame)) {
		fprintf(stderr, "usage: testrun [--draw OBJECT VARIATIONS] ROUNDS REPEAT FRAME "
				"PIN...\n");
		return 2;
	}
	measurement.rounds = atoi(words[0]);
	measurement.repeat = atoi(words[1]);

	int err = draw ? draw_load(argv[2], argv[3], &measurement) : 0;

	if (err) {
		fprintf(stderr, "testrun: %s, %s: %s\n", argv[2], argv[3], strerror(-err));
		return 1;
	}
	return pins_open(words + 3, &measurement) ?: rounds_measure(&measurement) ? 1 : 0;
}
