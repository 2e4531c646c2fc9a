/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Tests of user/policy/registry.c and of its table: spot checks against IANA's registry,
 * its totals, and that the three ways to ask (name, port, assigned ranges) agree everywhere.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include <cmocka.h>

#include "policy/registry.h"

enum {
	TCP = 1 << PORTSIEVE_TCP,
	UDP = 1 << PORTSIEVE_UDP,
	SCTP = 1 << PORTSIEVE_SCTP,
	DCCP = 1 << PORTSIEVE_DCCP,
	ALL = TCP | UDP | SCTP | DCCP,
	MOST = 64, /* more services than any name or port has */
};

static const struct {
	const char *name;
	uint16_t low;
	uint16_t high;
	uint8_t transports;
} spots[] = {
	{ "discard", 9, 9, ALL },
	{ "ssh", 22, 22, TCP | UDP | SCTP },
	{ "domain", 53, 53, TCP | UDP },
	{ "http", 80, 80, TCP | UDP | SCTP },
	{ "www", 80, 80, TCP | UDP },
	{ "whois++", 63, 63, TCP | UDP },
	{ "mysql", 3306, 3306, TCP | UDP },
	{ "active-net", 3322, 3325, TCP | UDP },
	{ "vrml-multi-use", 4200, 4299, TCP | UDP },
	{ "vision-mon", 4413, 4413, TCP },
	{ "postgresql", 5432, 5432, TCP | UDP },
	{ "dtn-bundle", 4556, 4556, TCP | UDP | DCCP },
	{ "stun-behaviors", 5349, 5349, TCP | UDP }, /* described as reserved for over UDP */
	{ "x11", 6000, 6063, TCP | UDP },
	{ "boe-resssvr4", 6410, 6410, TCP | UDP },
	{ "ircu", 6665, 6669, TCP },
	{ "inetfs", 7775, 7775, TCP }, /* this one and the next inside an Unassigned range */
	{ "pushns", 7997, 7997, TCP },
	{ "sua", 14001, 14001, TCP | SCTP }, /* De-Registered for UDP */
	{ "flex-lm", 27000, 27009, TCP | UDP },
};

static const struct {
	size_t ports;
	size_t ranges;
} totals[] = {
	[PORTSIEVE_TCP] = { 6155, 872 },
	[PORTSIEVE_UDP] = { 5762, 797 },
	[PORTSIEVE_SCTP] = { 88, 57 },
	[PORTSIEVE_DCCP] = { 9, 7 },
};

/* Ports that rows of the registry mention without assigning them. */
static const struct {
	uint16_t port;
	uint8_t transports;
} not_assigned[] = {
	{ 0, ALL },	{ 2, ALL },	{ 4, ALL },	 { 15, ALL },	 { 51, ALL },
	{ 114, ALL },	{ 225, ALL },	{ 585, ALL },	 { 659, ALL },	 { 1008, UDP },
	{ 1028, ALL },	{ 1783, ALL },	{ 2682, ALL },	 { 2825, ALL },	 { 2925, ALL },
	{ 3404, ALL },	{ 7626, UDP },	{ 7776, ALL },	 { 7775, UDP },	 { 8010, ALL },
	{ 9006, ALL },	{ 14001, UDP }, { 14001, DCCP }, { 26264, ALL }, { 49151, ALL },
	{ 49152, ALL }, { 65535, ALL },
};

static void assert_on_one_line(const char *text)
{
	for (; *text; text++)
		assert_true((unsigned char)*text >= ' ' && *text != 0x7f);
}

static void assert_well_formed(const struct registry_service *service)
{
	assert_true(service->low > 0);
	assert_true(service->low <= service->high);
	assert_true(service->transports && service->transports <= ALL);
	assert_on_one_line(service->name);
	assert_on_one_line(service->description);
}

static bool has_port(const struct registry_service *service, uint16_t port)
{
	const struct registry_service *found[MOST];
	size_t count = registry_by_port(port, service->transports, found, MOST);

	assert_true(count <= MOST);
	for (size_t i = 0; i < count; i++)
		if (found[i] == service)
			return true;
	return false;
}

static void is_of_the_date_of_its_xml(void **state)
{
	(void)state;
	assert_string_equal(registry_date(), "2026-08-17");
}

static void finds_well_known_services_by_name(void **state)
{
	const struct registry_service *found[MOST];

	(void)state;
	for (size_t i = 0; i < sizeof(spots) / sizeof(spots[0]); i++) {
		assert_int_equal(registry_by_name(spots[i].name, ALL, found, MOST), 1);
		assert_string_equal(found[0]->name, spots[i].name);
		assert_int_equal(found[0]->low, spots[i].low);
		assert_int_equal(found[0]->high, spots[i].high);
		assert_int_equal(found[0]->transports, spots[i].transports);
	}
}

static void finds_a_range_by_each_port_of_it_and_no_other(void **state)
{
	const struct registry_service *found[MOST];

	(void)state;
	for (size_t i = 0; i < sizeof(spots) / sizeof(spots[0]); i++) {
		registry_by_name(spots[i].name, ALL, found, MOST);
		const struct registry_service *service = found[0];

		assert_true(has_port(service, service->low));
		assert_true(has_port(service, service->high));
		assert_false(has_port(service, (uint16_t)(service->low - 1)));
		assert_false(has_port(service, (uint16_t)(service->high + 1)));
	}
}

static void compares_names_without_case(void **state)
{
	const struct registry_service *found[MOST];

	(void)state;
	assert_int_equal(registry_by_name("HTTP", TCP, found, MOST), 1);
	assert_string_equal(found[0]->name, "http");
	assert_int_equal(registry_by_name("ethernet-ip-1", TCP, found, MOST), 1);
	assert_string_equal(found[0]->name, "EtherNet-IP-1");
	assert_int_equal(registry_by_name("mIcRoSoFt-Ds", UDP, found, MOST), 1);
	assert_int_equal(found[0]->low, 445);
}

static void knows_no_other_names(void **state)
{
	static const char *const unknown[] = { "",	" ", "htt", "httpz",
					       "http ", "!", "~",   "\xc3\xa9" };
	const struct registry_service *found[MOST];

	(void)state;
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		assert_int_equal(registry_by_name(unknown[i], ALL, found, MOST), 0);
}

static void judges_each_transport_separately(void **state)
{
	const struct registry_service *found[MOST];

	(void)state;
	assert_int_equal(registry_by_name("http", DCCP, found, MOST), 0);
	assert_int_equal(registry_by_name("http", SCTP | DCCP, found, MOST), 1);
	assert_int_equal(registry_by_name("http", 0, found, MOST), 0);
	assert_int_equal(registry_by_port(80, SCTP, found, MOST), 1);
	assert_int_equal(registry_by_port(80, DCCP, found, MOST), 0);
	assert_int_equal(registry_by_port(80, 0, found, MOST), 0);
}

static void lists_the_ports_of_a_name_in_ascending_order(void **state)
{
	const struct registry_service *found[MOST];

	(void)state;
	assert_int_equal(registry_by_name("http-alt", TCP, found, MOST), 3);
	assert_int_equal(found[0]->low, 591);
	assert_int_equal(found[1]->low, 8008);
	assert_int_equal(found[2]->low, 8080);
}

static void lists_the_names_of_a_port_in_the_order_of_the_registry(void **state)
{
	const struct registry_service *found[MOST];

	(void)state;
	assert_int_equal(registry_by_port(80, TCP, found, MOST), 3);
	assert_string_equal(found[0]->name, "http");
	assert_string_equal(found[1]->name, "www");
	assert_string_equal(found[2]->name, "www-http");
}

static void writes_no_more_services_than_there_is_room_for(void **state)
{
	const struct registry_service *const untouched = (const void *)spots;
	const struct registry_service *found[3] = { untouched, untouched, untouched };

	(void)state;
	assert_int_equal(registry_by_name("http-alt", ALL, NULL, 0), 3);
	assert_int_equal(registry_by_name("http-alt", ALL, found, 2), 3);
	assert_int_equal(found[1]->low, 8008);
	assert_ptr_equal(found[2], untouched);
	assert_int_equal(registry_by_port(80, TCP, NULL, 0), 3);
	assert_int_equal(registry_by_port(80, TCP, found, 1), 3);
	assert_string_equal(found[0]->name, "http");
	assert_int_equal(found[1]->low, 8008);
}

static void finds_assignments_without_a_name_by_port(void **state)
{
	static const uint16_t private[] = { 24, 35, 57, 59, 75, 77, 87 };
	const struct registry_service *found[MOST];

	(void)state;
	for (size_t i = 0; i < sizeof(private) / sizeof(private[0]); i++) {
		assert_true(registry_by_port(private[i], ALL, found, MOST) >= 1);
		assert_string_equal(found[0]->name, "");
		assert_int_equal(found[0]->transports, TCP | UDP);
		assert_int_equal(strncmp(found[0]->description, "any private ", 12), 0);
	}
}

static void keeps_descriptions_in_utf8_on_one_line(void **state)
{
	const struct registry_service *found[MOST];

	(void)state;
	assert_int_equal(registry_by_name("vision-mon", ALL, found, MOST), 1);
	assert_string_equal(found[0]->description, "FORT\xc3\x89 Vision Monitoring platform");
	assert_int_equal(registry_by_name("turn", ALL, found, MOST), 1);
	assert_string_equal(found[0]->description, "TURN over TCP; udp: TURN over UDP");
	assert_int_equal(registry_by_name("whoispp", ALL, found, MOST), 1);
	assert_string_equal(found[0]->description, "whois++ IANA assigned this well-formed service "
						   "name as a replacement for \"whois++\".");
	assert_int_equal(registry_by_name("klogin", ALL, found, MOST), 1);
	assert_string_equal(found[0]->description, "");
}

static void does_not_assign_what_is_reserved_or_given_back(void **state)
{
	const struct registry_service *found[MOST];

	(void)state;
	for (size_t i = 0; i < sizeof(not_assigned) / sizeof(not_assigned[0]); i++)
		assert_int_equal(registry_by_port(not_assigned[i].port, not_assigned[i].transports,
						  found, MOST),
				 0);
}

static void has_the_totals_of_the_registry(void **state)
{
	(void)state;
	for (unsigned int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++) {
		const struct registry_range *range;
		size_t ranges = registry_assigned(transport, &range);
		size_t ports = 0;

		for (size_t i = 0; i < ranges; i++)
			ports += range[i].high - range[i].low + 1u;
		assert_int_equal(ranges, totals[transport].ranges);
		assert_int_equal(ports, totals[transport].ports);
	}
}

static void keeps_assigned_ranges_ascending_and_apart(void **state)
{
	(void)state;
	for (unsigned int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++) {
		const struct registry_range *range;
		size_t ranges = registry_assigned(transport, &range);

		assert_true(range[0].low > 0);
		for (size_t i = 0; i < ranges; i++) {
			assert_true(range[i].low <= range[i].high);
			if (i > 0)
				assert_true(range[i].low > range[i - 1].high + 1);
		}
	}
}

static void assigns_exactly_the_ports_that_have_a_service(void **state)
{
	(void)state;
	for (unsigned int transport = 0; transport < PORTSIEVE_TRANSPORTS; transport++) {
		const struct registry_range *range;
		size_t ranges = registry_assigned(transport, &range);
		size_t next = 0;

		for (unsigned int port = 0; port < PORTSIEVE_PORTS; port++) {
			if (next < ranges && port > range[next].high)
				next++;
			bool assigned = next < ranges && port >= range[next].low;

			assert_int_equal(
				registry_by_port((uint16_t)port, 1u << transport, NULL, 0) > 0,
				assigned);
		}
	}
}

static void lists_the_narrowest_service_of_a_port_first(void **state)
{
	const struct registry_service *found[MOST];

	(void)state;
	for (unsigned int port = 0; port < PORTSIEVE_PORTS; port++) {
		size_t count = registry_by_port((uint16_t)port, ALL, found, MOST);

		assert_true(count <= MOST);
		for (size_t i = 0; i < count; i++) {
			assert_well_formed(found[i]);
			if (i > 0)
				assert_true(found[i]->high - found[i]->low >=
					    found[i - 1]->high - found[i - 1]->low);
		}
	}
}

/* Every service of a name: found under it in order, and by each of its ports. */
static size_t assert_round_trip(const char *name)
{
	const struct registry_service *found[MOST];
	size_t count = registry_by_name(name, ALL, found, MOST);

	assert_true(count >= 1 && count <= MOST);
	for (size_t i = 0; i < count; i++) {
		assert_well_formed(found[i]);
		assert_int_equal(strcasecmp(found[i]->name, name), 0);
		if (i > 0)
			assert_true(found[i]->low > found[i - 1]->low);
		for (unsigned int port = found[i]->low; port <= found[i]->high; port++)
			assert_true(has_port(found[i], (uint16_t)port));
	}
	return count;
}

static void leads_from_every_name_to_its_ports_and_back(void **state)
{
	size_t names = 0;
	size_t services = 0;
	size_t with_several_ports = 0;

	(void)state;
	for (const char *name; (name = registry_name(names)); names++) {
		size_t count = assert_round_trip(name);

		services += count;
		with_several_ports += count > 1;
	}
	assert_int_equal(names, 6341);
	assert_int_equal(services, 6376);
	assert_int_equal(with_several_ports, 34);
}

static void names_each_service_once(void **state)
{
	const char *before = registry_name(0);
	size_t index = 1;

	(void)state;
	assert_true(*before);
	for (const char *name; (name = registry_name(index)); index++) {
		assert_true(strcasecmp(before, name) < 0);
		before = name;
	}
	assert_null(registry_name(index + 1));
	assert_null(registry_name(SIZE_MAX / 2));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(is_of_the_date_of_its_xml),
		cmocka_unit_test(finds_well_known_services_by_name),
		cmocka_unit_test(finds_a_range_by_each_port_of_it_and_no_other),
		cmocka_unit_test(compares_names_without_case),
		cmocka_unit_test(knows_no_other_names),
		cmocka_unit_test(judges_each_transport_separately),
		cmocka_unit_test(lists_the_ports_of_a_name_in_ascending_order),
		cmocka_unit_test(lists_the_names_of_a_port_in_the_order_of_the_registry),
		cmocka_unit_test(writes_no_more_services_than_there_is_room_for),
		cmocka_unit_test(finds_assignments_without_a_name_by_port),
		cmocka_unit_test(keeps_descriptions_in_utf8_on_one_line),
		cmocka_unit_test(does_not_assign_what_is_reserved_or_given_back),
		cmocka_unit_test(has_the_totals_of_the_registry),
		cmocka_unit_test(keeps_assigned_ranges_ascending_and_apart),
		cmocka_unit_test(assigns_exactly_the_ports_that_have_a_service),
		cmocka_unit_test(lists_the_narrowest_service_of_a_port_first),
		cmocka_unit_test(leads_from_every_name_to_its_ports_and_back),
		cmocka_unit_test(names_each_service_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
