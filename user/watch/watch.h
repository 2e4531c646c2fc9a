/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The latest of a series of readings, with the state that later ones need. Pure. */
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
 * Adds a reading and takes over *snapshot. `each_range` must be the same in all calls. Without
 * devices, the sentence says that none is loaded. `more` (may be NULL) and local_time are for
 * sentence.h. Returns 0, or -ENOMEM with the error filled in and the watch unchanged.
 */
int watch_take(struct watch *watch, struct snapshot *snapshot, bool each_range,
	       const struct sentence_more *more, int64_t local_time, struct error *error);

#endif
