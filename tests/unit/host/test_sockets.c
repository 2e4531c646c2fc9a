/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Messages of sock_diag, written by hand byte by byte, as sockets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/inet_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include "base/cleanup.h"
#include "host/sockets.h"

enum { MOST = 4 };

static struct host_socket taken[MOST];
static size_t taken_count;
static int answer; /* of take */

static int take(const struct host_socket *socket, void *context)
{
	assert_ptr_equal(context, &answer);
	assert_true(taken_count < MOST);
	taken[taken_count++] = *socket;
	return answer;
}

static char buffer[1024] __attribute__((aligned(MNL_ALIGNTO)));

/* Port 80 is 00 50 on the wire. */
static struct inet_diag_msg *begin(uint8_t family, const uint8_t *address, size_t bytes)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct inet_diag_msg *diag = mnl_nlmsg_put_extra_header(message, sizeof(*diag));
	static const uint8_t port[2] = { 0x00, 0x50 };

	taken_count = 0;
	answer = 0;
	diag->idiag_family = family;
	diag->idiag_state = TCP_LISTEN;
	memcpy(diag->id.idiag_src, address, bytes);
	memcpy(&diag->id.idiag_sport, port, sizeof(port));
	return diag;
}

static struct nlmsghdr *message(void)
{
	return (struct nlmsghdr *)buffer;
}

static int parse(void)
{
	return sockets_take_message(message(), IPPROTO_TCP, take, &answer);
}

static const uint8_t any[16], four[4] = { 192, 0, 2, 1 };
static const uint8_t six[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 7 };
static const uint8_t mapped[16] = { [10] = 0xff, 0xff, 192, 0, 2, 1 };

static void every_field_is_read(void **state)
{
	struct inet_diag_msg *diag = begin(AF_INET, four, sizeof(four));
	static const uint8_t peer[4] = { 198, 51, 100, 9 }, peer_port[2] = { 0x9c, 0x40 };

	(void)state;
	diag->idiag_state = TCP_ESTABLISHED;
	memcpy(diag->id.idiag_dst, peer, sizeof(peer));
	memcpy(&diag->id.idiag_dport, peer_port, sizeof(peer_port));
	diag->id.idiag_if = 3;
	diag->idiag_uid = 1000;
	diag->idiag_inode = 4242;
	mnl_attr_put_u64(message(), INET_DIAG_CGROUP_ID, UINT64_C(0x100000002a));
	assert_int_equal(parse(), 0);
	assert_int_equal(taken_count, 1);
	assert_int_equal(taken[0].protocol, IPPROTO_TCP);
	assert_int_equal(taken[0].family, AF_INET);
	assert_int_equal(taken[0].state, TCP_ESTABLISHED);
	assert_memory_equal(taken[0].address, four, 4);
	assert_memory_equal(taken[0].address + 4, any, 12);
	assert_memory_equal(taken[0].peer, peer, 4);
	assert_int_equal(taken[0].port, 80);
	assert_int_equal(taken[0].peer_port, 40000);
	assert_int_equal(taken[0].ifindex, 3);
	assert_int_equal(taken[0].uid, 1000);
	assert_int_equal(taken[0].inode, 4242);
	assert_true(taken[0].cgroup_id == UINT64_C(0x100000002a));
	assert_false(taken[0].both);
}

static void a_mapped_address_is_ipv4(void **state)
{
	(void)state;
	begin(AF_INET6, mapped, sizeof(mapped));
	assert_int_equal(parse(), 0);
	assert_int_equal(taken[0].family, AF_INET);
	assert_memory_equal(taken[0].address, four, 4);
	assert_memory_equal(taken[0].address + 4, any, 12);
}

/* Both families: only IPv6 sockets on the unspecified address without IPV6_V6ONLY. */
static void who_takes_both_families(void **state)
{
	static const struct {
		uint8_t family;
		const uint8_t *address;
		int v6only; /* -1: not in the message */
		bool both;
	} cases[] = {
		{ AF_INET6, any, 0, true },  { AF_INET6, any, -1, true },
		{ AF_INET6, any, 1, false }, { AF_INET6, six, 0, false },
		{ AF_INET, any, 0, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		begin(cases[i].family, cases[i].address, cases[i].family == AF_INET ? 4 : 16);
		if (cases[i].v6only >= 0)
			mnl_attr_put_u8(message(), INET_DIAG_SKV6ONLY, (uint8_t)cases[i].v6only);
		assert_int_equal(parse(), 0);
		assert_int_equal(taken[0].both, cases[i].both);
	}
}

/* The kernel's message for an SCTP socket bound to an address of each family. */
static void sctp_is_taken_once_for_each_address(void **state)
{
	struct sockaddr_storage locals[2] = { 0 };
	struct sockaddr_in *first = (struct sockaddr_in *)&locals[0];
	struct sockaddr_in6 *second = (struct sockaddr_in6 *)&locals[1];

	(void)state;
	first->sin_family = AF_INET;
	memcpy(&first->sin_addr, four, sizeof(four));
	second->sin6_family = AF_INET6;
	memcpy(&second->sin6_addr, six, sizeof(six));
	begin(AF_INET6, six, sizeof(six));
	mnl_attr_put(message(), INET_DIAG_LOCALS, sizeof(locals), locals);
	assert_int_equal(parse(), 0);
	assert_int_equal(taken_count, 2);
	assert_int_equal(taken[0].family, AF_INET);
	assert_memory_equal(taken[0].address, four, 4);
	assert_int_equal(taken[1].family, AF_INET6);
	assert_memory_equal(taken[1].address, six, 16);
	assert_int_equal(taken[1].port, 80);
}

static void what_take_returns_ends_it(void **state)
{
	struct sockaddr_storage locals[2] = { { .ss_family = AF_INET }, { .ss_family = AF_INET } };

	(void)state;
	begin(AF_INET, four, sizeof(four));
	mnl_attr_put(message(), INET_DIAG_LOCALS, sizeof(locals), locals);
	answer = 7;
	assert_int_equal(parse(), 7);
	assert_int_equal(taken_count, 1);
}

static void a_short_or_foreign_message_is_refused(void **state)
{
	struct inet_diag_msg *diag;

	(void)state;
	begin(AF_INET, four, sizeof(four));
	message()->nlmsg_len -= 4;
	assert_int_equal(parse(), -EBADMSG);
	diag = begin(AF_INET, four, sizeof(four));
	diag->idiag_family = AF_UNIX;
	assert_int_equal(parse(), -EBADMSG);
	assert_int_equal(taken_count, 0);
}

static void loopback_is_127_and_1(void **state)
{
	static const struct {
		uint8_t family;
		uint8_t address[16];
		bool loopback;
	} cases[] = {
		{ AF_INET, { 127, 0, 0, 1 }, true },	{ AF_INET, { 127, 0, 0, 53 }, true },
		{ AF_INET, { 126, 0, 0, 1 }, false },	{ AF_INET, { 0 }, false },
		{ AF_INET6, { [15] = 1 }, true },	{ AF_INET6, { 0 }, false },
		{ AF_INET6, { 127, [15] = 1 }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct host_socket socket = { .family = cases[i].family };

		memcpy(socket.address, cases[i].address, sizeof(socket.address));
		assert_int_equal(socket_is_loopback(&socket), cases[i].loopback);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_field_is_read),
		cmocka_unit_test(a_mapped_address_is_ipv4),
		cmocka_unit_test(who_takes_both_families),
		cmocka_unit_test(sctp_is_taken_once_for_each_address),
		cmocka_unit_test(what_take_returns_ends_it),
		cmocka_unit_test(a_short_or_foreign_message_is_refused),
		cmocka_unit_test(loopback_is_127_and_1),
	};

	return cmocka_run_group_tests_name("sockets", tests, NULL, NULL);
}
