/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Remembers how writing to stdout went. */
#include "base/output.h"

#include <errno.h>
#include <stdio.h>

int output_flush(void)
{
	static int failed; /* stdio forgets the bytes, and the reason */

	if ((fflush(stdout) || ferror(stdout)) && !failed)
		failed = errno ? errno : EIO;
	return -failed;
}
