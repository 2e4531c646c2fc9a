/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libmicrohttpd, loaded when `serve` starts rather than by every command: it and its TLS library
 * would make each command start in 7 ms instead of 4.
 */
#ifndef PORTSIEVE_SERVE_MICROHTTPD_H
#define PORTSIEVE_SERVE_MICROHTTPD_H

#include <microhttpd.h>

#include "base/error.h"

/* The functions used, without the prefix MHD_. */
/* clang-format off */
#define MICROHTTPD_FUNCTIONS(one)                                                                  \
	one(add_response_header)                                                                   \
	one(create_response_from_buffer)                                                           \
	one(create_response_from_callback)                                                         \
	one(destroy_response)                                                                      \
	one(get_connection_info)                                                                   \
	one(get_daemon_info)                                                                       \
	one(get_timeout)                                                                           \
	one(lookup_connection_value)                                                               \
	one(queue_response)                                                                        \
	one(resume_connection)                                                                     \
	one(run)                                                                                   \
	one(start_daemon)                                                                          \
	one(stop_daemon)                                                                           \
	one(suspend_connection)
/* clang-format on */

struct microhttpd {
#define MICROHTTPD_MEMBER(name) __typeof__ (&MHD_##name)(name);
	MICROHTTPD_FUNCTIONS(MICROHTTPD_MEMBER)
};

/* Its functions, once microhttpd_load has returned 0. */
extern struct microhttpd mhd;

int microhttpd_load(struct error *error);

#endif
