/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listeners as text and as JSON. */
#ifndef PORTSIEVE_PRINT_LISTENER_H
#define PORTSIEVE_PRINT_LISTENER_H

#include <json-c/json.h>

#include "analysis/listener.h"

/* "sshd (712, ssh.service)", "node (99, container 0123456789ab)", "unknown process". */
struct listener_owner {
	char text[192];
};

/* `others` is the number of other processes with the same name and unit. */
struct listener_owner listener_owner_print(const struct listener *listener, size_t others);

/* "any address", "any IPv4 address", "192.0.2.1", "fe80::1 on eth0". */
struct listener_place {
	char text[96];
};
struct listener_place listener_place_print(const struct listener *listener);

/* The caller owns it. */
json_object *json_listener(const struct listener *listener);

#endif
