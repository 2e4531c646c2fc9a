/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads what listens and compares it with each policy in force. */
#include "control/drifts.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "control/listeners.h"

void drifts_free(struct drifts *drifts)
{
	for (size_t i = 0; i < drifts->count; i++)
		drift_free(&drifts->list[i]);
	free(drifts->list);
	free(drifts->listeners);
	*drifts = (struct drifts){ 0 };
}

/* Fills in the owners of the listeners that are shown. */
static int name_shown(const struct drifts *drifts, size_t listeners_count, struct error *error)
{
	_cleanup_free_ struct listener **chosen = calloc(listeners_count + 1, sizeof(*chosen));
	_cleanup_free_ bool *shown = calloc(listeners_count + 1, sizeof(*shown));
	size_t count = 0;

	if (!chosen || !shown)
		return error_no_memory(error);
	for (size_t d = 0; d < drifts->count; d++) {
		const struct drift *drift = &drifts->list[d];

		for (size_t i = 0; i < drift->denied_count; i++)
			shown[drift->denied[i].listener] = true;
		for (size_t i = 0; i < drift->reachable_count; i++)
			shown[drift->reachable[i]] = true;
	}
	for (size_t i = 0; i < listeners_count; i++)
		if (shown[i])
			chosen[count++] = &drifts->listeners[i];
	return count ? listeners_name(chosen, count, error) : 0;
}

int drifts_read(const struct snapshot *snapshot, struct drifts *ret_drifts, struct error *error)
{
	_cleanup_drifts_ struct drifts drifts = { 0 };
	struct error warning = { 0 };
	size_t listeners_count = 0;
	int r;

	drifts.list = calloc(snapshot->count + 1, sizeof(*drifts.list));
	if (!drifts.list)
		return error_no_memory(error);
	if (snapshot->count && listeners_read(&drifts.listeners, &listeners_count, &warning)) {
		warning.code = WARNING_LISTENERS_UNKNOWN;
		error_prefix(&warning, "not comparing the policy with what listens");
		log_warning(&warning);
	}
	for (; drifts.count < snapshot->count; drifts.count++) {
		const struct snapshot_device *device = &snapshot->devices[drifts.count];
		const struct drift_policy policy = {
			.image = device->image,
			.rows = device->rows,
			.now_ns = device->read_ns,
		};

		if (drift_find(&policy, device->device.moved ? NULL : drifts.listeners,
			       listeners_count, &drifts.list[drifts.count]))
			return error_no_memory(error);
	}
	r = name_shown(&drifts, listeners_count, error);
	if (r)
		return r;
	*ret_drifts = drifts;
	drifts = (struct drifts){ 0 };
	return 0;
}
