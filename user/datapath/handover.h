/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replacing our program in libxdp's dispatcher, which cannot exchange a member: the new program is
 * attached after the old one, then the turn to judge passes to it, then the old one is detached.
 * Exactly one of them judges and counts each packet. Private to datapath/.
 */
#ifndef PORTSIEVE_DATAPATH_HANDOVER_H
#define PORTSIEVE_DATAPATH_HANDOVER_H

#include "datapath/attachment.h"
#include "datapath/program.h"

/*
 * Replaces the attachment's program by one that uses these maps, which are pinned and filled. If
 * the process dies, the old program still judges, or both are attached and one judges;
 * handover_settle then completes the handover.
 */
int handover_replace(const struct datapath *datapath, const char *device,
		     const struct attachment *attachment, const struct program *maps,
		     struct error *error);

/* Completes a handover to the program that the attachment leads to. */
int handover_settle(const struct datapath *datapath, const struct attachment *attachment,
		    struct error *error);

#endif
