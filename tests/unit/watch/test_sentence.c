/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is said of quiet days, floods, scans, sweeps, slow scans and changes of policy. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "watch_by_hand.h"

enum { NINE = 9 * 3600 }; /* 09:00 of some day */

static const struct rule_by_hand rules[] = { WEB(0), MEMCACHED(1), GAMES(2) };

/* A device whose counters grow, and the sentence after each reading. */
struct story {
	struct watch watch;
	int64_t time;
	uint64_t counted[3];	   /* of the rules */
	uint64_t unnamed, applied; /* of tcp/1024-49151; the policy's time */
	enum portsieve_verdict drops;
	int devices;
	bool unnamed_of_all; /* each device counts `unnamed`, not only the first */
};

static struct story story_begin(void)
{
	return (struct story){ .time = NINE, .drops = PORTSIEVE_DROPPED, .devices = 1 };
}

/* Time passes; the sentence is said with what is known of ports and sources of all groups. */
static const struct sentence *after_all(struct story *story, int seconds,
					const struct sentence_more *more)
{
	struct snapshot snapshot = { 0 };
	struct error error;

	story->time += seconds;
	for (int i = 0; i < story->devices; i++) {
		char name[] = { 'e', 't', 'h', (char)('0' + i), '\0' };
		struct snapshot_device *device =
			device_by_hand(&snapshot, name, (uint64_t)story->time, rules, 3);

		row_fill(row_of(device, 0), PORTSIEVE_PASSED, story->counted[0], 0);
		row_fill(row_of(device, 1), story->drops, i ? 0 : story->counted[1], 0);
		row_fill(row_of(device, 2), story->drops, i ? 0 : story->counted[2], 0);
		row_fill(&device->rows[PORTSIEVE_COUNTER_BUILTIN + 2], story->drops,
			 i && !story->unnamed_of_all ? 0 : story->unnamed, 0);
		device->image->applied_ns += story->applied;
	}
	assert_int_equal(watch_take(&story->watch, &snapshot, false, more, story->time, &error), 0);
	return &story->watch.sentence;
}

/* The same with what is known of eth0. */
static const struct sentence *after(struct story *story, int seconds,
				    const struct sentence_group *known)
{
	struct sentence_group group = known ? *known : (struct sentence_group){ 0 };

	group.ifindex = 1;
	return after_all(story, seconds, &(struct sentence_more){ &group, 1 });
}

static void assert_said(const struct sentence *sentence, enum sentence_kind kind, const char *text)
{
	assert_string_equal(sentence->text, text);
	assert_int_equal(sentence->kind, kind);
}

static void quiet(void **state)
{
	struct story story = story_begin();

	(void)state;
	assert_said(after(&story, 0, NULL), SENTENCE_WAITING, "first reading; rates follow");
	for (int i = 0; i < 20; i++) {
		story.counted[0] += 1000000; /* what passes is not unusual */
		story.counted[2] += 999;
		assert_said(after(&story, 1, NULL), SENTENCE_QUIET, "nothing unusual since 09:00");
	}
	watch_free(&story.watch);
}

enum { ETH0 = 1, SOURCES = 41 };

/* Packets of as many sources, two of each, as the story's device has dropped them. */
static void fill_sources(struct sentence_source *sources, size_t distinct, int rule,
			 enum portsieve_transport transport, uint16_t port)
{
	for (size_t i = 0; i < 2 * distinct; i++)
		sources[i] = (struct sentence_source){
			.address = 1000 + i % distinct,
			.ifindex = ETH0,
			.counter = (uint16_t)(PORTSIEVE_COUNTER_POOL + rule),
			.range = (uint16_t)(PORTSIEVE_RANGE_RULES + rule),
			.transport = (uint8_t)transport,
			.port = port,
			.has_port = true,
		};
}

static void a_flood_on_one_port(void **state)
{
	struct story story = story_begin();
	struct sentence_source sources[2 * SOURCES + 2];
	const struct sentence_group from_3 = { .sources = sources, .sources_count = 8 };

	(void)state;
	fill_sources(sources, 3, 1, PORTSIEVE_UDP, 11211);
	fill_sources(sources + 6, 1, 2, PORTSIEVE_UDP, 27015); /* others do not count */
	after(&story, 0, NULL);
	after(&story, 600, NULL);
	story.counted[1] += 2100000;
	assert_said(after(&story, 1, NULL), SENTENCE_FLOOD, "2.1 M packets/s dropped on udp/11211");
	story.counted[1] += 2 * 12345;
	assert_said(after(&story, 2, &from_3), SENTENCE_FLOOD,
		    "12 k packets/s dropped on udp/11211 from at least 3 sources");
	/* A pause is not the end. */
	assert_said(after(&story, 2, NULL), SENTENCE_FLOOD,
		    "12 k packets/s dropped on udp/11211 from at least 3 sources, 2 s ago");
	story.counted[1] += 10000;
	assert_said(after(&story, 1, NULL), SENTENCE_FLOOD, "10 k packets/s dropped on udp/11211");
	/* It ended at 09:10; ten quiet seconds later it is over. */
	assert_said(after(&story, 9, NULL), SENTENCE_FLOOD,
		    "10 k packets/s dropped on udp/11211, 9 s ago");
	assert_said(after(&story, 1, NULL), SENTENCE_QUIET, "nothing unusual since 09:10");
	watch_free(&story.watch);
}

/* Of a port, where it is known; else of the row. */
static void sources_are_those_of_what_is_said(void **state)
{
	struct story story = story_begin();
	struct sentence_source sources[2 * SOURCES];
	struct sentence_group more = { .sources = sources, .sources_count = 10 };
	const struct sentence_port ports[] = {
		{ .transport = PORTSIEVE_UDP, .port = 27015, .dropped = 9000 },
		{ .transport = PORTSIEVE_UDP, .port = 27016, .dropped = 1000 },
	};

	(void)state;
	fill_sources(sources, 2, 2, PORTSIEVE_UDP, 27015);
	fill_sources(sources + 4, 3, 2, PORTSIEVE_UDP, 27016);
	after(&story, 0, NULL);
	story.counted[2] += 10000;
	assert_said(after(&story, 1, &more), SENTENCE_FLOOD,
		    "10 k packets/s dropped on udp/27000-27100 (games) from at least 3 sources");
	more.ports = ports;
	more.ports_count = 2;
	story.counted[2] += 10000;
	assert_said(after(&story, 1, &more), SENTENCE_FLOOD,
		    "9.0 k packets/s dropped on udp/27015 from at least 2 sources");
	watch_free(&story.watch);
}

static void a_flood_is_told_by_rule_reason_or_default(void **state)
{
	struct story story = story_begin();

	(void)state;
	after(&story, 0, NULL);
	story.counted[2] += 350000;
	assert_said(after(&story, 1, NULL), SENTENCE_FLOOD,
		    "350 k packets/s dropped on udp/27000-27100 (games)");
	story.unnamed += 5000;
	assert_said(after(&story, 1, NULL), SENTENCE_FLOOD,
		    "5.0 k packets/s dropped on tcp/1024-49151 (no rule)");
	watch_free(&story.watch);
}

static void monitor_mode_and_several_devices_are_named(void **state)
{
	struct story story = story_begin();

	(void)state;
	story.drops = PORTSIEVE_WOULD_DROP;
	story.devices = 2;
	after(&story, 0, NULL);
	story.counted[1] += 5000;
	assert_said(after(&story, 1, NULL), SENTENCE_FLOOD,
		    "5.0 k packets/s would be dropped on udp/11211 at eth0");
	watch_free(&story.watch);
}

/* Devices with policies of their own: 19 ports on each are no scan, and rates do not add up. */
static void groups_are_never_summed(void **state)
{
	struct story story = story_begin();
	struct sentence_port ports[2][SENTENCE_SCAN_PORTS];
	struct sentence_group groups[2] = { { 1, ports[0], SENTENCE_SCAN_PORTS - 1, NULL, 0 },
					    { 2, ports[1], SENTENCE_SCAN_PORTS - 1, NULL, 0 } };
	const struct sentence_more more = { groups, 2 };
	struct sentence_source sources[10];

	(void)state;
	fill_sources(sources, 3, 0, PORTSIEVE_TCP, 9);
	fill_sources(sources + 6, 2, 0, PORTSIEVE_TCP, 9);
	for (uint16_t i = 0; i < SENTENCE_SCAN_PORTS; i++)
		ports[0][i] = ports[1][i] = (struct sentence_port){ .port = i, .dropped = 1 };
	story.devices = 2;
	story.unnamed_of_all = true;
	after(&story, 0, NULL);
	story.unnamed += 600;
	assert_said(after_all(&story, 1, &more), SENTENCE_QUIET, "nothing unusual since 09:00");
	groups[1].ports_count++;
	assert_said(after_all(&story, 1, &more), SENTENCE_SCAN, "20 ports probed at once at eth1");
	groups[0].sources = sources;
	groups[0].sources_count = 6;
	groups[1].sources = sources + 6;
	groups[1].sources_count = 4;
	assert_said(after_all(&story, 1, &more), SENTENCE_SCAN,
		    "20 ports probed at once from at least 2 sources at eth1");
	watch_free(&story.watch);
}

/* Only far more than usual is a flood. */
static void what_goes_on_all_day_is_usual(void **state)
{
	struct story story = story_begin();

	(void)state;
	after(&story, 0, NULL);
	for (int i = 0; i < 40; i++) {
		story.counted[1] += 60 * 900;
		assert_int_equal(after(&story, 60, NULL)->kind, SENTENCE_QUIET);
	}
	story.counted[1] += 8000;
	assert_int_equal(after(&story, 1, NULL)->kind, SENTENCE_QUIET);
	story.counted[1] += 9500;
	assert_int_equal(after(&story, 1, NULL)->kind, SENTENCE_FLOOD);
	watch_free(&story.watch);
}

/* Ports from `first` on, a packet each. */
static void fill_ports(struct sentence_port *ports, size_t count, uint16_t first)
{
	for (size_t i = 0; i < count; i++)
		ports[i] = (struct sentence_port){ .transport = PORTSIEVE_TCP,
						   .port = (uint16_t)(first + i),
						   .dropped = 1 };
}

static void a_vertical_scan(void **state)
{
	struct story story = story_begin();
	struct sentence_port ports[40];
	struct sentence_source sources[2];
	struct sentence_group more = { 1, ports, 19, sources, 2 };

	(void)state;
	fill_ports(ports, 40, 1);
	fill_sources(sources, 1, 0, PORTSIEVE_TCP, 9);
	after(&story, 0, NULL);
	assert_int_equal(after(&story, 1, &more)->kind, SENTENCE_QUIET);
	more.ports_count = 40;
	assert_said(after(&story, 1, &more), SENTENCE_SCAN,
		    "40 ports probed at once from at least 1 source");
	ports[21].listened = ports[39].listened = true;
	more.sources_count = 0;
	assert_said(after(&story, 1, &more), SENTENCE_SCAN,
		    "40 ports probed at once, something listens on 2 of them");
	watch_free(&story.watch);
}

static void a_flood_outweighs_a_scan_and_names_its_port(void **state)
{
	struct story story = story_begin();
	struct sentence_port ports[30];

	(void)state;
	fill_ports(ports, 30, 30000);
	ports[7].dropped = 40000;
	after(&story, 0, NULL);
	story.unnamed += 40029;
	assert_said(after(&story, 1, &(struct sentence_group){ 1, ports, 30, NULL, 0 }),
		    SENTENCE_FLOOD, "40 k packets/s dropped on tcp/30007");
	/* A third of the packets is enough, and it is the rate of the port that is said. */
	ports[7].dropped = 4000;
	ports[8].dropped = ports[9].dropped = 3900;
	story.unnamed += 11827;
	assert_said(after(&story, 1, &(struct sentence_group){ 1, ports, 30, NULL, 0 }),
		    SENTENCE_FLOOD, "4.0 k packets/s dropped on tcp/30007");
	watch_free(&story.watch);
}

/* Many ports and none that stands out: a scan, however fast. */
static void a_fast_scan(void **state)
{
	struct story story = story_begin();
	struct sentence_port ports[1000];

	(void)state;
	fill_ports(ports, 1000, 30000);
	after(&story, 0, NULL);
	story.unnamed += 4000;
	assert_said(after(&story, 1, &(struct sentence_group){ 1, ports, 1000, NULL, 0 }),
		    SENTENCE_SCAN, "1000 ports probed at once, 4.0 k packets/s");
	watch_free(&story.watch);
}

static void a_sweep(void **state)
{
	struct story story = story_begin();
	struct sentence_port ports[3];
	struct sentence_source sources[2 * SOURCES];
	struct sentence_group more = { 1, ports, 3, sources, 2 * SOURCES };

	(void)state;
	fill_ports(ports, 3, 22);
	ports[1].dropped = 60;
	fill_sources(sources, SOURCES, 0, PORTSIEVE_TCP, 23);
	after(&story, 0, NULL);
	assert_said(after(&story, 1, &more), SENTENCE_SWEEP,
		    "tcp/23 probed from at least 41 sources");
	fill_sources(sources, SOURCES, 0, PORTSIEVE_TCP, 22);
	assert_int_not_equal(after(&story, 60, &more)->kind, SENTENCE_SWEEP);
	watch_free(&story.watch);
}

/* One new port every two minutes is 30 in an hour, one every three is not. */
static void a_slow_scan(void **state)
{
	(void)state;
	for (int pause = 120; pause <= 180; pause += 60) {
		struct story story = story_begin();
		struct sentence_port port;
		bool said = false;

		after(&story, 0, NULL);
		for (int i = 0; i < 40; i++) {
			fill_ports(&port, 1, (uint16_t)(2000 + i));
			port.is_new = true;
			said |= after(&story, pause,
				      &(struct sentence_group){ 1, &port, 1, NULL, 0 })
					->kind == SENTENCE_SLOW;
		}
		assert_int_equal(said, pause == 120);
		if (said)
			assert_string_equal(story.watch.sentence.text,
					    "30 ports probed for the first time in the last hour");
		watch_free(&story.watch);
	}
}

static void another_policy_and_a_restart(void **state)
{
	struct story story = story_begin();

	(void)state;
	story.counted[0] = 100;
	after(&story, 0, NULL);
	story.applied = 5;
	assert_said(after(&story, 720, NULL), SENTENCE_POLICY, "eth0 got another policy at 09:12");
	assert_int_equal(after(&story, 59, NULL)->kind, SENTENCE_POLICY);
	assert_said(after(&story, 1, NULL), SENTENCE_QUIET, "nothing unusual since 09:00");
	story.counted[0] = 0;
	assert_said(after(&story, 60, NULL), SENTENCE_POLICY,
		    "eth0 counts from zero: reloaded or reset at 09:14");
	watch_free(&story.watch);
}

static void no_device_is_left(void **state)
{
	struct story story = story_begin();

	(void)state;
	after(&story, 0, NULL);
	after(&story, 1, NULL);
	story.devices = 0;
	assert_said(after(&story, 60, NULL), SENTENCE_GONE,
		    "nothing is loaded any more since 09:01");
	assert_said(after(&story, 600, NULL), SENTENCE_GONE,
		    "nothing is loaded any more since 09:01");
	story.devices = 1;
	assert_int_equal(after(&story, 1, NULL)->kind, SENTENCE_WAITING);
	assert_said(after(&story, 1, NULL), SENTENCE_QUIET, "nothing unusual since 09:00");
	watch_free(&story.watch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(quiet),
		cmocka_unit_test(a_flood_on_one_port),
		cmocka_unit_test(sources_are_those_of_what_is_said),
		cmocka_unit_test(a_flood_is_told_by_rule_reason_or_default),
		cmocka_unit_test(monitor_mode_and_several_devices_are_named),
		cmocka_unit_test(groups_are_never_summed),
		cmocka_unit_test(what_goes_on_all_day_is_usual),
		cmocka_unit_test(a_vertical_scan),
		cmocka_unit_test(a_flood_outweighs_a_scan_and_names_its_port),
		cmocka_unit_test(a_fast_scan),
		cmocka_unit_test(a_sweep),
		cmocka_unit_test(a_slow_scan),
		cmocka_unit_test(another_policy_and_a_restart),
		cmocka_unit_test(no_device_is_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
