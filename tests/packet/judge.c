// SPDX-License-Identifier: GPL-2.0-or-later
/* From a policy's text to the program, and from its trace back to names. */
#include "cmocka_first.h"
#include "judge.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "compile/compile.h"
#include "compile/counter_ids.h"
/* GCC does not know clang's pragmas */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#include "parse/plain.h"
#pragma GCC diagnostic pop
#include "print/reason.h"

const struct policy_host judge_host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

static void must(int result, const struct error *error)
{
	char text[1024];

	if (result)
		fail_msg("%s", error_format(error, text, sizeof(text)));
}

/* The caller frees both. */
static struct portsieve_image *image_of(const char *policy_text, const struct policy_host *host,
					struct addresses *ret_addresses)
{
	struct portsieve_image *image = calloc(1, sizeof(*image));
	struct error error = { 0 };
	struct policy policy;

	assert_non_null(image);
	if (!host)
		host = &judge_host;
	must(policy_read(policy_text, strlen(policy_text), "policy", host, &policy, &error),
	     &error);
	must(image_compile(&policy, host, "policy", image, &error), &error);
	must(addresses_compile(&policy, "policy", ret_addresses, &error), &error);
	policy_free(&policy);
	assert_int_equal(counter_ids_assign(image, NULL), 0);
	return image;
}

static bool tries_in_buffers(const struct judge *judge)
{
	const uint8_t frame[64] = { 0 };
	struct testrun_result result;
	struct error error = { 0 };

	return !testrun_judge_in_buffers(judge->testrun, frame, sizeof(frame), 0, &result, &error);
}

struct judge judge_open(const char *policy_text, const struct policy_host *host)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct judge judge = { .image = image_of(policy_text, host, &addresses) };
	struct error error = { 0 };

	must(testrun_open(judge.image, &addresses, PORTSIEVE_COUNTERS, &judge.testrun, &error),
	     &error);
	must(native_open(judge.image, &addresses, &judge.native, &error), &error);
	judge.in_buffers = tries_in_buffers(&judge);
	return judge;
}

void judge_apply(struct judge *judge, const char *policy_text, const struct policy_host *host)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct error error = { 0 };

	free(judge->image);
	judge->image = image_of(policy_text, host, &addresses);
	must(testrun_apply(judge->testrun, judge->image, &addresses, &error), &error);
	native_close(judge->native);
	must(native_open(judge->image, &addresses, &judge->native, &error), &error);
}

void judge_close(struct judge *judge)
{
	testrun_close(judge->testrun);
	native_close(judge->native);
	free(judge->image);
	*judge = (struct judge){ 0 };
}

/* As a test run does, whatever the sizes of the buffers. */
static void must_judge_natively(const struct judge *judge, const uint8_t *frame, size_t length,
				const struct portsieve_trace *expected)
{
	struct portsieve_trace decision = native_judge(judge->native, frame, length, boottime_ns());

	if (memcmp(&decision, expected, sizeof(decision)))
		fail_msg("natively: row %u, range %u, verdict %u, port %u/%u, asks %u; the kernel: "
			 "%u, %u, %u, %u/%u, %u",
			 decision.counter, decision.range, decision.verdict, decision.transport,
			 decision.port, decision.asks, expected->counter, expected->range,
			 expected->verdict, expected->transport, expected->port, expected->asks);
}

/* The trace names a row; the range it names must be counted in that row. */
static void name_row(const struct portsieve_image *image, const struct portsieve_trace *trace,
		     struct judgement *judgement)
{
	if (trace->counter < PORTSIEVE_REASONS) {
		judgement->reason = reason_name(trace->counter);
		return;
	}
	assert_true(trace->range < image->ranges && trace->range != PORTSIEVE_RANGE_DHCP);
	assert_int_equal(trace->counter, image->counter[trace->range]);
	judgement->reason = trace->range < PORTSIEVE_RANGE_DHCP ? "default" : "rule";
	judgement->rule = range_rule_name(image, trace->range);
	judgement->low = image->range[trace->range].low;
	judgement->high = image->range[trace->range].high;
}

/* A packet decided by an extension header may have a port, which was not read. */
static bool is_about_headers(uint32_t counter)
{
	return counter == PORTSIEVE_EXT_HEADER || counter == PORTSIEVE_ROUTING_HEADER ||
	       counter == PORTSIEVE_SOURCE_ROUTE;
}

struct judgement judge_frame_in_buffers(struct judge *judge, const uint8_t *frame, size_t length,
					size_t first_bytes)
{
	struct judgement judgement = { .port = -1 };
	struct testrun_result outcome;
	struct error error = { 0 };

	must(testrun_judge_in_buffers(judge->testrun, frame, length, first_bytes, &outcome, &error),
	     &error);
	must_judge_natively(judge, frame, length, &outcome.decision);
	name_row(judge->image, &outcome.decision, &judgement);
	judgement.dropped = outcome.dropped;
	judgement.drop = outcome.decision.verdict != PORTSIEVE_PASSED;
	judgement.counter = outcome.decision.counter;
	if (outcome.decision.has_port && !is_about_headers(judgement.counter)) {
		judgement.protocol = transport_name(outcome.decision.transport);
		judgement.port = outcome.decision.port;
	}
	return judgement;
}

struct judgement judge_frame(struct judge *judge, const uint8_t *frame, size_t length)
{
	return judge_frame_in_buffers(judge, frame, length, length);
}

size_t first_buffer(unsigned int number, size_t length)
{
	static const size_t sizes[FIRST_BUFFERS - 1] = { 0, 1, 13, 14, 33, 64 };

	return number < ARRAY_SIZE(sizes) && sizes[number] < length ? sizes[number]
								    : (size_t)random() % length;
}

bool ends_in_first_buffer(const uint8_t *frame, size_t first_bytes)
{
	struct packet packet;

	return first_bytes <= PLAIN_FRAME_BYTES_MAX &&
	       parse_plain(frame, frame + first_bytes, &packet);
}

struct portsieve_counter *judge_counters(struct judge *judge, uint32_t count)
{
	struct portsieve_counter *rows = calloc(count, sizeof(*rows));
	struct error error = { 0 };

	assert_non_null(rows);
	must(testrun_counters(judge->testrun, rows, count, &error), &error);
	return rows;
}

enum portsieve_verdict judgement_verdict(const struct judgement *judgement)
{
	if (!judgement->drop)
		return PORTSIEVE_PASSED;
	return judgement->dropped ? PORTSIEVE_DROPPED : PORTSIEVE_WOULD_DROP;
}

static struct judgement counted(struct judge *judge, const uint8_t *frame, size_t length,
				size_t first_bytes)
{
	uint32_t count = judge->image->counters;
	_cleanup_free_ struct portsieve_counter *before = judge_counters(judge, count);
	_cleanup_free_ struct portsieve_counter *after = NULL;
	struct judgement judgement = judge_frame_in_buffers(judge, frame, length, first_bytes);
	struct portsieve_counter *row = &before[judgement.counter];

	assert_true(judgement.counter < count);
	after = judge_counters(judge, count);
	judgement.new_connection = after[judgement.counter].new_connections > row->new_connections;
	row->verdict[judgement_verdict(&judgement)].packets++;
	row->verdict[judgement_verdict(&judgement)].bytes +=
		ends_in_first_buffer(frame, first_bytes) ? first_bytes : length;
	row->new_connections += judgement.new_connection;
	assert_memory_equal(before, after, count * sizeof(*before));
	return judgement;
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool same_judgement(const struct judgement *a, const struct judgement *b)
{
	return a->dropped == b->dropped && a->drop == b->drop &&
	       a->new_connection == b->new_connection && a->counter == b->counter &&
	       same_text(a->rule, b->rule) && same_text(a->protocol, b->protocol) &&
	       a->port == b->port && a->low == b->low && a->high == b->high;
}

struct judgement judge_counted(struct judge *judge, const uint8_t *frame, size_t length)
{
	struct judgement judgement = counted(judge, frame, length, length);

	for (unsigned int i = 0; judge->in_buffers && i < FIRST_BUFFERS; i++) {
		size_t first_bytes = first_buffer(i, length);
		struct judgement other = counted(judge, frame, length, first_bytes);

		if (same_judgement(&judgement, &other))
			continue;
		judgement_print(stderr, "# one buffer", &judgement);
		judgement_print(stderr, "# several", &other);
		fail_msg("first buffer of %zu bytes, of %zu", first_bytes, length);
	}
	return judgement;
}

void judgement_print(FILE *out, const char *who, const struct judgement *judgement)
{
	fprintf(out, "%s: %s, %s", who, judgement->drop ? "drop" : "pass", judgement->reason);
	if (judgement->rule)
		fprintf(out, " %s %u-%u", judgement->rule, (unsigned int)judgement->low,
			(unsigned int)judgement->high);
	if (judgement->protocol)
		fprintf(out, ", %s/%d", judgement->protocol, judgement->port);
	fprintf(out, "%s%s\n", judgement->new_connection ? ", new connection" : "",
		judgement->drop && !judgement->dropped ? ", let pass" : "");
}
