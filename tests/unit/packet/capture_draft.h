/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Captures written byte by byte, pcap and pcapng in both byte orders, and the packets that a reader
 * should find. The draft is static: include this in one file per program.
 */
#ifndef TESTS_CAPTURE_DRAFT_H
#define TESTS_CAPTURE_DRAFT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "packet/capture.h"
#include "base/cleanup.h"

enum {
	FILE_BYTES_MAX = 300000,
	ETHERNET = 1,
	RAW_IP = 101,
	LINUX_COOKED = 113,
	MICROSECONDS = 0xa1b2c3d4,
	NANOSECONDS = 0xa1b23c4d,
	SNAPLEN_USUAL = 262144,
	LONGEST = 262144, /* bytes: libpcap's limit */
};

/* A file being written. */
struct draft {
	uint8_t bytes[FILE_BYTES_MAX];
	size_t at;
	bool big_endian;
};

static struct draft draft;

static inline void put(uint32_t value, int size)
{
	for (int i = 0; i < size; i++) {
		int shift = 8 * (draft.big_endian ? size - 1 - i : i);

		draft.bytes[draft.at++] = value >> shift;
	}
}

static inline void put_frame(size_t size)
{
	for (size_t i = 0; i < size; i++)
		draft.bytes[draft.at++] = i + size;
}

static inline void begin_pcap(bool big_endian, uint32_t magic, uint32_t snaplen, uint32_t link_type)
{
	draft.at = 0;
	draft.big_endian = big_endian;
	put(magic, 4);
	put(2, 2);
	put(4, 2);
	put(0, 4);
	put(0, 4);
	put(snaplen, 4);
	put(link_type, 4);
}

static inline void put_record(uint32_t captured, uint32_t length)
{
	put(1, 4);
	put(2, 4);
	put(captured, 4);
	put(length, 4);
	put_frame(captured);
}

/* A block of pcapng; its body is written between. Returns what block_end needs. */
static inline size_t block_begin(uint32_t type)
{
	put(type, 4);
	put(0, 4);
	return draft.at;
}

static inline void block_end(size_t begin)
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

static inline void put_option(uint16_t code, const char *text)
{
	put(code, 2);
	put(strlen(text), 2);
	while (*text)
		put(*text++, 1);
	while (draft.at % 4)
		put(0, 1);
}

static inline void put_interface(uint16_t link_type, bool options)
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

static inline void begin_pcapng(bool big_endian, uint16_t link_type, bool options)
{
	size_t block;

	draft.at = 0;
	draft.big_endian = big_endian;
	block = block_begin(0x0a0d0d0a);
	put(0x1a2b3c4d, 4);
	put(1, 2);
	put(0, 2);
	put(UINT32_MAX, 4); /* unknown length: */
	put(UINT32_MAX, 4); /* -1 in 64 bits */
	if (options) {
		put_option(3, "an operating system");
		put_option(1, "a comment");
		put(0, 4);
	}
	block_end(block);
	put_interface(link_type, options);
}

static inline void put_enhanced_packet(uint32_t interface, uint32_t captured, uint32_t length,
				       bool options)
{
	size_t block = block_begin(6);

	put(interface, 4);
	put(0, 4);
	put(0, 4);
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

static inline void put_simple_packet(uint32_t length)
{
	size_t block = block_begin(3);

	put(length, 4);
	put_frame(length);
	block_end(block);
}

/* Interface statistics (5), name resolution (4), or an unknown block. */
static inline void put_other_block(uint32_t type)
{
	size_t block = block_begin(type);

	put(0, 4);
	block_end(block);
}

static struct error error;

/* Opens the drafted capture. */
static inline int open_bytes(size_t size, struct capture **ret_capture)
{
	_cleanup_close_ int fd = memfd_create("capture", MFD_CLOEXEC);
	char path[32];

	assert_true(fd >= 0);
	assert_int_equal(write(fd, draft.bytes, size), size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	error = (struct error){ 0 };
	return capture_open(path, ret_capture, &error);
}

static inline struct capture *open_draft(void)
{
	struct capture *capture = NULL;

	if (open_bytes(draft.at, &capture))
		fail_msg("%s", error.text);
	return capture;
}

static inline void expect_packet(struct capture *capture, size_t captured, size_t length)
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

static inline void expect_end(struct capture *capture)
{
	struct capture_packet packet;
	bool end = false;

	assert_int_equal(capture_next(capture, &packet, &end, &error), 0);
	assert_true(end);
	capture_close(capture);
}

static inline void expect_break(struct capture *capture)
{
	struct capture_packet packet;
	bool end = true;

	assert_int_equal(capture_next(capture, &packet, &end, &error), -EIO);
	assert_false(end);
	assert_int_equal(error.exit, EXIT_FAILED);
	assert_non_null(strstr(error.text, "the packets before that are counted"));
	capture_close(capture);
}

static inline void expect_refusal(size_t size, int code, const char *words)
{
	struct capture *capture = NULL;

	assert_int_equal(open_bytes(size, &capture), code);
	assert_null(capture);
	assert_int_equal(error.exit, EXIT_USAGE);
	if (!strstr(error.text, words))
		fail_msg("%s", error.text);
}

#endif
