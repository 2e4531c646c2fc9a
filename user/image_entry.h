/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The entries of an image's tables (headers/portsieve/abi.h): a range with its verdict, or a
 * reference to a port class or a condition by its number. Pure.
 */
#ifndef PORTSIEVE_IMAGE_ENTRY_H
#define PORTSIEVE_IMAGE_ENTRY_H

#include <stdbool.h>
#include <stdint.h>

#include <portsieve/abi.h>

static inline bool is_reference(uint16_t entry)
{
	return (entry & PORTSIEVE_ENTRY_RANGE) >= PORTSIEVE_RANGES;
}

/* The reference to the condition, or the port class, of that number. */
static inline uint16_t reference_to(uint32_t number)
{
	return (uint16_t)((number & 1) * PORTSIEVE_ENTRY_DROP + PORTSIEVE_RANGES + number / 2);
}

/* The number of a reference. */
static inline uint32_t reference_number(uint16_t entry)
{
	return 2u * ((entry & PORTSIEVE_ENTRY_RANGE) - PORTSIEVE_RANGES) +
	       !!(entry & PORTSIEVE_ENTRY_DROP);
}

#endif
