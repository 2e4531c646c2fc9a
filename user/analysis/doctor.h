/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds what is wrong with a machine and its devices, from facts read before. Pure. */
#ifndef PORTSIEVE_DOCTOR_H
#define PORTSIEVE_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct portsieve_image;

enum doctor_sizes {
	DOCTOR_NAME = 16,
	DOCTOR_TEXT = 512,
	DOCTOR_COMMAND = 192,
	DOCTOR_UPPERS = 8, /* kept per device; others are above these, or similar */
};

enum doctor_answer {
	DOCTOR_UNKNOWN,
	DOCTOR_NO,
	DOCTOR_YES,
};

/* Facts about the machine. Texts are "" if there is nothing to report. */
struct doctor_machine {
	char release[65]; /* of the kernel */
	unsigned int cpus;

	uint64_t capabilities; /* effective, bits 1 << CAP_BPF and so on */
	bool own_user_namespace;
	uint64_t memlock_bytes; /* limit; UINT64_MAX: none */
	uint64_t memory_bytes;	/* needed by a device */
	enum doctor_answer jit;

	int load_errnum; /* from loading the filter; 0: the kernel loads it */
	char load_error[DOCTOR_TEXT];
	bool features_known; /* the next five are valid */
	bool links, frags, batches, tcx;
	char dispatcher_error[DOCTOR_TEXT]; /* why libxdp's dispatcher is not available */

	bool bpffs_mounted, bpffs_read_only;
	unsigned int bpffs_mode;
	char pins_error[DOCTOR_TEXT]; /* why the loaded devices cannot be read */

	bool initial_network;
	char network[64]; /* the network namespace's name */
	size_t other_networks;

	bool clock_synchronised;
	int64_t realtime_ns;
	char clocksource[32];
	bool has_tsc;
};

enum doctor_return {
	DOCTOR_RETURN_NONE,
	DOCTOR_RETURN_SOCKET,
	DOCTOR_RETURN_FLOW, /* or socket+flow */
	DOCTOR_RETURN_ESTABLISHED,
};

/* The parts of a policy that matter for return traffic. */
struct doctor_policy {
	bool monitor;
	enum doctor_return returns;
	bool drops_replies; /* on most ephemeral TCP ports, unless `returns` passes them */
};

/* For an image in force, with the host's ephemeral ports. */
struct doctor_policy doctor_policy_of(const struct portsieve_image *image, uint16_t ephemeral_low,
				      uint16_t ephemeral_high);

struct doctor_queues {
	uint32_t count, max;
};

/* A device above another one, which its packets pass through. */
struct doctor_upper {
	char name[DOCTOR_NAME];
	char kind[DOCTOR_NAME]; /* "bridge", "vlan", "macvlan"; "": unknown */
};

/* Other programs at TC egress that run before or after the one that learns flows. */
struct doctor_egress {
	char first[64];
	bool is_tcx; /* attached by TCX, else by clsact */
	uint16_t priority;
	size_t count;
};

struct doctor_device {
	char name[DOCTOR_NAME];
	bool loaded; /* by portsieve */
	bool generic;
	bool broken;		   /* its pinned state is incomplete */
	char problem[DOCTOR_TEXT]; /* why its policy cannot be read */
	bool moved;		   /* to another network namespace; the rest is unknown */
	struct doctor_policy policy;

	bool up;
	uint32_t mtu;
	char driver[32];
	enum doctor_answer native, frags; /* the kernel's answers (6.3); else unknown */

	/* Of a veth whose peer is in this namespace: the peer decides. */
	char peer[DOCTOR_NAME];
	uint32_t peer_mtu;
	uint32_t peer_tx_queues;

	bool has_channels;
	struct doctor_queues rx, tx, combined;
	bool lro, gro_hw, gro_hw_fixed, vlan_stripping;

	/* The XDP program on it. */
	uint32_t program_id;
	bool program_generic;
	char program[64];
	uint32_t link_id;
	char members[128];	 /* of libxdp's dispatcher */
	char single_buffer[128]; /* those without frags support */

	struct doctor_upper uppers[DOCTOR_UPPERS];
	size_t uppers_count;
	bool forwards_ipv4, forwards_ipv6;

	bool ingress_qdisc;
	bool learns_flows;				  /* its own egress program is attached */
	struct doctor_egress egress_before, egress_after; /* without its own, all count as before */
};

/* A device that default routes lead over. */
struct doctor_route {
	char device[DOCTOR_NAME];
	bool ipv4, ipv6;
	bool filtered; /* it or one below it is loaded or named */
};

struct doctor_facts {
	struct doctor_machine machine;
	const struct doctor_device *devices;
	size_t devices_count;
	bool loaded_known;   /* the pins could be read */
	size_t loaded_count; /* including devices not in the list */
	const struct doctor_route *routes;
	size_t routes_count;
	const char *named; /* the operand, or NULL */
};

enum doctor_result {
	DOCTOR_FAULT, /* the filter cannot be loaded, or drops what it should not */
	DOCTOR_WARNING,
	DOCTOR_OK,
	DOCTOR_RESULTS,
};

struct doctor_finding {
	const char *check;	  /* "mtu" */
	char device[DOCTOR_NAME]; /* "": the machine */
	enum doctor_result result;
	char message[DOCTOR_TEXT];
	char command[DOCTOR_COMMAND]; /* that fixes it; "": there is none */
};

struct doctor_report {
	struct doctor_finding *findings; /* faults first, then warnings; else in order of checks */
	size_t count;
	size_t counts[DOCTOR_RESULTS];
	bool out_of_memory; /* used while it is built */
};

/* Returns 0 or -ENOMEM; the caller owns *ret_report (doctor_report_free). */
int doctor_judge(const struct doctor_facts *facts, struct doctor_report *ret_report);
void doctor_report_free(struct doctor_report *report);
#define _cleanup_doctor_report_ __attribute__((cleanup(doctor_report_free)))

#endif
