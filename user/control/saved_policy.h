/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Policy files written by `save`: the text, with a digest by which a later `save` sees whether the
 * file was changed since, and writing them without losing the work of others.
 */
#ifndef PORTSIEVE_CONTROL_SAVED_POLICY_H
#define PORTSIEVE_CONTROL_SAVED_POLICY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

/*
 * The policy's text with a heading that contains its digest; the caller frees it. NULL: out of
 * memory.
 */
char *saved_policy_text(const char *text);

/*
 * Writes the file by renaming a temporary one. It keeps its owner and mode; a new file has mode
 * 0644. An existing file must have the digest `applied`, or be written by `save` and unchanged
 * since, unless `force`: else -EEXIST. If not written by `save`, it is kept as PATH~, and *ret_kept
 * is true. On failure, with the error filled in, the file is unchanged.
 */
int saved_policy_write(const char *path, const char *text, const uint8_t applied[32], bool force,
		       bool *ret_kept, struct error *error);

#endif
