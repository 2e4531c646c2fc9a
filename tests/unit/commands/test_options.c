/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Parsing the options of a command: each kind, the errors, and the help. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/printed.h"
#include "commands/command.h"
#include "commands/options.h"

enum { WORDS_MAX = 2 * COMMAND_DEVICES_MAX + 8 };

/* A command with an option of each kind, with and without letters. */
static const struct command try_out = {
	.name = "try",
	.operands = "DEV...",
	.operands_max = -1,
	.summary = "Try everything out",
	.details = "In detail.",
	.options = { &option_policy, &option_mode, &option_attach, &option_all_devices, &option_dev,
		     &option_json, &option_watch, &option_count, &option_from, &option_for,
		     &option_confirm, &option_force },
};

/* A command line and the result of parsing it. */
struct line {
	char *words[WORDS_MAX];
	int count;
	struct settings settings;
	struct error error;
	int first;
	bool help;
	int r;
};

/* Words are separated by blanks; an empty text means only the command. */
static struct line *parse(const char *text)
{
	static struct line line;
	static char words[8192];
	struct command_line parsed;

	line = (struct line){ .count = 1, .words = { "try" } };
	snprintf(words, sizeof(words), "%s", text);
	for (char *word = strtok(words, " "); word; word = strtok(NULL, " "))
		line.words[line.count++] = word;
	parsed = (struct command_line){
		.name = try_out.name,
		.rows = try_out.options,
		.argc = line.count,
		.argv = line.words,
	};
	line.r = options_parse(&parsed, &line.error);
	line.settings = parsed.settings;
	line.first = parsed.first;
	line.help = parsed.help;
	return &line;
}

static struct line *parse_well(const char *text)
{
	struct line *line = parse(text);

	if (line->r)
		fail_msg("%s: %s", text, line->error.text);
	assert_string_equal(line->error.text, "");
	return line;
}

struct refusal {
	const char *text;
	const char *error;
};

static void assert_refused(const struct refusal *refusals, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct line *line = parse(refusals[i].text);

		assert_string_equal(line->error.text, refusals[i].error);
		assert_int_equal(line->r, -EINVAL);
		assert_int_equal(line->error.exit, EXIT_USAGE);
	}
}

#define ASSERT_REFUSED(list) assert_refused(list, sizeof(list) / sizeof(list[0]))

static void without_options_nothing_is_set(void **state)
{
	static const struct settings none;
	const struct line *line = parse_well("");

	(void)state;
	assert_memory_equal(&line->settings, &none, sizeof(none));
	assert_int_equal(line->first, 1);
	assert_false(line->help);
}

static void a_flag_is_set(void **state)
{
	(void)state;
	assert_true(parse_well("--all")->settings.all);
	assert_true(parse_well("--json")->settings.json);
	assert_true(parse_well("-j")->settings.json);
	assert_true(parse_well("--all")->settings.all);
	assert_false(parse_well("--all")->settings.json);
}

static void a_text_is_taken_in_every_form(void **state)
{
	static const char *const forms[] = { "--policy p.yaml", "--policy=p.yaml", "-p p.yaml",
					     "-pp.yaml", "-jp p.yaml" };

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++)
		assert_string_equal(parse_well(forms[i])->settings.policy, "p.yaml");
	assert_string_equal(parse_well("-p a -p b")->settings.policy, "b");
	assert_string_equal(parse_well("-p --json")->settings.policy, "--json");
	assert_string_equal(parse_well("--policy=")->settings.policy, "");
}

static void a_choice_is_one_of_its_words(void **state)
{
	static const struct refusal refusals[] = {
		{ "--mode natve", "--mode: unknown word 'natve' (did you mean 'native'?)" },
		{ "--mode xyzzy", "--mode: unknown word 'xyzzy' (native, generic, auto)" },
		{ "--mode Native", "--mode: unknown word 'Native' (did you mean 'native'?)" },
		{ "--mode=", "--mode: unknown word '' (native, generic, auto)" },
		{ "--attach lnik", "--attach: unknown word 'lnik' (did you mean 'link'?)" },
	};

	(void)state;
	assert_int_equal(parse_well("--mode native")->settings.mode, DATAPATH_NATIVE);
	assert_int_equal(parse_well("--mode generic")->settings.mode, DATAPATH_GENERIC);
	assert_int_equal(parse_well("--mode=auto")->settings.mode, DATAPATH_MODE_AUTO);
	assert_int_equal(parse_well("--attach auto")->settings.attach, ATTACH_AUTO);
	assert_int_equal(parse_well("--attach link")->settings.attach, ATTACH_LINK);
	assert_int_equal(parse_well("--attach dispatcher")->settings.attach, ATTACH_DISPATCHER);
	ASSERT_REFUSED(refusals);
}

static void an_interval_is_a_duration_or_a_fraction_of_seconds(void **state)
{
#define RIGHT " is not an interval from 0.01 to 1d: write 0.5 (seconds), 10s or 5m"
	static const struct refusal refusals[] = {
		{ "--watch=0", "--watch: '0'" RIGHT },
		{ "--watch=0.009", "--watch: '0.009'" RIGHT },
		{ "--watch=86400.5", "--watch: '86400.5'" RIGHT },
		{ "--watch=1w", "--watch: '1w'" RIGHT },
		{ "--watch=-1", "--watch: '-1'" RIGHT },
		{ "--watch=nan", "--watch: 'nan'" RIGHT },
		{ "--watch=inf", "--watch: 'inf'" RIGHT },
		{ "--watch=infs", "--watch: 'infs'" RIGHT },
		{ "--watch=1e3", "--watch: '1e3'" RIGHT },
		{ "--watch=0x1", "--watch: '0x1'" RIGHT },
		{ "--watch=1.2.3", "--watch: '1.2.3'" RIGHT },
		{ "--watch=0.5ss", "--watch: '0.5ss'" RIGHT },
		{ "--watch=.", "--watch: '.'" RIGHT },
		{ "--watch=", "--watch: ''" RIGHT },
	};

	(void)state;
	assert_true(parse_well("--watch=0.01")->settings.watch_seconds == 0.01);
	assert_true(parse_well("--watch=2.5")->settings.watch_seconds == 2.5);
	assert_true(parse_well("--watch=0.5s")->settings.watch_seconds == 0.5);
	assert_true(parse_well("--watch=10s")->settings.watch_seconds == 10);
	assert_true(parse_well("--watch=1m30s")->settings.watch_seconds == 90);
	assert_true(parse_well("--watch=86400")->settings.watch_seconds == 86400);
	assert_true(parse_well("--watch=1d")->settings.watch_seconds == 86400);
	ASSERT_REFUSED(refusals);
}

static void an_interval_may_be_left_out_but_is_no_separate_word(void **state)
{
	static const struct refusal refusals[] = {
		{ "--watch 5", "try: write --watch=5, with an equals sign" },
		{ "--watch 0.5 eth0", "try: write --watch=0.5, with an equals sign" },
		{ "eth0 --watch 5m", "try: write --watch=5m, with an equals sign" },
	};
	const struct line *line = parse_well("--watch eth0");

	(void)state;
	assert_true(line->settings.watch_seconds == 1);
	assert_string_equal(line->words[line->first], "eth0");
	assert_true(parse_well("--watch")->settings.watch_seconds == 1);
	assert_true(parse_well("eth0 --watch --json")->settings.watch_seconds == 1);
	ASSERT_REFUSED(refusals);
}

static void a_number_is_whole_and_from_1(void **state)
{
	static const struct refusal refusals[] = {
		{ "--count 0", "--count: '0' is not a whole number from 1" },
		{ "--count -3", "--count: '-3' is not a whole number from 1" },
		{ "--count 1.5", "--count: '1.5' is not a whole number from 1" },
		{ "--count x", "--count: 'x' is not a whole number from 1" },
		{ "--count=", "--count: '' is not a whole number from 1" },
		{ "--count 99999999999999999999",
		  "--count: '99999999999999999999' is not a whole number from 1" },
	};

	(void)state;
	assert_int_equal(parse_well("--count 1")->settings.count, 1);
	assert_int_equal(parse_well("--count 9223372036854775807")->settings.count, INT64_MAX);
	ASSERT_REFUSED(refusals);
}

static void devices_add_up(void **state)
{
	const struct line *line = parse_well("--dev eth0 --dev=eth1 --dev eth0");

	(void)state;
	assert_int_equal(line->settings.devices_count, 3);
	assert_string_equal(line->settings.devices[0], "eth0");
	assert_string_equal(line->settings.devices[1], "eth1");
	assert_string_equal(line->settings.devices[2], "eth0");
}

static void as_many_devices_as_the_limit_and_no_more(void **state)
{
	static char text[COMMAND_DEVICES_MAX * 24];
	const struct line *line;

	(void)state;
	for (int i = 0; i < COMMAND_DEVICES_MAX; i++)
		sprintf(text + strlen(text), "--dev=e%d ", i);
	line = parse_well(text);
	assert_int_equal(line->settings.devices_count, COMMAND_DEVICES_MAX);
	assert_string_equal(line->settings.devices[COMMAND_DEVICES_MAX - 1], "e255");
	strcat(text, "--dev=over");
	line = parse(text);
	assert_int_equal(line->r, -E2BIG);
	assert_int_equal(line->error.exit, EXIT_USAGE);
	assert_string_equal(line->error.text, "more than 256 devices");
}

static void prefixes_add_up_to_their_limit_and_no_further(void **state)
{
	static char text[COMMAND_PREFIXES_MAX * 24];
	const struct line *line = parse_well("--from 192.0.2.0/24 --from=2001:db8::/32");

	(void)state;
	assert_int_equal(line->settings.from.count, 2);
	assert_string_equal(line->settings.from.list[0], "192.0.2.0/24");
	assert_string_equal(line->settings.from.list[1], "2001:db8::/32");
	assert_int_equal(line->settings.devices_count, 0);
	for (int i = 0; i < COMMAND_PREFIXES_MAX; i++)
		sprintf(text + strlen(text), "--from=10.0.0.%d ", i);
	line = parse_well(text);
	assert_int_equal(line->settings.from.count, COMMAND_PREFIXES_MAX);
	assert_string_equal(line->settings.from.list[COMMAND_PREFIXES_MAX - 1], "10.0.0.255");
	strcat(text, "--from=::");
	line = parse(text);
	assert_int_equal(line->r, -E2BIG);
	assert_int_equal(line->error.exit, EXIT_USAGE);
	assert_string_equal(line->error.text, "more than 256 prefixes");
}

static void a_duration_is_taken_in_seconds_up_to_the_limit_of_its_option(void **state)
{
#define RIGHT_DURATION(limit)                                                                      \
	" is not a duration from 1s to " limit ": write 90 (seconds), 10m, 2h, 1d or 1h30m"
	static const struct refusal refusals[] = {
		{ "--for 0", "--for: '0'" RIGHT_DURATION("365d") },
		{ "--for=", "--for: ''" RIGHT_DURATION("365d") },
		{ "--for ten", "--for: 'ten'" RIGHT_DURATION("365d") },
		{ "--for 366d", "--for: '366d'" RIGHT_DURATION("365d") },
		{ "--confirm 0", "--confirm: '0'" RIGHT_DURATION("1d") },
		{ "--confirm 86401", "--confirm: '86401'" RIGHT_DURATION("1d") },
		{ "--confirm 1d1s", "--confirm: '1d1s'" RIGHT_DURATION("1d") },
		{ "--confirm -1", "--confirm: '-1'" RIGHT_DURATION("1d") },
		{ "--confirm 1.5", "--confirm: '1.5'" RIGHT_DURATION("1d") },
		{ "--confirm=", "--confirm: ''" RIGHT_DURATION("1d") },
		{ "--confirm 4294967297", "--confirm: '4294967297'" RIGHT_DURATION("1d") },
		{ "--confirm 99999999999999999999",
		  "--confirm: '99999999999999999999'" RIGHT_DURATION("1d") },
	};

	(void)state;
	assert_int_equal(parse_well("--for 90")->settings.for_seconds, 90);
	assert_int_equal(parse_well("--for 1h30m")->settings.for_seconds, 5400);
	assert_int_equal(parse_well("--for 1w")->settings.for_seconds, 7 * 86400);
	assert_int_equal(parse_well("--for 365d")->settings.for_seconds, 365 * 86400);
	assert_int_equal(parse_well("--confirm 1")->settings.confirm_seconds, 1);
	assert_int_equal(parse_well("--confirm 5m")->settings.confirm_seconds, 300);
	assert_int_equal(parse_well("--confirm 60s")->settings.confirm_seconds, 60);
	assert_int_equal(parse_well("--confirm=1d")->settings.confirm_seconds, COMMAND_CONFIRM_MAX);
	ASSERT_REFUSED(refusals);
}

static void a_value_may_not_be_missing(void **state)
{
	static const struct refusal refusals[] = {
		{ "--policy", "try: '--policy' requires a value" },
		{ "-p", "try: '-p' requires a value" },
		{ "eth0 --mode", "try: '--mode' requires a value" },
		{ "-jp", "try: '-jp' requires a value" },
		{ "--json --dev", "try: '--dev' requires a value" },
	};

	(void)state;
	ASSERT_REFUSED(refusals);
}

static void unknown_options_are_refused_with_a_suggestion(void **state)
{
	static const struct refusal refusals[] = {
		{ "--jsno", "try: unknown option '--jsno' (did you mean '--json'?)" },
		{ "--plicy=x", "try: unknown option '--plicy=x' (did you mean '--policy'?)" },
		{ "--xyzzy", "try: unknown option '--xyzzy' (see: portsieve try --help)" },
		/* abbreviations are refused: load --for would mean --force */
		{ "--polic x", "try: unknown option '--polic' (did you mean '--policy'?)" },
		{ "--conf=5", "try: unknown option '--conf=5' (see: portsieve try --help)" },
		{ "eth0 --js", "try: unknown option '--js' (see: portsieve try --help)" },
		{ "--hel", "try: unknown option '--hel' (see: portsieve try --help)" },
		/* --force is never suggested */
		{ "--forcee", "try: unknown option '--forcee' (see: portsieve try --help)" },
		{ "-x", "try: unknown option '-x' (see: portsieve try --help)" },
		{ "eth0 -x", "try: unknown option '-x' (see: portsieve try --help)" },
		{ "-xj", "try: unknown option '-x' (see: portsieve try --help)" },
		/* one dash is not enough */
		{ "-json", "try: unknown option '-json' (did you mean '--json'?)" },
		{ "-watch eth0", "try: unknown option '-watch' (did you mean '--watch'?)" },
	};

	(void)state;
	ASSERT_REFUSED(refusals);
}

static void operands_are_moved_to_the_end_in_their_order(void **state)
{
	const struct line *line = parse_well("eth0 -p p.yaml eth1 --json -");

	(void)state;
	assert_int_equal(line->first, 4);
	assert_string_equal(line->words[4], "eth0");
	assert_string_equal(line->words[5], "eth1");
	assert_string_equal(line->words[6], "-");
	assert_true(line->settings.json);
}

static void after_two_dashes_all_words_are_operands(void **state)
{
	const struct line *line = parse_well("--json -- --all -x --");

	(void)state;
	assert_true(line->settings.json);
	assert_false(line->settings.all);
	assert_int_equal(line->count - line->first, 3);
	assert_string_equal(line->words[line->first], "--all");
	assert_string_equal(line->words[line->first + 2], "--");
}

static void asking_for_help_ends_the_parsing(void **state)
{
	(void)state;
	assert_true(parse_well("--help")->help);
	assert_true(parse_well("-h")->help);
	assert_true(parse_well("eth0 --help --xyzzy")->help);
	assert_true(parse_well("-jh")->help);
	assert_int_equal(parse("--xyzzy --help")->r, -EINVAL);
	assert_false(parse_well("-- --help")->help);
}

static void parsing_keeps_no_state(void **state)
{
	(void)state;
	parse("-xjx");
	assert_true(parse_well("-j eth0")->settings.json);
	parse("--help eth0 eth1");
	assert_int_equal(parse_well("eth0")->first, 1);
}

static void the_help_names_every_option(void **state)
{
	struct capture capture = capture_start(stdout);
	char *text;

	(void)state;
	command_help(&try_out);
	text = capture_end(&capture);
	assert_ptr_equal(strstr(text, "Usage: portsieve try DEV... [OPTION]...\n\n"
				      "Try everything out\n\nIn detail.\n\n"),
			 text);
	assert_non_null(strstr(text, "\n  -p, --policy POLICY    the policy file"));
	assert_non_null(strstr(text, "\n      --all              every loaded device"));
	assert_non_null(strstr(text, "\n      --watch[=INTERVAL] print rates"));
	assert_non_null(strstr(text, "\n  -h, --help             print this help\n"));
	assert_non_null(strstr(text,
			       "\n      --mode MODE        native (in the driver, the default), "
			       "generic (any device, slower), or auto\n"
			       "                         (native, else generic)\n"));
	for (size_t i = 0; try_out.options[i]; i++) {
		char option[32];

		snprintf(option, sizeof(option), "--%s", try_out.options[i]->name);
		assert_non_null(strstr(text, option));
	}
	for (const char *line = text; *line; line += strcspn(line, "\n") + 1)
		assert_in_range(strcspn(line, "\n"), 0, 100);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_options_nothing_is_set),
		cmocka_unit_test(a_flag_is_set),
		cmocka_unit_test(a_text_is_taken_in_every_form),
		cmocka_unit_test(a_choice_is_one_of_its_words),
		cmocka_unit_test(an_interval_is_a_duration_or_a_fraction_of_seconds),
		cmocka_unit_test(an_interval_may_be_left_out_but_is_no_separate_word),
		cmocka_unit_test(a_number_is_whole_and_from_1),
		cmocka_unit_test(devices_add_up),
		cmocka_unit_test(as_many_devices_as_the_limit_and_no_more),
		cmocka_unit_test(prefixes_add_up_to_their_limit_and_no_further),
		cmocka_unit_test(a_duration_is_taken_in_seconds_up_to_the_limit_of_its_option),
		cmocka_unit_test(a_value_may_not_be_missing),
		cmocka_unit_test(unknown_options_are_refused_with_a_suggestion),
		cmocka_unit_test(operands_are_moved_to_the_end_in_their_order),
		cmocka_unit_test(after_two_dashes_all_words_are_operands),
		cmocka_unit_test(asking_for_help_ends_the_parsing),
		cmocka_unit_test(parsing_keeps_no_state),
		cmocka_unit_test(the_help_names_every_option),
	};

	return cmocka_run_group_tests_name("options", tests, NULL, NULL);
}
