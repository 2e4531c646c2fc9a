// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * `frames COUNT SEED [PORT]...` writes frames of the grammar (tests/oracle/grammar.h) to standard
 * output, as a capture in pcap form; the given ports and their neighbours are frequent.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "grammar.h"

enum { ETHERNET = 1, SNAPLEN = 65535 };

static void put_file_header(void)
{
	static const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, accuracy, snaplen, link_type;
	} header = { 0xa1b2c3d4, 2, 4, 0, 0, SNAPLEN, ETHERNET };

	fwrite(&header, sizeof(header), 1, stdout);
}

static void put_record(const uint8_t *frame, size_t length)
{
	const uint32_t header[] = { 0, 0, (uint32_t)length, (uint32_t)length };

	fwrite(header, sizeof(header), 1, stdout);
	fwrite(frame, length, 1, stdout);
}

int main(int argc, char **argv)
{
	uint8_t frame[GRAMMAR_SIZE_MIN];
	struct grammar grammar;

	if (argc < 3) {
		fprintf(stderr, "usage: frames COUNT SEED [PORT]... >FILE.pcap\n");
		return 2;
	}
	grammar_init(&grammar, strtoull(argv[2], NULL, 0));
	for (int i = 3; i < argc; i++) {
		uint16_t port = (uint16_t)strtoul(argv[i], NULL, 10);

		grammar_add_range(&grammar, port, port);
	}
	put_file_header();
	for (uint64_t left = strtoull(argv[1], NULL, 0); left; left--)
		put_record(frame, grammar_frame(&grammar, frame, sizeof(frame), ANY));
	return fflush(stdout) ? 1 : 0;
}
