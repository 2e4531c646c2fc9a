/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Measuring the program by BPF_PROG_TEST_RUN. */
#include "datapath/bench.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/compile.h"
#include "compile/counter_ids.h"
#include "datapath/testrun.h"
#include "packet/text.h"

enum { POLICY_SIZE = 256 * 1024 };

static const char *const program_names[BENCH_PROGRAMS] = {
	[BENCH_EMPTY] = "empty program",
	[BENCH_COUNTS] = "no policy",
	[BENCH_RULE] = "1 rule",
	[BENCH_RULES_16] = "16 rules",
	[BENCH_RANGES_16384] = "16,384 port ranges",
};

static const struct {
	const char *name;
	const char *text; /* as `explain` takes it */
} packets[BENCH_PACKETS] = {
	[BENCH_TCP] = { "TCP to 5555", "tcp 192.0.2.7:40000 > 198.51.100.1:5555 S" },
	[BENCH_TCP_ALLOWED] = { "TCP to 80", "tcp 192.0.2.7:40000 > 198.51.100.1:80 A" },
	[BENCH_UDP] = { "UDP to 5555", "udp 192.0.2.7:40000 > 198.51.100.1:5555" },
	[BENCH_IPV6] = { "IPv6 to 5555", "tcp [2001:db8::7]:40000 > [2001:db8::1]:5555 S" },
	[BENCH_VLAN] = { "VLAN to 5555", "udp 192.0.2.7:40000 > 198.51.100.1:5555 vlan 7" },
	/* hop-by-hop options, then TCP to port 5555 */
	[BENCH_EXT_HEADER] = { "IPv6 options to 5555",
			       "hex 020000000001 020000000002 86dd 60000000 001c 00 40"
			       "20010db8000000000000000000000007 20010db8000000000000000000000001"
			       "0600 010400000000 9c40 15b3 00000000 00000000 5002 0000 00000000" },
};

const char *bench_program_name(enum bench_program program)
{
	return program_names[program];
}

const char *bench_packet_name(enum bench_packet packet)
{
	return packets[packet].name;
}

/* Writes `rules` rules with `ports` single ports each, then one that allows tcp/80. */
static void write_policy(char *text, int rules, int ports)
{
	char *at = text + sprintf(text, "version: 1\ndefault: drop\nreturn: none\nrules:\n");
	int port = 1;

	for (int rule = 0; rule < rules; rule++) {
		at += sprintf(at, "  - {name: r%d, action: drop, ports: \"%s/", rule,
			      rule % 2 ? "udp" : "tcp");
		for (int i = 0; i < ports; i++, port += 2)
			at += sprintf(at, "%s%d", i ? "," : "", port % 65536);
		at += sprintf(at, "\"}\n");
	}
	sprintf(at, "  - {name: web, action: allow, ports: tcp/80}\n");
}

static int open_program(enum bench_program program, struct portsieve_image *image,
			struct testrun **ret_testrun, struct error *error)
{
	static const struct {
		int rules, ports;
	} sizes[BENCH_PROGRAMS] = {
		[BENCH_RULES_16] = { 15, 3 },
		[BENCH_RANGES_16384] = { 1, PORTSIEVE_RANGES_MAX - 1 },
	};
	const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };
	_cleanup_free_ char *text = malloc(POLICY_SIZE);
	struct policy policy;
	int r;

	if (!text)
		return error_no_memory(error);
	if (program == BENCH_EMPTY)
		return testrun_open_empty(ret_testrun, error);
	if (program == BENCH_COUNTS)
		strcpy(text, "version: 1\n");
	else
		write_policy(text, sizes[program].rules, sizes[program].ports);
	r = policy_read(text, strlen(text), "bench", &host, &policy, error);
	if (r)
		return r;
	r = image_compile(&policy, &host, "bench", image, error);
	policy_free(&policy);
	if (r)
		return r;
	if (counter_ids_assign(image, NULL))
		return error_no_memory(error);
	return testrun_open(image, NULL, image->counters, ret_testrun, error);
}

struct frame {
	uint8_t bytes[PACKET_FRAME_MAX];
	size_t length_bytes;
};

/* Runs each packet through each program, in turn: judged in the first round, measured in all. */
static int run_round(struct testrun *const *testruns, const struct frame frames[BENCH_PACKETS],
		     int round, struct bench *bench, struct error *error)
{
	for (int packet = 0; packet < BENCH_PACKETS; packet++) {
		const struct frame *frame = &frames[packet];

		for (int program = 0; program < BENCH_PROGRAMS; program++) {
			struct testrun_result result = { .dropped = true };
			int r = 0;

			/* The empty program can only be measured; it drops every packet. */
			if (!round && program != BENCH_EMPTY)
				r = testrun_judge(testruns[program], frame->bytes,
						  frame->length_bytes, &result, error);
			if (r)
				return r;
			if (!round)
				bench->dropped[program][packet] = result.dropped;
			r = testrun_measure(testruns[program], frame->bytes, frame->length_bytes,
					    BENCH_REPEAT, &bench->ns[program][packet][round],
					    error);
			if (r)
				return r;
		}
	}
	return 0;
}

static int compare_ns(const void *one, const void *other)
{
	uint32_t a = *(const uint32_t *)one, b = *(const uint32_t *)other;

	return (a > b) - (a < b);
}

/* One test run per program. */
struct testruns {
	struct testrun *list[BENCH_PROGRAMS];
};

static void close_testruns(struct testruns *testruns)
{
	for (int program = 0; program < BENCH_PROGRAMS; program++)
		testrun_close(testruns->list[program]);
}

int bench_run(struct bench *ret_bench, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = calloc(1, sizeof(*image));
	struct testruns testruns __attribute__((cleanup(close_testruns))) = { 0 };
	struct frame frames[BENCH_PACKETS];
	struct bench bench = { 0 };
	int r;

	if (!image)
		return error_no_memory(error);
	for (int packet = 0; packet < BENCH_PACKETS; packet++) {
		r = packet_text_frame(packets[packet].text, frames[packet].bytes,
				      &frames[packet].length_bytes, error);
		if (r)
			return r;
	}
	for (int program = 0; program < BENCH_PROGRAMS; program++) {
		r = open_program(program, image, &testruns.list[program], error);
		if (r)
			return r;
	}
	for (int round = 0; round < BENCH_ROUNDS; round++) {
		r = run_round(testruns.list, frames, round, &bench, error);
		if (r)
			return r;
	}
	for (int program = 0; program < BENCH_PROGRAMS; program++)
		for (int packet = 0; packet < BENCH_PACKETS; packet++)
			qsort(bench.ns[program][packet], BENCH_ROUNDS, sizeof(uint32_t),
			      compare_ns);
	*ret_bench = bench;
	return 0;
}

uint32_t bench_median_ns(const struct bench *bench, enum bench_program program,
			 enum bench_packet packet)
{
	return bench->ns[program][packet][BENCH_ROUNDS / 2];
}

int64_t bench_net_ns(const struct bench *bench, enum bench_program program,
		     enum bench_packet packet)
{
	return (int64_t)bench_median_ns(bench, program, packet) -
	       bench_median_ns(bench, BENCH_EMPTY, packet);
}
