/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The screen of top as text: what it shows at which size, and that nothing is out of line. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "watch/screen.h"
#include "watch_by_hand.h"

static const struct rule_by_hand rules[] = { WEB(0), WEBS(1), MEMCACHED(2), GAMES(3) };

/* Three readings of eth0, a second apart. */
struct stage {
	struct watch watch;
	struct history history;
	struct screen_view view;
};

static void stage_free(struct stage *stage)
{
	watch_free(&stage->watch);
	history_free(&stage->history);
}

static void stage_setup(struct stage *stage, const char *device_name)
{
	*stage = (struct stage){ .view.settings.interval_s = 1 };
	for (unsigned int second = 0; second < 3; second++) {
		struct snapshot snapshot = { 0 };
		struct snapshot_device *device =
			device_by_hand(&snapshot, "eth0", 100 + second, rules, 4);
		struct error error;

		strcpy(device->device.name, device_name);
		row_fill(row_of(device, 0), PORTSIEVE_PASSED, second * 1500, second * 150000);
		row_of(device, 0)->new_connections = second * 7;
		row_fill(row_of(device, 2), PORTSIEVE_DROPPED, second * 500, second * 30000);
		row_fill(&device->rows[PORTSIEVE_ICMP], PORTSIEVE_PASSED, 4, 400);
		assert_int_equal(watch_take(&stage->watch, &snapshot, false, NULL, 33120, &error),
				 0);
		history_begin(&stage->history);
		assert_int_equal(history_add_group(&stage->history, &stage->watch.groups.groups[0]),
				 0);
	}
	stage->view.watch = &stage->watch;
	stage->view.history = &stage->history;
	stage->view.time = "09:12:00";
}

/* The caller frees the screen. */
static struct screen drawn(struct stage *stage, int columns, int rows)
{
	struct screen screen;

	assert_int_equal(screen_make(&screen, rows, columns), 0);
	screen_draw(&stage->view, &screen);
	return screen;
}

static void assert_rows(const struct screen *screen, const char *const *expected, int count)
{
	for (int row = 0; row < count; row++) {
		_cleanup_free_ char *text = screen_row_text(screen, row);

		assert_string_equal(text, expected[row]);
	}
}

/* The row with these words; -1: none. */
static int find_row(const struct screen *screen, const char *words)
{
	for (int row = 0; row < screen->rows; row++) {
		_cleanup_free_ char *text = screen_row_text(screen, row);

		if (strstr(text, words))
			return row;
	}
	return -1;
}

static void at_40x10_by_hand(void **state)
{
	static const char *const expected[] = {
		" nothing unusual since 09:12   09:12:00",
		" eth0  native, link; /etc/p \"q\".yaml, ~",
		" in  2,000 passed  1,500 dropped    500",
		" RULE              PASSED/S  DROPPED/S",
		" all packets          1,500        500",
		" web                  1,500          -",
		" memcached                -        500",
		" icmp                     -          -",
		"",
		" q quit  ? help  / filter   policy, 1 s",
	};
	struct stage stage;

	(void)state;
	stage_setup(&stage, "eth0");
	{
		_cleanup_screen_ struct screen screen = drawn(&stage, 40, 10);

		assert_rows(&screen, expected, 10);
	}
	stage_free(&stage);
}

static void at_80x24_by_hand(void **state)
{
	static const char *const expected[] = {
		" nothing unusual since 09:12                                           09:12:00",
		" eth0  native, link; /etc/p \"q\".yaml, default drop",
		" in  2,000   passed  1,500   dropped    500   new    7.0   packets per second",
		"                                                                             ██",
		"                                                                             ▀▀",
		"",
		" RULE           PORTS                   PASSED/S  DROPPED/S  SHARE  HISTORY",
		" all packets                               1,500        500  100 %          ██",
		" web            tcp/80,443                 1,500          -   75 %          ██",
		" memcached      udp/11211                      -        500   25 %          ██",
		" icmp                                          -          -",
	};
	struct stage stage;

	(void)state;
	stage_setup(&stage, "eth0");
	{
		_cleanup_screen_ struct screen screen = drawn(&stage, 80, 24);

		/* A third of a row from above is the reverse of two thirds from below. */
		assert_int_equal(screen.cells[4 * 80 + 77].character, 0x2585);
		assert_true(screen.cells[4 * 80 + 77].reverse);
		screen.cells[4 * 80 + 77].character = screen.cells[4 * 80 + 78].character = 0x2580;
		assert_rows(&screen, expected, ARRAY_SIZE(expected));
	}
	stage_free(&stage);
}

/* At every size: no cell is written outside, digits end below their heading. */
static void at_all_sizes(void **state)
{
	struct stage stage;
	struct screen_port ports[30];

	(void)state;
	stage_setup(&stage, "eth0");
	for (uint16_t i = 0; i < 30; i++)
		ports[i] = (struct screen_port){
			.key = { i, i % 2 }, .dropped = i, .total = 100, .service = "service"
		};
	for (int with_ports = 0; with_ports < 2; with_ports++) {
		stage.view.ports = with_ports ? ports : NULL;
		stage.view.ports_count = with_ports ? 30 : 0;
		for (int rows = 1; rows <= 70; rows += 3)
			for (int columns = 1; columns <= 230; columns += 7) {
				_cleanup_screen_ struct screen screen =
					drawn(&stage, columns, rows);
				int heading = find_row(&screen, "PASSED/S"), end = 0;

				if (heading < 0 || columns < 40 || rows < 10)
					continue;
				for (int c = 0; c < columns; c++)
					if (screen.cells[heading * columns + c].character == '/' &&
					    !end)
						end = c + 1; /* the S of PASSED/S */
				assert_int_equal(
					screen.cells[(heading + 1) * columns + end].character, '0');
				assert_int_equal(
					screen.cells[(heading + 1) * columns + end + 1].character,
					' ');
			}
	}
	stage_free(&stage);
}

static void columns_and_panes_go_as_it_narrows(void **state)
{
	static const struct {
		int columns, rows;
		bool new_rate, total, strip, ports;
	} cases[] = {
		{ 40, 10, false, false, false, false },
		{ 80, 24, false, false, true, true },
		{ 120, 40, true, true, true, true },
		{ 200, 60, true, true, true, true },
	};
	struct screen_port port = {
		.key = { 23, PORTSIEVE_TCP }, .dropped = 5, .total = 70, .service = "telnet"
	};
	struct stage stage;

	(void)state;
	stage_setup(&stage, "eth0");
	stage.view.ports = &port;
	stage.view.ports_count = 1;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_screen_ struct screen screen =
			drawn(&stage, cases[i].columns, cases[i].rows);

		assert_int_equal(find_row(&screen, "nothing unusual"), 0);
		assert_true(find_row(&screen, "memcached") > 0);
		assert_int_equal(find_row(&screen, "NEW/S") >= 0, cases[i].new_rate);
		assert_int_equal(find_row(&screen, "PACKETS") >= 0, cases[i].total);
		assert_int_equal(find_row(&screen, "DROPPED BY PORT") >= 0, cases[i].strip);
		assert_int_equal(find_row(&screen, "tcp/23") >= 0, cases[i].ports);
		assert_int_equal(find_row(&screen, " q quit"), cases[i].rows - 1);
	}
	stage_free(&stage);
}

static void a_filter_keeps_what_matches(void **state)
{
	static const struct {
		const char *filter;
		bool web, memcached, icmp;
	} cases[] = {
		{ "port:443", true, false, false }, { "port:11211", false, true, false },
		{ "rule:WEB", true, false, false }, { "reason:icmp", false, false, true },
		{ "udp", false, true, false },	    { "c", true, true, true },
		{ "m tcp", false, false, false },   { "port:444", false, false, false },
	};
	struct stage stage;

	(void)state;
	stage_setup(&stage, "eth0");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(stage.view.filter, cases[i].filter);

		_cleanup_screen_ struct screen screen = drawn(&stage, 100, 30);

		assert_int_equal(find_row(&screen, " web ") >= 0, cases[i].web);
		assert_int_equal(find_row(&screen, " memcached ") >= 0, cases[i].memcached);
		assert_int_equal(find_row(&screen, " icmp ") >= 0, cases[i].icmp);
	}
	stage_free(&stage);
}

/* Ports with under ten packets are one line, from eight of them on. */
static void noise_is_folded(void **state)
{
	struct screen_port ports[10];
	struct stage stage;

	(void)state;
	stage_setup(&stage, "eth0");
	for (uint16_t i = 0; i < 10; i++)
		ports[i] = (struct screen_port){ .key = { 1000 + i, PORTSIEVE_TCP },
						 .dropped = 1,
						 .total = i ? 9 : 10 };
	ports[1].is_new = true;
	stage.view.ports = ports;
	for (stage.view.ports_count = 10; stage.view.ports_count >= 9; stage.view.ports_count--) {
		_cleanup_screen_ struct screen screen = drawn(&stage, 100, 60);
		bool folded = stage.view.ports_count == 10;

		assert_true(find_row(&screen, " tcp/1000 ") > 0);
		assert_true(find_row(&screen, " tcp/1001 ") > 0);
		assert_int_equal(find_row(&screen, " tcp/1002 ") > 0, !folded);
		assert_int_equal(find_row(&screen, " 8 ports with a few packets") > 0, folded);
	}
	stage_free(&stage);
}

static struct screen_port telnet[] = {
	{ .key = { 23, PORTSIEVE_TCP }, .dropped = 5, .total = 70, .service = "telnet" },
	{ .key = { 161, PORTSIEVE_UDP }, .dropped = 1, .total = 20, .service = "snmp" },
};
static const struct screen_source two_sources[] = {
	{ .address = "192.0.2.77", .dropped = 5, .total = 70, .ports = 9, .port = 23 },
	{ .address = "2001:db8::7",
	  .total = 20,
	  .ports = 1,
	  .transport = PORTSIEVE_UDP,
	  .port = 161 },
	{ .address = "198.51.100.1", .total = 2, .noise = true },
};
static const struct screen_event two_events[] = {
	{ .time = "09:11:59",
	  .verdict = PORTSIEVE_DROPPED,
	  .rule = "memcached",
	  .protocol = "udp",
	  .source = "192.0.2.77:40000",
	  .target = "192.0.2.1:11211",
	  .has_port = true,
	  .transport = PORTSIEVE_UDP,
	  .port = 11211,
	  .length = 1442 },
	{ .time = "09:11:58",
	  .verdict = PORTSIEVE_WOULD_DROP,
	  .reason = "bad-flags",
	  .protocol = "tcp",
	  .source = "[2001:db8::7]:4000",
	  .target = "[2001:db8::1]:161",
	  .has_port = true,
	  .port = 161,
	  .length = 60 },
};

static void stage_all_panes(struct stage *stage)
{
	stage_setup(stage, "eth0");
	stage->view.ports = telnet;
	stage->view.ports_count = 2;
	stage->view.sources = two_sources;
	stage->view.sources_count = 3;
	stage->view.events = two_events;
	stage->view.events_count = 2;
}

/* All four together where there is room; where there is not, the chosen one. */
static void each_pane_can_be_reached_at_each_size(void **state)
{
	static const struct {
		int columns, rows;
		bool together[SCREEN_PANES]; /* beside the rules, when these are chosen */
	} cases[] = {
		{ 40, 10, { true } },
		{ 80, 24, { true, true } },
		{ 120, 40, { true, true, true, true } },
		{ 200, 60, { true, true, true, true } },
	};
	static const char *const words[SCREEN_PANES] = {
		[PANE_RULES] = " memcached ",
		[PANE_PORTS] = " udp/161 ",
		[PANE_SOURCES] = " 192.0.2.77 ",
		[PANE_EVENTS] = "udp 192.0.2.77:40000",
	};
	struct stage stage;

	(void)state;
	stage_all_panes(&stage);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		for (int pane = 0; pane < SCREEN_PANES; pane++) {
			stage.view.pane = pane;

			_cleanup_screen_ struct screen screen =
				drawn(&stage, cases[i].columns, cases[i].rows);
			const struct screen_view *view = &stage.view;

			assert_true(find_row(&screen, words[pane]) > 0 ||
				    (pane == PANE_EVENTS && cases[i].columns == 40 &&
				     find_row(&screen, "udp 192.0.2.77:") > 0));
			assert_int_equal(pane == PANE_RULES	? view->row != NULL
					 : pane == PANE_PORTS	? view->port != NULL
					 : pane == PANE_SOURCES ? view->source != NULL
								: view->event != NULL,
					 true);
			if (pane != PANE_RULES)
				continue;
			for (int other = 0; other < SCREEN_PANES; other++)
				assert_int_equal(find_row(&screen, words[other]) > 0,
						 cases[i].together[other]);
		}
	stage_free(&stage);
}

static void long_addresses_lose_their_middle(void **state)
{
	static const struct screen_source long_address = {
		.address = "2001:db8:1111:2222:3333:4444:5555:6666", .dropped = 5, .total = 70
	};
	static const struct {
		int columns, rows;
		const char *words;
	} cases[] = {
		{ 40, 10, " 2001:db~55:6666  " },	   /* 15 characters */
		{ 120, 40, " 2001:db8:11~4:5555:6666  " }, /* 23 */
		{ 90, 24, " 2001:db8:1111:2222:3333:4444:5555:6666  " },
	};
	struct stage stage;

	(void)state;
	stage_all_panes(&stage);
	stage.view.sources = &long_address;
	stage.view.sources_count = 1;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		stage.view.pane = PANE_SOURCES;

		_cleanup_screen_ struct screen screen =
			drawn(&stage, cases[i].columns, cases[i].rows);

		assert_true(find_row(&screen, cases[i].words) > 0);
	}
	stage_free(&stage);
}

static void tab_goes_around_what_there_is(void **state)
{
	struct stage stage;

	(void)state;
	stage_all_panes(&stage);
	assert_int_equal(screen_pane_next(&stage.view, false), PANE_PORTS);
	assert_int_equal(screen_pane_next(&stage.view, true), PANE_EVENTS);
	stage.view.ports = NULL;
	assert_int_equal(screen_pane_next(&stage.view, false), PANE_SOURCES);
	stage.view.sources = NULL;
	stage.view.events = NULL;
	assert_int_equal(screen_pane_next(&stage.view, false), PANE_RULES);
	assert_int_equal(screen_pane_next(&stage.view, true), PANE_RULES);
	stage_free(&stage);
}

/* In every pane the filter keeps what matches, and what knows nothing of the word. */
static void the_filter_is_for_all_panes(void **state)
{
	static const struct {
		const char *filter;
		bool rule, port, v4, v6, event, bad_flags; /* that are shown */
	} cases[] = {
		{ "", true, true, true, true, true, true },
		{ "port:161", false, true, false, true, false, true },
		{ "source:192.0.2.", true, true, true, false, true, false },
		{ "source:2001:db8::", true, true, false, true, false, true },
		{ "rule:memcached", true, true, true, true, true, false },
		{ "reason:bad", false, true, true, true, false, true },
		{ "source:192 port:161", false, true, false, false, false, false },
	};
	struct stage stage;

	(void)state;
	stage_all_panes(&stage);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(stage.view.filter, cases[i].filter);

		_cleanup_screen_ struct screen screen = drawn(&stage, 200, 60);

		assert_int_equal(find_row(&screen, " memcached  ") >= 0, cases[i].rule);
		assert_int_equal(find_row(&screen, " udp/161     snmp") >= 0, cases[i].port);
		assert_int_equal(find_row(&screen, " 192.0.2.77  ") >= 0, cases[i].v4);
		assert_int_equal(find_row(&screen, " 2001:db8::7  ") >= 0, cases[i].v6);
		assert_int_equal(find_row(&screen, "udp 192.0.2.77:40000 >") >= 0, cases[i].event);
		assert_int_equal(find_row(&screen, "bad-flags") >= 0, cases[i].bad_flags);
	}
	stage_free(&stage);
}

/* What is folded is found by a filter, and an empty list says why it is. */
static void a_filter_reaches_what_is_folded(void **state)
{
	static const struct {
		const char *filter, *words;
	} cases[] = {
		{ "", "1 sources with a few packets; a shows them" },
		{ "source:198.51.", " 198.51.100.1  " },
		{ "source:198.52.", "no source matches the filter" },
		{ "port:162", "no port matches the filter" },
		{ "port:162", "no recorded packet matches the filter" },
		{ "rule:nothing", "no row matches the filter" },
	};
	struct stage stage;

	(void)state;
	stage_all_panes(&stage);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		strcpy(stage.view.filter, cases[i].filter);

		_cleanup_screen_ struct screen screen = drawn(&stage, 200, 60);

		assert_true(find_row(&screen, cases[i].words) > 0);
	}
	stage.view.ports_more = true;
	strcpy(stage.view.filter, "port:162");
	{
		_cleanup_screen_ struct screen screen = drawn(&stage, 200, 60);

		assert_true(find_row(&screen, "none of the busiest ports matches the filter") > 0);
	}
	stage_free(&stage);
}

/* Graphs and lists leave room for seven rules below the sum, where they can. */
static void the_rules_have_room_beside_all_panes(void **state)
{
	static const int sizes[][2] = { { 120, 40 }, { 112, 36 }, { 200, 60 } };
	struct stage stage;

	(void)state;
	stage_all_panes(&stage);
	for (size_t i = 0; i < ARRAY_SIZE(sizes); i++) {
		_cleanup_screen_ struct screen screen = drawn(&stage, sizes[i][0], sizes[i][1]);

		assert_true(stage.view.pane_rows[PANE_RULES] >= 7);
		assert_true(find_row(&screen, " TIME  ") > 0);
		assert_true(find_row(&screen, " 65535") > 0);
	}
	stage_free(&stage);
}

/* The rows of the default have the same name for TCP and UDP. */
static void without_ports_the_default_is_told_apart(void **state)
{
	struct stage stage;

	(void)state;
	stage_setup(&stage, "eth0");
	stage.view.settings.all_rows = true;
	{
		_cleanup_screen_ struct screen narrow = drawn(&stage, 40, 24);
		_cleanup_screen_ struct screen wide = drawn(&stage, 80, 24);

		assert_true(find_row(&narrow, " tcp/1-1023 ") > 0);
		assert_true(find_row(&narrow, " udp/1-1023 ") > 0);
		assert_int_equal(find_row(&narrow, " _system "), -1);
		assert_true(find_row(&wide, " _system        tcp/1-1023 ") > 0);
	}
	stage_free(&stage);
}

/* Commands are broken so that a shell takes them; if there is still no room, labels go. */
static void why_is_broken_where_it_is_too_long(void **state)
{
	static const char *const at_49[] = {
		"\u2502 rule web: allow tcp/80                        \u2502",
		"\u2502 to change it at run time:                     \u2502",
		"\u2502 portsieve drop tcp+udp/all --from \\           \u2502",
		"\u2502     2001:db8:1111:2222:3333:4444:5555:6666 \\  \u2502",
		"\u2502     --for 1h --dev eth0                       \u2502",
		"\u2502 portsieve explain \\                           \u2502",
		"\u2502     'udp 192.0.2.1:40000 > 198.51.100.1:53' \\ \u2502",
		"\u2502     --dev eth0                                \u2502",
		"\u2502 portsieve drop tcp/80 --from 192.0.2.77 \\     \u2502",
		"\u2502     --for 1h --dev eth0                       \u2502",
	};
	struct stage stage;
	int first;

	(void)state;
	stage_setup(&stage, "eth0");
	strcpy(stage.view.why[0], "rule web: allow tcp/80");
	strcpy(stage.view.why[1], "to change it at run time:");
	strcpy(stage.view.why[2], "portsieve drop tcp+udp/all --from "
				  "2001:db8:1111:2222:3333:4444:5555:6666 --for 1h --dev eth0");
	strcpy(stage.view.why[3],
	       "portsieve explain 'udp 192.0.2.1:40000 > 198.51.100.1:53' --dev eth0");
	strcpy(stage.view.why[4], "portsieve drop tcp/80 --from 192.0.2.77 --for 1h --dev eth0");
	{
		_cleanup_screen_ struct screen narrow = drawn(&stage, 49, 24);
		_cleanup_screen_ struct screen low = drawn(&stage, 49, 11);
		_cleanup_screen_ struct screen wide = drawn(&stage, 100, 24);

		first = find_row(&narrow, "rule web:");
		for (size_t i = 0; i < ARRAY_SIZE(at_49); i++) {
			_cleanup_free_ char *text = screen_row_text(&narrow, first + (int)i);

			assert_string_equal(text, at_49[i]);
		}
		assert_true(find_row(&wide, stage.view.why[2]) > 0);
		assert_true(find_row(&wide, stage.view.why[3]) > 0);
		assert_int_equal(find_row(&low, stage.view.why[1]), -1);
		assert_true(find_row(&low, at_49[ARRAY_SIZE(at_49) - 1]) > 0);
	}
	stage_free(&stage);
}

/* Nothing was dropped: the lists and the strip say so. */
static void empty_panes_say_so(void **state)
{
	struct stage stage;

	(void)state;
	stage_all_panes(&stage);
	stage.view.ports_count = stage.view.sources_count = stage.view.events_count = 0;
	{
		_cleanup_screen_ struct screen screen = drawn(&stage, 200, 60);

		assert_true(find_row(&screen, " no packet has been dropped on a port") > 0);
		assert_true(find_row(&screen, " no packet has been dropped on a port of late") > 0);
		assert_true(find_row(&screen, " no dropped packet has been recorded") > 0);
	}
	stage_free(&stage);
}

static void the_age_is_shown_from_two_seconds_on(void **state)
{
	struct stage stage;

	(void)state;
	stage_setup(&stage, "eth0");
	stage.view.paused = true;
	stage.view.age_s = 75;
	{
		_cleanup_screen_ struct screen screen = drawn(&stage, 80, 24);
		_cleanup_free_ char *text = screen_row_text(&screen, 0);

		assert_non_null(strstr(text, "PAUSED  09:12:00, 75 s old"));
	}
	stage_free(&stage);
}

static void selection_stays_in_the_list(void **state)
{
	struct stage stage;

	(void)state;
	stage_setup(&stage, "eth0");
	stage.view.selected[PANE_RULES] = 1000;
	{
		_cleanup_screen_ struct screen screen = drawn(&stage, 80, 8);

		assert_int_equal(stage.view.selected[PANE_RULES], 2);
		assert_string_equal(stage.view.row->name, "icmp");
		assert_true(find_row(&screen, " icmp") > 0); /* scrolled into view */
	}
	stage_free(&stage);
}

static void wide_letters_take_two_cells(void **state)
{
	struct stage stage;

	(void)state;
	stage_setup(&stage, "漢字0");
	{
		_cleanup_screen_ struct screen screen = drawn(&stage, 40, 10);
		_cleanup_free_ char *text = screen_row_text(&screen, 1);

		assert_int_equal(strncmp(text, " 漢字0  native", strlen(" 漢字0  native")), 0);
		assert_int_equal(screen.cells[40 + 1].character, 0x6f22);
		assert_int_equal(screen.cells[40 + 2].character, 0);
		assert_int_equal(screen.cells[40 + 5].character, '0');
	}
	stage_free(&stage);
}

static void without_utf8_all_is_ascii(void **state)
{
	struct screen_port port = { .key = { 23, PORTSIEVE_TCP }, .dropped = 5, .total = 70 };
	struct stage stage;

	(void)state;
	stage_setup(&stage, "eth0");
	stage.view.ascii = true;
	stage.view.help = true;
	stage.view.ports = &port;
	stage.view.ports_count = 1;
	{
		_cleanup_screen_ struct screen screen = drawn(&stage, 120, 40);

		for (int i = 0; i < 120 * 40; i++)
			assert_in_range(screen.cells[i].character, ' ', '~');
	}
	stage_free(&stage);
}

/* 65,536 ports and their classes: usual, one far over its usual rate, many at once. */
static void the_strip_has_three_classes(void **state)
{
	static const struct sentence_port usual = { .transport = PORTSIEVE_TCP,
						    .port = 23,
						    .dropped = 2 };
	struct sentence_port flood[] = {
		usual, { .transport = PORTSIEVE_UDP, .port = 11211, .dropped = 5000 }
	};
	struct sentence_port scan[1001] = { usual };
	const struct sentence_group seconds[] = {
		{ .ifindex = 1, .ports = &usual, .ports_count = 1 },
		{ .ifindex = 1, .ports = flood, .ports_count = ARRAY_SIZE(flood) },
		{ .ifindex = 1, .ports = scan, .ports_count = ARRAY_SIZE(scan) },
	};
	struct history history = { 0 };
	const struct history_ports *ports;

	(void)state;
	for (uint16_t i = 1; i < ARRAY_SIZE(scan); i++)
		scan[i] = (struct sentence_port){ .transport = PORTSIEVE_TCP,
						  .port = 29999 + i,
						  .dropped = 1 };
	for (size_t i = 0; i < ARRAY_SIZE(seconds); i++) {
		history_begin(&history);
		assert_int_equal(history_add_ports(&history, &seconds[i], 1000000000), 0);
	}
	ports = history_ports_of(&history, 1, 0);
	assert_int_equal(ports->distinct, 1001);
	assert_false(ports->fresh[23 / HISTORY_BUCKET_PORTS]);
	assert_true(ports->fresh[30000 / HISTORY_BUCKET_PORTS]);
	assert_false(ports->hot[30000 / HISTORY_BUCKET_PORTS]);
	ports = history_ports_of(&history, 1, 1);
	assert_int_equal(ports->distinct, 2);
	assert_true(ports->hot[11211 / HISTORY_BUCKET_PORTS]);
	assert_false(ports->hot[23 / HISTORY_BUCKET_PORTS]);
	/* What is usual is forgotten in time. */
	history_begin(&history);
	assert_int_equal(history_add_ports(&history, &(struct sentence_group){ .ifindex = 1 },
					   3600000000000),
			 0);
	history_begin(&history);
	assert_int_equal(history_add_ports(&history, &seconds[0], 1000000000), 0);
	assert_true(history_ports_of(&history, 1, 0)->fresh[23 / HISTORY_BUCKET_PORTS]);
	history_free(&history);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(at_40x10_by_hand),
		cmocka_unit_test(at_80x24_by_hand),
		cmocka_unit_test(at_all_sizes),
		cmocka_unit_test(columns_and_panes_go_as_it_narrows),
		cmocka_unit_test(a_filter_keeps_what_matches),
		cmocka_unit_test(noise_is_folded),
		cmocka_unit_test(each_pane_can_be_reached_at_each_size),
		cmocka_unit_test(long_addresses_lose_their_middle),
		cmocka_unit_test(tab_goes_around_what_there_is),
		cmocka_unit_test(the_filter_is_for_all_panes),
		cmocka_unit_test(a_filter_reaches_what_is_folded),
		cmocka_unit_test(the_rules_have_room_beside_all_panes),
		cmocka_unit_test(without_ports_the_default_is_told_apart),
		cmocka_unit_test(why_is_broken_where_it_is_too_long),
		cmocka_unit_test(empty_panes_say_so),
		cmocka_unit_test(the_age_is_shown_from_two_seconds_on),
		cmocka_unit_test(selection_stays_in_the_list),
		cmocka_unit_test(wide_letters_take_two_cells),
		cmocka_unit_test(without_utf8_all_is_ascii),
		cmocka_unit_test(the_strip_has_three_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
