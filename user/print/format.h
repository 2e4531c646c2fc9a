/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formatting that text and JSON share. */
#ifndef PORTSIEVE_FORMAT_H
#define PORTSIEVE_FORMAT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portsieve/abi.h>

/* The digest as 64 hexadecimal digits, or "" if it is all zero. */
void format_sha256(const uint8_t sha256[32], char text[65]);

/* "allow", "drop", or "drop (monitor)" for a drop that is only counted. */
const char *action_words(bool drop, bool monitored);

/* The same for a policy's default, regardless of the policy's mode. */
const char *default_words(const struct portsieve_image *image);

/* "80" or "8000-8099". */
void format_ports(uint16_t low, uint16_t high, char text[16]);

/*
 * A number per second in at most six characters: "-" for 0, "<0.1", "0.5", "12,345", then in units
 * of 1000 with three digits: "123 k", "1.23 M".
 */
struct rate_text {
	char text[8];
};
struct rate_text format_rate(double per_second);

/* The same with units from 1000 on: "999", "1.23 k". For bits. */
struct rate_text format_units(double per_second);

/* The path of the policy's file, "none (counts only)" or "none (runtime rules)". */
const char *policy_source_text(const struct portsieve_image *image);

/* Formats a CLOCK_REALTIME instant in UTC by strftime. */
void format_time(uint64_t realtime_ns, const char *form, char *text, size_t size);

#endif
