/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The members common to all commands' JSON, and when it is printed. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "lib/printed.h"
#include "print/json.h"

#define NOW "2026-11-28T20:07:00.123Z"

/* Checks the form of each time and replaces it by NOW. */
static char *with_time(char *text)
{
	static const char key[] = "\"time\":\"";

	for (char *at = strstr(text, key); at; at = strstr(at, key)) {
		at += strlen(key);
		for (size_t i = 0; i < strlen(NOW); i++)
			if (strchr("0123456789", NOW[i]) ? !strchr("0123456789", at[i])
							 : at[i] != NOW[i])
				fail_msg("%s", at);
		memcpy(at, NOW, strlen(NOW));
	}
	return text;
}

static void log_quietly(void (*log)(const struct error *), const struct error *error)
{
	struct capture capture = capture_start(stderr);

	log(error);
	free(capture_end(&capture));
}

static void warn(const char *text)
{
	struct error warning = { .code = WARNING_NEVER_MATCHES };

	snprintf(warning.text, sizeof(warning.text), "%s", text);
	log_quietly(log_warning, &warning);
}

#define HEAD	"{\"schema\":2,\"command\":\"try\",\"time\":\"" NOW "\",\"devices\":[]"
#define NOTHING ",\"warnings\":[],\"errors\":[]}\n"

static json_object *document_of(const char *text)
{
	return json_tokener_parse(text);
}

static void a_document_is_completed(void **state)
{
	struct capture capture = capture_start(stdout);
	_cleanup_free_ char *text = NULL;

	(void)state;
	json_begin("try");
	assert_int_equal(print_json(document_of("{\"b\":1,\"policy\":{},\"a\":null}")), 0);
	text = with_time(capture_end(&capture));
	assert_string_equal(text, HEAD ",\"policy\":{},\"b\":1,\"a\":null" NOTHING);
	json_cancel();
}

static void a_failure_has_the_members_of_all(void **state)
{
	struct capture capture = capture_start(stdout);
	struct error error = { 0 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	json_begin("try");
	error_place(&error, "p.yaml", 3, 0);
	error_set(&error, EINVAL, EXIT_USAGE, "'a\033' is bad; leave it out");
	log_quietly(log_error, &error);
	text = with_time(capture_end(&capture));
	assert_string_equal(text,
			    HEAD ",\"warnings\":[],\"errors\":[{\"code\":\"policy\","
				 "\"file\":\"p.yaml\",\"line\":3,\"column\":null,"
				 "\"message\":\"'a?' is bad\",\"hint\":\"leave it out\"}]}\n");
	json_cancel();
}

/* As in `stats --watch`, each line has the warnings since the previous one. */
static void each_document_has_its_own_warnings(void **state)
{
	static const char warning[] = ",\"warnings\":[{\"code\":\"never-matches\",\"file\":null,"
				      "\"line\":null,\"column\":null,\"message\":\"first\"}],"
				      "\"errors\":[]}\n";
	struct capture capture = capture_start(stdout);
	_cleanup_free_ char *text = NULL, *expected = NULL;

	(void)state;
	json_begin("try");
	warn("first");
	print_json(json_document());
	assert_int_equal(json_end(), 0);
	print_json(json_document());
	assert_int_equal(json_end(), 0);
	assert_int_equal(json_end(), 0); /* nothing left to print */
	text = with_time(capture_end(&capture));
	assert_true(asprintf(&expected, HEAD "%s" HEAD NOTHING, warning) > 0);
	assert_string_equal(text, expected);
	json_cancel();
}

static void a_document_may_be_printed_in_parts(void **state)
{
	struct capture capture = capture_start(stdout);
	_cleanup_free_ char *text = NULL;

	(void)state;
	json_begin("try");
	assert_int_equal(print_json_head(document_of("{\"a\":1}")), 0);
	printf(",\"many\":[1,2]");
	assert_int_equal(print_json(document_of("{\"b\":2}")), 0);
	text = with_time(capture_end(&capture));
	assert_string_equal(text, HEAD ",\"a\":1,\"many\":[1,2],\"b\":2" NOTHING);
	json_cancel();
}

static void a_document_whose_rest_is_missing_is_ended(void **state)
{
	struct capture capture = capture_start(stdout);
	_cleanup_free_ char *text = NULL;

	(void)state;
	json_begin("try");
	print_json_head(json_document());
	printf(",\"many\":[]");
	text = with_time(capture_end(&capture));
	assert_string_equal(text, HEAD ",\"many\":[]" NOTHING);
	json_cancel();
}

static void lines_for_items_are_followed_by_errors_only(void **state)
{
	struct capture capture = capture_start(stdout);
	struct error error = { 0 };
	_cleanup_free_ char *text = NULL;

	(void)state;
	json_begin("try");
	json_begin_items();
	puts("{}");
	assert_int_equal(json_end(), 0);
	error_set(&error, EIO, EXIT_FAILED, "it breaks off");
	log_quietly(log_error, &error);
	text = with_time(capture_end(&capture));
	assert_string_equal(text, "{}\n" HEAD
				  ",\"warnings\":[],\"errors\":[{\"code\":\"failed\",\"file\":null,"
				  "\"line\":null,\"column\":null,\"message\":\"it breaks off\","
				  "\"hint\":null}]}\n");
	json_cancel();
}

static void without_json_nothing_is_printed(void **state)
{
	struct capture capture = capture_start(stdout);
	_cleanup_free_ char *text = NULL;

	(void)state;
	json_begin("try");
	warn("first");
	json_cancel();
	warn("second");
	text = capture_end(&capture);
	assert_string_equal(text, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_document_is_completed),
		cmocka_unit_test(a_failure_has_the_members_of_all),
		cmocka_unit_test(each_document_has_its_own_warnings),
		cmocka_unit_test(a_document_may_be_printed_in_parts),
		cmocka_unit_test(a_document_whose_rest_is_missing_is_ended),
		cmocka_unit_test(lines_for_items_are_followed_by_errors_only),
		cmocka_unit_test(without_json_nothing_is_printed),
	};

	return cmocka_run_group_tests_name("print_json", tests, NULL, NULL);
}
