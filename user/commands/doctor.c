/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve doctor: what is wrong on this machine, and how to fix it. */
#include "analysis/doctor.h"
#include "base/log.h"
#include "base/output.h"
#include "commands/command.h"
#include "control/examination.h"
#include "print/doctor.h"

static enum exit_code doctor(const struct settings *settings, struct error *error)
{
	_cleanup_examination_ struct examination examination = { 0 };
	_cleanup_doctor_report_ struct doctor_report report = { 0 };
	enum exit_code code;

	if (examination_read(settings->devices[0], &examination, error))
		return error->exit;
	if (doctor_judge(&examination.facts, &report)) {
		error_no_memory(error);
		return error->exit;
	}
	code = output_result(settings->json ? print_doctor_json(&report)
					    : print_doctor_text(&report, settings->devices[0]),
			     error);
	if (examination.facts.loaded_known && !examination.facts.loaded_count &&
	    !settings->devices[0])
		log_note("no device is loaded in this network namespace; to check one: portsieve "
			 "doctor DEV");
	if (code == EXIT_DONE && report.counts[DOCTOR_FAULT])
		return EXIT_FAILED;
	return code;
}

const struct command command_doctor = {
	.name = "doctor",
	.operands = "[DEV]",
	.devices_max = 1,
	.summary = "Find what is wrong with this machine or a device; change nothing",
	.details = "Without DEV: the machine and every loaded device. Each fault and warning comes "
		   "with the\ncommand that fixes it, if there is one. The exit status is 1 if "
		   "there is a fault.",
	.options = { &option_same_dev, &option_json },
	.run = doctor,
};
