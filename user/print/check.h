/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `check` says of a policy that is good. Each returns 0, or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_CHECK_H
#define PORTSIEVE_PRINT_CHECK_H

#include "control/ruleset.h"

int print_check_text(const char *path, const struct ruleset *ruleset);
int print_check_json(const char *path, const struct ruleset *ruleset);

#endif
