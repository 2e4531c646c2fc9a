/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What the XDP program and userspace agree on, and nothing else: the layout of map values, the
 * enumerations behind the names that users see, and the limits. Both sides include it; it
 * includes linux/types.h only. A change of any layout here raises PORTSIEVE_ABI.
 */
#ifndef PORTSIEVE_ABI_H
#define PORTSIEVE_ABI_H

#include <linux/types.h>

#ifndef PORTSIEVE_ABI /* tests build another one, to upgrade from */
#define PORTSIEVE_ABI 3
#endif

enum portsieve_limits {
	PORTSIEVE_PORTS = 65536,
	PORTSIEVE_RULES_MAX = 16384,
	PORTSIEVE_RANGES_MAX = 16384, /* of the rules of one policy, built-in ranges apart */
	PORTSIEVE_RULE_NAME_MAX = 32, /* bytes, the terminating NUL apart */
	PORTSIEVE_SOURCE_MAX = 255,   /* bytes of a policy file's path; a longer one is cut */
	PORTSIEVE_VLAN_DEPTH_MAX = 2,
	PORTSIEVE_EXT_HEADERS_MAX = 8,
	PORTSIEVE_PREFIXES_MAX = 1 << 18, /* of one policy and family, both directions */
	PORTSIEVE_CLASSES_MAX = 65536,	  /* of addresses, in one direction */
	PORTSIEVE_CONDITIONS_MAX = 12000, /* of one policy */
	PORTSIEVE_CELLS = 65536,	  /* a power of two */
	PORTSIEVE_IMAGE_BYTES = 1 << 21,
	PORTSIEVE_EXPIRIES_MAX = 8, /* rules that end in time, one behind the other */
	PORTSIEVE_GENERATIONS = 4,  /* of prefix tries: the image's, the one's before, spare */
};

/* The flat tables of an image, one each. UDP-Lite is judged and counted with UDP. */
enum portsieve_transport {
	PORTSIEVE_TCP,
	PORTSIEVE_UDP,
	PORTSIEVE_SCTP,
	PORTSIEVE_DCCP,
	PORTSIEVE_TRANSPORTS,
};

/*
 * Why a packet was counted outside every port range. The numbers are the rows of the counters,
 * the names (user/print/reason.c) are the ones that users see.
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
	PORTSIEVE_REASONS,
};

/*
 * What decides a packet that has no destination port. Each knob is one bit of image.drop_knobs:
 * set means drop. The first two are fixed, the others are keys of `portless` in the policy.
 */
enum portsieve_knob {
	PORTSIEVE_KNOB_PASS, /* never set: what no policy drops */
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
	PORTSIEVE_KNOBS,
};

/* Ranges of what the default decides, of each transport, in this order before those of rules. */
enum portsieve_builtin {
	PORTSIEVE_PORT0,
	PORTSIEVE_SYSTEM,
	PORTSIEVE_USER,
	PORTSIEVE_DYNAMIC,
	PORTSIEVE_BUILTINS,
};

/*
 * Range ids, the entries of a flat table: built-in ranges first (transport-major), then one for
 * DHCP replies that the default would drop, then the ranges of the rules. The top bit of an
 * entry is its verdict. The mask lets the verifier see a bounded index without a branch.
 */
enum portsieve_ranges {
	PORTSIEVE_RANGE_DHCP = PORTSIEVE_TRANSPORTS * PORTSIEVE_BUILTINS,
	PORTSIEVE_RANGE_RULES,
	PORTSIEVE_RANGES = PORTSIEVE_RANGE_RULES + PORTSIEVE_RANGES_MAX,
	PORTSIEVE_ENTRY_DROP = 0x8000,
	PORTSIEVE_ENTRY_RANGE = 0x7fff,
};

/*
 * What depends on more than the port. An id from PORTSIEVE_RANGES on is no range but a reference:
 * in a flat table to a port class, in a condition or a cell to a condition. Its number is 2 * (id -
 * PORTSIEVE_RANGES), plus 1 with the top bit, which is no verdict then.
 *
 *     port -> port class -> [source] -> [destination] -> [time]... -> range
 *
 * A port class names its condition, and the range of the first rule that names neither addresses
 * nor an end, which decides when no rule before it does (PORTSIEVE_ENTRY_FALL). Conditions are
 * shared by all ports that ask the same: ranges and prefixes add up and do not multiply.
 */
enum portsieve_references {
	PORTSIEVE_ENTRY_FALL = 0xffff, /* in a condition or a cell: no conditional rule matches */
	PORTSIEVE_PORT_CLASSES_MAX = 2 * (PORTSIEVE_ENTRY_RANGE + 1 - PORTSIEVE_RANGES) - 1,
};

static inline __attribute__((always_inline)) _Bool is_reference(__u32 entry)
{
	return (entry & PORTSIEVE_ENTRY_RANGE) >= PORTSIEVE_RANGES;
}

/* The number that a reference has; of any other entry, garbage. */
static inline __attribute__((always_inline)) __u32 reference_number(__u32 entry)
{
	return 2 * ((entry & PORTSIEVE_ENTRY_RANGE) - PORTSIEVE_RANGES) +
	       entry / PORTSIEVE_ENTRY_DROP;
}

/* The reference that has this number. */
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
	__u16 otherwise; /* a range and its verdict */
};

/*
 * By address: cell[(base + class) % PORTSIEVE_CELLS].entry if its `condition` is this one's number,
 * else `otherwise` (rows of a sparse table that are laid into each other's gaps). By time: `then`
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
	__u16 condition; /* number + 1; 0: empty */
	__u16 entry;
};

/*
 * Keys of the tries that map addresses to classes, a __u32 each; what no prefix holds is class 0.
 * `length` counts the bits of `direction` and of the address. Both directions are in one trie.
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
	__u8 direction[4]; /* enum portsieve_direction in the last one */
	__u8 address[4];
};

struct portsieve_prefix6 {
	__u32 length;
	__u8 direction[4];
	__u8 address[16];
};

/* The slots of `active`. */
enum portsieve_slot {
	PORTSIEVE_SLOT_NOW,    /* the policy in force, if its confirm_until_ns has not passed */
	PORTSIEVE_SLOT_BEFORE, /* else this one, which is there whenever that is not 0 */
	PORTSIEVE_SLOTS,
};

/*
 * Counter ids, the rows of the counters map: reasons, then built-in ranges, then a pool that
 * holds the ranges of two whole policies, so that a change never waits for a row. Two
 * rows only userspace writes: what ranges had counted that a change has ended, and a
 * generation by which readers see that rows were freed while they read.
 */
enum portsieve_counter_ids {
	PORTSIEVE_COUNTER_GENERATION = 46, /* `passed.packets`: odd while rows are being freed */
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

/* One row of one CPU. One packet adds to exactly one row. */
struct portsieve_counter {
	struct {
		__u64 packets;
		__u64 bytes;
	} verdict[PORTSIEVE_VERDICTS];
	__u64 new_connections; /* TCP segments with SYN and without ACK */
};

/* What the program decided of the last packet, where it was loaded to tell (explain, replay). */
struct portsieve_trace {
	__u32 counter;	/* the row it was counted in */
	__u16 range;	/* id, or PORTSIEVE_RANGES when a reason decided */
	__u16 port;	/* destination, host order */
	__u8 transport; /* enum portsieve_transport */
	__u8 has_port;	/* the two above mean something */
	__u8 drop;
	__u8 unused;
};

/* A range as its rule wrote it; `rule` is an index of image.rule, unused for a built-in range. */
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
	__u8 runtime; /* not of the policy file: `allow`, `drop` */
	__u8 unused;
	__u32 line;	/* of the policy file, from 1; 0 for a runtime rule */
	__u64 until_ns; /* CLOCK_BOOTTIME; 0: without end */
};

enum portsieve_image_flags {
	PORTSIEVE_IMAGE_MONITOR = 1 << 0, /* verdicts are counted, packets pass */
	PORTSIEVE_IMAGE_DEFAULT_DROP = 1 << 1,
	PORTSIEVE_IMAGE_NO_POLICY = 1 << 2, /* built from no file: counts, drops nothing */
	PORTSIEVE_IMAGE_PREFIXES4 = 1 << 3, /* it has a trie of that family */
	PORTSIEVE_IMAGE_PREFIXES6 = 1 << 4,
	PORTSIEVE_IMAGE_UNCONFIRMED =
		1u << 31, /* confirm_until_ns is not 0; the sign: see bpf/maps.h */
};

/* What the policy's words mean that depend on the host, as it was when the policy was applied. */
struct portsieve_host {
	__u16 ephemeral_low; /* in host order, inclusive */
	__u16 ephemeral_high;
	__u32 forwards_ipv6; /* 0 or 1 */
};

/*
 * A compiled policy: the one element of an inner map, immutable once it is in force. The program
 * reads the fields up to `cell`; the rest lets every reader of the map name what was counted. Its
 * size is a power of two: the look-up of a packet then shifts where it would multiply.
 */
struct portsieve_image {
	__u32 abi;
	__u32 flags;	  /* enum portsieve_image_flags */
	__u64 drop_knobs; /* bit N: what enum portsieve_knob N decides is dropped */
	__u16 port[PORTSIEVE_TRANSPORTS][PORTSIEVE_PORTS]; /* by port in host order */
	__u16 counter[PORTSIEVE_ENTRY_RANGE + 1];	   /* counter id by range id */

	__u64 confirm_until_ns; /* CLOCK_BOOTTIME: from then on PORTSIEVE_SLOT_BEFORE is in force */
	__u32 generation;	/* slot of its prefix tries */
	struct portsieve_port_class port_class[PORTSIEVE_PORT_CLASSES_MAX + 1];
	struct portsieve_condition condition[PORTSIEVE_CONDITIONS_MAX];
	struct portsieve_cell cell[PORTSIEVE_CELLS];

	__u64 applied_ns;		       /* CLOCK_REALTIME when it was compiled */
	__u8 sha256[32];		       /* of the policy file's bytes; zeros without one */
	__u8 text_sha256[32];		       /* of the canonical text (policy_print) */
	char source[PORTSIEVE_SOURCE_MAX + 1]; /* path of that file; empty without one */
	__u32 ranges;			       /* in `range` */
	__u32 rules;			       /* in `rule` */
	__u32 prefixes;			       /* in its tries */
	__u32 counters; /* no row from here on has counted anything since the device was loaded */
	struct portsieve_range range[PORTSIEVE_RANGES];
	struct portsieve_rule rule[PORTSIEVE_RULES_MAX];
	struct portsieve_host host;
	__u64 unused[528]; /* up to PORTSIEVE_IMAGE_BYTES */
};

_Static_assert(sizeof(struct portsieve_image) == PORTSIEVE_IMAGE_BYTES, "an image has outgrown it");

/*
 * Whose turn it is to judge while one program of portsieve replaces another one on a device that
 * they share by libxdp's dispatcher: both are called for a packet, one of them judges and counts
 * it. A program's own turn is a number that userspace gave it.
 */
struct portsieve_turn {
	__u32 now;	  /* the turn of the program that judges */
	__u32 next;	  /* of the one that is to: the same, but while one is replaced */
	__u32 program_id; /* of the program that is to be replaced */
};

#endif
