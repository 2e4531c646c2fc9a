/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latest of a series of readings, with all that depends on the earlier ones. Pure. */
#ifndef PORTSIEVE_WATCH_H
#define PORTSIEVE_WATCH_H

#include "watch/rates.h"
#include "watch/rows.h"
#include "watch/sentence.h"

/* All zero at first. */
struct watch {
	struct snapshot snapshot;
	struct rates rates;
	struct watch_groups groups;
	struct sentence sentence;
};

void watch_free(struct watch *watch);
#define _cleanup_watch_ __attribute__((cleanup(watch_free)))

/*
 * Adds a reading, which it takes from *snapshot, with the same `each_range` as before. Without
 * devices, the sentence says that none is left. `more`, which may be NULL, and local_time are for
 * the sentence (sentence.h). Returns 0, or -ENOMEM with the error filled in; the watch is then as
 * before.
 */
int watch_take(struct watch *watch, struct snapshot *snapshot, bool each_range,
	       const struct sentence_more *more, int64_t local_time, struct error *error);

#endif
