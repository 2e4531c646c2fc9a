/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this kernel supports, found by probing, and the BPF programs on devices. Changes nothing. */
#ifndef PORTSIEVE_FEATURES_H
#define PORTSIEVE_FEATURES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct datapath_features {
	int load_errnum; /* 0: the kernel loads the filter; else the rest may be unknown */
	struct error load_error;

	bool known;   /* the caller may probe the features below */
	bool links;   /* XDP links (5.9) */
	bool frags;   /* XDP on frames in several buffers (5.18) */
	bool batches; /* one system call for many per-CPU counters (5.13) */
	bool tcx;     /* links of programs at TC ingress and egress (6.6) */

	int dispatcher_errnum; /* 0: libxdp's dispatcher works */
	struct error dispatcher_error;

	uint64_t memory_bytes; /* that a device needs while its policy changes */
};

/* Loads the filter, without attaching it, and small probes; takes about 100 ms. */
void datapath_features_read(struct datapath_features *ret_features);

/* The XDP program on an interface. */
struct datapath_occupant {
	uint32_t program_id; /* 0: none */
	bool generic;
	char name[64];		 /* "": no permission to read it */
	uint32_t link_id;	 /* of the link that holds it; 0: none, or no permission */
	char members[128];	 /* of libxdp's dispatcher: "xdp_filter, other"; else "" */
	char single_buffer[128]; /* those without frags support */
};

/* Returns -errno. */
int datapath_occupant_read(uint32_t ifindex, struct datapath_occupant *ret_occupant);

/* The number of other network namespaces with loaded devices. */
size_t datapath_other_namespaces(void);

#endif
