/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recorded packets: a line or a JSON object each, and captures that Wireshark reads. */
#ifndef PORTSIEVE_PRINT_EVENTS_H
#define PORTSIEVE_PRINT_EVENTS_H

#include <stdio.h>

#include <json-c/json.h>

#include "datapath/events.h"
#include "packet/headers.h"
#include "print/verdict.h"

/* The names that users see for an event; valid as long as the event's image. */
struct event_words {
	struct packet_verdict verdict; /* rule and reason NULL: the policy is no longer known */
	uint32_t line;		       /* of the rule, in its file; 0: none */
	struct frame_names names;
};
struct event_words event_words_of(const struct event *event);

/* "udp", "icmp"; NULL: the protocol has no name. */
const char *event_protocol(const struct event_words *words);

/* "192.0.2.7:40000", "[2001:db8::7]:40000"; only the address if there is no port (-1). */
struct endpoint_text {
	char text[80];
};
struct endpoint_text event_endpoint(const struct policy_prefix *address, int port);

void print_event_text(const char *device, const struct event *event,
		      const struct event_words *words);
void print_event_json(const char *device, const struct event *event,
		      const struct event_words *words);

/* The object that print_event_json prints. The caller owns it. */
json_object *event_json(const char *device, const struct event *event,
			const struct event_words *words);

/* Prints how many events were lost or suppressed since the last call. */
void print_events_missed_json(const char *device, uint64_t lost, uint64_t suppressed);

/*
 * Writes a pcapng file: the section header, then interfaces, which are numbered from 0, then
 * packets, with nanoseconds and a comment (verdict, rule, reason). The caller checks ferror().
 */
void pcapng_begin(FILE *file);
void pcapng_add_interface(FILE *file, const char *device);
void pcapng_add(FILE *file, uint32_t interface, const struct event *event,
		const struct event_words *words);

#endif
