/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads all loaded devices periodically and keeps a history of each group: record, strip, sentence.
 * A group is recognised by the names of its devices, even if they were unloaded or re-created in
 * between.
 */
#ifndef PORTSIEVE_SERVE_SAMPLER_H
#define PORTSIEVE_SERVE_SAMPLER_H

#include "analysis/listener.h"
#include "control/event_watch.h"
#include "print/metrics.h"
#include "serve/busy_sources.h"
#include "serve/record.h"
#include "serve/strip.h"
#include "watch/sentence.h"

enum sampler_limits {
	SAMPLER_GROUPS = 8,
	SAMPLER_STRIPS = 2, /* groups with a strip; one takes 10 MB */
	SAMPLER_NAMES = 64, /* device names by which a group is recognised */
	SAMPLER_PORTS = 20,
	SAMPLER_EVENTS = 10,
	SAMPLER_STALE_MS = 3000,
	SAMPLER_PROBED_SECONDS = 10,
	SAMPLER_LOST_SECONDS = 10,
	SAMPLER_RECORDERS = 64, /* devices whose lost packets are counted */
};

enum sampler_state {
	SAMPLER_LIVE,
	SAMPLER_STALE, /* older than SAMPLER_STALE_MS, or unreadable */
	SAMPLER_NOT_LOADED,
	SAMPLER_STATES,
};

/* "live", "stale", "not loaded". */
extern const char *const sampler_state_names[SAMPLER_STATES];

/* A busy port. Rates are those of the last second. */
struct sampler_port {
	struct port_key key;
	double passed, dropped;
	bool is_new; /* first packet in the last 24 hours, and over an hour after counting began */
};

/* A recorded packet. */
struct sampler_event {
	uint32_t ifindex;
	uint64_t real_ns;
	char *json; /* as `events -j` prints it, without a newline */
};

struct sampler_group {
	char names[SAMPLER_NAMES][IF_NAMESIZE]; /* as printable text; at the latest reading */
	size_t names_count;			/* 0: this place is free */
	const struct watch_group *now; /* until the next reading; NULL: not loaded or unreadable */
	int64_t read_ms;	       /* CLOCK_REALTIME of the latest reading */
	int64_t gone_ms;	       /* since when it has not been loaded; 0: it is */
	char message[ERROR_TEXT];      /* why it is unreadable, or "" */
	struct sentence sentence;
	struct record *record;
	struct strip *strip; /* NULL: no port counters, or SAMPLER_STRIPS others have one */
	enum datapath_per_port per_port;
	struct sampler_port ports[SAMPLER_PORTS]; /* busiest first */
	size_t ports_count;
	enum datapath_events recorded;
	struct sampler_event events[SAMPLER_EVENTS]; /* the latest first */
	size_t events_count;
	struct busy_sources sources;
	bool is_losing;		/* recorded packets, in the last SAMPLER_LOST_SECONDS */
	int64_t lost_s;		/* the latest second with such packets */
	struct port_key probed; /* with drops in the last SAMPLER_PROBED_SECONDS and a listener */
	bool is_probed;
	int64_t probed_s; /* the latest second with such drops */

	/* The previous state of the first device, for the marks. */
	bool was_read;
	uint32_t link_id, program_id, active_id;
	uint64_t applied_ns, confirm_until_ns;
};

/* All zero at first. */
struct sampler {
	struct snapshot snapshot;
	struct rates rates;
	struct watch_groups groups;
	struct sampler_group list[SAMPLER_GROUPS];
	struct event_watch events;
	struct metrics_lost lost[SAMPLER_RECORDERS]; /* of devices that record, or did */
	size_t lost_count;
	int64_t second;		  /* of the latest reading of ports and events */
	char message[ERROR_TEXT]; /* why nothing could be read, or "" */
	struct listener *listeners;
	size_t listeners_count;
	int64_t listeners_ms; /* when they were read */
	size_t full_bytes;    /* of all strips */
};

/*
 * Takes a reading. now_ms is CLOCK_REALTIME. What cannot be read stays as it was, and becomes
 * stale. Ports and events are read once a second.
 */
void sampler_read(struct sampler *sampler, int64_t now_ms);
void sampler_free(struct sampler *sampler);

/* The group of that device; for NULL the first loaded group, else the first. NULL: none. */
const struct sampler_group *sampler_find(const struct sampler *sampler, const char *device);

enum sampler_state sampler_state(const struct sampler_group *group, int64_t now_ms);

/* A listener on the port that can be reached from outside, or NULL. */
const struct listener *sampler_listener(const struct sampler *sampler, struct port_key key);

#endif
