/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve status: the loaded devices and how they are loaded. */
#include "commands/command.h"
#include "control/drifts.h"
#include "control/loaded_devices.h"
#include "print/status.h"

static enum exit_code status(const struct settings *settings, struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	_cleanup_drifts_ struct drifts drifts = { 0 };

	if (loaded_snapshot_read(settings->operands[0], &snapshot, error) ||
	    drifts_read(&snapshot, &drifts, error))
		return error->exit;

	const struct drift_report drift = { drifts.listeners, drifts.list };

	if (settings->json ? print_status_json(&snapshot, &drift)
			   : print_status_text(&snapshot, &drift)) {
		error_no_memory(error);
		return error->exit;
	}
	return loaded_snapshot_report_unreadable(&snapshot);
}

const struct command command_status = {
	.name = "status",
	.operands = "[DEV]",
	.operands_max = 1,
	.summary = "Print the loaded devices, their policies, and drift",
	.options = { &option_json },
	.run = status,
};
