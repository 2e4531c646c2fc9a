/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are not Ethernet captures, or cannot be read: each is refused with a message. */
#include "capture_draft.h"

#include <sys/stat.h>

static void a_file_header_that_breaks_off_is_no_capture(void **state)
{
	(void)state;
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, ETHERNET);
	for (size_t size = 0; size < draft.at; size++)
		expect_refusal(size, -EINVAL, "is not a capture in pcap or pcapng form: ");
	begin_pcapng(false, ETHERNET, true);
	for (size_t size = 0; size < draft.at; size++)
		expect_refusal(size, -EINVAL, "is not a capture in pcap or pcapng form: ");
}

static void other_link_types_are_named(void **state)
{
	(void)state;
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, RAW_IP);
	expect_refusal(draft.at, -EINVAL, "has link type RAW (12), not Ethernet");
	begin_pcap(true, NANOSECONDS, SNAPLEN_USUAL, LINUX_COOKED);
	expect_refusal(draft.at, -EINVAL, "has link type LINUX_SLL (113), not Ethernet");
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, 0xfff);
	expect_refusal(draft.at, -EINVAL, "has link type unknown (4095), not Ethernet");
	begin_pcapng(false, LINUX_COOKED, true);
	expect_refusal(draft.at, -EINVAL, "has link type LINUX_SLL (113), not Ethernet");
}

static void what_is_no_capture_is_refused(void **state)
{
	(void)state;
	memcpy(draft.bytes, "version: 1\ndefault: drop\n# a policy, not a capture\n", 50);
	expect_refusal(50, -EINVAL, "is not a capture in pcap or pcapng form: unknown file format");
	memset(draft.bytes, 0, 4096);
	expect_refusal(4096, -EINVAL, "is not a capture in pcap or pcapng form: ");
}

static void expect_path_refused(const char *path, int code, const char *words)
{
	struct capture *capture = NULL;

	error = (struct error){ 0 };
	assert_int_equal(capture_open(path, &capture, &error), code);
	assert_null(capture);
	assert_int_equal(error.exit, EXIT_USAGE);
	if (!strstr(error.text, words))
		fail_msg("%s", error.text);
}

static void a_directory_and_a_missing_file_are_named(void **state)
{
	(void)state;
	expect_path_refused("/tmp", -EISDIR, "/tmp is a directory; name a capture");
	expect_path_refused("/nowhere/x.pcap", -ENOENT,
			    "cannot read /nowhere/x.pcap: No such file or directory");
	expect_path_refused("", -ENOENT, "cannot read : No such file or directory");
}

static void a_file_without_the_right_to_read_is_named(void **state)
{
	char path[] = "/tmp/test_capture-XXXXXX";
	_cleanup_close_ int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, 0), 0);
	assert_int_equal(seteuid(65534), 0);
	expect_path_refused(path, -EACCES, "Permission denied");
	assert_int_equal(seteuid(0), 0);
	unlink(path);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_header_that_breaks_off_is_no_capture),
		cmocka_unit_test(other_link_types_are_named),
		cmocka_unit_test(what_is_no_capture_is_refused),
		cmocka_unit_test(a_directory_and_a_missing_file_are_named),
		cmocka_unit_test(a_file_without_the_right_to_read_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
