/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The XDP program's judgement without the kernel: the source of bpf/parse and bpf/judge, compiled
 * for the host. Pure: the caller gives the time. Sockets and flows are not looked up.
 */
#ifndef PORTSIEVE_JUDGE_NATIVE_H
#define PORTSIEVE_JUDGE_NATIVE_H

#include "base/error.h"
#include "compile/addresses.h"

struct native;

/*
 * Copies the image and its prefixes, which may be in any order. The caller owns *ret_native
 * (native_close). -ENOMEM.
 */
int native_open(const struct portsieve_image *image, const struct addresses *addresses,
		struct native **ret_native, struct error *error);
void native_close(struct native *native);

static inline void cleanup_native(struct native **native)
{
	native_close(*native);
}

#define _cleanup_native_ __attribute__((cleanup(cleanup_native)))

/* Judges an Ethernet frame of any length at this CLOCK_BOOTTIME, and counts it. */
struct portsieve_trace native_judge(struct native *native, const void *frame, size_t length_bytes,
				    uint64_t boottime_ns);

/* What has been counted: PORTSIEVE_COUNTERS rows, valid until native_close. */
const struct portsieve_counter *native_counters(const struct native *native);

#endif
