/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * In the place of libbpf's header of this name, for proofs: maps and helpers of the kernel, as far
 * as the program relies on them. A counter's row is any row; a look-up of a socket finds none, or
 * one in any state.
 */
#ifndef PORTSIEVE_PROOFS_BPF_HELPERS_H
#define PORTSIEVE_PROOFS_BPF_HELPERS_H

#include <linux/bpf.h>

#include "frame.h"

#define SEC(name)
#define __uint(name, value) int(*name)[value]
#define __type(name, type)  typeof(type) *name
#define __array(name, type) typeof(type) *name[]

/* What the helpers saw and gave. */
static struct {
	void *counters; /* the map; all others but the next are empty */
	void *requests; /* the map, or NULL */
	void *request;	/* its element */
	__u32 row;	/* key of the last look-up in it */
	__u32 row_lookups;
	void *counter; /* what it gave */
	_Bool found;   /* a socket */
	struct bpf_sock socket;
	__u32 tcp_lookups;
	__u32 udp_lookups;
	__u32 held; /* references to sockets that were not released */
} helpers;

static inline void *bpf_map_lookup_elem(void *map, const void *key)
{
	if (map == helpers.requests)
		return helpers.request;
	if (map != helpers.counters)
		return (void *)0;
	helpers.row = *(const __u32 *)key;
	helpers.row_lookups++;
	return helpers.counter;
}

static inline long bpf_map_update_elem(void *map, const void *key, const void *value, __u64 flags)
{
	return 0;
}

static inline long bpf_map_delete_elem(void *map, const void *key)
{
	return 0;
}

static inline __u64 bpf_jiffies64(void)
{
	return nondet_u64();
}

static inline struct bpf_sock *look_up_socket(void)
{
	if (!helpers.found)
		return (void *)0;
	helpers.held++;
	return &helpers.socket;
}

static inline struct bpf_sock *bpf_skc_lookup_tcp(void *ctx, struct bpf_sock_tuple *tuple,
						  __u32 tuple_bytes, __u64 namespace, __u64 flags)
{
	helpers.tcp_lookups++;
	return look_up_socket();
}

static inline struct bpf_sock *bpf_sk_lookup_udp(void *ctx, struct bpf_sock_tuple *tuple,
						 __u32 tuple_bytes, __u64 namespace, __u64 flags)
{
	helpers.udp_lookups++;
	return look_up_socket();
}

static inline long bpf_sk_release(void *socket)
{
	prove(socket == &helpers.socket, "the socket that was found is released");
	helpers.held--;
	return 0;
}

static inline __u64 bpf_ktime_get_boot_ns(void)
{
	return nondet_u64();
}

static inline __u64 bpf_xdp_get_buff_len(struct xdp_md *ctx)
{
	return nondet_u64();
}

static inline long bpf_xdp_load_bytes(struct xdp_md *ctx, __u32 offset, void *bytes, __u32 length)
{
	return 0;
}

#endif
