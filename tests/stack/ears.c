/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the sockets of one namespace make of what they receive: receipts. Of TCP it is the answer
 * that counts, a SYN-ACK or a RST, seen where it leaves the veth pair.
 */
#include "lab.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"

#define SECOND_LAST_BYTE 2

enum {
	MESSAGES = 64,
	MESSAGE_BYTES = 256,
	CONTROL_BYTES = 128,
	PATIENCE_MS = 500,
	RAW_L4_MIN = 12, /* of SCTP and DCCP, which would refuse less */
};

static struct receiver {
	struct mmsghdr messages[MESSAGES];
	struct iovec parts[MESSAGES];
	struct sockaddr_storage from[MESSAGES];
	uint8_t bytes[MESSAGES][MESSAGE_BYTES];
	uint8_t control[MESSAGES][CONTROL_BYTES];
} receiver;

static uint32_t id_of4(const uint8_t *address)
{
	return address[0] == 10 ? (uint32_t)(address[1] << 16 | address[2] << 8 | address[3])
				: LAB_ID_NONE;
}

static uint32_t id_of6(const uint8_t *address)
{
	static const uint8_t prefix[13] = { 0x20, 1, 0x0d, 0xb8, 0, 5 };

	return memcmp(address, prefix, sizeof(prefix))
		       ? LAB_ID_NONE
		       : (uint32_t)(address[13] << 16 | address[14] << 8 | address[15]);
}

static uint32_t id_of_name(const struct sockaddr_storage *name)
{
	if (name->ss_family == AF_INET)
		return id_of4((const uint8_t *)&((const struct sockaddr_in *)name)->sin_addr);
	return id_of6((const uint8_t *)&((const struct sockaddr_in6 *)name)->sin6_addr);
}

static uint16_t port_at(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Each hear_... returns whether the message is a receipt. */

static bool hear_datagram(struct msghdr *header, const struct sockaddr_storage *from,
			  struct lab_receipt *receipt)
{
	receipt->id = id_of_name(from);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_ORIGDSTADDR) {
			const struct sockaddr_in *to = (const void *)CMSG_DATA(c);

			receipt->port = ntohs(to->sin_port);
			receipt->second = (ntohl(to->sin_addr.s_addr) & 0xff) == SECOND_LAST_BYTE;
			return true;
		}
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_ORIGDSTADDR) {
			const struct sockaddr_in6 *to = (const void *)CMSG_DATA(c);

			receipt->port = ntohs(to->sin6_port);
			receipt->second = to->sin6_addr.s6_addr[15] == SECOND_LAST_BYTE;
			return true;
		}
	}
	return false;
}

static bool hear_raw4(const uint8_t *bytes, size_t length, struct lab_receipt *receipt)
{
	size_t header = (size_t)(bytes[0] & 15) * 4;

	if (length < header + RAW_L4_MIN)
		return false;
	receipt->id = id_of4(bytes + 12);
	receipt->second = bytes[19] == SECOND_LAST_BYTE;
	receipt->port = port_at(bytes + header + 2);
	return true;
}

static bool hear_raw6(struct msghdr *header, const struct sockaddr_storage *from,
		      const uint8_t *bytes, size_t length, struct lab_receipt *receipt)
{
	if (length < RAW_L4_MIN)
		return false;
	receipt->id = id_of_name(from);
	receipt->port = port_at(bytes + 2);
	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c))
		if (c->cmsg_level == IPPROTO_IPV6 && c->cmsg_type == IPV6_PKTINFO)
			receipt->second = ((const struct in6_pktinfo *)(const void *)CMSG_DATA(c))
						  ->ipi6_addr.s6_addr[15] == SECOND_LAST_BYTE;
	return true;
}

/*
 * The answer to a source-routed segment goes to the last router: its sequence numbers, which
 * continue those of the segment, name the shot then.
 */
static uint32_t id_of_numbers(const uint8_t *tcp)
{
	uint32_t number =
		(uint32_t)(tcp[13] & 2 ? tcp[8] << 24 | tcp[9] << 16 | tcp[10] << 8 | tcp[11]
				       : tcp[4] << 24 | tcp[5] << 16 | tcp[6] << 8 | tcp[7]);

	number -= tcp[13] & 2 ? 1 : 0;
	return number >> 24 == LAB_MAGIC ? number & 0xffffff : LAB_ID_NONE;
}

/* From the first or second address. What is forwarded comes out at the same device. */
static bool is_answer(const uint8_t *ip)
{
	static const uint8_t ipv4[3] = { 198, 51, 100 };
	static const uint8_t ipv6[15] = { 0x20, 1, 0x0d, 0xb8 };

	if (ip[0] >> 4 == 4)
		return !memcmp(ip + 12, ipv4, sizeof(ipv4)) && (ip[15] == 1 || ip[15] == 2);
	return !memcmp(ip + 8, ipv6, sizeof(ipv6)) && (ip[23] == 1 || ip[23] == 2);
}

static bool hear_reply(const uint8_t *frame, size_t length, struct lab_receipt *receipt)
{
	const uint8_t *ip = frame + 14, *tcp;

	if (length < 14 + 20)
		return false;
	tcp = ip + (ip[0] >> 4 == 4 ? (ip[0] & 15) * 4 : 40);
	if (tcp + 20 > frame + length || !(tcp[13] & 4 || (tcp[13] & 0x12) == 0x12))
		return false;
	if (!is_answer(ip))
		return false;
	receipt->id = ip[0] >> 4 == 4 ? id_of4(ip + 16) : id_of6(ip + 24);
	if (receipt->id == LAB_ID_NONE)
		receipt->id = id_of_numbers(tcp);
	receipt->second = ip[ip[0] >> 4 == 4 ? 15 : 23] == SECOND_LAST_BYTE;
	receipt->port = port_at(tcp);
	return true;
}

static bool hear(const struct lab_ear *ear, int i, struct lab_receipt *receipt)
{
	struct msghdr *header = &receiver.messages[i].msg_hdr;
	const uint8_t *bytes = receiver.bytes[i];
	size_t length = receiver.messages[i].msg_len;

	*receipt = (struct lab_receipt){ .protocol = ear->protocol };
	switch (ear->kind) {
	case EAR_DATAGRAM:
		return hear_datagram(header, &receiver.from[i], receipt);
	case EAR_RAW4:
		return hear_raw4(bytes, length, receipt);
	case EAR_RAW6:
		return hear_raw6(header, &receiver.from[i], bytes, length, receipt);
	case EAR_REPLIES:
		return hear_reply(bytes, length, receipt);
	}
	return false;
}

static int receive(int fd)
{
	for (int i = 0; i < MESSAGES; i++) {
		receiver.parts[i] = (struct iovec){ receiver.bytes[i], MESSAGE_BYTES };
		receiver.messages[i].msg_hdr = (struct msghdr){
			.msg_name = &receiver.from[i],
			.msg_namelen = sizeof(receiver.from[i]),
			.msg_iov = &receiver.parts[i],
			.msg_iovlen = 1,
			.msg_control = receiver.control[i],
			.msg_controllen = CONTROL_BYTES,
		};
	}
	int count = recvmmsg(fd, receiver.messages, MESSAGES, MSG_DONTWAIT, NULL);

	return count < 0 ? -errno : count;
}

struct drain {
	enum lab_side side;
	uint32_t control;
	bool ended;
	lab_receipt_fn *take;
	void *context;
};

static int ear_drain(const struct lab_ear *ear, struct drain *drain)
{
	int count;

	do {
		struct lab_receipt receipt;

		count = receive(ear->fd);
		if (count == -EAGAIN || count == -EINTR)
			return 0;
		if (count < 0)
			return count;
		for (int i = 0; i < count; i++) {
			if (!hear(ear, i, &receipt))
				continue;
			if (receipt.id != LAB_ID_NONE && receipt.id >= LAB_ID_CONTROLS)
				drain->ended = drain->ended || receipt.id == drain->control;
			else
				drain->take(drain->context, drain->side, &receipt);
		}
	} while (count == MESSAGES);
	return 0;
}

/* One pass over all sockets after the control frame's answer: what came before it is there. */
int ears_drain(struct lab *lab, enum lab_side which, uint32_t control, lab_receipt_fn *take,
	       void *context)
{
	struct lab_namespace *side = &lab->sides[which];
	struct drain drain = { which, control, false, take, context };
	struct epoll_event events[LAB_EARS_MAX];
	bool last = false;

	for (;;) {
		int count = epoll_wait(side->epoll, events, LAB_EARS_MAX, last ? 0 : PATIENCE_MS);

		if (count < 0 && errno != EINTR)
			return -errno;
		if (!count)
			return last ? 0 : -ETIMEDOUT;
		for (int i = 0; i < count; i++) {
			int r = ear_drain(&side->ears[events[i].data.u32], &drain);

			if (r)
				return r;
		}
		last = drain.ended;
	}
}
