/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The names of what is counted are those of the design, and each is there once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "reason.h"

/* Sections 4 and 5 of the design, and docs/packets.md. */
static const char *const documented[] = {
	"non-ip",	  "mpls",	    "vlan-depth",	  "malformed-ethernet",
	"malformed-ipv4", "malformed-ipv6", "malformed-l4",	  "later-fragment",
	"tiny-fragment",  "ext-header",	    "routing-header",	  "ext-depth",
	"jumbogram",	  "no-port",	    "bad-flags",	  "icmp",
	"icmpv6",	  "igmp",	    "other-protocol",	  "dhcp-client",
	"return-socket",  "return-flow",    "return-established", "return-grace",
};

#define DOCUMENTED (sizeof(documented) / sizeof(documented[0]))

static size_t times_named(const char *name)
{
	size_t times = 0;

	for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++)
		times += !strcmp(reason_name(reason), name);
	return times;
}

static void every_documented_reason_is_there_once(void **state)
{
	(void)state;
	for (size_t i = 0; i < DOCUMENTED; i++)
		if (times_named(documented[i]) != 1)
			fail_msg("%s: %zu times", documented[i], times_named(documented[i]));
	assert_int_equal(DOCUMENTED, PORTSIEVE_REASONS);
}

static void reasons_have_the_names_of_their_numbers(void **state)
{
	(void)state;
	assert_string_equal(reason_name(PORTSIEVE_NON_IP), "non-ip");
	assert_string_equal(reason_name(PORTSIEVE_MALFORMED_L4), "malformed-l4");
	assert_string_equal(reason_name(PORTSIEVE_LATER_FRAGMENT), "later-fragment");
	assert_string_equal(reason_name(PORTSIEVE_TINY_FRAGMENT), "tiny-fragment");
	assert_string_equal(reason_name(PORTSIEVE_BAD_FLAGS), "bad-flags");
	assert_string_equal(reason_name(PORTSIEVE_DHCP_CLIENT), "dhcp-client");
	assert_string_equal(reason_name(PORTSIEVE_RETURN_GRACE), "return-grace");
}

static void a_number_beyond_the_reasons_is_unknown(void **state)
{
	(void)state;
	assert_string_equal(reason_name(PORTSIEVE_REASONS), "unknown");
	assert_string_equal(reason_name(~0u), "unknown");
}

static void built_in_ranges_have_the_same_names_in_each_transport(void **state)
{
	static const char *const names[] = { "_port0", "_system", "_user", "_dynamic" };

	(void)state;
	for (unsigned int id = 0; id < PORTSIEVE_RANGE_DHCP; id++)
		assert_string_equal(builtin_name(id), names[id % 4]);
}

static void a_range_has_the_name_of_its_rule_or_built_in_range(void **state)
{
	struct portsieve_image *image = calloc(1, sizeof(*image));

	(void)state;
	strcpy(image->rule[0].name, "zero");
	strcpy(image->rule[1].name, "one");
	image->range[PORTSIEVE_RANGE_RULES].rule = 1;
	assert_string_equal(range_rule_name(image, PORTSIEVE_RANGE_RULES), "one");
	assert_string_equal(range_rule_name(image, PORTSIEVE_RANGE_RULES + 1), "zero");
	assert_string_equal(range_rule_name(image, 5), "_system");
	assert_string_equal(range_rule_name(image, PORTSIEVE_RANGE_DHCP - 1), "_dynamic");
	free(image);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_documented_reason_is_there_once),
		cmocka_unit_test(reasons_have_the_names_of_their_numbers),
		cmocka_unit_test(a_number_beyond_the_reasons_is_unknown),
		cmocka_unit_test(built_in_ranges_have_the_same_names_in_each_transport),
		cmocka_unit_test(a_range_has_the_name_of_its_rule_or_built_in_range),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
