/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `resized_device DEV ROWS` gives a loaded device counters with that many rows, as an older version
 * did. */
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>

#include "datapath/resize.h"
#include "datapath/stale.h"

static int resize(const struct datapath *datapath, const char *device, uint32_t rows,
		  struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_program_ struct program program = { 0 };
	struct program_options options = { .counters_rows = rows };
	uint32_t ifindex = if_nametoindex(device);
	int r = attachment_require(datapath, ifindex, &attachment, error);

	if (r)
		return r;
	attachment_share(&attachment, &options);
	r = successor_load(datapath, &attachment, &options, SUCCESSOR_RESIZES, &program, error);
	if (!r)
		r = successor_put_on(datapath, device, &attachment, &program, error);
	if (!r)
		r = resize_finish(datapath, ifindex, error);
	stale_remove_all(datapath);
	return r;
}

int main(int argc, char **argv)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	struct error error = { 0 };
	char text[1024];

	if (argc != 3) {
		fprintf(stderr, "usage: resized_device DEV ROWS\n");
		return 2;
	}
	if (datapath_open(DATAPATH_WRITE, NULL, &datapath, &error) ||
	    resize(&datapath, argv[1], (uint32_t)strtoul(argv[2], NULL, 10), &error)) {
		fprintf(stderr, "resized_device: %s\n", error_format(&error, text, sizeof(text)));
		return 1;
	}
	return 0;
}
