/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Interfaces and the programs on them. Private to datapath*.c. */
#ifndef PORTSIEVE_DATAPATH_LINK_H
#define PORTSIEVE_DATAPATH_LINK_H

#include "datapath/datapath.h"

/* The XDP program on an interface. */
struct occupant {
	uint32_t program_id; /* 0: nothing */
	enum datapath_mode mode;
	char name[64]; /* of the program; "" when it may not be read */
};

int occupant_read(uint32_t ifindex, struct occupant *ret_occupant, struct error *error);

/* What an errno of attaching means to the user. */
int attach_error(struct error *error, const char *device, enum datapath_mode mode, int errnum);

/*
 * Attaches a program by a link, which lasts as long as *ret_link_fd or its pin. `mode` AUTO tries
 * native, then generic; *ret_mode is the mode that worked.
 */
int link_attach(uint32_t ifindex, const char *device, int program_fd, enum datapath_mode mode,
		int *ret_link_fd, enum datapath_mode *ret_mode, struct error *error);

/* One system call: each packet meets either the old program or the new one. */
int link_replace(int link_fd, int program_fd, struct error *error);

/* Detaches at once, even if other processes hold the link. */
int link_detach(int link_fd, struct error *error);

#endif
