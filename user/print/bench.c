/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `bench` measured, as a table and as JSON. */
#include "print/bench.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "print/json.h"
#include "base/text_table.h"

static struct table_row *add_program(struct table *table, int program)
{
	struct table_row *row = table_add(table, TABLE_PLAIN);

	strcpy(row->cells[0], bench_program_name(program));
	return row;
}

static void add_heading(struct table *table)
{
	struct table_row *heading = table_add(table, TABLE_HEADING);

	strcpy(heading->cells[0], "PROGRAM");
	for (int packet = 0; packet < BENCH_PACKETS; packet++)
		strcpy(heading->cells[1 + packet], bench_packet_name(packet));
}

static int print_measured(const struct bench *bench)
{
	_cleanup_table_ struct table table = { .columns = 1 + BENCH_PACKETS, .right = ~1u };

	add_heading(&table);
	for (int program = 0; program < BENCH_PROGRAMS; program++) {
		struct table_row *row = add_program(&table, program);

		for (int packet = 0; packet < BENCH_PACKETS; packet++)
			snprintf(row->cells[1 + packet], TABLE_CELL_MAX, "%u (%u-%u)",
				 bench_median_ns(bench, program, packet),
				 bench->ns[program][packet][0],
				 bench->ns[program][packet][BENCH_ROUNDS - 1]);
	}
	return table_print(&table, 2, stdout);
}

static int print_net(const struct bench *bench)
{
	_cleanup_table_ struct table table = { .columns = 1 + BENCH_PACKETS, .right = ~1u };

	add_heading(&table);
	for (int program = BENCH_EMPTY + 1; program < BENCH_PROGRAMS; program++) {
		struct table_row *row = add_program(&table, program);

		for (int packet = 0; packet < BENCH_PACKETS; packet++)
			snprintf(row->cells[1 + packet], TABLE_CELL_MAX, "%" PRId64 "%s",
				 bench_net_ns(bench, program, packet),
				 bench->dropped[program][packet] ? " drop" : " pass");
	}
	return table_print(&table, 2, stdout);
}

int print_bench_text(const struct bench *bench)
{
	printf("Nanoseconds a packet: median of %d rounds (least-most), on one CPU\n\n",
	       BENCH_ROUNDS);
	if (print_measured(bench))
		return -ENOMEM;
	printf("\nThe empty program is what the loop that measures costs by itself. What the "
	       "filter adds to it,\n"
	       "and what becomes of the packet:\n\n");
	if (print_net(bench))
		return -ENOMEM;
	printf("\nNo interface was touched.\n");
	return 0;
}

static json_object *result_object(const struct bench *bench, int program, int packet)
{
	const uint32_t *ns = bench->ns[program][packet];
	json_object *object = json_object_new_object();

	json_object_object_add(object, "program",
			       json_object_new_string(bench_program_name(program)));
	json_object_object_add(object, "packet", json_object_new_string(bench_packet_name(packet)));
	json_object_object_add(
		object, "verdict",
		json_object_new_string(bench->dropped[program][packet] ? "drop" : "pass"));
	json_object_object_add(object, "median_ns",
			       json_object_new_int64(bench_median_ns(bench, program, packet)));
	json_object_object_add(object, "least_ns", json_object_new_int64(ns[0]));
	json_object_object_add(object, "most_ns", json_object_new_int64(ns[BENCH_ROUNDS - 1]));
	json_object_object_add(object, "net_ns",
			       json_object_new_int64(bench_net_ns(bench, program, packet)));
	return object;
}

int print_bench_json(const struct bench *bench)
{
	json_object *document = json_document();
	json_object *results = json_object_new_array();

	for (int program = 0; program < BENCH_PROGRAMS; program++)
		for (int packet = 0; packet < BENCH_PACKETS; packet++)
			json_object_array_add(results, result_object(bench, program, packet));
	json_object_object_add(document, "rounds", json_object_new_int(BENCH_ROUNDS));
	json_object_object_add(document, "results", results);
	return print_json(document);
}
