/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From what a test run returned to the names that users see. */
#include "print/verdict.h"

#include "policy/policy.h"
#include "print/reason.h"

struct packet_verdict packet_verdict_of(const struct testrun_result *tried,
					const struct portsieve_image *image)
{
	const struct portsieve_trace *decision = &tried->decision;
	bool by_reason =
		decision->range >= PORTSIEVE_RANGES || decision->range == PORTSIEVE_RANGE_DHCP;
	struct packet_verdict verdict = {
		.word = tried->dropped ? "drop" : "pass",
		.would_drop = decision->drop && !tried->dropped,
		.words = "",
		.port = -1,
		.range_id = -1,
	};

	if (decision->has_port) {
		verdict.protocol = transport_name(decision->transport);
		verdict.port = decision->port;
	}
	if (by_reason) {
		verdict.reason = reason_name(decision->counter);
		verdict.words = reason_words(decision->counter);
		return verdict;
	}
	verdict.reason = decision->range < PORTSIEVE_RANGE_DHCP ? "default" : "rule";
	verdict.rule = range_rule_name(image, decision->range);
	verdict.range_id = decision->range;
	return verdict;
}

struct packet_verdict packet_verdict_of_runt(const struct portsieve_image *image)
{
	bool monitor = image->flags & PORTSIEVE_IMAGE_MONITOR;

	return (struct packet_verdict){
		.word = monitor ? "pass" : "drop",
		.would_drop = monitor,
		.reason = reason_name(PORTSIEVE_MALFORMED_ETHERNET),
		.words = reason_words(PORTSIEVE_MALFORMED_ETHERNET),
		.port = -1,
		.range_id = -1,
	};
}
