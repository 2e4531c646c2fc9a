/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flushing stdout, and remembering failures. */
#include "base/output.h"

#include <errno.h>
#include <stdio.h>

int output_flush(void)
{
	static int failed; /* after a failure stdio forgets the bytes and the reason */

	if ((fflush(stdout) || ferror(stdout)) && !failed)
		failed = errno ? errno : EIO;
	return -failed;
}

enum exit_code output_result(int r, struct error *error)
{
	if (!r)
		return EXIT_DONE;
	error_no_memory(error);
	return error->exit;
}
