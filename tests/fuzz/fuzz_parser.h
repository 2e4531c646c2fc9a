/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Statistics of the parser's fuzz target about its inputs. */
#ifndef TESTS_FUZZ_PARSER_H
#define TESTS_FUZZ_PARSER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <portsieve/abi.h>

int LLVMFuzzerTestOneInput(const uint8_t *frame, size_t size);

/* How many whole frames had each reason; PORTSIEVE_REASONS stands for a port. */
extern uint64_t fuzz_parser_seen[PORTSIEVE_REASONS + 1];

/* Can the parser, without a policy, give this reason? PORTSIEVE_REASONS too. */
bool fuzz_parser_can_say(unsigned int reason);

#endif
