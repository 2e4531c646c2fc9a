/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The results of `bench`, as tables and as JSON. */
#include "print/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text_table.h"
#include "print/json.h"

/* A row per program: the measured times or, if `net`, the excess over the empty program. */
static int print_table(const struct bench *bench, bool net)
{
	_cleanup_table_ struct table table = { .columns = 1 + BENCH_PACKETS, .right = ~1u };
	struct table_row *row = table_add(&table, TABLE_HEADING);

	strcpy(row->cells[0], "PROGRAM");
	for (int packet = 0; packet < BENCH_PACKETS; packet++)
		strcpy(row->cells[1 + packet], bench_packet_name(packet));
	for (int program = net ? BENCH_EMPTY + 1 : 0; program < BENCH_PROGRAMS; program++) {
		row = table_add(&table, TABLE_PLAIN);
		strcpy(row->cells[0], bench_program_name(program));
		for (int packet = 0; packet < BENCH_PACKETS; packet++) {
			const uint32_t *ns = bench->ns[program][packet];
			char *cell = row->cells[1 + packet];

			if (net)
				snprintf(cell, TABLE_CELL_MAX, "%" PRId64 " %s",
					 bench_net_ns(bench, program, packet),
					 bench->dropped[program][packet] ? "drop" : "pass");
			else
				snprintf(cell, TABLE_CELL_MAX, "%u (%u-%u)",
					 bench_median_ns(bench, program, packet), ns[0],
					 ns[BENCH_ROUNDS - 1]);
		}
	}
	return table_print(&table, 2, stdout);
}

int print_bench_text(const struct bench *bench)
{
	printf("Nanoseconds per packet: median of %d rounds (minimum-maximum), on one CPU\n\n",
	       BENCH_ROUNDS);
	if (print_table(bench, false))
		return -ENOMEM;
	printf("\nThe empty program shows the cost of the measuring loop. The filter's own cost, "
	       "without it,\nand the packet's verdict:\n\n");
	if (print_table(bench, true))
		return -ENOMEM;
	printf("\nNo interface was touched.\n");
	return 0;
}

int print_bench_json(const struct bench *bench)
{
	json_object *document = json_document();
	json_object *results = json_object_new_array();

	for (int program = 0; program < BENCH_PROGRAMS; program++)
		for (int packet = 0; packet < BENCH_PACKETS; packet++) {
			const uint32_t *ns = bench->ns[program][packet];
			json_object *row = json_object_new_object();

			json_add_text(row, "program", bench_program_name(program));
			json_add_text(row, "packet", bench_packet_name(packet));
			json_add_text(row, "verdict",
				      bench->dropped[program][packet] ? "drop" : "pass");
			json_add_number(row, "median_ns", bench_median_ns(bench, program, packet));
			json_add_number(row, "least_ns", ns[0]);
			json_add_number(row, "most_ns", ns[BENCH_ROUNDS - 1]);
			json_object_object_add(/* may be negative */
					       row, "net_ns",
					       json_object_new_int64(
						       bench_net_ns(bench, program, packet)));
			json_object_array_add(results, row);
		}
	json_add_number(document, "rounds", BENCH_ROUNDS);
	json_object_object_add(document, "results", results);
	return print_json(document);
}
