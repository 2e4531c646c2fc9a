// SPDX-License-Identifier: GPL-2.0-or-later
/* The two helpers that judging calls, and a call of bpf/judge. */
#include "cmocka_first.h"
#include "native_judge.h"

#include <linux/bpf.h>
#include <string.h>

#include <bpf/bpf_helpers.h>

static void *look_up(const void *map, const void *key);
static uint64_t now(void);

#define bpf_map_lookup_elem	look_up
#define bpf_ktime_get_boot_ns() now()
/* gcc does not know clang's pragmas */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#include "judge/classify.h"
#pragma GCC diagnostic pop

static const struct native_packet *asked;
static struct {
	uint32_t bits; /* of a whole key */
} tries[] = {
	[POLICY_IPV4] = { PORTSIEVE_PREFIX4_BITS },
	[POLICY_IPV6] = { PORTSIEVE_PREFIX6_BITS },
};

static uint64_t now(void)
{
	return asked->boottime_ns;
}

/* A generation of the outer maps, or an address in one of the tries. */
static void *look_up(const void *map, const void *key)
{
	const struct portsieve_prefix6 *prefix = key;
	const struct policy_prefix *address;
	uint8_t direction;

	if (map == &prefixes4)
		return &tries[POLICY_IPV4];
	if (map == &prefixes6)
		return &tries[POLICY_IPV6];
	direction = prefix->direction[3];
	assert_true(direction < PORTSIEVE_DIRECTIONS);
	address = asked->address[direction];
	assert_ptr_equal(map, &tries[address->family]);
	assert_int_equal(prefix->length, tries[address->family].bits);
	if (memcmp(prefix->address, address->address, address->length / 8))
		fail_msg("the key is not the address of the packet");
	return (void *)asked->class[direction];
}

struct native_decision native_judge(const struct portsieve_image *image,
				    const struct native_packet *packet)
{
	const struct policy_prefix *source = packet->address[PORTSIEVE_SOURCE];
	uint8_t addresses[32], bytes = source->length / 8;
	const struct packet parsed = {
		.reason = PORTSIEVE_REASONS,
		.transport = packet->transport,
		.port = packet->port,
		.tcp_flags = PACKET_NO_FLAGS,
		.family = source->family == POLICY_IPV6 ? PACKET_IPV6 : PACKET_IPV4,
		.addresses = addresses,
	};
	struct decision decision;

	memcpy(addresses, source->address, bytes);
	memcpy(addresses + bytes, packet->address[PORTSIEVE_DESTINATION]->address, bytes);
	asked = packet;
	classify(image, &parsed, &decision);
	return (struct native_decision){ decision.range, decision.counter, decision.drop };
}
