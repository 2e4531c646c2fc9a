/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Dropping privileges, for a process that serves untrusted clients. */
#ifndef PORTSIEVE_SANDBOX_H
#define PORTSIEVE_SANDBOX_H

#include "base/error.h"

/*
 * As root: becomes the user `portsieve`, with the group of that name and no capabilities, and gives
 * it the file at that path (NULL: none). Others stay who they are, without capabilities.
 */
int sandbox_drop_root(const char *path, struct error *error);

/*
 * Forbids the process to write, create or execute files, and to remove any outside the folder of
 * `path` (NULL: any at all). Open files stay usable. Best effort: -ENOSYS or -EOPNOTSUPP if the
 * kernel has no Landlock.
 */
int sandbox_limit_files(const char *path);

/*
 * Limits the process to the system calls that serving needs; of bpf(), only opening pins and
 * look-ups. All others fail with EPERM.
 */
int sandbox_limit_calls(struct error *error);

#endif
