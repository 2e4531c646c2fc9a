/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Flushing stdout, and remembering failures. */
#include "base/output.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int output_flush(void)
{
	static int failed; /* after a failure stdio forgets the bytes and the reason */

	if ((fflush(stdout) || ferror(stdout)) && !failed)
		failed = errno ? errno : EIO;
	return -failed;
}

int output_capture_start(struct output_capture *ret_capture)
{
	struct output_capture *capture = ret_capture;
	FILE *memory = open_memstream(&capture->text, &capture->size);

	if (!memory)
		return -ENOMEM;
	capture->stdout_before = stdout;
	stdout = memory;
	return 0;
}

int output_capture_end(struct output_capture *capture, char **ret_text, size_t *ret_size)
{
	int r = ferror(stdout) ? -ENOMEM : 0;

	if (fclose(stdout))
		r = -ENOMEM;
	stdout = capture->stdout_before;
	if (r) {
		free(capture->text);
		return r;
	}
	*ret_text = capture->text;
	*ret_size = capture->size;
	return 0;
}

enum exit_code output_result(int r, struct error *error)
{
	if (!r)
		return EXIT_DONE;
	error_no_memory(error);
	return error->exit;
}
