/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What this machine and the calling process allow: kernel, rights, mounts, limits, clocks. */
#ifndef PORTSIEVE_MACHINE_H
#define PORTSIEVE_MACHINE_H

#include <stdbool.h>
#include <stdint.h>

#define MACHINE_UNLIMITED UINT64_MAX

/* A setting that may not be visible here. */
enum machine_setting {
	MACHINE_UNKNOWN,
	MACHINE_OFF,
	MACHINE_ON,
};

struct machine {
	char release[65]; /* "6.1.0-18-amd64" */
	unsigned int cpus;

	uint64_t capabilities; /* effective, bits 1 << CAP_BPF and so on */
	bool own_user_namespace;
	uint64_t memlock_bytes; /* the hard limit of RLIMIT_MEMLOCK; MACHINE_UNLIMITED */
	enum machine_setting jit;

	bool bpffs_mounted; /* on /sys/fs/bpf */
	bool bpffs_read_only;
	unsigned int bpffs_mode; /* permission bits */

	bool initial_network; /* the network namespace of PID 1 */
	char network[64];     /* its name in /run/netns; "": none */

	bool clock_synchronised;
	int64_t realtime_ns;
	char clocksource[32]; /* "": unknown */
	bool has_tsc;	      /* tsc is available */
};

struct machine machine_read(void);

/* Is forwarding on, for all devices or for this one? `family` is AF_INET or AF_INET6. */
bool forwarding_read(int family, const char *device);

#endif
