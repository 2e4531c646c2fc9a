/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only place that ends the process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "datapath/datapath.h"
#include "base/log.h"
#include "base/output.h"

/* Whoever reads only the exit status, or the output, must not take what was done for undone. */
static void fail_output(int errnum, enum command_changes changes)
{
	static const char *const forms[] = {
		[CHANGES_NOTHING] = "cannot write the output: %s",
		[CHANGES_PART] = "the change is made in part, but the output cannot be written: %s",
		[CHANGES_ALL] = "the change is made, but the output cannot be written: %s",
	};
	struct error error = { 0 };

	error_set(&error, errnum, EXIT_FAILED, forms[changes], strerror(errnum));
	log_error(&error);
}

int main(int argc, char **argv)
{
	enum command_changes changes = CHANGES_NOTHING;
	enum exit_code code;
	int r;

	if (getenv("PORTSIEVE_DEBUG"))
		datapath_debug(log_debug);
	code = command_main(argc, argv, &changes);
	r = output_flush();
	/* a full disk or a closed pipe must not look like success */
	if (r) {
		fail_output(-r, changes);
		code = EXIT_FAILED;
	}
	exit(code);
}
