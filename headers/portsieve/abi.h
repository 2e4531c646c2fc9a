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
#define PORTSIEVE_ABI 4
#endif

enum portsieve_limits {
	PORTSIEVE_PORTS = 65536,
	PORTSIEVE_RULES_MAX = 16384,
	PORTSIEVE_RANGES_MAX = 16384, /* of one policy, without the built-in ranges */
	PORTSIEVE_RULE_NAME_MAX = 32, /* bytes, without the terminating NUL */
	PORTSIEVE_SOURCE_MAX = 255,   /* bytes of a policy file's path; longer paths are cut */
	PORTSIEVE_VLAN_DEPTH_MAX = 8, /* tags */
	PORTSIEVE_VLAN_IDS_MAX = 2,   /* of these, with a VLAN id other than 0 */
	PORTSIEVE_EXT_HEADERS_MAX = 8,
	PORTSIEVE_PREFIXES_MAX = 1 << 18, /* of one policy and family, both directions */
	PORTSIEVE_CLASSES_MAX = 65536,	  /* of addresses, in one direction */
	PORTSIEVE_CONDITIONS_MAX = 12000, /* of one policy */
	PORTSIEVE_CELLS = 65536,	  /* a power of two */
	PORTSIEVE_IMAGE_BYTES = 1 << 21,
	PORTSIEVE_EXPIRIES_MAX = 8, /* conditions on time, one after the other */
	PORTSIEVE_GENERATIONS = 4,  /* of tries: current, previous, two spare */
};

/* Each transport has a flat table in the image. UDP-Lite is judged and counted as UDP. */
enum portsieve_transport {
	PORTSIEVE_TCP,
	PORTSIEVE_UDP,
	PORTSIEVE_SCTP,
	PORTSIEVE_DCCP,
	PORTSIEVE_TRANSPORTS,
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
 */
enum portsieve_ranges {
	PORTSIEVE_RANGE_DHCP = PORTSIEVE_TRANSPORTS * PORTSIEVE_BUILTINS,
	PORTSIEVE_RANGE_RULES,
	PORTSIEVE_RANGES = PORTSIEVE_RANGE_RULES + PORTSIEVE_RANGES_MAX,
	PORTSIEVE_ENTRY_DROP = 0x8000,
	PORTSIEVE_ENTRY_RANGE = 0x7fff,
	PORTSIEVE_ASKS_WORDS = 512, /* a bit for each id, a power of two */
};

/*
 * Decisions that depend on more than the port. An entry whose id is at least PORTSIEVE_RANGES is a
 * reference instead of a range: to a port class in a flat table, to a condition in a condition or a
 * cell. Its number is 2 * (id - PORTSIEVE_RANGES), plus 1 if the top bit is set.
 *
 *     port -> port class -> [source] -> [destination] -> [time]... -> range
 *
 * A port class has a condition, and the range of the first rule without addresses and without an
 * end, which decides if no earlier rule matches (PORTSIEVE_ENTRY_FALL). Ports with the same
 * conditional rules share conditions, so the size is the sum of ranges and prefixes, not their
 * product.
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
	__u16 otherwise; /* a range with its verdict */
};

/*
 * By address: cell[(base + class) % PORTSIEVE_CELLS].entry if the cell's `condition` is this one's
 * number + 1, else `otherwise` (a sparse table compressed by row displacement). By time: `then`
 * before until_ns, else `otherwise`.
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
};

/*
 * Counter ids, the rows of the counters map: reasons, built-in ranges, then a pool for the ranges
 * of two whole policies, so that a change always finds free rows. Only userspace writes two of the
 * rows: RETIRED sums up ranges that no longer exist, and GENERATION is a seqlock by which readers
 * notice that rows were freed while they read.
 */
enum portsieve_counter_ids {
	PORTSIEVE_COUNTER_GENERATION = 46, /* packets passed: odd while rows are freed */
	PORTSIEVE_COUNTER_RETIRED = 47,
	PORTSIEVE_COUNTER_BUILTIN = 48,
	PORTSIEVE_COUNTER_POOL =
		PORTSIEVE_COUNTER_BUILTIN + PORTSIEVE_TRANSPORTS * PORTSIEVE_BUILTINS,
	PORTSIEVE_COUNTERS = PORTSIEVE_COUNTER_POOL + 2 * PORTSIEVE_RANGES_MAX,
};

enum portsieve_verdict {
	PORTSIEVE_PASSED,
	PORTSIEVE_DROPPED,
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

/* The decision on the last packet, if the program was loaded with `tracing` (explain, replay). */
struct portsieve_trace {
	__u32 counter;	/* the row it was counted in */
	__u16 range;	/* id, or PORTSIEVE_RANGES if a reason decided */
	__u16 port;	/* destination, host order */
	__u8 transport; /* enum portsieve_transport */
	__u8 has_port;	/* port and transport are valid */
	__u8 drop;
	__u8 asks; /* without `tracing`, it passes if a socket of the host expects it */
};

/* A range as written in its rule. `rule` is an index in image.rule, unused for a built-in range. */
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
	__u8 runtime; /* added by `allow` or `drop`, not by the policy file */
	__u8 unused;
	__u32 line;	/* in the policy file, from 1; 0 for a runtime rule */
	__u64 until_ns; /* CLOCK_BOOTTIME; 0: no end */
};

enum portsieve_image_flags {
	PORTSIEVE_IMAGE_MONITOR = 1 << 0, /* verdicts are counted, but all packets pass */
	PORTSIEVE_IMAGE_DEFAULT_DROP = 1 << 1,
	PORTSIEVE_IMAGE_NO_POLICY = 1 << 2, /* loaded without a policy file: drops nothing */
	PORTSIEVE_IMAGE_PREFIXES4 = 1 << 3, /* has a trie for IPv4 */
	PORTSIEVE_IMAGE_PREFIXES6 = 1 << 4,
	/* return traffic: which packets pass although a range that asks drops them */
	PORTSIEVE_IMAGE_RETURN_SOCKET = 1 << 5,	     /* those that a socket of the host expects */
	PORTSIEVE_IMAGE_RETURN_ESTABLISHED = 1 << 6, /* TCP segments with ACK or RST */
	PORTSIEVE_IMAGE_RETURNS =
		PORTSIEVE_IMAGE_RETURN_SOCKET | PORTSIEVE_IMAGE_RETURN_ESTABLISHED,
	PORTSIEVE_IMAGE_UDP_EPHEMERAL = 1 << 7,	    /* unconnected sockets on ephemeral ports too */
	PORTSIEVE_IMAGE_UDP_ANY = 1 << 8,	    /* all unconnected sockets too */
	PORTSIEVE_IMAGE_SIMULTANEOUS_OPEN = 1 << 9, /* a SYN asks too */
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
 * reads the fields up to `cell`, and for replies `host` and `asks`; the rest lets any reader of the
 * map name the counters. The size is a power of two, so that the lookup needs a shift instead of a
 * multiplication.
 */
struct portsieve_image {
	__u32 abi;
	__u32 flags;	  /* enum portsieve_image_flags */
	__u64 drop_knobs; /* bit N: drop the packets that enum portsieve_knob N decides */
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
	struct portsieve_rule rule[PORTSIEVE_RULES_MAX];
	struct portsieve_host host;
	__u64 asks[PORTSIEVE_ASKS_WORDS]; /* bits by range id: its drops may be replies */
	__u64 unused[16];		  /* pads to PORTSIEVE_IMAGE_BYTES */
};

_Static_assert(sizeof(struct portsieve_image) == PORTSIEVE_IMAGE_BYTES, "adjust image.unused");

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
