/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The lab: a veth pair, a flood into it, portsieve on the receiving end and a witness after it. It
 * knows policies only as files, and judges nothing.
 */
#ifndef SWAP_LAB_H
#define SWAP_LAB_H

#include <sched.h>
#include <stdint.h>
#include <sys/types.h>

#include "datapath/datapath.h"

#define LAB_SENDER   "swap-out"
#define LAB_RECEIVER "swap-in"
#define LAB_BINARY   "build/portsieve"

/*
 * The flood's ports, in bands of 1,000 that A and B judge so:
 *   10000 A allow, B drop, by rules that both have     14000 A allow, B drop, by one rule
 *   11000 A drop, B allow, likewise                    15000 A allow, B drop, by a rule of its own
 * each 12000 allow, 13000 drop, by rules that stay        16000 A allow, B drop, by their defaults
 */
#define LAB_PORTS "10000-16999"

struct bpf_object;

struct lab {
	uint32_t ifindex; /* of the receiver */
	pid_t flood;	  /* 0: not running */
	cpu_set_t cpus;	  /* before the flood began to run on one of them */
	struct bpf_object *witness;
	int witness_fd; /* its counts; owned by it */
};

/* The driver's counters of the receiver. */
struct lab_device {
	uint64_t received; /* packets that its XDP program got */
	uint64_t dropped;  /* for which the program returned XDP_DROP */
};

/*
 * All return 0 or -errno. lab_open loads the policy of the file; it requires a namespace with no
 * device but lo.
 */
int lab_open(const char *policy, struct lab *ret_lab);
void lab_close(struct lab *lab);

/* Runs a command to its end; shows its output if it fails. Its exit status, or -errno. */
int lab_run(const char *const argv[]);

int lab_flood_start(struct lab *lab);
/* Returns when all packets in flight have arrived. */
int lab_flood_stop(struct lab *lab);

int lab_device_read(struct lab_device *ret_device);

/* Packets to ports low..high that came through the filter. */
int lab_witness_read(const struct lab *lab, uint16_t low, uint16_t high, uint64_t *ret_packets);

#endif
