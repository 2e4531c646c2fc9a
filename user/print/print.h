/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Printers: from structs to stdout, as text for people or as JSON. Each returns 0, or -ENOMEM. */
#ifndef PORTSIEVE_PRINT_H
#define PORTSIEVE_PRINT_H

#include <json-c/json.h>
#include <stdbool.h>

#include "print/outcome.h"
#include "policy/registry.h"
#include "datapath/snapshot.h"

/* stats: rows that have counted nothing are left out of the text unless all_rows. */
int print_stats_text(const struct snapshot *snapshot, bool all_rows);
int print_stats_json(const struct snapshot *snapshot);

/* replay: a capture's packets. */
struct replay_totals {
	uint64_t packets;
	uint64_t cut;	  /* of which the capture holds only the beginning */
	uint64_t clipped; /* too long to be tried whole */
};

int print_replay_text(const struct snapshot_device *device, const char *path,
		      const struct replay_totals *totals, bool all_rows);
int print_replay_json(const struct snapshot_device *device, const char *path,
		      const struct replay_totals *totals);

/* status: what is loaded, where, how. */
int print_status_text(const struct snapshot *snapshot);
int print_status_json(const struct snapshot *snapshot);

/* registry: services with their ports. */
int print_services_text(const struct registry_service *const *services, size_t count);
int print_services_json(const struct registry_service *const *services, size_t count);

/* replay --each: one line; packet counts from 1. In monitor mode verdicts are longer. */
void print_outcome_text(uint64_t packet, const struct outcome *outcome, bool monitor);
void print_outcome_json(uint64_t packet, const struct outcome *outcome);

/* Prints a JSON document on one line, and releases it. -ENOMEM when document is NULL. */
int print_json(json_object *document);

/* The digest in 64 hexadecimal digits, or "" when it is all zero. */
void format_sha256(const uint8_t sha256[32], char text[65]);

/* The path of the policy's file, or "none (counts only)", "none (runtime rules)". */
const char *policy_words(const struct portsieve_image *image);

/* "80" or "8000-8099". */
void format_ports(uint16_t low, uint16_t high, char text[16]);

#endif
