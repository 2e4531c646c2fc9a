/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The sockets of one namespace of the lab, on every port, and the socket that sees TCP's answers.
 */
#include "lab.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <sys/epoll.h>

#include "base/cleanup.h"

enum {
	BUFFER_BYTES = 32 << 20,
	FILTERED_BYTES = 256, /* of an answer are kept */
	IPPROTO_DCCP_ = 33,
	IPPROTO_SCTP_ = 132,
};

const uint16_t lab_ports[] = { 22, 23, 53, 68, 80, 161, 443, 546, 2000, 2999, 3000, 3999, 4000 };
const size_t lab_port_count = ARRAY_SIZE(lab_ports);

static int ear_add(struct lab_namespace *side, int fd, uint8_t protocol, enum lab_ear_kind kind)
{
	struct epoll_event event = { .events = EPOLLIN, .data.u32 = (uint32_t)side->ear_count };
	const int bytes = BUFFER_BYTES;

	if (side->ear_count == LAB_EARS_MAX)
		return -E2BIG;
	side->ears[side->ear_count++] = (struct lab_ear){ fd, protocol, kind };
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		return -errno;
	return epoll_ctl(side->epoll, EPOLL_CTL_ADD, fd, &event) ? -errno : 0;
}

static int option_set(int fd, int level, int name)
{
	const int one = 1;

	return setsockopt(fd, level, name, &one, sizeof(one)) ? -errno : 0;
}

static int bind_any(int fd, int family, uint16_t port)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET, .sin_port = htons(port) };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_port = htons(port) };
	int r = option_set(fd, SOL_SOCKET, SO_REUSEADDR);

	if (r)
		return r;
	if (family == AF_INET)
		return bind(fd, (struct sockaddr *)&ipv4, sizeof(ipv4)) ? -errno : 0;
	r = option_set(fd, IPPROTO_IPV6, IPV6_V6ONLY);
	return r ?: bind(fd, (struct sockaddr *)&ipv6, sizeof(ipv6)) ? -errno : 0;
}

/* Datagrams say where they were sent to, and IPv6's may have no checksum. */
static int datagram_add(struct lab_namespace *side, int family, uint8_t protocol, uint16_t port)
{
	int fd = socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	int r = fd < 0 ? -errno : ear_add(side, fd, protocol, EAR_DATAGRAM);

	if (!r && family == AF_INET)
		r = option_set(fd, IPPROTO_IP, IP_RECVORIGDSTADDR);
	if (!r && family == AF_INET6)
		r = option_set(fd, IPPROTO_IPV6, IPV6_RECVORIGDSTADDR);
	if (!r && family == AF_INET6 && protocol == IPPROTO_UDP)
		r = option_set(fd, IPPROTO_UDP, UDP_NO_CHECK6_RX);
	r = r ?: bind_any(fd, family, port);
	return r ?: fd;
}

static int raw_add(struct lab_namespace *side, int family, uint8_t protocol)
{
	int fd = socket(family, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, protocol);
	int r = fd < 0 ? -errno
		       : ear_add(side, fd, protocol, family == AF_INET ? EAR_RAW4 : EAR_RAW6);

	return r || family == AF_INET ? r : option_set(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO);
}

/* The sockets that the look-up gives every port: `key` as in every_port.bpf.c. */
static int everywhere_add(struct lab_namespace *side, int family, bool udp)
{
	int map = bpf_object__find_map_fd_by_name(side->object, "sockets");
	uint32_t key = (family == AF_INET6) + 2 * (uint32_t)udp;
	uint64_t socket_fd;
	int fd, r;

	if (udp) {
		fd = datagram_add(side, family, IPPROTO_UDP, 1);
		r = fd < 0 ? fd : 0;
	} else {
		fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		r = fd < 0 ? -errno : bind_any(fd, family, 1);
		r = r ?: listen(fd, 4096) ? -errno : 0;
		if (!r) /* never read: only answers count */
			side->ears[side->ear_count++] = (struct lab_ear){ .fd = fd };
	}
	socket_fd = (uint64_t)fd;
	return r ?: bpf_map_update_elem(map, &key, &socket_fd, BPF_ANY) ? -errno : 0;
}

int ears_open(struct lab_namespace *side)
{
	static const int families[] = { AF_INET, AF_INET6 };
	int r = 0;

	side->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (side->epoll < 0)
		return -errno;
	for (size_t i = 0; !r && i < ARRAY_SIZE(families); i++) {
		r = everywhere_add(side, families[i], false);
		r = r ?: everywhere_add(side, families[i], true);
		r = r ?: raw_add(side, families[i], IPPROTO_SCTP_);
		r = r ?: raw_add(side, families[i], IPPROTO_DCCP_);
		for (size_t port = 0; r >= 0 && port < lab_port_count; port++) {
			r = datagram_add(side, families[i], IPPROTO_UDP, lab_ports[port]);
			if (r >= 0)
				r = datagram_add(side, families[i], IPPROTO_UDPLITE,
						 lab_ports[port]);
		}
		r = r < 0 ? r : 0;
	}
	return r;
}

/* TCP over IPv4 or IPv6 without extension headers, as the stack answers. */
int ears_add_replies(struct lab_namespace *side, const char *sender)
{
	struct sock_filter instructions[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 12),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IP, 0, 2),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 9),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 3, 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ETH_P_IPV6, 0, 3),
		BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 14 + 6),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, FILTERED_BYTES),
		BPF_STMT(BPF_RET | BPF_K, 0),
	};
	struct sock_fprog filter = { ARRAY_SIZE(instructions), instructions };
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = (int)if_nametoindex(sender) };
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r = fd < 0 ? -errno : ear_add(side, fd, IPPROTO_TCP, EAR_REPLIES);

	r = r ?: option_set(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING);
	if (!r && setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
		return -errno;
	return r ?: bind(fd, (struct sockaddr *)&address, sizeof(address)) ? -errno : 0;
}

void ears_close(struct lab_namespace *side)
{
	for (size_t i = 0; i < side->ear_count; i++)
		cleanup_close(&side->ears[i].fd);
	side->ear_count = 0;
	cleanup_close(&side->epoll);
	side->epoll = -1;
}
