/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The output of `learn`: a policy with comments, or JSON. Each returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_LEARN_H
#define PORTSIEVE_PRINT_LEARN_H

#include "analysis/learn.h"

int print_learned_text(const struct learned *learned);
int print_learned_json(const struct learned *learned);

#endif
