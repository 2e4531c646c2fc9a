/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve bench: what a packet costs on this machine. */
#include <errno.h>

#include "commands/command.h"
#include "print/bench.h"

static enum exit_code run_bench(const struct settings *settings, int count, char **operands,
				struct error *error)
{
	struct bench bench = { 0 };
	int r = bench_run(&bench, error);

	(void)count;
	(void)operands;
	if (r)
		return error->exit;
	r = settings->json ? print_bench_json(&bench) : print_bench_text(&bench);
	if (r)
		error_no_memory(error);
	return r ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_bench = {
	.name = "bench",
	.operands = "",
	.summary = "Measure what a packet costs on this machine, without touching an interface",
	.options = { &option_json },
	.run = run_bench,
};
