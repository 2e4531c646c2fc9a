/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard: built into the program, or read from a folder. */
#include "serve/page.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "serve/page_data.inc"

enum { PAGE_BYTES_MAX = 1 << 22 };

static_assert(sizeof(page_csp) <= PAGE_CSP_BYTES);

const struct page *page_built_in(void)
{
	static struct page page = {
		.html = (const char *)page_html,
		.size = sizeof(page_html),
	};

	memcpy(page.csp, page_csp, sizeof(page_csp));
	return &page;
}

/* Reads a file of less than `room` bytes. Returns -errno; -EFBIG: it is longer. */
static int read_file(const char *folder, const char *name, char *buffer, size_t room,
		     size_t *ret_size, struct error *error)
{
	char path[PATH_MAX];
	FILE *file;
	size_t size;
	int r = 0;

	if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= (int)sizeof(path))
		return error_set(error, ENAMETOOLONG, EXIT_FAILED, "%s: the path is too long",
				 folder);
	file = fopen(path, "re");
	if (!file)
		return error_set(error, errno, EXIT_FAILED,
				 "cannot open %s: %s; create it by: scripts/page %s", path,
				 strerror(errno), folder);
	size = fread(buffer, 1, room, file);
	if (ferror(file))
		r = error_set(error, EIO, EXIT_FAILED, "cannot read %s", path);
	else if (size == room)
		r = error_set(error, EFBIG, EXIT_FAILED, "%s is longer than %zu bytes", path,
			      room - 1);
	fclose(file);
	*ret_size = size;
	return r;
}

int page_read(const char *folder, struct page *ret_page, struct error *error)
{
	_cleanup_free_ char *html = malloc(PAGE_BYTES_MAX);
	struct page page = { 0 };
	size_t csp_size;
	int r;

	if (!html)
		return error_no_memory(error);
	r = read_file(folder, "index.html", html, PAGE_BYTES_MAX, &page.size, error)
		    ?: read_file(folder, "csp", page.csp, sizeof(page.csp) - 1, &csp_size, error);
	if (r)
		return r;
	page.csp[strcspn(page.csp, "\r\n")] = '\0';
	page.html = html;
	html = NULL;
	*ret_page = page;
	return 0;
}
