/* SPDX-License-Identifier: GPL-2.0-or-later */
/* device_names(): few names, and more than fit. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "datapath/device_names.h"

enum { DEVICES = 400 };

static struct datapath_device devices[DEVICES];

/* `count` devices with names of `letters` letters. */
static const struct datapath_device *named(size_t count, int letters)
{
	memset(devices, 0, sizeof(devices));
	for (size_t i = 0; i < count; i++)
		memset(devices[i].name, 'a' + (char)(i % 26), (size_t)letters);
	return devices;
}

static void few_are_all_named(void **state)
{
	(void)state;
	assert_string_equal(device_names(named(1, 4), 1).text, "aaaa");
	assert_string_equal(device_names(named(3, 2), 3).text, "aa, bb, cc");
	assert_string_equal(device_names(named(0, 1), 0).text, "");
	named(2, 2);
	devices[1].moved = true;
	devices[1].ifindex = 5;
	assert_string_equal(device_names(devices, 2).text, "aa, (index 5, moved away)");
}

static void controls_are_replaced(void **state)
{
	(void)state;
	named(2, 2);
	strcpy(devices[0].name, "\033[31m\a\x7f");
	strcpy(devices[1].name, "\xc2\x9b"
				"m\xff"
				"\xc3\xa9");
	assert_string_equal(device_name(&devices[0]).text, "?[31m??");
	assert_string_equal(device_names(devices, 2).text, "?[31m??, ??m?\xc3\xa9");
}

/* Parses "a, b, and 7 others": returns the numbers of names and others; -1: another form. */
static int named_and_others(const char *text, int letters)
{
	const char *end = strstr(text, ", and ");
	size_t length = end ? (size_t)(end - text) : strlen(text);
	unsigned int others = 0;
	char word[16] = "", rest = 0;

	if (end && (sscanf(end, ", and %u %15s%c", &others, word, &rest) != 2 ||
		    strcmp(word, others == 1 ? "other" : "others") != 0))
		return -1;
	if ((length + 2) % ((size_t)letters + 2))
		return -1;
	return (int)((length + 2) / ((size_t)letters + 2) + others);
}

/* For any length of names, the text fits, ends at a whole name, and accounts for all devices. */
static void many_are_counted(void **state)
{
	(void)state;
	for (int letters = 1; letters < IF_NAMESIZE; letters++)
		for (size_t count = 1; count <= DEVICES; count++) {
			struct device_names names = device_names(named(count, letters), count);

			if (!memchr(names.text, '\0', sizeof(names.text)) ||
			    named_and_others(names.text, letters) != (int)count)
				fail_msg("%zu devices of %d letters: %.*s", count, letters,
					 (int)sizeof(names.text), names.text);
		}
}

/* Each name but the last leaves 48 of the 256 bytes for the number of others. */
static void the_room_is_used(void **state)
{
	struct device_names names = device_names(named(72, 1), 72);

	(void)state;
	assert_non_null(strstr(names.text, ", q, r, and 2 others"));
	assert_null(strstr(device_names(named(71, 1), 71).text, "other"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(few_are_all_named),
		cmocka_unit_test(controls_are_replaced),
		cmocka_unit_test(many_are_counted),
		cmocka_unit_test(the_room_is_used),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
