/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The oracle judges by a policy, but the parser knows none. So the oracle is asked with several
 * policies that isolate one fact each: all knobs allow, one knob drops, all but one drop.
 */
#include "parser_oracle.h"

#include <string.h>

#include "policy/knobs.h"
#include "oracle.h"
#include "parse/ipv6.h"
#include "policy/policy.h"
#include "print/reason.h"

bool is_extension_knob(enum portsieve_knob knob)
{
	if (knob == PORTSIEVE_KNOB_PASS) /* in the tables: none */
		return false;
	for (int i = 0; i < 256; i++)
		if (ext_kinds[i].knob == knob || routing_type_knobs[i] == knob ||
		    ipv4_option_knobs[i] == knob)
			return true;
	return false;
}

/* All knobs of `portless` the same, those of extension headers on allow. */
static struct oracle_policy policy_of(bool drop)
{
	static struct oracle_policy policies[2];
	static bool made;

	for (size_t i = 0; !made && i < 2; i++) {
		oracle_policy_defaults(&policies[i], false, false);
		for (enum portsieve_knob k = PORTSIEVE_KNOB_DROP + 1; k < PORTSIEVE_KNOBS; k++)
			oracle_policy_set(&policies[i], knobs[k].name, i && !is_extension_knob(k));
	}
	made = true;
	return policies[drop];
}

static bool is_same_outcome(const struct oracle_opinion *opinion, const struct packet *packet)
{
	if (packet->reason != PORTSIEVE_REASONS)
		return !strcmp(opinion->reason, reason_name(packet->reason));
	return !strcmp(opinion->reason, "default") && opinion->port == (int)packet->port &&
	       !strcmp(opinion->protocol, transport_name(packet->transport));
}

/* Only the packet's knob drops, then all others do: only that knob may decide. */
static bool is_same_knob(const uint8_t *frame, size_t size, const struct packet *packet)
{
	struct oracle_policy one = policy_of(false), others = policy_of(true);
	const char *name = knobs[packet->knob].name;

	if (packet->knob == PORTSIEVE_KNOB_DROP)
		return oracle_judge(&one, frame, size).drop;
	if (packet->knob == PORTSIEVE_KNOB_PASS)
		return !oracle_judge(&others, frame, size).drop;
	oracle_policy_set(&one, name, true);
	oracle_policy_set(&others, name, false);
	return oracle_judge(&one, frame, size).drop && !oracle_judge(&others, frame, size).drop;
}

/* One extension header on drop; which one depends on the frame's size. */
static bool has_same_ext_header(const uint8_t *frame, size_t size, const struct packet *packet)
{
	enum portsieve_knob knob = size % PORTSIEVE_KNOBS;
	struct oracle_policy policy = policy_of(false);

	if (packet->knob == PORTSIEVE_KNOB_DROP && packet->reason != PORTSIEVE_REASONS)
		return true;
	if (!is_extension_knob(knob))
		return true;
	oracle_policy_set(&policy, knobs[knob].name, true);
	return oracle_judge(&policy, frame, size).drop == (packet->ext_seen >> knob & 1);
}

bool parser_oracle_agrees(const uint8_t *frame, size_t size, const struct packet *packet)
{
	struct oracle_policy policy = policy_of(false);
	struct oracle_opinion opinion = oracle_judge(&policy, frame, size);

	if (!is_same_outcome(&opinion, packet) || !has_same_ext_header(frame, size, packet))
		return false;
	return packet->reason == PORTSIEVE_REASONS || is_same_knob(frame, size, packet);
}
