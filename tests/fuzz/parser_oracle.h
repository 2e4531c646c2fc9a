/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares the parser's result with the oracle's. */
#ifndef TESTS_FUZZ_PARSER_ORACLE_H
#define TESTS_FUZZ_PARSER_ORACLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "parse/packet.h"

/* Is it the knob of an extension header, or of a routing type? By the parser's own tables. */
bool is_extension_knob(enum portsieve_knob knob);

/* Does the oracle say the same of the frame: reason, knob, port, extension headers? */
bool parser_oracle_agrees(const uint8_t *frame, size_t size, const struct packet *packet);

#endif
