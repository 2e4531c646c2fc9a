/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve top: readings on a full screen, with keys. It changes nothing but its own settings. */
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "commands/command.h"
#include "control/listeners.h"
#include "control/loaded_devices.h"
#include "control/port_watch.h"
#include "control/screen_events.h"
#include "policy/registry.h"
#include "print/format.h"
#include "print/listener.h"
#include "watch/screen.h"
#include "watch/terminal.h"

enum {
	PORTS_SHOWN = 512,
	MEMORY_KEPT = 32 << 20, /* bytes */
};

struct top {
	const struct settings *settings;
	struct watch watch;
	struct port_watch port_watch;
	struct screen_events events;
	struct history history;
	struct screen_port ports[PORTS_SHOWN];
	struct screen_view view;
	bool is_listed; /* the ports, sources and packets of the group that is shown */
	struct terminal terminal;
	struct timespec read_at; /* CLOCK_MONOTONIC */
	char time[32];
	size_t unreadable;
};

static void top_free(struct top *top)
{
	watch_free(&top->watch);
	port_watch_free(&top->port_watch);
	screen_events_free(&top->events);
	history_free(&top->history);
}

/* $XDG_STATE_HOME/portsieve/top, or the default of that; "" without a home. */
static void settings_path(char path[512], bool make_folder)
{
	const char *state = getenv("XDG_STATE_HOME"), *home = getenv("HOME");

	path[0] = '\0';
	if (state && state[0] == '/')
		snprintf(path, 480, "%s/portsieve", state);
	else if (home && home[0] == '/')
		snprintf(path, 480, "%s/.local/state/portsieve", home);
	for (char *at = path; make_folder && path[0] && at;) {
		at = strchr(at + 1, '/');
		if (at)
			*at = '\0';
		mkdir(path, 0700);
		if (at)
			*at = '/';
	}
	if (path[0])
		strcat(path, "/top");
}

/* What cannot be read, or is out of range, is left as it is. */
static void settings_read(struct screen_settings *settings)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[512], line[128], word[32];
	double number;

	settings_path(path, false);
	file = path[0] ? fopen(path, "re") : NULL;
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "sort=%31s", word) == 1) {
			for (int i = 0; i < WATCH_SORTS; i++)
				if (!strcmp(word, watch_sort_names[i]))
					settings->sort = i;
		} else if (sscanf(line, "units=%31s", word) == 1) {
			settings->bits = !strcmp(word, "bits");
		} else if (sscanf(line, "all_rows=%31s", word) == 1) {
			settings->all_rows = !strcmp(word, "yes");
		} else if (sscanf(line, "interval=%lf", &number) == 1 && number >= 0.1 &&
			   number <= 3600) {
			settings->interval_s = number;
		}
	}
}

static bool settings_same(const struct screen_settings *one, const struct screen_settings *other)
{
	return one->sort == other->sort && one->bits == other->bits &&
	       one->all_rows == other->all_rows && one->interval_s == other->interval_s;
}

static void settings_write(const struct screen_settings *settings)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[512];
	int fd;

	settings_path(path, true);
	fd = path[0] ? open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600) : -1;
	file = fd < 0 ? NULL : fdopen(fd, "w");
	if (file)
		fprintf(file, "sort=%s\nunits=%s\nall_rows=%s\ninterval=%g\n",
			watch_sort_names[settings->sort], settings->bits ? "bits" : "packets",
			settings->all_rows ? "yes" : "no", settings->interval_s);
}

/* Is this port to be listed before the other? */
static bool is_before(const struct screen_port *port, const struct screen_port *other)
{
	if (port->dropped != other->dropped)
		return port->dropped > other->dropped;
	if (port->total != other->total)
		return port->total > other->total;
	return port->key.port < other->key.port;
}

static uint32_t group_ifindex(const struct watch_group *group)
{
	return group->devices[0]->device->device.ifindex;
}

/* The group that is shown; NULL: nothing is loaded. */
static const struct watch_group *shown_group(const struct top *top)
{
	const struct watch_groups *groups = &top->watch.groups;

	return top->view.group < groups->count ? &groups->groups[top->view.group] : NULL;
}

/* Puts the port in its place among those that are listed, if it is one of the first. */
static void insert_port(struct top *top, const struct screen_port *port)
{
	size_t *count = &top->view.ports_count, at = *count;

	if (*count == PORTS_SHOWN) {
		top->view.ports_more = true;
		if (!is_before(port, &top->ports[*count - 1]))
			return;
		at--; /* the last one gives way */
	} else {
		++*count;
	}
	for (; at && is_before(port, &top->ports[at - 1]); at--)
		top->ports[at] = top->ports[at - 1];
	top->ports[at] = *port;
}

/*
 * The ports of the group that is shown on which packets were dropped: those with the highest rate
 * first, then those with the most packets.
 */
static void list_ports(struct top *top)
{
	const struct watch_group *group = shown_group(top);
	const struct port_watch_group *counts =
		group ? port_watch_of(&top->port_watch, group_ifindex(group)) : NULL;
	const struct port_counts *now = counts ? counts->now : NULL,
				 *before = counts ? counts->before : NULL;

	top->view.ports = now ? top->ports : NULL;
	top->view.ports_count = 0;
	top->view.ports_more = false;
	for (int t = 0; now && t < PORTSIEVE_PORT_TRANSPORTS; t++)
		for (unsigned int port = 0; port < PORTSIEVE_PORTS; port++) {
			uint64_t total = port_dropped(now, t, port);
			struct screen_port listed = {
				.key = { (uint16_t)port, (uint16_t)t },
				.total = total,
			};

			if (!total)
				continue;
			if (before)
				listed.dropped =
					rate_per_second(total - port_dropped(before, t, port),
							now->read_ns - before->read_ns);
			insert_port(top, &listed);
		}
	for (size_t i = 0; i < top->view.ports_count; i++) {
		struct screen_port *port = &top->ports[i];
		const struct registry_service *service;

		port->is_new = now->read_ns / 1000000000 - now->since_s > PORT_NEW_SECONDS &&
			       port_is_new(now, port->key.transport, port->key.port);
		if (registry_by_port(port->key.port, 1u << port->key.transport, &service, 1))
			port->service = service->name;
	}
}

static int read_again(struct top *top, bool is_first, struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	const struct watch_group *shown = shown_group(top);
	uint32_t ifindex = shown ? group_ifindex(shown) : 0;
	time_t now = time(NULL);
	struct tm local = { 0 };
	int r = loaded_snapshot_read(top->settings->devices[0], &top->watch.snapshot, &snapshot,
				     error);

	if (r && (is_first || error->exit != EXIT_NOT_LOADED))
		return r;
	if (r)
		*error = (struct error){ .exit = EXIT_FAILED };
	localtime_r(&now, &local);
	strftime(top->time, sizeof(top->time), "%T", &local);
	port_watch_read(&top->port_watch, &snapshot);
	if (screen_events_take(&top->events, &top->port_watch.events))
		return error_no_memory(error);
	r = watch_take(&top->watch, &snapshot, false, &top->port_watch.more, now + local.tm_gmtoff,
		       error);
	if (r)
		return r;
	history_begin(&top->history);
	for (size_t i = 0; i < top->watch.groups.count; i++) {
		const struct watch_group *group = &top->watch.groups.groups[i];
		const struct port_watch_group *ports =
			port_watch_of(&top->port_watch, group_ifindex(group));
		const struct sentence_group *known =
			ports ? &top->port_watch.known[ports - top->port_watch.groups] : NULL;

		/* Devices come and go, and the group that is shown stays. */
		if (group_ifindex(group) == ifindex)
			top->view.group = i;
		if (history_add_group(&top->history, group) ||
		    (ports && ports->before &&
		     history_add_ports(&top->history, known,
				       ports->now->read_ns - ports->before->read_ns)))
			return error_no_memory(error);
	}
	if (top->view.group >= top->watch.groups.count)
		top->view.group = 0;
	top->is_listed = false;
	clock_gettime(CLOCK_MONOTONIC, &top->read_at);
	return 0;
}

/* Seconds since the latest reading. */
static double age(const struct top *top)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)(now.tv_sec - top->read_at.tv_sec) +
	       (double)(now.tv_nsec - top->read_at.tv_nsec) / 1e9;
}

static int draw(struct top *top, struct error *error)
{
	_cleanup_screen_ struct screen screen = { 0 };

	if (screen_make(&screen, top->terminal.rows, top->terminal.columns))
		return error_no_memory(error);
	if (!top->is_listed) {
		list_ports(top);
		if (screen_events_show(&top->events, &top->port_watch.events, shown_group(top),
				       &top->view))
			return error_no_memory(error);
		top->is_listed = true;
	}
	for (size_t i = 0; i < top->watch.groups.count; i++)
		watch_group_sort(&top->watch.groups.groups[i], top->view.settings.sort);
	top->view.time = top->time;
	top->view.age_s = (unsigned int)age(top) * (age(top) >= 2);
	screen_draw(&top->view, &screen);
	terminal_draw(&screen);
	return 0;
}

/* Is it time for the next reading? */
static bool is_due(const struct top *top)
{
	return !top->view.paused && age(top) >= top->view.settings.interval_s;
}

/* Milliseconds until the next reading, or until the age of this one is another number of seconds.
 */
static int time_left(const struct top *top)
{
	double passed = age(top), left = 1 - (passed - (double)(long)passed);

	if (!top->view.paused && top->view.settings.interval_s - passed < left)
		left = top->view.settings.interval_s - passed;
	return left <= 0 ? 0 : (int)(left * 1000) + 1;
}

/* ---- why ---- */

/* "sshd (712, ssh.service) listens on tcp/22": what listens on a port, as far as it can be known.
 */
static void say_listener(const struct port_key *key, char *line, size_t size)
{
	_cleanup_free_ struct listener *listeners = NULL;
	struct error error;
	size_t count;

	snprintf(line, size, "nothing listens on %s/%u here", transport_name(key->transport),
		 key->port);
	if (listeners_read(&listeners, &count, &error)) {
		snprintf(line, size, "what listens cannot be read: %.120s", error.text);
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct listener *listener = &listeners[i];

		if (listener->transport != key->transport || listener->port != key->port ||
		    listener->loopback)
			continue;
		if (listeners_name(&listener, 1, &error))
			continue;
		snprintf(line, size, "%.130s listens on %s/%u",
			 listener_owner_print(listener, 0).text, transport_name(key->transport),
			 key->port);
		return;
	}
}

static void why_row(struct top *top, const struct watch_group *group, const struct watch_row *row)
{
	const struct snapshot_device *device = group->devices[0]->device;
	const struct portsieve_image *image = device->image;
	char(*lines)[SCREEN_WHY_MAX] = top->view.why;
	const struct portsieve_rule *rule;
	struct port_key key;
	int n = 0;

	if (row->kind == WATCH_REASON || row->kind == WATCH_ENDED) {
		snprintf(lines[n++], SCREEN_WHY_MAX, "%s: %s", row->name,
			 row->kind == WATCH_ENDED ? "ranges that changes of the policy have ended"
						  : "packets without a destination port");
		if (row->kind == WATCH_REASON)
			snprintf(lines[n++], SCREEN_WHY_MAX, "see portsieve-policy(5), portless");
		return;
	}
	key = (struct port_key){ image->range[row->first].low, image->range[row->first].transport };
	if (row->kind == WATCH_UNNAMED) {
		snprintf(lines[n++], SCREEN_WHY_MAX, "no rule names %s; the default decides: %s",
			 row->ports, default_words(image));
	} else {
		rule = &image->rule[image->range[row->first].rule];
		snprintf(lines[n++], SCREEN_WHY_MAX, "rule %.63s: %s %s", rule->name, row->action,
			 row->ports);
		if (rule->runtime)
			snprintf(lines[n++], SCREEN_WHY_MAX,
				 "added at run time; to remove it: portsieve delete %s",
				 rule->name);
		else
			snprintf(lines[n++], SCREEN_WHY_MAX, "%s:%u", policy_source_text(image),
				 rule->line);
	}
	if (key.transport == PORTSIEVE_ANY)
		return;
	if (image->range[row->first].low == image->range[row->first].high)
		say_listener(&key, lines[n++], SCREEN_WHY_MAX);
	snprintf(lines[n++], SCREEN_WHY_MAX, "to change it at run time:");
	snprintf(lines[n++], SCREEN_WHY_MAX, "portsieve %s %s/%u --for 1h --dev %s",
		 image->range[row->first].drop ? "allow" : "drop", transport_name(key.transport),
		 key.port, device->device.name);
}

static void why_port(struct top *top, const struct watch_group *group,
		     const struct screen_port *port)
{
	const struct snapshot_device *device = group->devices[0]->device;
	char(*lines)[SCREEN_WHY_MAX] = top->view.why;
	const char *transport = transport_name(port->key.transport);
	int n = 0;

	snprintf(lines[n++], SCREEN_WHY_MAX, "%s/%u%s%s: %s packets dropped", transport,
		 port->key.port, port->service ? " " : "", port->service ? port->service : "",
		 format_rate((double)port->total).text);
	say_listener(&port->key, lines[n++], SCREEN_WHY_MAX);
	snprintf(lines[n++], SCREEN_WHY_MAX, "to see which rule decides:");
	snprintf(lines[n++], SCREEN_WHY_MAX,
		 "portsieve explain '%s 192.0.2.1:40000 > 198.51.100.1:%u' --dev %s", transport,
		 port->key.port, device->device.name);
	snprintf(lines[n++], SCREEN_WHY_MAX, "to let it in for an hour:");
	snprintf(lines[n++], SCREEN_WHY_MAX, "portsieve allow %s/%u --for 1h --dev %s", transport,
		 port->key.port, device->device.name);
}

static void why_source(struct top *top, const char *device, const struct screen_source *source)
{
	char(*lines)[SCREEN_WHY_MAX] = top->view.why;
	int n = 0;

	snprintf(lines[n++], SCREEN_WHY_MAX, "%s: about %s packets dropped", source->address,
		 format_rate((double)source->total).text);
	if (source->ports > 1)
		snprintf(lines[n++], SCREEN_WHY_MAX, "on at least %u ports", source->ports);
	snprintf(lines[n++], SCREEN_WHY_MAX, "to see its packets as they come:");
	snprintf(lines[n++], SCREEN_WHY_MAX, "portsieve events %s --from %s", device,
		 source->address);
	snprintf(lines[n++], SCREEN_WHY_MAX, "to drop all that it sends for an hour:");
	snprintf(lines[n++], SCREEN_WHY_MAX,
		 "portsieve drop tcp+udp/all --from %s --for 1h --dev %s", source->address, device);
}

static void why_event(struct top *top, const char *policy, const char *device,
		      const struct screen_event *event)
{
	char(*lines)[SCREEN_WHY_MAX] = top->view.why;
	static const char *const verdicts[PORTSIEVE_VERDICTS] = {
		[PORTSIEVE_PASSED] = "passed",
		[PORTSIEVE_DROPPED] = "dropped",
		[PORTSIEVE_WOULD_DROP] = "would be dropped",
	};
	int n = 0;

	snprintf(lines[n++], SCREEN_WHY_MAX, "%s %.60s > %.60s, %u bytes: %s", event->protocol,
		 event->source, event->target, event->length, verdicts[event->verdict]);
	if (event->rule[0])
		snprintf(lines[n++], SCREEN_WHY_MAX, "by rule %s", event->rule);
	if (event->line)
		snprintf(lines[n++], SCREEN_WHY_MAX, "%.140s:%u", policy, event->line);
	if (event->reason[0])
		snprintf(lines[n++], SCREEN_WHY_MAX, "reason: %s", event->reason);
	if (!event->has_port)
		return;
	say_listener(&(struct port_key){ event->port, event->transport }, lines[n++],
		     SCREEN_WHY_MAX);
	snprintf(lines[n++], SCREEN_WHY_MAX, "portsieve explain '%s %.50s > %.50s' --dev %s",
		 transport_name(event->transport), event->source, event->target, device);
	snprintf(lines[n++], SCREEN_WHY_MAX, "portsieve allow %s/%u --for 1h --dev %s",
		 transport_name(event->transport), event->port, device);
}

static void say_why(struct top *top)
{
	const struct watch_group *group;
	const struct snapshot_device *device;

	memset(top->view.why, 0, sizeof(top->view.why));
	group = shown_group(top);
	if (!group)
		return;
	device = group->devices[0]->device;
	if (top->view.pane == PANE_PORTS && top->view.port)
		why_port(top, group, top->view.port);
	else if (top->view.pane == PANE_SOURCES && top->view.source)
		why_source(top, device->device.name, top->view.source);
	else if (top->view.pane == PANE_EVENTS && top->view.event)
		why_event(top, policy_source_text(device->image), device->device.name,
			  top->view.event);
	else if (top->view.pane == PANE_RULES && top->view.row)
		why_row(top, group, top->view.row);
}

/* ---- keys ---- */

static void type(struct screen_view *view, int key)
{
	size_t length = strlen(view->filter);

	if (key == KEY_RETURN) {
		view->typing = false;
	} else if (key == KEY_ESCAPE) {
		view->typing = false;
		view->filter[0] = '\0';
	} else if (key == KEY_ERASE && length) {
		view->filter[length - 1] = '\0';
	} else if (key >= ' ' && key < 127 && length + 1 < sizeof(view->filter)) {
		view->filter[length] = (char)key;
		view->filter[length + 1] = '\0';
	}
}

static void move(struct screen_view *view, long by)
{
	size_t *selected = &view->selected[view->pane];

	*selected = by < 0 && *selected < (size_t)-by ? 0 : *selected + (size_t)by;
}

static void click(struct screen_view *view, const struct terminal_input *input)
{
	for (int pane = 0; pane < SCREEN_PANES; pane++) {
		int row = input->row - view->pane_row[pane];

		if (row < 0 || row >= view->pane_rows[pane] ||
		    input->column < view->pane_column[pane] ||
		    input->column >= view->pane_column[pane] + view->pane_width[pane])
			continue;
		view->pane = pane;
		view->selected[pane] = view->scrolled[pane] + (size_t)row;
	}
}

static void change_interval(struct screen_settings *settings, bool longer)
{
	static const double steps[] = { 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 600, 3600 };
	size_t i = 0;

	while (i + 1 < ARRAY_SIZE(steps) && steps[i] < settings->interval_s)
		i++;
	if (longer && i + 1 < ARRAY_SIZE(steps))
		i++;
	else if (!longer && i)
		i--;
	settings->interval_s = steps[i];
}

static void begin_baseline(struct rates *rates)
{
	for (size_t i = 0; i < rates->count; i++) {
		struct rates_device *device = &rates->devices[i];

		memset(device->change.ranges, 0,
		       device->device->image->ranges * sizeof(*device->change.ranges));
		memset(device->change.reasons, 0, sizeof(device->change.reasons));
		device->change.ended = (struct portsieve_counter){ 0 };
	}
}

/* false: quit */
static bool act(struct top *top, const struct terminal_input *input)
{
	struct screen_view *view = &top->view;
	int page = view->pane_rows[view->pane] > 1 ? view->pane_rows[view->pane] - 1 : 1;

	if (view->typing) {
		type(view, input->key);
		return true;
	}
	if ((view->why[0][0] || view->help) && input->key != KEY_NONE_IN_TIME &&
	    input->key != KEY_RESIZED) {
		view->why[0][0] = '\0';
		view->help = false;
		return true;
	}
	switch (input->key) {
	case 'q':
		return false;
	case '?':
		view->help = true;
		break;
	case '/':
		view->typing = true;
		break;
	case KEY_ESCAPE:
		view->filter[0] = '\0';
		break;
	case KEY_RETURN:
		say_why(top);
		break;
	case '\t':
	case KEY_IS_RIGHT:
	case 'l':
		view->pane = screen_pane_next(view, false);
		break;
	case KEY_BACK_TAB:
	case KEY_IS_LEFT:
	case 'h':
		view->pane = screen_pane_next(view, true);
		break;
	case KEY_IS_UP:
	case KEY_WHEEL_UP:
	case 'k':
		move(view, -1);
		break;
	case KEY_IS_DOWN:
	case KEY_WHEEL_DOWN:
	case 'j':
		move(view, 1);
		break;
	case KEY_PAGE_UP:
		move(view, -page);
		break;
	case KEY_PAGE_DOWN:
		move(view, page);
		break;
	case KEY_IS_HOME:
	case 'g':
		view->selected[view->pane] = 0;
		break;
	case KEY_IS_END:
	case 'G':
		view->selected[view->pane] = SIZE_MAX / 2;
		break;
	case KEY_CLICKED:
		click(view, input);
		break;
	case 's':
		view->settings.sort = (view->settings.sort + 1) % WATCH_SORTS;
		break;
	case 'u':
		view->settings.bits = !view->settings.bits;
		break;
	case 'a':
		view->settings.all_rows = !view->settings.all_rows;
		break;
	case 'd':
		view->group =
			top->watch.groups.count ? (view->group + 1) % top->watch.groups.count : 0;
		top->is_listed = false;
		break;
	case ' ':
	case 'p':
		view->paused = !view->paused;
		break;
	case '+':
	case '-':
		change_interval(&view->settings, input->key == '+');
		break;
	case 'z':
		begin_baseline(&top->watch.rates);
		break;
	}
	return true;
}

static int run(struct top *top, struct error *error)
{
	struct terminal_input input = { 0 };
	int r = read_again(top, true, error);

	if (r)
		return r;
	r = terminal_open(&top->terminal, error);
	if (r)
		return r;
	top->view.ascii = top->terminal.ascii;
	do {
		r = draw(top, error);
		if (r)
			break;
		input = terminal_read(&top->terminal, time_left(top));
		if (input.key == KEY_ENDED || !act(top, &input))
			break;
		if (is_due(top))
			r = read_again(top, false, error);
	} while (!r);
	terminal_close();
	return r;
}

static enum exit_code top(const struct settings *settings, struct error *error)
{
	struct top top __attribute__((cleanup(top_free))) = {
		.settings = settings,
		.view.settings = { .sort = WATCH_SORT_POLICY, .interval_s = 1 },
	};
	struct screen_settings before;

	/* Keep the memory of a reading for the next one: to get new pages takes longer than to
	 * count. */
	mallopt(M_MMAP_THRESHOLD, MEMORY_KEPT);
	mallopt(M_TRIM_THRESHOLD, MEMORY_KEPT);
	settings_read(&top.view.settings);
	before = top.view.settings;
	top.view.watch = &top.watch;
	top.view.history = &top.history;
	if (run(&top, error))
		return error->exit;
	if (!settings_same(&before, &top.view.settings))
		settings_write(&top.view.settings);
	return EXIT_DONE;
}

const struct command command_top = {
	.name = "top",
	.operands = "[DEV]",
	.devices_max = 1,
	.summary = "Watch rates, ports and what is going on, on a full screen",
	.details = "Press ? for the keys. It changes nothing.",
	.options = { &option_same_dev },
	.run = top,
};
