/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Calls bpf/judge, and defines what it looks up (judge/lookup.h) by a sorted table. */
#include "judge/native.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
/* gcc does not know clang's pragmas */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#include "judge/frame.h"
#pragma GCC diagnostic pop

enum { NO_PARENT = UINT32_MAX };

struct native {
	struct portsieve_image image; /* judging gets this one: see native_of() */
	struct addresses addresses;   /* sorted */
	uint32_t *parents; /* by prefix: the longest other one that holds it, or NO_PARENT */
	uint64_t boottime_ns;
	struct portsieve_counter *rows;
};

/* Look-ups get the image only, so finds the struct around it. */
static const struct native *native_of(const struct portsieve_image *image)
{
	return (const struct native *)((const char *)image - offsetof(struct native, image));
}

/*
 * A prefix is followed by all those that it holds. So the last entry that does not sort after the
 * address is the longest prefix that holds it, or is inside that one.
 */
static uint32_t class_of_prefix(const struct native *native, enum portsieve_direction direction,
				const struct policy_prefix *address)
{
	const struct address_class *list = native->addresses.list;
	uint32_t at = addresses_find(&native->addresses, direction, address);

	if (at == native->addresses.count || list[at].direction != direction ||
	    policy_prefix_compare(&list[at].prefix, address))
		at--; /* NO_PARENT before the first */
	while (at != NO_PARENT &&
	       (list[at].direction != direction || !policy_prefix_holds(&list[at].prefix, address)))
		at = native->parents[at];
	return at == NO_PARENT ? 0 : list[at].class;
}

portsieve_inline __u32 class_of_ipv4(const struct portsieve_image *image, const void *addresses,
				     enum portsieve_direction direction)
{
	struct policy_prefix address = { .family = POLICY_IPV4, .length = 32 };

	memcpy(address.address, addresses + direction * 4, 4);
	return class_of_prefix(native_of(image), direction, &address);
}

portsieve_inline __u32 class_of_ipv6(const struct portsieve_image *image, const void *addresses,
				     enum portsieve_direction direction)
{
	struct policy_prefix address = { .family = POLICY_IPV6, .length = 128 };

	memcpy(address.address, addresses + direction * 16, 16);
	return class_of_prefix(native_of(image), direction, &address);
}

portsieve_inline __u64 boottime_of(const struct portsieve_image *image)
{
	return native_of(image)->boottime_ns;
}

static int compare(const void *one, const void *other)
{
	const struct address_class *a = one, *b = other;

	if (a->direction != b->direction)
		return a->direction < b->direction ? -1 : 1;
	return policy_prefix_compare(&a->prefix, &b->prefix);
}

static void find_parents(struct native *native)
{
	const struct address_class *list = native->addresses.list;

	for (uint32_t i = 0; i < native->addresses.count; i++) {
		uint32_t parent = i - 1; /* NO_PARENT before the first */

		while (parent != NO_PARENT &&
		       (list[parent].direction != list[i].direction ||
			!policy_prefix_holds(&list[parent].prefix, &list[i].prefix)))
			parent = native->parents[parent];
		native->parents[i] = parent;
	}
}

void native_close(struct native *native)
{
	if (!native)
		return;
	addresses_free(&native->addresses);
	free(native->parents);
	free(native->rows);
	free(native);
}

int native_open(const struct portsieve_image *image, const struct addresses *addresses,
		struct native **ret_native, struct error *error)
{
	_cleanup_native_ struct native *native = calloc(1, sizeof(*native));
	size_t count = addresses->count, size = count * sizeof(addresses->list[0]);

	if (!native)
		return error_no_memory(error);
	native->addresses.list = malloc(size + 1);
	native->parents = calloc(count + 1, sizeof(native->parents[0]));
	native->rows = calloc(PORTSIEVE_COUNTERS, sizeof(native->rows[0]));
	if (!native->addresses.list || !native->parents || !native->rows)
		return error_no_memory(error);
	native->image = *image;
	native->addresses.count = count;
	if (count) {
		memcpy(native->addresses.list, addresses->list, size);
		qsort(native->addresses.list, count, sizeof(addresses->list[0]), compare);
		find_parents(native);
	}
	*ret_native = TAKE_PTR(native);
	return 0;
}

struct portsieve_trace native_judge(struct native *native, const void *frame, size_t length_bytes,
				    uint64_t boottime_ns)
{
	const struct portsieve_image *image = &native->image;
	struct portsieve_trace result = { 0 };
	struct decision decision = { 0 };
	struct packet packet;
	bool asks = false;
	uint32_t verdict;

	native->boottime_ns = boottime_ns;
	/* never false: the frame is in one piece */
	judge_frame(image, frame, frame + length_bytes, length_bytes, &packet, &decision);
	if (may_be_reply(image, &packet, &decision))
		asks = asks_lookup(image, &packet, &decision);
	verdict = verdict_of(image, &decision);
	row_add(&native->rows[decision.counter], &decision, verdict, length_bytes);
	trace(&packet, &decision, verdict, asks, &result);
	return result;
}

const struct portsieve_counter *native_counters(const struct native *native)
{
	return native->rows;
}
