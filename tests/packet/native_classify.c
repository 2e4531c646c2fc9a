// SPDX-License-Identifier: GPL-2.0-or-later
/* A call of bpf/judge, for which the caller looks up. */
#include "cmocka_first.h"
#include "native_classify.h"

#include <string.h>

/* gcc does not know clang's pragmas */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#include "judge/classify.h"
#pragma GCC diagnostic pop

static const struct native_packet *asked;

/* The look-up must be for an address of the packet. */
static uint32_t class_of_address(const void *addresses, enum portsieve_direction direction,
				 enum policy_family family)
{
	const struct policy_prefix *address;
	size_t bytes = family == POLICY_IPV4 ? 4 : 16;

	assert_true(direction < PORTSIEVE_DIRECTIONS);
	address = asked->address[direction];
	assert_int_equal(address->family, family);
	if (memcmp(addresses + direction * bytes, address->address, bytes))
		fail_msg("the key is not the address of the packet");
	return asked->class[direction] ? *asked->class[direction] : 0;
}

static inline __u32 class_of_ipv4(const struct portsieve_image *image, const void *addresses,
				  enum portsieve_direction direction)
{
	(void)image;
	return class_of_address(addresses, direction, POLICY_IPV4);
}

static inline __u32 class_of_ipv6(const struct portsieve_image *image, const void *addresses,
				  enum portsieve_direction direction)
{
	(void)image;
	return class_of_address(addresses, direction, POLICY_IPV6);
}

static inline __u64 boottime_of(const struct portsieve_image *image)
{
	(void)image;
	return asked->boottime_ns;
}

struct native_decision native_classify(const struct portsieve_image *image,
				       const struct native_packet *packet)
{
	const struct policy_prefix *source = packet->address[PORTSIEVE_SOURCE];
	uint8_t addresses[32], bytes = source->length / 8;
	bool has_port = packet->transport != PORTSIEVE_ANY;
	struct packet parsed = {
		.reason = has_port ? PORTSIEVE_REASONS : PORTSIEVE_OTHER_PROTOCOL,
		.knob = packet->knob,
		.transport = has_port ? packet->transport : 0,
		.port = packet->port,
		.tcp_flags = packet->has_bad_flags ? 0 : PACKET_NO_FLAGS,
		.family = source->family == POLICY_IPV6 ? PACKET_IPV6 : PACKET_IPV4,
		.addresses = addresses,
	};
	struct decision decision;

	memcpy(addresses, source->address, bytes);
	memcpy(addresses + bytes, packet->address[PORTSIEVE_DESTINATION]->address, bytes);
	asked = packet;
	classify(image, &parsed, &decision);
	return (struct native_decision){ decision.range, decision.counter, decision.drop,
					 decision.drop && decision.monitored };
}
