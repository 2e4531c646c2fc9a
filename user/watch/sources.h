/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which sources recorded packets came from, and about how many packets of each there were. Pure.
 *
 * Memory is bounded: when it is full, the half of the sources with the fewest packets is forgotten,
 * as in lossy counting. So those with many packets stay, whatever else arrives. How many sources
 * there were is then estimated by a HyperLogLog.
 */
#ifndef PORTSIEVE_WATCH_SOURCES_H
#define PORTSIEVE_WATCH_SOURCES_H

#include "base/hash.h"
#include "datapath/events.h"
#include "policy/policy.h"

enum sources_limits {
	SOURCES_MAX = 16384,
	SOURCES_REGISTERS = 4096, /* of the HyperLogLog */
	SOURCES_NOISE = 10,	  /* with fewer packets an hour, a source is noise */
};

/* The packets that a source has sent to the device. Times are CLOCK_BOOTTIME. */
struct source {
	struct policy_prefix address; /* of full length */
	double packets[PORTSIEVE_VERDICTS];
	uint64_t first_ns, last_ns;
	uint64_t ports;	   /* a bit for each hash of a destination port and transport */
	uint8_t transport; /* these of its first packet with a port */
	bool has_port;
	uint16_t port;
	bool several_ports; /* others came later */
};

struct sources {
	struct source *list;
	uint32_t count;
	struct hash_index index; /* of `list` by address */
	uint8_t registers[SOURCES_REGISTERS];
	double packets[PORTSIEVE_VERDICTS]; /* of all sources */
	double forgotten;		    /* packets of sources that are no longer in the list */
	uint64_t samples;		    /* recorded packets that were added */
	bool estimated;			    /* some of them stand for others too */
};

/* The caller owns *ret_sources (sources_free). -ENOMEM. */
int sources_make(struct sources *ret_sources);
void sources_free(struct sources *sources);
#define _cleanup_sources_ __attribute__((cleanup(sources_free)))

/*
 * Adds a recorded packet. Of no effect if it has no IP source address, or was recorded only because
 * a filter matches it: then it is not part of the sample.
 */
void sources_add(struct sources *sources, const struct event *event);

/* The source address of a recorded packet; false: it has none. */
bool source_address(const struct event *event, struct policy_prefix *ret_address);

uint64_t source_hash(const struct policy_prefix *address);

/*
 * How many sources there were, at least. Exact for those of the sample while they are few, else
 * less than the estimate by three times its standard error. Others may not be in the sample.
 */
uint64_t sources_at_least(const struct sources *sources);

/* Of all verdicts. */
double source_packets(const struct source *source);

/* Destination ports that it has sent to, at least. */
unsigned int source_ports_at_least(const struct source *source);

/* Has it sent fewer than SOURCES_NOISE packets an hour, in a time of at least an hour? */
bool source_is_noise(const struct source *source, uint64_t interval_ns);

/*
 * The sources with the most packets first. The caller frees *ret_sorted, whose members live until
 * the next sources_add. -ENOMEM.
 */
int sources_sort(const struct sources *sources, const struct source ***ret_sorted);

#endif
