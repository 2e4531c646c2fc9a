/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures written byte by byte: pcap and pcapng of either byte order, cut packets, files that
 * break off, and files that are no captures of Ethernet.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* the reader, not tests/unit/capture.h */
#include "../../user/capture.h"
#include "cleanup.h"

enum {
	FILE_BYTES_MAX = 300000,
	ETHERNET = 1,
	RAW_IP = 101,
	LINUX_COOKED = 113,
	MICROSECONDS = 0xa1b2c3d4,
	NANOSECONDS = 0xa1b23c4d,
	SNAPLEN_USUAL = 262144,
	LONGEST = 262144, /* bytes: what libpcap takes */
};

/* A file being written. */
struct draft {
	uint8_t bytes[FILE_BYTES_MAX];
	size_t at;
	bool big_endian;
};

static struct draft draft;

static void put(uint64_t value, int size)
{
	for (int i = 0; i < size; i++) {
		int shift = 8 * (draft.big_endian ? size - 1 - i : i);

		draft.bytes[draft.at++] = value >> shift;
	}
}

static void put_frame(size_t size)
{
	for (size_t i = 0; i < size; i++)
		draft.bytes[draft.at++] = i + size;
}

static void begin_pcap(bool big_endian, uint32_t magic, uint32_t snaplen, uint32_t link_type)
{
	draft.at = 0;
	draft.big_endian = big_endian;
	put(magic, 4);
	put(2, 2);
	put(4, 2);
	put(0, 8);
	put(snaplen, 4);
	put(link_type, 4);
}

static void put_record(uint32_t captured, uint32_t length)
{
	put(1, 4);
	put(2, 4);
	put(captured, 4);
	put(length, 4);
	put_frame(captured);
}

/* A block of pcapng; its body is written between. Returns what block_end needs. */
static size_t block_begin(uint32_t type)
{
	put(type, 4);
	put(0, 4);
	return draft.at;
}

static void block_end(size_t begin)
{
	size_t total, end;

	while (draft.at % 4)
		put(0, 1);
	total = draft.at - begin + 12;
	put(total, 4);
	end = draft.at;
	draft.at = begin - 4;
	put(total, 4);
	draft.at = end;
}

static void put_option(uint16_t code, const char *text)
{
	put(code, 2);
	put(strlen(text), 2);
	while (*text)
		put(*text++, 1);
	while (draft.at % 4)
		put(0, 1);
}

static void put_interface(uint16_t link_type, bool options)
{
	size_t block = block_begin(1);

	put(link_type, 2);
	put(0, 2);
	put(SNAPLEN_USUAL, 4);
	if (options) {
		put_option(2, "eth0");
		put_option(9, "\x09"); /* nanoseconds */
		put(0, 4);
	}
	block_end(block);
}

static void begin_pcapng(bool big_endian, uint16_t link_type, bool options)
{
	size_t block;

	draft.at = 0;
	draft.big_endian = big_endian;
	block = block_begin(0x0a0d0d0a);
	put(0x1a2b3c4d, 4);
	put(1, 2);
	put(0, 2);
	put(UINT64_MAX, 8);
	if (options) {
		put_option(3, "an operating system");
		put_option(1, "a comment");
		put(0, 4);
	}
	block_end(block);
	put_interface(link_type, options);
}

static void put_enhanced_packet(uint32_t interface, uint32_t captured, uint32_t length,
				bool options)
{
	size_t block = block_begin(6);

	put(interface, 4);
	put(0, 8);
	put(captured, 4);
	put(length, 4);
	put_frame(captured);
	while (draft.at % 4)
		put(0, 1);
	if (options) {
		put_option(1, "a comment on a packet");
		put(0, 4);
	}
	block_end(block);
}

static void put_simple_packet(uint32_t length)
{
	size_t block = block_begin(3);

	put(length, 4);
	put_frame(length);
	block_end(block);
}

/* Interface statistics (5), name resolution (4), one of nobody's. */
static void put_other_block(uint32_t type)
{
	size_t block = block_begin(type);

	put(0, 12);
	block_end(block);
}

static struct error error;

/* Opens what was drafted. */
static int open_bytes(size_t size, struct capture **ret_capture)
{
	_cleanup_close_ int fd = memfd_create("capture", MFD_CLOEXEC);
	char path[32];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, draft.bytes, size), size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	error = (struct error){ 0 };
	return capture_open(path, ret_capture, &error);
}

static struct capture *open_draft(void)
{
	struct capture *capture = NULL;

	if (open_bytes(draft.at, &capture))
		fail_msg("%s", error.text);
	return capture;
}

static void expect_packet(struct capture *capture, size_t captured, size_t length)
{
	struct capture_packet packet;
	bool end = true;

	if (capture_next(capture, &packet, &end, &error))
		fail_msg("%s", error.text);
	assert_false(end);
	assert_int_equal(packet.captured_bytes, captured);
	assert_int_equal(packet.length_bytes, length);
	for (size_t i = 0; i < captured; i++)
		assert_int_equal(packet.frame[i], (uint8_t)(i + captured));
}

static void expect_end(struct capture *capture)
{
	struct capture_packet packet;
	bool end = false;

	assert_int_equal(capture_next(capture, &packet, &end, &error), 0);
	assert_true(end);
	capture_close(capture);
}

static void expect_break(struct capture *capture)
{
	struct capture_packet packet;
	bool end = true;

	assert_int_equal(capture_next(capture, &packet, &end, &error), -EIO);
	assert_false(end);
	assert_int_equal(error.exit, EXIT_FAILED);
	assert_non_null(strstr(error.text, "what was read until there is counted"));
	capture_close(capture);
}

static void expect_refusal(size_t size, int code, const char *words)
{
	struct capture *capture = NULL;

	assert_int_equal(open_bytes(size, &capture), code);
	assert_null(capture);
	assert_int_equal(error.exit, EXIT_USAGE);
	if (!strstr(error.text, words))
		fail_msg("%s", error.text);
}

static void check_pcap(bool big_endian, uint32_t magic)
{
	struct capture *capture;

	begin_pcap(big_endian, magic, SNAPLEN_USUAL, ETHERNET);
	put_record(60, 60);
	put_record(14, 1514);
	put_record(0, 0);
	put_record(1, 1);
	capture = open_draft();
	expect_packet(capture, 60, 60);
	expect_packet(capture, 14, 1514);
	expect_packet(capture, 0, 0);
	expect_packet(capture, 1, 1);
	expect_end(capture);
}

static void pcap_of_either_byte_order_and_resolution_is_read(void **state)
{
	(void)state;
	check_pcap(false, MICROSECONDS);
	check_pcap(true, MICROSECONDS);
	check_pcap(false, NANOSECONDS);
	check_pcap(true, NANOSECONDS);
}

static void check_pcapng(bool big_endian, bool options)
{
	struct capture *capture;

	begin_pcapng(big_endian, ETHERNET, options);
	put_enhanced_packet(0, 60, 60, options);
	put_other_block(4);
	put_interface(ETHERNET, options);
	put_enhanced_packet(1, 61, 9000, options);
	put_simple_packet(63);
	put_other_block(5);
	put_other_block(0x0bad);
	put_enhanced_packet(0, 0, 0, options);
	capture = open_draft();
	expect_packet(capture, 60, 60);
	expect_packet(capture, 61, 9000);
	expect_packet(capture, 63, 63);
	expect_packet(capture, 0, 0);
	expect_end(capture);
}

static void pcapng_of_either_byte_order_is_read_with_options_and_other_blocks(void **state)
{
	(void)state;
	check_pcapng(false, false);
	check_pcapng(true, false);
	check_pcapng(false, true);
	check_pcapng(true, true);
}

static void a_packet_longer_than_the_files_snap_length_is_cut_there(void **state)
{
	struct capture *capture;
	struct capture_packet packet;
	bool end;

	(void)state;
	begin_pcap(false, MICROSECONDS, 64, ETHERNET);
	put_record(64, 1500);
	put_record(80, 1500); /* more than the file has promised */
	put_record(60, 60);
	capture = open_draft();
	expect_packet(capture, 64, 1500);
	assert_int_equal(capture_next(capture, &packet, &end, &error), 0);
	assert_int_equal(packet.captured_bytes, 64);
	assert_int_equal(packet.length_bytes, 1500);
	expect_packet(capture, 60, 60);
	expect_end(capture);
}

static void a_packet_longer_than_65535_bytes_is_whole(void **state)
{
	struct capture *capture;

	(void)state;
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, ETHERNET);
	put_record(65535, 65535);
	put_record(65536, 65536);
	capture = open_draft();
	expect_packet(capture, 65535, 65535);
	expect_packet(capture, 65536, 65536);
	expect_end(capture);
}

static void a_packet_of_262144_bytes_is_the_longest(void **state)
{
	struct capture *capture;

	(void)state;
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, ETHERNET);
	put_record(LONGEST, LONGEST);
	capture = open_draft();
	expect_packet(capture, LONGEST, LONGEST);
	expect_end(capture);

	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, ETHERNET);
	put_record(LONGEST + 1, LONGEST + 1);
	expect_break(open_draft());
}

static void a_capture_without_packets_ends_at_once(void **state)
{
	(void)state;
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, ETHERNET);
	expect_end(open_draft());
	begin_pcapng(false, ETHERNET, false);
	expect_end(open_draft());
}

/* Every packet before the break is read; the break is told wherever it is. */
static void check_cut_off(size_t first_begins, size_t second_begins)
{
	struct capture *capture;
	size_t whole = draft.at;

	for (size_t size = first_begins; size < whole; size++) {
		if (open_bytes(size, &capture))
			fail_msg("%zu bytes: %s", size, error.text);
		if (size >= second_begins)
			expect_packet(capture, 33, 33);
		if (size == first_begins || size == second_begins)
			expect_end(capture);
		else
			expect_break(capture);
	}
}

static void a_pcap_that_breaks_off_is_told_with_what_came_before(void **state)
{
	size_t first_begins, second_begins;

	(void)state;
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, ETHERNET);
	first_begins = draft.at;
	put_record(33, 33);
	second_begins = draft.at;
	put_record(34, 34);
	check_cut_off(first_begins, second_begins);
}

static void a_pcapng_that_breaks_off_is_told_with_what_came_before(void **state)
{
	size_t first_begins, second_begins;

	(void)state;
	begin_pcapng(true, ETHERNET, true);
	first_begins = draft.at;
	put_enhanced_packet(0, 33, 33, true);
	second_begins = draft.at;
	put_enhanced_packet(0, 34, 34, true);
	check_cut_off(first_begins, second_begins);
}

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

static void an_interface_of_another_link_type_ends_a_pcapng(void **state)
{
	struct capture *capture;

	(void)state;
	begin_pcapng(false, ETHERNET, false);
	put_enhanced_packet(0, 60, 60, false);
	put_interface(LINUX_COOKED, false);
	put_enhanced_packet(1, 60, 60, false);
	capture = open_draft();
	expect_packet(capture, 60, 60);
	expect_break(capture);
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

/* "/" and "./" over and over, and then a name. */
static void a_path_longer_than_256_bytes_is_whole(void **state)
{
	char path[600] = "/proc/self/fd/";
	_cleanup_close_ int fd = memfd_create("capture", MFD_CLOEXEC);
	struct capture *capture = NULL;

	(void)state;
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, ETHERNET);
	assert_int_equal(write(fd, draft.bytes, draft.at), draft.at);
	while (strlen(path) < 500)
		strcat(path, "./");
	snprintf(path + strlen(path), 32, "%d", fd);
	assert_int_equal(capture_open(path, &capture, &error), 0);
	expect_end(capture);
}

static void a_hyphen_is_standard_input(void **state)
{
	_cleanup_close_ int fd = memfd_create("capture", MFD_CLOEXEC), saved = dup(STDIN_FILENO);
	struct capture *capture = NULL;

	(void)state;
	begin_pcapng(false, ETHERNET, false);
	put_enhanced_packet(0, 60, 60, false);
	assert_int_equal(write(fd, draft.bytes, draft.at), draft.at);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	dup2(fd, STDIN_FILENO);
	if (capture_open("-", &capture, &error))
		fail_msg("%s", error.text);
	expect_packet(capture, 60, 60);
	expect_end(capture);
	assert_true(fcntl(STDIN_FILENO, F_GETFD) >= 0);
	if (saved >= 0)
		dup2(saved, STDIN_FILENO);
}

static void progress_goes_from_the_beginning_to_1(void **state)
{
	struct capture *capture;
	struct capture_packet packet;
	double before = -1;
	bool end = false;

	(void)state;
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, ETHERNET);
	for (int i = 0; i < 100; i++)
		put_record(1500, 1500);
	capture = open_draft();
	while (!end) {
		double now = capture_progress(capture);

		assert_true(now >= before && now > 0 && now <= 1);
		before = now;
		assert_int_equal(capture_next(capture, &packet, &end, &error), 0);
	}
	assert_true(capture_progress(capture) == 1);
	capture_close(capture);
}

static void a_pipe_has_no_progress(void **state)
{
	struct capture *capture = NULL;
	int ends[2];
	char path[32];

	(void)state;
	begin_pcap(false, MICROSECONDS, SNAPLEN_USUAL, ETHERNET);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], draft.bytes, draft.at), draft.at);
	close(ends[1]);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", ends[0]);
	assert_int_equal(capture_open(path, &capture, &error), 0);
	assert_true(capture_progress(capture) < 0);
	expect_end(capture);
	close(ends[0]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pcap_of_either_byte_order_and_resolution_is_read),
		cmocka_unit_test(pcapng_of_either_byte_order_is_read_with_options_and_other_blocks),
		cmocka_unit_test(a_packet_longer_than_the_files_snap_length_is_cut_there),
		cmocka_unit_test(a_packet_longer_than_65535_bytes_is_whole),
		cmocka_unit_test(a_packet_of_262144_bytes_is_the_longest),
		cmocka_unit_test(a_capture_without_packets_ends_at_once),
		cmocka_unit_test(a_pcap_that_breaks_off_is_told_with_what_came_before),
		cmocka_unit_test(a_pcapng_that_breaks_off_is_told_with_what_came_before),
		cmocka_unit_test(a_file_header_that_breaks_off_is_no_capture),
		cmocka_unit_test(other_link_types_are_named),
		cmocka_unit_test(an_interface_of_another_link_type_ends_a_pcapng),
		cmocka_unit_test(what_is_no_capture_is_refused),
		cmocka_unit_test(a_directory_and_a_missing_file_are_named),
		cmocka_unit_test(a_file_without_the_right_to_read_is_named),
		cmocka_unit_test(a_path_longer_than_256_bytes_is_whole),
		cmocka_unit_test(a_hyphen_is_standard_input),
		cmocka_unit_test(progress_goes_from_the_beginning_to_1),
		cmocka_unit_test(a_pipe_has_no_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
