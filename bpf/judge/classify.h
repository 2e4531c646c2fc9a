/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Classifies a parsed packet by one image: the counter row and the verdict. Decisions that depend
 * on more than the port are in condition.h.
 */
#ifndef PORTSIEVE_CLASSIFY_H
#define PORTSIEVE_CLASSIFY_H

#include "judge/condition.h"

struct decision {
	__u32 counter;	      /* row */
	__u32 range;	      /* id, or PORTSIEVE_RANGES if a reason decided */
	__u32 drop;	      /* 0 or 1 */
	__u32 monitored;      /* 0 or 1: the drop is only counted */
	__u32 new_connection; /* 0 or 1 */
};

_Static_assert(PORTSIEVE_IMAGE_MONITOR == 1 && PORTSIEVE_PASSED == 0 && PORTSIEVE_DROPPED == 1 &&
		       PORTSIEVE_WOULD_DROP == 2,
	       "verdict_of() needs no branch");

/* enum portsieve_verdict */
portsieve_inline __u32 verdict_of(const struct portsieve_image *image,
				  const struct decision *decision)
{
	__u32 drop = decision->drop & 1;

	return drop + (drop & (image->flags | decision->monitored));
}

portsieve_inline void decide_by_knob(const struct portsieve_image *image,
				     enum portsieve_reason reason, __u32 knob,
				     struct decision *decision)
{
	decision->counter = reason;
	decision->range = PORTSIEVE_RANGES;
	decision->drop = image->drop_knobs >> (knob & 63) & 1;
	decision->monitored = image->monitor_knobs >> (knob & 63) & 1;
	decision->new_connection = 0;
}

portsieve_inline _Bool opens_connection(__u32 tcp_flags)
{
	return (tcp_flags & (FLAG_SYN | FLAG_ACK)) == FLAG_SYN;
}

/* Rule L6: invalid combinations of TCP flags, used by port scanners. */
portsieve_inline _Bool is_bad(__u32 flags)
{
	if (flags & FLAG_SYN)
		return flags & (FLAG_FIN | FLAG_RST);
	return !flags || (flags & (FLAG_FIN | FLAG_ACK)) == FLAG_FIN;
}

/* Bit N is is_bad(N). The compiler folds it into a constant: a shift instead of branches. */
portsieve_inline __u64 bad_flags(void)
{
	__u64 bad = 0;

#pragma unroll
	for (__u32 flags = 0; flags <= FLAGS_STANDARD; flags++)
		bad |= (__u64)is_bad(flags) << flags;
	return bad;
}

/* The entry in the flat tables for a packet that has a port. */
portsieve_inline __u32 port_entry(const struct portsieve_image *image, const struct packet *packet)
{
	const __u16 *table = image->port[packet->transport & (PORTSIEVE_TRANSPORTS - 1)];
	__u64 port = packet->port;

	/*
	 * The compiler knows the bounds of a byte-swapped value, verifiers before 6.2 do not: keep
	 * the compiler from removing the mask.
	 */
	cursor_keep(port);
	return table[port & (PORTSIEVE_PORTS - 1)];
}

/* `entry` is a range id with its verdict, not a reference. */
portsieve_inline void decide_by_entry(const struct portsieve_image *image,
				      const struct packet *packet, __u32 entry,
				      struct decision *decision)
{
	__u32 monitored = 0;

	decision->range = entry & PORTSIEVE_ENTRY_RANGE;
	decision->drop = entry / PORTSIEVE_ENTRY_DROP;
	if (decision->drop) {
		monitored = !ids_have(&image->enforced, decision->range);
		if (bad_flags() >> (packet->tcp_flags & FLAGS_STANDARD) & 1) {
			decide_by_knob(image, PORTSIEVE_BAD_FLAGS, PORTSIEVE_KNOB_BAD_FLAGS,
				       decision);
			decision->monitored = monitored; /* as the rule is */
			return;
		}
	}
	decision->monitored = monitored;
	decision->counter = image->counter[decision->range];
	decision->new_connection = opens_connection(packet->tcp_flags);
}

/* Do rules without ports come before the knob? */
portsieve_inline _Bool is_ruled(const struct portsieve_image *image, const struct packet *packet)
{
	__u64 entries;

	_Static_assert(sizeof(entries) == sizeof(image->portless),
		       "one load tells if there are any");
	__builtin_memcpy(&entries, image->portless, sizeof(entries));
	if (!entries)
		return 0;
	/* such packets have addresses, which the verifier does not know */
	return PORTSIEVE_RULED_KNOBS >> (packet->knob & 31) & 1 && packet->addresses;
}

/* Is it the range of a monitored rule? */
portsieve_inline _Bool is_monitored(const struct portsieve_image *image, __u32 range)
{
	return range >= (__u32)image->enforced.first + image->enforced.count;
}

/* Does an entry that a condition has led to allow its packets by a rule without ports? */
portsieve_inline _Bool allows_any(const struct portsieve_image *image, __u64 entry)
{
	cursor_keep(entry); /* old verifiers know the bound of one register only */
	if (entry >= PORTSIEVE_RANGES)
		return 0;
	return is_monitored(image, entry) || image->range[entry].transport == PORTSIEVE_ANY;
}

/*
 * `entry` is the packet's in the flat tables, or in image.portless. `knob` decides a packet without
 * a port if no rule does.
 */
portsieve_inline void decide_by_rules(const struct portsieve_image *image, struct packet *packet,
				      __u32 knob, __u32 entry, struct decision *decision)
{
	if (is_reference(entry)) {
		/* the verifier need not tell the transports apart */
		packet->transport = cursor_forgotten(packet->transport, image->drop_knobs);
		packet->tcp_flags = cursor_forgotten(packet->tcp_flags, image->drop_knobs);
		entry = resolve(image, packet->addresses, packet->family, entry);
		if (is_reference(entry)) {
			decide_by_knob(image, packet->reason, knob, decision);
			return;
		}
		if (bad_flags() >> (packet->tcp_flags & FLAGS_STANDARD) & 1 &&
		    allows_any(image, entry)) {
			decide_by_knob(image, PORTSIEVE_BAD_FLAGS, PORTSIEVE_KNOB_BAD_FLAGS,
				       decision);
			return;
		}
		if (is_monitored(image, entry & PORTSIEVE_ENTRY_RANGE))
			entry |= PORTSIEVE_ENTRY_DROP;
		cursor_keep(entry); /* keeps the compiler from removing the mask */
		entry &= PORTSIEVE_ENTRY_DROP | PORTSIEVE_ENTRY_RANGE;
	}
	decide_by_entry(image, packet, entry, decision);
}

/*
 * A dropped extension header or IPv4 option takes precedence over all reasons except malformed. No
 * packet has both.
 */
portsieve_inline void decide_by_ext_header(__u64 causes, struct decision *decision)
{
	if (causes & 1 << PORTSIEVE_KNOB_SOURCE_ROUTE)
		decision->counter = PORTSIEVE_SOURCE_ROUTE;
	else if (causes & PORTSIEVE_ROUTING_TYPES)
		decision->counter = PORTSIEVE_ROUTING_HEADER;
	else
		decision->counter = PORTSIEVE_EXT_HEADER;
	decision->range = PORTSIEVE_RANGES;
	decision->drop = 1;
	decision->monitored = 0;
	decision->new_connection = 0;
}

portsieve_inline void classify(const struct portsieve_image *image, struct packet *packet,
			       struct decision *decision)
{
	_Bool has_port = packet->reason == PORTSIEVE_REASONS;
	__u64 causes = packet->ext_seen & image->drop_knobs;
	__u32 knob = packet->knob, entry = 0;
	__u64 rules;

	if (causes && knob != PORTSIEVE_KNOB_DROP) {
		decide_by_ext_header(causes, decision);
		return;
	}
	if (has_port) {
		entry = port_entry(image, packet);
	} else if (is_ruled(image, packet)) {
		/* from here on the verifier need not tell such packets apart */
		knob = cursor_forgotten(knob, image->drop_knobs);
		packet->reason = cursor_forgotten(packet->reason, image->drop_knobs);
		rules = image_portless_rules(image, knob);
		cursor_keep(rules); /* old verifiers need the mask */
		entry = image->portless[rules & (PORTSIEVE_PORTLESS - 1)];
	}
	if (has_port || entry)
		decide_by_rules(image, packet, knob, entry, decision);
	else
		decide_by_knob(image, packet->reason, knob, decision);
}

#endif
