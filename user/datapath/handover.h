/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Replacing our program in libxdp's dispatcher, which cannot exchange one: the new program is
 * attached behind the old one, then the turn to judge passes, then the old one is taken out. Every
 * packet is judged and counted by one of them. Private to datapath*.c.
 */
#ifndef PORTSIEVE_DATAPATH_HANDOVER_H
#define PORTSIEVE_DATAPATH_HANDOVER_H

#include "datapath/attachment.h"
#include "datapath/program.h"

/*
 * Puts the program upon these maps, which are pinned and filled, in the place of the attachment's.
 * A process that dies on the way leaves the old program judging, or both with one judging:
 * handover_settle ends that.
 */
int handover_replace(const struct datapath *datapath, const char *device,
		     const struct attachment *attachment, const struct program *maps,
		     struct error *error);

/* Ends a replacement that got as far as the new program, which the attachment has to lead to. */
int handover_settle(const struct datapath *datapath, const struct attachment *attachment,
		    struct error *error);

#endif
