/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve status: the loaded devices, how they are loaded, and drift. */
#include "base/log.h"
#include "base/output.h"
#include "commands/command.h"
#include "control/drifts.h"
#include "control/failsafe.h"
#include "control/live_policies.h"
#include "control/loaded_devices.h"
#include "control/policy_file.h"
#include "print/json.h"
#include "print/status.h"

static enum exit_code status(const struct settings *settings, struct error *error)
{
	_cleanup_snapshot_ struct snapshot snapshot = { 0 };
	_cleanup_drifts_ struct drifts drifts = { 0 };
	uint8_t digest[32];
	struct status_machine now = { .failsafe_sha256 = digest };
	_cleanup_live_policies_ struct live_policies policies = { 0 };
	struct error warning = { 0 };
	int r;

	r = loaded_snapshot_read(settings->devices[0], NULL, &snapshot, error);
	if (r && error->code == ERROR_NOT_LOADED && settings->json && !settings->devices[0]) {
		error->text[0] = '\0';
		return output_result(print_results_json(json_object_new_array()), error);
	}
	if (r || drifts_read(&snapshot, &drifts, error) ||
	    live_policies_read(&snapshot, &policies, error))
		return error->exit;

	const struct drift_report drift = { drifts.listeners, drifts.list };

	if (failsafe_digest(digest, &warning)) {
		warning.code = WARNING_OTHER;
		log_warning(&warning);
		now.failsafe_sha256 = NULL;
	}
	now.set_changed = policy_set_changed;
	now.policies = policies.of_device;
	now.needs_flows = policy_host_needs_flows();
	if (settings->json ? print_status_json(&snapshot, &drift, &now)
			   : print_status_text(&snapshot, &drift, &now)) {
		error_no_memory(error);
		return error->exit;
	}
	return loaded_snapshot_report_unreadable(&snapshot);
}

const struct command command_status = {
	.name = "status",
	.operands = "[DEV]",
	.devices_max = 1,
	.summary = "Print the loaded devices, their policies, and drift",
	.options = { &option_same_dev, &option_json },
	.run = status,
};
