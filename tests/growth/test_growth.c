/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Does serve grow? Readings made by hand go through the sampler, the frames, the history, its file
 * and the alerts, a second after the other and as fast as they can: two groups with port counters
 * and recorded packets, scans, floods, changes of the policy. First the rings are filled. Then the
 * memory in use must stay within 5 %. What reads the kernel is replaced when linking (--wrap).
 * Usage: test_growth [FRAMES]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "control/event_watch.h"
#include "control/listeners.h"
#include "control/loaded_devices.h"
#include "print/snapshot_by_hand.h"
#include "serve/alerts.h"
#include "serve/frame.h"
#include "serve/history_file.h"
#include "serve/http.h"

enum {
	FRAMES_SHORT = 1000,
	DEVICES = 2,
	POLICIES = 2,
	RULES = 100, /* more than the history keeps */
	ROWS = PORTSIEVE_COUNTER_POOL + RULES,
	EVENTS = 40,
	START = 1764500000,
	POLICY_SECONDS = 600,
};

static struct portsieve_image *images[POLICIES];
static unsigned int users = 1u << 30; /* images are never freed */
static struct portsieve_counter rows[DEVICES][ROWS];
static struct port_counts ports;
static int64_t now_s = START;
static struct event events[EVENTS];

static uint32_t random_below(uint32_t limit)
{
	static uint64_t state = 88172645463325252ULL;

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % limit;
}

static void make_images(void)
{
	for (int i = 0; i < POLICIES; i++) {
		struct portsieve_image *image = malloc(sizeof(*image));

		image_fill(image);
		image->ranges = PORTSIEVE_RANGE_RULES;
		image->rules = 0;
		for (int rule = 0; rule < RULES; rule++) {
			char name[32];

			snprintf(name, sizeof(name), "rule-%d-%d", rule % 3 ? 0 : i, rule);
			image_add(image, name,
				  (struct portsieve_range){ .low = (uint16_t)(1024 + rule),
							    .high = (uint16_t)(1024 + rule),
							    .drop = rule % 2 },
				  (uint16_t)(PORTSIEVE_COUNTER_POOL + rule));
		}
		image->final = (struct portsieve_ids){ (uint16_t)image->ranges, 0 };
		image->counters = ROWS;
		images[i] = image;
	}
}

/* ---- what the next second brings ---- */

static void count(uint16_t port, unsigned int verdict, uint32_t packets)
{
	unsigned int transport = port % 2;

	ports.packets[transport][verdict][port] += packets;
	if (!ports.first_s[transport][port])
		ports.first_s[transport][port] = (uint32_t)now_s;
}

static void next_second(void)
{
	bool scan = now_s % 300 < 20, flood = now_s % 1000 < 30;

	now_s++;
	for (int device = 0; device < DEVICES; device++)
		for (int row = 0; row < ROWS; row++) {
			struct portsieve_counter *counter = &rows[device][row];
			uint32_t packets = random_below(row < PORTSIEVE_COUNTER_POOL ? 2 : 1000);

			counter->verdict[row % 2].packets += packets;
			counter->verdict[row % 2].bytes += 100 * packets;
			if (flood && row == PORTSIEVE_COUNTER_POOL + 7)
				counter->verdict[PORTSIEVE_DROPPED].packets += 100000;
		}
	for (int i = 0; i < 300; i++)
		count((uint16_t)random_below(65536), random_below(2), 1 + random_below(50));
	for (int i = 0; scan && i < 3000; i++)
		count((uint16_t)random_below(65536), PORTSIEVE_DROPPED, 1);
	ports.read_ns = (uint64_t)now_s * 1000000000;
	for (int i = 0; i < EVENTS; i++) {
		uint32_t source = random_below(100000);

		events[i] = (struct event){
			.record = { .captured_bytes = 54,
				    .time_ns = (uint64_t)now_s * 1000000000 + (uint64_t)i,
				    .verdict = PORTSIEVE_DROPPED,
				    .has_port = 1,
				    .port = (uint16_t)random_below(65536),
				    .range = PORTSIEVE_RANGE_RULES,
				    .frame = { [12] = 0x08, [14] = 0x45, [23] = 6 } },
			.packets = 64,
			.image = images[now_s / POLICY_SECONDS % POLICIES],
		};
		events[i].real_ns = events[i].record.time_ns;
		memcpy(&events[i].record.frame[26], &source, sizeof(source));
	}
}

/* ---- in place of what reads the kernel ---- */

int __wrap_loaded_snapshot_read(const char *name, const struct snapshot *earlier,
				struct snapshot *ret_snapshot, struct error *error);
int __wrap_loaded_snapshot_read(const char *name, const struct snapshot *earlier,
				struct snapshot *ret_snapshot, struct error *error)
{
	struct snapshot_device *devices = calloc(DEVICES, sizeof(*devices));
	struct portsieve_image *image = images[now_s / POLICY_SECONDS % POLICIES];

	(void)name;
	(void)earlier;
	(void)error;
	image->applied_ns = (uint64_t)(now_s - now_s % POLICY_SECONDS) * 1000000000;
	for (int i = 0; i < DEVICES; i++) {
		devices[i] = (struct snapshot_device){
			.device = { .ifindex = (uint32_t)i + 2,
				    .mode = DATAPATH_NATIVE,
				    .program_id = 10,
				    .link_id = 20 + (uint32_t)i,
				    .active_id = 30 + (uint32_t)i,
				    .per_port = DATAPATH_PER_PORT_ALL,
				    .events = DATAPATH_EVENTS_DROPPED },
			.image = image,
			.image_users = &users,
			.rows = malloc(sizeof(rows[i])),
			.read_ns = (uint64_t)now_s * 1000000000,
		};
		snprintf(devices[i].device.name, IF_NAMESIZE, "eth%d", i);
		memcpy(devices[i].rows, rows[i], sizeof(rows[i]));
		users++;
	}
	*ret_snapshot = (struct snapshot){ .devices = devices, .count = DEVICES };
	return 0;
}

int __wrap_datapath_open(enum datapath_access access, datapath_note_fn *note,
			 struct datapath *ret_datapath, struct error *error);
int __wrap_datapath_open(enum datapath_access access, datapath_note_fn *note,
			 struct datapath *ret_datapath, struct error *error)
{
	(void)access;
	(void)note;
	(void)error;
	*ret_datapath = DATAPATH_CLOSED;
	return 0;
}

int __wrap_port_counts_read(const struct datapath *datapath, const struct datapath_device *device,
			    struct port_counts **ret_counts, struct error *error);
int __wrap_port_counts_read(const struct datapath *datapath, const struct datapath_device *device,
			    struct port_counts **ret_counts, struct error *error)
{
	(void)datapath;
	(void)device;
	(void)error;
	*ret_counts = malloc(sizeof(**ret_counts));
	memcpy(*ret_counts, &ports, sizeof(ports));
	return 0;
}

int __wrap_listeners_read(struct listener **ret_listeners, size_t *ret_count, struct error *error);
int __wrap_listeners_read(struct listener **ret_listeners, size_t *ret_count, struct error *error)
{
	(void)error;
	*ret_count = 20;
	*ret_listeners = calloc(*ret_count, sizeof(**ret_listeners));
	for (size_t i = 0; i < *ret_count; i++)
		(*ret_listeners)[i].port = (uint16_t)(1024 + 10 * i);
	return 0;
}

void __wrap_event_watch_read(struct event_watch *watch, const struct snapshot *snapshot);
void __wrap_event_watch_read(struct event_watch *watch, const struct snapshot *snapshot)
{
	if (!watch->devices) {
		watch->devices = calloc(DEVICES, sizeof(*watch->devices));
		watch->count = DEVICES;
	}
	free(watch->dropped);
	watch->dropped = calloc(DEVICES * EVENTS, sizeof(*watch->dropped));
	watch->dropped_count = DEVICES * EVENTS;
	for (size_t i = 0; i < DEVICES; i++) {
		watch->devices[i].ifindex = snapshot->devices[i].device.ifindex;
		watch->devices[i].batch = (struct events_batch){ .list = events, .count = EVENTS };
		for (size_t n = 0; n < EVENTS; n++)
			watch->dropped[i * EVENTS + n] = (struct sentence_source){
				.address = events[n].record.frame[28],
				.ifindex = watch->devices[i].ifindex,
				.port = events[n].record.port,
				.has_port = true,
			};
	}
}

/* ---- what serve does in a second ---- */

static struct sampler sampler;
static struct alerts alerts;
static struct history_file history = HISTORY_FILE_NONE;
static unsigned int news;

static void take_news(const struct alert_news *one)
{
	news += one->begins;
}

static void send_frames(uint64_t number)
{
	for (size_t i = 0; i < DEVICES; i++) {
		struct http_frame *frame;
		size_t size;
		char *text;

		if (frame_print(&sampler, &sampler.list[i], now_s * 1000, now_s - 2, &text, &size))
			abort();
		frame = http_frame_new(number, text, size);
		free(text);
		http_frame_release(frame);
	}
}

static void print_history(void)
{
	_cleanup_free_ char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	history_print(out, &sampler.list[0], FRAME_FINE | FRAME_COARSE, now_s * 1000);
	fclose(out);
}

static void pass_second(uint64_t number)
{
	next_second();
	sampler_read(&sampler, now_s * 1000);
	alerts_next(&alerts, &sampler, now_s * 1000, take_news);
	send_frames(number);
	if (now_s % 60 == 0 && history_file_write(&history, &sampler, now_s * 1000))
		abort();
	if (now_s % 300 == 0)
		print_history();
}

/* So that what is left to fill are no rings. */
static void fill_rings(void)
{
	for (int minute = 0; minute < RECORD_MINUTES; minute++) {
		now_s += 59;
		pass_second(0);
	}
	for (int second = 0; second < STRIP_SECONDS; second++)
		pass_second(0);
}

static double resident_mb(void)
{
	FILE *file = fopen("/proc/self/statm", "r");
	long pages = 0;

	if (!file || fscanf(file, "%*d %ld", &pages) != 1)
		abort();
	fclose(file);
	return (double)pages * (double)sysconf(_SC_PAGESIZE) / 1e6;
}

static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	uint64_t frames = argc > 1 ? strtoull(argv[1], NULL, 10) : FRAMES_SHORT;
	char path[] = "/tmp/growth.XXXXXX";
	double before, start, took, growth;
	struct error error = { 0 };

	close(mkstemp(path));
	unlink(path);
	if (history_file_open(path, &history, &error)) {
		printf("Bail out! %s\n", error.text);
		return 1;
	}
	unlink(path);
	make_images();
	ports.per_port = DATAPATH_PER_PORT_ALL;
	fill_rings();
	before = resident_mb();
	start = seconds();
	for (uint64_t frame = 1; frame <= frames; frame++)
		pass_second(frame);
	took = seconds() - start;
	growth = (resident_mb() / before - 1) * 100;
	printf("1..2\n");
	printf("%s 1 - after %lu frames, %.0f a second, the memory in use has grown by %.2f %% of "
	       "%.1f MB\n",
	       growth <= 5 ? "ok" : "not ok", frames, (double)frames / took, growth, before);
	/* the readings were not idle */
	printf("%s 2 - there were marks (%lu) and alerts (%u)\n",
	       sampler.list[0].record->marks_count && news ? "ok" : "not ok",
	       sampler.list[0].record->marks_count, news);
	history_file_close(&history);
	sampler_free(&sampler);
	return growth > 5 || !news;
}
