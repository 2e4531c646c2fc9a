/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Giving up rights, for a process that talks to strangers. */
#ifndef PORTSIEVE_SANDBOX_H
#define PORTSIEVE_SANDBOX_H

#include "base/error.h"

/*
 * As root: becomes the user `portsieve`, with the group of that name and no capabilities, and gives
 * it the file at that path (NULL: none). Others stay who they are, without capabilities.
 */
int sandbox_drop_root(const char *path, struct error *error);

/*
 * From now on the process can write, make and execute no file, and remove none but in the folder of
 * that path (NULL: nowhere); what it has open stays. Best effort: -ENOSYS or -EOPNOTSUPP if the
 * kernel has no Landlock.
 */
int sandbox_limit_files(const char *path);

/*
 * From now on the process can make only the system calls of a reader that serves: of bpf() only
 * opening pins and look-ups. All others fail with EPERM.
 */
int sandbox_limit_calls(struct error *error);

#endif
