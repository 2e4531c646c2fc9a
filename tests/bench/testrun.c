/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `testrun ROUNDS REPEAT FRAME PIN...` runs each pinned XDP program on one frame (hexadecimal) by
 * BPF_PROG_TEST_RUN, all programs in turn in each round, from another one each time. Prints a line
 * per program and round: the pin, the verdict, the nanoseconds per packet that the kernel measured
 * (its `duration`: whole nanoseconds, rounded down), and the CPU time of the call per packet. The
 * latter tells fractions; the waits of the set-up are not in it, nor is time spent on others.
 */
#include <bpf/bpf.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum testrun_limits {
	FRAME_MAX = 2048, /* bytes */
	PROGRAMS_MAX = 32,
};

struct frame {
	unsigned char bytes[FRAME_MAX];
	size_t length_bytes;
};

static int frame_read(const char *text, struct frame *ret_frame)
{
	size_t length_bytes = strlen(text) / 2;

	if (strlen(text) % 2 || length_bytes > FRAME_MAX)
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

/* Runs the program and prints its line. */
static int program_measure(const char *pin, int program_fd, const struct frame *frame, int repeat)
{
	unsigned char after[FRAME_MAX];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame->bytes,
		    .data_size_in = frame->length_bytes, .data_out = after,
		    .data_size_out = sizeof(after), .repeat = repeat);

	double begun_ns = cpu_ns();

	if (bpf_prog_test_run_opts(program_fd, &options))
		return -errno;
	printf("%s %u %u %.3f\n", pin, options.retval, options.duration,
	       (cpu_ns() - begun_ns) / repeat);
	return 0;
}

static int programs_measure(char **pins, int count, int rounds, int repeat,
			    const struct frame *frame)
{
	int program_fds[PROGRAMS_MAX], err = 0;

	for (int i = 0; i < count; i++) {
		program_fds[i] = bpf_obj_get(pins[i]);
		if (program_fds[i] < 0) {
			fprintf(stderr, "testrun: %s: %s\n", pins[i], strerror(errno));
			return -errno;
		}
	}
	for (int round = 0; !err && round < rounds; round++) {
		for (int i = 0; !err && i < count; i++) {
			int turn = (i + round) % count;

			err = program_measure(pins[turn], program_fds[turn], frame, repeat);
		}
	}
	if (err)
		fprintf(stderr, "testrun: BPF_PROG_TEST_RUN: %s\n", strerror(-err));
	return err;
}

int main(int argc, char **argv)
{
	struct frame frame;

	if (argc < 5 || argc - 4 > PROGRAMS_MAX || atoi(argv[1]) < 1 || atoi(argv[2]) < 1 ||
	    frame_read(argv[3], &frame)) {
		fprintf(stderr, "usage: testrun ROUNDS REPEAT FRAME PIN...\n");
		return 2;
	}
	return programs_measure(argv + 4, argc - 4, atoi(argv[1]), atoi(argv[2]), &frame) ? 1 : 0;
}
