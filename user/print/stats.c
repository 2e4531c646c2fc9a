/* SPDX-License-Identifier: GPL-2.0-or-later */
/* stats as one table per device: ranges, then the reasons without a port, then the sum. */
#include "print/stats.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>

#include "base/text_table.h"
#include "base/utf8.h"
#include "compile/compile.h"
#include "compile/range_order.h"
#include "datapath/counter_sum.h"
#include "datapath/device_names.h"
#include "datapath/testrun.h"
#include "policy/policy.h"
#include "print/format.h"
#include "print/reason.h"

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
	WOULD_DROP,
	WOULD_DROP_BYTES,
	NEW_CONNECTIONS,
	COLUMNS,
};

/* A device's table, and what it leaves out unless all_rows. */
struct stats_table {
	struct table table;
	const struct snapshot_device *device;
	bool all_rows;
	size_t hidden_rows;   /* without packets */
	size_t folded_ranges; /* in folded_rows rows */
	size_t folded_rows;
};

static struct table_row *add_row(struct stats_table *stats, enum table_style style,
				 const char *name, const struct portsieve_counter *counter)
{
	struct table_row *row = table_add(&stats->table, style);

	snprintf(row->cells[RULE], TABLE_CELL_MAX, "%s", name);
	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++) {
		enum column packets = PASSED + 2 * verdict;

		table_number(row->cells[packets], counter->verdict[verdict].packets);
		table_bytes(row->cells[packets + 1], counter->verdict[verdict].bytes);
	}
	table_number(row->cells[NEW_CONNECTIONS], counter->new_connections);
	return row;
}

/*
 * The number of ranges from `first` on that share a row: FOLDED_FROM or more adjacent ranges of one
 * rule and protocol, or 1.
 */
static uint32_t row_ranges(const struct stats_table *stats, uint32_t first)
{
	const struct portsieve_image *image = stats->device->image;
	const struct portsieve_range *range = &image->range[first];
	uint32_t end = first + 1;

	if (stats->all_rows || first < PORTSIEVE_RANGE_RULES)
		return 1;
	while (end < image->ranges && image->range[end].rule == range->rule &&
	       image->range[end].transport == range->transport)
		end++;
	return end - first >= FOLDED_FROM ? end - first : 1;
}

/* Adds the ranges with ids `first` to `end` - 1. */
static void add_ranges(struct stats_table *stats, uint32_t first, uint32_t end)
{
	const struct snapshot_device *device = stats->device;
	const struct portsieve_image *image = device->image;

	for (uint32_t count; first < end; first += count) {
		const struct portsieve_range *range = &image->range[first];
		struct portsieve_counter sum = { 0 };
		struct table_row *row;

		count = row_ranges(stats, first);
		for (uint32_t id = first; id < first + count; id++)
			counter_add(&sum, &device->rows[image->counter[id]]);
		if (!stats->all_rows && counter_is_zero(&sum)) {
			stats->hidden_rows += count;
			continue;
		}
		row = add_row(stats, TABLE_PLAIN, range_rule_name(image, first), &sum);
		strcpy(row->cells[PROTOCOL], transport_name(range->transport));
		strcpy(row->cells[ACTION],
		       snapshot_range_ended(device, first)
			       ? "ended"
			       : action_words(range->drop,
					      range->drop && !ids_have(&image->enforced, first)));
		if (range->transport == PORTSIEVE_ANY) {
			strcpy(row->cells[PORTS], "-");
		} else if (count == 1) {
			format_ports(range->low, range->high, row->cells[PORTS]);
		} else {
			snprintf(row->cells[PORTS], TABLE_CELL_MAX, "%u ranges", count);
			stats->folded_ranges += count;
			stats->folded_rows++;
		}
	}
}

static void add_reasons(struct stats_table *stats)
{
	const struct snapshot_device *device = stats->device;

	for (enum portsieve_reason reason = 0; reason < PORTSIEVE_REASONS; reason++) {
		const struct portsieve_counter *counter = &device->rows[reason];
		struct table_row *row;

		if (!reason_is_shown(device->image, reason, counter))
			continue;
		if (!stats->all_rows && counter_is_zero(counter)) {
			stats->hidden_rows++;
			continue;
		}
		row = add_row(stats, TABLE_PLAIN, reason_name(reason), counter);
		row->cells[NEW_CONNECTIONS][0] = '\0'; /* not counted by reason */
	}
	if (!counter_is_zero(&device->retired))
		add_row(stats, TABLE_PLAIN, "(ended ranges)", &device->retired);
}

/* "policy /etc/policy.yaml, default drop", and whether it is unconfirmed or only monitors. */
static void print_policy(const struct snapshot_device *device)
{
	const struct portsieve_image *image = device->image;

	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		printf("no policy: counts, drops nothing");
	else
		printf("policy %s, default %s", policy_source_text(image), default_words(image));
	if (snapshot_seconds_left(device))
		printf(", unconfirmed");
	if (device->is_since_reset) {
		char since[32];

		format_time(device->reset_real_ns, "%Y-%m-%d %H:%M:%S UTC", since, sizeof(since));
		printf("; counted since %s", since);
	}
	if (image->flags & PORTSIEVE_IMAGE_MONITOR)
		printf("; MONITOR: nothing is dropped, it counts under WOULD DROP");
	printf("\n\n");
}

static void print_bold(const char *text)
{
	bool colour = table_has_colour(stdout);

	printf("%s%s%s", colour ? "\033[1m" : "", text, colour ? "\033[0m" : "");
}

static void print_left_out(const struct stats_table *stats, bool nothing_counted)
{
	size_t hidden = stats->hidden_rows, folded = stats->folded_rows;
	const char *rows = hidden == 1 ? "row" : "rows", *are = hidden == 1 ? "is" : "are",
		   *folds = folded == 1 ? "row" : "rows";

	if (nothing_counted && hidden)
		printf("\n  nothing has been counted yet; --all shows the %zu %s\n", hidden, rows);
	else if (hidden && folded)
		printf("\n  %zu %s without packets %s hidden, and %zu ranges folded into %zu %s; "
		       "--all shows them\n",
		       hidden, rows, are, stats->folded_ranges, folded, folds);
	else if (hidden)
		printf("\n  %zu %s without packets %s hidden; --all shows them\n", hidden, rows,
		       are);
	else if (folded)
		printf("\n  %zu ranges are folded into %zu %s; --all shows them\n",
		       stats->folded_ranges, folded, folds);
}

static int print_rows(const struct snapshot_device *device, bool all_rows)
{
	static const char *const names[COLUMNS] = {
		[RULE] = "RULE",
		[PROTOCOL] = "PROTOCOL",
		[PORTS] = "PORTS",
		[ACTION] = "ACTION",
		[PASSED] = "PASSED",
		[PASSED_BYTES] = "BYTES",
		[DROPPED] = "DROPPED",
		[DROPPED_BYTES] = "BYTES",
		[WOULD_DROP] = "WOULD DROP",
		[WOULD_DROP_BYTES] = "BYTES",
		[NEW_CONNECTIONS] = "NEW",
	};
	struct stats_table stats = {
		.table = { .columns = COLUMNS,
			   .right = ~(1u << RULE | 1u << PROTOCOL | 1u << ACTION) },
		.device = device,
		.all_rows = all_rows,
	};
	struct table_row *heading = table_add(&stats.table, TABLE_HEADING);
	struct rules_walk walk = rules_walk_begin(device->image);
	struct portsieve_counter sum = snapshot_sum(device);
	struct rule_ranges ranges;
	int r;

	for (int column = 0; column < COLUMNS; column++)
		strcpy(heading->cells[column], names[column]);
	if (!image_monitors(device->image) && !sum.verdict[PORTSIEVE_WOULD_DROP].packets)
		stats.table.hidden = 1 << WOULD_DROP | 1 << WOULD_DROP_BYTES;
	while (rules_walk_next(&walk, &ranges))
		add_ranges(&stats, ranges.first, ranges.end);
	add_ranges(&stats, 0, PORTSIEVE_RANGE_DHCP);
	add_reasons(&stats);
	add_row(&stats, TABLE_HEADING, "all packets", &sum);
	print_policy(device);
	r = table_print(&stats.table, 2, stdout) ? -ENOMEM : 0;
	table_free(&stats.table);
	if (!r)
		print_left_out(&stats, counter_is_zero(&sum));
	return r;
}

int print_stats_text(const struct snapshot *snapshot, bool all_rows)
{
	for (size_t i = 0; i < snapshot->count; i++) {
		const struct snapshot_device *device = &snapshot->devices[i];

		if (i)
			printf("\n");
		print_bold(device_name(&device->device).text);
		printf("  %s, %s; ", datapath_mode_name(device->device.mode),
		       datapath_attach_name(device->device.attach));
		if (print_rows(device, all_rows))
			return -ENOMEM;
	}
	return 0;
}

int print_replay_text(const struct snapshot_device *device, const char *path,
		      const struct replay_totals *totals, bool all_rows)
{
	char packets[TABLE_CELL_MAX], name[PATH_MAX];

	table_number(packets, totals->packets);
	utf8_copy_printable(name, sizeof(name), path);
	print_bold(name);
	printf("  %s packet%s", totals->packets ? packets : "no", totals->packets == 1 ? "" : "s");
	if (totals->cut)
		printf(", %" PRIu64 " truncated by the capture", totals->cut);
	if (totals->clipped)
		printf(", %" PRIu64 " judged by their first %d bytes", totals->clipped,
		       TESTRUN_FRAME_MAX);
	printf("; ");
	if (print_rows(device, all_rows))
		return -ENOMEM;
	if (totals->cut)
		printf("\n  Truncated packets mostly count as malformed, as their headers announce "
		       "more bytes than\n"
		       "  the capture holds. For real verdicts capture whole packets (tcpdump -s "
		       "0).\n");
	if (totals->natively)
		printf("  judged natively: this user may not run BPF programs\n");
	return 0;
}
