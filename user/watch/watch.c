/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Turns readings into rates, rows and a sentence. */
#include "watch/watch.h"

void watch_free(struct watch *watch)
{
	watch_groups_free(&watch->groups);
	rates_free(&watch->rates);
	snapshot_free(&watch->snapshot);
}

int watch_take(struct watch *watch, struct snapshot *snapshot, bool each_range,
	       const struct sentence_more *more, int64_t local_time, struct error *error)
{
	_cleanup_rates_ struct rates rates = { 0 };
	struct watch_groups groups;

	if (rates_next(&watch->rates, snapshot, &rates) ||
	    watch_groups_make(&rates, each_range, &watch->groups, &groups))
		return error_no_memory(error);
	if (snapshot->count || snapshot->unreadable_count)
		sentence_next(&watch->sentence, &groups, more, local_time);
	else
		sentence_gone(&watch->sentence, local_time);
	watch_free(watch);
	watch->groups = groups;
	watch->rates = rates;
	watch->snapshot = *snapshot; /* the device array does not move */
	rates = (struct rates){ 0 };
	*snapshot = (struct snapshot){ 0 };
	return 0;
}
