/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only place that ends the process. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"

int main(int argc, char **argv)
{
	enum exit_code code = command_main(argc, argv);

	/* a full disk or a closed pipe must not look like success */
	if (fflush(stdout) || ferror(stdout)) {
		fprintf(stderr, "portsieve: cannot write the output: %s\n", strerror(errno));
		exit(EXIT_FAILED);
	}
	exit(code);
}
