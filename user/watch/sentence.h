/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One sentence that says what is going on. Pure: computed from the readings, in order, and their
 * times.
 */
#ifndef PORTSIEVE_WATCH_SENTENCE_H
#define PORTSIEVE_WATCH_SENTENCE_H

#include "watch/rows.h"

/* A port on which packets were dropped in the interval. */
struct sentence_port {
	uint8_t transport; /* enum portsieve_transport */
	uint16_t port;
	bool listened; /* something listens on it */
	bool is_new;   /* first drop on this port */
	uint64_t dropped;
};

/* A dropped packet of the sample in the interval: its source, and what decided. */
struct sentence_source {
	uint64_t address; /* source_hash() */
	uint32_t ifindex; /* of the device */
	uint16_t counter; /* the row it was counted in */
	uint16_t range;	  /* range id, or PORTSIEVE_RANGES if a reason decided */
	uint16_t port;
	uint8_t transport;
	bool has_port;
};

/*
 * What is known about a group of devices besides its rows. Counts are 0 and lists NULL if nothing
 * is known.
 */
struct sentence_group {
	uint32_t ifindex;		   /* of its first device */
	const struct sentence_port *ports; /* all ports with drops, in any order */
	size_t ports_count;
	const struct sentence_source *sources; /* from the sample of its devices, in any order */
	size_t sources_count;
};

struct sentence_more {
	const struct sentence_group *groups; /* in any order; some may be missing */
	size_t count;
};

enum sentence_kind {
	SENTENCE_WAITING, /* no interval has passed */
	SENTENCE_QUIET,
	SENTENCE_POLICY, /* a new policy, or counters that restarted */
	SENTENCE_SLOW,	 /* many ports for the first time, slowly */
	SENTENCE_SWEEP,	 /* one port, from many sources */
	SENTENCE_SCAN,	 /* many ports at once */
	SENTENCE_FLOOD,
	SENTENCE_GONE, /* no device */
};

/* Is it something that goes on, rather than something that has happened? */
static inline bool sentence_is_event(enum sentence_kind kind)
{
	return kind >= SENTENCE_SLOW && kind <= SENTENCE_FLOOD;
}

enum sentence_limits {
	SENTENCE_FLOOD_MIN = 1000,   /* dropped packets a second */
	SENTENCE_FLOOD_TIMES = 10,   /* times the usual rate */
	SENTENCE_SCAN_PORTS = 20,    /* at once */
	SENTENCE_SLOW_PORTS = 30,    /* new ones in an hour */
	SENTENCE_SWEEP_SOURCES = 20, /* on one port */
	SENTENCE_HOLD_SECONDS = 10,  /* after this time without one, an event is over */
	SENTENCE_POLICY_SECONDS = 60,
	SENTENCE_USUAL_SECONDS = 300, /* the time over which the usual rate is averaged */
	SENTENCE_HOUR_SLOTS = 60,     /* minutes */
	SENTENCE_GROUPS_MAX = 64,     /* whose usual rates are known */
};

/* What is usual for a group. */
struct sentence_usual {
	uint32_t ifindex; /* of its first device; 0: free */
	double dropped;	  /* packets per second */
	int64_t minute;	  /* of new_ports[minute % SENTENCE_HOUR_SLOTS] */
	uint32_t new_ports[SENTENCE_HOUR_SLOTS];
};

/* Zero at first. Times are seconds of the local clock since 1970. */
struct sentence {
	char text[200];
	enum sentence_kind kind;

	/* State for later sentences. */
	int64_t quiet_since;
	int64_t event_at; /* when an event was last seen */
	int64_t policy_at;
	char event[200];
	enum sentence_kind event_kind;
	char policy[120];
	struct sentence_usual usual[SENTENCE_GROUPS_MAX];
};

/*
 * Updates the sentence after a reading. It is about the group with the most important finding:
 * groups are never summed. `more` may be NULL.
 */
void sentence_next(struct sentence *sentence, const struct watch_groups *groups,
		   const struct sentence_more *more, int64_t local_time);

/* Updates the sentence while no device is loaded. */
void sentence_gone(struct sentence *sentence, int64_t local_time);

#endif
