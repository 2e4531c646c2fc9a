/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sentence that says what is going on. Pure: from readings in their order, with their times.
 */
#ifndef PORTSIEVE_WATCH_SENTENCE_H
#define PORTSIEVE_WATCH_SENTENCE_H

#include "watch/rows.h"

/* A port on which packets were dropped in the interval. */
struct sentence_port {
	uint8_t transport; /* enum portsieve_transport */
	uint16_t port;
	bool listened; /* something listens on it */
	bool is_new;   /* dropped there for the first time */
	uint64_t dropped;
};

/* A dropped packet of the sample in the interval: where it came from, and what has decided. */
struct sentence_source {
	uint64_t address; /* source_hash() */
	uint32_t ifindex; /* of the device */
	uint16_t counter; /* the row it was counted in */
	uint16_t range;	  /* id, or PORTSIEVE_RANGES if a reason decided */
	uint16_t port;
	uint8_t transport;
	bool has_port;
};

/*
 * What is known of a group of devices besides its rows. A count is 0, and a list NULL, where
 * nothing is known.
 */
struct sentence_group {
	uint32_t ifindex;		   /* of its first device */
	const struct sentence_port *ports; /* all ports with drops, in any order */
	size_t ports_count;
	const struct sentence_source *sources; /* of the sample on its devices, in any order */
	size_t sources_count;
};

struct sentence_more {
	const struct sentence_group *groups; /* in any order; some may be missing */
	size_t count;
};

enum sentence_kind {
	SENTENCE_WAITING, /* no interval has passed */
	SENTENCE_QUIET,
	SENTENCE_POLICY, /* another policy, or counters that start again */
	SENTENCE_SLOW,	 /* many ports for the first time, one now and then */
	SENTENCE_SWEEP,	 /* one port, from many sources */
	SENTENCE_SCAN,	 /* many ports at once */
	SENTENCE_FLOOD,
	SENTENCE_GONE, /* no device */
};

/* Something unusual that goes on, rather than something that has happened? */
static inline bool sentence_is_event(enum sentence_kind kind)
{
	return kind >= SENTENCE_SLOW && kind <= SENTENCE_FLOOD;
}

enum sentence_limits {
	SENTENCE_FLOOD_MIN = 1000,   /* dropped packets a second */
	SENTENCE_FLOOD_TIMES = 10,   /* of the usual rate */
	SENTENCE_SCAN_PORTS = 20,    /* at once */
	SENTENCE_SLOW_PORTS = 30,    /* new ones in an hour */
	SENTENCE_SWEEP_SOURCES = 20, /* on one port */
	SENTENCE_HOLD_SECONDS = 10,  /* an event is over when none was seen for so long */
	SENTENCE_POLICY_SECONDS = 60,
	SENTENCE_USUAL_SECONDS = 300, /* the time over which the usual rate is averaged */
	SENTENCE_HOUR_SLOTS = 60,     /* minutes */
	SENTENCE_GROUPS_MAX = 64,     /* whose usual rates are known */
};

/* What is usual in a group. */
struct sentence_usual {
	uint32_t ifindex; /* of its first device; 0: of none */
	double dropped;	  /* packets per second */
	int64_t minute;	  /* of new_ports[minute % SENTENCE_HOUR_SLOTS] */
	uint32_t new_ports[SENTENCE_HOUR_SLOTS];
};

/* Zero at first. Times are seconds of the local clock since 1970. */
struct sentence {
	char text[200];
	enum sentence_kind kind;

	/* What later sentences depend on. */
	int64_t quiet_since;
	int64_t event_at; /* when an event was last seen */
	int64_t policy_at;
	char event[200];
	enum sentence_kind event_kind;
	char policy[120];
	struct sentence_usual usual[SENTENCE_GROUPS_MAX];
};

/*
 * The sentence after one more reading: on the group in which most goes on, as groups are never
 * summed. `more` may be NULL.
 */
void sentence_next(struct sentence *sentence, const struct watch_groups *groups,
		   const struct sentence_more *more, int64_t local_time);

/* The sentence while no device is left. */
void sentence_gone(struct sentence *sentence, int64_t local_time);

#endif
