/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds what is unusual, by importance, and words it. */
#include "watch/sentence.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/device_names.h"
#include "policy/policy.h"
#include "print/format.h"
#include "print/reason.h"

/* "09:12" */
struct clock_text {
	char text[8];
};

static struct clock_text clock_of(int64_t local_time)
{
	struct clock_text text;
	unsigned int minute = (unsigned int)(local_time / 60 % 1440);

	snprintf(text.text, sizeof(text.text), "%02u:%02u", minute / 60 % 24, minute % 60);
	return text;
}

/* Dropped and would-drop. */
static double dropped_rate(const struct portsieve_counter *delta, uint64_t interval_ns)
{
	return rate_per_second(delta->verdict[PORTSIEVE_DROPPED].packets +
				       delta->verdict[PORTSIEVE_WOULD_DROP].packets,
			       interval_ns);
}

/* "2.1 M", "350": two digits suffice. */
static struct rate_text round_rate(double rate)
{
	static const char units[] = " kMGTPE";
	struct rate_text text;
	int unit = 0;

	while (rate >= 995 && unit < 6) {
		rate /= 1000;
		unit++;
	}
	if (rate >= 99.5)
		rate = (double)((unsigned int)(rate / 10 + 0.5) * 10 % 1000);
	snprintf(text.text, sizeof(text.text), unit ? "%.*f %c" : "%.*f", rate < 9.95 ? 1 : 0, rate,
		 units[unit]);
	return text;
}

/* "udp/11211", "tcp/8000-8099 (games)", "tcp/1024-49151 (no rule)", "malformed packets" */
static void place_of(const struct watch_row *row, char *text, size_t size)
{
	if (row->kind == WATCH_REASON)
		snprintf(text, size, "as %s", row->name);
	else if (row->kind == WATCH_UNNAMED)
		snprintf(text, size, "on %s (no rule)", row->ports);
	else if (strpbrk(row->ports, ",- "))
		snprintf(text, size, "on %s (%s)", row->ports, row->name);
	else
		snprintf(text, size, "on %s", row->ports);
}

/* What is going on in a group. */
struct finding {
	const struct watch_group *group;
	const struct sentence_group *more;
	struct sentence_usual *usual;
	double rate; /* dropped packets a second */
	enum sentence_kind kind;
	char text[200];
};

__attribute__((format(printf, 2, 3))) static void add(struct finding *finding, const char *format,
						      ...)
{
	size_t length = strlen(finding->text);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(finding->text + length, sizeof(finding->text) - length, format, arguments);
	va_end(arguments);
}

static void begin(struct finding *finding, enum sentence_kind kind)
{
	finding->kind = kind;
	finding->text[0] = '\0';
}

/* The port with the most dropped packets if it has at least 1/`parts` of them, else NULL. */
static const struct sentence_port *main_port(const struct sentence_group *more, unsigned int parts)
{
	const struct sentence_port *most = NULL;
	uint64_t sum = 0;

	for (size_t i = 0; i < more->ports_count; i++) {
		sum += more->ports[i].dropped;
		if (!most || more->ports[i].dropped > most->dropped)
			most = &more->ports[i];
	}
	return most && most->dropped * parts >= sum ? most : NULL;
}

/* The packets of a group that a sentence is about; NULL: any. */
struct subject {
	const struct watch_row *row;
	const struct sentence_port *port;
};

static bool is_about(struct subject subject, const struct sentence_source *source)
{
	const struct watch_row *row = subject.row;

	if (subject.port)
		return source->has_port && source->port == subject.port->port &&
		       source->transport == subject.port->transport;
	if (row && row->kind == WATCH_REASON)
		return source->range == PORTSIEVE_RANGES && source->counter == row->first;
	return !row || (source->range >= row->first && source->range < row->end);
}

static int compare_hashes(const void *one, const void *other)
{
	const uint64_t *a = one, *b = other;

	return *a < *b ? -1 : *a > *b;
}

/* The least number of sources that the packets came from; 0: unknown. */
static uint64_t sources_of(const struct sentence_group *more, struct subject subject)
{
	_cleanup_free_ uint64_t *hashes = calloc(more->sources_count + 1, sizeof(*hashes));
	uint64_t distinct = 0;
	size_t count = 0;

	for (size_t i = 0; hashes && i < more->sources_count; i++)
		if (is_about(subject, &more->sources[i]))
			hashes[count++] = more->sources[i].address;
	if (count)
		qsort(hashes, count, sizeof(*hashes), compare_hashes);
	for (size_t i = 0; i < count; i++)
		distinct += !i || hashes[i] != hashes[i - 1];
	return distinct;
}

static void add_sources(struct finding *finding, struct subject subject)
{
	uint64_t sources = sources_of(finding->more, subject);

	if (sources)
		add(finding, " from at least %" PRIu64 " source%s", sources,
		    sources == 1 ? "" : "s");
}

static void look_for_flood(struct finding *finding)
{
	const struct watch_group *group = finding->group;
	const struct sentence_port *port = main_port(finding->more, 4);
	double port_rate = port ? rate_per_second(port->dropped, group->interval_ns) : 0;
	const struct watch_row *most = NULL;
	double most_rate = 0;
	char place[96];
	bool would;

	if (finding->rate < SENTENCE_FLOOD_MIN ||
	    finding->rate < finding->usual->dropped * SENTENCE_FLOOD_TIMES)
		return;
	if (port_rate < SENTENCE_FLOOD_MIN)
		port = NULL;
	if (!port && finding->more->ports_count >= SENTENCE_SCAN_PORTS)
		return; /* a fast scan */
	for (size_t i = 0; i < group->rows_count; i++) {
		double rate = dropped_rate(&group->rows[i].delta, group->interval_ns);

		if (rate > most_rate) {
			most_rate = rate;
			most = &group->rows[i];
		}
	}
	if (!most)
		return;
	would = most->delta.verdict[PORTSIEVE_WOULD_DROP].packets >
		most->delta.verdict[PORTSIEVE_DROPPED].packets;
	if (port)
		snprintf(place, sizeof(place), "on %s/%u", transport_name(port->transport),
			 port->port);
	else
		place_of(most, place, sizeof(place));
	begin(finding, SENTENCE_FLOOD);
	add(finding, "%s packets/s %sdropped %s", round_rate(port ? port_rate : most_rate).text,
	    would ? "would be " : "", place);
	add_sources(finding, (struct subject){ most, port });
}

static void look_for_scan(struct finding *finding)
{
	size_t count = finding->more->ports_count, listened = 0;

	if (count < SENTENCE_SCAN_PORTS)
		return;
	for (size_t i = 0; i < count; i++)
		listened += finding->more->ports[i].listened;
	begin(finding, SENTENCE_SCAN);
	add(finding, "%zu ports probed at once", count);
	if (finding->rate >= SENTENCE_FLOOD_MIN)
		add(finding, ", %s packets/s", round_rate(finding->rate).text);
	add_sources(finding, (struct subject){ 0 });
	if (listened)
		add(finding, ", something listens on %zu of them", listened);
}

static void look_for_sweep(struct finding *finding)
{
	const struct sentence_port *port = main_port(finding->more, 2);
	struct subject subject = { .port = port };

	if (!port || sources_of(finding->more, subject) < SENTENCE_SWEEP_SOURCES)
		return;
	begin(finding, SENTENCE_SWEEP);
	add(finding, "%s/%u probed", transport_name(port->transport), port->port);
	add_sources(finding, subject);
}

/* Counts the ports that are new in this interval, and returns how many were in the last hour. */
static uint32_t new_in_hour(const struct finding *finding, int64_t local_time)
{
	struct sentence_usual *usual = finding->usual;
	int64_t minute = local_time / 60;
	uint32_t sum = 0;

	if (minute - usual->minute >= SENTENCE_HOUR_SLOTS || minute < usual->minute)
		memset(usual->new_ports, 0, sizeof(usual->new_ports));
	else
		for (int64_t m = usual->minute + 1; m <= minute; m++)
			usual->new_ports[m % SENTENCE_HOUR_SLOTS] = 0;
	usual->minute = minute;
	for (size_t i = 0; i < finding->more->ports_count; i++)
		usual->new_ports[minute % SENTENCE_HOUR_SLOTS] += finding->more->ports[i].is_new;
	for (size_t i = 0; i < SENTENCE_HOUR_SLOTS; i++)
		sum += usual->new_ports[i];
	return sum;
}

/* Must run at each reading, as it counts the new ports. */
static void look_for_slow_scan(struct finding *finding, int64_t local_time)
{
	uint32_t count = new_in_hour(finding, local_time);

	if (count < SENTENCE_SLOW_PORTS)
		return;
	begin(finding, SENTENCE_SLOW);
	add(finding, "%u ports probed for the first time in the last hour", count);
}

static const struct sentence_group *more_of(const struct sentence_more *more, uint32_t ifindex)
{
	static const struct sentence_group nothing = { 0 };

	for (size_t i = 0; more && i < more->count; i++)
		if (more->groups[i].ifindex == ifindex)
			return &more->groups[i];
	return &nothing;
}

/* Finds or adds a group's entry. Groups for which there is no room share the last one. */
static struct sentence_usual *usual_of(struct sentence *sentence, uint32_t ifindex)
{
	struct sentence_usual *usual = sentence->usual;

	while (usual < &sentence->usual[SENTENCE_GROUPS_MAX - 1] && usual->ifindex &&
	       usual->ifindex != ifindex)
		usual++;
	if (usual->ifindex != ifindex)
		*usual = (struct sentence_usual){ .ifindex = ifindex };
	return usual;
}

/* The most important check comes last and overrides the others. */
static struct finding look_at(struct sentence *sentence, const struct watch_group *group,
			      const struct sentence_more *more, int64_t local_time)
{
	uint32_t ifindex = group->devices[0]->device->device.ifindex;
	struct finding finding = {
		.group = group,
		.more = more_of(more, ifindex),
		.usual = usual_of(sentence, ifindex),
		.rate = dropped_rate(&group->all.delta, group->interval_ns),
		.kind = SENTENCE_QUIET,
	};
	double seconds = (double)group->interval_ns / 1e9;

	if (!group->interval_ns)
		return finding;
	look_for_slow_scan(&finding, local_time);
	look_for_sweep(&finding);
	look_for_scan(&finding);
	look_for_flood(&finding);
	if (finding.kind != SENTENCE_FLOOD)
		finding.usual->dropped += (finding.rate - finding.usual->dropped) * seconds /
					  (seconds + SENTENCE_USUAL_SECONDS);
	return finding;
}

/* Notes a new policy, or counters that restarted, in this interval. */
static void note_changes(struct sentence *sentence, const struct watch_groups *groups,
			 int64_t local_time)
{
	for (size_t g = 0; g < groups->count; g++) {
		const struct watch_group *group = &groups->groups[g];

		for (size_t i = 0; i < group->devices_count; i++) {
			const struct rates_device *rates = group->devices[i];

			if (!rates->restarted && !rates->changed)
				continue;
			sentence->policy_at = local_time;
			snprintf(sentence->policy, sizeof(sentence->policy), "%s %s at %s",
				 device_name(&rates->device->device).text,
				 rates->restarted ? "counts from zero: reloaded or reset"
						  : "got another policy",
				 clock_of(local_time).text);
		}
	}
}

static void say(struct sentence *sentence, enum sentence_kind kind, const char *text)
{
	sentence->kind = kind;
	snprintf(sentence->text, sizeof(sentence->text), "%s", text);
}

void sentence_next(struct sentence *sentence, const struct watch_groups *groups,
		   const struct sentence_more *more, int64_t local_time)
{
	struct finding most = { .kind = SENTENCE_QUIET };
	enum sentence_kind kind;
	bool any = false;

	if (!sentence->quiet_since)
		sentence->quiet_since = local_time;
	note_changes(sentence, groups, local_time);
	for (size_t g = 0; g < groups->count; g++) {
		struct finding finding = look_at(sentence, &groups->groups[g], more, local_time);

		any |= groups->groups[g].interval_ns != 0;
		if (finding.kind > most.kind ||
		    (finding.kind == most.kind && finding.rate > most.rate))
			most = finding;
	}
	if (!any) {
		say(sentence, SENTENCE_WAITING, "first reading; rates follow");
		return;
	}
	kind = most.kind;
	if (kind != SENTENCE_QUIET && groups->count > 1)
		add(&most, " at %s", device_name(&most.group->devices[0]->device->device).text);
	if (kind != SENTENCE_QUIET)
		strcpy(sentence->event, most.text);
	if (kind != SENTENCE_QUIET) {
		sentence->event_kind = kind;
		sentence->event_at = local_time;
	} else if (sentence->event_at && sentence->quiet_since <= sentence->event_at) {
		sentence->quiet_since = local_time; /* first quiet reading after an event */
	}
	if (kind != SENTENCE_QUIET) {
		say(sentence, kind, sentence->event);
	} else if (sentence->event_at && local_time - sentence->event_at < SENTENCE_HOLD_SECONDS) {
		char text[sizeof(sentence->text)];

		/* the rates are zero already: say that the event is past */
		snprintf(text, sizeof(text), "%.180s, %d s ago", sentence->event,
			 (int)(local_time - sentence->event_at));
		say(sentence, sentence->event_kind, text);
	} else if (sentence->policy_at &&
		   local_time - sentence->policy_at < SENTENCE_POLICY_SECONDS) {
		say(sentence, SENTENCE_POLICY, sentence->policy);
	} else {
		char text[64];

		snprintf(text, sizeof(text), "nothing unusual since %s",
			 clock_of(sentence->quiet_since).text);
		say(sentence, SENTENCE_QUIET, text);
	}
}

void sentence_gone(struct sentence *sentence, int64_t local_time)
{
	char text[64];

	if (sentence->kind == SENTENCE_GONE)
		return;
	snprintf(text, sizeof(text), "nothing is loaded any more since %s",
		 clock_of(local_time).text);
	say(sentence, SENTENCE_GONE, text);
}
