/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks rules given as text, and returns the remarks as text. Include cmocka.h before it. */
#ifndef TESTS_CHECK_CASE_H
#define TESTS_CHECK_CASE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "compile/compile.h"
#include "analysis/check.h"

/* The text of a remark about a rule, or about some of its ranges; `place` is "line:column". */
#define NEVER(place, rule, by) "p:" place ": rule '" rule "' never matches: shadowed by " by "\n"
#define SOME_NEVER(place, rule, ranges)                                                            \
	"p:" place ": some ports of rule '" rule "' never match: " ranges "\n"

static const struct policy_host host = { .ephemeral_low = 32768, .ephemeral_high = 60999 };

static inline struct policy read_rules(const char *rules)
{
	char *text = malloc(strlen(rules) + 64);
	struct policy policy;
	struct error error = { 0 };

	assert_non_null(text);
	strcpy(stpcpy(text, *rules && *rules != '-' ? "version: 1\n" : "version: 1\nrules:\n"),
	       rules);

	int r = policy_read(text, strlen(text), "p", &host, &policy, &error);

	free(text);
	assert_string_equal(error.text, "");
	assert_int_equal(r, 0);
	return policy;
}

/* Compiles the policy and checks it; returns the CPU time of the check alone. */
static inline clock_t check_policy(const struct policy *policy, policy_remark_fn *remark,
				   void *context)
{
	_cleanup_free_ struct portsieve_image *image = calloc(1, sizeof(*image));
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct error error = { 0 };
	clock_t start;

	assert_non_null(image);
	image_compile(policy, &host, "p", image, &error);
	assert_string_equal(error.text, "");
	assert_int_equal(addresses_compile(policy, "p", &addresses, &error), 0);
	start = clock();
	policy_check(&(struct policy_check){ .policy = policy,
					     .image = image,
					     .addresses = &addresses,
					     .file = "p",
					     .remark = remark,
					     .context = context });
	return clock() - start;
}

/* The remarks, one per line. */
static inline void write_remark(const struct error *error, void *context)
{
	char message[1024];

	assert_int_equal(error->exit, EXIT_DONE);
	fprintf(context, "%s\n", error_format(error, message, sizeof(message)));
}

static inline char *remarks_on(const struct policy *policy)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	check_policy(policy, write_remark, out);
	fclose(out);
	return text;
}

struct check_case {
	const char *name;
	const char *rules; /* the first is on line 3; or other keys, from line 2 */
	const char *remarks;
};

#define RULE(name, ports) "- {name: " name ", action: allow, ports: '" ports "'}\n"
#define DROP(name, ports) "- {name: " name ", action: drop, ports: '" ports "'}\n"
static inline void remarks(void **state)
{
	const struct check_case *c = *state;
	struct policy policy = read_rules(c->rules);
	char *text = remarks_on(&policy);

	assert_string_equal(text, c->remarks);
	free(text);
	policy_free(&policy);
}

#endif
