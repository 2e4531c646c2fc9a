/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tables that shrink with their panes, scroll with the selection, and show what the filter lets. */
#include "watch/panes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text_table.h"
#include "datapath/counter_sum.h"
#include "policy/policy.h"
#include "watch/filter.h"
#include "watch/graphs.h"

/* The rate that is shown, of some of the verdicts (bits 1 << verdict). */
double pane_rate(const struct screen_view *view, const struct portsieve_counter *delta,
		 uint64_t interval_ns, unsigned int verdicts)
{
	uint64_t sum = 0;

	for (int v = 0; v < PORTSIEVE_VERDICTS; v++)
		if (verdicts >> v & 1)
			sum += view->settings.bits ? delta->verdict[v].bytes * 8
						   : delta->verdict[v].packets;
	return rate_per_second(sum, interval_ns);
}

struct rate_text pane_rate_text(const struct screen_view *view, double rate)
{
	return view->settings.bits ? format_units(rate) : format_rate(rate);
}

/* Headings tell which pane has the keys. */
static struct look heading(const struct screen_view *view, enum screen_pane pane)
{
	return view->pane == pane ? look_bold
				  : (struct look){ .colour = COLOUR_FAINT, .bold = true };
}

static bool has_keys(const struct screen_view *view, enum screen_pane pane, size_t row)
{
	return view->pane == pane && row == view->selected[pane];
}

/* Where the mouse finds the rows of a pane. */
static void place(struct screen_view *view, enum screen_pane pane, int row, int rows, int column,
		  int width)
{
	view->pane_row[pane] = row;
	view->pane_rows[pane] = rows;
	view->pane_column[pane] = column;
	view->pane_width[pane] = width;
}

/* ---- rules ---- */

enum column {
	NAME,
	PORTS,
	ACTION,
	PASSED_RATE,
	DROPPED_RATE,
	NEW_RATE,
	SHARE,
	TOTAL,
	CHANGE,
	SPARKLINE,
	COLUMNS,
};

/* How wide a column is at least, and in which order they are left out where it is narrow. */
static const struct {
	int width;
	const char *heading;
} columns[COLUMNS] = {
	[NAME] = { 13, "RULE" },
	[PORTS] = { 19, "PORTS" },
	[ACTION] = { 14, "ACTION" },
	[PASSED_RATE] = { 8, "PASSED/S" },
	[DROPPED_RATE] = { 9, "DROPPED/S" },
	[NEW_RATE] = { 6, "NEW/S" },
	[SHARE] = { 5, "SHARE" },
	[TOTAL] = { 13, "PACKETS" },
	[CHANGE] = { 13, "SINCE START" },
	[SPARKLINE] = { 10, "HISTORY" },
};

static const enum column most_wanted[] = { NAME,  PASSED_RATE, DROPPED_RATE, PORTS,  SPARKLINE,
					   SHARE, NEW_RATE,    TOTAL,	     ACTION, CHANGE };

struct table_layout {
	int at[COLUMNS]; /* -1: left out */
	int width[COLUMNS];
};

static struct table_layout layout_table(int column, int width)
{
	struct table_layout layout;
	bool has[COLUMNS] = { false };
	int used = 1;

	for (size_t i = 0; i < ARRAY_SIZE(most_wanted); i++) {
		enum column wanted = most_wanted[i];

		if (i >= 3 && used + columns[wanted].width + 2 > width)
			continue;
		has[wanted] = true;
		used += columns[wanted].width + 2;
	}
	for (int c = 0; c < COLUMNS; c++)
		layout.width[c] = columns[c].width;
	/* What is left goes to ports, history and names. */
	if (used < width && has[PORTS]) {
		int more = width - used > 8 ? 8 : width - used;

		layout.width[PORTS] += more;
		used += more;
	}
	if (used < width && has[SPARKLINE]) {
		int more = width - used > 50 ? 50 : width - used;

		layout.width[SPARKLINE] += more;
		used += more;
	}
	if (used < width)
		layout.width[NAME] += width - used > 20 ? 20 : width - used;
	column++;
	for (int c = 0; c < COLUMNS; c++) {
		layout.at[c] = has[c] ? column : -1;
		if (has[c])
			column += layout.width[c] + 2;
	}
	return layout;
}

static void put_column(struct screen *screen, const struct table_layout *layout, int row,
		       enum column column, struct look look, const char *text)
{
	if (layout->at[column] < 0)
		return;
	if (column <= ACTION || column == SPARKLINE)
		cells_put_text(screen, row, layout->at[column], layout->width[column], look, text);
	else
		cells_put_right(screen, row, layout->at[column], layout->width[column], look, text);
}

static void put_row(struct screen *screen, const struct screen_view *view,
		    const struct watch_group *group, const struct watch_row *row,
		    const struct table_layout *layout, int at, bool is_selected)
{
	double passed = pane_rate(view, &row->delta, group->interval_ns, PANE_PASSED);
	double dropped = pane_rate(view, &row->delta, group->interval_ns, PANE_DROPPED);
	double all =
		pane_rate(view, &group->all.delta, group->interval_ns, PANE_PASSED | PANE_DROPPED);
	char text[TABLE_CELL_MAX];
	bool would = row->delta.verdict[PORTSIEVE_WOULD_DROP].packets;
	struct look name = { .colour = passed + dropped > 0 ? COLOUR_PLAIN : COLOUR_FAINT,
			     .bold = row->kind == WATCH_ALL,
			     .reverse = is_selected };
	struct look of_dropped = { .colour = !dropped ? COLOUR_FAINT
					     : would  ? COLOUR_WOULD_DROP
						      : COLOUR_DROPPED };

	/* Without the column of ports nothing else tells rows of the default apart. */
	put_column(screen, layout, at, NAME, name,
		   layout->at[PORTS] < 0 && row->kind == WATCH_UNNAMED ? row->ports : row->name);
	put_column(screen, layout, at, PORTS, look_faint, row->ports);
	put_column(screen, layout, at, ACTION, look_faint, row->action);
	table_number(text, watch_packets(&row->total));
	put_column(screen, layout, at, TOTAL, look_faint, text);
	table_number(text, watch_packets(&row->change));
	put_column(screen, layout, at, CHANGE, look_faint, text);
	if (layout->at[SPARKLINE] >= 0)
		graph_sparkline(screen, view, group, row, at, layout->at[SPARKLINE],
				layout->width[SPARKLINE]);
	if (!group->interval_ns)
		return; /* no rate is known */
	put_column(screen, layout, at, PASSED_RATE,
		   (struct look){ .colour = passed > 0 ? COLOUR_PASSED : COLOUR_FAINT },
		   pane_rate_text(view, passed).text);
	put_column(screen, layout, at, DROPPED_RATE, of_dropped,
		   pane_rate_text(view, dropped).text);
	if (row->kind != WATCH_REASON)
		put_column(
			screen, layout, at, NEW_RATE, look_plain,
			format_rate(rate_per_second(row->delta.new_connections, group->interval_ns))
				.text);
	if (all > 0 && passed + dropped > 0) {
		int percent = (int)((passed + dropped) / all * 100 + 0.5);

		snprintf(text, sizeof(text), percent ? "%d %%" : "<1 %%", percent);
		put_column(screen, layout, at, SHARE, look_plain, text);
	}
}

/* Keeps the selected row of a pane in it, and what is scrolled so that it is seen. */
static void scroll(struct screen_view *view, enum screen_pane pane, size_t count, int rows)
{
	size_t *selected = &view->selected[pane], *scrolled = &view->scrolled[pane];
	size_t room = rows > 0 ? (size_t)rows : 1;

	if (*selected >= count)
		*selected = count ? count - 1 : 0;
	if (*scrolled > *selected)
		*scrolled = *selected;
	if (*selected >= *scrolled + room)
		*scrolled = *selected - room + 1;
	if (*scrolled + room > count)
		*scrolled = count > room ? count - room : 0;
}

struct rule_subject {
	const struct portsieve_image *image;
	const struct watch_row *row;
};

static bool rule_matches(enum filter_key key, const char *value, const void *of)
{
	const struct rule_subject *subject = of;
	const struct watch_row *row = subject->row;
	bool has_ports = row->kind == WATCH_RULE || row->kind == WATCH_UNNAMED;
	unsigned long port = strtoul(value, NULL, 10);

	switch (key) {
	case FILTER_PORT:
		for (uint32_t id = row->first; has_ports && id < row->end; id++) {
			const struct portsieve_range *range = &subject->image->range[id];

			if (port >= range->low && port <= range->high)
				return true;
		}
		return false;
	case FILTER_RULE:
		return has_ports && strcasestr(row->name, value);
	case FILTER_REASON:
		return row->kind == WATCH_REASON && strcasestr(row->name, value);
	case FILTER_SOURCE:
		return true;
	default:
		return strcasestr(row->name, value) || strcasestr(row->ports, value);
	}
}

static bool is_shown(const struct screen_view *view, const struct watch_group *group,
		     const struct watch_row *row)
{
	struct rule_subject subject = { group->devices[0]->device->image, row };

	return (view->settings.all_rows || !counter_is_zero(&row->total)) &&
	       filter_matches(view->filter, rule_matches, &subject);
}

/* The table in `rows` rows from `at` on, with its heading and the sum. */
void pane_rules(struct screen *screen, struct screen_view *view, const struct watch_group *group,
		int at, int rows, int width)
{
	struct table_layout layout = layout_table(0, width);
	size_t count = 0, n = 0;
	int room = rows - 2;

	for (int c = 0; c < COLUMNS; c++)
		put_column(screen, &layout, at, c, heading(view, PANE_RULES), columns[c].heading);
	if (layout.at[PASSED_RATE] >= 0 && view->settings.bits)
		put_column(screen, &layout, at, PASSED_RATE, heading(view, PANE_RULES), "PASS b/S");
	if (layout.at[DROPPED_RATE] >= 0 && view->settings.bits)
		put_column(screen, &layout, at, DROPPED_RATE, heading(view, PANE_RULES),
			   " DROP b/S");
	for (size_t i = 0; i < group->rows_count; i++)
		count += is_shown(view, group, &group->rows[i]);
	scroll(view, PANE_RULES, count, room);
	put_row(screen, view, group, &group->all, &layout, at + 1, false);
	place(view, PANE_RULES, at + 2, room, 0, width);
	for (size_t i = 0; i < group->rows_count; i++) {
		const struct watch_row *row = &group->rows[i];
		bool is_selected;

		if (!is_shown(view, group, row))
			continue;
		is_selected = n == view->selected[PANE_RULES];
		if (is_selected)
			view->row = row;
		if (n >= view->scrolled[PANE_RULES] &&
		    n < view->scrolled[PANE_RULES] + (size_t)(room > 0 ? room : 0))
			put_row(screen, view, group, row, &layout,
				at + 2 + (int)(n - view->scrolled[PANE_RULES]),
				is_selected && view->pane == PANE_RULES);
		n++;
	}
	if (!count)
		cells_put_text(screen, at + 2, 1, width - 1, look_faint,
			       view->filter[0] ? "no row matches the filter"
					       : "nothing has been counted yet; a shows all rows");
}

/* ---- ports ---- */

enum { NOISE_MIN = 8 }; /* ports, from which on they are folded */

static bool port_matches(enum filter_key key, const char *value, const void *of)
{
	const struct screen_port *port = of;
	char text[64];

	if (key == FILTER_PORT)
		return filter_is_port(value, port->key.port);
	if (key != FILTER_ANYTHING)
		return true;
	snprintf(text, sizeof(text), "%s/%u %s", transport_name(port->key.transport),
		 port->key.port, port->service ? port->service : "");
	return strcasestr(text, value);
}

/* A few packets: a host on the internet has them on thousands of ports. */
static bool is_noise(const struct screen_port *port)
{
	return port->total < 10 && !port->is_new;
}

/* Is what matters little folded into one line? A filter or `a` asks for it. */
static bool folds(const struct screen_view *view)
{
	return !view->settings.all_rows && !view->filter[0];
}

/* Noise is folded where there is much of it. */
static size_t count_noise(const struct screen_view *view)
{
	size_t noise = 0;

	for (size_t i = 0; i < view->ports_count; i++)
		noise += is_noise(&view->ports[i]);
	return folds(view) && noise >= NOISE_MIN ? noise : 0;
}

void pane_ports(struct screen *screen, struct screen_view *view, int at, int rows, int column,
		int width)
{
	int service = width - 40;
	size_t count = 0, noise = count_noise(view), n = 0;
	int room = rows - 1;

	cells_put_text(screen, at, column + 1, 11, heading(view, PANE_PORTS), "PORT");
	if (service > 0)
		cells_put_text(screen, at, column + 13, service, heading(view, PANE_PORTS),
			       "SERVICE");
	cells_put_right(screen, at, column + width - 27, 9, heading(view, PANE_PORTS), "DROPPED/S");
	cells_put_right(screen, at, column + width - 16, 15, heading(view, PANE_PORTS), "DROPPED");
	for (size_t i = 0; i < view->ports_count; i++)
		count += !(noise && is_noise(&view->ports[i])) &&
			 filter_matches(view->filter, port_matches, &view->ports[i]);
	if (noise) {
		char text[64];

		snprintf(text, sizeof(text), "%zu%s ports with a few packets; a shows them", noise,
			 view->ports_more ? "+" : "");
		cells_put_text(screen, at + (count < (size_t)room ? (int)count + 1 : room),
			       column + 1, width - 1, look_faint, text);
		room--;
	}
	scroll(view, PANE_PORTS, count, room);
	place(view, PANE_PORTS, at + 1, room, column, width);
	for (size_t i = 0; i < view->ports_count; i++) {
		const struct screen_port *port = &view->ports[i];
		bool is_selected = n == view->selected[PANE_PORTS];
		int row = at + 1 + (int)n - (int)view->scrolled[PANE_PORTS];
		char text[TABLE_CELL_MAX];

		if ((noise && is_noise(port)) || !filter_matches(view->filter, port_matches, port))
			continue;
		n++;
		if (is_selected)
			view->port = port;
		if (row <= at || row > at + room)
			continue;
		snprintf(text, sizeof(text), "%s/%u", transport_name(port->key.transport),
			 port->key.port);
		cells_put_text(screen, row, column + 1, 11,
			       (struct look){ .colour = port->is_new ? COLOUR_HOT : COLOUR_PLAIN,
					      .bold = port->is_new,
					      .reverse = is_selected && view->pane == PANE_PORTS },
			       text);
		if (service > 0)
			cells_put_text(screen, row, column + 13, service, look_faint,
				       port->service ? port->service : "");
		cells_put_right(screen, row, column + width - 27, 9,
				(struct look){ .colour = port->dropped > 0 ? COLOUR_DROPPED
									   : COLOUR_FAINT },
				format_rate(port->dropped).text);
		table_number(text, port->total);
		cells_put_right(screen, row, column + width - 16, 15, look_faint, text);
	}
	if (!count && !noise)
		cells_put_text(screen, at + 1, column + 1, width - 1, look_faint,
			       !view->filter[0]	  ? "no packet has been dropped on a port"
			       : view->ports_more ? "none of the busiest ports matches the filter"
						  : "no port matches the filter");
}

/* ---- sources ---- */

static bool source_matches(enum filter_key key, const char *value, const void *of)
{
	const struct screen_source *source = of;

	if (key == FILTER_PORT)
		return !source->port || filter_is_port(value, source->port);
	if (key == FILTER_SOURCE || key == FILTER_ANYTHING)
		return strcasestr(source->address, value);
	return true;
}

/* The ports it has sent to: "tcp/23", "9+ ports". */
static void print_ports(const struct screen_source *source, char text[24])
{
	if (source->ports > 1)
		snprintf(text, 24, "%u+ ports", source->ports);
	else if (source->port)
		snprintf(text, 24, "%s/%u", transport_name(source->transport), source->port);
	else
		text[0] = '\0';
}

/* An address that is too long loses its middle: both of its ends tell. */
static void print_address(const char *address, int width, char text[48])
{
	int length = (int)strlen(address), head = (width - 1) / 2, tail = width - 1 - head;

	if (length <= width || width < 3)
		strcpy(text, address);
	else
		snprintf(text, 48, "%.*s~%s", head, address, address + length - tail);
}

void pane_sources(struct screen *screen, struct screen_view *view, int at, int rows, int column,
		  int width)
{
	size_t count = 0, noise = 0, n = 0;
	struct look head = heading(view, PANE_SOURCES);
	bool has_ports = width >= 60;
	int address = width - (has_ports ? 37 : 25), room = rows - 1;
	char text[TABLE_CELL_MAX];

	cells_put_text(screen, at, column + 1, address, head, "SOURCE");
	if (has_ports)
		cells_put_text(screen, at, column + width - 35, 11, head, "PORTS");
	cells_put_right(screen, at, column + width - 23, 9, head, "ABOUT/S");
	cells_put_right(screen, at, column + width - 13, 12, head, "ABOUT");
	for (size_t i = 0; i < view->sources_count; i++) {
		bool folded = view->sources[i].noise && folds(view);

		noise += folded;
		count += !folded && filter_matches(view->filter, source_matches, &view->sources[i]);
	}
	if (noise) {
		snprintf(text, sizeof(text), "%zu sources with a few packets; a shows them", noise);
		cells_put_text(screen, at + (count < (size_t)room ? (int)count + 1 : room),
			       column + 1, width - 1, look_faint, text);
		room--;
	}
	scroll(view, PANE_SOURCES, count, room);
	place(view, PANE_SOURCES, at + 1, room, column, width);
	for (size_t i = 0; i < view->sources_count; i++) {
		const struct screen_source *source = &view->sources[i];
		int row = at + 1 + (int)n - (int)view->scrolled[PANE_SOURCES];

		if ((source->noise && noise) ||
		    !filter_matches(view->filter, source_matches, source))
			continue;
		if (n == view->selected[PANE_SOURCES])
			view->source = source;
		n++;
		if (row <= at || row > at + room)
			continue;
		print_address(source->address, address, text);
		cells_put_text(screen, row, column + 1, address,
			       (struct look){ .reverse = has_keys(view, PANE_SOURCES, n - 1) },
			       text);
		print_ports(source, text);
		if (has_ports)
			cells_put_text(screen, row, column + width - 35, 11, look_faint, text);
		cells_put_right(screen, row, column + width - 23, 9,
				(struct look){ .colour = source->dropped > 0 ? COLOUR_DROPPED
									     : COLOUR_FAINT },
				format_rate(source->dropped).text);
		table_number(text, source->total);
		cells_put_right(screen, row, column + width - 13, 12, look_faint, text);
	}
	if (!count && !noise)
		cells_put_text(screen, at + 1, column + 1, width - 1, look_faint,
			       view->filter[0] ? "no source matches the filter"
					       : "no dropped packet has been recorded");
}

/* ---- events ---- */

static bool event_matches(enum filter_key key, const char *value, const void *of)
{
	const struct screen_event *event = of;

	switch (key) {
	case FILTER_PORT:
		return event->has_port && filter_is_port(value, event->port);
	case FILTER_RULE:
		return strcasestr(event->rule, value);
	case FILTER_REASON:
		return strcasestr(event->reason, value);
	case FILTER_SOURCE:
		return strcasestr(event->source, value);
	default:
		return strcasestr(event->rule, value) || strcasestr(event->reason, value) ||
		       strcasestr(event->source, value) || strcasestr(event->target, value);
	}
}

static enum screen_colour verdict_colour(enum portsieve_verdict verdict)
{
	return verdict == PORTSIEVE_PASSED    ? COLOUR_PASSED
	       : verdict == PORTSIEVE_DROPPED ? COLOUR_DROPPED
					      : COLOUR_WOULD_DROP;
}

/* The latest first. */
void pane_events(struct screen *screen, struct screen_view *view, int at, int rows, int column,
		 int width)
{
	struct look head = heading(view, PANE_EVENTS);
	bool has_length = width >= 60;
	int why = width < 60 ? 11 : width < 110 ? 14 : 24, addresses = width - 12 - why;
	int room = rows - 1;
	size_t count = 0, n = 0;

	if (has_length)
		addresses -= 9;
	cells_put_text(screen, at, column + 1, 8, head, "TIME");
	cells_put_text(screen, at, column + 11, why, head, "WHY");
	cells_put_text(screen, at, column + 12 + why, addresses, head, "SAMPLED PACKET");
	if (has_length)
		cells_put_right(screen, at, column + width - 8, 7, head, "BYTES");
	for (size_t i = 0; i < view->events_count; i++)
		count += filter_matches(view->filter, event_matches, &view->events[i]);
	scroll(view, PANE_EVENTS, count, room);
	place(view, PANE_EVENTS, at + 1, room, column, width);
	for (size_t i = 0; i < view->events_count; i++) {
		const struct screen_event *event = &view->events[i];
		int row = at + 1 + (int)n - (int)view->scrolled[PANE_EVENTS];
		char text[160];

		if (!filter_matches(view->filter, event_matches, event))
			continue;
		if (n == view->selected[PANE_EVENTS])
			view->event = event;
		n++;
		if (row <= at || row > at + room)
			continue;
		cells_put_text(screen, row, column + 1, 9,
			       (struct look){ .colour = COLOUR_FAINT,
					      .reverse = has_keys(view, PANE_EVENTS, n - 1) },
			       event->time);
		cells_put_text(screen, row, column + 11, why,
			       (struct look){ .colour = verdict_colour(event->verdict) },
			       event->rule[0] ? event->rule : event->reason);
		snprintf(text, sizeof(text), "%s %s > %s", event->protocol, event->source,
			 event->target);
		cells_put_text(screen, row, column + 12 + why, addresses, look_plain, text);
		if (has_length) {
			table_number(text, event->length);
			cells_put_right(screen, row, column + width - 8, 7, look_faint, text);
		}
	}
	if (!count)
		cells_put_text(screen, at + 1, column + 1, width - 1, look_faint,
			       view->filter[0] ? "no recorded packet matches the filter"
					       : "no dropped packet has been recorded");
}
