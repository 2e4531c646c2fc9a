/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of ports and their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "analysis/port_set.h"
#include "base/cleanup.h"

enum { MOST = 8 };

static const struct {
	struct {
		enum portsieve_transport transport;
		uint16_t low, high;
	} ports[MOST]; /* up to the first that is all zero */
	const char *text;
} cases[] = {
	{ {}, "" },
	{ { { PORTSIEVE_TCP, 80, 80 } }, "tcp/80" },
	{ { { PORTSIEVE_TCP, 443, 443 }, { PORTSIEVE_TCP, 80, 80 } }, "tcp/80,443" },
	{ { { PORTSIEVE_UDP, 63, 64 } }, "udp/63-64" },
	{ { { PORTSIEVE_DCCP, 0, 1 }, { PORTSIEVE_DCCP, 65535, 65535 } }, "dccp/0-1,65535" },
	{ { { PORTSIEVE_UDP, 0, 65535 } }, "udp/0-65535" },
	{ { { PORTSIEVE_UDP, 53, 53 }, { PORTSIEVE_TCP, 53, 53 } }, "tcp+udp/53" },
	{ { { PORTSIEVE_UDP, 53, 53 }, { PORTSIEVE_TCP, 53, 54 } }, "tcp/53-54 udp/53" },
	{ { { PORTSIEVE_UDP, 53, 53 }, { PORTSIEVE_TCP, 53, 53 }, { PORTSIEVE_SCTP, 53, 53 } },
	  "tcp+udp/53 sctp/53" },
};

static void sets_are_written_as_in_a_policy(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ struct port_set *set = calloc(1, sizeof(*set));
		_cleanup_free_ char *text = NULL;

		assert_non_null(set);
		for (size_t p = 0; p < MOST && cases[i].ports[p].high; p++)
			for (uint32_t port = cases[i].ports[p].low; port <= cases[i].ports[p].high;
			     port++)
				port_set_add(set, cases[i].ports[p].transport, (uint16_t)port);
		text = port_set_print(set);
		assert_string_equal(text, cases[i].text);
	}
}

static void a_port_is_in_the_set_of_its_transport_only(void **state)
{
	_cleanup_free_ struct port_set *set = calloc(1, sizeof(*set));

	(void)state;
	assert_non_null(set);
	port_set_add(set, PORTSIEVE_UDP, 64);
	assert_true(port_set_has(set, PORTSIEVE_UDP, 64));
	assert_false(port_set_has(set, PORTSIEVE_UDP, 63));
	assert_false(port_set_has(set, PORTSIEVE_UDP, 128));
	assert_false(port_set_has(set, PORTSIEVE_TCP, 64));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sets_are_written_as_in_a_policy),
		cmocka_unit_test(a_port_is_in_the_set_of_its_transport_only),
	};

	return cmocka_run_group_tests_name("port_set", tests, NULL, NULL);
}
