/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Naming outcomes. */
#include "print/outcome.h"

#include "policy/policy.h"
#include "print/reason.h"

struct outcome outcome_of(const struct testrun_outcome *tried, const struct portsieve_image *image)
{
	const struct portsieve_trace *decision = &tried->decision;
	bool by_reason =
		decision->range >= PORTSIEVE_RANGES || decision->range == PORTSIEVE_RANGE_DHCP;
	struct outcome outcome = {
		.verdict = tried->dropped ? "drop" : "pass",
		.would_drop = decision->drop && !tried->dropped,
		.words = "",
		.port = -1,
		.range_id = -1,
	};

	if (decision->has_port) {
		outcome.protocol = transport_name(decision->transport);
		outcome.port = decision->port;
	}
	if (by_reason) {
		outcome.reason = reason_name(decision->counter);
		outcome.words = reason_words(decision->counter);
		return outcome;
	}
	outcome.reason = decision->range < PORTSIEVE_RANGE_DHCP ? "default" : "rule";
	outcome.rule = range_rule_name(image, decision->range);
	outcome.range_id = decision->range;
	return outcome;
}

struct outcome outcome_of_runt(const struct portsieve_image *image)
{
	bool monitor = image->flags & PORTSIEVE_IMAGE_MONITOR;

	return (struct outcome){
		.verdict = monitor ? "pass" : "drop",
		.would_drop = monitor,
		.reason = reason_name(PORTSIEVE_MALFORMED_ETHERNET),
		.words = reason_words(PORTSIEVE_MALFORMED_ETHERNET),
		.port = -1,
		.range_id = -1,
	};
}
