/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The sources of recorded packets, and an estimate of the packets from each. Pure.
 *
 * Memory is bounded: when the table is full, the half of the sources with the fewest packets is
 * dropped, as in lossy counting. So sources with many packets stay. The number of sources is then
 * estimated by a HyperLogLog.
 */
#ifndef PORTSIEVE_WATCH_SOURCES_H
#define PORTSIEVE_WATCH_SOURCES_H

#include "base/hash.h"
#include "datapath/events.h"
#include "policy/policy.h"

enum sources_limits {
	SOURCES_MAX = 16384,
	SOURCES_REGISTERS = 4096, /* of the HyperLogLog */
	SOURCES_NOISE = 10,	  /* sources with fewer packets an hour are noise */
};

/* A source of packets to the device. Times are CLOCK_BOOTTIME. */
struct source {
	struct policy_prefix address; /* of full length */
	double packets[PORTSIEVE_VERDICTS];
	uint64_t first_ns, last_ns;
	uint64_t ports;	   /* a bit per hash of destination port and transport */
	uint8_t transport; /* these two are of its first packet with a port */
	bool has_port;
	uint16_t port;
	bool several_ports; /* it has sent to other ports too */
};

struct sources {
	struct source *list;
	uint32_t count;
	struct hash_index index; /* of `list` by address */
	uint8_t registers[SOURCES_REGISTERS];
	double packets[PORTSIEVE_VERDICTS]; /* of all sources */
	double forgotten;		    /* packets of sources dropped from the list */
	uint64_t samples;		    /* recorded packets added */
	bool estimated;			    /* some of them stand for several packets */
};

/* The caller owns *ret_sources (sources_free). -ENOMEM. */
int sources_make(struct sources *ret_sources);
void sources_free(struct sources *sources);
#define _cleanup_sources_ __attribute__((cleanup(sources_free)))

/*
 * Adds a recorded packet. Ignores packets without an IP source address, and those recorded only
 * because a filter matches them, which are not part of the sample.
 */
void sources_add(struct sources *sources, const struct event *event);

/* The source address of a recorded packet; false: it has none. */
bool source_address(const struct event *event, struct policy_prefix *ret_address);

uint64_t source_hash(const struct policy_prefix *address);

/*
 * A lower bound for the number of sources: exact for the sample while they are few, else the
 * estimate minus three times its standard error. There may be sources that are not in the sample.
 */
uint64_t sources_at_least(const struct sources *sources);

/* The packets of all verdicts. */
double source_packets(const struct source *source);

/* A lower bound for the number of destination ports. */
unsigned int source_ports_at_least(const struct source *source);

/* Has it sent fewer than SOURCES_NOISE packets an hour? Short intervals count as an hour. */
bool source_is_noise(const struct source *source, uint64_t interval_ns);

/*
 * The sources, those with the most packets first. The caller frees *ret_sorted, whose elements are
 * valid until the next sources_add. -ENOMEM.
 */
int sources_sort(const struct sources *sources, const struct source ***ret_sorted);

#endif
