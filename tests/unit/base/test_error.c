/* SPDX-License-Identifier: GPL-2.0-or-later */
/* struct error: filling in, formatting, and writing to stderr. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/printed.h"
#include "base/error.h"
#include "base/log.h"

static void setting_returns_the_number_negated(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_int_equal(error_set(&error, EINVAL, EXIT_USAGE, "port %d", 70000), -EINVAL);
	assert_string_equal(error.text, "port 70000");
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_int_equal(error_set(&error, 0, EXIT_FAILED, "x"), 0);
}

static void an_error_may_be_null(void **state)
{
	(void)state;
	error_place(NULL, "f", 1, 2);
	assert_int_equal(error_set(NULL, ENOMEM, EXIT_FAILED, "not enough"), -ENOMEM);
}

static void setting_the_text_keeps_the_place(void **state)
{
	struct error error = { 0 };

	(void)state;
	error_place(&error, "f", 3, 4);
	error_set(&error, EINVAL, EXIT_USAGE, "first");
	error_set(&error, EINVAL, EXIT_USAGE, "second");
	assert_string_equal(error.file, "f");
	assert_int_equal(error.line, 3);
	assert_int_equal(error.column, 4);
	assert_string_equal(error.text, "second");
}

static void assert_split(const char *text, const char *message, const char *hint)
{
	struct error error = { 0 };
	char got_message[ERROR_TEXT], got_hint[ERROR_TEXT];

	error_set(&error, EINVAL, EXIT_USAGE, "%s", text);
	assert_int_equal(error_split(&error, got_message, got_hint), *hint != '\0');
	assert_string_equal(got_message, message);
	assert_string_equal(got_hint, hint);
}

static void what_to_do_is_split_from_what_is_wrong(void **state)
{
	(void)state;
	assert_split("nothing is loaded", "nothing is loaded", "");
	assert_split("a; b; c", "a", "b; c");
	assert_split("bad 'x; y' here; do z", "bad 'x; y' here", "do z");
	assert_split("this kernel's verifier refuses it; see 'dmesg'",
		     "this kernel's verifier refuses it", "see 'dmesg'");
	assert_split("unknown 'jsno' (did you mean 'json'?)", "unknown 'jsno'",
		     "did you mean 'json'?");
	assert_split("unknown 'x' (see: portsieve --help)", "unknown 'x'", "see: portsieve --help");
	assert_split("90-80 is reversed: write 80-90", "90-80 is reversed", "write 80-90");
}

static void assert_code(int errnum, enum exit_code exit, const char *file, const char *word)
{
	struct error error = { 0 };

	if (file)
		error_place(&error, file, 1, 1);
	error_set(&error, errnum, exit, "x");
	assert_string_equal(error_code_word(&error), word);
}

static void the_code_follows_from_exit_code_and_errno(void **state)
{
	struct error error = { 0 };

	(void)state;
	assert_code(EINVAL, EXIT_USAGE, NULL, "usage");
	assert_code(EINVAL, EXIT_USAGE, "p.yaml", "policy");
	assert_code(ENOENT, EXIT_NOT_LOADED, NULL, "not-loaded");
	assert_code(EPERM, EXIT_NOT_PERMITTED, NULL, "not-permitted");
	assert_code(ENOMEM, EXIT_FAILED, NULL, "no-memory");
	assert_code(EUCLEAN, EXIT_FAILED, NULL, "incomplete-state");
	assert_code(EPROTO, EXIT_FAILED, NULL, "other-version");
	assert_code(EBUSY, EXIT_FAILED, NULL, "busy");
	assert_code(EIO, EXIT_FAILED, NULL, "failed");
	assert_code(EINVAL, EXIT_DONE, "p.yaml", "warning");
	assert_int_equal(error_set_code(&error, ERROR_SEVERAL_POLICIES, EINVAL, "x"), -EINVAL);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_string_equal(error_code_word(&error), "several-policies");
}

static void errors_and_warnings_are_kept_on_request(void **state)
{
	struct capture capture = capture_start(stderr);
	const struct log_kept *kept;
	struct error error = { 0 };
	size_t count;

	(void)state;
	error_set(&error, EINVAL, EXIT_USAGE, "first");
	log_error(&error);
	log_kept(&count);
	assert_int_equal(count, 0);
	log_keep(true);
	log_warning(&error);
	error_set(&error, EINVAL, EXIT_USAGE, "second");
	log_error(&error);
	free(capture_end(&capture));
	kept = log_kept(&count);
	assert_int_equal(count, 2);
	assert_true(kept[0].warning);
	assert_string_equal(kept[0].error.text, "first");
	assert_false(kept[1].warning);
	assert_string_equal(kept[1].error.text, "second");
	log_keep(false);
	log_kept(&count);
	assert_int_equal(count, 0);
}

static void assert_worded(const char *file, size_t line, size_t column, const char *expected)
{
	struct error error = { 0 };
	char text[64];

	error_place(&error, file, line, column);
	error_set(&error, EINVAL, EXIT_USAGE, "wrong");
	assert_string_equal(error_format(&error, text, sizeof(text)), expected);
	assert_string_equal(text, expected);
}

static void what_is_not_known_of_the_place_is_left_out(void **state)
{
	(void)state;
	assert_worded("p.yaml", 7, 24, "p.yaml:7:24: wrong");
	assert_worded("p.yaml", 7, 0, "p.yaml:7: wrong");
	assert_worded("p.yaml", 0, 0, "p.yaml: wrong");
	assert_worded("", 0, 0, "wrong");
}

/* A text of `length` letters. */
static void assert_cut(size_t length)
{
	struct error error = { 0 };
	char *long_text = calloc(1, length + 1), text[2000], small[8];

	memset(long_text, 'x', length);
	error_place(&error, long_text, 1, 1);
	error_set(&error, EINVAL, EXIT_USAGE, "%s", long_text);
	assert_int_equal(strlen(error.text), length < 512 ? length : 511);
	assert_int_equal(strlen(error.file), length < 256 ? length : 255);
	error_format(&error, text, sizeof(text));
	assert_int_equal(strlen(text), strlen(error.text) + strlen(error.file) + strlen(":1:1: "));
	assert_string_equal(error_format(&error, small, sizeof(small)), "xxxxxxx");
	free(long_text);
}

static void long_texts_are_cut_and_stay_strings(void **state)
{
	(void)state;
	assert_cut(255);
	assert_cut(256);
	assert_cut(511);
	assert_cut(512);
	assert_cut(5000);
}

static void assert_logged(void (*log)(const struct error *), const struct error *error,
			  const char *expected)
{
	struct capture capture = capture_start(stderr);
	char *text;

	log(error);
	text = capture_end(&capture);
	assert_string_equal(text, expected);
	free(text);
}

static void messages_name_the_file_or_else_the_program(void **state)
{
	struct error error = { 0 };

	(void)state;
	error_set(&error, EINVAL, EXIT_USAGE, "100%% wrong");
	assert_logged(log_error, &error, "portsieve: 100% wrong\n");
	assert_logged(log_warning, &error, "portsieve: warning: 100% wrong\n");
	error_place(&error, "p.yaml", 1, 2);
	assert_logged(log_error, &error, "p.yaml:1:2: 100% wrong\n");
	assert_logged(log_warning, &error, "p.yaml:1:2: warning: 100% wrong\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(setting_returns_the_number_negated),
		cmocka_unit_test(an_error_may_be_null),
		cmocka_unit_test(setting_the_text_keeps_the_place),
		cmocka_unit_test(what_to_do_is_split_from_what_is_wrong),
		cmocka_unit_test(the_code_follows_from_exit_code_and_errno),
		cmocka_unit_test(errors_and_warnings_are_kept_on_request),
		cmocka_unit_test(what_is_not_known_of_the_place_is_left_out),
		cmocka_unit_test(long_texts_are_cut_and_stay_strings),
		cmocka_unit_test(messages_name_the_file_or_else_the_program),
	};

	return cmocka_run_group_tests_name("error", tests, NULL, NULL);
}
