// SPDX-License-Identifier: GPL-2.0-or-later
/* The packets of test_addresses.c. */
#include "cmocka_first.h"
#include "address_table.h"

#include "base/cleanup.h"

/* One second after boot is noon: SOON has passed when a test runs, LATE is never reached. */
const struct policy_host address_host = {
	.ephemeral_low = 32768,
	.ephemeral_high = 60999,
	.realtime_ns = 1795262400 * INT64_C(1000000000), /* 2026-11-21T12:00:00Z */
	.boottime_ns = INT64_C(1000000000),
};
#define SOON "2026-11-21T12:00:10Z"
#define LATE "2036-11-21T12:00:00Z"

#define DROP  "version: 1\ndefault: drop\n"
#define ALLOW "version: 1\ndefault: allow\n"

#define SSH_FROM_HERE                                                                              \
	DROP "rules:\n"                                                                            \
	     "  - {name: ssh, action: allow, ports: tcp/22, "                                      \
	     "from: [192.0.2.0/24, \"2001:db8::/32\"]}\n"                                          \
	     "  - {name: web, action: allow, ports: tcp/443}\n"
#define DATABASE                                                                                   \
	DROP "rules:\n"                                                                            \
	     "  - {name: database, action: allow, ports: tcp/5432 sctp/5432 dccp/5432, "           \
	     "from: [10.0.0.0/8, \"fd00::/8\"], to: [192.0.2.5, \"2001:db8::5\"]}\n"
#define NO_DNS_OVER_IPV4                                                                           \
	ALLOW "rules: [{name: dns, action: drop, ports: udp/53, from: [0.0.0.0/0]}]\n"
#define NO_DNS_OVER_IPV6 ALLOW "rules: [{name: dns, action: drop, ports: udp/53, to: [\"::/0\"]}]\n"
#define HALVES                                                                                     \
	ALLOW "rules:\n"                                                                           \
	      "  - {name: lower, action: drop, ports: udp/53, from: [0.0.0.0/1, \"::/1\"]}\n"      \
	      "  - {name: upper, action: drop, ports: udp/53, from: [128.0.0.0/1, "                \
	      "\"8000::/1\"]}\n"
#define HOSTS                                                                                      \
	ALLOW "rules: [{name: hosts, action: drop, ports: tcp/all, "                               \
	      "from: [203.0.113.9, 255.255.255.255/32, \"2001:db8::bad\"]}]\n"
#define NESTED                                                                                     \
	ALLOW "rules:\n"                                                                           \
	      "  - {name: guest, action: drop, ports: tcp/22,443, from: [10.1.2.3]}\n"             \
	      "  - {name: office, action: allow, ports: tcp/22, from: [10.1.2.0/24]}\n"            \
	      "  - {name: all-ten, action: drop, ports: tcp/1-1023, from: [10.0.0.0/8]}\n"         \
	      "  - {name: again, action: allow, ports: tcp/22, from: [10.1.2.0/30]}\n"             \
	      "  - {name: rest, action: drop, ports: tcp/22}\n"
#define WEB_BEFORE_LIST                                                                            \
	DROP "rules:\n"                                                                            \
	     "  - {name: web, action: allow, ports: tcp/443}\n"                                    \
	     "  - {name: list, action: drop, ports: tcp/all, from: [192.0.2.0/24]}\n"
#define DHCP_SERVER                                                                                \
	DROP "rules: [{name: rogue, action: drop, ports: udp/68,546, "                             \
	     "from: [192.0.2.66, \"fe80::66\"]}]\n"
#define ONLY_FROM                                                                                  \
	ALLOW "rules:\n"                                                                           \
	      "  - {name: guest, action: drop, ports: tcp/22, from: [10.1.2.3]}\n"                 \
	      "  - {name: ssh, action: allow, ports: tcp/22-23, only_from: [10.0.0.0/8, "          \
	      "\"2001:db8::/32\"]}\n"                                                              \
	      "  - {name: never, action: allow, ports: tcp/22}\n"                                  \
	      "  - {name: dns, action: allow, ports: udp/53, only_from: 10.0.0.0/8, "              \
	      "to: [198.51.100.1]}\n"
#define MONITOR                                                                                    \
	"version: 1\nmode: monitor\ndefault: allow\n"                                              \
	"rules: [{name: list, action: drop, ports: tcp/all, from: [192.0.2.0/24]}]\n"
#define ENDS                                                                                       \
	DROP "runtime:\n"                                                                          \
	     "  - {name: over, action: allow, ports: tcp/22, until: " SOON "}\n"                   \
	     "  - {name: guest, action: allow, ports: tcp/22, from: [192.0.2.7], until: " LATE     \
	     "}\n"                                                                                 \
	     "  - {name: ban, action: drop, ports: tcp/22, from: [192.0.2.0/24], until: " SOON     \
	     "}\n"                                                                                 \
	     "  - {name: wide, action: allow, ports: tcp/80, until: " LATE "}\n"                   \
	     "rules:\n"                                                                            \
	     "  - {name: office, action: allow, ports: tcp/22, to: [198.51.100.1]}\n"

/* Expected: verdict, reason, rule. */
#define ALLOWED(rule)	   false, "rule", rule
#define DROPPED(rule)	   true, "rule", rule
#define NOT_ALLOWED(range) true, "default", range
#define NOT_DROPPED(range) false, "default", range

#define SSH4 "eth ip4 tcp:port=22"
#define SSH6 "eth ip6 tcp:port=22"
#define DNS4 "eth ip4 udp:port=53"
#define DNS6 "eth ip6 udp:port=53"
#define DB4  "eth ip4 tcp:port=5432"
#define DB6  "eth ip6 tcp:port=5432"

const struct address_test address_tests[] = {
	/* one network, of either family */
	{ "ssh from this network passes", SSH4, NULL, NULL, SSH_FROM_HERE, ALLOWED("ssh") },
	{ "its first address is in it", SSH4, "192.0.2.0", NULL, SSH_FROM_HERE, ALLOWED("ssh") },
	{ "its last address is in it", SSH4, "192.0.2.255", NULL, SSH_FROM_HERE, ALLOWED("ssh") },
	{ "the address before is not", SSH4, "192.0.1.255", NULL, SSH_FROM_HERE,
	  NOT_ALLOWED("_system") },
	{ "the address after is not", SSH4, "192.0.3.0", NULL, SSH_FROM_HERE,
	  NOT_ALLOWED("_system") },
	{ "ssh from this IPv6 network passes", SSH6, NULL, NULL, SSH_FROM_HERE, ALLOWED("ssh") },
	{ "its last IPv6 address is in it", SSH6, "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", NULL,
	  SSH_FROM_HERE, ALLOWED("ssh") },
	{ "the IPv6 address before is not", SSH6, "2001:db7:ffff:ffff:ffff:ffff:ffff:ffff", NULL,
	  SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "the IPv6 address after is not", SSH6, "2001:db9::", NULL, SSH_FROM_HERE,
	  NOT_ALLOWED("_system") },
	{ "a destination in it is no source", SSH4, "198.51.100.1", "192.0.2.7", SSH_FROM_HERE,
	  NOT_ALLOWED("_system") },
	{ "another transport from there is another rule's", "eth ip4 udp:port=22", NULL, NULL,
	  SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "another port from there is another rule's", "eth ip4 tcp", NULL, NULL, SSH_FROM_HERE,
	  ALLOWED("web") },
	{ "a rule without addresses has all", "eth ip4 tcp", "203.0.113.1", NULL, SSH_FROM_HERE,
	  ALLOWED("web") },
	{ "a rule without addresses has all of IPv6", "eth ip6 tcp", "3fff::1", NULL, SSH_FROM_HERE,
	  ALLOWED("web") },
	{ "a SYN from elsewhere is dropped", "eth ip4 tcp:port=22,flags=2", "203.0.113.1", NULL,
	  SSH_FROM_HERE, NOT_ALLOWED("_system") },

	/* headers before and after the addresses */
	{ "addresses inside a tag", "eth vlan ip4 tcp:port=22", NULL, NULL, SSH_FROM_HERE,
	  ALLOWED("ssh") },
	{ "another address inside a tag", "eth vlan ip4 tcp:port=22", "203.0.113.1", NULL,
	  SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "IPv6 addresses inside two tags", "eth qinq vlan ip6 tcp:port=22", NULL, NULL,
	  SSH_FROM_HERE, ALLOWED("ssh") },
	{ "another IPv6 address inside two tags", "eth qinq vlan ip6 tcp:port=22", "3fff::1", NULL,
	  SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "addresses in PPPoE", "eth pppoe ip4 tcp:port=22", NULL, NULL, SSH_FROM_HERE,
	  ALLOWED("ssh") },
	{ "another address in PPPoE", "eth pppoe ip4 tcp:port=22", "203.0.113.1", NULL,
	  SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "IPv6 addresses after a PPP protocol of one byte", "eth vlan ppp1 ip6 tcp:port=22", NULL,
	  NULL, SSH_FROM_HERE, ALLOWED("ssh") },
	{ "another IPv6 address after a PPP protocol of one byte", "eth vlan ppp1 ip6 tcp:port=22",
	  "3fff::1", NULL, SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "options of IPv4 hide no address", "eth ip4:size=60 tcp:port=22", NULL, NULL,
	  SSH_FROM_HERE, ALLOWED("ssh") },
	{ "options of IPv4 make no address", "eth ip4:size=60 tcp:port=22", "203.0.113.1", NULL,
	  SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "extension headers hide no address",
	  "eth ip6 hop dst:size=16 route:size=24 auth:size=16 tcp:port=22", NULL, NULL,
	  SSH_FROM_HERE, ALLOWED("ssh") },
	{ "extension headers make no address",
	  "eth ip6 hop dst:size=16 route:size=24 auth:size=16 tcp:port=22", "3fff::1", NULL,
	  SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "eight extension headers hide no address",
	  "eth ip6 hop dst dst dst dst dst dst dst tcp:port=22", NULL, NULL, SSH_FROM_HERE,
	  ALLOWED("ssh") },
	{ "a first fragment has its addresses", "eth ip4:mf=1 tcp:port=22 data:4", NULL, NULL,
	  SSH_FROM_HERE, ALLOWED("ssh") },
	{ "a first fragment from elsewhere", "eth ip4:mf=1 tcp:port=22 data:4", "203.0.113.1", NULL,
	  SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "a first IPv6 fragment has its addresses", "eth ip6 frag:mf=1 tcp:port=22 data:4", NULL,
	  NULL, SSH_FROM_HERE, ALLOWED("ssh") },
	{ "a first IPv6 fragment from elsewhere", "eth ip6 frag:mf=1 tcp:port=22 data:4", "3fff::1",
	  NULL, SSH_FROM_HERE, NOT_ALLOWED("_system") },
	{ "a later fragment is no rule's", "eth ip4:frag=3,proto=6 data:24", "203.0.113.1", NULL,
	  SSH_FROM_HERE, false, "later-fragment", NULL },
	{ "a later IPv6 fragment is no rule's", "eth ip6 frag:off=3,next=6 data:24", "3fff::1",
	  NULL, SSH_FROM_HERE, false, "later-fragment", NULL },
	{ "ICMP is no rule's", "eth ip4 icmp", "203.0.113.1", NULL, SSH_FROM_HERE, false, "icmp",
	  NULL },
	{ "IPv4 in IPv4 is no rule's", "eth ip4 ip4 tcp:port=22", NULL, NULL, SSH_FROM_HERE, false,
	  "other-protocol", NULL },
	{ "bad flags from this network are counted with the others", "eth ip4 tcp:port=22,flags=3",
	  NULL, NULL, SSH_FROM_HERE, ALLOWED("ssh") },
	{ "bad flags from elsewhere are bad", "eth ip4 tcp:port=22,flags=3", "203.0.113.1", NULL,
	  SSH_FROM_HERE, true, "bad-flags", NULL },
	{ "bad flags over IPv6 from elsewhere are bad", "eth ip6 tcp:port=22,flags=0", "3fff::1",
	  NULL, SSH_FROM_HERE, true, "bad-flags", NULL },

	/* from and to */
	{ "from and to match", DB4, "10.9.9.9", "192.0.2.5", DATABASE, ALLOWED("database") },
	{ "from alone matches", DB4, "10.9.9.9", "192.0.2.6", DATABASE, NOT_ALLOWED("_user") },
	{ "to alone matches", DB4, "11.0.0.0", "192.0.2.5", DATABASE, NOT_ALLOWED("_user") },
	{ "neither matches", DB4, "9.255.255.255", "192.0.2.4", DATABASE, NOT_ALLOWED("_user") },
	{ "from and to the other way round", DB4, "192.0.2.5", "10.9.9.9", DATABASE,
	  NOT_ALLOWED("_user") },
	{ "from and to match over IPv6", DB6, "fdff::1", "2001:db8::5", DATABASE,
	  ALLOWED("database") },
	{ "from alone matches over IPv6", DB6, "fdff::1", "2001:db8::6", DATABASE,
	  NOT_ALLOWED("_user") },
	{ "to alone matches over IPv6", DB6, "fe00::", "2001:db8::5", DATABASE,
	  NOT_ALLOWED("_user") },
	{ "SCTP has addresses", "eth ip4 sctp:port=5432", "10.9.9.9", "192.0.2.5", DATABASE,
	  ALLOWED("database") },
	{ "DCCP has addresses", "eth ip6 dccp:port=5432", "fd00::", "2001:db8::5", DATABASE,
	  ALLOWED("database") },
	{ "a routing header is no destination", "eth ip6 route:size=24 tcp:port=5432",
	  "fd00::", "2001:db8::6", DATABASE, NOT_ALLOWED("_user") },

	/* all, halves, one */
	{ "0.0.0.0/0 has every IPv4 source", DNS4, "203.0.113.1", NULL, NO_DNS_OVER_IPV4,
	  DROPPED("dns") },
	{ "0.0.0.0/0 has 0.0.0.0", DNS4, "0.0.0.0", NULL, NO_DNS_OVER_IPV4, DROPPED("dns") },
	{ "0.0.0.0/0 has 255.255.255.255", DNS4, "255.255.255.255", NULL, NO_DNS_OVER_IPV4,
	  DROPPED("dns") },
	{ "0.0.0.0/0 has no IPv6 source", DNS6, NULL, NULL, NO_DNS_OVER_IPV4,
	  NOT_DROPPED("_system") },
	{ "0.0.0.0/0 has not even ::", DNS6, "::", NULL, NO_DNS_OVER_IPV4, NOT_DROPPED("_system") },
	{ "UDP-Lite goes with UDP", "eth ip4 lite:port=53", NULL, NULL, NO_DNS_OVER_IPV4,
	  DROPPED("dns") },
	{ "::/0 has every IPv6 destination", DNS6, NULL, "ff02::fb", NO_DNS_OVER_IPV6,
	  DROPPED("dns") },
	{ "::/0 has no IPv4 destination", DNS4, NULL, NULL, NO_DNS_OVER_IPV6,
	  NOT_DROPPED("_system") },
	{ "127.255.255.255 is in the lower half", DNS4, "127.255.255.255", NULL, HALVES,
	  DROPPED("lower") },
	{ "128.0.0.0 is in the upper half", DNS4, "128.0.0.0", NULL, HALVES, DROPPED("upper") },
	{ "7fff:: is in the lower half", DNS6, "7fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", NULL,
	  HALVES, DROPPED("lower") },
	{ "8000:: is in the upper half", DNS6, "8000::", NULL, HALVES, DROPPED("upper") },
	{ "a host is its address", SSH4, "203.0.113.9", NULL, HOSTS, DROPPED("hosts") },
	{ "the host before is another", SSH4, "203.0.113.8", NULL, HOSTS, NOT_DROPPED("_system") },
	{ "the host after is another", SSH4, "203.0.113.10", NULL, HOSTS, NOT_DROPPED("_system") },
	{ "the last host is its address", SSH4, "255.255.255.255", NULL, HOSTS, DROPPED("hosts") },
	{ "the last host but one is another", SSH4, "255.255.255.254", NULL, HOSTS,
	  NOT_DROPPED("_system") },
	{ "an IPv6 host is its address", SSH6, "2001:db8::bad", NULL, HOSTS, DROPPED("hosts") },
	{ "the IPv6 host after is another", SSH6, "2001:db8::bae", NULL, HOSTS,
	  NOT_DROPPED("_system") },
	{ "IPv6 that begins as an IPv4 host does is another", SSH6, "cb00:7109::", NULL, HOSTS,
	  NOT_DROPPED("_system") },

	/* the first rule that matches */
	{ "the host of the first rule", SSH4, "10.1.2.3", NULL, NESTED, DROPPED("guest") },
	{ "its network by the second rule", SSH4, "10.1.2.4", NULL, NESTED, ALLOWED("office") },
	{ "a longer prefix of a later rule does not go before", SSH4, "10.1.2.2", NULL, NESTED,
	  ALLOWED("office") },
	{ "the network around by the third", SSH4, "10.1.3.0", NULL, NESTED, DROPPED("all-ten") },
	{ "all others by the last", SSH4, "11.0.0.0", NULL, NESTED, DROPPED("rest") },
	{ "IPv6 by the last", SSH6, NULL, NULL, NESTED, DROPPED("rest") },
	{ "another port of the host", "eth ip4 tcp", "10.1.2.3", NULL, NESTED, DROPPED("guest") },
	{ "another port of its network", "eth ip4 tcp", "10.1.2.4", NULL, NESTED,
	  DROPPED("all-ten") },
	{ "another port of all others", "eth ip4 tcp", "11.0.0.0", NULL, NESTED,
	  NOT_DROPPED("_system") },
	{ "a rule before a list goes before", "eth ip4 tcp", NULL, NULL, WEB_BEFORE_LIST,
	  ALLOWED("web") },
	{ "the list has the other ports", SSH4, NULL, NULL, WEB_BEFORE_LIST, DROPPED("list") },
	{ "the list has port 0", "eth ip4 tcp:port=0", NULL, NULL, WEB_BEFORE_LIST,
	  DROPPED("list") },
	{ "port 0 from elsewhere", "eth ip4 tcp:port=0", "203.0.113.1", NULL, WEB_BEFORE_LIST,
	  NOT_ALLOWED("_port0") },
	{ "DHCP from the rule's host", "eth ip4 udp:port=68", "192.0.2.66", NULL, DHCP_SERVER,
	  DROPPED("rogue") },
	{ "DHCP from another", "eth ip4 udp:port=68", "192.0.2.1", NULL, DHCP_SERVER, false,
	  "dhcp-client", NULL },
	{ "DHCPv6 from the rule's host", "eth ip6 udp:port=546", "fe80::66", NULL, DHCP_SERVER,
	  DROPPED("rogue") },
	{ "DHCPv6 from another", "eth ip6 udp:port=546", "fe80::1", NULL, DHCP_SERVER, false,
	  "dhcp-client", NULL },
	{ "in monitor mode the decision is counted", SSH4, NULL, NULL, MONITOR, true, "rule",
	  "list" },

	/* allowed from there, dropped from elsewhere */
	{ "what is from there passes", SSH4, "10.255.255.255", NULL, ONLY_FROM, ALLOWED("ssh") },
	{ "what is from elsewhere is dropped by the same rule", SSH4, "11.0.0.0", NULL, ONLY_FROM,
	  DROPPED("ssh") },
	{ "so is what is from before it", SSH4, "9.255.255.255", NULL, ONLY_FROM, DROPPED("ssh") },
	{ "IPv6 from there passes", SSH6, NULL, NULL, ONLY_FROM, ALLOWED("ssh") },
	{ "IPv6 from elsewhere is dropped", SSH6, "2001:db9::", NULL, ONLY_FROM, DROPPED("ssh") },
	{ "an earlier rule goes before it", SSH4, "10.1.2.3", NULL, ONLY_FROM, DROPPED("guest") },
	{ "its other ports are its own", "eth ip4 tcp:port=23", "10.1.2.3", NULL, ONLY_FROM,
	  ALLOWED("ssh") },
	{ "with to, what is from elsewhere is dropped", DNS4, "11.0.0.0", NULL, ONLY_FROM,
	  DROPPED("dns") },
	{ "with to, what is from there passes", DNS4, "10.0.0.0", NULL, ONLY_FROM, ALLOWED("dns") },
	{ "to another address it is the default's", DNS4, "11.0.0.0", "198.51.100.2", ONLY_FROM,
	  NOT_DROPPED("_system") },
	{ "to another family too", DNS6, NULL, NULL, ONLY_FROM, NOT_DROPPED("_system") },
	{ "bad flags that it drops are bad", "eth ip4 tcp:port=22,flags=3", "11.0.0.0", NULL,
	  ONLY_FROM, true, "bad-flags", NULL },

	/* rules that end */
	{ "a rule whose end has not come decides", SSH4, "192.0.2.7", NULL, ENDS,
	  ALLOWED("guest") },
	{ "rules whose end has come are skipped", SSH4, "192.0.2.8", NULL, ENDS,
	  ALLOWED("office") },
	{ "when all are skipped the default decides", SSH4, "192.0.2.8", "198.51.100.2", ENDS,
	  NOT_ALLOWED("_system") },
	{ "an end without addresses that has not come", "eth ip6 tcp:port=80", NULL, NULL, ENDS,
	  ALLOWED("wide") },
};
const size_t address_tests_count = ARRAY_SIZE(address_tests);
