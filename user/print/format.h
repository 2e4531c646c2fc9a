/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Formatting that text and JSON share. */
#ifndef PORTSIEVE_FORMAT_H
#define PORTSIEVE_FORMAT_H

#include <stdint.h>

#include <portsieve/abi.h>

/* The digest as 64 hexadecimal digits, or "" if it is all zero. */
void format_sha256(const uint8_t sha256[32], char text[65]);

/* "80" or "8000-8099". */
void format_ports(uint16_t low, uint16_t high, char text[16]);

/* The path of the policy's file, or "none (counts only)", "none (runtime rules)". */
const char *policy_source_text(const struct portsieve_image *image);

#endif
