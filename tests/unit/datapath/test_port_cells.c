/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cells of two CPUs, as a reader may see them while the program counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "datapath/port_cells.h"

enum { PORT = 7, CPUS = 2 };

static const struct {
	const char *name;
	uint64_t before, after; /* the sum */
	uint16_t cells[CPUS];
	int64_t packets; /* -1: read again */
} cases[] = {
	{ "nothing was counted", 0, 0, { 0, 0 }, 0 },
	{ "both CPUs have counted", 0, 0, { 3, 5 }, 8 },
	{ "a full cell is not settled yet", 0, 0, { 0x8000, 5 }, -1 },
	{ "it is settled", 0x8000, 0x8000, { 0x8000, 5 }, 0x8005 },
	{ "it was settled between two readings of the sum", 0, 0x8000, { 0x7fff, 5 }, -1 },
	{ "and its cell was read after that", 0, 0x8000, { 0x8001, 5 }, -1 },
	{ "two were settled between two readings of the sum", 0, 0x10000, { 0x7fff, 0x7ffe }, -1 },
	{ "a cell that has wrapped around is not settled yet", 0x8000, 0x8000, { 0, 1 }, -1 },
	{ "it is settled, too", 0x10000, 0x10000, { 0, 1 }, 0x10001 },
	{ "both cells are full once", 0x10000, 0x10000, { 0x8000, 0x8002 }, 0x10002 },
	{ "the most that two cells hold", 0x10000, 0x10000, { 0xffff, 0xffff }, 0x1fffe },
};

static void the_sum_and_all_cells_or_read_again(void **state)
{
	static struct portsieve_port_sums before, after;
	static struct portsieve_port_cells cells[CPUS];
	static uint64_t packets[PORTSIEVE_PORT_BLOCK];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		int r;

		before.spilled[PORT] = cases[i].before;
		after.spilled[PORT] = cases[i].after;
		for (int cpu = 0; cpu < CPUS; cpu++)
			cells[cpu].cell[PORT] = cases[i].cells[cpu];
		r = port_cells_add_up(&before, &after, cells, CPUS, (__u64 *)packets);
		if (r != (cases[i].packets < 0 ? -EAGAIN : 0) ||
		    (!r && packets[PORT] != (uint64_t)cases[i].packets))
			fail_msg("%s: %d, %lu packets", cases[i].name, r, packets[PORT]);
	}
}

/* A CPU may stop half way through a spill for longer than readers retry. */
static void the_ports_beside_one_that_is_not_settled_are_added_up(void **state)
{
	static struct portsieve_port_sums sums;
	static struct portsieve_port_cells cells[CPUS];
	static uint64_t packets[PORTSIEVE_PORT_BLOCK];

	(void)state;
	packets[PORT + 1] = 12345;
	cells[0].cell[PORT] = 0x8000;
	cells[1].cell[PORT + 1] = 3;
	assert_int_equal(port_cells_add_up(&sums, &sums, cells, CPUS, (__u64 *)packets), -EAGAIN);
	assert_int_equal(packets[PORT], 0);
	assert_int_equal(packets[PORT + 1], 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_sum_and_all_cells_or_read_again),
		cmocka_unit_test(the_ports_beside_one_that_is_not_settled_are_added_up),
	};

	return cmocka_run_group_tests_name("port_cells", tests, NULL, NULL);
}
