/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The output of `explain` for a packet's port, for policies from text. evaluate_image.h finds the
 * range that decides; the expected words are written by hand. tests/e2e/explain.bats runs the real
 * program.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "lib/printed.h"
#include "compile/compile.h"
#include "compile/evaluate_image.h"
#include "packet/text.h"
#include "policy/policy.h"
#include "print/explanation.h"
#include "print/reason.h"

/* The host started 1000 s before 2026-11-21T15:00:00Z. */
static const struct policy_host host = { .realtime_ns = 1795273200000000000,
					 .boottime_ns = 1000000000000 };

#define RULES "{version: 1, default: drop, rules: ["
#define END   "]}"
#define SSH   "{name: ssh, action: allow, ports: tcp/22, from: [10.0.0.0/8]}"
#define ADMIN "{name: admin, action: allow, ports: tcp/20-30, from: [10.0.0.1], to: [198.51.100.2]}"
#define REST  "{name: rest, action: drop, ports: tcp/all}"

static const struct explained {
	const char *policy, *packet, *first_line;
} cases[] = {
	{ RULES SSH END, "tcp 10.0.0.1:1 > 198.51.100.1:22",
	  "pass: rule 'ssh' is the first that matches tcp port 22 from 10.0.0.1" },
	{ RULES SSH END, "tcp 11.0.0.1:1 > 198.51.100.1:22",
	  "drop: no rule matches tcp port 22 from 11.0.0.1 to 198.51.100.1 ('ssh', line 1, has "
	  "other addresses), and the default is drop" },
	{ RULES SSH END, "tcp 11.0.0.1:1 > 198.51.100.1:23",
	  "drop: no rule matches tcp port 23, and the default is drop" },
	/* both rules for the port name other addresses */
	{ RULES SSH "," ADMIN END, "tcp 11.0.0.1:1 > 198.51.100.1:22",
	  "drop: no rule matches tcp port 22 from 11.0.0.1 to 198.51.100.1 ('ssh', line 1, and 1 "
	  "more have other addresses), and the default is drop" },
	{ RULES ADMIN END, "tcp 10.0.0.1:1 > 198.51.100.2:30",
	  "pass: rule 'admin' is the first that matches tcp port 30 from 10.0.0.1 to "
	  "198.51.100.2" },
	/* a rule for all addresses decides, after another that did not match */
	{ RULES SSH "," REST END, "tcp 11.0.0.1:1 > 198.51.100.1:22",
	  "drop: rule 'rest' is the first that matches tcp port 22 from 11.0.0.1 ('ssh', line 1, "
	  "has other addresses)" },
	{ RULES SSH "," REST END, "tcp 11.0.0.1:1 > 198.51.100.1:80",
	  "drop: rule 'rest' is the first that matches tcp port 80" },
	/* rules after one for all addresses are not considered */
	{ RULES REST "," SSH END, "tcp 10.0.0.1:1 > 198.51.100.1:22",
	  "drop: rule 'rest' is the first that matches tcp port 22" },
	/* a rule ends exactly at its end, not a second before */
	{ "{version: 1, runtime: [{name: guest, action: drop, ports: tcp/22, until: "
	  "2026-11-21T15:00:00Z}]}",
	  "tcp 10.0.0.1:1 > 198.51.100.1:22",
	  "pass: no rule matches tcp port 22 (runtime rule 'guest' has ended), and the default is "
	  "allow" },
	{ "{version: 1, runtime: [{name: guest, action: drop, ports: tcp/22, until: "
	  "2026-11-21T15:00:01Z}]}",
	  "tcp 10.0.0.1:1 > 198.51.100.1:22",
	  "drop: rule 'guest' is the first that matches tcp port 22" },
	{ "{version: 1, runtime: [{name: guest, action: drop, ports: tcp/22, until: "
	  "2026-11-21T14:00:00Z}, {name: other, action: drop, ports: tcp/22, from: [10.0.0.2]}]}",
	  "tcp 10.0.0.1:1 > 198.51.100.1:22",
	  "pass: no rule matches tcp port 22 from 10.0.0.1 to 198.51.100.1 (runtime rule 'other' "
	  "has other addresses; runtime rule 'guest' has ended), and the default is allow" },
};

static struct packet_verdict judge(const struct portsieve_image *image,
				   const struct addresses *addresses,
				   const struct frame_names *names, uint16_t port)
{
	const struct policy_packet packet = {
		.transport = PORTSIEVE_TCP,
		.port = port,
		.source = names->source,
		.destination = names->destination,
		.boottime_ns = (uint64_t)host.boottime_ns,
	};
	uint16_t entry = image_evaluate(image, addresses, &packet);
	int range = entry & PORTSIEVE_ENTRY_RANGE;

	return (struct packet_verdict){
		.word = entry & PORTSIEVE_ENTRY_DROP ? "drop" : "pass",
		.reason = range < PORTSIEVE_RANGE_RULES ? "default" : "rule",
		.reason_id = PORTSIEVE_REASONS,
		.rule = range_rule_name(image, (unsigned int)range),
		.protocol = "tcp",
		.port = port,
		.range_id = range,
	};
}

/* The caller frees it. */
static char *explained(const struct explained *one, int (*print)(const struct explanation *))
{
	struct portsieve_image *image = calloc(1, sizeof(*image));
	struct explanation explanation = { .image = image, .host = host };
	uint8_t frame[PACKET_FRAME_MAX];
	struct addresses addresses = { 0 };
	struct error error = { 0 };
	struct policy policy;
	struct capture capture;
	size_t length_bytes;
	char *text;

	assert_int_equal(policy_read(one->policy, strlen(one->policy), "p", &host, &policy, &error),
			 0);
	assert_int_equal(addresses_compile(&policy, "p", &addresses, &error), 0);
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	assert_int_equal(packet_text_frame(one->packet, frame, &length_bytes, &error), 0);
	explanation.policy = &policy;
	explanation.names = frame_names_of(frame, length_bytes);
	explanation.verdict = judge(image, &addresses, &explanation.names,
				    (uint16_t)atoi(strrchr(one->packet, ':') + 1));
	capture = capture_start(stdout);
	assert_int_equal(print(&explanation), 0);
	text = capture_end(&capture);
	addresses_free(&addresses);
	policy_free(&policy);
	free(image);
	return text;
}

static void the_first_line_says_what_was_asked_and_who_did_not_match(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char *text = explained(&cases[i], print_explanation_text);

		text[strcspn(text, "\n")] = '\0';
		assert_string_equal(text, cases[i].first_line);
		free(text);
	}
}

static void assert_explained(const struct explained *one, int (*print)(const struct explanation *),
			     const char *words)
{
	char *text = explained(one, print);

	if (!strstr(text, words))
		fail_msg("no \"%s\" in:\n%s", words, text);
	free(text);
}

static void a_runtime_rule_says_its_end_and_has_no_line(void **state)
{
	static const struct explained ends = {
		.policy = "{version: 1, runtime: [{name: guest, action: drop, ports: tcp/22, "
			  "until: 2026-11-21T15:22:15Z}]}",
		.packet = "tcp 10.0.0.1:1 > 198.51.100.1:22",
	}, lasts = {
		.policy = "{version: 1, runtime: [{name: guest, action: drop, ports: tcp/22}]}",
		.packet = "tcp 10.0.0.1:1 > 198.51.100.1:22",
	};

	(void)state;
	assert_explained(&ends, print_explanation_text,
			 "\n  kind     runtime rule, until 2026-11-21 15:22:15 UTC\n");
	assert_explained(&ends, print_explanation_json,
			 "\"runtime\":true,\"until\":\"2026-11-21T15:22:15Z\",\"line\":null,");
	assert_explained(&lasts, print_explanation_text,
			 "\n  kind     runtime rule, without end\n");
	assert_explained(&lasts, print_explanation_json,
			 "\"runtime\":true,\"until\":null,\"line\":null,");
	assert_explained(&cases[0], print_explanation_json,
			 "\"runtime\":false,\"until\":null,\"line\":1,");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_line_says_what_was_asked_and_who_did_not_match),
		cmocka_unit_test(a_runtime_rule_says_its_end_and_has_no_line),
	};

	return cmocka_run_group_tests_name("print_explanation", tests, NULL, NULL);
}
