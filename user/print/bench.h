/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of `bench`. Each returns 0 or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_BENCH_H
#define PORTSIEVE_PRINT_BENCH_H

#include "datapath/bench.h"

int print_bench_text(const struct bench *bench);
int print_bench_json(const struct bench *bench);

#endif
