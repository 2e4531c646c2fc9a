/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The dashboard and its Content-Security-Policy, as scripts/page makes both of serve/web/. */
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

/* What `make` has built into the program. */
const struct page *page_built_in(void);

/*
 * The page in a folder, for those who work on it. On success the caller frees ret_page->html.
 * Errors: a file is missing, or longer than a page.
 */
int page_read(const char *folder, struct page *ret_page, struct error *error);

#endif
