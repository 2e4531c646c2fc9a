/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latest rates of each row, and which ports packets were dropped on, for `top`. Pure. */
#ifndef PORTSIEVE_WATCH_HISTORY_H
#define PORTSIEVE_WATCH_HISTORY_H

#include "base/hash.h"
#include "watch/sentence.h"

enum history_limits {
	HISTORY_LENGTH = 240,  /* readings */
	HISTORY_BUCKETS = 512, /* of neighbouring ports */
	HISTORY_BUCKET_PORTS = PORTSIEVE_PORTS / HISTORY_BUCKETS,
	HISTORY_HOT_MIN = 100, /* packets a second on a port far over its usual rate */
	HISTORY_HOT_TIMES = 10,
};

/* Packets per second in one interval. */
struct history_rate {
	float passed;
	float dropped; /* or would be */
};

/* A row by what makes it the same in the next reading. */
struct history_row {
	uint32_t ifindex; /* of the group's first device */
	enum watch_row_kind kind;
	char name[64];
	char ports[40];
	uint64_t seen; /* the latest reading that had it */
	struct history_rate rate[HISTORY_LENGTH];
};

/* The ports of one reading. */
struct history_ports {
	float bucket[HISTORY_BUCKETS]; /* dropped packets a second */
	bool hot[HISTORY_BUCKETS];     /* one port far over its usual rate */
	bool fresh[HISTORY_BUCKETS];   /* a port on which drops are not usual */
	uint32_t distinct;	       /* ports with drops; 0 too if they are not counted */
};

/* Of a group of devices whose ports are counted. */
struct history_port_group {
	uint32_t ifindex;	     /* of its first device */
	struct history_ports *ports; /* HISTORY_LENGTH of them */
	float *usual;		     /* by transport and port: dropped packets a second */
};

/* All zero at first. Reading N is in place N % HISTORY_LENGTH. */
struct history {
	uint64_t readings;
	struct history_row *rows;
	size_t rows_count;
	struct hash_index by_row;
	size_t room; /* for rows, in the index */
	struct history_port_group *port_groups;
	size_t port_groups_count;
};

void history_free(struct history *history);
#define _cleanup_history_ __attribute__((cleanup(history_free)))

/*
 * Begins a reading, then adds the groups of it, and the ports of those (by their first devices)
 * whose ports are counted: those with drops in the interval, by transport and port. 0 or -ENOMEM.
 */
void history_begin(struct history *history);
int history_add_group(struct history *history, const struct watch_group *group);
int history_add_ports(struct history *history, const struct sentence_group *known,
		      uint64_t interval_ns);

/* What is known of the row; NULL: it has counted nothing. */
const struct history_row *history_row_of(const struct history *history,
					 const struct watch_group *group,
					 const struct watch_row *row);

/* The row's rates `ago` readings before the latest one: zero where there are none. */
struct history_rate history_rate_of(const struct history *history, const struct history_row *row,
				    unsigned int ago);

/* The ports of the reading `ago` before the latest one; NULL where there are none. */
const struct history_ports *history_ports_of(const struct history *history, uint32_t ifindex,
					     unsigned int ago);

#endif
