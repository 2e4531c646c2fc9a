/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard and its Content-Security-Policy, both made by scripts/page from serve/web/. */
#ifndef PORTSIEVE_SERVE_PAGE_H
#define PORTSIEVE_SERVE_PAGE_H

#include <stddef.h>

#include "base/error.h"

enum { PAGE_CSP_BYTES = 600 };

struct page {
	const char *html; /* not terminated */
	size_t size;
	char csp[PAGE_CSP_BYTES]; /* allows the page's own script and style, and no others */
};

/* The page that `make` has built into the program. */
const struct page *page_built_in(void);

/*
 * Reads the page from a folder, for development. On success the caller frees ret_page->html.
 * Errors: a file is missing or too long.
 */
int page_read(const char *folder, struct page *ret_page, struct error *error);

#endif
