/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The XDP program on an interface, and attaching ours by a bpf_link. Private to datapath/. */
#ifndef PORTSIEVE_DATAPATH_LINK_H
#define PORTSIEVE_DATAPATH_LINK_H

#include "datapath/datapath.h"

/* The XDP program on an interface. */
struct occupant {
	uint32_t program_id; /* 0: none */
	enum datapath_mode mode;
	char name[64]; /* of the program; "": no permission to read it */
};

int occupant_read(uint32_t ifindex, struct occupant *ret_occupant, struct error *error);

/* Turns the errno of attaching into a message. */
int attach_error(struct error *error, const char *device, enum datapath_mode mode, int errnum);

/*
 * Attaches a program by a link, which lasts as long as *ret_link_fd or its pin. If *mode is AUTO,
 * tries native, then generic, and sets *mode to the one that worked.
 */
int link_attach(uint32_t ifindex, const char *device, int program_fd, enum datapath_mode *mode,
		int *ret_link_fd, struct error *error);

/* Atomic: each packet is judged by either the old or the new program. */
int link_replace(int link_fd, int program_fd, struct error *error);

#endif
