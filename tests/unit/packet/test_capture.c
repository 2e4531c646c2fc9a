/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reading captures: pcap and pcapng, cut packets, long packets, truncated files. */
#include "capture_draft.h"

#include <fcntl.h>

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
	put_record(80, 1500); /* over the file's snap length */
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

/* Every packet before a truncation is read; a truncation at any byte is reported. */
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
		cmocka_unit_test(an_interface_of_another_link_type_ends_a_pcapng),
		cmocka_unit_test(a_path_longer_than_256_bytes_is_whole),
		cmocka_unit_test(a_hyphen_is_standard_input),
		cmocka_unit_test(progress_goes_from_the_beginning_to_1),
		cmocka_unit_test(a_pipe_has_no_progress),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
