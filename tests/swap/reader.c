/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The reader's loop. It takes no lock: that is the point. */
#include "reader.h"

#include <time.h>

/* Leaves the CPU to the applies: on two CPUs the flood has the other. */
#define PAUSE_NS 1000000

int reader_read(uint32_t ifindex, struct tally *ret_tally, struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	int r = datapath_open(DATAPATH_READ, NULL, &datapath, error);

	if (r)
		return r;
	r = snapshot_read(&datapath, ifindex, NULL, &snapshot, error);
	if (!r)
		tally_take(&snapshot.devices[0], ret_tally);
	return r;
}

static void read_and_look(struct reader *reader)
{
	struct tally now;

	if (reader_read(reader->ifindex, &now, &reader->error)) {
		reader->findings.reads_failed++;
		return;
	}
	findings_add(&reader->findings, &reader->last, &now);
	reader->last = now;
}

static void *read_on(void *argument)
{
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	struct reader *reader = argument;

	while (!atomic_load(&reader->stop)) {
		read_and_look(reader);
		nanosleep(&pause, NULL);
	}
	return NULL;
}

int reader_start(struct reader *reader, uint32_t ifindex)
{
	reader->ifindex = ifindex;
	atomic_store(&reader->stop, false);
	return -pthread_create(&reader->thread, NULL, read_on, reader);
}

void reader_stop(struct reader *reader)
{
	atomic_store(&reader->stop, true);
	pthread_join(reader->thread, NULL);
	read_and_look(reader);
}
