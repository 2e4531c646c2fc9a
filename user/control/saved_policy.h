/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policy files as `save` writes them: the text, with a digest by which a later `save` knows that
 * nobody has changed the file since, and writing them without losing what others have written.
 */
#ifndef PORTSIEVE_CONTROL_SAVED_POLICY_H
#define PORTSIEVE_CONTROL_SAVED_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/* The policy's text with a heading that has its digest; the caller frees it. NULL: no memory. */
char *saved_policy_text(const char *text);

/*
 * Puts the text into the file by renaming a temporary one; the file keeps its owner and mode, a new
 * one has 0644. One that exists must be of these bytes (`applied`), or be written by `save` and
 * unchanged since, or `force` be given: else -EEXIST. Unless `save` has written it, it stays as
 * PATH~, and *ret_kept is true. Errors have the text filled in; the file is then as before.
 */
int saved_policy_write(const char *path, const char *text, const uint8_t applied[32], bool force,
		       bool *ret_kept, struct error *error);

#endif
