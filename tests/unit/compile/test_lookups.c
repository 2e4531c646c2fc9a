// SPDX-License-Identifier: GPL-2.0-or-later
/* The program looks up only addresses of the families and directions that a policy names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/build_addresses.h"
#include "lib/build_policy.h"
#include "base/cleanup.h"
#include "compile/compile.h"
#include "compiled_image.h"

static void a_policy_without_addresses_has_no_classes(void **unused)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };
	struct error error = { 0 };
	struct policy policy;

	(void)unused;
	policy_init(&policy);
	add_ports(add_rule(&policy, "ssh", POLICY_ALLOW), PORTSIEVE_TCP, 22, 22);
	assert_int_equal(addresses_compile(&policy, "p", &addresses, &error), 0);
	assert_int_equal(addresses.count, 0);
	assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
	assert_int_equal(image->flags & (PORTSIEVE_IMAGE_PREFIXES4 | PORTSIEVE_IMAGE_PREFIXES6), 0);
	assert_int_equal(image->port[PORTSIEVE_TCP][22], PORTSIEVE_RANGE_RULES);
	policy_free(&policy);
}

/* The program's lookups depend only on these flags and on the kinds of conditions. */
static void only_the_family_and_the_direction_that_are_named_are_looked_up(void **unused)
{
	static const struct {
		const char *prefix;
		bool is_to;
		uint32_t family;
		uint32_t kind;
	} cases[] = {
		{ "192.0.2.0/24", false, PORTSIEVE_IMAGE_PREFIXES4, PORTSIEVE_BY_SOURCE },
		{ "192.0.2.0/24", true, PORTSIEVE_IMAGE_PREFIXES4, PORTSIEVE_BY_DESTINATION },
		{ "2001:db8::/32", false, PORTSIEVE_IMAGE_PREFIXES6, PORTSIEVE_BY_SOURCE },
		{ "2001:db8::/32", true, PORTSIEVE_IMAGE_PREFIXES6, PORTSIEVE_BY_DESTINATION },
	};

	(void)unused;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct error error = { 0 };
		struct policy policy;
		struct policy_rule *rule;
		size_t cells = 0;

		policy_init(&policy);
		rule = add_rule(&policy, "ssh", POLICY_ALLOW);
		add_ports(rule, PORTSIEVE_TCP, 22, 22);
		add_prefix(cases[i].is_to ? &rule->to : &rule->from, cases[i].prefix);
		assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
		assert_int_equal(image->flags &
					 (PORTSIEVE_IMAGE_PREFIXES4 | PORTSIEVE_IMAGE_PREFIXES6),
				 cases[i].family);
		for (size_t n = 0; n < PORTSIEVE_CELLS; n++) {
			if (!image->cell[n].condition)
				continue;
			assert_int_equal(image->condition[image->cell[n].condition - 1].kind,
					 cases[i].kind);
			cells++;
		}
		assert_int_equal(cells,
				 1); /* the only class that the only condition distinguishes */
		policy_free(&policy);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_policy_without_addresses_has_no_classes),
		cmocka_unit_test(only_the_family_and_the_direction_that_are_named_are_looked_up),
	};

	return cmocka_run_group_tests_name("compile_lookups", tests, make_image, free_image);
}
