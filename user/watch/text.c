/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of rates, with or without a column for the time. */
#include "watch/text.h"

#include <errno.h>
#include <string.h>

#include "datapath/counter_sum.h"
#include "datapath/device_names.h"
#include "print/format.h"

enum column {
	TIME, /* of lines */
	DEVICE,
	RULE,
	PORTS,
	ACTION,
	PASSED,
	PASSED_BITS,
	DROPPED,
	DROPPED_BITS,
	WOULD_DROP,
	WOULD_DROP_BITS,
	NEW_CONNECTIONS,
	TOTAL,
	CHANGE,
	COLUMNS,
};

static const char *const headings[COLUMNS] = {
	[TIME] = "TIME",
	[DEVICE] = "DEVICE",
	[RULE] = "RULE",
	[PORTS] = "PORTS",
	[ACTION] = "ACTION",
	[PASSED] = "PASSED/S",
	[PASSED_BITS] = "BIT/S",
	[DROPPED] = "DROPPED/S",
	[DROPPED_BITS] = "BIT/S",
	[WOULD_DROP] = "WOULD DROP/S",
	[WOULD_DROP_BITS] = "BIT/S",
	[NEW_CONNECTIONS] = "NEW/S",
	[TOTAL] = "PACKETS",
	[CHANGE] = "SINCE START",
};

/* The columns to leave out first on a narrow terminal. */
static const int narrow_order[] = { WOULD_DROP_BITS, DROPPED_BITS, PASSED_BITS, ACTION, CHANGE,
				    NEW_CONNECTIONS, PORTS,	   TOTAL,	-1 };

/* Rates have up to six characters; totals start with room for a million. */
static void widths_begin(int widths[COLUMNS])
{
	static const int least[COLUMNS] = {
		[PASSED_BITS] = 6,     [DROPPED_BITS] = 6, [WOULD_DROP_BITS] = 6,
		[NEW_CONNECTIONS] = 6, [TOTAL] = 9,	   [CHANGE] = 10,
	};

	for (int column = 0; column < COLUMNS; column++)
		if (widths[column] < least[column])
			widths[column] = least[column];
}

static struct table table_begin(struct watch_frame *frame, const struct watch_group *group)
{
	struct table table = {
		.columns = COLUMNS,
		.right = ~(1u << TIME | 1u << DEVICE | 1u << RULE | 1u << PORTS | 1u << ACTION),
		.hidden = 1u << WOULD_DROP | 1u << WOULD_DROP_BITS,
		.widths = frame->widths,
	};

	widths_begin(frame->widths);
	if (watch_group_monitors(group))
		table.hidden = 0;
	return table;
}

static void add_heading(struct table *table)
{
	struct table_row *heading = table_add(table, TABLE_HEADING);

	for (int column = 0; column < COLUMNS; column++)
		strcpy(heading->cells[column], headings[column]);
}

static void add_row(struct table *table, enum table_style style, const struct watch_row *row,
		    uint64_t interval_ns, const char *time, const char *device)
{
	struct table_row *cells = table_add(table, style);
	uint64_t change = watch_packets(&row->change);
	char number[TABLE_CELL_MAX];

	snprintf(cells->cells[TIME], TABLE_CELL_MAX, "%s", time);
	snprintf(cells->cells[DEVICE], TABLE_CELL_MAX, "%s", device);
	snprintf(cells->cells[RULE], TABLE_CELL_MAX, "%s", row->name);
	strcpy(cells->cells[PORTS], row->ports);
	snprintf(cells->cells[ACTION], TABLE_CELL_MAX, "%s", row->action);
	table_number(cells->cells[TOTAL], watch_packets(&row->total));
	table_number(number, change);
	snprintf(cells->cells[CHANGE], TABLE_CELL_MAX, "%s%.40s", change ? "+" : "", number);
	if (!interval_ns)
		return; /* no rate is known */
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		int column = PASSED + 2 * verdict;
		double packets = rate_per_second(row->delta.verdict[verdict].packets, interval_ns);
		double bytes = rate_per_second(row->delta.verdict[verdict].bytes, interval_ns);

		strcpy(cells->cells[column], format_rate(packets).text);
		strcpy(cells->cells[column + 1], format_units(bytes * 8).text);
	}
	if (row->kind != WATCH_REASON) /* not counted by reason */
		strcpy(cells->cells[NEW_CONNECTIONS],
		       format_rate(rate_per_second(row->delta.new_connections, interval_ns)).text);
}

/* "eth0, eth1  native, link; policy /etc/policy.yaml, default drop" */
static void print_group(const struct watch_group *group, FILE *file)
{
	const struct snapshot_device *device = group->devices[0]->device;
	const struct portsieve_image *image = device->image;

	for (size_t i = 0; i < group->devices_count; i++)
		fprintf(file, "%s%s", i ? ", " : "",
			device_name(&group->devices[i]->device->device).text);
	fprintf(file, "  %s, %s; ", datapath_mode_name(device->device.mode),
		datapath_attach_name(device->device.attach));
	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		fprintf(file, "no policy: counts, drops nothing");
	else
		fprintf(file, "policy %s, default %s", policy_source_text(image),
			default_words(image));
	if (snapshot_seconds_left(device))
		fprintf(file, ", unconfirmed");
	if (image->flags & PORTSIEVE_IMAGE_MONITOR)
		fprintf(file, "; MONITOR: nothing is dropped");
	fprintf(file, "\n\n");
}

static int print_frame_group(struct watch_frame *frame, const struct watch_group *group,
			     int columns, FILE *file)
{
	struct table table = table_begin(frame, group);
	size_t hidden = 0;
	int r;

	table.coloured = frame->coloured;
	table.hidden |= 1u << TIME | 1u << DEVICE;
	print_group(group, file);
	add_heading(&table);
	add_row(&table, TABLE_HEADING, &group->all, group->interval_ns, "", "");
	for (size_t i = 0; i < group->rows_count; i++) {
		if (frame->all_rows || !counter_is_zero(&group->rows[i].total))
			add_row(&table, TABLE_PLAIN, &group->rows[i], group->interval_ns, "", "");
		else
			hidden++;
	}
	table_fit(&table, 2, columns, narrow_order);
	r = table_print(&table, 2, file) ? -ENOMEM : 0;
	table_free(&table);
	if (hidden)
		fprintf(file, "\n  %zu row%s without packets %s hidden; --all shows them\n", hidden,
			hidden == 1 ? "" : "s", hidden == 1 ? "is" : "are");
	return r;
}

int watch_print_frame(struct watch_frame *frame, int columns, FILE *file)
{
	fprintf(file, "%s  %s%s%s\n", frame->time, frame->coloured ? "\033[1m" : "",
		frame->sentence->text, frame->coloured ? "\033[0m" : "");
	for (size_t i = 0; i < frame->groups->count; i++) {
		fprintf(file, "\n");
		if (print_frame_group(frame, &frame->groups->groups[i], columns, file))
			return -ENOMEM;
	}
	for (size_t i = 0; i < frame->snapshot->unreadable_count; i++)
		fprintf(file, "\n%s: %s\n",
			device_name(&frame->snapshot->unreadable[i].device).text,
			frame->snapshot->unreadable[i].error.text);
	return 0;
}

int watch_print_lines(struct watch_frame *frame, FILE *file)
{
	const struct sentence *sentence = frame->sentence;

	/* While an event goes on, only its numbers change, which the rows show too. */
	if (sentence->kind != frame->said.kind ||
	    (!sentence_is_event(sentence->kind) && strcmp(sentence->text, frame->said.text) != 0))
		fprintf(file, "%s  %s\n", frame->time, sentence->text);
	frame->said = *sentence;
	for (size_t g = 0; g < frame->groups->count; g++) {
		const struct watch_group *group = &frame->groups->groups[g];
		struct datapath_device first = group->devices[0]->device->device;
		struct table table = table_begin(frame, group);
		char name[TABLE_CELL_MAX];
		int r;

		if (group->devices_count == 1)
			snprintf(name, sizeof(name), "%s", device_name(&first).text);
		else
			snprintf(name, sizeof(name), "%.40s+%zu", device_name(&first).text,
				 group->devices_count - 1);
		if (!frame->has_heading)
			add_heading(&table);
		frame->has_heading = true;
		for (size_t i = 0; i < group->rows_count; i++)
			if (!counter_is_zero(&group->rows[i].delta))
				add_row(&table, TABLE_PLAIN, &group->rows[i], group->interval_ns,
					frame->time, name);
		add_row(&table, TABLE_PLAIN, &group->all, group->interval_ns, frame->time, name);
		r = table_print(&table, 0, file) ? -ENOMEM : 0;
		table_free(&table);
		if (r)
			return r;
	}
	return 0;
}
