/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reasons have the names in the design, each once. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy/knobs.h"
#include "parse/l4.h"
#include "print/reason.h"

/* Sections 4 and 5 of the design, and docs/packets.md. */
static const char *const documented[] = {
	"non-ip",	  "mpls",	    "vlan-depth",	  "malformed-ethernet",
	"malformed-ipv4", "malformed-ipv6", "malformed-l4",	  "later-fragment",
	"tiny-fragment",  "ext-header",	    "routing-header",	  "ext-depth",
	"jumbogram",	  "no-port",	    "bad-flags",	  "icmp",
	"icmpv6",	  "igmp",	    "other-protocol",	  "dhcp-client",
	"return-socket",  "return-flow",    "return-established", "return-grace",
	"source-route",
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

/* Rules C1 to C7 of docs/packets.md, at the borders of each range of types. */
static const struct icmp_case {
	enum portsieve_reason reason;
	uint8_t type;
	const char *words;
} icmp_cases[] = {
	{ PORTSIEVE_ICMP, 0, "ICMP type 0; knob `icmp_echo`" },
	{ PORTSIEVE_ICMP, 3, "ICMP type 3, which always passes" },
	{ PORTSIEVE_ICMP, 5, "ICMP type 5; knob `icmp_other`" },
	{ PORTSIEVE_ICMP, 8, "ICMP type 8; knob `icmp_echo`" },
	{ PORTSIEVE_ICMP, 10, "ICMP type 10; knob `icmp_other`" },
	{ PORTSIEVE_ICMP, 11, "ICMP type 11, which always passes" },
	{ PORTSIEVE_ICMP, 12, "ICMP type 12, which always passes" },
	{ PORTSIEVE_ICMP, 13, "ICMP type 13; knob `icmp_other`" },
	{ PORTSIEVE_ICMPV6, 0, "ICMPv6 type 0; knob `icmpv6_other`" },
	{ PORTSIEVE_ICMPV6, 1, "ICMPv6 type 1, which always passes" },
	{ PORTSIEVE_ICMPV6, 5, "ICMPv6 type 5; knob `icmpv6_other`" },
	{ PORTSIEVE_ICMPV6, 128, "ICMPv6 type 128; knob `icmpv6_echo`" },
	{ PORTSIEVE_ICMPV6, 129, "ICMPv6 type 129; knob `icmpv6_echo`" },
	{ PORTSIEVE_ICMPV6, 130, "ICMPv6 type 130, which always passes" },
	{ PORTSIEVE_ICMPV6, 135, "ICMPv6 type 135, which always passes" },
	{ PORTSIEVE_ICMPV6, 137, "ICMPv6 type 137; knob `icmpv6_other`" },
	{ PORTSIEVE_ICMPV6, 144, "ICMPv6 type 144; knob `icmpv6_mobility`" },
	{ PORTSIEVE_ICMPV6, 147, "ICMPv6 type 147; knob `icmpv6_mobility`" },
	{ PORTSIEVE_ICMPV6, 150, "ICMPv6 type 150; knob `icmpv6_other`" },
	{ PORTSIEVE_ICMPV6, 153, "ICMPv6 type 153, which always passes" },
	{ PORTSIEVE_ICMPV6, 255, "ICMPv6 type 255; knob `icmpv6_other`" },
};

static void an_icmp_type_is_told_with_the_one_knob_that_decides_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(icmp_cases) / sizeof(icmp_cases[0]); i++)
		assert_string_equal(reason_print(icmp_cases[i].reason,
						 &(struct reason_detail){ icmp_cases[i].type, 0 })
					    .text,
				    icmp_cases[i].words);
}

static void assert_knob(enum portsieve_reason reason, uint8_t type, enum portsieve_knob knob)
{
	struct reason_text text = reason_print(reason, &(struct reason_detail){ type, 0 });
	char words[64] = ", which always passes";

	if (knob != PORTSIEVE_KNOB_PASS)
		snprintf(words, sizeof(words), "; knob `%s`", knobs[knob].name);
	assert_string_equal(text.text + strlen(text.text) - strlen(words), words);
}

static void the_knob_of_every_type_is_the_one_that_the_parser_asks(void **state)
{
	(void)state;
	for (int type = 0; type < 256; type++) {
		assert_knob(PORTSIEVE_ICMP, (uint8_t)type, icmp_knob((uint8_t)type));
		assert_knob(PORTSIEVE_ICMPV6, (uint8_t)type, icmpv6_knob((uint8_t)type));
	}
}

static void words_are_one_sentence_that_names_its_knob_as_one(void **state)
{
	(void)state;
	for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		struct reason_text text = reason_print(reason, &(struct reason_detail){ -1, 0 });
		const char *words = text.text, *quote = strchr(words, '`');

		assert_true(words[0]);
		assert_null(strstr(words, "not for discovery"));
		if (!quote)
			continue;
		assert_memory_equal(quote - strlen("; knob "), "; knob ", strlen("; knob "));
		assert_ptr_equal(strchr(quote + 1, '`'), words + strlen(words) - 1);
	}
	assert_string_equal(
		reason_print(PORTSIEVE_DHCP_CLIENT, &(struct reason_detail){ -1, 0 }).text,
		"a reply to a DHCP client; knob `dhcp_client`");
}

static void the_knob_is_that_of_the_words(void **state)
{
	static const struct reason_detail headers = {
		-1, 1ull << PORTSIEVE_KNOB_MOBILITY | 1ull << PORTSIEVE_KNOB_HOP_BY_HOP |
			    1ull << PORTSIEVE_KNOB_ROUTING_TYPE_4 |
			    1ull << PORTSIEVE_KNOB_ROUTING_TYPE_3
	};

	(void)state;
	assert_string_equal(reason_knob(PORTSIEVE_MPLS, &(struct reason_detail){ -1, 0 }), "mpls");
	assert_string_equal(reason_knob(PORTSIEVE_LATER_FRAGMENT, &(struct reason_detail){ -1, 0 }),
			    "later_fragment");
	assert_string_equal(reason_knob(PORTSIEVE_OTHER_PROTOCOL, &(struct reason_detail){ -1, 0 }),
			    "other_protocol");
	assert_string_equal(reason_knob(PORTSIEVE_DHCP_CLIENT, &(struct reason_detail){ -1, 0 }),
			    "dhcp_client");
	assert_string_equal(reason_knob(PORTSIEVE_ICMP, &(struct reason_detail){ 8, 0 }),
			    "icmp_echo");
	assert_null(reason_knob(PORTSIEVE_ICMP, &(struct reason_detail){ 3, 0 }));
	assert_null(reason_knob(PORTSIEVE_ICMP, &(struct reason_detail){ -1, 0 }));
	assert_null(reason_knob(PORTSIEVE_NON_IP, &(struct reason_detail){ -1, 0 }));
	assert_null(reason_knob(PORTSIEVE_EXT_HEADER, &(struct reason_detail){ -1, 0 }));
	assert_string_equal(reason_knob(PORTSIEVE_EXT_HEADER, &headers), "hop_by_hop");
	assert_string_equal(reason_knob(PORTSIEVE_ROUTING_HEADER, &headers), "routing_type_3");
	assert_null(reason_knob(PORTSIEVE_REASONS,
				&(struct reason_detail){ -1, 0 })); /* a rule or the default */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_documented_reason_is_there_once),
		cmocka_unit_test(reasons_have_the_names_of_their_numbers),
		cmocka_unit_test(a_number_beyond_the_reasons_is_unknown),
		cmocka_unit_test(built_in_ranges_have_the_same_names_in_each_transport),
		cmocka_unit_test(a_range_has_the_name_of_its_rule_or_built_in_range),
		cmocka_unit_test(an_icmp_type_is_told_with_the_one_knob_that_decides_it),
		cmocka_unit_test(the_knob_of_every_type_is_the_one_that_the_parser_asks),
		cmocka_unit_test(the_knob_is_that_of_the_words),
		cmocka_unit_test(words_are_one_sentence_that_names_its_knob_as_one),
	};

	return cmocka_run_group_tests_name("reason", tests, NULL, NULL);
}
