/* SPDX-License-Identifier: GPL-2.0-or-later OR BSD-2-Clause */
/*
 * The contract of flood's two halves: which 16-bit words of the frame change from packet to packet,
 * and where the checksums are that depend on them. Numbers are in host order.
 */
#ifndef FLOOD_H
#define FLOOD_H

#include <linux/types.h>

#define FLOOD_FRAME_BYTES 60 /* at least: 64 without the check sequence */
/* Ethernet 14, VLAN 4, IPv6 40, SCTP 12, INIT chunk 20, rounded up. */
#define FLOOD_HEADERS_BYTES 96
#define FLOOD_WORD_BITS	    16

enum flood_word {
	FLOOD_DESTINATION_PORT,
	FLOOD_SOURCE_PORT,
	FLOOD_SOURCE_ADDRESS, /* its last 16 bits */
	FLOOD_WORDS,
};

/* A word takes the values low .. low + span - 1. */
struct flood_sweep {
	__u32 at; /* bytes from the start of the frame */
	__u32 low;
	__u32 span; /* from 1; 1: the word is fixed */
	__u32 sequential;
};

enum flood_checksum {
	FLOOD_INTERNET, /* TCP, DCCP: RFC 1071 with pseudo header */
	FLOOD_UDP,	/* the same, 0 written as 0xffff (RFC 768) */
	FLOOD_CRC32C,	/* SCTP: RFC 9260 appendix A */
};

/* Sums and CRC are those of the frame in which every swept word is zero. */
struct flood_layout {
	__u32 headers_bytes;
	__u32 ip_checksum_at; /* 0: IPv6 has none */
	__u32 ip_sum;
	__u32 l4_checksum_at;
	__u32 l4_sum; /* FLOOD_CRC32C: the CRC */
	enum flood_checksum l4_checksum;
	struct flood_sweep sweeps[FLOOD_WORDS];
	/* What each bit of a word, least significant first, adds by XOR to the CRC. */
	__u32 crc_bits[FLOOD_WORDS][FLOOD_WORD_BITS];
};

#endif
