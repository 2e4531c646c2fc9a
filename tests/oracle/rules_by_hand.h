/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules that the packets by hand are judged by, and some with addresses and ends. */
#ifndef ORACLE_RULES_BY_HAND_H
#define ORACLE_RULES_BY_HAND_H

#include "oracle.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define RULE(name_, drop_, intervals_)                                                             \
	{                                                                                          \
		.name = name_, .drop = drop_, .intervals = intervals_,                             \
		.interval_count = COUNT(intervals_)                                                \
	}
#define LIST(prefixes)                                                                             \
	{                                                                                          \
		prefixes, COUNT(prefixes)                                                          \
	}

static const struct oracle_interval ssh[] = { { "tcp", 22, 22 } };
static const struct oracle_interval telnet[] = { { "tcp", 22, 23 }, { "tcp", 23, 23 } };
static const struct oracle_interval telnet_alone[] = { { "tcp", 23, 23 } };
static const struct oracle_interval web[] = { { "tcp", 80, 80 },
					      { "tcp", 443, 443 },
					      { "udp", 443, 443 } };
static const struct oracle_interval games[] = { { "udp", 27000, 27100 } };
static const struct oracle_interval overlap[] = {
	{ "tcp", 8000, 8100 }, { "udp", 7000, 8050 }, { "tcp", 8201, 8300 }, { "tcp", 8100, 8200 }
};
static const struct oracle_interval signalling[] = { { "sctp", 2905, 2905 } };
static const struct oracle_interval media[] = { { "dccp", 5000, 6000 } };
static const struct oracle_interval all[] = { { "tcp", 0, 65535 }, { "udp", 0, 65535 } };

static const struct oracle_rule rules[] = {
	RULE("ssh", false, ssh),
	RULE("telnet", true, telnet_alone),
	RULE("shadowed", true, telnet),
	RULE("web", false, web),
	RULE("games", true, games),
	RULE("overlap", false, overlap),
	RULE("signalling", false, signalling),
	RULE("media", true, media),
};

static const struct oracle_prefix inside[] = {
	{ ORACLE_IPV4, 24, { 192, 0, 2 } },
	{ ORACLE_IPV6, 32, { 0x20, 0x01, 0x0d, 0xb8 } },
};
static const struct oracle_prefix server[] = { { ORACLE_IPV4, 32, { 198, 51, 100, 1 } } };

/* The same ports, for some addresses. */
static const struct oracle_rule rules_with_addresses[] = {
	{ "ssh", false, ssh, COUNT(ssh), LIST(inside), LIST(server), false, false, false, false },
	{ "ended", false, web, COUNT(web), { 0 }, LIST(server), true, true, false, false },
	{ "telnet", true, telnet, COUNT(telnet), LIST(inside), { 0 }, true, false, false, false },
	RULE("games", true, games),
	{ "overlap",
	  false,
	  overlap,
	  COUNT(overlap),
	  { 0 },
	  LIST(inside),
	  false,
	  false,
	  false,
	  false },
	{ "media", true, media, COUNT(media), LIST(inside), { 0 }, false, false, false, false },
	RULE("signalling", false, signalling),
	{ "neighbours", true, NULL, 0, LIST(inside), LIST(server), false, false, false, false },
};

#endif
