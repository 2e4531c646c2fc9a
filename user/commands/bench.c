/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve bench: the cost of a packet on this machine. */
#include "base/output.h"
#include "commands/command.h"
#include "print/bench.h"

static enum exit_code run_bench(const struct settings *settings, struct error *error)
{
	struct bench bench = { 0 };

	if (bench_run(&bench, error))
		return error->exit;
	return output_result(settings->json ? print_bench_json(&bench) : print_bench_text(&bench),
			     error);
}

const struct command command_bench = {
	.name = "bench",
	.operands = "",
	.summary = "Measure the cost of a packet, without using an interface",
	.options = { &option_json },
	.run = run_bench,
};
