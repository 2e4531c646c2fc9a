/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The program: opening it from the binary, configuring and loading it. Private to datapath/. */
#ifndef PORTSIEVE_DATAPATH_PROGRAM_H
#define PORTSIEVE_DATAPATH_PROGRAM_H

#include "datapath/pins.h"

struct bpf_object;

/* The name of the program for libxdp's dispatcher. */
#define PROGRAM_IN_CHAIN "portsieve_chain"

/* A loaded program with its maps, not attached. Descriptors; -1: not open. */
struct program {
	int program_fd; /* -1: only its maps are loaded */
	int counters_fd;
	int former_fd;	 /* counters that these replace, or -1: see baseline.h; not owned */
	int baseline_fd; /* what earlier counters had counted, or -1; not owned */
	int active_fd;
	int prefixes_fd[TRIE_FAMILIES];
	int tables_fd;	/* of flows */
	int replies_fd; /* holds the cache of replies */
	int turn_fd;	/* these two only for a program in a chain */
	int seen_fd;
	enum datapath_per_port per_port;
	int port_cells_fd; /* these two only with per_port */
	int port_sums_fd;
	enum datapath_events events;
	int event_fds[EVENT_MAPS]; /* only with events */
	uint32_t id;
	uint32_t active_id;
	uint32_t counters_id; /* in the name of the counters' pin; 0: none */
	uint32_t prefixes_id[TRIE_FAMILIES];
	uint32_t port_cells_id;
	uint32_t port_sums_id;
	uint32_t replies_id;
	uint32_t event_ids[EVENT_MAPS];
	struct portsieve *skeleton; /* owns the descriptors */
};

struct program_options {
	int counters_fd;	/* existing ones to use, or -1 */
	uint32_t counters_rows; /* of new counters */
	int active_fd;		/* to share, or -1; these two go with it */
	int prefixes_fd[TRIE_FAMILIES];
	int replies_fd;			 /* -1 with a program of an older version */
	int tables_fd;			 /* the flow tables of this network namespace, or -1 */
	enum datapath_per_port per_port; /* KEEP: off */
	bool keeps_ports;		 /* use these two existing maps */
	int port_cells_fd;
	int port_sums_fd;
	enum datapath_events events; /* KEEP: off */
	bool keeps_events;	     /* use these existing maps */
	int event_fds[EVENT_MAPS];
	bool tracing;  /* record each decision for program_last_decision */
	bool in_chain; /* for libxdp's dispatcher: see program_open_in_chain */
	int turn_fd;   /* of a handover, or -1; these two only for a program in a chain */
	int seen_fd;
};

int program_load(const struct program_options *options, struct program *ret_program,
		 struct error *error);

/*
 * libxdp loads a program itself when it attaches it. So program_load with `in_chain` loads only the
 * maps; after they are filled, this opens the program with them, without loading it.
 */
int program_open_in_chain(const struct program *maps, uint32_t own_turn,
			  struct program *ret_program, struct error *error);
struct bpf_object *program_object(const struct program *program);

/* Has libxdp loaded the program? */
bool program_is_loaded(const struct program *program);

/* Redirects the messages of libbpf and libxdp to the receiver set by datapath_debug. */
void program_quiet(void);

/* Pins the program and its maps for a device. */
int program_pin(const struct datapath *datapath, uint32_t ifindex, const struct program *program,
		struct error *error);
void program_close(struct program *program);
#define _cleanup_program_ __attribute__((cleanup(program_close)))

/* The decision on the last packet; the program must have been loaded with `tracing`. */
const struct portsieve_trace *program_last_decision(const struct program *program);

/* Does the program take multi-buffer frames? */
bool program_has_buffers(void);

#endif
