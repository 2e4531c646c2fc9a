/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BPF_PROG_TEST_RUN on a private copy. */
#include "datapath_trial.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>

#include "cleanup.h"
#include "datapath_counters.h"
#include "datapath_image.h"
#include "datapath_pins.h"
#include "datapath_program.h"

struct trial {
	struct program program;
};

void trial_close(struct trial *trial)
{
	if (trial)
		program_close(&trial->program);
	free(trial);
}

int trial_apply(struct trial *trial, const struct portsieve_image *image, struct error *error)
{
	_cleanup_image_maps_ struct image_maps maps = IMAGE_MAPS_NONE;
	struct datapath_policy policy = { .image = (struct portsieve_image *)image, .text = "" };
	int r = image_maps_make(&policy, &maps, error);

	return r ? r : image_commit(trial->program.active_fd, &maps, error);
}

int trial_open(const struct portsieve_image *image, struct trial **ret_trial, struct error *error)
{
	struct program_options options = { .counters_fd = -1, .active_fd = -1, .tracing = true };
	struct trial *trial = calloc(1, sizeof(*trial));
	int r;

	if (!trial)
		return error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
	r = program_load(&options, &trial->program, error);
	if (!r)
		r = trial_apply(trial, image, error);
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
	if (bpf_prog_test_run_opts(trial->program.program_fd, &options))
		return bpf_error(error, errno, "try a packet");
	ret_outcome->dropped = options.retval == XDP_DROP;
	ret_outcome->decision = *program_last_decision(&trial->program);
	return 0;
}

int trial_counters(struct trial *trial, struct portsieve_counter *rows, uint32_t count,
		   struct error *error)
{
	return counters_read(trial->program.counters_fd, rows, count, error);
}

int trial_program_fd(const struct trial *trial)
{
	return trial->program.program_fd;
}
