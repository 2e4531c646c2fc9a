/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The contract between the XDP program and userspace: the layout of map keys and values, the
 * numbers in them, and the limits. Includes only linux/types.h. Increment PORTSIEVE_ABI with any
 * change of a layout or a number here.
 */
#ifndef PORTSIEVE_ABI_H
#define PORTSIEVE_ABI_H

#include <linux/types.h>

#ifndef PORTSIEVE_ABI /* tests define another one, to upgrade from */
#define PORTSIEVE_ABI 5
#endif

enum portsieve_limits {
	PORTSIEVE_PORTS = 65536,
	PORTSIEVE_RULES_MAX = 16384,
	PORTSIEVE_RANGES_MAX = 16384,	     /* of one policy, without the built-in ranges */
	PORTSIEVE_FAILSAFE_RULES_MAX = 64,   /* besides PORTSIEVE_RULES_MAX */
	PORTSIEVE_FAILSAFE_RANGES_MAX = 256, /* of all failsafe rules; besides the above */
	PORTSIEVE_RULE_NAME_MAX = 32,	     /* bytes, without the terminating NUL */
	PORTSIEVE_SOURCE_MAX = 255,   /* bytes of a policy file's path; longer paths are cut */
	PORTSIEVE_VLAN_DEPTH_MAX = 8, /* tags */
	PORTSIEVE_VLAN_IDS_MAX = 2,   /* of these, with a VLAN id other than 0 */
	PORTSIEVE_EXT_HEADERS_MAX = 8,
	PORTSIEVE_PREFIXES_MAX = 1 << 18, /* of one policy and family, both directions */
	PORTSIEVE_CLASSES_MAX = 65536,	  /* of addresses, in one direction */
	PORTSIEVE_CONDITIONS_MAX = 11800, /* of one policy */
	PORTSIEVE_CELLS = 65536,	  /* a power of two */
	PORTSIEVE_IMAGE_BYTES = 1 << 21,
	PORTSIEVE_EXPIRIES_MAX = 8, /* conditions on time, one after the other */
	PORTSIEVE_GENERATIONS = 4,  /* of tries: current, previous, two spare */
	PORTSIEVE_FLOWS_NEW = 16384,
	PORTSIEVE_FLOW_MARKS = 16384,
	PORTSIEVE_REPLY_SETS = 2048, /* of each CPU's cache; a power of two */
	PORTSIEVE_REPLY_WAYS = 2,    /* slots of a set, for each family */
};

/* Each transport has a flat table in the image. UDP-Lite is judged and counted as UDP. */
enum portsieve_transport {
	PORTSIEVE_TCP,
	PORTSIEVE_UDP,
	PORTSIEVE_SCTP,
	PORTSIEVE_DCCP,
	PORTSIEVE_TRANSPORTS,
	PORTSIEVE_ANY = PORTSIEVE_TRANSPORTS, /* only of a range: that of a rule without ports */
};

/*
 * Why a packet was not counted in a port range. The numbers are counter rows; the names for users
 * are in user/print/reason.c.
 */
enum portsieve_reason {
	PORTSIEVE_NON_IP,
	PORTSIEVE_MPLS,
	PORTSIEVE_VLAN_DEPTH,
	PORTSIEVE_MALFORMED_ETHERNET,
	PORTSIEVE_MALFORMED_IPV4,
	PORTSIEVE_MALFORMED_IPV6,
	PORTSIEVE_MALFORMED_L4,
	PORTSIEVE_LATER_FRAGMENT,
	PORTSIEVE_TINY_FRAGMENT,
	PORTSIEVE_EXT_HEADER,
	PORTSIEVE_ROUTING_HEADER,
	PORTSIEVE_EXT_DEPTH,
	PORTSIEVE_JUMBOGRAM,
	PORTSIEVE_NO_PORT,
	PORTSIEVE_BAD_FLAGS,
	PORTSIEVE_ICMP,
	PORTSIEVE_ICMPV6,
	PORTSIEVE_IGMP,
	PORTSIEVE_OTHER_PROTOCOL,
	PORTSIEVE_DHCP_CLIENT,
	PORTSIEVE_RETURN_SOCKET,
	PORTSIEVE_RETURN_FLOW,
	PORTSIEVE_RETURN_ESTABLISHED,
	PORTSIEVE_RETURN_GRACE,
	PORTSIEVE_SOURCE_ROUTE,
	PORTSIEVE_REASONS,
};

/*
 * The setting that decides a packet without a destination port. Each knob is one bit of
 * image.drop_knobs; set means drop. The first two are fixed, the others are keys of `portless` in
 * the policy.
 */
enum portsieve_knob {
	PORTSIEVE_KNOB_PASS, /* never set: packets that no policy drops */
	PORTSIEVE_KNOB_DROP, /* always set: malformed packets */
	PORTSIEVE_KNOB_LATER_FRAGMENT,
	PORTSIEVE_KNOB_TINY_FRAGMENT,
	PORTSIEVE_KNOB_OTHER_PROTOCOL,
	PORTSIEVE_KNOB_NO_PORT,
	PORTSIEVE_KNOB_BAD_FLAGS,
	PORTSIEVE_KNOB_VLAN_DEPTH,
	PORTSIEVE_KNOB_MPLS,
	PORTSIEVE_KNOB_ICMP_ECHO,
	PORTSIEVE_KNOB_ICMP_OTHER,
	PORTSIEVE_KNOB_ICMPV6_ECHO,
	PORTSIEVE_KNOB_ICMPV6_MOBILITY,
	PORTSIEVE_KNOB_ICMPV6_OTHER,
	PORTSIEVE_KNOB_EXT_DEPTH,
	PORTSIEVE_KNOB_JUMBOGRAM,
	PORTSIEVE_KNOB_HOP_BY_HOP,
	PORTSIEVE_KNOB_ROUTING,
	PORTSIEVE_KNOB_ROUTING_TYPE_0,
	PORTSIEVE_KNOB_ROUTING_TYPE_1,
	PORTSIEVE_KNOB_ROUTING_TYPE_3,
	PORTSIEVE_KNOB_FRAGMENT,
	PORTSIEVE_KNOB_AUTHENTICATION,
	PORTSIEVE_KNOB_DESTINATION_OPTIONS,
	PORTSIEVE_KNOB_MOBILITY,
	PORTSIEVE_KNOB_HIP,
	PORTSIEVE_KNOB_SHIM6,
	PORTSIEVE_KNOB_ROUTING_TYPE_4,
	PORTSIEVE_KNOB_SOURCE_ROUTE,
	PORTSIEVE_KNOBS,
};

/* The knobs of routing types, as bits: what they drop is counted as routing-header. */
enum portsieve_routing_types {
	PORTSIEVE_ROUTING_TYPES =
		1 << PORTSIEVE_KNOB_ROUTING_TYPE_0 | 1 << PORTSIEVE_KNOB_ROUTING_TYPE_1 |
		1 << PORTSIEVE_KNOB_ROUTING_TYPE_3 | 1 << PORTSIEVE_KNOB_ROUTING_TYPE_4,
};

/*
 * Which rules a packet without a port is tried against, before its knob decides: as bits, an index
 * in image.portless.
 */
enum portsieve_portless {
	PORTSIEVE_PORTLESS_STRICT = 1 << 0,  /* a knob of UNLIFTED_KNOBS: those that drop */
	PORTSIEVE_PORTLESS_DROPPED = 1 << 1, /* the knob drops it: monitored rules do not count */
	PORTSIEVE_PORTLESS = 4,

	/* The knobs, as bits, of packets that no rule without ports allows, */
	PORTSIEVE_UNLIFTED_KNOBS = 1 << PORTSIEVE_KNOB_TINY_FRAGMENT |
				   1 << PORTSIEVE_KNOB_EXT_DEPTH | 1 << PORTSIEVE_KNOB_JUMBOGRAM,
	/* and of all packets that such a rule can decide. */
	PORTSIEVE_RULED_KNOBS = PORTSIEVE_UNLIFTED_KNOBS | 1 << PORTSIEVE_KNOB_LATER_FRAGMENT |
				1 << PORTSIEVE_KNOB_OTHER_PROTOCOL | 1 << PORTSIEVE_KNOB_NO_PORT |
				1 << PORTSIEVE_KNOB_ICMP_ECHO | 1 << PORTSIEVE_KNOB_ICMP_OTHER |
				1 << PORTSIEVE_KNOB_ICMPV6_ECHO |
				1 << PORTSIEVE_KNOB_ICMPV6_MOBILITY |
				1 << PORTSIEVE_KNOB_ICMPV6_OTHER,
};

/* Each transport's ranges for ports that no rule names, in this order. */
enum portsieve_builtin {
	PORTSIEVE_PORT0,
	PORTSIEVE_SYSTEM,
	PORTSIEVE_USER,
	PORTSIEVE_DYNAMIC,
	PORTSIEVE_BUILTINS,
};

/*
 * Range ids: the built-in ranges (transport-major), one for DHCP replies that the default would
 * drop, then the ranges of the rules. An entry of a flat table is a range id, with the verdict in
 * the top bit. Masking with PORTSIEVE_ENTRY_RANGE gives the verifier a bounded index.
 *
 * Two kinds of ranges are known by their ids: those whose drops are only monitored, and those whose
 * drops are final, that is, never replies. So the ids of the rules' ranges are in the order
 *
 *     allowed and replies pass | final | final, monitored | replies pass, monitored
 *
 * and within each kind in the order of the rules. image.enforced is the first two kinds, and the
 * built-in ranges unless the default is only monitored; image.final is the two in the middle.
 */
enum portsieve_ranges {
	PORTSIEVE_RANGE_DHCP = PORTSIEVE_TRANSPORTS * PORTSIEVE_BUILTINS,
	PORTSIEVE_RANGE_RULES,
	PORTSIEVE_RANGES =
		PORTSIEVE_RANGE_RULES + PORTSIEVE_FAILSAFE_RANGES_MAX + PORTSIEVE_RANGES_MAX,
	PORTSIEVE_ENTRY_DROP = 0x8000,
	PORTSIEVE_ENTRY_RANGE = 0x7fff,
};

/* Consecutive range ids. */
struct portsieve_ids {
	__u16 first;
	__u16 count;
};

static inline __attribute__((always_inline)) _Bool ids_have(const struct portsieve_ids *ids,
							    __u32 id)
{
	return id - ids->first < ids->count;
}

/*
 * Decisions that depend on more than the port. An entry whose id is at least PORTSIEVE_RANGES is a
 * reference instead of a range: to a port class in a flat table, to a condition in a condition or a
 * cell. Its number is 2 * (id - PORTSIEVE_RANGES), plus 1 if the top bit is set.
 *
 *     port -> port class -> [source [source]] -> [destination] -> [time]... -> range
 *
 * A port class has a condition, and the range of the first rule without addresses and without an
 * end, which decides if no earlier rule matches (PORTSIEVE_ENTRY_FALL). In place of the range, the
 * classes of packets without a port have PORTSIEVE_ENTRY_FALL: their knob decides. Ports with the
 * same conditional rules share conditions, so the size is the sum of ranges and prefixes, not their
 * product.
 *
 * In a condition or a cell, the entry of a monitored range lacks the top bit where the next rule
 * that matches is one without ports that allows: such a rule does not pass bad flags.
 */
enum portsieve_references {
	PORTSIEVE_ENTRY_FALL = 0xffff, /* in a condition or a cell: no conditional rule matches */
	PORTSIEVE_PORT_CLASSES_MAX = 2 * (PORTSIEVE_ENTRY_RANGE + 1 - PORTSIEVE_RANGES) - 1,
};

static inline __attribute__((always_inline)) _Bool is_reference(__u32 entry)
{
	return (entry & PORTSIEVE_ENTRY_RANGE) >= PORTSIEVE_RANGES;
}

/* The number of a reference; meaningless for a range. */
static inline __attribute__((always_inline)) __u32 reference_number(__u32 entry)
{
	return 2 * ((entry & PORTSIEVE_ENTRY_RANGE) - PORTSIEVE_RANGES) +
	       entry / PORTSIEVE_ENTRY_DROP;
}

/* The reference with this number; the inverse of reference_number. */
static inline __attribute__((always_inline)) __u16 reference_to(__u32 number)
{
	return (__u16)((number & 1) * PORTSIEVE_ENTRY_DROP + PORTSIEVE_RANGES + number / 2);
}

enum portsieve_condition_kind {
	PORTSIEVE_BY_SOURCE,
	PORTSIEVE_BY_DESTINATION,
	PORTSIEVE_BY_TIME,
};

struct portsieve_port_class {
	__u16 condition; /* a reference */
	__u16 otherwise; /* a range with its verdict, or PORTSIEVE_ENTRY_FALL */
};

/*
 * By address: cell[(base + class) % PORTSIEVE_CELLS].entry if the cell's `condition` is this one's
 * number + 1, else `otherwise` (a sparse table compressed by row displacement). By source,
 * `otherwise` may be one more condition by source: this row then has the classes in which it
 * differs from that one. By time: `then` before until_ns, else `otherwise`.
 */
struct portsieve_condition {
	union {
		__u64 until_ns; /* CLOCK_BOOTTIME */
		__u64 base;
	};
	__u16 then;
	__u16 otherwise;
	__u16 kind; /* enum portsieve_condition_kind */
	__u16 unused;
};

struct portsieve_cell {
	__u16 condition; /* number + 1; 0: empty cell */
	__u16 entry;
};

/*
 * Keys of the longest-prefix-match tries from addresses to classes. A class is a __u32; an address
 * that no prefix holds has class 0. Both directions are in one trie, so `length` counts the bits of
 * `direction` and of the address.
 */
enum portsieve_direction {
	PORTSIEVE_SOURCE,
	PORTSIEVE_DESTINATION,
	PORTSIEVE_DIRECTIONS,
};

enum portsieve_prefix_bits {
	PORTSIEVE_DIRECTION_BITS = 32,
	PORTSIEVE_PREFIX4_BITS = PORTSIEVE_DIRECTION_BITS + 32,
	PORTSIEVE_PREFIX6_BITS = PORTSIEVE_DIRECTION_BITS + 128,
};

struct portsieve_prefix4 {
	__u32 length;
	__u8 direction[4]; /* enum portsieve_direction in the last byte */
	__u8 address[4];   /* network order */
};

struct portsieve_prefix6 {
	__u32 length;
	__u8 direction[4];
	__u8 address[16];
};

/* The slots of the map `active`. */
enum portsieve_slot {
	PORTSIEVE_SLOT_NOW,    /* in force, unless its confirm_until_ns has passed */
	PORTSIEVE_SLOT_BEFORE, /* in force otherwise; filled if confirm_until_ns is not 0 */
	PORTSIEVE_SLOTS,
	/*
	 * Empty unless a policy is about to come into force. The egress program already learns for
	 * it, so that no flow is missing then.
	 */
	PORTSIEVE_SLOT_NEXT = PORTSIEVE_SLOTS,
	PORTSIEVE_SLOTS_ALL,
};

/*
 * Return traffic by flows: the egress program records outgoing packets, and a packet that the
 * policy would drop passes if it answers one.
 */
enum portsieve_flow_table {
	PORTSIEVE_FLOWS,	/* TCP connections whose peer has answered; the other transports */
	PORTSIEVE_FLOWS_OPEN,	/* TCP: a SYN has left */
	PORTSIEVE_FLOWS_MARKED, /* not TCP; passed only because of `mode: monitor`, or cut */
	PORTSIEVE_FLOW_TABLES,
};

/* How long an entry is valid after it was last used, in seconds. */
enum portsieve_flow_seconds {
	PORTSIEVE_FLOW_TCP_SECONDS = 7440,
	PORTSIEVE_FLOW_OPEN_SECONDS = 120,
	PORTSIEVE_FLOW_CLOSING_SECONDS = 120,
	PORTSIEVE_FLOW_UDP_SECONDS = 180, /* RFC 4787 4.3: at least 120; of all but TCP */
};

/* The transport of UDP-Lite flows: distinct from UDP flows with the same ports. */
enum { PORTSIEVE_FLOW_UDPLITE = PORTSIEVE_TRANSPORTS };

/* The addresses and ports of an arriving packet, in network order. */
struct portsieve_flow_key {
	__u8 remote[16]; /* the source; an IPv4 address in the first 4 bytes, then zeros */
	__u8 local[16];
	__be16 remote_port;
	__be16 local_port;
	__u8 transport; /* enum portsieve_transport, or PORTSIEVE_FLOW_UDPLITE */
	__u8 ipv6;	/* 0 or 1 */
	__u16 unused;	/* 0 */
};

enum portsieve_flow_state {
	PORTSIEVE_FLOW_ANSWERED = 1 << 0, /* in FLOWS_OPEN: the peer has answered */
	PORTSIEVE_FLOW_CLOSING = 1 << 1,  /* a FIN or an RST has left */
	PORTSIEVE_FLOW_GRACE = 1 << 2,	  /* learned from a segment without SYN */
};

struct portsieve_flow {
	__u64 seen;  /* when it was last used, in jiffies (bpf_jiffies64) */
	__u32 state; /* enum portsieve_flow_state */
	__u32 unused;
};

/*
 * The reply cache: what look-ups of sockets and flows have found, so that the next packets with the
 * same addresses and ports need none. A slot is valid for a second, while the image has its epoch.
 * A set has slots of both families, so that one index serves both.
 */
struct portsieve_reply {
	__u64 found; /* when it was looked up, in jiffies */
	__u32 epoch; /* of the image */
	__u32 ports; /* source and destination, as in the packet */
	__u8 transport;
	__u8 reason; /* to pass, enum portsieve_reason */
	__u16 unused[3];
};

struct portsieve_reply4 {
	struct portsieve_reply reply;
	__u32 addresses[2]; /* source and destination, as in the packet */
};

struct portsieve_reply6 {
	struct portsieve_reply reply;
	__u32 addresses[8];
	__u64 unused; /* pads the slot to a cache line */
};

struct portsieve_replies {
	struct portsieve_reply4 ipv4[PORTSIEVE_REPLY_WAYS];
	struct portsieve_reply6 ipv6[PORTSIEVE_REPLY_WAYS];
};

_Static_assert(sizeof(struct portsieve_replies) == 3 * 64, "three cache lines");

/*
 * Counter ids, the rows of the counters map: reasons, built-in ranges, then a pool for the ranges
 * of the rules. Two whole policies fit into COUNTERS rows, so that a change always finds free ids;
 * a map has only as many rows as its policies need (user/datapath/resize.h). Only userspace writes
 * two of the rows: RETIRED sums up ranges that no longer exist, and GENERATION is a seqlock by
 * which readers notice that rows were freed while they read.
 */
enum portsieve_counter_ids {
	PORTSIEVE_COUNTER_GENERATION = 46, /* packets passed: odd while rows are freed */
	PORTSIEVE_COUNTER_RETIRED = 47,
	PORTSIEVE_COUNTER_BUILTIN = 48,
	PORTSIEVE_COUNTER_POOL =
		PORTSIEVE_COUNTER_BUILTIN + PORTSIEVE_TRANSPORTS * PORTSIEVE_BUILTINS,
	PORTSIEVE_COUNTERS =
		PORTSIEVE_COUNTER_POOL + 2 * (PORTSIEVE_FAILSAFE_RANGES_MAX + PORTSIEVE_RANGES_MAX),
};

enum portsieve_verdict {
	PORTSIEVE_PASSED,
	PORTSIEVE_DROPPED,
	PORTSIEVE_WOULD_DROP, /* passed, because the drop is only monitored */
	PORTSIEVE_VERDICTS,
};

/* One row on one CPU. A packet is counted in exactly one row. */
struct portsieve_counter {
	struct {
		__u64 packets;
		__u64 bytes;
	} verdict[PORTSIEVE_VERDICTS];
	__u64 new_connections; /* TCP segments with SYN and without ACK */
};

/*
 * Packets by single destination port, TCP and UDP, if the device was loaded with --per-port. A
 * plane holds the ports of one verdict and transport, a block consecutive ports of a plane. Each
 * CPU counts in 16 bits and moves CELL_SPILL packets at a time to the sum of all CPUs, so that the
 * counts are exact without a reader. A cell's top bit is the parity of its moves.
 */
enum portsieve_port_counting {
	PORTSIEVE_PORT_TRANSPORTS = 2,				       /* TCP and UDP */
	PORTSIEVE_PORT_PLANES_DROPPED = PORTSIEVE_PORT_TRANSPORTS * 2, /* dropped, would drop */
	PORTSIEVE_PORT_PLANES_ALL = PORTSIEVE_PORT_TRANSPORTS * PORTSIEVE_VERDICTS,
	PORTSIEVE_PORT_BLOCK = 2048,					/* ports */
	PORTSIEVE_PORT_BLOCKS = PORTSIEVE_PORTS / PORTSIEVE_PORT_BLOCK, /* of a plane */
	PORTSIEVE_CELL_SPILL = 0x8000,
	PORTSIEVE_CELL_COUNT = 0x7fff, /* the bits of a cell that count */
};

/* The plane of a verdict: those that pass come last, so that they can be left out. */
static inline __attribute__((always_inline)) __u32 port_plane(__u32 verdict, __u32 transport)
{
	return (PORTSIEVE_VERDICTS - 1 - verdict) * PORTSIEVE_PORT_TRANSPORTS + transport;
}

/* One block on one CPU. */
struct portsieve_port_cells {
	__u16 cell[PORTSIEVE_PORT_BLOCK];
};

/* The same block of all CPUs. */
struct portsieve_port_sums {
	__u64 spilled[PORTSIEVE_PORT_BLOCK]; /* packets, besides those in the cells */
	/* when the first packet came, in seconds of CLOCK_BOOTTIME + 1; 0: none has */
	__u32 first_s[PORTSIEVE_PORT_BLOCK];
	__u32 since_s; /* in block 0: when counting began, in seconds of CLOCK_BOOTTIME */
	__u32 unused;
};

/*
 * Events: packets that are recorded, if the device was loaded with --events. Each CPU has its own
 * slots and overwrites the oldest. Readers consume nothing; each keeps its own position.
 */
enum portsieve_event_limits {
	PORTSIEVE_EVENT_SLOTS = 4096,	/* of a CPU; a power of two */
	PORTSIEVE_EVENT_SNAP = 128,	/* bytes of a frame that are kept */
	PORTSIEVE_EVENT_SAMPLE = 64,	/* one packet in so many is recorded, on average */
	PORTSIEVE_EVENT_WHOLE = 100,	/* recorded per second and CPU before sampling begins */
	PORTSIEVE_EVENT_MATCHES = 1000, /* recorded per second and CPU because of filters */
	PORTSIEVE_EVENT_FILTERS = 4,
};

/*
 * The program writes the event's number to `beginning` first and to `ending` last. A reader that
 * copies the members in order has a consistent copy if both are the number that it expects.
 */
struct portsieve_event {
	__u64 ending;	  /* of this CPU's events, from 1 */
	__u64 time_ns;	  /* CLOCK_BOOTTIME */
	__u64 applied_ns; /* of the image that has decided */
	__u32 length_bytes;
	__u32 counter;	      /* the row it was counted in */
	__u16 range;	      /* id, or PORTSIEVE_RANGES if a reason decided */
	__u16 port;	      /* destination, host order; 0 without has_port */
	__u16 captured_bytes; /* of `frame` */
	__u8 transport;
	__u8 has_port;
	__u8 verdict; /* enum portsieve_verdict */
	__u8 weight;  /* how many packets it stands for; 0: recorded for a filter only */
	__u8 unused[6];
	__u8 frame[PORTSIEVE_EVENT_SNAP];
	__u64 beginning;
};

/* Of one CPU. */
struct portsieve_event_head {
	__u64 number;	  /* of the last event; its slot may not be written yet */
	__u64 suppressed; /* packets that a filter asked for, beyond EVENT_MATCHES */
	__u64 second;	  /* when this second began, in jiffies */
	__u32 countdown;  /* packets until record_event() is called */
	__u32 steps;	  /* packets until the next sampled one */
	__u32 skips;	  /* 0 or 1: `countdown` covers all the steps */
	__u32 weight;	  /* of the next sampled packet */
	__u32 whole;	  /* how much of EVENT_WHOLE is left in this second */
	__u32 matches;	  /* recorded for filters in this second */
};

enum portsieve_event_fields {
	PORTSIEVE_EVENT_PORT = 1 << 0,
	PORTSIEVE_EVENT_RANGES = 1 << 1,
	PORTSIEVE_EVENT_REASON = 1 << 2,
	PORTSIEVE_EVENT_PREFIX = 1 << 3,
};

/*
 * Which packets a viewer asks for: those that match in all of `fields`. The program may record
 * more, since it does not find the source address of every packet (bpf/judge/events.h).
 */
struct portsieve_event_filter {
	__u64 until_ns; /* CLOCK_BOOTTIME; its viewer renews it */
	__u32 fields;	/* enum portsieve_event_fields */
	__u32 verdicts; /* bit N: enum portsieve_verdict N; 0: all */
	__u32 reason;	/* enum portsieve_reason */
	struct portsieve_ids ranges;
	__u16 port;	  /* host order */
	__u16 transports; /* bit N: enum portsieve_transport N */
	__u32 ipv6;	  /* 0 or 1 */
	__u32 source[4];  /* network order, without the bits that `mask` lacks */
	__u32 mask[4];
};

/* `all`, `since_ns` and `real_offset_ns` are for readers. */
struct portsieve_event_control {
	__u32 active;			      /* bit N: filter N may be in use */
	__u32 owner[PORTSIEVE_EVENT_FILTERS]; /* the PID of its viewer */
	__u32 all;			      /* 0 or 1: passed packets are recorded too */
	__u64 since_ns;			      /* when recording began, CLOCK_BOOTTIME; */
	__u64 real_offset_ns;		      /* CLOCK_REALTIME minus CLOCK_BOOTTIME then */
	struct portsieve_event_filter filter[PORTSIEVE_EVENT_FILTERS];
};

/* The decision on the last packet, if the program was loaded with `tracing` (explain, replay). */
struct portsieve_trace {
	__u32 counter;	/* the row it was counted in */
	__u16 range;	/* id, or PORTSIEVE_RANGES if a reason decided */
	__u16 port;	/* destination, host order */
	__u8 transport; /* enum portsieve_transport */
	__u8 has_port;	/* port and transport are valid */
	__u8 verdict;	/* enum portsieve_verdict */
	__u8 asks;	/* without `tracing`, it would be looked up as a reply */
};

/*
 * A range as written in its rule; PORTSIEVE_ANY has all ports, and packets without. `rule` is an
 * index in image.rule, unused for a built-in range.
 */
struct portsieve_range {
	__u16 rule;
	__u16 low;
	__u16 high;
	__u8 transport;
	__u8 drop;
};

struct portsieve_rule {
	char name[PORTSIEVE_RULE_NAME_MAX + 1];
	__u8 drop;
	__u8 runtime : 1;  /* added by `allow` or `drop`, not by the policy file */
	__u8 failsafe : 1; /* from the failsafe file; its name begins with "failsafe:" */
	__u8 monitor;	   /* its drops are only counted */
	__u32 line;	   /* in its file, from 1; 0 for a runtime rule */
	__u64 until_ns;	   /* CLOCK_BOOTTIME; 0: no end */
};

enum portsieve_image_flags {
	PORTSIEVE_IMAGE_MONITOR = 1 << 0, /* verdicts are counted, but all packets pass */
	PORTSIEVE_IMAGE_DEFAULT_DROP = 1 << 1,
	PORTSIEVE_IMAGE_NO_POLICY = 1 << 2, /* loaded without a policy file: drops nothing */
	PORTSIEVE_IMAGE_PREFIXES4 = 1 << 3, /* has a trie for IPv4 */
	PORTSIEVE_IMAGE_PREFIXES6 = 1 << 4,
	/* return traffic: which packets pass as replies although a range drops them */
	PORTSIEVE_IMAGE_RETURN_SOCKET = 1 << 5,	     /* those that a socket of the host expects */
	PORTSIEVE_IMAGE_RETURN_ESTABLISHED = 1 << 6, /* TCP segments with ACK or RST */
	PORTSIEVE_IMAGE_RETURN_FLOW = 1 << 10,	     /* those that answer a learned flow */
	PORTSIEVE_IMAGE_RETURNS = PORTSIEVE_IMAGE_RETURN_SOCKET |
				  PORTSIEVE_IMAGE_RETURN_ESTABLISHED | PORTSIEVE_IMAGE_RETURN_FLOW,
	PORTSIEVE_IMAGE_RETURN_AUTO = 1 << 11,	    /* these are the host's choice */
	PORTSIEVE_IMAGE_UDP_EPHEMERAL = 1 << 7,	    /* unconnected sockets on ephemeral ports too */
	PORTSIEVE_IMAGE_UDP_ANY = 1 << 8,	    /* all unconnected sockets too */
	PORTSIEVE_IMAGE_SIMULTANEOUS_OPEN = 1 << 9, /* a SYN may be a reply too */
	PORTSIEVE_IMAGE_FELL_BACK = 1 << 30, /* in force since a change was not confirmed in time */
	PORTSIEVE_IMAGE_UNCONFIRMED =
		1u << 31, /* confirm_until_ns is not 0; the sign bit: see bpf/judge/image.h */
};

/* Host settings that a policy's meaning depends on, as they were when it was applied. */
struct portsieve_host {
	__u16 ephemeral_low; /* host order, inclusive */
	__u16 ephemeral_high;
	__u32 forwards_ipv6; /* 0 or 1 */
};

/*
 * A compiled policy: the only element of an inner map, immutable once it is in force. The program
 * reads the fields up to `cell` for every packet, and a few others for replies and events; the rest
 * lets any reader of the map name the counters. The size is a power of two, so that the look-up
 * shifts instead of multiplying.
 */
struct portsieve_image {
	__u32 abi;
	__u32 flags;	     /* enum portsieve_image_flags */
	__u64 drop_knobs;    /* bit N: drop the packets that enum portsieve_knob N decides */
	__u64 monitor_knobs; /* some of drop_knobs: these drops are only counted */
	struct portsieve_ids enforced; /* ranges whose drops are carried out */
	struct portsieve_ids final;    /* ranges whose drops are never replies */
	/* references to port classes, by enum portsieve_portless; 0: no rule is tried */
	__u16 portless[PORTSIEVE_PORTLESS];
	__u16 port[PORTSIEVE_TRANSPORTS][PORTSIEVE_PORTS]; /* entries, by port in host order */
	__u16 counter[PORTSIEVE_ENTRY_RANGE + 1];	   /* counter id by range id */

	__u64 confirm_until_ns; /* CLOCK_BOOTTIME; from then on PORTSIEVE_SLOT_BEFORE is in force */
	__u32 generation;	/* index of its tries in prefixes4 and prefixes6 */
	struct portsieve_port_class port_class[PORTSIEVE_PORT_CLASSES_MAX + 1];
	struct portsieve_condition condition[PORTSIEVE_CONDITIONS_MAX];
	struct portsieve_cell cell[PORTSIEVE_CELLS];

	__u64 applied_ns;     /* CLOCK_REALTIME when it was compiled */
	__u8 sha256[32];      /* of the policy file's bytes; zeros without a file */
	__u8 text_sha256[32]; /* of the canonical text (policy_print) */
	char source[PORTSIEVE_SOURCE_MAX + 1]; /* the file's path; empty without a file */
	__u32 ranges;			       /* used in `range` */
	__u32 rules;			       /* used in `rule` */
	__u32 prefixes;			       /* in its tries */
	__u32 counters; /* rows from this one on are zero since the device was loaded */
	struct portsieve_range range[PORTSIEVE_RANGES];
	struct portsieve_rule rule[PORTSIEVE_FAILSAFE_RULES_MAX + PORTSIEVE_RULES_MAX];
	struct portsieve_host host;
	__u8 failsafe_sha256[32]; /* of the failsafe file's bytes; zeros without one */
	__u64 grace_until_ns; /* CLOCK_BOOTTIME: until then, flows are learned from any segment */
	__u32 flows;	      /* entries of PORTSIEVE_FLOWS; 0 without RETURN_FLOW */
	__u32 reserved;
	__u32 epoch;	    /* differs from that of the previous image: see portsieve_replies */
	__u32 unused[1069]; /* pads to PORTSIEVE_IMAGE_BYTES */
};

_Static_assert(sizeof(struct portsieve_image) == PORTSIEVE_IMAGE_BYTES, "adjust image.unused");

/* The rules, by enum portsieve_portless, that packets of a knob of RULED_KNOBS are tried against.
 */
static inline __attribute__((always_inline)) __u32
image_portless_rules(const struct portsieve_image *image, __u32 knob)
{
	__u64 drops = image->drop_knobs & ~image->monitor_knobs;

	return (PORTSIEVE_UNLIFTED_KNOBS >> (knob & 31) & PORTSIEVE_PORTLESS_STRICT) |
	       (drops >> (knob & 31) << 1 & PORTSIEVE_PORTLESS_DROPPED);
}

/*
 * Which program judges while one portsieve program replaces another in libxdp's dispatcher: both
 * are called for each packet, and exactly one of them judges and counts it. Userspace gives each
 * program a number, its turn.
 */
struct portsieve_turn {
	__u32 now;	  /* the turn of the program that judges */
	__u32 next;	  /* of its successor during a replacement, else equal to `now` */
	__u32 program_id; /* of the program being replaced */
};

#endif
