/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a group of devices has counted, in rings of fixed size: each second for 15 minutes, each
 * minute for 24 hours, and when its policy or program changed. Pure. A record has no pointers, as
 * it is stored in a file as it is.
 */
#ifndef PORTSIEVE_SERVE_RECORD_H
#define PORTSIEVE_SERVE_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "watch/rows.h"

enum record_limits {
	RECORD_SECONDS = 900,
	RECORD_MINUTES = 1440,
	RECORD_RULES = 64,
	RECORD_MARKS = 128,
	RECORD_TOTALS = 2 * PORTSIEVE_VERDICTS, /* packets and bits by verdict */
	RECORD_REASONS = RECORD_TOTALS,		/* the first series of each kind */
	RECORD_RULE_PACKETS = RECORD_REASONS + PORTSIEVE_REASONS,
	RECORD_RULE_BITS = RECORD_RULE_PACKETS + RECORD_RULES,
	RECORD_SERIES = RECORD_RULE_BITS + RECORD_RULES,
};

/* Rates per second; NaN where nothing is known. */
struct record_row {
	int64_t time; /* the second or minute since 1970; 0: none */
	float series[RECORD_SERIES];
};

/* The sums of the current second or minute. */
struct record_sum {
	int64_t time;
	double seconds; /* covered by readings */
	double series[RECORD_SERIES];
};

/* The rule that has a place; empty places have no name. */
struct record_rule {
	char rule[64];
	char protocol[24];
	char ports[40];
	char action[20];
	double recent; /* packets per second, averaged over some minutes */
};

enum record_what {
	RECORD_APPLY,
	RECORD_CONFIRM,
	RECORD_ROLLBACK,
	RECORD_UPGRADE,
	RECORD_LOAD,
	RECORD_UNLOAD,
	RECORD_WHATS,
};

/* "apply". */
extern const char *const record_what_names[RECORD_WHATS];

struct record_mark {
	int64_t time_ms;
	uint32_t what; /* enum record_what */
	uint32_t unused;
};

/* All zero at first. */
struct record {
	struct record_row seconds[RECORD_SECONDS]; /* by second % RECORD_SECONDS */
	struct record_row minutes[RECORD_MINUTES];
	struct record_sum second, minute;
	struct record_rule rules[RECORD_RULES];
	struct record_mark marks[RECORD_MARKS]; /* mark N is at N % RECORD_MARKS */
	uint64_t marks_count;
	uint64_t is_rewritten; /* old rows have changed; reset by the writer of the file */
};

/* Adds a reading to that second. Does nothing without an interval. */
void record_add(struct record *record, int64_t second, const struct watch_group *group);

void record_mark(struct record *record, int64_t time_ms, enum record_what what);

/* The protocols of a row: "tcp", "tcp udp", "". */
void record_protocol(const struct portsieve_image *image, const struct watch_row *row,
		     char text[24]);

/* The value of a series in that second or minute, which may be the current one; NaN if unknown. */
float record_second(const struct record *record, int64_t second, unsigned int series);
float record_minute(const struct record *record, int64_t minute, unsigned int series);

#endif
