/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The reply cache: per CPU, two-way set-associative, by exact addresses, ports and transport. It
 * saves look-ups only: it is read after the policy has decided to drop a packet that may be a
 * reply. Misses are not cached, so unsolicited packets evict nothing.
 */
#ifndef PORTSIEVE_CACHE_H
#define PORTSIEVE_CACHE_H

#include "judge/flow.h"
#include "maps.h"

struct cache_key {
	const void *addresses; /* in the IP header */
	__u32 ipv6;	       /* 0 or 1 */
	__u32 ports;
	__u32 transport;
	__u32 epoch;
};

/* Source and destination, in words of 32 bits. */
enum cache_words {
	CACHE_WORDS_IPV4 = 2,
	CACHE_WORDS_IPV6 = 8,
};

/* Multilinear hashing: an odd factor for each 64 bits. The high bits are mixed best. */
portsieve_inline __u32 cache_index(const struct cache_key *key, int words)
{
	static const __u64 factors[] = { 0x9e3779b97f4a7c15, 0xc2b2ae3d27d4eb4f, 0x165667b19e3779f9,
					 0xd6e8feb86659fd93 };
	const __u32 *word = key->addresses;
	__u64 hash = key->ports * 0xff51afd7ed558ccdULL;

#pragma unroll
	for (int i = 0; i < words; i += 2)
		hash += (word[i] | (__u64)word[i + 1] << 32) * factors[i / 2];
	return hash >> 48 & (PORTSIEVE_REPLY_SETS - 1);
}

portsieve_inline struct portsieve_replies *cache_set(const struct cache_key *key, int words)
{
	__u32 zero = 0, index = cache_index(key, words);
	void *cache = bpf_map_lookup_elem(&replies, &zero);

	return cache ? bpf_map_lookup_elem(cache, &index) : (void *)0;
}

portsieve_inline _Bool cache_has(const struct portsieve_reply *reply, const __u32 *addresses,
				 int words, const struct cache_key *key, __u64 now)
{
	const __u32 *word = key->addresses;

	if (reply->ports != key->ports || reply->epoch != key->epoch ||
	    reply->transport != key->transport || now - reply->found >= jiffies_per_second)
		return 0;
#pragma unroll
	for (int i = 0; i < words; i++)
		if (addresses[i] != word[i])
			return 0;
	return 1;
}

portsieve_inline __u32 cache_find_ipv4(const struct cache_key *key, __u64 now)
{
	const struct portsieve_replies *set = cache_set(key, CACHE_WORDS_IPV4);

	if (!set)
		return PORTSIEVE_REASONS;
#pragma unroll
	for (int way = 0; way < PORTSIEVE_REPLY_WAYS; way++) {
		const struct portsieve_reply4 *slot = &set->ipv4[way];

		if (cache_has(&slot->reply, slot->addresses, CACHE_WORDS_IPV4, key, now))
			return slot->reply.reason;
	}
	return PORTSIEVE_REASONS;
}

portsieve_inline __u32 cache_find_ipv6(const struct cache_key *key, __u64 now)
{
	const struct portsieve_replies *set = cache_set(key, CACHE_WORDS_IPV6);

	if (!set)
		return PORTSIEVE_REASONS;
#pragma unroll
	for (int way = 0; way < PORTSIEVE_REPLY_WAYS; way++) {
		const struct portsieve_reply6 *slot = &set->ipv6[way];

		if (cache_has(&slot->reply, slot->addresses, CACHE_WORDS_IPV6, key, now))
			return slot->reply.reason;
	}
	return PORTSIEVE_REASONS;
}

/* The reason to pass the packet, or PORTSIEVE_REASONS. */
portsieve_inline __u32 cache_find(const struct cache_key *key)
{
	__u64 now = bpf_jiffies64();

	return key->ipv6 ? cache_find_ipv6(key, now) : cache_find_ipv4(key, now);
}

portsieve_inline void cache_fill(struct portsieve_reply *reply, const struct cache_key *key,
				 __u32 reason)
{
	*reply = (struct portsieve_reply){ .found = bpf_jiffies64(),
					   .epoch = key->epoch,
					   .ports = key->ports,
					   .transport = key->transport,
					   .reason = reason };
}

/* Stores what a look-up has found, in the older slot of the set. */
portsieve_inline void cache_store(const struct cache_key *key, __u32 reason)
{
	struct portsieve_replies *set =
		key->ipv6 ? cache_set(key, CACHE_WORDS_IPV6) : cache_set(key, CACHE_WORDS_IPV4);

	if (!set)
		return;
	if (key->ipv6) {
		struct portsieve_reply6 *slot = &set->ipv6[0];

		if (set->ipv6[1].reply.found < slot->reply.found)
			slot = &set->ipv6[1];
		cache_fill(&slot->reply, key, reason);
		copy_words(slot->addresses, key->addresses, CACHE_WORDS_IPV6);
	} else {
		struct portsieve_reply4 *slot = &set->ipv4[0];

		if (set->ipv4[1].reply.found < slot->reply.found)
			slot = &set->ipv4[1];
		cache_fill(&slot->reply, key, reason);
		copy_words(slot->addresses, key->addresses, CACHE_WORDS_IPV4);
	}
}

#endif
