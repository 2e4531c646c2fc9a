/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ports that no rule names: the built-in ranges, the same in each transport, and DHCP's. */
#ifndef PORTSIEVE_BUILTIN_H
#define PORTSIEVE_BUILTIN_H

#include <stdbool.h>
#include <stdint.h>

#include <portsieve/abi.h>

/* Host order, inclusive. */
struct builtin_range {
	const char *name;
	uint16_t low, high;
};

extern const struct builtin_range builtin_ranges[PORTSIEVE_BUILTINS];

/* Where replies to a DHCP client arrive, over UDP: RFC 2131 4.1, RFC 8415 7.2. Host order. */
enum dhcp_client_port {
	DHCP_CLIENT_PORT = 68,
	DHCPV6_CLIENT_PORT = 546,
};

#endif
