// SPDX-License-Identifier: GPL-2.0-or-later
/* Rules L1 to L8 and C1 to C8. */
#include "rules.h"

#include "base/cleanup.h"

#define MALFORMED DROPS("malformed-l4")
#define TINY	  DROPS("tiny-fragment")
#define ESTABLISHED                                                                                \
	DROP "  - {name: final, action: drop, ports: tcp/25, replies: drop}\n"                     \
	     "return: established\n"
/* Recipes are from 192.0.2.7 and 2001:db8::7. */
#define FROM_HERE "from: [192.0.2.0/24, \"2001:db8::/64\"]}\n"
#define BLOCKED                                                                                    \
	"version: 1\ndefault: allow\nrules:\n"                                                     \
	"  - {name: elsewhere, action: allow, from: 203.0.113.0/24}\n"                             \
	"  - {name: all, action: drop, " FROM_HERE
#define TRUSTED                                                                                    \
	"version: 1\ndefault: drop\nrules:\n"                                                      \
	"  - {name: all, action: allow, " FROM_HERE
#define TRIED                                                                                      \
	"version: 1\ndefault: allow\nrules:\n"                                                     \
	"  - {name: all, action: drop, mode: monitor, " FROM_HERE
#define BY_ALL(drop_, dropped_)                                                                    \
	{                                                                                          \
		.drop = drop_, .dropped = dropped_, .reason = "rule", .rule = "all", .port = -1,   \
		.high = 65535                                                                      \
	}
#define RETURNED                                                                                   \
	{                                                                                          \
		.reason = "return-established", .protocol = "tcp", .port = 23                      \
	}

const struct rule_test rules_l4[] = {
	{ "L1", "20 bytes of TCP are enough", "eth ip4 tcp", DROP, OPEN("tcp") },
	{ "L1", "19 bytes of TCP are malformed", "eth ip4 tcp:size=19", ALLOW, MALFORMED },
	{ "L1", "19 bytes of TCP and padding are malformed", "eth ip4 tcp:size=19 end data:20",
	  ALLOW, MALFORMED },
	{ "L1", "19 bytes of TCP over IPv6 are malformed", "eth ip6 tcp:size=19 end data:20", ALLOW,
	  MALFORMED },
	{ "L1", "8 bytes of UDP are enough", "eth ip4 udp", DROP, OPEN("udp") },
	{ "L1", "7 bytes of UDP are malformed", "eth ip4 udp:size=7,len=8", ALLOW, MALFORMED },
	{ "L1", "no byte of UDP is malformed", "eth ip6:next=17", ALLOW, MALFORMED },
	{ "L1", "8 bytes of UDP-Lite are enough", "eth ip6 lite", DROP, OPEN("udp") },
	{ "L1", "7 bytes of UDP-Lite are malformed", "eth ip6 lite:size=7", ALLOW, MALFORMED },
	{ "L1", "12 bytes of SCTP are enough", "eth ip4 sctp", DROP, OPEN("sctp") },
	{ "L1", "11 bytes of SCTP are malformed", "eth ip4 sctp:size=11", ALLOW, MALFORMED },
	{ "L1", "12 bytes of DCCP are enough", "eth ip4 dccp", DROP, OPEN("dccp") },
	{ "L1", "11 bytes of DCCP are malformed", "eth ip4 dccp:size=11", ALLOW, MALFORMED },
	{ "L1", "8 bytes of ICMP are enough", "eth ip4 icmp", DROP, PASSES("icmp") },
	{ "L1", "7 bytes of ICMP are malformed", "eth ip4 icmp:size=7", ALLOW, MALFORMED },
	{ "L1", "4 bytes of ICMPv6 are enough", "eth ip6 icmp6", DROP, PASSES("icmpv6") },
	{ "L1", "3 bytes of ICMPv6 are malformed", "eth ip6 icmp6:size=3", ALLOW, MALFORMED },
	{ "L1", "no byte of IGMP is enough", "eth ip4:proto=2", DROP, PASSES("igmp") },
	{ "L1", "16 bytes of TCP in a first fragment are tiny", "eth ip4:mf=1 tcp:size=16", ALLOW,
	  TINY },
	{ "L1", "24 bytes of TCP in a first fragment are not", "eth ip4:mf=1 tcp:port=23 data:4",
	  ALLOW, SHUT("tcp") },
	{ "L1", "a tiny TCP fragment passes where its knob allows", "eth ip4:mf=1 tcp:size=16",
	  DROP KNOB("tiny_fragment: allow"), PASSES("tiny-fragment") },
	{ "L1", "no byte of UDP in a first fragment is tiny", "eth ip4:mf=1,proto=17", ALLOW,
	  TINY },
	{ "L1", "no byte of UDP-Lite in a first fragment is tiny", "eth ip4:mf=1,proto=136", ALLOW,
	  TINY },
	{ "L1", "8 bytes of SCTP in a first fragment are tiny", "eth ip4:mf=1 sctp:size=8", ALLOW,
	  TINY },
	{ "L1", "16 bytes of SCTP in a first fragment are not", "eth ip4:mf=1 sctp data:4", DROP,
	  OPEN("sctp") },
	{ "L1", "8 bytes of DCCP in a first fragment are tiny", "eth ip4:mf=1 dccp:size=8", ALLOW,
	  TINY },
	{ "L1", "no byte of ICMP in a first fragment is tiny", "eth ip4:mf=1,proto=1", ALLOW,
	  TINY },
	{ "L1", "8 bytes of ICMP in a first fragment are not", "eth ip4:mf=1 icmp", DROP,
	  PASSES("icmp") },
	{ "L2", "data offset 5 goes on", "eth ip4 tcp:off=5,port=23", ALLOW, SHUT("tcp") },
	{ "L2", "data offset 4 is malformed", "eth ip4 tcp:off=4", ALLOW, MALFORMED },
	{ "L2", "data offset 0 is malformed", "eth ip6 tcp:off=0", ALLOW, MALFORMED },
	{ "L2", "data offset 4 in a first fragment is malformed", "eth ip4:mf=1 tcp:off=4 data:4",
	  ALLOW, MALFORMED },
	{ "L2", "data offset 4 in a first IPv6 fragment is malformed",
	  "eth ip6 frag:mf=1 tcp:off=4 data:4", ALLOW, MALFORMED },
	{ "L3", "data offset 6 of 24 bytes goes on", "eth ip4 tcp:size=24,port=23", ALLOW,
	  SHUT("tcp") },
	{ "L3", "data offset 6 of 20 bytes is malformed", "eth ip4 tcp:off=6", ALLOW, MALFORMED },
	{ "L3", "data offset 6 of 23 bytes is malformed", "eth ip4 tcp:off=6 data:3", ALLOW,
	  MALFORMED },
	{ "L3", "data offset 6 does not reach into padding", "eth ip6 tcp:off=6 end data:20", ALLOW,
	  MALFORMED },
	{ "L3", "data offset 15 of 60 bytes goes on", "eth ip6 tcp:size=60,port=23", ALLOW,
	  SHUT("tcp") },
	{ "L3", "data offset 15 of 59 bytes is malformed", "eth ip6 tcp:off=15 data:39", ALLOW,
	  MALFORMED },
	{ "L3", "options may go on in a later IPv4 fragment", "eth ip4:mf=1 tcp:off=15 data:4",
	  DROP, OPEN("tcp") },
	{ "L3", "options may not go on in a later IPv6 fragment",
	  "eth ip6 frag:mf=1 tcp:off=15 data:4", ALLOW, TINY },
	{ "L4", "UDP length 8 goes on", "eth ip4 udp:len=8,port=23", ALLOW, SHUT("udp") },
	{ "L4", "UDP length 7 is malformed", "eth ip4 udp:len=7", ALLOW, MALFORMED },
	{ "L4", "UDP length 7 of 60 bytes is malformed", "eth ip4 udp:len=7 data:52", ALLOW,
	  MALFORMED },
	{ "L4", "UDP length 0 is malformed", "eth ip4 udp:len=0", ALLOW, MALFORMED },
	{ "L4", "UDP length 0 over IPv6 is malformed", "eth ip6 udp:len=0", ALLOW, MALFORMED },
	{ "L4", "UDP length 7 in a first fragment is malformed", "eth ip4:mf=1 udp:len=7", ALLOW,
	  MALFORMED },
	{ "L5", "a UDP length up to the end goes on", "eth ip4 udp:port=23 data:5", ALLOW,
	  SHUT("udp") },
	{ "L5", "a UDP length below the end goes on", "eth ip4 udp:len=8,port=23 data:5", ALLOW,
	  SHUT("udp") },
	{ "L5", "a UDP length one past the end is malformed", "eth ip4 udp:len=+1 data:5", ALLOW,
	  MALFORMED },
	{ "L5", "a UDP length one past the end of 60 bytes is malformed",
	  "eth ip4 udp:len=+1 data:52", ALLOW, MALFORMED },
	{ "L5", "a UDP length one past the end of 60 bytes over IPv6 is malformed",
	  "eth vlan ip6 udp:len=+1 data:52 end data:8", ALLOW, MALFORMED },
	{ "L5", "a UDP length up to the end of 60 bytes goes on",
	  "eth vlan ip6 udp:port=23 data:52", ALLOW, SHUT("udp") },
	{ "L5", "a UDP length does not reach into padding", "eth ip6 udp:len=9 end data:10", ALLOW,
	  MALFORMED },
	{ "L5", "the UDP length of a first fragment is not checked",
	  "eth ip4:mf=1 udp:len=2000,port=23", ALLOW, SHUT("udp") },
	{ "L5", "the UDP length of a first IPv6 fragment is not checked",
	  "eth ip6 frag:mf=1 udp:len=2000,port=23", ALLOW, SHUT("udp") },
	{ "L5", "the UDP length of an atomic fragment is checked",
	  "eth ip6 frag udp:len=2000,port=23", ALLOW, MALFORMED },
	{ "L5", "a UDP-Lite coverage of 7 is not checked", "eth ip4 lite:coverage=7,port=23", ALLOW,
	  SHUT("udp") },
	{ "L5", "a UDP-Lite coverage past the end is not checked",
	  "eth ip6 lite:coverage=65535,port=23", ALLOW, SHUT("udp") },
	{ "R1",
	  "a rule that says `replies: drop` drops an ACK",
	  "eth ip4 tcp:port=25,flags=16",
	  ESTABLISHED,
	  { .drop = true,
	    .dropped = true,
	    .reason = "rule",
	    .rule = "final",
	    .protocol = "tcp",
	    .port = 25,
	    .low = 25,
	    .high = 25 } },
	{ "R2",
	  "a SYN is dropped",
	  "eth ip4 tcp:port=23,flags=2",
	  ESTABLISHED,
	  { .drop = true,
	    .dropped = true,
	    .new_connection = true,
	    .reason = "rule",
	    .rule = "shut",
	    .protocol = "tcp",
	    .port = 23,
	    .low = 23,
	    .high = 23 } },
	{ "R4", "a segment with ACK passes", "eth ip4 tcp:port=23,flags=16", ESTABLISHED,
	  RETURNED },
	{ "R4", "a segment with SYN and ACK passes, over IPv6", "eth ip6 tcp:port=23,flags=18",
	  ESTABLISHED, RETURNED },
	{ "R4", "a segment with RST passes", "eth ip4 tcp:port=23,flags=4", ESTABLISHED, RETURNED },
	{ "R4", "a segment with PSH only is dropped", "eth ip4 tcp:port=23,flags=8", ESTABLISHED,
	  SHUT("tcp") },
	{ "R4", "UDP is dropped", "eth ip4 udp:port=23", ESTABLISHED, SHUT("udp") },
	{ "U1", "a blocked source's ping is dropped", "eth ip4 icmp", BLOCKED, BY_ALL(true, true) },
	{ "U1", "over IPv6 too", "eth ip6 icmp6", BLOCKED, BY_ALL(true, true) },
	{ "U1", "its GRE is dropped", "eth ip4:proto=47 data:8", BLOCKED, BY_ALL(true, true) },
	{ "U1", "its ESP over IPv6 is dropped", "eth ip6 esp", BLOCKED, BY_ALL(true, true) },
	{ "U1", "its later fragments are dropped", "eth ip4:frag=185 udp", BLOCKED,
	  BY_ALL(true, true) },
	{ "U1", "its later fragments over IPv6 are dropped", "eth ip6 frag:off=1,next=17 data:8",
	  BLOCKED, BY_ALL(true, true) },
	{ "U1", "its ICMP errors pass", "eth ip4 icmp:type=3", BLOCKED, PASSES("icmp") },
	{ "U1", "its neighbour solicitations pass", "eth ip6 icmp6:type=135", BLOCKED,
	  PASSES("icmpv6") },
	{ "U1", "its IGMP passes", "eth ip4:proto=2", BLOCKED, PASSES("igmp") },
	{ "U1", "what it sends malformed is malformed", "eth ip4 icmp:size=7", BLOCKED, MALFORMED },
	{ "U1", "a knob of an extension header comes first", "eth ip6 dst icmp6",
	  BLOCKED KNOB("destination_options: drop"), DROPS("ext-header") },
	{ "U1", "a source route comes first", "eth ip4:size=28 tcp poke:34=8307040a00000100",
	  TRUSTED, DROPS("source-route") },
	{ "U1", "a trusted source's ping passes the knob", "eth ip4 icmp",
	  TRUSTED KNOB("icmp_echo: drop"), BY_ALL(false, false) },
	{ "U1", "a trusted source's other ICMP passes the default", "eth ip4 icmp:type=13", TRUSTED,
	  BY_ALL(false, false) },
	{ "U1", "MPLS has no addresses", "eth:type=0x8847 data:46", BLOCKED, PASSES("mpls") },
	{ "U1", "a monitored rule counts what the knob passes", "eth ip4 icmp", TRIED,
	  BY_ALL(true, false) },
	{ "U1", "a monitored rule counts nothing that the knob drops", "eth ip4 icmp",
	  TRIED KNOB("icmp_echo: drop"), DROPS("icmp") },
	{ "U2", "a blocked source's tiny fragment is dropped by the rule",
	  "eth ip4:mf=1 tcp:size=16", BLOCKED KNOB("tiny_fragment: allow"), BY_ALL(true, true) },
	{ "U2", "a trusted source's tiny fragment is dropped", "eth ip4:mf=1 tcp:size=16", TRUSTED,
	  TINY },
	{ "U2", "TCP at offset 1 is dropped too", "eth ip4:frag=1,proto=6 data:24", TRUSTED, TINY },
	{ "U2", "its tiny fragment passes where the knob allows", "eth ip4:mf=1 tcp:size=16",
	  TRUSTED KNOB("tiny_fragment: allow"), PASSES("tiny-fragment") },
	{ "U2", "a trusted source's ninth header is too many",
	  "eth ip6 dst dst dst dst dst dst dst dst dst udp", TRUSTED, DROPS("ext-depth") },
	{ "U2", "a blocked source's ninth header is dropped by the rule",
	  "eth ip6 dst dst dst dst dst dst dst dst dst udp", BLOCKED, BY_ALL(true, true) },
	{ "U2", "a trusted source's jumbogram follows the knob", "eth ip6:payload=0 jumbo udp",
	  TRUSTED, DROPS("jumbogram") },
	{ "U2", "a blocked source's jumbogram is dropped by the rule",
	  "eth ip6:payload=0 jumbo udp", BLOCKED, BY_ALL(true, true) },
};
const size_t rules_l4_count = ARRAY_SIZE(rules_l4);

#define BAD(drop_, port_)                                                                          \
	{                                                                                          \
		.drop = drop_, .dropped = drop_, .reason = "bad-flags", .protocol = "tcp",         \
		.port = port_                                                                      \
	}
#define NEW_SHUT                                                                                   \
	{                                                                                          \
		.drop = true, .dropped = true, .reason = "rule", .rule = "shut",                   \
		.protocol = "tcp", .port = 23, .low = 23, .high = 23, .new_connection = true       \
	}
#define NEW_OPEN                                                                                   \
	{                                                                                          \
		.reason = "rule", .rule = "open", .protocol = "tcp", .port = 443, .low = 443,      \
		.high = 443, .new_connection = true                                                \
	}
#define BUILT_IN(drop_, rule_, low_, high_, protocol_, port_)                                      \
	{                                                                                          \
		.drop = drop_, .dropped = drop_, .reason = "default", .rule = rule_, .low = low_,  \
		.high = high_, .protocol = protocol_, .port = port_                                \
	}
#define DHCP(port_)                                                                                \
	{                                                                                          \
		.reason = "dhcp-client", .protocol = "udp", .port = port_                          \
	}
#define BY_RULE(drop_, protocol_, port_, low_, high_)                                              \
	{                                                                                          \
		.drop = drop_, .dropped = drop_, .reason = "rule", .rule = "low", .low = low_,     \
		.high = high_, .protocol = protocol_, .port = port_                                \
	}
#define DROP_BY(action)                                                                            \
	"version: 1\ndefault: drop\nrules: [{name: low, action: " action                           \
	", ports: udp/60-70 tcp/60-70}]\n"

/* A policy with two monitored rules among others. */
#define TRIAL(default_, knobs_)                                                                    \
	"version: 1\ndefault: " default_ "\nrules:\n"                                              \
	"  - {name: first, action: allow, ports: tcp/20}\n"                                        \
	"  - {name: trial, action: drop, ports: tcp/20-29, mode: monitor}\n"                       \
	"  - {name: open, action: allow, ports: tcp/25}\n"                                         \
	"  - {name: trial-2, action: drop, ports: tcp/29-31, mode: monitor}\n"                     \
	"  - {name: shut, action: drop, ports: tcp/26}\n" knobs_
#define WOULD_DROP(reason_, rule_, protocol_, port_, low_, high_)                                  \
	{                                                                                          \
		.drop = true, .reason = reason_, .rule = rule_, .protocol = protocol_,             \
		.port = port_, .low = low_, .high = high_                                          \
	}
#define WOULD_DROP_REASON(reason_, protocol_, port_)                                               \
	{                                                                                          \
		.drop = true, .reason = reason_, .protocol = protocol_, .port = port_              \
	}

const struct rule_test rules_ports[] = {
	{ "L6", "invalid flags are bad though a rule without ports allows",
	  "eth ip4 tcp:flags=0x03", TRUSTED, BAD(true, 443) },
	{ "L6", "there a knob lets them pass", "eth ip6 tcp:flags=0x03",
	  TRUSTED KNOB("bad_flags: allow"), BAD(false, 443) },
	{ "L6", "SYN+FIN to a dropped port is bad", "eth ip4 tcp:port=23,flags=0x03", ALLOW,
	  BAD(true, 23) },
	{ "L6", "SYN+RST to a dropped port is bad", "eth ip4 tcp:port=23,flags=0x06", ALLOW,
	  BAD(true, 23) },
	{ "L6", "SYN+RST+ACK to a dropped port is bad", "eth ip6 tcp:port=23,flags=0x16", DROP,
	  BAD(true, 23) },
	{ "L6", "no flags to a dropped port are bad", "eth ip4 tcp:port=23,flags=0", DROP,
	  BAD(true, 23) },
	{ "L6", "ECE and CWR are no flags", "eth ip4 tcp:port=23,flags=0xc0", DROP, BAD(true, 23) },
	{ "L6", "FIN alone to a dropped port is bad", "eth ip4 tcp:port=23,flags=0x01", DROP,
	  BAD(true, 23) },
	{ "L6", "FIN+PSH+URG to a dropped port is bad", "eth ip6 tcp:port=23,flags=0x29", DROP,
	  BAD(true, 23) },
	{ "L6", "FIN+RST without ACK is bad", "eth ip6 tcp:port=23,flags=0x05", DROP,
	  BAD(true, 23) },
	{ "L6", "they are bad where the default drops", "eth ip4 tcp:port=5555,flags=0x03", DROP,
	  BAD(true, 5555) },
	{ "L6", "they are counted with the others where the default allows",
	  "eth ip4 tcp:port=5555,flags=0x29", ALLOW,
	  BUILT_IN(false, "_user", 1024, 49151, "tcp", 5555) },
	{ "L6", "they are counted with the others of an allowed port", "eth ip4 tcp:flags=0x03",
	  DROP, NEW_OPEN },
	{ "L6", "they pass where their knob allows", "eth ip4 tcp:port=23,flags=0x03",
	  DROP KNOB("bad_flags: allow"), BAD(false, 23) },
	{ "L6", "FIN+ACK is good", "eth ip4 tcp:port=23,flags=0x11", DROP, SHUT("tcp") },
	{ "L6", "RST alone is good", "eth ip4 tcp:port=23,flags=0x04", DROP, SHUT("tcp") },
	{ "L6", "PSH alone is good", "eth ip4 tcp:port=23,flags=0x08", DROP, SHUT("tcp") },
	{ "L6", "URG alone is good", "eth ip4 tcp:port=23,flags=0x20", DROP, SHUT("tcp") },
	{ "L6", "SYN is good and new", "eth ip4 tcp:port=23,flags=0x02", DROP, NEW_SHUT },
	{ "L6", "bad flags in a first fragment are bad",
	  "eth ip4:mf=1 tcp:port=23,flags=0x03 data:4", DROP, BAD(true, 23) },
	{ "L7", "udp/68 passes under default drop", "eth ip4 udp:port=68", DROP, DHCP(68) },
	{ "L7", "udp/546 passes under default drop", "eth ip6 udp:port=546", DROP, DHCP(546) },
	{ "L7", "udp/68 over IPv6 passes too", "eth ip6 udp:port=68", DROP, DHCP(68) },
	{ "L7", "udp/546 over IPv4 passes too", "eth ip4 udp:port=546", DROP, DHCP(546) },
	{ "L7", "UDP-Lite to 68 passes", "eth ip4 lite:port=68", DROP, DHCP(68) },
	{ "L7", "udp/67 does not", "eth ip4 udp:port=67", DROP,
	  BUILT_IN(true, "_system", 1, 1023, "udp", 67) },
	{ "L7", "udp/69 does not", "eth ip4 udp:port=69", DROP,
	  BUILT_IN(true, "_system", 1, 1023, "udp", 69) },
	{ "L7", "udp/545 does not", "eth ip6 udp:port=545", DROP,
	  BUILT_IN(true, "_system", 1, 1023, "udp", 545) },
	{ "L7", "udp/547 does not", "eth ip6 udp:port=547", DROP,
	  BUILT_IN(true, "_system", 1, 1023, "udp", 547) },
	{ "L7", "tcp/68 does not", "eth ip4 tcp:port=68", DROP,
	  BUILT_IN(true, "_system", 1, 1023, "tcp", 68) },
	{ "L7", "sctp/68 does not", "eth ip4 sctp:port=68", DROP,
	  BUILT_IN(true, "_system", 1, 1023, "sctp", 68) },
	{ "L7", "udp/68 does not where dhcp_client is off", "eth ip4 udp:port=68",
	  DROP "dhcp_client: off\n", BUILT_IN(true, "_system", 1, 1023, "udp", 68) },
	{ "L7", "udp/68 is counted with the others under default allow", "eth ip4 udp:port=68",
	  ALLOW, BUILT_IN(false, "_system", 1, 1023, "udp", 68) },
	{ "L7", "a rule that drops udp/68 goes first", "eth ip4 udp:port=68", DROP_BY("drop"),
	  BY_RULE(true, "udp", 68, 60, 70) },
	{ "L7", "a rule that allows udp/68 goes first", "eth ip4 udp:port=68", DROP_BY("allow"),
	  BY_RULE(false, "udp", 68, 60, 70) },
	{ "L8", "an allowed port passes", "eth ip4 tcp", DROP, OPEN("tcp") },
	{ "L8", "a dropped port is dropped", "eth ip4 tcp:port=23", ALLOW, SHUT("tcp") },
	{ "L8", "port 0 has its own row", "eth ip4 tcp:port=0", DROP,
	  BUILT_IN(true, "_port0", 0, 0, "tcp", 0) },
	{ "L8", "port 1 is a system port", "eth ip4 udp:port=1", ALLOW,
	  BUILT_IN(false, "_system", 1, 1023, "udp", 1) },
	{ "L8", "port 1023 is a system port", "eth ip4 dccp:port=1023", DROP,
	  BUILT_IN(true, "_system", 1, 1023, "dccp", 1023) },
	{ "L8", "port 1024 is a user port", "eth ip6 sctp:port=1024", DROP,
	  BUILT_IN(true, "_user", 1024, 49151, "sctp", 1024) },
	{ "L8", "port 49151 is a user port", "eth ip6 udp:port=49151", DROP,
	  BUILT_IN(true, "_user", 1024, 49151, "udp", 49151) },
	{ "L8", "port 49152 is a dynamic port", "eth ip6 udp:port=49152", ALLOW,
	  BUILT_IN(false, "_dynamic", 49152, 65535, "udp", 49152) },
	{ "L8", "port 65535 is a dynamic port", "eth ip6 tcp:port=65535", DROP,
	  BUILT_IN(true, "_dynamic", 49152, 65535, "tcp", 65535) },
	{ "L8", "SYN to an allowed port is a new connection", "eth ip4 tcp:flags=0x02", DROP,
	  NEW_OPEN },
	{ "L8", "SYN+ECE+CWR is a new connection", "eth ip6 tcp:flags=0xc2", DROP, NEW_OPEN },
	{ "L8", "SYN+ACK is no new connection", "eth ip4 tcp:flags=0x12", DROP, OPEN("tcp") },
	{ "L8",
	  "in monitor mode a dropped port passes",
	  "eth ip4 tcp:port=23",
	  DROP "mode: monitor\n",
	  { .drop = true,
	    .reason = "rule",
	    .rule = "shut",
	    .protocol = "tcp",
	    .port = 23,
	    .low = 23,
	    .high = 23 } },
	{ "L8", "a monitored rule passes what the default allows", "eth ip4 tcp:port=23",
	  TRIAL("allow", ""), WOULD_DROP("rule", "trial", "tcp", 23, 20, 29) },
	{ "L8", "a monitored rule passes what a later rule allows", "eth ip4 tcp:port=25",
	  TRIAL("drop", ""), WOULD_DROP("rule", "trial", "tcp", 25, 20, 29) },
	{ "L8",
	  "what a later rule drops is dropped, and counted there",
	  "eth ip4 tcp:port=26",
	  TRIAL("allow", ""),
	  { .drop = true,
	    .dropped = true,
	    .reason = "rule",
	    .rule = "shut",
	    .protocol = "tcp",
	    .port = 26,
	    .low = 26,
	    .high = 26 } },
	{ "L8", "what the default drops is dropped, and counted there", "eth ip4 tcp:port=23",
	  TRIAL("drop", ""), BUILT_IN(true, "_system", 1, 1023, "tcp", 23) },
	{ "L8",
	  "what an earlier rule allows is counted there",
	  "eth ip4 tcp:port=20",
	  TRIAL("drop", ""),
	  { .reason = "rule",
	    .rule = "first",
	    .protocol = "tcp",
	    .port = 20,
	    .low = 20,
	    .high = 20 } },
	{ "L8", "the first of several monitored rules counts", "eth ip4 tcp:port=29",
	  TRIAL("allow", ""), WOULD_DROP("rule", "trial", "tcp", 29, 20, 29) },
	{ "L8", "the second one counts its other ports", "eth ip4 tcp:port=31", TRIAL("allow", ""),
	  WOULD_DROP("rule", "trial-2", "tcp", 31, 29, 31) },
	{ "L8", "a monitored default passes the packet", "eth ip4 tcp:port=99",
	  TRIAL("{action: drop, mode: monitor}", ""),
	  WOULD_DROP("default", "_system", "tcp", 99, 1, 1023) },
	{ "L8", "a monitored rule counts before a monitored default", "eth ip4 tcp:port=23",
	  TRIAL("{action: drop, mode: monitor}", ""),
	  WOULD_DROP("rule", "trial", "tcp", 23, 20, 29) },
	{ "L6", "bad flags are in the mode of the rule", "eth ip4 tcp:port=23,flags=0",
	  TRIAL("allow", ""), WOULD_DROP_REASON("bad-flags", "tcp", 23) },
	{ "L6",
	  "also if the default is monitored and the rule is not",
	  "eth ip4 tcp:port=26,flags=0",
	  TRIAL("{action: drop, mode: monitor}", ""),
	  { .drop = true, .dropped = true, .reason = "bad-flags", .protocol = "tcp", .port = 26 } },
	{ "L6", "under a monitored default they pass", "eth ip4 tcp:port=99,flags=0",
	  TRIAL("{action: drop, mode: monitor}", ""), WOULD_DROP_REASON("bad-flags", "tcp", 99) },
	{ "L6",
	  "where the knob allows them, nothing would be dropped",
	  "eth ip4 tcp:port=23,flags=0",
	  TRIAL("allow", KNOB("bad_flags: allow")),
	  { .reason = "bad-flags", .protocol = "tcp", .port = 23 } },
	{ "L7",
	  "DHCP passes a monitored default",
	  "eth ip4 udp:port=68",
	  TRIAL("{action: drop, mode: monitor}", ""),
	  { .reason = "dhcp-client", .protocol = "udp", .port = 68 } },
	{ "E5", "a knob left out follows a monitored default", "eth:type=0x8847 data:46",
	  TRIAL("{action: drop, mode: monitor}", ""), WOULD_DROP_REASON("mpls", NULL, -1) },
	{ "E5", "a knob that is written is enforced", "eth:type=0x8847 data:46",
	  TRIAL("{action: drop, mode: monitor}", KNOB("mpls: drop")), DROPS("mpls") },
	{ "E4", "a ninth tag is dropped if any rule is enforced",
	  "eth vlan:vid=0 vlan:vid=0 vlan:vid=0 vlan:vid=0 vlan:vid=0 vlan:vid=0 vlan:vid=0 "
	  "vlan:vid=0 vlan:vid=0 ip4 tcp",
	  TRIAL("{action: drop, mode: monitor}", ""), DROPS("vlan-depth") },
	{ "E4", "a ninth tag passes if all that drops is monitored",
	  "eth vlan:vid=0 vlan:vid=0 vlan:vid=0 vlan:vid=0 vlan:vid=0 vlan:vid=0 vlan:vid=0 "
	  "vlan:vid=0 vlan:vid=0 ip4 tcp",
	  "version: 1\ndefault: {action: drop, mode: monitor}\n",
	  WOULD_DROP_REASON("vlan-depth", NULL, -1) },
	{ "Knobs", "a knob that drops under any default still does", "eth ip6 route:type=0 udp",
	  TRIAL("{action: drop, mode: monitor}", ""), DROPS("routing-header") },
	{ "L1", "a malformed packet is dropped under a monitored default", "eth ip4 tcp:off=4",
	  "version: 1\ndefault: {action: drop, mode: monitor}\n", DROPS("malformed-l4") },
	{ "L8",
	  "in monitor mode a malformed packet passes",
	  "eth ip4 tcp:off=4",
	  DROP "mode: monitor\n",
	  { .drop = true, .reason = "malformed-l4", .port = -1 } },
};
const size_t rules_ports_count = ARRAY_SIZE(rules_ports);

/* The borders; every type is in test_knobs.c. */
const struct rule_test rules_icmp[] = {
	{ "C1", "unreachable passes regardless of the knobs", "eth ip4 icmp:type=3",
	  DROP KNOB("icmp_echo: drop, icmp_other: drop"), PASSES("icmp") },
	{ "C1", "time exceeded passes", "eth ip4 icmp:type=11", DROP, PASSES("icmp") },
	{ "C1", "a parameter problem passes", "eth ip4 icmp:type=12", DROP, PASSES("icmp") },
	{ "C2", "an echo request passes under default drop", "eth ip4 icmp:type=8", DROP,
	  PASSES("icmp") },
	{ "C2", "an echo reply is dropped where its knob says so", "eth ip4 icmp:type=0",
	  ALLOW KNOB("icmp_echo: drop"), DROPS("icmp") },
	{ "C3", "a redirect is dropped under default drop", "eth ip4 icmp:type=5", DROP,
	  DROPS("icmp") },
	{ "C3", "a timestamp request passes under default allow", "eth ip4 icmp:type=13", ALLOW,
	  PASSES("icmp") },
	{ "C4", "packet too big passes regardless of the knobs", "eth ip6 icmp6:type=2",
	  DROP KNOB("icmpv6_echo: drop, icmpv6_other: drop, icmpv6_mobility: drop"),
	  PASSES("icmpv6") },
	{ "C4", "neighbour solicitation passes", "eth ip6 icmp6:type=135", DROP, PASSES("icmpv6") },
	{ "C4", "an MLDv2 report after hop-by-hop passes", "eth ip6 hop icmp6:type=143", DROP,
	  PASSES("icmpv6") },
	{ "C5", "an echo request passes under default drop", "eth ip6 icmp6:type=128", DROP,
	  PASSES("icmpv6") },
	{ "C5", "an echo reply is dropped where its knob says so", "eth ip6 icmp6:type=129",
	  ALLOW KNOB("icmpv6_echo: drop"), DROPS("icmpv6") },
	{ "C6", "a mobility message is dropped under default drop", "eth ip6 icmp6:type=144", DROP,
	  DROPS("icmpv6") },
	{ "C6", "a mobility message passes under default allow", "eth ip6 icmp6:type=147", ALLOW,
	  PASSES("icmpv6") },
	{ "C7", "a redirect is dropped under default drop", "eth ip6 icmp6:type=137", DROP,
	  DROPS("icmpv6") },
	{ "C7", "type 154 passes under default allow", "eth ip6 icmp6:type=154", ALLOW,
	  PASSES("icmpv6") },
	{ "C8", "IGMP passes under default drop", "eth ip4:size=24 igmp", DROP, PASSES("igmp") },
	{ "C8", "IGMP in a first fragment passes", "eth ip4:mf=1 igmp", DROP, PASSES("igmp") },
};
const size_t rules_icmp_count = ARRAY_SIZE(rules_icmp);
