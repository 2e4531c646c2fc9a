/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Packets in words: the frames, compared with hand-written bytes, and the errors for bad words. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "packet/text.h"

#define ADDRESSES "020000000000 020000000001 "
#define IPV4	  "0800 "
#define IPV6	  "86dd "
/* from 192.0.2.7 to 198.51.100.1 */
#define FROM_TO "0000 c0000207 c6336401 "
/* from 2001:db8::7 to 2001:db8::1 */
#define FROM_TO_6 "20010db8000000000000000000000007 20010db8000000000000000000000001 "
/* of ports 40000 and 8080 */
#define TCP_SYN "9c40 1f90 00000000 00000000 5002 0000 0000 0000"

enum { PADDED_BYTES = 60 };

static const struct made {
	const char *sentence, *text, *frame;
} frames[] = {
	{ "a TCP packet is a SYN if nothing else is said",
	  "tcp 192.0.2.7:40000 > 198.51.100.1:8080",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO TCP_SYN },
	{ "S is the SYN", "tcp 192.0.2.7:40000 > 198.51.100.1:8080 S",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO TCP_SYN },
	{ "white space around words is nothing",
	  " \ttcp  192.0.2.7:40000\t>\n198.51.100.1:8080  S \n",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO TCP_SYN },
	{ "6 is TCP", "6 192.0.2.7:40000 > 198.51.100.1:8080",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO TCP_SYN },
	{ "TCP over IPv6", "tcp [2001:db8::7]:40000 > [2001:db8::1]:8080",
	  ADDRESSES IPV6 "60000000 0014 06 40 " FROM_TO_6 TCP_SYN },
	{ "every letter of the flags is one", "tcp 192.0.2.7:40000 > 198.51.100.1:8080 FSRPAU",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO
			 "9c40 1f90 00000000 00000000 503f 0000 0000 0000" },
	{ "a dot is the ACK", "tcp 192.0.2.7:40000 > 198.51.100.1:8080 S.",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO
			 "9c40 1f90 00000000 00000000 5012 0000 0000 0000" },
	{ "F is the FIN", "tcp 192.0.2.7:40000 > 198.51.100.1:8080 F",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO
			 "9c40 1f90 00000000 00000000 5001 0000 0000 0000" },
	{ "R is the RST", "tcp 192.0.2.7:40000 > 198.51.100.1:8080 R",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO
			 "9c40 1f90 00000000 00000000 5004 0000 0000 0000" },
	{ "P is the PSH", "tcp 192.0.2.7:40000 > 198.51.100.1:8080 P",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO
			 "9c40 1f90 00000000 00000000 5008 0000 0000 0000" },
	{ "A is the ACK", "tcp 192.0.2.7:40000 > 198.51.100.1:8080 A",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO
			 "9c40 1f90 00000000 00000000 5010 0000 0000 0000" },
	{ "U is the URG", "tcp 192.0.2.7:40000 > 198.51.100.1:8080 U",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO
			 "9c40 1f90 00000000 00000000 5020 0000 0000 0000" },
	{ "none is no flag", "tcp 192.0.2.7:40000 > 198.51.100.1:8080 none",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO
			 "9c40 1f90 00000000 00000000 5000 0000 0000 0000" },
	{ "ports may be 0 and 65535", "udp 192.0.2.7:0 > 198.51.100.1:65535",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 11 " FROM_TO "0000 ffff 0008 0000" },
	{ "UDP over IPv6", "udp [2001:db8::7]:65535 > [2001:db8::1]:0",
	  ADDRESSES IPV6 "60000000 0008 11 40 " FROM_TO_6 "ffff 0000 0008 0000" },
	{ "UDP-Lite covers all of it", "udplite 192.0.2.7:1 > 198.51.100.1:2",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 88 " FROM_TO "0001 0002 0000 0000" },
	{ "SCTP is its common header", "sctp 192.0.2.7:1 > 198.51.100.1:2",
	  ADDRESSES IPV4 "4500 0020 0000 0000 40 84 " FROM_TO "0001 0002 00000000 00000000" },
	{ "SCTP over IPv6", "sctp [2001:db8::7]:1 > [2001:db8::1]:2",
	  ADDRESSES IPV6 "60000000 000c 84 40 " FROM_TO_6 "0001 0002 00000000 00000000" },
	{ "DCCP is a request", "dccp 192.0.2.7:1 > 198.51.100.1:2",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 21 " FROM_TO
			 "0001 0002 05 00 0000 01 00 0000 00000000 00000000" },
	{ "ICMP is an echo request if nothing else is said", "icmp 192.0.2.7 > 198.51.100.1",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 01 " FROM_TO "08 00 0000 0000 0000" },
	{ "a type of ICMP", "icmp 192.0.2.7 > 198.51.100.1 type 0",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 01 " FROM_TO "00 00 0000 0000 0000" },
	{ "ICMPv6 is an echo request if nothing else is said", "icmpv6 2001:db8::7 > 2001:db8::1",
	  ADDRESSES IPV6 "60000000 0008 3a 40 " FROM_TO_6 "80 00 0000 0000 0000" },
	{ "the last type of ICMPv6", "icmpv6 2001:db8::7 > [2001:db8::1] type 255",
	  ADDRESSES IPV6 "60000000 0008 3a 40 " FROM_TO_6 "ff 00 0000 0000 0000" },
	{ "58 is ICMPv6", "58 2001:db8::7 > 2001:db8::1",
	  ADDRESSES IPV6 "60000000 0008 3a 40 " FROM_TO_6 "80 00 0000 0000 0000" },
	{ "IGMP", "igmp 192.0.2.7 > 198.51.100.1 type 22",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 02 " FROM_TO "16 00 0000 0000 0000" },
	{ "protocol 0 is one", "0 192.0.2.7 > 198.51.100.1",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 00 " FROM_TO "00 00 0000 0000 0000" },
	{ "protocol 255 is one", "255 2001:db8::7 > 2001:db8::1",
	  ADDRESSES IPV6 "60000000 0008 ff 40 " FROM_TO_6 "00 00 0000 0000 0000" },
	{ "ICMP between IPv6 addresses is ICMPv6", "icmp 2001:db8::7 > 2001:db8::1",
	  ADDRESSES IPV6 "60000000 0008 3a 40 " FROM_TO_6 "80 00 0000 0000 0000" },
	{ "1 stays ICMP", "1 2001:db8::7 > 2001:db8::1",
	  ADDRESSES IPV6 "60000000 0008 01 40 " FROM_TO_6 "08 00 0000 0000 0000" },
	{ "GRE", "gre 192.0.2.7 > 198.51.100.1",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 2f " FROM_TO "00 00 0000 0000 0000" },
	{ "ESP", "esp 192.0.2.7 > 198.51.100.1",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 32 " FROM_TO "00 00 0000 0000 0000" },
	{ "AH", "ah 192.0.2.7 > 198.51.100.1",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 33 " FROM_TO "00 00 0000 0000 0000" },
	{ "ARP asks for the destination", "arp 192.0.2.7 > 198.51.100.1",
	  ADDRESSES "0806 0001 0800 06 04 0001 020000000001 c0000207 000000000000 c6336401" },
	{ "ARP in a VLAN", "arp 192.0.2.7 > 198.51.100.1 vlan 12",
	  ADDRESSES
	  "8100 000c 0806 0001 0800 06 04 0001 020000000001 c0000207 000000000000 c6336401" },
	{ "a source without a port has that of a client", "tcp 192.0.2.7 > 198.51.100.1:8080",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO TCP_SYN },
	{ "the same over IPv6", "tcp 2001:db8::7 > [2001:db8::1]:8080",
	  ADDRESSES IPV6 "60000000 0014 06 40 " FROM_TO_6 TCP_SYN },
	{ "a service is its port", "tcp 192.0.2.7 > 198.51.100.1:https",
	  ADDRESSES IPV4 "4500 0028 0000 0000 40 06 " FROM_TO
			 "9c40 01bb 00000000 00000000 5002 0000 0000 0000" },
	{ "a service as the source, in capitals", "udp 192.0.2.7:DOMAIN > 198.51.100.1:ntp",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 11 " FROM_TO "0035 007b 0008 0000" },
	{ "UDP-Lite has the services of UDP", "udplite 192.0.2.7:1 > 198.51.100.1:ntp",
	  ADDRESSES IPV4 "4500 001c 0000 0000 40 88 " FROM_TO "0001 007b 0000 0000" },
	{ "one tag", "udp 192.0.2.7:1 > 198.51.100.1:2 vlan 12",
	  ADDRESSES "8100 000c " IPV4 "4500 001c 0000 0000 40 11 " FROM_TO "0001 0002 0008 0000" },
	{ "four tags, of the least and the greatest ids, outermost first",
	  "tcp 192.0.2.7:40000 > 198.51.100.1:8080 vlan 0 vlan 4095 S vlan 1 vlan 2",
	  ADDRESSES "8100 0000 8100 0fff 8100 0001 8100 0002 " IPV4
		    "4500 0028 0000 0000 40 06 " FROM_TO TCP_SYN },
};

static size_t bytes_of(const char *hex, uint8_t *bytes)
{
	size_t digits = 0;

	memset(bytes, 0, PACKET_FRAME_MAX);
	for (; *hex; hex++)
		if (!isspace((unsigned char)*hex)) {
			char digit[2] = { *hex, 0 };

			bytes[digits / 2] |= strtoul(digit, NULL, 16) << (digits % 2 ? 0 : 4);
			digits++;
		}
	return digits / 2;
}

static void makes_the_frame_written_by_hand(void **state)
{
	const struct made *made = *state;
	uint8_t frame[PACKET_FRAME_MAX], expected[PACKET_FRAME_MAX];
	size_t length = 0, wanted = bytes_of(made->frame, expected);
	struct error error = { 0 };

	memset(frame, 0xff, sizeof(frame));
	if (packet_text_frame(made->text, frame, &length, &error))
		fail_msg("%s", error.text);
	assert_int_equal(length, wanted < PADDED_BYTES ? PADDED_BYTES : wanted);
	assert_memory_equal(frame, expected, length);
}

static const struct {
	const char *text, *words;
} refusals[] = {
	{ "", "a packet is written like 'tcp 192.0.2.7:40000 > 198.51.100.1:8080 S'" },
	{ "tcp", "a packet is written like" },
	{ "hex", "a packet is written like" },
	{ "tcp 1.2.3.4:1 >", "a packet is written like" },
	{ "tcp 1.2.3.4:1 1.2.3.4:2 S", "a packet is written like" },
	{ "tcp 1.2.3.4:1 < 1.2.3.4:2", "a packet is written like" },
	{ "tpc 1.2.3.4:1 > 1.2.3.4:2", "unknown protocol 'tpc' (did you mean 'tcp'?)" },
	{ "zzzzzz 1.2.3.4:1 > 1.2.3.4:2",
	  "unknown protocol 'zzzzzz' (tcp, udp, sctp, dccp, icmp, gre, arp ... or a number)" },
	{ "256 1.2.3.4 > 1.2.3.4", "unknown protocol '256'" },
	{ "-1 1.2.3.4 > 1.2.3.4", "unknown protocol '-1'" },
	{ "6x 1.2.3.4 > 1.2.3.4", "unknown protocol '6x'" },
	{ "tcp 1.2.3.4:65536 > 1.2.3.4:2", "'65536' is not a port from 0 to 65535" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:65536", "'65536' is not a port from 0 to 65535" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:99999999999999999999",
	  "'99999999999999999999' is not a port from 0 to 65535" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:", "'' is not a port from 0 to 65535" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:-1", "'-1' is not a port from 0 to 65535" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:htpp",
	  "no service 'htpp' for this protocol (did you mean 'http'?)" },
	{ "dccp 1.2.3.4:1 > 1.2.3.4:http", "no service 'http' for this protocol" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:flex-lm",
	  "'flex-lm' has several ports; write the number (see: portsieve registry flex-lm)" },
	{ "arp 1.2.3.4:1 > 1.2.3.4", "arp has no ports; write addresses alone" },
	{ "arp ::1 > ::2", "arp is for IPv4 addresses; write icmpv6 ... type 135" },
	{ "arp 1.2.3.4 > 1.2.3.4 type 1", "'type' is not `vlan ID`" },
	{ "apr 1.2.3.4 > 1.2.3.4", "unknown protocol 'apr' (did you mean 'arp'?)" },
	{ "tcp 1.2.3.4:1 > [::1]:65536", "'65536' is not a port from 0 to 65535" },
	{ "tcp 1.2.3:1 > 1.2.3.4:2", "'1.2.3:1' is not an address, ADDRESS:PORT or [IPV6]:PORT" },
	{ "tcp 1.2.3.4:1 > 1.2.3.256:2",
	  "'1.2.3.256:2' is not an address, ADDRESS:PORT or [IPV6]:PORT" },
	{ "tcp [::1]:1 > [::1]x", "'[::1]x' is not an address" },
	{ "tcp [::1]:1 > [::1", "'[::1' is not an address" },
	{ "tcp [::1]:1 > [::g]:2", "'[::g]:2' is not an address" },
	{ "tcp [1.2.3.4]:1 > [::1]:2", "'[1.2.3.4]:1' is not an address" },
	{ "tcp host:1 > [::1]:2", "'host:1' is not an address" },
	{ "tcp 1.2.3.4:1 > [::1]:2", "one address is IPv4 and the other IPv6" },
	{ "udp 1.2.3.4:1 > 1.2.3.4", "udp has ports; write the destination as ADDRESS:PORT" },
	{ "6 1.2.3.4 > 1.2.3.4", "6 has ports; write the destination as ADDRESS:PORT" },
	{ "icmp 1.2.3.4:1 > 1.2.3.4", "icmp has no ports; write addresses alone" },
	{ "47 1.2.3.4 > 1.2.3.4:1", "47 has no ports; write addresses alone" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:2 SX",
	  "'SX' is not TCP flags (letters of FSRPAU, or none), `type N` or `vlan ID`" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:2 s", "'s' is not TCP flags" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:2 S A",
	  "'A' is not to follow other TCP flags; write them as one word" },
	{ "udp 1.2.3.4:1 > 1.2.3.4:2 S", "'S' is not `type N` or `vlan ID`" },
	{ "icmp 1.2.3.4 > 1.2.3.4 type", "'type' is not `type N` or `vlan ID`" },
	{ "icmp 1.2.3.4 > 1.2.3.4 type 256", "'256' is not a type from 0 to 255" },
	{ "icmp 1.2.3.4 > 1.2.3.4 type echo", "'echo' is not a type from 0 to 255" },
	{ "tcp 1.2.3.4:1 > 1.2.3.4:2 type 8", "'type' is not for a protocol with ports" },
	{ "udp 1.2.3.4:1 > 1.2.3.4:2 vlan 4096", "'4096' is not a VLAN id from 0 to 4095" },
	{ "udp 1.2.3.4:1 > 1.2.3.4:2 vlan x", "'x' is not a VLAN id from 0 to 4095" },
	{ "udp 1.2.3.4:1 > 1.2.3.4:2 vlan", "'vlan' is not `type N` or `vlan ID`" },
	{ "udp 1.2.3.4:1 > 1.2.3.4:2 vlan 1 vlan 2 vlan 3 vlan 4 vlan 5",
	  "'vlan' is not to be given more than four times" },
	{ "tcp 1 > 2 a a a a a a a a a a a a a a a a a a a a a a a a a a a a a",
	  "too many words, or a word is too long" },
	{ "hex 0", "a frame has at least 14 whole bytes" },
	{ "hex 02000000000002000000000108", "a frame has at least 14 whole bytes" },
	{ "hex 0200000000000200000000010800 4", "a frame has at least 14 whole bytes" },
	{ "hex 0200000000000200000000010800 4g",
	  "hex is followed by the frame's bytes, at most 2048" },
	{ "hex 0x0200000000000200000000010800", "hex is followed by the frame's bytes" },
};

static void refuse(const char *text, const char *words)
{
	uint8_t frame[PACKET_FRAME_MAX], untouched[PACKET_FRAME_MAX];
	struct error error = { 0 };
	size_t length = 4711;
	int r;

	memset(frame, 0xa5, sizeof(frame));
	memset(untouched, 0xa5, sizeof(untouched));
	r = packet_text_frame(text, frame, &length, &error);
	if (r != -EINVAL || error.exit != EXIT_USAGE || !strstr(error.text, words) ||
	    strncmp(error.text, "explain: ", 9))
		fail_msg("%s: %d, exit %d, %s", text, r, error.exit, error.text);
	assert_int_equal(length, 4711);
	assert_memory_equal(frame, untouched, sizeof(frame));
}

static void wrong_words_are_named_and_touch_nothing(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(refusals); i++)
		refuse(refusals[i].text, refusals[i].words);
}

static void hex_is_left_as_it_is(void **state)
{
	static const uint8_t expected[] = { 2, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 1, 8, 6, 0xab };
	uint8_t frame[PACKET_FRAME_MAX];
	struct error error = { 0 };
	size_t length;

	(void)state;
	assert_int_equal(packet_text_frame("hex 02:00:00:00:00:00 02 00 00 00 00 01\t0806 aB",
					   frame, &length, &error),
			 0);
	assert_int_equal(length, sizeof(expected));
	assert_memory_equal(frame, expected, sizeof(expected));
	assert_int_equal(
		packet_text_frame("hex 0200000000000200000000010806", frame, &length, &error), 0);
	assert_int_equal(length, 14);
}

static void hex_has_2048_bytes_at_most(void **state)
{
	static char text[4 + 2 * PACKET_FRAME_MAX + 3] = "hex ";
	uint8_t frame[PACKET_FRAME_MAX];
	struct error error = { 0 };
	size_t length;

	(void)state;
	memset(text + 4, 'c', 2 * PACKET_FRAME_MAX);
	assert_int_equal(packet_text_frame(text, frame, &length, &error), 0);
	assert_int_equal(length, PACKET_FRAME_MAX);
	assert_int_equal(frame[PACKET_FRAME_MAX - 1], 0xcc);
	memset(text + 4 + 2 * PACKET_FRAME_MAX, 'c', 2);
	refuse(text, "at most 2048");
}

static void words_have_79_letters_at_most(void **state)
{
	static char text[256];

	(void)state;
	snprintf(text, sizeof(text), "tcp %079d > 1.2.3.4:1", 1);
	refuse(text, "is not an address");
	snprintf(text, sizeof(text), "tcp %080d > 1.2.3.4:1", 1);
	refuse(text, "too many words, or a word is too long");
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(frames) + 4] = {
		cmocka_unit_test(wrong_words_are_named_and_touch_nothing),
		cmocka_unit_test(hex_is_left_as_it_is),
		cmocka_unit_test(hex_has_2048_bytes_at_most),
		cmocka_unit_test(words_have_79_letters_at_most),
	};

	for (size_t i = 0; i < ARRAY_SIZE(frames); i++)
		tests[4 + i] =
			(struct CMUnitTest){ frames[i].sentence, makes_the_frame_written_by_hand,
					     NULL, NULL, (void *)&frames[i] };
	return _cmocka_run_group_tests("a packet in words", tests, ARRAY_SIZE(tests), NULL, NULL);
}
