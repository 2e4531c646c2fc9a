/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Rates as people read them: devices that share their policy are one group and summed, the ranges
 * of a rule are one row unless asked for one by one. Pure.
 */
#ifndef PORTSIEVE_WATCH_ROWS_H
#define PORTSIEVE_WATCH_ROWS_H

#include "watch/rates.h"

enum watch_row_kind {
	WATCH_RULE,    /* ranges of a rule */
	WATCH_UNNAMED, /* a range that no rule names */
	WATCH_REASON,  /* a reason without a port */
	WATCH_ENDED,   /* ranges that policy changes have ended */
	WATCH_ALL,     /* the sum of all packets */
};

struct watch_row {
	enum watch_row_kind kind;
	size_t place;	     /* in the order of the policy */
	uint32_t first, end; /* range ids; of WATCH_REASON the reason and the next one */
	const char *name;    /* in the snapshot's image, or constant */
	const char *action;  /* "allow", "drop (monitor)", "ended", "" */
	char ports[40];	     /* "tcp/80,443 udp/443", "tcp udp, 117 ranges"; "" without ports */
	struct portsieve_counter total;
	struct portsieve_counter delta;	 /* in the interval */
	struct portsieve_counter change; /* since the first reading */
};

/* Devices with the same policy slot. */
struct watch_group {
	const struct rates_device *
		*devices; /* at least one; the first one's image names the rows */
	size_t devices_count;
	uint64_t interval_ns; /* the longest of its devices; 0: no rate is known */
	struct watch_row *rows;
	size_t rows_count;
	int sorted; /* how the rows are: enum watch_sort */
	struct watch_row all;
};

struct watch_groups {
	struct watch_group *groups; /* by their first devices */
	size_t count;
};

/*
 * Rows in the order of the policy: rules, unnamed ranges, reasons, ended ranges. All rows are
 * there, those without packets too. Text of rows is taken from the previous groups, made with the
 * same `each_range`, where a snapshot shares its image with theirs; they may be empty. Returns 0 or
 * -ENOMEM. The result refers to the rates and their snapshot; the caller owns it
 * (watch_groups_free).
 */
int watch_groups_make(const struct rates *rates, bool each_range,
		      const struct watch_groups *previous, struct watch_groups *ret_groups);
void watch_groups_free(struct watch_groups *groups);
#define _cleanup_watch_groups_ __attribute__((cleanup(watch_groups_free)))

enum watch_sort {
	WATCH_SORT_POLICY, /* as made */
	WATCH_SORT_PACKETS,
	WATCH_SORT_BITS,
	WATCH_SORT_DROPPED,
	WATCH_SORT_NEW,
	WATCH_SORT_TOTAL,
	WATCH_SORT_CHANGE,
	WATCH_SORT_NAME,
	WATCH_SORTS,
};

/* The words of --sort, by enum watch_sort; NULL-terminated. */
extern const char *const watch_sort_names[WATCH_SORTS + 1];

/* Numbers from the largest; rows that are equal are in the order of the policy. */
void watch_group_sort(struct watch_group *group, enum watch_sort sort);

/* Of all verdicts. */
uint64_t watch_packets(const struct portsieve_counter *counter);
uint64_t watch_bits(const struct portsieve_counter *counter);

/* Does any of its devices count drops without carrying them out, or has it? */
bool watch_group_monitors(const struct watch_group *group);

#endif
