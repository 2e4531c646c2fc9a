/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Listeners made by hand. */
#ifndef TESTS_BUILD_LISTENER_H
#define TESTS_BUILD_LISTENER_H

#include "analysis/listener.h"

/* The fields of a listener on every address: "any address". */
#define LISTENS(transport_, port_, process_, pid_)                                                 \
	.transport = PORTSIEVE_##transport_, .port = (port_), .process = (process_),               \
	.pid = (pid_), .both = true, .address = { .family = POLICY_IPV6 }

/* Instead of "any address", after LISTENS. */
#define ON4(a, b, c, d)                                                                            \
	.both = false, .address = { .family = POLICY_IPV4, .length = 32, .address = { a, b, c, d } }
#define ON_ANY4 .both = false, .address = { .family = POLICY_IPV4 }
#define ON_ANY6 .both = false, .address = { .family = POLICY_IPV6 }

#endif
