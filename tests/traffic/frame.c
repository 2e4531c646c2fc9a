/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Builds the template from the outside in: Ethernet, VLAN, IP, transport. TCP is by default a
 * SYN, SCTP an INIT and DCCP a Request: what a client would send first.
 */
#include "frame.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/dccp.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>

#define HOP_LIMIT	   64
#define TCP_WINDOW	   65535
#define SCTP_CHUNK_INIT	   1
#define SCTP_PARAMETER_PAD 0x8005 /* RFC 4820 */
#define CRC32C_POLYNOMIAL  0x82f63b78

struct vlan_header {
	__be16 tag;
	__be16 type;
};

struct sctp_init {
	__be16 source;
	__be16 dest;
	__be32 verification_tag;
	__le32 checksum;
	__u8 chunk_type;
	__u8 chunk_flags;
	__be16 chunk_length_bytes;
	__be32 initiate_tag;
	__be32 window_bytes;
	__be16 outbound_streams;
	__be16 inbound_streams;
	__be32 sequence;
};

struct sctp_parameter {
	__be16 type;
	__be16 length_bytes;
};

struct dccp_request {
	struct dccp_hdr header;
	__be32 sequence_low;
	__be32 service;
};

_Static_assert(sizeof(struct sctp_init) == 32, "RFC 9260");
_Static_assert(sizeof(struct dccp_request) == 20, "RFC 4340");

/* Bytes of every header, and where in the frame each begins. */
struct frame_places {
	__u32 ip;
	__u32 l4;
	__u32 payload;
};

static void ethernet_write(const struct frame_request *request, __u8 *bytes)
{
	__be16 ip_type = htons(request->ipv6 ? ETH_P_IPV6 : ETH_P_IP);
	bool tagged = request->vlan != FRAME_VLAN_NONE;
	struct ethhdr ethernet = { .h_proto = tagged ? htons(ETH_P_8021Q) : ip_type };

	memcpy(ethernet.h_dest, request->destination_mac, ETH_ALEN);
	memcpy(ethernet.h_source, request->source_mac, ETH_ALEN);
	memcpy(bytes, &ethernet, sizeof(ethernet));
	if (!tagged)
		return;

	struct vlan_header vlan = { .tag = htons(request->vlan), .type = ip_type };

	memcpy(bytes + sizeof(ethernet), &vlan, sizeof(vlan));
}

static void ipv4_write(const struct frame_request *request, __u32 size_bytes, __u8 *bytes)
{
	struct iphdr ip = {
		.version = 4,
		.ihl = sizeof(ip) / 4,
		.tot_len = htons(size_bytes),
		.frag_off = htons(0x4000), /* do not fragment */
		.ttl = HOP_LIMIT,
		.protocol = request->protocol,
	};

	memcpy(&ip.saddr, request->source, sizeof(ip.saddr));
	memcpy(&ip.daddr, request->destination, sizeof(ip.daddr));
	memcpy(bytes, &ip, sizeof(ip));
}

static void ipv6_write(const struct frame_request *request, __u32 size_bytes, __u8 *bytes)
{
	struct ipv6hdr ip = {
		.version = 6,
		.payload_len = htons(size_bytes - sizeof(ip)),
		.nexthdr = request->protocol,
		.hop_limit = HOP_LIMIT,
	};

	memcpy(&ip.saddr, request->source, sizeof(ip.saddr));
	memcpy(&ip.daddr, request->destination, sizeof(ip.daddr));
	memcpy(bytes, &ip, sizeof(ip));
}

static void tcp_write(const struct frame_request *request, __u32 size_bytes, __u8 *bytes)
{
	(void)size_bytes;

	struct tcphdr tcp = {
		.seq = htonl(1),
		.doff = sizeof(tcp) / 4,
		.window = htons(TCP_WINDOW),
	};

	memcpy(bytes, &tcp, sizeof(tcp));
	bytes[13] = request->tcp_flags; /* RFC 9293: CWR to FIN */
}

/* What an INIT chunk leaves of the packet is one PAD parameter, or up to 3 bytes of padding. */
static void sctp_write(const struct frame_request *request, __u32 size_bytes, __u8 *bytes)
{
	(void)request;

	__u32 left_bytes = size_bytes - sizeof(struct sctp_init);
	bool padded = left_bytes >= sizeof(struct sctp_parameter);
	__u32 chunk_bytes = size_bytes - offsetof(struct sctp_init, chunk_type);
	struct sctp_parameter pad = {
		.type = htons(SCTP_PARAMETER_PAD),
		.length_bytes = htons(left_bytes),
	};
	struct sctp_init init = {
		.chunk_type = SCTP_CHUNK_INIT,
		.chunk_length_bytes = htons(padded ? chunk_bytes : chunk_bytes - left_bytes),
		.initiate_tag = htonl(1),
		.window_bytes = htonl(65536),
		.outbound_streams = htons(1),
		.inbound_streams = htons(1),
		.sequence = htonl(1),
	};

	memcpy(bytes, &init, sizeof(init));
	if (padded)
		memcpy(bytes + sizeof(init), &pad, sizeof(pad));
}

static void dccp_write(const struct frame_request *request, __u32 size_bytes, __u8 *bytes)
{
	struct dccp_request dccp = {
		.header.dccph_doff = sizeof(dccp) / 4,
		.header.dccph_x = 1,
		.header.dccph_type = DCCP_PKT_REQUEST,
		.sequence_low = htonl(1),
	};

	(void)request;
	(void)size_bytes;
	memcpy(bytes, &dccp, sizeof(dccp));
}

static void udp_write(const struct frame_request *request, __u32 size_bytes, __u8 *bytes)
{
	struct udphdr udp = { .len = htons(size_bytes) };

	(void)request;
	memcpy(bytes, &udp, sizeof(udp));
}

static const struct transport {
	int protocol;
	__u32 header_bytes;
	__u32 checksum_at; /* from the start of the header */
	enum flood_checksum checksum;
	void (*write)(const struct frame_request *request, __u32 size_bytes, __u8 *bytes);
} transports[] = {
	{ IPPROTO_TCP, sizeof(struct tcphdr), offsetof(struct tcphdr, check), FLOOD_INTERNET,
	  tcp_write },
	{ IPPROTO_UDP, sizeof(struct udphdr), offsetof(struct udphdr, check), FLOOD_UDP,
	  udp_write },
	{ IPPROTO_SCTP, sizeof(struct sctp_init), offsetof(struct sctp_init, checksum),
	  FLOOD_CRC32C, sctp_write },
	{ IPPROTO_DCCP, sizeof(struct dccp_request), offsetof(struct dccp_hdr, dccph_checksum),
	  FLOOD_INTERNET, dccp_write },
};

static const struct transport *transport_find(int protocol)
{
	for (size_t i = 0; i < sizeof(transports) / sizeof(transports[0]); i++) {
		if (transports[i].protocol == protocol)
			return &transports[i];
	}
	return NULL;
}

static struct frame_places frame_place(const struct frame_request *request,
				       const struct transport *transport)
{
	struct frame_places places = { .ip = ETH_HLEN };

	if (request->vlan != FRAME_VLAN_NONE)
		places.ip += sizeof(struct vlan_header);
	places.l4 = places.ip + (request->ipv6 ? sizeof(struct ipv6hdr) : sizeof(struct iphdr));
	places.payload = places.l4 + transport->header_bytes;
	return places;
}

/* RFC 1071, in host order and not complemented. */
static __u32 internet_sum(__u32 sum, const __u8 *bytes, __u32 size_bytes)
{
	for (__u32 i = 0; i < size_bytes; i++)
		sum += i % 2 ? bytes[i] : bytes[i] << 8;
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return sum;
}

static __u32 crc32c_update(__u32 crc, const __u8 *bytes, __u32 size_bytes)
{
	for (__u32 i = 0; i < size_bytes; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? CRC32C_POLYNOMIAL : 0);
	}
	return crc;
}

/*
 * A CRC is linear: a bit of the message adds the CRC, begun with zero, of the message in which
 * it alone is set.
 */
static void crc_prepare(struct frame *frame, __u32 l4)
{
	struct flood_layout *layout = &frame->layout;
	__u32 size_bytes = frame->size_bytes - l4;
	__u8 alone[FRAME_MAXIMUM_BYTES] = { 0 };

	layout->l4_sum = ~crc32c_update(~0U, frame->bytes + l4, size_bytes);
	for (int word = FLOOD_DESTINATION_PORT; word <= FLOOD_SOURCE_PORT; word++) {
		for (int bit = 0; bit < FLOOD_WORD_BITS; bit++) {
			__be16 *at = (__be16 *)(alone + layout->sweeps[word].at - l4);

			*at = htons(1 << bit);
			layout->crc_bits[word][bit] = crc32c_update(0, alone, size_bytes);
			*at = 0;
		}
	}
}

/* The sum of the addresses, the protocol and the length, which IPv4 and IPv6 order differently. */
static __u32 pseudo_header_sum(const struct frame_request *request, const struct frame *frame,
			       const struct frame_places *places)
{
	__u32 addresses_bytes =
		request->ipv6 ? 2 * sizeof(struct in6_addr) : 2 * sizeof(struct in_addr);

	return internet_sum(request->protocol + frame->size_bytes - places->l4,
			    frame->bytes + places->l4 - addresses_bytes, addresses_bytes);
}

static void checksums_prepare(const struct frame_request *request,
			      const struct transport *transport, const struct frame_places *places,
			      struct frame *frame)
{
	struct flood_layout *layout = &frame->layout;

	if (!request->ipv6) {
		layout->ip_checksum_at = places->ip + offsetof(struct iphdr, check);
		layout->ip_sum = internet_sum(0, frame->bytes + places->ip, sizeof(struct iphdr));
	}
	layout->l4_checksum_at = places->l4 + transport->checksum_at;
	layout->l4_checksum = transport->checksum;
	if (transport->checksum == FLOOD_CRC32C) {
		crc_prepare(frame, places->l4);
		return;
	}
	layout->l4_sum = internet_sum(pseudo_header_sum(request, frame, places),
				      frame->bytes + places->l4, frame->size_bytes - places->l4);
}

/* Ports stand first in all four transports; the swept words are zero in the template. */
static int sweeps_prepare(const struct frame_request *request, const struct frame_places *places,
			  struct frame *frame)
{
	struct flood_sweep *sweeps = frame->layout.sweeps;
	struct flood_sweep *address = &sweeps[FLOOD_SOURCE_ADDRESS];
	__u32 source_at =
		request->ipv6 ? offsetof(struct ipv6hdr, saddr) : offsetof(struct iphdr, saddr);
	__u32 source_bytes = request->ipv6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);

	memcpy(sweeps, request->sweeps, sizeof(request->sweeps));
	sweeps[FLOOD_SOURCE_PORT].at = places->l4;
	sweeps[FLOOD_DESTINATION_PORT].at = places->l4 + sizeof(__be16);
	address->at = places->ip + source_at + source_bytes - sizeof(__be16);
	address->low = frame->bytes[address->at] << 8 | frame->bytes[address->at + 1];
	memset(frame->bytes + address->at, 0, sizeof(__be16));
	return address->low + address->span > 1U << FLOOD_WORD_BITS ? -ERANGE : 0;
}

int frame_build(const struct frame_request *request, struct frame *ret_frame)
{
	const struct transport *transport = transport_find(request->protocol);

	if (!transport)
		return -EPROTONOSUPPORT;

	struct frame_places places = frame_place(request, transport);
	__u32 smallest = places.payload > FLOOD_FRAME_BYTES ? places.payload : FLOOD_FRAME_BYTES;
	struct frame frame = {
		.size_bytes = request->size_bytes ?: smallest,
		.layout.headers_bytes = places.payload,
	};

	if (frame.size_bytes < smallest || frame.size_bytes > FRAME_MAXIMUM_BYTES)
		return -EINVAL;
	ethernet_write(request, frame.bytes);
	if (request->ipv6)
		ipv6_write(request, frame.size_bytes - places.ip, frame.bytes + places.ip);
	else
		ipv4_write(request, frame.size_bytes - places.ip, frame.bytes + places.ip);
	transport->write(request, frame.size_bytes - places.l4, frame.bytes + places.l4);

	int err = sweeps_prepare(request, &places, &frame);

	if (err)
		return err;
	checksums_prepare(request, transport, &places, &frame);
	*ret_frame = frame;
	return 0;
}
