/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BPF_PROG_TEST_RUN on a private copy of the program. */
#include "datapath/testrun.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/counters.h"
#include "datapath/policy_maps.h"
#include "datapath/pins.h"
#include "datapath/program.h"
#include "datapath/tries.h"

struct testrun {
	struct program program;
	int empty_fd; /* the empty program, which has no struct program; -1: none */
};

void testrun_close(struct testrun *testrun)
{
	if (!testrun)
		return;
	program_close(&testrun->program);
	cleanup_close(&testrun->empty_fd);
	free(testrun);
}

int testrun_apply(struct testrun *testrun, const struct portsieve_image *image,
		  const struct addresses *addresses, struct error *error)
{
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	struct datapath_policy policy = {
		.image = (struct portsieve_image *)image,
		.addresses = addresses,
		.text = "",
	};
	int r = policy_maps_make(&policy, &maps, error);

	if (r)
		return r;
	r = tries_put(testrun->program.prefixes_fd, maps.trie_fd, image->generation, error);
	return r ? r : image_commit(testrun->program.active_fd, &maps, error);
}

int testrun_open(const struct portsieve_image *image, const struct addresses *addresses,
		 uint32_t rows, struct testrun **ret_testrun, struct error *error)
{
	struct program_options options = { .counters_fd = -1,
					   .counters_rows = rows,
					   .active_fd = -1,
					   .tables_fd = -1,
					   .tracing = true };
	_cleanup_testrun_ struct testrun *testrun = calloc(1, sizeof(*testrun));
	int r;

	if (!testrun)
		return error_no_memory(error);
	testrun->empty_fd = -1;
	r = program_load(&options, &testrun->program, error);
	if (r)
		return r;
	r = testrun_apply(testrun, image, addresses, error);
	if (r)
		return r;
	*ret_testrun = TAKE_PTR(testrun);
	return 0;
}

int testrun_judge_in_buffers(struct testrun *testrun, const void *frame, size_t length_bytes,
			     size_t first_bytes, struct testrun_result *ret_result,
			     struct error *error)
{
	struct xdp_md context = { .data_end = (__u32)first_bytes };
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length_bytes,
		    .repeat = 1);

	if (length_bytes < TESTRUN_FRAME_MIN || length_bytes > TESTRUN_FRAME_MAX)
		return error_set(error, EINVAL, EXIT_FAILED, "a frame of %zu bytes cannot be tried",
				 length_bytes);
	if (first_bytes < length_bytes) {
		options.ctx_in = &context;
		options.ctx_size_in = sizeof(context);
	}
	if (bpf_prog_test_run_opts(testrun->program.program_fd, &options)) {
		if (errno == EMSGSIZE || errno == EINVAL)
			return error_set(error, errno, EXIT_FAILED,
					 "this kernel cannot try a frame of %zu bytes (%s); before "
					 "5.18 a page is the limit, some 3,500 bytes",
					 length_bytes, strerror(errno));
		return bpf_error(error, errno, "try a packet");
	}
	ret_result->dropped = options.retval == XDP_DROP;
	ret_result->decision = *program_last_decision(&testrun->program);
	return 0;
}

int testrun_judge(struct testrun *testrun, const void *frame, size_t length_bytes,
		  struct testrun_result *ret_result, struct error *error)
{
	return testrun_judge_in_buffers(testrun, frame, length_bytes, length_bytes, ret_result,
					error);
}

int testrun_counters(struct testrun *testrun, struct portsieve_counter *rows, uint32_t count,
		     struct error *error)
{
	return counters_read(testrun->program.counters_fd, rows, 0, count, error);
}

int testrun_open_empty(struct testrun **ret_testrun, struct error *error)
{
	const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_DROP },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	_cleanup_testrun_ struct testrun *testrun = calloc(1, sizeof(*testrun));

	if (!testrun)
		return error_no_memory(error);
	testrun->empty_fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "empty", "GPL", program,
					  ARRAY_SIZE(program), NULL);
	if (testrun->empty_fd < 0)
		return bpf_error(error, errno, "load the empty program");
	*ret_testrun = TAKE_PTR(testrun);
	return 0;
}

int testrun_measure(struct testrun *testrun, const void *frame, size_t length_bytes,
		    uint32_t repeat, uint32_t *ret_ns, struct error *error)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length_bytes,
		    .repeat = (int)repeat);
	int fd = testrun->empty_fd >= 0 ? testrun->empty_fd : testrun->program.program_fd;

	if (bpf_prog_test_run_opts(fd, &options))
		return bpf_error(error, errno, "measure the program");
	*ret_ns = options.duration;
	return 0;
}
