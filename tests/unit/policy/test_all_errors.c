// SPDX-License-Identifier: GPL-2.0-or-later
/* All errors of a text: none is lost or said twice, one mistake gives one, and they are in order.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/policy.h"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

static const struct {
	const char *name, *text, *errors;
} cases[] = {
	{ "errors of keys, of rules and in values",
	  "version: 2\n"
	  "mode: monitro\n"
	  "default: accept\n"
	  "retrun: none\n"
	  "rules:\n"
	  "  - {name: a, action: alow, ports: tcp:22, from: [10.0.0.1/8, 10.0.0.0/8, 300.0.0.1]}\n"
	  "  - {name: good, action: drop, ports: tcp/1}\n"
	  "  - {name: good, action: drop, ports: tcp/2}\n"
	  "  - web\n"
	  "  - {name: c, action: allow, ports: tcp/80, replies: pass}\n"
	  "portless: {hip: maybe, shim6: drop}\n"
	  "flows: 3\n",
	  "1:10 2:7 3:10 4:1 6:23 6:36 6:51 6:75 8:12 9:5 10:45 11:17 12:8" },
	{ "a mistyped key is not missing as well",
	  "version: 1\nrules:\n  - {name: a, acton: drop, prots: tcp/1}\n", "3:15 3:28" },
	{ "each missing key is an error", "mode: x\nrules:\n  - {name: a}\n", "1:1 1:7 3:5 3:5" },
	{ "a key without a space is not missing as well",
	  "version: 1\nrules:\n  - {name:a, action: drop, ports:tcp/1}\n", "3:11 3:34" },
	{ "a wrong value is not missing as well",
	  "version: 1\nrules:\n  - {name: A, action: x, ports: []}\n", "3:12 3:23 3:33" },
	{ "errors before a place that is not YAML are kept, others are not made up",
	  "version: 2\nrules:\n  - name: web\n    action: x\n    ports:tcp/80\n",
	  "1:10 4:13 5:11" },
	{ "what is not YAML alone is one error", "version: 1\nmode:monitor\ndefault: drop\n",
	  "2:6" },
	{ "an empty text has one error", "", "1:1" },
	{ "a list has one error", "[version, 1]", "1:1" },
	{ "an alias ends the reading", "version: 2\nmode: *x\ndefault: y\n", "1:10 2:7" },
	{ "a rule that an alias cuts off has one error",
	  "version: 1\nrules:\n  - {name: a, action: *x}\n", "3:23" },
	{ "a second document is one error", "version: 1\n---\nversion: 2\n", "2:1" },
	{ "a wrong key of a mapping is skipped", "version: 1\n? [a]\n: b\nmode: x\n", "2:3 4:7" },
};

/* The places "1:10 2:7"; the caller frees them. */
static char *places_of(const char *text, int expected)
{
	static struct policy_errors errors;
	struct error error = { 0 };
	struct policy policy;
	char *places = NULL;
	size_t size;
	FILE *out = open_memstream(&places, &size);

	assert_int_equal(policy_read_all(text, strlen(text), "p", &host, &policy, &errors, &error),
			 expected);
	for (size_t i = 0; expected && i < errors.count; i++) {
		assert_string_equal(errors.list[i].file, "p");
		assert_string_not_equal(errors.list[i].text, "");
		fprintf(out, "%s%zu:%zu", i ? " " : "", errors.list[i].line, errors.list[i].column);
	}
	fclose(out);
	if (!expected)
		policy_free(&policy);
	return places;
}

static void finds_all(void **state)
{
	size_t number = (size_t)*state;
	char *places = places_of(cases[number].text, -EINVAL);

	assert_string_equal(places, cases[number].errors);
	free(places);
}

static void a_good_text_has_none(void **state)
{
	char *places = places_of("version: 1\nrules: [{name: a, action: drop, ports: tcp/1}]", 0);

	(void)state;
	assert_string_equal(places, "");
	free(places);
}

static void the_first_twenty_are_found(void **state)
{
	static struct policy_errors errors;
	char text[4096] = "version: 1\nrules:\n";
	struct error error = { 0 };
	struct policy policy;

	(void)state;
	for (int i = 0; i < POLICY_ERRORS_MAX + 1; i++)
		strcat(text, "  - {action: drop, ports: tcp/1}\n");
	assert_int_equal(policy_read_all(text, strlen(text), "p", &host, &policy, &errors, &error),
			 -EINVAL);
	assert_int_equal(errors.count, POLICY_ERRORS_MAX);
	assert_int_equal(errors.list[POLICY_ERRORS_MAX - 1].line, 2 + POLICY_ERRORS_MAX);
}

int main(void)
{
	static struct CMUnitTest tests[sizeof(cases) / sizeof(cases[0]) + 2] = {
		cmocka_unit_test(a_good_text_has_none),
		cmocka_unit_test(the_first_twenty_are_found),
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		tests[2 + i] =
			(struct CMUnitTest){ cases[i].name, finds_all, NULL, NULL, (void *)i };
	return _cmocka_run_group_tests("all errors", tests, sizeof(tests) / sizeof(tests[0]), NULL,
				       NULL);
}
