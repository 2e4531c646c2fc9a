/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index finds what was entered and nothing else, full and with colliding hashes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/hash.h"

enum { ELEMENTS = 1000 };

static uint32_t values[ELEMENTS];

static bool is_value(uint32_t number, const void *key)
{
	return values[number] == *(const uint32_t *)key;
}

static void assert_finds_all(uint32_t (*hash)(uint32_t value))
{
	struct hash_index index;

	assert_int_equal(hash_index_init(&index, ELEMENTS), 0);
	for (uint32_t i = 0; i < ELEMENTS; i++) {
		uint32_t *slot;

		values[i] = 7 * i;
		slot = hash_index_find(&index, hash(values[i]), is_value, &values[i]);
		assert_int_equal(*slot, 0);
		*slot = i + 1;
	}
	for (uint32_t value = 0; value < 7 * ELEMENTS; value++) {
		uint32_t number = *hash_index_find(&index, hash(value), is_value, &value);

		assert_int_equal(number, value % 7 ? 0 : value / 7 + 1);
	}
	hash_index_free(&index);
	assert_null(index.slots);
}

static uint32_t good_hash(uint32_t value)
{
	return hash_bytes(0, &value, sizeof(value));
}

static uint32_t bad_hash(uint32_t value)
{
	return value % 3 ? UINT32_MAX : 0; /* the last slot, so that probing wraps around */
}

static void finds_what_was_entered(void **state)
{
	(void)state;
	assert_finds_all(good_hash);
}

static void finds_it_where_all_collide(void **state)
{
	(void)state;
	assert_finds_all(bad_hash);
}

static void holds_the_stated_number_half_empty(void **state)
{
	(void)state;
	for (uint32_t elements = 0; elements <= 1025; elements++) {
		struct hash_index index;

		assert_int_equal(hash_index_init(&index, elements), 0);
		assert_true(index.mask + 1 >= 2 * elements);
		assert_int_equal(index.mask & (index.mask + 1), 0);
		hash_index_free(&index);
	}
}

/* FNV-1a of "foobar" from the published test vectors, before folding. */
static void bytes_are_hashed_by_fnv_1a(void **state)
{
	const uint32_t fnv = 0xbf9cf968;

	(void)state;
	assert_int_equal(hash_bytes(0, "foobar", 6), fnv ^ fnv >> 15);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_what_was_entered),
		cmocka_unit_test(finds_it_where_all_collide),
		cmocka_unit_test(holds_the_stated_number_half_empty),
		cmocka_unit_test(bytes_are_hashed_by_fnv_1a),
	};

	return cmocka_run_group_tests_name("hash", tests, NULL, NULL);
}
