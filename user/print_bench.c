/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `bench` measured, as a table and as JSON. */
#include "print_bench.h"

#include <errno.h>
#include <string.h>

#include "print.h"
#include "print_json.h"
#include "table.h"

static void add_program(struct table *table, const struct bench *bench, int program)
{
	struct table_row *row = table_add(table, TABLE_PLAIN);

	strcpy(row->cells[0], bench_program_name(program));
	for (int packet = 0; packet < BENCH_PACKETS; packet++) {
		const uint32_t *ns = bench->ns[program][packet];

		snprintf(row->cells[1 + packet], TABLE_CELL_MAX, "%u (%u-%u)", ns[BENCH_ROUNDS / 2],
			 ns[0], ns[BENCH_ROUNDS - 1]);
	}
}

int print_bench_text(const struct bench *bench)
{
	_cleanup_table_ struct table table = { .columns = 1 + BENCH_PACKETS, .right = ~1u };
	struct table_row *heading = table_add(&table, TABLE_HEADING);

	strcpy(heading->cells[0], "PROGRAM");
	for (int packet = 0; packet < BENCH_PACKETS; packet++)
		strcpy(heading->cells[1 + packet], bench_packet_name(packet));
	for (int program = 0; program < BENCH_PROGRAMS; program++)
		add_program(&table, bench, program);
	printf("Nanoseconds a packet: median of %d rounds (least-most), on one CPU\n\n",
	       BENCH_ROUNDS);
	if (table_print(&table, 2, stdout))
		return -ENOMEM;
	printf("\nThe empty program is what the loop that measures costs by itself: the difference "
	       "is what the\n"
	       "filter adds to a packet. No interface was touched.\n");
	return 0;
}

static json_object *result_object(const struct bench *bench, int program, int packet)
{
	const uint32_t *ns = bench->ns[program][packet];
	json_object *object = json_object_new_object();

	json_object_object_add(object, "program",
			       json_object_new_string(bench_program_name(program)));
	json_object_object_add(object, "packet", json_object_new_string(bench_packet_name(packet)));
	json_object_object_add(object, "median_ns", json_object_new_int64(ns[BENCH_ROUNDS / 2]));
	json_object_object_add(object, "least_ns", json_object_new_int64(ns[0]));
	json_object_object_add(object, "most_ns", json_object_new_int64(ns[BENCH_ROUNDS - 1]));
	json_object_object_add(
		object, "net_ns",
		json_object_new_int64((int64_t)ns[BENCH_ROUNDS / 2] -
				      bench->ns[BENCH_EMPTY][packet][BENCH_ROUNDS / 2]));
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
