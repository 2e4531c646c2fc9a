// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * The parser of the XDP program, compiled natively, against the oracle: reason, port and extension
 * headers of millions of generated frames. Each frame ends at an unreadable page, so that a read
 * past its end ends the test. PORTSIEVE_FUZZ_FRAMES and PORTSIEVE_FUZZ_SEED as in
 * test_oracle_agrees.c.
 */
#include "cmocka_first.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "grammar.h"
#include "oracle.h"
/* gcc does not know clang's pragmas */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#include "parse/plain.h"
#pragma GCC diagnostic pop
#include "policy/policy.h"
#include "print/reason.h"

#define FRAMES_USUAL 3000000
#define SEED_USUAL   20260817
#define ROOM	     (2 * GRAMMAR_SIZE_MIN)

static uint8_t *room_end; /* no byte from here on can be read */
static uint64_t plain_packets;

static void make_room(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = (ROOM + page - 1) / page * page;
	uint8_t *room =
		mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(room != MAP_FAILED);
	assert_int_equal(mprotect(room + size, page, PROT_NONE), 0);
	room_end = room + size;
}

static struct packet parse(const uint8_t *frame, size_t length)
{
	struct packet packet;

	memcpy(room_end - length, frame, length);
	parse_packet(room_end - length, room_end, length, &packet);
	return packet;
}

static bool same_packet(const struct packet *one, const struct packet *other)
{
	bool malformed = one->knob == PORTSIEVE_KNOB_DROP;

	return one->reason == other->reason && one->knob == other->knob &&
	       (malformed || one->ext_seen == other->ext_seen) &&
	       one->transport == other->transport && one->port == other->port &&
	       one->tcp_flags == other->tcp_flags;
}

/*
 * The parser, given the first `part` bytes as a first buffer or as a copy, returns the same packet,
 * or false. It never returns false for a copy of the whole frame.
 */
static bool same_from_beginning(const struct packet *packet, const uint8_t *frame, size_t length,
				size_t part)
{
	struct packet other;

	memcpy(room_end - part, frame, part);
	if (parse_packet(room_end - part, room_end, length, &other) && !same_packet(packet, &other))
		return false;
	if (parse_copy(room_end - part, part, length, length, &other) ? !same_packet(packet, &other)
								      : part == length)
		return false;
	return true;
}

static uint64_t number_of(const char *name, uint64_t usual)
{
	const char *text = getenv(name);

	return text ? strtoull(text, NULL, 0) : usual;
}

/* Two policies: in one only the parser decides, in the other every extension header drops. */
static void policies_of(struct oracle_policy *ret_plain, struct oracle_policy *ret_headers)
{
	oracle_policy_defaults(ret_plain, false, false);
	for (int knob = 0; knob < KNOB_COUNT; knob++)
		ret_plain->knob_drops[knob] = false;
	*ret_headers = *ret_plain;
	for (int knob = KNOB_HOP_BY_HOP; knob < KNOB_BAD_FLAGS; knob++)
		ret_headers->knob_drops[knob] = true;
}

static bool same_reason(const struct packet *packet, const struct oracle_opinion *opinion)
{
	if (packet->reason != PORTSIEVE_REASONS)
		return !opinion->protocol && !strcmp(reason_name(packet->reason), opinion->reason);
	return opinion->protocol && !strcmp(opinion->reason, "default") &&
	       !strcmp(transport_name(packet->transport), opinion->protocol) &&
	       (int)packet->port == opinion->port;
}

static bool same_headers(const struct packet *packet, const struct oracle_opinion *opinion)
{
	uint32_t seen = packet->ext_seen & ~(1u << PORTSIEVE_KNOB_PASS);

	if (packet->knob == PORTSIEVE_KNOB_DROP)
		return !strncmp(opinion->reason, "malformed-", strlen("malformed-"));
	if (!strcmp(opinion->reason, "source-route"))
		return seen == 1u << PORTSIEVE_KNOB_SOURCE_ROUTE;
	return !strcmp(opinion->reason, "routing-header") == !!(seen & PORTSIEVE_ROUTING_TYPES) &&
	       !strcmp(opinion->reason, "ext-header") ==
		       (seen && !(seen & PORTSIEVE_ROUTING_TYPES));
}

static bool same_new_connection(const struct packet *packet, const struct oracle_opinion *opinion)
{
	bool is_new = packet->reason == PORTSIEVE_REASONS && (packet->tcp_flags & 0x12) == 0x02;

	return is_new == opinion->new_connection;
}

/* The fast path and the parser agree on every frame that the fast path accepts.
 */
static bool same_on_the_short_way(const struct packet *packet, size_t length)
{
	struct packet plain;

	if (!parse_plain(room_end - length, room_end, &plain))
		return true;
	plain_packets++;
	return packet->reason == PORTSIEVE_REASONS && plain.reason == packet->reason &&
	       plain.ext_seen == packet->ext_seen && plain.transport == packet->transport &&
	       plain.port == packet->port && plain.tcp_flags == packet->tcp_flags;
}

static void agrees(const struct oracle_policy *plain, const struct oracle_policy *headers,
		   const uint8_t *frame, size_t length)
{
	struct packet packet = parse(frame, length);
	struct oracle_opinion opinion = oracle_judge(plain, frame, length);
	struct oracle_opinion by_headers = oracle_judge(headers, frame, length);

	if (same_reason(&packet, &opinion) && same_headers(&packet, &by_headers) &&
	    same_new_connection(&packet, &opinion) && same_on_the_short_way(&packet, length) &&
	    same_from_beginning(&packet, frame, length, length) &&
	    same_from_beginning(&packet, frame, length, (size_t)random() % (length + 1)))
		return;
	oracle_describe(stderr, plain, frame, length, &opinion);
	fprintf(stderr, "by headers: %s\nparser: %s, transport %u, port %u, knob %u, headers %x\n",
		by_headers.reason,
		packet.reason == PORTSIEVE_REASONS ? "port" : reason_name(packet.reason),
		(unsigned int)packet.transport, (unsigned int)packet.port,
		(unsigned int)packet.knob, packet.ext_seen);
	fail();
}

static void parser_and_oracle_agree_on_generated_frames(void **state)
{
	uint64_t frames = number_of("PORTSIEVE_FUZZ_FRAMES", FRAMES_USUAL);
	uint64_t seed = number_of("PORTSIEVE_FUZZ_SEED", SEED_USUAL);
	struct oracle_policy plain, headers;
	uint8_t frame[GRAMMAR_SIZE_MIN];
	struct grammar grammar;

	(void)state;
	printf("# %llu frames, seed %llu\n", (unsigned long long)frames, (unsigned long long)seed);
	policies_of(&plain, &headers);
	grammar_init(&grammar, seed);
	for (uint64_t i = 0; i < frames; i++) {
		size_t length = grammar_frame(&grammar, frame, sizeof(frame), ANY);

		agrees(&plain, &headers, frame, length);
	}
	assert_true(plain_packets > frames / 100);
}

/* Also below the 14 bytes that the kernel's test_run takes. */
static void parser_and_oracle_agree_on_frames_cut_anywhere(void **state)
{
	struct oracle_policy plain, headers;
	uint8_t frame[GRAMMAR_SIZE_MIN];
	struct grammar grammar;

	(void)state;
	policies_of(&plain, &headers);
	grammar_init(&grammar, SEED_USUAL);
	for (int i = 0; i < 3000; i++) {
		size_t length = grammar_frame(&grammar, frame, sizeof(frame), VALID);

		for (size_t cut = 0; cut <= length; cut++)
			agrees(&plain, &headers, frame, cut);
	}
}

static void frame_of_13_bytes_is_malformed(void **state)
{
	const uint8_t frame[14] = { [12] = 0x88, 0xb5 };
	struct packet packet;

	(void)state;
	for (size_t length = 0; length < sizeof(frame); length++) {
		packet = parse(frame, length);
		assert_int_equal(packet.reason, PORTSIEVE_MALFORMED_ETHERNET);
		assert_int_equal(packet.knob, PORTSIEVE_KNOB_DROP);
	}
	packet = parse(frame, sizeof(frame));
	assert_int_equal(packet.reason, PORTSIEVE_NON_IP);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frame_of_13_bytes_is_malformed),
		cmocka_unit_test(parser_and_oracle_agree_on_frames_cut_anywhere),
		cmocka_unit_test(parser_and_oracle_agree_on_generated_frames),
	};

	make_room();
	return cmocka_run_group_tests_name("native", tests, NULL, NULL);
}
