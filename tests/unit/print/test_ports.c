/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Counts by port, made by hand: their order, what is new, and how they are printed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <json-c/json.h>

#include "base/deadline.h"
#include "lib/printed.h"
#include "print/ports.h"

enum { DAY = 24 * 3600, NOW_S = 10 * DAY };

static struct port_counts counts;

static void put(enum portsieve_transport transport, uint16_t port, uint64_t passed,
		uint64_t dropped, uint64_t would_drop, uint32_t first_s)
{
	counts.packets[transport][PORTSIEVE_PASSED][port] = passed;
	counts.packets[transport][PORTSIEVE_DROPPED][port] = dropped;
	counts.packets[transport][PORTSIEVE_WOULD_DROP][port] = would_drop;
	counts.first_s[transport][port] = first_s;
}

static int set_up(void **state)
{
	(void)state;
	memset(&counts, 0, sizeof(counts));
	counts.per_port = DATAPATH_PER_PORT_ALL;
	counts.read_ns = NOW_S * SECOND_NS;
	counts.read_real_ns = 1786924801 * SECOND_NS; /* 2026-08-17T00:00:01Z */
	counts.since_s = NOW_S - 3 * DAY - 2 * 3600 - 7;
	put(PORTSIEVE_TCP, 443, UINT64_MAX, 0, 0, NOW_S - 3 * DAY);
	put(PORTSIEVE_TCP, 23, 0, 90, 0, NOW_S - DAY);
	put(PORTSIEVE_UDP, 23, 0, 10, 80, NOW_S - DAY + 1);
	put(PORTSIEVE_UDP, 65535, 0, 1, 0, NOW_S - 8000);
	put(PORTSIEVE_TCP, 0, 1, 0, 0, NOW_S);
	return 0;
}

static void assert_order(enum port_order order, const char *expected)
{
	struct port_key *ports;
	size_t count;
	char text[256] = "";

	assert_int_equal(port_counts_sort(&counts, order, &ports, &count), 0);
	for (size_t i = 0; i < count; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%u",
			 ports[i].transport ? " udp/" : " tcp/", ports[i].port);
	free(ports);
	assert_string_equal(text, expected);
}

static void of_equal_ports_the_lower_and_tcp_come_first(void **state)
{
	(void)state;
	assert_order(PORTS_BY_PACKETS, " tcp/443 tcp/23 udp/23 tcp/0 udp/65535");
	assert_order(PORTS_BY_DROPPED, " tcp/23 udp/23 udp/65535 tcp/443 tcp/0");
	assert_order(PORTS_BY_FIRST_SEEN, " tcp/0 udp/65535 udp/23 tcp/23 tcp/443");
}

static void a_port_is_new_for_a_day(void **state)
{
	(void)state;
	assert_false(port_is_new(&counts, PORTSIEVE_TCP, 23));
	assert_true(port_is_new(&counts, PORTSIEVE_UDP, 23));
	assert_true(port_is_new(&counts, PORTSIEVE_TCP, 0));
	assert_false(port_is_new(&counts, PORTSIEVE_TCP, 1)); /* never seen */
}

/* What is printed of the first `top` ports; the caller frees it. */
static char *printed(size_t top, bool json)
{
	static const struct datapath_device device = { .name = "eth0", .ifindex = 7 };
	struct ports_view view = { .device = &device, .counts = &counts };
	struct port_key *ports;
	struct capture capture;

	assert_int_equal(port_counts_sort(&counts, PORTS_BY_PACKETS, &ports, &view.seen), 0);
	view.ports = ports;
	view.shown = view.seen < top ? view.seen : top;
	capture = capture_start(stdout);
	assert_int_equal(json ? print_ports_json(&view, 1) : print_ports_text(&view), 0);
	free(ports);
	return capture_end(&capture);
}

static void assert_printed(size_t top, const char *expected)
{
	char *text = printed(top, false);

	assert_string_equal(text, expected);
	free(text);
}

static void the_table(void **state)
{
	(void)state;
	assert_printed(4, "eth0  packets by port, counted for 3d2h\n"
			  "\n"
			  "  PORT  PROTOCOL  SERVICE                      PASSED  DROPPED  WOULD "
			  "DROP  FIRST SEEN\n"
			  "   443  tcp       https    18,446,744,073,709,551,615        -          "
			  " -      3d ago\n"
			  "    23  tcp       telnet                            -       90          "
			  " -      1d ago\n"
			  "    23  udp       telnet                            -       10          "
			  "80  23h59m ago  new\n"
			  "     0  tcp       -                                 1        -          "
			  " -      0s ago  new\n"
			  "\n"
			  "  4 of 5 ports; --top 5 shows all\n");
}

static void the_table_of_a_first_day_without_passed_packets(void **state)
{
	(void)state;
	counts.per_port = DATAPATH_PER_PORT_DROPPED;
	counts.since_s = NOW_S - DAY + 1;
	put(PORTSIEVE_TCP, 443, 0, 0, 0, 0);
	put(PORTSIEVE_TCP, 0, 0, 0, 0, 0);
	put(PORTSIEVE_UDP, 23, 0, 0, 0, 0);
	assert_printed(20, "eth0  dropped packets by port, counted for 23h59m\n"
			   "\n"
			   "   PORT  PROTOCOL  SERVICE  DROPPED  FIRST SEEN\n"
			   "     23  tcp       telnet        90      1d ago\n"
			   "  65535  udp       -              1   2h13m ago\n"
			   "\n"
			   "  no port is marked as new in the first 24 hours of counting\n");
}

static void the_json(void **state)
{
	char *text = printed(3, true);
	json_object *document = json_tokener_parse(text), *devices, *device, *ports;

	(void)state;
	assert_non_null(document);
	assert_true(json_object_object_get_ex(document, "devices", &devices));
	device = json_object_array_get_idx(devices, 0);
	assert_true(json_object_object_get_ex(device, "ports", &ports));
	assert_string_equal(json_object_to_json_string_ext(json_object_array_get_idx(ports, 0), 0),
			    "{\"port\":443,\"protocol\":\"tcp\",\"service\":\"https\",\"passed\":"
			    "18446744073709551615,"
			    "\"dropped\":0,\"would_drop\":0,\"first_seen\":\"2026-08-14T00:00:"
			    "01Z\",\"new\":false}");
	assert_string_equal(
		json_object_to_json_string_ext(json_object_array_get_idx(ports, 2), 0),
		"{\"port\":23,\"protocol\":\"udp\",\"service\":\"telnet\",\"passed\":0,\"dropped\":"
		"10,"
		"\"would_drop\":80,\"first_seen\":\"2026-08-16T00:00:02Z\",\"new\":true}");
	json_object_object_del(device, "ports");
	assert_string_equal(json_object_to_json_string_ext(device, JSON_C_TO_STRING_NOSLASHESCAPE),
			    "{\"device\":\"eth0\",\"ifindex\":7,\"per_port\":\"all\","
			    "\"since\":\"2026-08-13T21:59:54Z\",\"ports_seen\":5}");
	json_object_put(document);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(of_equal_ports_the_lower_and_tcp_come_first, set_up),
		cmocka_unit_test_setup(a_port_is_new_for_a_day, set_up),
		cmocka_unit_test_setup(the_table, set_up),
		cmocka_unit_test_setup(the_table_of_a_first_day_without_passed_packets, set_up),
		cmocka_unit_test_setup(the_json, set_up),
	};

	return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
