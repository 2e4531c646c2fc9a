/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The addresses, ICMP types and extension headers that `explain` names, for packets in words and in
 * hex.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "packet/text.h"
#include "packet/headers.h"

#define ETHERNET "hex 020000000001 020000000002 "
#define IPV4	 "45 00 001c 0000 0000 40 11 0000 c0000207 c6336401 "
#define UDP	 "9c40 0035 0008 0000"
#define IPV6	 "20010db8000000000000000000000007 20010db8000000000000000000000001 "

#define KNOB(knob) (1ull << PORTSIEVE_KNOB_##knob)

static const struct named {
	const char *packet, *source, *destination;
	int icmp_type;
	uint64_t ext_knobs;
} packets[] = {
	{ "tcp 192.0.2.7:40000 > 198.51.100.1:22", "192.0.2.7", "198.51.100.1", -1, 0 },
	{ "tcp [2001:db8::7]:1 > [2001:db8::1]:22", "2001:db8::7", "2001:db8::1", -1, 0 },
	{ "udp 192.0.2.7:1 > 198.51.100.1:53 vlan 1 vlan 2", "192.0.2.7", "198.51.100.1", -1, 0 },
	{ "icmp 192.0.2.7 > 198.51.100.1", "192.0.2.7", "198.51.100.1", 8, 0 },
	{ "icmp 192.0.2.7 > 198.51.100.1 type 0", "192.0.2.7", "198.51.100.1", 0, 0 },
	{ "icmp 192.0.2.7 > 198.51.100.1 type 255 vlan 9", "192.0.2.7", "198.51.100.1", 255, 0 },
	{ "icmpv6 2001:db8::7 > 2001:db8::1 type 135", "2001:db8::7", "2001:db8::1", 135, 0 },
	/* 58 over IPv4 is not ICMPv6 */
	{ "58 192.0.2.7 > 198.51.100.1 type 135", "192.0.2.7", "198.51.100.1", -1, 0 },
	/* 802.1ad outside of 802.1Q */
	{ ETHERNET "88a8 0001 8100 0002 0800 " IPV4 UDP, "192.0.2.7", "198.51.100.1", -1, 0 },
	/* PPPoE with a protocol of two bytes, and of one */
	{ ETHERNET "8864 11 00 0001 001e 0021 " IPV4 UDP, "192.0.2.7", "198.51.100.1", -1, 0 },
	{ ETHERNET "8864 11 00 0001 001d 21 " IPV4 UDP, "192.0.2.7", "198.51.100.1", -1, 0 },
	/* 4 bytes of options, then a timestamp request */
	{ ETHERNET "0800 46 00 0020 0000 0000 40 01 0000 c0000207 c6336401 01010101 "
		   "0d00 0000 0000 0000",
	  "192.0.2.7", "198.51.100.1", 13, 0 },
	/* hop-by-hop of 8 bytes, authentication of 12, a fragment header, then 143 */
	{ ETHERNET "86dd 60000000 0020 00 ff " IPV6 "3300 0502 0000 0100 "
		   "2c01 0000 00000001 00000001 "
		   "3a63 0000 00000001 "
		   "8f00 0000",
	  "2001:db8::7", "2001:db8::1", 143,
	  KNOB(HOP_BY_HOP) | KNOB(AUTHENTICATION) | KNOB(FRAGMENT) },
	/* routing headers of types 3 and 2; mobility, HIP and Shim6 */
	{ ETHERNET "86dd 60000000 0010 2b ff " IPV6 "2b00 0300 0000 0000 3b00 0200 0000 0000",
	  "2001:db8::7", "2001:db8::1", -1, KNOB(ROUTING) | KNOB(ROUTING_TYPE_3) | KNOB(PASS) },
	{ ETHERNET "86dd 60000000 0020 3c ff " IPV6 "8700 0000 0000 0000 8b00 0000 0000 0000 "
		   "8c00 0000 0000 0000 3b00 0000 0000 0000",
	  "2001:db8::7", "2001:db8::1", -1,
	  KNOB(DESTINATION_OPTIONS) | KNOB(MOBILITY) | KNOB(HIP) | KNOB(SHIM6) },
	/* a later fragment: what looks like a routing header is payload */
	{ ETHERNET "86dd 60000000 0010 2c ff " IPV6 "2b00 0008 00000001 3b00 0000 0000 0000",
	  "2001:db8::7", "2001:db8::1", -1, KNOB(FRAGMENT) },
};

static struct frame_names names_of(const char *text)
{
	uint8_t frame[PACKET_FRAME_MAX];
	struct error error = { 0 };
	size_t length_bytes;

	if (packet_text_frame(text, frame, &length_bytes, &error))
		fail_msg("%s: %s", text, error.text);
	return frame_names_of(frame, length_bytes);
}

static void addresses_and_types_are_those_of_the_packet(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		const struct named *packet = &packets[i];
		struct frame_names names = names_of(packet->packet);

		assert_true(names.has_addresses);
		assert_string_equal(policy_prefix_print(&names.source).text, packet->source);
		assert_string_equal(policy_prefix_print(&names.destination).text,
				    packet->destination);
		assert_int_equal(names.icmp_type, packet->icmp_type);
		assert_true(names.ext_knobs == packet->ext_knobs);
	}
}

static void what_is_not_ip_has_neither(void **state)
{
	static const char *const others[] = {
		ETHERNET "0806 0001 0800",
		ETHERNET "8100 0001 0806 0001",
		ETHERNET "8864 11 00 0001 0002 c021 0000 0000",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct frame_names names = names_of(others[i]);

		assert_false(names.has_addresses);
		assert_int_equal(names.icmp_type, -1);
	}
}

/* Each prefix of a frame has its own allocation, so that ASan detects reads past its end. */
static void nothing_is_read_past_the_end_of_a_frame(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(packets) / sizeof(packets[0]); i++) {
		uint8_t frame[PACKET_FRAME_MAX];
		struct error error = { 0 };
		size_t length_bytes;

		assert_int_equal(packet_text_frame(packets[i].packet, frame, &length_bytes, &error),
				 0);
		for (size_t cut = 1; cut <= length_bytes; cut++) {
			uint8_t *beginning = malloc(cut);

			memcpy(beginning, frame, cut);
			frame_names_of(beginning, cut);
			free(beginning);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_and_types_are_those_of_the_packet),
		cmocka_unit_test(what_is_not_ip_has_neither),
		cmocka_unit_test(nothing_is_read_past_the_end_of_a_frame),
	};

	return cmocka_run_group_tests_name("print_frame", tests, NULL, NULL);
}
