/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BPF_PROG_TEST_RUN on a private copy. */
#include "datapath_trial.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "cleanup.h"
#include "datapath_counters.h"
#include "datapath_image.h"
#include "datapath_pins.h"
#include "datapath_program.h"
#include "datapath_tries.h"

struct trial {
	struct program program;
	int empty_fd; /* of the empty program, which is no struct program; -1: none */
};

void trial_close(struct trial *trial)
{
	if (!trial)
		return;
	program_close(&trial->program);
	cleanup_close(&trial->empty_fd);
	free(trial);
}

int trial_apply(struct trial *trial, const struct portsieve_image *image,
		const struct addresses *addresses, struct error *error)
{
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	struct datapath_policy policy = {
		.image = (struct portsieve_image *)image,
		.addresses = addresses,
		.text = "",
	};
	int r = policy_maps_make(&policy, &maps, error);

	if (!r)
		r = tries_put(trial->program.prefixes_fd, &maps, image->generation, error);
	return r ? r : image_commit(trial->program.active_fd, &maps, error);
}

int trial_open(const struct portsieve_image *image, const struct addresses *addresses,
	       struct trial **ret_trial, struct error *error)
{
	struct program_options options = { .counters_fd = -1, .active_fd = -1, .tracing = true };
	struct trial *trial = calloc(1, sizeof(*trial));
	int r;

	if (!trial)
		return error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
	trial->empty_fd = -1;
	r = program_load(&options, &trial->program, error);
	if (!r)
		r = trial_apply(trial, image, addresses, error);
	if (r) {
		trial_close(trial);
		return r;
	}
	*ret_trial = trial;
	return 0;
}

int trial_judge(struct trial *trial, const void *frame, size_t length_bytes,
		struct trial_outcome *ret_outcome, struct error *error)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length_bytes,
		    .repeat = 1);

	if (length_bytes < TRIAL_FRAME_MIN || length_bytes > TRIAL_FRAME_MAX)
		return error_set(error, EINVAL, EXIT_FAILED, "a frame of %zu bytes cannot be tried",
				 length_bytes);
	if (bpf_prog_test_run_opts(trial->program.program_fd, &options)) {
		if (errno == EMSGSIZE || errno == EINVAL)
			return error_set(error, errno, EXIT_FAILED,
					 "this kernel cannot try a frame of %zu bytes (%s); before "
					 "5.18 a page is the limit, some 3,500 bytes",
					 length_bytes, strerror(errno));
		return bpf_error(error, errno, "try a packet");
	}
	ret_outcome->dropped = options.retval == XDP_DROP;
	ret_outcome->decision = *program_last_decision(&trial->program);
	return 0;
}

int trial_counters(struct trial *trial, struct portsieve_counter *rows, uint32_t count,
		   struct error *error)
{
	return counters_read(trial->program.counters_fd, rows, 0, count, error);
}

int trial_open_empty(struct trial **ret_trial, struct error *error)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	struct trial *trial = calloc(1, sizeof(*trial));

	if (!trial)
		return error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
	trial->empty_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "empty", "GPL", program,
					ARRAY_SIZE(program), NULL);
	if (trial->empty_fd < 0) {
		int errnum = errno;

		trial_close(trial);
		return bpf_error(error, errnum, "load the empty program");
	}
	*ret_trial = trial;
	return 0;
}

int trial_measure(struct trial *trial, const void *frame, size_t length_bytes, uint32_t repeat,
		  uint32_t *ret_ns, struct error *error)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length_bytes,
		    .repeat = (int)repeat);
	int fd = trial->empty_fd >= 0 ? trial->empty_fd : trial->program.program_fd;

	if (bpf_prog_test_run_opts(fd, &options))
		return bpf_error(error, errno, "measure the program");
	*ret_ns = options.duration;
	return 0;
}
