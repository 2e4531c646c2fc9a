/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Verdict and row of each packet, as docs/packets.md says: for every packet that the parser may
 * give, every setting of the knobs, every range, every flag of the image, and every socket.
 */
#include "portsieve.bpf.c"

/*
 * Which range decides is not proven here: the tables are too large for CBMC. Any may: these two
 * replace the functions of the program.
 */
static __u32 entry;   /* of the port, in the flat table; of a packet without, in image.portless */
static __u32 decided; /* the range that decides, and its verdict; a reference: no rule does */

/* replaces port_entry */
__u32 any_entry(const struct portsieve_image *image, const struct packet *packet)
{
	return entry;
}

/* replaces resolve */
__u32 any_range(const struct portsieve_image *image, const void *addresses, __u32 family,
		__u32 entry)
{
	return decided;
}

/* The cache is empty. */

/* replaces judge_reply */
int no_reply(struct xdp_md *ctx, const struct portsieve_image *image, __u32 tcp_flags,
	     struct decision *decision)
{
	return -1;
}

static const struct portsieve_image *image;
static struct packet packet;

static _Bool says_drop(__u32 knob)
{
	return image->drop_knobs >> knob & 1;
}

static _Bool says_monitor(__u32 knob)
{
	return image->monitor_knobs >> knob & 1;
}

/* Is the id of the range that decides among these? */
static _Bool is_among(const struct portsieve_ids *ids)
{
	__u32 range = decided & PORTSIEVE_ENTRY_RANGE;

	return range >= ids->first && range < (__u32)ids->first + ids->count;
}

/* Is it by a condition that a monitored rule decides? */
static _Bool is_by_monitored_rule(void)
{
	return is_reference(entry) && (decided & PORTSIEVE_ENTRY_RANGE) >=
					      (__u32)image->enforced.first + image->enforced.count;
}

/* Is the rule that decides, or the one after a monitored rule, without ports, and does it allow? */
static _Bool is_allowed_without_ports(void)
{
	return is_reference(entry) && !(decided & PORTSIEVE_ENTRY_DROP) &&
	       (is_by_monitored_rule() ||
		image->range[decided & PORTSIEVE_ENTRY_RANGE].transport == PORTSIEVE_ANY);
}

static _Bool drops(void)
{
	return decided & PORTSIEVE_ENTRY_DROP || is_by_monitored_rule();
}

/* U2: what no rule allows */
static _Bool is_unlifted(void)
{
	return packet.knob == PORTSIEVE_KNOB_TINY_FRAGMENT ||
	       packet.knob == PORTSIEVE_KNOB_EXT_DEPTH || packet.knob == PORTSIEVE_KNOB_JUMBOGRAM;
}

/* U1: the knobs that rules without ports come before */
static _Bool is_ruled_by_address(void)
{
	return is_unlifted() || packet.knob == PORTSIEVE_KNOB_LATER_FRAGMENT ||
	       packet.knob == PORTSIEVE_KNOB_OTHER_PROTOCOL ||
	       packet.knob == PORTSIEVE_KNOB_NO_PORT || packet.knob == PORTSIEVE_KNOB_ICMP_ECHO ||
	       packet.knob == PORTSIEVE_KNOB_ICMP_OTHER ||
	       packet.knob == PORTSIEVE_KNOB_ICMPV6_ECHO ||
	       packet.knob == PORTSIEVE_KNOB_ICMPV6_MOBILITY ||
	       packet.knob == PORTSIEVE_KNOB_ICMPV6_OTHER;
}

static _Bool has(__u32 flag)
{
	return packet.tcp_flags & flag;
}

static _Bool is_tcp(void)
{
	return packet.transport == PORTSIEVE_TCP;
}

static _Bool is_udp(void)
{
	return packet.transport == PORTSIEVE_UDP && packet.tcp_flags != PACKET_UDPLITE;
}

static _Bool is_malformed(void)
{
	return packet.reason == PORTSIEVE_MALFORMED_ETHERNET ||
	       packet.reason == PORTSIEVE_MALFORMED_IPV4 ||
	       packet.reason == PORTSIEVE_MALFORMED_IPV6 || packet.reason == PORTSIEVE_MALFORMED_L4;
}

/* The knob of an extension header or option that is present says drop. */
static _Bool is_caused_by(__u32 knob)
{
	return packet.ext_seen >> knob & 1 && says_drop(knob);
}

static _Bool has_dropped_routing_type(void)
{
	return is_caused_by(PORTSIEVE_KNOB_ROUTING_TYPE_0) ||
	       is_caused_by(PORTSIEVE_KNOB_ROUTING_TYPE_1) ||
	       is_caused_by(PORTSIEVE_KNOB_ROUTING_TYPE_3) ||
	       is_caused_by(PORTSIEVE_KNOB_ROUTING_TYPE_4);
}

static _Bool has_dropped_header(void)
{
	return is_caused_by(PORTSIEVE_KNOB_HOP_BY_HOP) || is_caused_by(PORTSIEVE_KNOB_ROUTING) ||
	       is_caused_by(PORTSIEVE_KNOB_FRAGMENT) ||
	       is_caused_by(PORTSIEVE_KNOB_AUTHENTICATION) ||
	       is_caused_by(PORTSIEVE_KNOB_DESTINATION_OPTIONS) ||
	       is_caused_by(PORTSIEVE_KNOB_MOBILITY) || is_caused_by(PORTSIEVE_KNOB_HIP) ||
	       is_caused_by(PORTSIEVE_KNOB_SHIM6);
}

/* L6: TCP with SYN+FIN, SYN+RST, FIN without ACK, or no flag but ECE and CWR */
static _Bool has_bad_flags(void)
{
	return is_tcp() && ((has(0x02) && has(0x01)) || (has(0x02) && has(0x04)) ||
			    (has(0x01) && !has(0x10)) || !has(0x3f));
}

/* TCP with SYN and without ACK */
static _Bool opens(void)
{
	return is_tcp() && has(0x02) && !has(0x10);
}

/* R1: the rule does not ask */
static _Bool R1(void)
{
	return is_among(&image->final);
}

/* R2: SYN without ACK, unless simultaneous_open: pass */
static _Bool R2(void)
{
	return opens() && !(image->flags & PORTSIEVE_IMAGE_SIMULTANEOUS_OPEN);
}

/* R3: neither TCP nor UDP, unless flows are asked; or from port 0 to port 0 */
static _Bool R3(void)
{
	return packet.ports == 0 ||
	       (!is_tcp() && !is_udp() && !(image->flags & PORTSIEVE_IMAGE_RETURN_FLOW));
}

/* R4: established, and TCP with ACK or RST */
static _Bool R4(void)
{
	return image->flags & PORTSIEVE_IMAGE_RETURN_ESTABLISHED && is_tcp() &&
	       (has(0x10) || has(0x04));
}

static _Bool asks_sockets(void)
{
	return image->flags & PORTSIEVE_IMAGE_RETURN_SOCKET &&
	       !(image->flags & PORTSIEVE_IMAGE_RETURN_ESTABLISHED);
}

/* R5: TCP, and a socket in any state but LISTEN; for a SYN only in SYN-SENT */
static _Bool R5(void)
{
	if (!asks_sockets() || !is_tcp() || !helpers.found)
		return 0;
	return opens() ? helpers.socket.state == 2 : helpers.socket.state != 10;
}

/* R6: UDP, and a connected socket, or an unconnected one that the policy takes for a client */
static _Bool R6(void)
{
	if (!asks_sockets() || !is_udp() || !helpers.found)
		return 0;
	return helpers.socket.state == 1 || image->flags & PORTSIEVE_IMAGE_UDP_ANY ||
	       (image->flags & PORTSIEVE_IMAGE_UDP_EPHEMERAL &&
		packet.port >= image->host.ephemeral_low &&
		packet.port <= image->host.ephemeral_high);
}

struct judgement {
	__u32 row;
	_Bool drop;
	_Bool new_connection;
	_Bool monitored; /* by the rule or the knob; the whole policy's mode is not in here */
};

/* What the page says, in its order. */
static struct judgement judgement(void)
{
	if (!is_malformed()) {
		if (is_caused_by(PORTSIEVE_KNOB_SOURCE_ROUTE))
			return (struct judgement){ PORTSIEVE_SOURCE_ROUTE, 1 };
		if (has_dropped_routing_type())
			return (struct judgement){ PORTSIEVE_ROUTING_HEADER, 1 };
		if (has_dropped_header())
			return (struct judgement){ PORTSIEVE_EXT_HEADER, 1 };
	}
	if (packet.reason != PORTSIEVE_REASONS && is_ruled_by_address() && entry &&
	    !is_reference(decided))
		return (struct judgement){ image->counter[decided & PORTSIEVE_ENTRY_RANGE], drops(),
					   0, !is_among(&image->enforced) };
	if (packet.reason != PORTSIEVE_REASONS)
		return (struct judgement){ packet.reason, says_drop(packet.knob), 0,
					   says_monitor(packet.knob) };
	if (is_allowed_without_ports() && has_bad_flags())
		return (struct judgement){ PORTSIEVE_BAD_FLAGS, says_drop(PORTSIEVE_KNOB_BAD_FLAGS),
					   0, says_monitor(PORTSIEVE_KNOB_BAD_FLAGS) };
	if (drops()) {
		if (has_bad_flags())
			return (struct judgement){ PORTSIEVE_BAD_FLAGS,
						   says_drop(PORTSIEVE_KNOB_BAD_FLAGS), 0,
						   !is_among(&image->enforced) };
		if (!R1() && !R2() && !R3()) {
			if (R4())
				return (struct judgement){ PORTSIEVE_RETURN_ESTABLISHED };
			if (R5() || R6())
				return (struct judgement){ PORTSIEVE_RETURN_SOCKET };
		}
	}
	return (struct judgement){ image->counter[decided & PORTSIEVE_ENTRY_RANGE], drops(),
				   opens(), !is_among(&image->enforced) };
}

/* Packets that the parser gives; that it gives no others is shown by the proofs of the parser. */
static void assume_parsed(void)
{
	/* the knobs of headers and options are the last ones */
	assume((packet.ext_seen & ~1u) % (1u << PORTSIEVE_KNOB_HOP_BY_HOP) == 0);
	assume(packet.ext_seen >> PORTSIEVE_KNOBS == 0);
	assume(packet.reason <= PORTSIEVE_REASONS);
	assume(packet.knob < PORTSIEVE_KNOBS);
	assume(packet.transport < PORTSIEVE_TRANSPORTS);
	assume(packet.port < PORTSIEVE_PORTS);
	assume(packet.family <= PACKET_IPV6);
	assume(is_tcp() ? packet.tcp_flags <= 0xff
			: packet.tcp_flags == PACKET_NO_FLAGS ||
				  (packet.tcp_flags == PACKET_UDPLITE &&
				   packet.transport == PORTSIEVE_UDP));
	assume(packet.reason != PORTSIEVE_REASONS || packet.knob == PORTSIEVE_KNOB_PASS);
	assume(packet.reason == PORTSIEVE_REASONS ||
	       ((packet.tcp_flags & 0x3f) == PACKET_NO_FLAGS && packet.ports == 0));
	assume((packet.knob == PORTSIEVE_KNOB_DROP) == is_malformed());
	/* the ports in network order hold the port */
	assume(packet.ports == 0 ||
	       (packet.ports >> 24 | (packet.ports >> 8 & 0xff00)) == packet.port);
}

/* Images that the compiler gives. */
static void assume_compiled(void)
{
	assume(!says_drop(PORTSIEVE_KNOB_PASS) && says_drop(PORTSIEVE_KNOB_DROP));
	assume(packet.reason != PORTSIEVE_REASONS || !is_reference(decided));
}

/* What a packet without a port is tried against: bit 0, its knob is unlifted; bit 1, it drops. */
static __u32 entry_without_port(void)
{
	__u32 drops = says_drop(packet.knob) && !says_monitor(packet.knob);
	__u32 found = image->portless[is_unlifted() + 2 * drops];

	assume(!found || is_reference(found));
	return found;
}

/* What would be dropped passes in monitor mode, be it the policy's, the rule's or the default's. */
static enum portsieve_verdict column(const struct judgement *judgement)
{
	if (!judgement->drop)
		return PORTSIEVE_PASSED;
	return judgement->monitored || image->flags & PORTSIEVE_IMAGE_MONITOR ? PORTSIEVE_WOULD_DROP
									      : PORTSIEVE_DROPPED;
}

int main(void)
{
	static __u8 addresses[32];
	static struct portsieve_counter row;
	static struct reply_request request;
	struct portsieve_image any_image;
	struct packet any_packet;
	struct bpf_sock any_socket;
	struct xdp_md ctx;
	__u32 length_bytes = nondet_u32();
	struct judgement judged;
	int action;

	image = &any_image;
	packet = any_packet;
	packet.addresses = addresses;
	helpers.found = nondet_u32();
	helpers.socket = any_socket;
	helpers.counters = &counters;
	helpers.requests = &reply_requests;
	helpers.request = &request;
	helpers.counter = &row;
	assume_parsed();
	entry = packet.reason == PORTSIEVE_REASONS ? nondet_u32() & 0xffff : entry_without_port();
	decided = is_reference(entry) ? nondet_u32() & 0xffff : entry;
	assume_compiled();
	judged = judgement();
#ifdef FAST
	assume(packet.reason == PORTSIEVE_REASONS && packet.ext_seen == 0);
	action = judge_plain(&ctx, image, &packet, length_bytes, 0);
	/* left to the full path, which parses the packet again: plain.c has that part */
	if (action < 0) {
		prove(helpers.row_lookups == 0, "a packet that is left is not counted");
		return 0;
	}
#else
	action = judge_parsed(&ctx, image, &packet, length_bytes);
#endif
#ifdef CONTROL
	prove(!(CONTROL), "false: there is no such packet");
#else
	prove(action == (column(&judged) == PORTSIEVE_DROPPED ? XDP_DROP : XDP_PASS),
	      "the verdict is that of the rule");
	prove(helpers.row_lookups == 1, "one row counts it");
	prove(helpers.row == judged.row, "the row is that of the rule");
	prove(helpers.held == 0, "no socket is held");
	for (__u32 i = 0; i < PORTSIEVE_VERDICTS; i++) {
		_Bool counts = i == column(&judged);

		prove(row.verdict[i].packets == counts, "it is counted once, by its verdict");
		prove(row.verdict[i].bytes == (counts ? length_bytes : 0), "with its bytes");
	}
	prove(row.new_connections == judged.new_connection, "a SYN counts as a new connection");
#endif
	return 0;
}
