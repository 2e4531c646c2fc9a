/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of ctnetlink, as the kernel nests them, as connections. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_conntrack_common.h>
#include <linux/netfilter/nf_conntrack_tcp.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "host/conntrack.h"

static struct tracked_connection taken;
static size_t taken_count;
static int answer; /* of take */

static int take(const struct tracked_connection *connection, void *context)
{
	assert_ptr_equal(context, &answer);
	taken = *connection;
	taken_count++;
	return answer;
}

static char buffer[1024] __attribute__((aligned(MNL_ALIGNTO)));

static struct nlmsghdr *message(void)
{
	return (struct nlmsghdr *)buffer;
}

static void begin(void)
{
	memset(buffer, 0, sizeof(buffer));
	mnl_nlmsg_put_header(buffer);
	mnl_nlmsg_put_extra_header(message(), sizeof(struct nfgenmsg));
	taken_count = 0;
	answer = 0;
}

/* Ports 0x1234 and 0x0050, as bytes on the wire. */
static void put_tuple(uint16_t type, uint8_t protocol, const void *source, const void *destination,
		      size_t bytes, bool is_reply)
{
	static const uint8_t client[2] = { 0x12, 0x34 }, server[2] = { 0x00, 0x50 };
	struct nlattr *tuple = mnl_attr_nest_start(message(), type);
	struct nlattr *ip = mnl_attr_nest_start(message(), CTA_TUPLE_IP);
	struct nlattr *proto;

	mnl_attr_put(message(), bytes == 4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, bytes, source);
	mnl_attr_put(message(), bytes == 4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, bytes, destination);
	mnl_attr_nest_end(message(), ip);
	proto = mnl_attr_nest_start(message(), CTA_TUPLE_PROTO);
	mnl_attr_put_u8(message(), CTA_PROTO_NUM, protocol);
	mnl_attr_put(message(), CTA_PROTO_SRC_PORT, 2, is_reply ? server : client);
	mnl_attr_put(message(), CTA_PROTO_DST_PORT, 2, is_reply ? client : server);
	mnl_attr_nest_end(message(), proto);
	mnl_attr_nest_end(message(), tuple);
}

static void put_tcp_state(uint8_t state)
{
	struct nlattr *info = mnl_attr_nest_start(message(), CTA_PROTOINFO);
	struct nlattr *tcp = mnl_attr_nest_start(message(), CTA_PROTOINFO_TCP);

	mnl_attr_put_u8(message(), CTA_PROTOINFO_TCP_STATE, state);
	mnl_attr_nest_end(message(), tcp);
	mnl_attr_nest_end(message(), info);
}

static const uint8_t lan[4] = { 10, 0, 0, 2 }, web[4] = { 192, 0, 2, 1 },
		     wan[4] = { 198, 51, 100, 9 };

static int parse(void)
{
	return conntrack_take_message(message(), take, &answer);
}

static void a_masqueraded_connection_has_its_tuples_as_on_the_wire(void **state)
{
	(void)state;
	begin();
	put_tuple(CTA_TUPLE_ORIG, IPPROTO_TCP, lan, web, 4, false);
	put_tuple(CTA_TUPLE_REPLY, IPPROTO_TCP, web, wan, 4, true);
	put_tcp_state(TCP_CONNTRACK_ESTABLISHED);
	assert_int_equal(parse(), 0);
	assert_int_equal(taken_count, 1);
	assert_int_equal(taken.original.family, AF_INET);
	assert_memory_equal(taken.original.source, lan, 4);
	assert_int_equal(taken.original.source_port, htons(0x1234));
	assert_memory_equal(taken.reply.source, web, 4);
	assert_memory_equal(taken.reply.destination, wan, 4);
	assert_int_equal(taken.reply.source_port, htons(0x50));
	assert_int_equal(taken.reply.destination_port, htons(0x1234));
	assert_int_equal(taken.zone, 0);
}

static void all_protocols_with_ports_are_taken(void **state)
{
	static const uint8_t protocols[] = { IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP,
					     IPPROTO_DCCP };
	static const uint8_t one[16] = { 0x20, 1, 0xd, 0xb8, [15] = 1 },
			     two[16] = { 0x20, 1, 0xd, 0xb8, [15] = 2 };

	(void)state;
	for (size_t i = 0; i < sizeof(protocols); i++) {
		begin();
		put_tuple(CTA_TUPLE_ORIG, protocols[i], one, two, 16, false);
		put_tuple(CTA_TUPLE_REPLY, protocols[i], two, one, 16, true);
		mnl_attr_put_u16(message(), CTA_ZONE, htons(7));
		assert_int_equal(parse(), 0);
		assert_int_equal(taken_count, 1);
		assert_int_equal(taken.reply.protocol, protocols[i]);
		assert_int_equal(taken.reply.family, AF_INET6);
		assert_memory_equal(taken.reply.source, two, 16);
		assert_int_equal(taken.zone, htons(7));
		assert_true(taken.is_open);
		assert_false(taken.is_over);
	}
}

static void tcp_is_open_by_its_state_and_answered_by_its_status(void **state)
{
	static const struct {
		uint8_t state;
		uint32_t status;
		bool is_open, is_answered, is_over;
	} cases[] = {
		{ TCP_CONNTRACK_NONE, 0, false, false, false },
		{ TCP_CONNTRACK_SYN_SENT, IPS_CONFIRMED, false, false, false },
		{ TCP_CONNTRACK_SYN_RECV, IPS_SEEN_REPLY, true, true, false },
		{ TCP_CONNTRACK_ESTABLISHED, IPS_CONFIRMED, true, false, false },
		{ TCP_CONNTRACK_ESTABLISHED, IPS_CONFIRMED | IPS_SEEN_REPLY, true, true, false },
		{ TCP_CONNTRACK_TIME_WAIT, IPS_SEEN_REPLY, true, true, true },
		{ TCP_CONNTRACK_CLOSE, IPS_SEEN_REPLY, false, true, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		begin();
		put_tuple(CTA_TUPLE_ORIG, IPPROTO_TCP, lan, web, 4, false);
		put_tuple(CTA_TUPLE_REPLY, IPPROTO_TCP, web, wan, 4, true);
		mnl_attr_put_u32(message(), CTA_STATUS, htonl(cases[i].status));
		put_tcp_state(cases[i].state);
		assert_int_equal(parse(), 0);
		assert_int_equal(taken_count, 1);
		assert_int_equal(taken.is_open, cases[i].is_open);
		assert_int_equal(taken.is_answered, cases[i].is_answered);
		assert_int_equal(taken.is_over, cases[i].is_over);
	}
}

static void other_protocols_are_left_out(void **state)
{
	(void)state;
	begin();
	put_tuple(CTA_TUPLE_ORIG, IPPROTO_GRE, lan, web, 4, false);
	put_tuple(CTA_TUPLE_REPLY, IPPROTO_GRE, web, wan, 4, true);
	assert_int_equal(parse(), 0);
	assert_int_equal(taken_count, 0);
}

static void a_message_without_addresses_is_left_out(void **state)
{
	(void)state;
	begin();
	put_tuple(CTA_TUPLE_ORIG, IPPROTO_TCP, lan, web, 2, false);
	put_tuple(CTA_TUPLE_REPLY, IPPROTO_TCP, web, wan, 4, true);
	assert_int_equal(parse(), 0);
	assert_int_equal(taken_count, 0);
	begin();
	assert_int_equal(parse(), 0);
	mnl_nlmsg_put_header(buffer);
	assert_int_equal(parse(), -EBADMSG);
}

static void what_take_returns_ends_the_walk(void **state)
{
	(void)state;
	begin();
	put_tuple(CTA_TUPLE_ORIG, IPPROTO_TCP, lan, web, 4, false);
	put_tuple(CTA_TUPLE_REPLY, IPPROTO_TCP, web, wan, 4, true);
	answer = -ENOMEM;
	assert_int_equal(parse(), -ENOMEM);
	assert_int_equal(taken_count, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_masqueraded_connection_has_its_tuples_as_on_the_wire),
		cmocka_unit_test(all_protocols_with_ports_are_taken),
		cmocka_unit_test(tcp_is_open_by_its_state_and_answered_by_its_status),
		cmocka_unit_test(other_protocols_are_left_out),
		cmocka_unit_test(a_message_without_addresses_is_left_out),
		cmocka_unit_test(what_take_returns_ends_the_walk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
