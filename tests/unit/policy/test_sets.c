/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets: their members, from the policy and from files, what rules make of them, and every refusal.
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

#include "compile/compile.h"
#include "policy/sets.h"

static const char *file_text; /* of every set's file; NULL: there is none */

static int read_file(void *context, const struct policy_set *set, struct policy_set_file *ret_file,
		     struct error *error)
{
	(void)context;
	if (!file_text)
		return error_set_code(error, ERROR_CANNOT_READ, ENOENT, "cannot read the set %s",
				      set->file);
	*ret_file = (struct policy_set_file){
		.text = strdup(file_text),
		.size = strlen(file_text),
		.name = strdup("list.txt"),
		.path = strdup("/lists/list.txt"),
		.sha256 = { 1, 2, 3, [31] = 0xff },
	};
	return 0;
}

static const struct policy_files files = { read_file, NULL };
static const struct policy_host host = {
	.ephemeral_low = 32768,
	.ephemeral_high = 60999,
	.files = &files,
};

static struct policy read_policy(const char *text)
{
	struct policy policy;
	struct error error = { 0 };

	if (policy_read(text, strlen(text), "p", &host, &policy, &error))
		fail_msg("%zu:%zu: %s", error.line, error.column, error.text);
	return policy;
}

/* Which of two sources each rule matches: "a b -". */
static const char *matched(const struct policy *policy)
{
	static char text[256];
	static const char *const sources[] = { "10.0.0.1", "2001:db8::1" };
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < 2; i++) {
		struct policy_packet packet = { .transport = PORTSIEVE_TCP, .port = 22 };
		const struct policy_rule *rule;

		assert_int_equal(policy_prefix_read(sources[i], &packet.source, NULL), 0);
		packet.destination = packet.source;
		rule = policy_decide(policy, &packet).rule;
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%s",
					   i ? " " : "", rule ? rule->name : "-");
	}
	return text;
}

#define RULE(addresses) "rules:\n- {name: r, action: drop, ports: tcp/22, " addresses "}\n"

static const struct {
	const char *text, *file, *matched;
} meanings[] = {
	{ "version: 1\nsets: {a: [10.0.0.0/8]}\n" RULE("from: set:a"), NULL, "r -" },
	{ RULE("from: set:a") "sets: {a: '2001:db8::/32, 192.0.2.1'}\nversion: 1", NULL, "- r" },
	{ "version: 1\nsets: {a: 10.0.0.0/8, 192.0.2.1, b: [192.0.2.2]}\n" RULE("from: set:a"),
	  NULL, "r -" },
	{ "version: 1\nsets: {a: 192.0.2.1, b: '2001:db8::/32'}\n" RULE(
		  "from: [set:a, 10.0.0.0/8, set:b]"),
	  NULL, "r r" },
	{ "version: 1\nsets: {a: 192.0.2.1}\n" RULE("from: 'set:a, 10.0.0.1'"), NULL, "r -" },
	{ "version: 1\nsets: {a: 192.0.2.1}\n" RULE("from: set:a, 10.0.0.1"), NULL, "r -" },
	{ "version: 1\nsets: {a: 10.0.0.1}\n" RULE("to: set:a"), NULL, "r -" },
	/* an empty one holds nothing, where a list that is left out holds all */
	{ "version: 1\nsets: {a: []}\n" RULE("from: set:a"), NULL, "- -" },
	{ "version: 1\nsets: {a: []}\n" RULE("to: set:a"), NULL, "- -" },
	{ "version: 1\nsets: {a: []}\n" RULE("from: [set:a, 10.0.0.1]"), NULL, "r -" },
	{ "version: 1\nsets: {a: [], b: []}\n" RULE("from: [set:a, set:b]"), NULL, "- -" },
	/* files */
	{ "version: 1\nsets: {a: {file: x}}\n" RULE("from: set:a"),
	  "# a list\r\n\r\n10.0.0.0/8 # ten\n\t192.0.2.1\t\n#2001:db8::/32\n", "r -" },
	{ "version: 1\nsets: {a: {file: x}}\n" RULE("from: set:a"), "2001:db8::1", "- r" },
	{ "version: 1\nsets: {a: {file: x}}\n" RULE("from: set:a"), "# none\n", "- -" },
	{ "version: 1\nsets: {a: {file: x}}\n" RULE("from: set:a"), "", "- -" },
};

static struct portsieve_image image;

/* Does the image of a policy decide as the policy does, for one source? */
static void rules_match_what_their_sets_hold(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(meanings[0]); i++) {
		struct addresses addresses = { 0 };
		struct error error = { 0 };
		struct policy policy;

		file_text = meanings[i].file;
		policy = read_policy(meanings[i].text);
		if (strcmp(matched(&policy), meanings[i].matched))
			fail_msg("%s: %s", meanings[i].text, matched(&policy));
		assert_int_equal(image_compile(&policy, &host, "p", &image, &error), 0);
		assert_int_equal(addresses_compile(&policy, "p", &addresses, &error), 0);
		/* a rule that matches nothing decides no port, with or without an address */
		if (!strcmp(meanings[i].matched, "- -") && !addresses.count)
			assert_false(is_reference(image.port[PORTSIEVE_TCP][22]));
		assert_false(image.port[PORTSIEVE_TCP][22] & PORTSIEVE_ENTRY_DROP &&
			     !is_reference(image.port[PORTSIEVE_TCP][22]));
		addresses_free(&addresses);
		policy_free(&policy);
	}
}

static void rules_that_name_one_set_share_its_list(void **state)
{
	struct policy policy;

	(void)state;
	file_text = "192.0.2.1\n10.0.0.0/8\n192.0.2.1\n";
	policy = read_policy(
		"version: 1\nsets: {a: {file: x}}\nrules:\n"
		"- {name: r, action: drop, ports: tcp/1, from: set:a}\n"
		"- {name: s, action: allow, ports: tcp/2, only_from: set:a, to: set:a}\n"
		"- {name: t, action: drop, ports: tcp/3, from: [set:a, 192.0.2.9]}\n");
	assert_int_equal(policy.sets[0].members.count, 2); /* each once, sorted */
	assert_int_equal(policy.sets[0].members.list[0].address[0], 10);
	for (size_t i = 0; i < 2; i++)
		assert_ptr_equal(policy.rules[i].from.list, policy.sets[0].members.list);
	assert_ptr_equal(policy.rules[1].to.list, policy.sets[0].members.list);
	assert_ptr_not_equal(policy.rules[2].from.list, policy.sets[0].members.list);
	assert_int_equal(policy.rules[2].from.count, 3);
	policy_free(&policy);
}

/* What is pinned, and read again without the file. */
static void the_members_are_kept_as_they_were(void **state)
{
	static const char text[] =
		"version: 1\ndefault: allow\nsets:\n  a: {file: \"x\"}\n  b: [\"::1\"]\n"
		"  on-2: {file: \"y\"}\n"
		"rules:\n"
		"  - {name: r, action: drop, ports: tcp/22, from: [set:a, set:b, 192.0.2.9], to: "
		"[set:on-2]}\n";
	struct policy policy, again;
	struct policy_host kept = host;
	struct policy_files of_text = { policy_sets_kept, NULL };
	struct error error = { 0 };
	char *printed, *sets, *second, *expanded;

	(void)state;
	file_text = "10.0.0.0/8\n2001:db8::/32\n";
	policy = read_policy(text);
	printed = policy_print(&policy, &host);
	assert_string_equal(printed, text);
	sets = policy_sets_print(&policy);
	of_text.context = sets;
	kept.files = &of_text;
	file_text = NULL;
	assert_int_equal(policy_read(printed, strlen(printed), "p", &kept, &again, &error), 0);
	assert_true(policy_rules_same(&policy.rules[0], &again.rules[0]));
	assert_memory_equal(policy.sets[0].sha256, again.sets[0].sha256, 32);
	assert_string_equal(again.sets[2].path, "/lists/list.txt");
	second = policy_sets_print(&again);
	assert_string_equal(second, sets);
	expanded = policy_print_expanded(&again, &host);
	assert_string_equal(expanded,
			    "version: 1\ndefault: allow\nsets:\n  a: [10.0.0.0/8, 2001:db8::/32]\n"
			    "  b: [\"::1\"]\n  on-2: [10.0.0.0/8, 2001:db8::/32]\n"
			    "rules:\n"
			    "  - {name: r, action: drop, ports: tcp/22, from: [set:a, set:b, "
			    "192.0.2.9], to: [set:on-2]}\n");
	policy_free(&policy);
	policy_free(&again);
	/* a text without the members is refused, not taken for empty sets */
	of_text.context = (void *)"";
	assert_int_equal(policy_read(printed, strlen(printed), "p", &kept, &again, &error),
			 -EINVAL);
	assert_string_equal(error.text,
			    "the members of the set 'a' are missing from the policy in force");
	free(printed);
	free(sets);
	free(second);
	free(expanded);
}

static void runtime_rules_keep_the_sets_that_they_name(void **state)
{
	static const char live_text[] =
		"version: 1\nsets: {a: [10.0.0.0/8]}\nruntime:\n"
		"- {name: r, action: drop, ports: tcp/22, from: [set:a, 192.0.2.1]}\n";
	struct policy live, policy;
	struct error error = { 0 };

	(void)state;
	live = read_policy(live_text);
	policy = read_policy("version: 1\nsets: {a: ['2001:db8::/32']}");
	assert_int_equal(policy_runtime_keep(&policy, &live, &host, &error), 0);
	assert_string_equal(matched(&policy), "- r"); /* with the members of the new policy */
	policy_free(&policy);
	policy = read_policy("version: 1");
	assert_int_equal(policy_runtime_keep(&policy, &live, &host, &error), -EEXIST);
	assert_string_equal(
		error.text,
		"the runtime rule 'r' in force names the set 'a', which the policy file "
		"does not have: add the set, or delete the rule first");
	policy_free(&policy);
	policy_free(&live);
}

#define V	  "version: 1\n"
#define SET_RIGHT "write a list of prefixes, [] for none, or {file: PATH}"

static const struct {
	const char *text, *file, *error;
} refusals[] = {
	{ V "sets: [a]", "",
	  "p:2:7: 'sets' cannot be a list: write a mapping such as {admin: "
	  "[192.0.2.0/24], blocked: {file: PATH}}" },
	{ V "sets: {A: []}", "",
	  "p:2:8: bad name of a set 'A': write 1 to 32 of a-z, 0-9, '.', '_', "
	  "'-', the first a letter or a digit" },
	{ V "sets: {a: [], a: []}", "", "p:2:15: duplicate set 'a' (the first is on line 2)" },
	{ V "sets: {a: }", "", "p:2:11: 'a' has no value: " SET_RIGHT },
	{ V "sets: {a: [x]}", "",
	  "p:2:12: 'x' is not an address or a prefix: write for example "
	  "192.0.2.0/24 or 2001:db8::/32" },
	{ V "sets: {a: [10.0.0.1/8]}", "",
	  "p:2:12: '10.0.0.1/8' has host bits set: write 10.0.0.0/8 for all addresses of the "
	  "prefix, or 10.0.0.1/32 for the one address" },
	{ V "sets: {a: [set:b], b: []}", "",
	  "p:2:12: 'set:b': sets do not nest; write the prefixes" },
	{ V "sets: {a: any}", "",
	  "p:2:11: 'any' is not an address or a prefix: write 0.0.0.0/0 and "
	  "\"::/0\" for any address" },
	{ V "sets: {a: dynamic}", "",
	  "p:2:11: dynamic sets are not supported yet: write a list of "
	  "prefixes or {file: PATH}" },
	{ V "sets: {a: {dynamic: true}}", "",
	  "p:2:12: dynamic sets are not supported yet: write a list "
	  "of prefixes or {file: PATH}" },
	{ V "sets: {a: {fiel: x}}", "",
	  "p:2:12: unknown key 'fiel' in a set (did you mean 'file'?)" },
	{ V "sets: {a: {}}", "", "p:2:11: missing key 'file' in a set: write 'file: PATH'" },
	{ V "sets: {a: {file: ''}}", "",
	  "p:2:18: 'file' must be a path without control characters: "
	  "write a path such as blocked.txt" },
	{ V "sets: {a: {file: x}}", NULL, "p:2:18: cannot read the set x" },
	{ V "sets: {a: []}\n" RULE("from: set:b"), "",
	  "p:4:48: unknown set 'b' (see the key 'sets')" },
	{ V "sets: {admin: []}\n" RULE("to: set:admni"), "",
	  "p:4:46: unknown set 'admni' (did you mean 'admin'?)" },
	{ V RULE("from: [10.0.0.1, set:b]"), "",
	  "p:3:59: unknown set 'b' (the policy has no key 'sets')" },
	{ V RULE("from: 'set:'"), "",
	  "p:3:49: bad name of a set '': write 1 to 32 of a-z, 0-9, "
	  "'.', '_', '-', the first a letter or a digit" },
	/* in the file: its own name and line */
	{ V "sets: {a: {file: x}}", "10.0.0.0/8\n  10.0.0.1/8\n",
	  "list.txt:2:3: '10.0.0.1/8' has host bits set: write 10.0.0.0/8 for all addresses of the "
	  "prefix, or 10.0.0.1/32 for the one address" },
	{ V "sets: {a: {file: x}}", "# x\n10.0.0.1 10.0.0.2\n",
	  "list.txt:2:1: '10.0.0.1 10.0.0.2' is not one address or prefix: write one a line" },
	{ V "sets: {a: {file: x}}", "10.0.0.1,10.0.0.2\n",
	  "list.txt:1:1: '10.0.0.1,10.0.0.2' is not one address or prefix: write one a line" },
	{ V "sets: {a: {file: x}}", "\n\nset:b\n",
	  "list.txt:3:1: 'set:b': sets do not nest; write the prefixes" },
	{ V "sets: {a: {file: x}}", "example.org\n",
	  "list.txt:1:1: 'example.org' is not an address or a prefix: write for example "
	  "192.0.2.0/24 or 2001:db8::/32" },
};

static void refusals_have_a_place(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		struct error error = { 0 };
		struct policy policy;
		char text[1024];

		file_text = refusals[i].file;
		assert_int_equal(policy_read(refusals[i].text, strlen(refusals[i].text), "p", &host,
					     &policy, &error),
				 -EINVAL);
		assert_string_equal(error_format(&error, text, sizeof(text)), refusals[i].error);
	}
}

static void all_errors_of_a_file_come_at_once(void **state)
{
	static struct policy_errors errors;
	static const char text[] =
		V "sets: {a: {file: x}, b: {file: y}}\n"
		  "rules:\n- {name: r, action: dorp, ports: tcp/1, from: set:c}\n";
	struct error error = { 0 };
	struct policy policy;
	char all[1024] = "";

	(void)state;
	file_text = "x\n10.0.0.1\ny\n";
	assert_int_equal(policy_read_all(text, strlen(text), "p", &host, &policy, &errors, &error),
			 -EINVAL);
	for (size_t i = 0; i < errors.count; i++)
		snprintf(all + strlen(all), sizeof(all) - strlen(all), "%s:%zu ",
			 errors.list[i].file, errors.list[i].line);
	assert_string_equal(all, "list.txt:1 list.txt:1 list.txt:3 list.txt:3 p:4 p:4 ");
}

/* `count` lines of hosts. */
static char *many_lines(size_t count)
{
	char *text = malloc(16 * count + 1), *end = text;

	assert_non_null(text);
	*text = '\0';
	for (size_t i = 0; i < count; i++)
		end += sprintf(end, "10.%zu.%zu.%zu\n", i >> 16, i >> 8 & 255, i & 255);
	return text;
}

static void sets_are_limited_at_the_limit_and_one_past_it(void **state)
{
	static const char text[] = V "sets: {a: {file: x}}\nrules:\n"
				     "- {name: r, action: drop, ports: tcp/1, from: set:a}\n"
				     "- {name: s, action: drop, ports: tcp/2, from: set:a}\n";
	char *most = many_lines(POLICY_PREFIXES_MAX), *more = many_lines(POLICY_PREFIXES_MAX + 1);
	char *half = many_lines(POLICY_PREFIXES_MAX / 2 + 1);
	struct error error = { 0 };
	struct policy policy;

	(void)state;
	file_text = most;
	policy = read_policy(text); /* counted once, however many rules name it */
	assert_int_equal(policy.sets[0].members.count, POLICY_PREFIXES_MAX);
	policy_free(&policy);
	file_text = more;
	assert_int_equal(policy_read(text, strlen(text), "p", &host, &policy, &error), -EINVAL);
	assert_string_equal(error.text, "the set has more than 262144 prefixes");
	assert_int_equal(error.line, POLICY_PREFIXES_MAX + 1);
	/* but once for each direction */
	file_text = half;
	{
		static const char both[] = V "sets: {a: {file: x}}\nrules:\n"
					     "- {name: r, action: drop, ports: tcp/1, from: set:a, "
					     "to: set:a}\n";

		assert_int_equal(policy_read(both, strlen(both), "p", &host, &policy, &error),
				 -EINVAL);
		assert_string_equal(error.text, "the rules name more than 262144 prefixes: write "
						"shorter prefixes that hold several of them");
	}
	free(most);
	free(more);
	free(half);
}

static void as_many_sets_as_there_may_be(void **state)
{
	char text[16 * (POLICY_SETS_MAX + 2)], *end;
	struct error error = { 0 };
	struct policy policy;

	(void)state;
	for (size_t count = POLICY_SETS_MAX; count <= POLICY_SETS_MAX + 1; count++) {
		end = stpcpy(text, "version: 1\nsets:\n");
		for (size_t i = 0; i < count; i++)
			end += sprintf(end, "  s%zu: []\n", i);
		if (count == POLICY_SETS_MAX) {
			policy = read_policy(text);
			policy_free(&policy);
			continue;
		}
		assert_int_equal(policy_read(text, strlen(text), "p", &host, &policy, &error),
				 -EINVAL);
		assert_string_equal(error.text, "more than 256 sets");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_match_what_their_sets_hold),
		cmocka_unit_test(rules_that_name_one_set_share_its_list),
		cmocka_unit_test(the_members_are_kept_as_they_were),
		cmocka_unit_test(runtime_rules_keep_the_sets_that_they_name),
		cmocka_unit_test(refusals_have_a_place),
		cmocka_unit_test(all_errors_of_a_file_come_at_once),
		cmocka_unit_test(sets_are_limited_at_the_limit_and_one_past_it),
		cmocka_unit_test(as_many_sets_as_there_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
