/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats as tables: one for each device, ranges first, then what has no port, then the sum. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "datapath/counter_sum.h"
#include "policy/policy.h"
#include "datapath/device_names.h"
#include "datapath/testrun.h"
#include "print/stats.h"
#include "print/format.h"
#include "print/reason.h"
#include "base/text_table.h"
#include "base/utf8.h"

enum { FOLDED_FROM = 16 }; /* ranges of one rule and protocol */

enum column {
	RULE,
	PROTOCOL,
	PORTS,
	ACTION,
	PASSED,
	PASSED_BYTES,
	DROPPED,
	DROPPED_BYTES,
	NEW_CONNECTIONS,
	COLUMNS,
};

static void add_heading(struct table *table, bool monitor, const char *first)
{
	struct table_row *row = table_add(table, TABLE_HEADING);

	strcpy(row->cells[RULE], first);
	strcpy(row->cells[PROTOCOL], "PROTOCOL");
	strcpy(row->cells[PORTS], "PORTS");
	strcpy(row->cells[ACTION], "ACTION");
	strcpy(row->cells[PASSED], "PASSED");
	strcpy(row->cells[PASSED_BYTES], "BYTES");
	strcpy(row->cells[DROPPED], monitor ? "WOULD DROP" : "DROPPED");
	strcpy(row->cells[DROPPED_BYTES], "BYTES");
	strcpy(row->cells[NEW_CONNECTIONS], "NEW");
}

static void fill_counts(struct table_row *row, const struct portsieve_counter *counter)
{
	table_number(row->cells[PASSED], counter->verdict[PORTSIEVE_PASSED].packets);
	table_bytes(row->cells[PASSED_BYTES], counter->verdict[PORTSIEVE_PASSED].bytes);
	table_number(row->cells[DROPPED], counter->verdict[PORTSIEVE_DROPPED].packets);
	table_bytes(row->cells[DROPPED_BYTES], counter->verdict[PORTSIEVE_DROPPED].bytes);
	table_number(row->cells[NEW_CONNECTIONS], counter->new_connections);
}

/* Ranges that one row of the table stands for: one, or all of a rule that has very many. */
struct group {
	uint32_t first; /* range id */
	uint32_t count;
	struct portsieve_counter sum;
};

static bool same_group(const struct portsieve_range *one, const struct portsieve_range *other)
{
	return one->rule == other->rule && one->transport == other->transport;
}

/* The ranges of a rule and a protocol lie side by side. Past FOLDED_FROM they are one group. */
static struct group group_from(const struct snapshot_device *device, uint32_t first, bool all_rows)
{
	const struct portsieve_image *image = device->image;
	struct group group = { .first = first };
	uint32_t end = first + 1;

	while (first >= PORTSIEVE_RANGE_RULES && end < image->ranges &&
	       same_group(&image->range[first], &image->range[end]))
		end++;
	group.count = !all_rows && end - first >= FOLDED_FROM ? end - first : 1;
	for (uint32_t id = first; id < first + group.count; id++)
		counter_add(&group.sum, &device->rows[image->counter[id]]);
	return group;
}

/* What the range does, or that it no longer does. */
static const char *action_of(const struct snapshot_device *device, uint32_t range_id)
{
	const struct portsieve_range *range = &device->image->range[range_id];

	if (snapshot_range_ended(device, range_id))
		return "ended";
	return range->drop ? "drop" : "allow";
}

static void add_group(struct table *table, const struct snapshot_device *device,
		      const struct group *group)
{
	const struct portsieve_image *image = device->image;
	const struct portsieve_range *range = &image->range[group->first];
	struct table_row *row = table_add(table, TABLE_PLAIN);

	snprintf(row->cells[RULE], TABLE_CELL_MAX, "%s", range_rule_name(image, group->first));
	strcpy(row->cells[PROTOCOL], transport_name(range->transport));
	if (group->count == 1)
		format_ports(range->low, range->high, row->cells[PORTS]);
	else
		snprintf(row->cells[PORTS], TABLE_CELL_MAX, "%u ranges", group->count);
	strcpy(row->cells[ACTION], action_of(device, group->first));
	fill_counts(row, &group->sum);
}

/* What --all would show and the table does not. */
struct left_out {
	size_t rows;   /* without packets, not there at all */
	size_t ranges; /* that stand folded in ... */
	size_t folds;  /* ... so many rows */
};

/* From range `first` to `end`. */
static void add_range_rows(struct table *table, const struct snapshot_device *device,
			   uint32_t first, uint32_t end, bool all_rows, struct left_out *left_out)
{
	while (first < end) {
		struct group group = group_from(device, first, all_rows);

		first += group.count;
		if (!all_rows && counter_is_zero(&group.sum)) {
			left_out->rows += group.count;
			continue;
		}
		add_group(table, device, &group);
		if (group.count > 1) {
			left_out->ranges += group.count;
			left_out->folds++;
		}
	}
}

/* The rules' ranges in the order of the policy, then those of the default. */
static void add_ranges(struct table *table, const struct snapshot_device *device, bool all_rows,
		       struct left_out *left_out)
{
	add_range_rows(table, device, PORTSIEVE_RANGE_RULES, device->image->ranges, all_rows,
		       left_out);
	add_range_rows(table, device, 0, PORTSIEVE_RANGE_DHCP, all_rows, left_out);
}

static struct table_row *add_named(struct table *table, const char *name,
				   const struct portsieve_counter *counter, enum table_style style)
{
	struct table_row *row = table_add(table, style);

	snprintf(row->cells[RULE], TABLE_CELL_MAX, "%s", name);
	fill_counts(row, counter);
	return row;
}

/* A reason knows no new connections: its cell stays empty. */
static void add_reasons(struct table *table, const struct snapshot_device *device, bool all_rows,
			struct left_out *left_out)
{
	for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		const struct portsieve_counter *counter = &device->rows[reason];

		if (all_rows || !counter_is_zero(counter))
			add_named(table, reason_name(reason), counter, TABLE_PLAIN)
				->cells[NEW_CONNECTIONS][0] = '\0';
		else
			left_out->rows++;
	}
	if (!counter_is_zero(&device->retired))
		add_named(table, "(ended ranges)", &device->retired, TABLE_PLAIN);
}

static struct portsieve_counter sum_rows(const struct snapshot_device *device)
{
	struct portsieve_counter sum = { 0 };

	for (uint32_t id = 0; id < device->image->counters; id++)
		if (id != PORTSIEVE_COUNTER_GENERATION)
			counter_add(&sum, &device->rows[id]);
	return sum;
}

/* "policy /etc/policy.yaml, default drop", and what else decides about how to read the table. */
static void print_policy(const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;

	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		printf("no policy: counts, drops nothing");
	else
		printf("policy %s, default %s", policy_source_text(image),
		       image->flags & PORTSIEVE_IMAGE_DEFAULT_DROP ? "drop" : "allow");
	if (snapshot_seconds_left(device))
		printf(", unconfirmed");
	if (image->flags & PORTSIEVE_IMAGE_MONITOR)
		printf("; MONITOR: nothing is dropped, `would drop` is counted");
	printf("\n\n");
}

static void print_bold(const char *text)
{
	bool colour = table_has_colour(stdout);

	printf("%s%s%s", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

static void print_left_out(const struct left_out *left_out, bool nothing_counted)
{
	const char *rows = left_out->rows == 1 ? "row" : "rows",
		   *are = left_out->rows == 1 ? "is" : "are",
		   *folds = left_out->folds == 1 ? "row" : "rows";

	if (nothing_counted && left_out->rows)
		printf("\n  nothing has been counted yet; --all shows the %zu %s\n", left_out->rows,
		       rows);
	else if (left_out->rows && left_out->folds)
		printf("\n  %zu %s without packets %s hidden, and %zu ranges folded into %zu %s; "
		       "--all shows them\n",
		       left_out->rows, rows, are, left_out->ranges, left_out->folds, folds);
	else if (left_out->rows)
		printf("\n  %zu %s without packets %s hidden; --all shows them\n", left_out->rows,
		       rows, are);
	else if (left_out->folds)
		printf("\n  %zu ranges are folded into %zu %s; --all shows them\n",
		       left_out->ranges, left_out->folds, folds);
}

static int print_rows(const struct snapshot_device *device, bool all_rows)
{
	bool monitor = device->image->flags & PORTSIEVE_IMAGE_MONITOR;
	struct portsieve_counter sum = sum_rows(device);
	_cleanup_table_ struct table table = {
		.columns = COLUMNS,
		.right = 1 << PORTS | 1 << PASSED | 1 << PASSED_BYTES | 1 << DROPPED |
			 1 << DROPPED_BYTES | 1 << NEW_CONNECTIONS,
	};
	struct left_out left_out = { 0 };

	print_policy(device);
	add_heading(&table, monitor, "RULE");
	add_ranges(&table, device, all_rows, &left_out);
	add_reasons(&table, device, all_rows, &left_out);
	add_named(&table, "all packets", &sum, TABLE_HEADING);
	if (table_print(&table, 2, stdout))
		return -ENOMEM;
	print_left_out(&left_out, counter_is_zero(&sum));
	return 0;
}

int print_stats_text(const struct snapshot *snapshot, bool all_rows)
{
	int r = 0;

	for (size_t i = 0; !r && i < snapshot->count; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];

		if (i)
			printf("\n");
		print_bold(device_name(&device->device).text);
		printf("  %s, %s; ", datapath_mode_name(device->device.mode),
		       datapath_attach_name(device->device.attach));
		r = print_rows(device, all_rows);
	}
	return r;
}

int print_replay_text(const struct snapshot_device *device, const char *path,
		      const struct replay_totals *totals, bool all_rows)
{
	char packets[TABLE_CELL_MAX], name[PATH_MAX];
	int r;

	table_number(packets, totals->packets);
	utf8_copy_printable(name, sizeof(name), path);
	print_bold(name);
	printf("  %s packet%s", totals->packets ? packets : "no", totals->packets == 1 ? "" : "s");
	if (totals->cut)
		printf(", %lu of them cut by the capture", totals->cut);
	if (totals->clipped)
		printf(", %lu judged by their first %d bytes", totals->clipped, TESTRUN_FRAME_MAX);
	printf("; ");
	r = print_rows(device, all_rows);
	if (!r && totals->cut)
		printf("\n  Packets that the capture has cut mostly count as malformed, as their "
		       "headers speak of bytes\n"
		       "  that are not in it; for true verdicts capture whole packets (tcpdump -s "
		       "0).\n");
	return r;
}
