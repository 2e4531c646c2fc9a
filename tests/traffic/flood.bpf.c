/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Makes every live frame of BPF_PROG_TEST_RUN a packet of the flood, counts it and redirects it
 * to a veth. The kernel hands out the pages of earlier packets again as their receivers left
 * them (the stack moves the MAC header of a VLAN frame, a filter may write), so all headers are
 * rewritten each time. One thread runs the program: plain variables count exactly.
 */
#include <linux/bpf.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>
#include <stdbool.h>
#include "flood.h"

#define flood_inline static inline __attribute__((always_inline))

/* Reading the clock for each packet would cost a tenth of the rate. */
#define PACKETS_PER_CLOCK_READING 64

const volatile struct flood_layout layout;
const volatile __u32 target_ifindex;
const volatile __u64 wanted_packets;

__u64 sent_packets;
__u64 begun_ns; /* before the first packet */
__u64 ended_ns; /* at the last packet, or less than PACKETS_PER_CLOCK_READING before it */
__u64 random_state = 1;
__u32 sweep_next[FLOOD_WORDS];
__u8 headers[FLOOD_HEADERS_BYTES] __attribute__((aligned(8)));

struct packet {
	void *start;
	void *end;
};

/* Marsaglia's xorshift64: a third of the cost of bpf_get_prandom_u32, and repeatable. */
flood_inline __u32 random_draw(void)
{
	__u64 x = random_state;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	random_state = x;
	return x >> 32;
}

flood_inline __u32 sweep_pick(enum flood_word word)
{
	__u32 low = layout.sweeps[word].low, span = layout.sweeps[word].span;

	if (span == 1)
		return low;
	if (!layout.sweeps[word].sequential)
		return low + ((__u64)random_draw() * span >> 32);

	__u32 step = sweep_next[word];

	sweep_next[word] = step + 1 == span ? 0 : step + 1;
	return low + step;
}

/* `at` comes from read-only memory: the verifier knows its value. */
flood_inline void word_write(const struct packet *packet, __u32 at, __u16 value)
{
	__be16 *word = packet->start + at;

	if (at < FLOOD_HEADERS_BYTES && (void *)(word + 1) <= packet->end)
		*word = bpf_htons(value);
}

/* Every frame has the first FLOOD_FRAME_BYTES; few have longer headers. */
flood_inline bool headers_restore(const struct packet *packet)
{
	if (packet->start + FLOOD_FRAME_BYTES > packet->end)
		return false;
	__builtin_memcpy(packet->start, headers, FLOOD_FRAME_BYTES);
#pragma clang loop unroll(full)
	for (__u32 at = FLOOD_FRAME_BYTES; at < FLOOD_HEADERS_BYTES; at += sizeof(__be16)) {
		if (at < layout.headers_bytes && packet->start + at + sizeof(__be16) <= packet->end)
			*(__be16 *)(packet->start + at) = *(__be16 *)(headers + at);
	}
	return true;
}

flood_inline __u16 sum_fold(__u32 sum)
{
	sum = (sum & 0xffff) + (sum >> 16);
	return (sum & 0xffff) + (sum >> 16);
}

flood_inline void crc_write(const struct packet *packet, const __u32 *words)
{
	__u32 crc = layout.l4_sum, at = layout.l4_checksum_at;

	for (int word = FLOOD_DESTINATION_PORT; word <= FLOOD_SOURCE_PORT; word++) {
#pragma clang loop unroll(full)
		for (int bit = 0; bit < FLOOD_WORD_BITS; bit++)
			crc ^= -(words[word] >> bit & 1) & layout.crc_bits[word][bit];
	}
	/* The CRC is sent least significant byte first. */
	word_write(packet, at, __builtin_bswap16(crc));
	word_write(packet, at + 2, __builtin_bswap16(crc >> 16));
}

flood_inline void l4_checksum_write(const struct packet *packet, const __u32 *words)
{
	if (layout.l4_checksum == FLOOD_CRC32C) {
		crc_write(packet, words);
		return;
	}

	__u16 checksum = ~sum_fold(layout.l4_sum + words[FLOOD_DESTINATION_PORT] +
				   words[FLOOD_SOURCE_PORT] + words[FLOOD_SOURCE_ADDRESS]);

	if (!checksum && layout.l4_checksum == FLOOD_UDP)
		checksum = 0xffff;
	word_write(packet, layout.l4_checksum_at, checksum);
}

flood_inline void headers_vary(const struct packet *packet)
{
	__u32 words[FLOOD_WORDS];

#pragma clang loop unroll(full)
	for (int word = 0; word < FLOOD_WORDS; word++) {
		words[word] = sweep_pick(word);
		word_write(packet, layout.sweeps[word].at, words[word]);
	}
	if (layout.ip_checksum_at)
		word_write(packet, layout.ip_checksum_at,
			   ~sum_fold(layout.ip_sum + words[FLOOD_SOURCE_ADDRESS]));
	l4_checksum_write(packet, words);
}

flood_inline void packet_count(void)
{
	sent_packets++;
	if (sent_packets % PACKETS_PER_CLOCK_READING == 0 || sent_packets == wanted_packets)
		ended_ns = bpf_ktime_get_ns();
}

SEC("xdp")
int flood(struct xdp_md *context)
{
	const struct packet packet = {
		.start = (void *)(long)context->data,
		.end = (void *)(long)context->data_end,
	};

	if (sent_packets >= wanted_packets || !headers_restore(&packet))
		return XDP_DROP;
	if (!sent_packets)
		begun_ns = bpf_ktime_get_ns();
	headers_vary(&packet);
	packet_count();
	return bpf_redirect(target_ifindex, 0);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
