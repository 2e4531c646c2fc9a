/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rings of rates by second and minute. */
#include "serve/record.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "datapath/datapath.h"
#include "policy/policy.h"

enum { RECENT_SECONDS = 300 };

const char *const record_what_names[RECORD_WHATS] = {
	[RECORD_APPLY] = "apply",     [RECORD_CONFIRM] = "confirm", [RECORD_ROLLBACK] = "rollback",
	[RECORD_UPGRADE] = "upgrade", [RECORD_LOAD] = "load",	    [RECORD_UNLOAD] = "unload",
};

void record_protocol(const struct portsieve_image *image, const struct watch_row *row,
		     char text[24])
{
	unsigned int seen = 0;
	size_t length = 0;

	for (uint32_t id = row->first; id < row->end; id++)
		seen |= 1u << image->range[id].transport;
	text[0] = '\0';
	for (unsigned int t = 0; t <= PORTSIEVE_ANY; t++)
		if (seen >> t & 1)
			length += (size_t)snprintf(text + length, 24 - length, "%s%s",
						   length ? " " : "", transport_name(t));
}

static void row_close(const struct record_sum *sum, struct record_row *row)
{
	row->time = sum->time;
	for (int i = 0; i < RECORD_SERIES; i++)
		row->series[i] = (float)(sum->series[i] / sum->seconds);
}

/* Stores the sum in its row when another second or minute begins. */
static void turn(struct record_sum *sum, int64_t time, struct record_row *rows, int64_t count)
{
	if (sum->time == time)
		return;
	if (sum->time > 0 && sum->seconds > 0)
		row_close(sum, &rows[sum->time % count]);
	*sum = (struct record_sum){ .time = time };
}

static void add(struct record *record, unsigned int series, uint64_t count)
{
	record->second.series[series] += (double)count;
	record->minute.series[series] += (double)count;
}

/* Clears the series of a place, before another rule gets it. */
static void forget_rule(struct record *record, size_t place)
{
	const unsigned int series[] = { RECORD_RULE_PACKETS + (unsigned int)place,
					RECORD_RULE_BITS + (unsigned int)place };

	record->is_rewritten = 1;
	for (size_t s = 0; s < 2; s++) {
		for (size_t i = 0; i < RECORD_SECONDS; i++)
			record->seconds[i].series[series[s]] = NAN;
		for (size_t i = 0; i < RECORD_MINUTES; i++)
			record->minutes[i].series[series[s]] = NAN;
		record->second.series[series[s]] = 0;
		record->minute.series[series[s]] = 0;
	}
}

/*
 * Returns the place of a rule, an empty one, or that of the least busy rule if this one is at least
 * twice as busy.
 */
static struct record_rule *find_rule(struct record *record, const char *name, const char *protocol,
				     double rate)
{
	struct record_rule *least = &record->rules[0];

	for (size_t i = 0; i < RECORD_RULES; i++) {
		struct record_rule *rule = &record->rules[i];

		if (!strcmp(rule->rule, name) && !strcmp(rule->protocol, protocol))
			return rule;
		if (least->rule[0] && (!rule->rule[0] || rule->recent < least->recent))
			least = rule;
	}
	if (!rate || (least->rule[0] && rate < 2 * least->recent))
		return NULL;
	forget_rule(record, (size_t)(least - record->rules));
	*least = (struct record_rule){ .recent = rate };
	snprintf(least->rule, sizeof(least->rule), "%s", name);
	snprintf(least->protocol, sizeof(least->protocol), "%s", protocol);
	return least;
}

static void add_rule(struct record *record, const struct watch_group *group,
		     const struct watch_row *row, double seconds)
{
	double rate = (double)watch_packets(&row->delta) / seconds;
	struct record_rule *rule;
	char protocol[24];
	size_t place;

	if (!watch_packets(&row->total))
		return; /* most rows never count anything */
	record_protocol(group->devices[0]->device->image, row, protocol);
	rule = find_rule(record, row->name, protocol, rate);
	if (!rule)
		return;
	snprintf(rule->ports, sizeof(rule->ports), "%s", row->ports);
	snprintf(rule->action, sizeof(rule->action), "%s", row->action);
	rule->recent += (rate - rule->recent) * (seconds / (seconds + RECENT_SECONDS));
	place = (size_t)(rule - record->rules);
	add(record, RECORD_RULE_PACKETS + (unsigned int)place, watch_packets(&row->delta));
	add(record, RECORD_RULE_BITS + (unsigned int)place, watch_bits(&row->delta));
}

void record_add(struct record *record, int64_t second, const struct watch_group *group)
{
	double seconds = (double)group->interval_ns / 1e9;

	if (!group->interval_ns || second <= 0)
		return;
	turn(&record->second, second, record->seconds, RECORD_SECONDS);
	turn(&record->minute, second / 60, record->minutes, RECORD_MINUTES);
	record->second.seconds += seconds;
	record->minute.seconds += seconds;
	for (unsigned int v = 0; v < PORTSIEVE_VERDICTS; v++) {
		add(record, 2 * v, group->all.delta.verdict[v].packets);
		add(record, 2 * v + 1, group->all.delta.verdict[v].bytes * 8);
	}
	for (size_t i = 0; i < group->rows_count; i++) {
		const struct watch_row *row = &group->rows[i];

		if (row->kind == WATCH_REASON)
			add(record, RECORD_REASONS + row->first, watch_packets(&row->delta));
		else if (row->kind == WATCH_RULE || row->kind == WATCH_UNNAMED)
			add_rule(record, group, row, seconds);
	}
}

void record_mark(struct record *record, int64_t time_ms, enum record_what what)
{
	record->marks[record->marks_count++ % RECORD_MARKS] =
		(struct record_mark){ .time_ms = time_ms, .what = what };
}

/* The value from the current sum, or from a row. */
static float value_at(const struct record_sum *sum, const struct record_row *rows, int64_t count,
		      int64_t time, unsigned int series)
{
	const struct record_row *row;

	if (time <= 0)
		return NAN;
	if (time == sum->time && sum->seconds > 0)
		return (float)(sum->series[series] / sum->seconds);
	row = &rows[time % count];
	return row->time == time ? row->series[series] : NAN;
}

float record_second(const struct record *record, int64_t second, unsigned int series)
{
	return value_at(&record->second, record->seconds, RECORD_SECONDS, second, series);
}

float record_minute(const struct record *record, int64_t minute, unsigned int series)
{
	return value_at(&record->minute, record->minutes, RECORD_MINUTES, minute, series);
}
