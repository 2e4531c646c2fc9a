/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * What the XDP program and userspace agree on, and nothing else: the layout of map values, the
 * enumerations behind the names that users see, and the limits. Both sides include it; it
 * includes linux/types.h only. A change of any layout here raises PORTSIEVE_ABI.
 */
#ifndef PORTSIEVE_ABI_H
#define PORTSIEVE_ABI_H

#include <linux/types.h>

#define PORTSIEVE_ABI 1

enum portsieve_limits {
	PORTSIEVE_PORTS = 65536,
	PORTSIEVE_RULES_MAX = 16384,
	PORTSIEVE_RANGES_MAX = 16384, /* of the rules of one policy, built-in ranges apart */
	PORTSIEVE_RULE_NAME_MAX = 32, /* bytes, the terminating NUL apart */
	PORTSIEVE_SOURCE_MAX = 255,   /* bytes of a policy file's path; a longer one is cut */
	PORTSIEVE_VLAN_DEPTH_MAX = 2,
	PORTSIEVE_EXT_HEADERS_MAX = 8,
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
 * the names (user/reason.c) are the ones that users see.
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
	__u8 unused[2];
	__u32 line; /* of the policy file, from 1 */
};

enum portsieve_image_flags {
	PORTSIEVE_IMAGE_MONITOR = 1 << 0, /* verdicts are counted, packets pass */
	PORTSIEVE_IMAGE_DEFAULT_DROP = 1 << 1,
	PORTSIEVE_IMAGE_NO_POLICY = 1 << 2, /* built from no file: counts, drops nothing */
};

/*
 * A compiled policy: the one element of an inner map, immutable once it is in force. The program
 * reads the fields up to `counter`; the rest lets every reader of the map name what was counted.
 */
struct portsieve_image {
	__u32 abi;
	__u32 flags;	  /* enum portsieve_image_flags */
	__u64 drop_knobs; /* bit N: what enum portsieve_knob N decides is dropped */
	__u16 port[PORTSIEVE_TRANSPORTS][PORTSIEVE_PORTS]; /* by port in host order */
	__u16 counter[PORTSIEVE_ENTRY_RANGE + 1];	   /* counter id by range id */

	__u64 applied_ns;		       /* CLOCK_REALTIME when it was compiled */
	__u8 sha256[32];		       /* of the policy file's bytes; zeros without one */
	char source[PORTSIEVE_SOURCE_MAX + 1]; /* path of that file; empty without one */
	__u32 ranges;			       /* in `range` */
	__u32 rules;			       /* in `rule` */
	__u32 counters; /* no row from here on has counted anything since the device was loaded */
	struct portsieve_range range[PORTSIEVE_RANGES];
	struct portsieve_rule rule[PORTSIEVE_RULES_MAX];
};

#endif
