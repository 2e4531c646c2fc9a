/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only place that ends the process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/output.h"
#include "commands/command.h"
#include "datapath/datapath.h"

int main(int argc, char **argv)
{
	/* A failed write of the output does not undo the change: the message says so. */
	static const char *const output_errors[] = {
		[CHANGES_NOTHING] = "cannot write the output: %s",
		[CHANGES_PART] = "the change is made in part, but the output cannot be written: %s",
		[CHANGES_ALL] = "the change is made, but the output cannot be written: %s",
	};
	enum command_changes changes = CHANGES_NOTHING;
	enum exit_code code;
	int r;

	if (getenv("PORTSIEVE_DEBUG"))
		datapath_debug(log_debug);
	code = command_main(argc, argv, &changes);
	r = output_flush();
	if (r) {
		struct error error = { 0 };

		if (code != EXIT_USAGE) /* which `diff --exit-code` uses for this too */
			code = EXIT_FAILED;
		error_set(&error, -r, code, output_errors[changes], strerror(-r));
		log_error(&error);
	}
	exit(code);
}
