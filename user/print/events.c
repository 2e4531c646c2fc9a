/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded packets: a line or a JSON object each, and captures that Wireshark reads. */
#include "print/events.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "base/deadline.h"
#include "policy/policy.h"
#include "print/json.h"
#include "print/reason.h"

/* "drop", "pass", "would drop" */
static const char *verdict_word(const struct event *event)
{
	static const char *const words[PORTSIEVE_VERDICTS] = {
		[PORTSIEVE_PASSED] = "pass",
		[PORTSIEVE_DROPPED] = "drop",
		[PORTSIEVE_WOULD_DROP] = "would drop",
	};

	return words[event->record.verdict % PORTSIEVE_VERDICTS];
}

struct event_words event_words_of(const struct event *event)
{
	const struct portsieve_event *record = &event->record;
	const struct portsieve_image *image = event->image;
	struct testrun_result result = {
		.dropped = record->verdict == PORTSIEVE_DROPPED,
		.decision = { .counter = record->counter,
			      .range = record->range,
			      .port = record->port,
			      .transport = record->transport,
			      .has_port = record->has_port,
			      .verdict = record->verdict },
	};
	struct event_words words = { .names = frame_names_of(record->frame,
							     record->captured_bytes) };

	/* without the policy only reasons have names */
	if (!image && record->range < PORTSIEVE_RANGES) {
		words.verdict = (struct packet_verdict){ .port = -1, .range_id = -1 };
		if (record->has_port) {
			words.verdict.protocol = transport_name(record->transport);
			words.verdict.port = record->port;
		}
		return words;
	}
	words.verdict = packet_verdict_of(&result, image);
	if (words.verdict.range_id >= PORTSIEVE_RANGE_RULES)
		words.line = image->rule[image->range[words.verdict.range_id].rule].line;
	return words;
}

struct instant {
	char text[48];
};

/* "2026-11-28T20:07:00.123456789Z", with `digits` fractional digits. */
static struct instant instant_of(uint64_t real_ns, int digits)
{
	time_t seconds = (time_t)(real_ns / SECOND_NS);
	struct instant instant = { "" };
	struct tm parts;
	size_t length = strftime(instant.text, sizeof(instant.text), "%Y-%m-%dT%H:%M:%S",
				 gmtime_r(&seconds, &parts));
	uint64_t fraction = real_ns % SECOND_NS;

	for (int i = digits; i < 9; i++)
		fraction /= 10;
	snprintf(instant.text + length, sizeof(instant.text) - length, ".%0*" PRIu64 "Z", digits,
		 fraction);
	return instant;
}

const char *event_protocol(const struct event_words *words)
{
	if (words->verdict.protocol)
		return words->verdict.protocol;
	switch (words->names.protocol) {
	case 1:
		return "icmp";
	case 2:
		return "igmp";
	case 58:
		return "icmpv6";
	default:
		return NULL;
	}
}

struct endpoint_text event_endpoint(const struct policy_prefix *address, int port)
{
	bool brackets = port >= 0 && address->family == POLICY_IPV6;
	struct endpoint_text text;
	int length = snprintf(text.text, sizeof(text.text), "%s%s%s", brackets ? "[" : "",
			      policy_prefix_print(address).text, brackets ? "]" : "");

	if (port >= 0)
		snprintf(text.text + length, sizeof(text.text) - (size_t)length, ":%d", port);
	return text;
}

/* "rule web (line 7)", "default _user", or the name of a reason. */
static void write_reason(FILE *file, const struct event_words *words)
{
	const struct packet_verdict *verdict = &words->verdict;

	if (!verdict->reason) {
		fprintf(file, "by an earlier policy");
		return;
	}
	fprintf(file, "%s%s%s", verdict->reason, verdict->rule ? " " : "",
		verdict->rule ? verdict->rule : "");
	if (words->line)
		fprintf(file, " (line %u)", words->line);
}

void print_event_text(const char *device, const struct event *event,
		      const struct event_words *words)
{
	static const char letters[] = "FSRPAUEC";
	const struct frame_names *names = &words->names;
	const char *protocol = event_protocol(words);

	printf("%s  %s  %s  ", instant_of(event->real_ns, 6).text, device, verdict_word(event));
	write_reason(stdout, words);
	printf(" ");
	if (protocol)
		printf(" %s", protocol);
	if (names->has_addresses) {
		printf(" %s > ", event_endpoint(&names->source, names->source_port).text);
		printf("%s", event_endpoint(&names->destination, names->destination_port >= 0
									 ? names->destination_port
									 : words->verdict.port)
				     .text);
	}
	if (names->tcp_flags >= 0) {
		printf(" ");
		for (int bit = 0; letters[bit]; bit++)
			if (names->tcp_flags >> bit & 1)
				printf("%c", letters[bit]);
		if (!names->tcp_flags)
			printf("none");
	}
	printf("  %u bytes\n", event->record.length_bytes);
}

static void add_address(json_object *line, const char *key, const struct frame_names *names,
			const struct policy_prefix *address)
{
	json_add_text(line, key, names->has_addresses ? policy_prefix_print(address).text : NULL);
}

static void add_port(json_object *line, const char *key, int port)
{
	if (port < 0)
		json_add_text(line, key, NULL);
	else
		json_add_number(line, key, (uint64_t)port);
}

static void print_line(json_object *line)
{
	printf("%s\n", json_object_to_json_string_ext(line, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(line);
}

json_object *event_json(const char *device, const struct event *event,
			const struct event_words *words)
{
	static const char *const verdicts[PORTSIEVE_VERDICTS] = {
		[PORTSIEVE_PASSED] = "pass",
		[PORTSIEVE_DROPPED] = "drop",
		[PORTSIEVE_WOULD_DROP] = "would_drop",
	};
	const struct frame_names *names = &words->names;
	json_object *line = json_object_new_object();

	json_add_text(line, "time", instant_of(event->real_ns, 9).text);
	json_object_object_add(line, "device", json_printable(device));
	json_add_text(line, "verdict", verdicts[event->record.verdict % PORTSIEVE_VERDICTS]);
	json_add_text(line, "reason", words->verdict.reason);
	json_add_text(line, "rule", words->verdict.rule);
	if (words->line)
		json_add_number(line, "line", words->line);
	else
		json_add_text(line, "line", NULL);
	json_add_text(line, "protocol", event_protocol(words));
	add_address(line, "source", names, &names->source);
	add_port(line, "source_port", names->source_port);
	add_address(line, "destination", names, &names->destination);
	add_port(line, "port", words->verdict.port);
	json_add_number(line, "length", event->record.length_bytes);
	json_add_number(line, "weight", event->record.weight);
	return line;
}

void print_event_json(const char *device, const struct event *event,
		      const struct event_words *words)
{
	print_line(event_json(device, event, words));
}

void print_events_missed_json(const char *device, uint64_t lost, uint64_t suppressed)
{
	json_object *line = json_object_new_object();

	json_object_object_add(line, "device", json_printable(device));
	json_add_number(line, "lost", lost);
	json_add_number(line, "suppressed", suppressed);
	print_line(line);
}

/* draft-ietf-opsawg-pcapng: blocks of 32-bit words in the writer's byte order. */
enum pcapng_numbers {
	BLOCK_SECTION = 0x0a0d0d0a,
	BLOCK_INTERFACE = 1,
	BLOCK_PACKET = 6,
	BYTE_ORDER_MAGIC = 0x1a2b3c4d,
	LINK_ETHERNET = 1,
	OPTION_END = 0,
	OPTION_COMMENT = 1,
	OPTION_NAME = 2,       /* if_name */
	OPTION_RESOLUTION = 9, /* if_tsresol */
	NANOSECONDS = 9,       /* 10^-9 seconds */
	OPTION_TEXT_MAX = 512,
};

static uint32_t padded(size_t bytes)
{
	return ((uint32_t)bytes + 3) & ~3u;
}

static void put_word(FILE *file, uint32_t word)
{
	fwrite(&word, sizeof(word), 1, file);
}

static void put_bytes(FILE *file, const void *bytes, size_t count)
{
	static const char zeros[4];

	fwrite(bytes, 1, count, file);
	fwrite(zeros, 1, padded(count) - count, file);
}

static void put_option(FILE *file, uint16_t code, const void *value, size_t bytes)
{
	uint16_t head[2] = { code, (uint16_t)bytes };

	fwrite(head, sizeof(head), 1, file);
	put_bytes(file, value, bytes);
}

/* The bytes that put_option writes. */
static uint32_t option_bytes(size_t bytes)
{
	return 4 + padded(bytes);
}

void pcapng_begin(FILE *file)
{
	uint32_t section_bytes = 28;
	uint16_t version[2] = { 1, 0 };

	put_word(file, BLOCK_SECTION);
	put_word(file, section_bytes);
	put_word(file, BYTE_ORDER_MAGIC);
	fwrite(version, sizeof(version), 1, file);
	put_word(file, UINT32_MAX); /* the section's length is unknown: */
	put_word(file, UINT32_MAX); /* -1 in 64 bits */
	put_word(file, section_bytes);
}

void pcapng_add_interface(FILE *file, const char *device)
{
	static const uint8_t resolution = NANOSECONDS;
	uint32_t interface_bytes =
		20 + option_bytes(strlen(device)) + option_bytes(sizeof(resolution)) + 4;
	uint16_t link[2] = { LINK_ETHERNET, 0 };

	put_word(file, BLOCK_INTERFACE);
	put_word(file, interface_bytes);
	fwrite(link, sizeof(link), 1, file);
	put_word(file, PORTSIEVE_EVENT_SNAP);
	put_option(file, OPTION_NAME, device, strlen(device));
	put_option(file, OPTION_RESOLUTION, &resolution, sizeof(resolution));
	put_option(file, OPTION_END, "", 0);
	put_word(file, interface_bytes);
}

/* "drop: rule web (line 7)" */
static void comment_of(const struct event *event, const struct event_words *words,
		       char comment[OPTION_TEXT_MAX])
{
	FILE *text = fmemopen(comment, OPTION_TEXT_MAX, "w");

	comment[0] = '\0';
	if (!text)
		return;
	fprintf(text, "%s: ", verdict_word(event));
	write_reason(text, words);
	fclose(text);
}

void pcapng_add(FILE *file, uint32_t interface, const struct event *event,
		const struct event_words *words)
{
	const struct portsieve_event *record = &event->record;
	char comment[OPTION_TEXT_MAX];
	uint32_t block_bytes;

	comment_of(event, words, comment);
	block_bytes = 32 + padded(record->captured_bytes) + option_bytes(strlen(comment)) + 4;
	put_word(file, BLOCK_PACKET);
	put_word(file, block_bytes);
	put_word(file, interface);
	put_word(file, (uint32_t)(event->real_ns >> 32));
	put_word(file, (uint32_t)event->real_ns);
	put_word(file, record->captured_bytes);
	put_word(file, record->length_bytes);
	put_bytes(file, record->frame, record->captured_bytes);
	put_option(file, OPTION_COMMENT, comment, strlen(comment));
	put_option(file, OPTION_END, "", 0);
	put_word(file, block_bytes);
}
