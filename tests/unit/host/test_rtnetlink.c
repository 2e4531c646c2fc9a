/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Stacked devices, by hand: which device is below which. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "host/rtnetlink.h"

/* Two devices in a bond with a VLAN in a bridge, and an unrelated device. */
enum { LO = 1, FIRST, SECOND, BOND, VLAN, BRIDGE, ALONE, BUSY };

static const struct link stack[] = {
	{ .ifindex = LO },
	{ .ifindex = FIRST, .master = BOND },
	{ .ifindex = SECOND, .master = BOND },
	{ .ifindex = BOND },
	{ .ifindex = VLAN, .master = BRIDGE, .below = BOND },
	{ .ifindex = BRIDGE },
	{ .ifindex = ALONE },
	{ .ifindex = BUSY, .below = BUSY },
};

static bool is_at_or_below(uint32_t ifindex, uint32_t upper)
{
	return links_is_at_or_below(stack, ARRAY_SIZE(stack), ifindex, upper);
}

static void a_device_is_below_all_that_are_stacked_on_it(void **state)
{
	(void)state;
	for (uint32_t lower = FIRST; lower <= BRIDGE; lower++)
		assert_true(is_at_or_below(lower, BRIDGE));
	assert_true(is_at_or_below(SECOND, BOND));
	assert_true(is_at_or_below(BOND, VLAN));
}

static void and_below_no_other(void **state)
{
	(void)state;
	assert_false(is_at_or_below(BRIDGE, VLAN));
	assert_false(is_at_or_below(VLAN, BOND));
	assert_false(is_at_or_below(FIRST, SECOND));
	assert_false(is_at_or_below(ALONE, BRIDGE));
	assert_false(is_at_or_below(FIRST, ALONE));
	assert_true(is_at_or_below(ALONE, ALONE));
}

static void no_device_is_below_none(void **state)
{
	(void)state;
	assert_false(is_at_or_below(0, BRIDGE));
	assert_false(is_at_or_below(LO, 0));
	assert_false(is_at_or_below(0, 0));
}

/* The kernel has no loops, but a list that changes while it is read may. */
static void a_circle_ends(void **state)
{
	(void)state;
	assert_false(is_at_or_below(LO, BUSY));
}

/* The deepest stack that the kernel allows, and one deeper. */
static void the_depth_has_a_limit(void **state)
{
	struct link tower[10];

	(void)state;
	for (uint32_t i = 0; i < ARRAY_SIZE(tower); i++)
		tower[i] = (struct link){ .ifindex = i + 1, .below = i };
	assert_true(links_is_at_or_below(tower, ARRAY_SIZE(tower), 1, 9));
	assert_false(links_is_at_or_below(tower, ARRAY_SIZE(tower), 1, 10));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_device_is_below_all_that_are_stacked_on_it),
		cmocka_unit_test(and_below_no_other),
		cmocka_unit_test(no_device_is_below_none),
		cmocka_unit_test(a_circle_ends),
		cmocka_unit_test(the_depth_has_a_limit),
	};

	return cmocka_run_group_tests_name("rtnetlink", tests, NULL, NULL);
}
