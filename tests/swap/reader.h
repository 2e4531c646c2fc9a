/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A thread that reads statistics all the time, as `portsieve stats` does, and collects findings. */
#ifndef SWAP_READER_H
#define SWAP_READER_H

#include <pthread.h>
#include <stdatomic.h>

#include "tally.h"

struct reader {
	pthread_t thread;
	atomic_bool stop;
	uint32_t ifindex;
	struct findings findings; /* the thread's until reader_stop returns */
	struct tally last;
	struct error error; /* of the last read that failed */
};

/* Reads once. Returns 0 or -errno. */
int reader_read(uint32_t ifindex, struct tally *ret_tally, struct error *error);

/* *reader must stay where it is until reader_stop, which reads a last time. */
int reader_start(struct reader *reader, uint32_t ifindex);
void reader_stop(struct reader *reader);

#endif
