// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * Rules with addresses and expiring rules on the real program: a table of packets written by hand,
 * and a block list of 100,000 prefixes.
 */
#include "cmocka_first.h"
#include "address_table.h"
#include "judge.h"
#include "recipe.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

enum {
	TESTS_MAX = 256,
	BLOCKED_EACH = 50000, /* prefixes of each family */
	SAMPLES = 3000,
};

static struct judge judge;

/* Replaces the addresses in the outermost IP header. */
static void set_addresses(uint8_t *frame, size_t length, const char *from, const char *to)
{
	static const uint8_t usual4[] = { 192, 0, 2, 7, 198, 51, 100, 1 };
	static const uint8_t usual6[32] = {
		0x20, 0x01, 0x0d, 0xb8, [15] = 7, [16] = 0x20, 0x01, 0x0d, 0xb8, [31] = 1
	};
	uint8_t *at = memmem(frame, length, usual4, sizeof(usual4));
	int family = at ? AF_INET : AF_INET6;

	at = at ? at : memmem(frame, length, usual6, sizeof(usual6));
	assert_non_null(at);
	if (from)
		assert_int_equal(inet_pton(family, from, at), 1);
	if (to)
		assert_int_equal(inet_pton(family, to, at + (family == AF_INET ? 4 : 16)), 1);
}

static bool same_text(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static void is_judged_as_written(void **state)
{
	static const char *policy;
	static uint8_t frame[RECIPE_FRAME_MAX];
	const struct address_test *test = *state;
	size_t length = recipe_frame(test->packet, frame);
	struct judgement judgement;

	set_addresses(frame, length, test->from, test->to);
	if (!policy || strcmp(policy, test->policy))
		judge_apply(&judge, test->policy, &address_host);
	policy = test->policy;
	judgement = judge_counted(&judge, frame, length);
	if (judgement.drop == test->drop && same_text(judgement.reason, test->reason) &&
	    same_text(judgement.rule, test->rule) &&
	    judgement.dropped == (test->drop && !strstr(test->policy, "mode: monitor")))
		return;
	fprintf(stderr, "# %s from %s to %s\n# %s# expected: %s, %s %s\n", test->packet,
		test->from ? test->from : "the usual", test->to ? test->to : "the usual",
		test->policy, test->drop ? "drop" : "pass", test->reason,
		test->rule ? test->rule : "");
	judgement_print(stderr, "# kernel", &judgement);
	fail();
}

/* -- the block list -- */

/* Networks of eight addresses, and as many between them that are not listed. */
static uint32_t blocked4(uint32_t number)
{
	return 0x0a000000 + 16 * number; /* 10.0.0.0 */
}

/* Every other network of 64 bits, as the upper half of its addresses. */
static uint64_t blocked6(uint64_t number)
{
	return 0x20010db800000000 + 2 * number; /* 2001:db8:: */
}

static char *block_list(void)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fprintf(out, "version: 1\ndefault: drop\nrules:\n  - name: list\n    action: drop\n    "
		     "ports: tcp/all\n"
		     "    from:\n");
	for (uint32_t i = 0; i < BLOCKED_EACH; i++) {
		uint32_t four = blocked4(i);
		uint64_t six = blocked6(i);

		fprintf(out, "      - %u.%u.%u.%u/29\n", four >> 24, four >> 16 & 255,
			four >> 8 & 255, four & 255);
		fprintf(out, "      - \"%x:%x:%x:%x::/64\"\n", (unsigned int)(six >> 48),
			(unsigned int)(six >> 32 & 0xffff), (unsigned int)(six >> 16 & 0xffff),
			(unsigned int)(six & 0xffff));
	}
	fprintf(out, "  - {name: web, action: allow, ports: tcp/443}\n");
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_rule(const uint8_t *frame, size_t length, const char *rule)
{
	struct judgement judgement = judge_frame(&judge, frame, length);

	if (same_text(judgement.rule, rule) && judgement.drop == !strcmp(rule, "list"))
		return;
	for (size_t i = 26; i < 38; i++)
		fprintf(stderr, "%02x ", frame[i]);
	judgement_print(stderr, rule, &judgement);
	fail();
}

static void assert_source4(uint8_t *frame, size_t length, uint32_t source, const char *rule)
{
	source = htonl(source);
	memcpy(frame + 26, &source, sizeof(source));
	assert_rule(frame, length, rule);
}

static void assert_source6(uint8_t *frame, size_t length, uint64_t high, uint64_t low,
			   const char *rule)
{
	uint64_t source[2] = { htobe64(high), htobe64(low) };

	memcpy(frame + 22, source, sizeof(source));
	assert_rule(frame, length, rule);
}

static void a_block_list_of_100000_prefixes_stands_before_the_web(void **state)
{
	static uint8_t frame4[RECIPE_FRAME_MAX], frame6[RECIPE_FRAME_MAX];
	size_t length4 = recipe_frame("eth ip4 tcp", frame4);
	size_t length6 = recipe_frame("eth ip6 tcp", frame6);
	_cleanup_free_ char *text = block_list();

	(void)state;
	judge_apply(&judge, text, &address_host);
	for (uint32_t i = 0; i < SAMPLES; i++) {
		/* the first, the last, and 2,998 spread over the others */
		uint32_t number = (uint32_t)((uint64_t)i * (BLOCKED_EACH - 1) / (SAMPLES - 1));

		assert_source4(frame4, length4, blocked4(number), "list");
		assert_source4(frame4, length4, blocked4(number) + 7, "list");
		assert_source4(frame4, length4, blocked4(number) - 1, "web");
		assert_source4(frame4, length4, blocked4(number) + 8, "web");
		assert_source6(frame6, length6, blocked6(number), 0, "list");
		assert_source6(frame6, length6, blocked6(number), UINT64_MAX, "list");
		assert_source6(frame6, length6, blocked6(number) - 1, UINT64_MAX, "web");
		assert_source6(frame6, length6, blocked6(number) + 1, 0, "web");
	}
}

static int open_judge(void **state)
{
	(void)state;
	judge = judge_open("version: 1", NULL);
	return 0;
}

static int close_judge(void **state)
{
	(void)state;
	judge_close(&judge);
	return 0;
}

int main(void)
{
	static struct CMUnitTest tests[TESTS_MAX] = {
		cmocka_unit_test(a_block_list_of_100000_prefixes_stands_before_the_web),
	};
	size_t count = 1;

	assert_true(address_tests_count < TESTS_MAX);
	for (size_t i = 0; i < address_tests_count; i++)
		tests[count++] =
			(struct CMUnitTest){ address_tests[i].sentence, is_judged_as_written, NULL,
					     NULL, (void *)&address_tests[i] };
	return _cmocka_run_group_tests("addresses", tests, count, open_judge, close_judge);
}
