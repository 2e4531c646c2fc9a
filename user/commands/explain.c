/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve explain: the verdict on one packet, and why. */
#include <string.h>

#include "base/output.h"
#include "commands/command.h"
#include "control/judging_policy.h"
#include "control/shared_policy.h"
#include "control/policy_file.h"
#include "control/trial.h"
#include "packet/text.h"
#include "print/explanation.h"

/* Has the file with the deciding rule changed since it was applied? */
static enum explain_file compare_file(const struct explanation *explanation)
{
	const struct portsieve_image *image = explanation->image;
	const char *path = explanation_file(explanation);
	const uint8_t *applied = image->sha256;
	uint8_t now[32];

	if (!path || path[0] != '/' || policy_file_digest(path, now))
		return EXPLAIN_UNKNOWN;
	if (path != image->source)
		applied = image->failsafe_sha256;
	return memcmp(now, applied, sizeof(now)) ? EXPLAIN_CHANGED : EXPLAIN_SAME;
}

static enum exit_code explain(const struct settings *settings, struct error *error)
{
	_cleanup_judging_policy_ struct judging_policy policy = { 0 };
	_cleanup_trial_ struct trial trial = { 0 };
	struct explanation explanation = { 0 };
	uint8_t frame[PACKET_FRAME_MAX];
	size_t length_bytes;
	struct testrun_result tried;

	if (packet_text_frame(settings->operands[0], frame, &length_bytes, error) ||
	    judging_policy_read(settings->policy, settings->devices, settings->devices_count,
				&policy, error) ||
	    trial_open(policy.image, &policy.addresses, &trial, error) ||
	    trial_judge(&trial, frame, length_bytes, &tried, error))
		return error->exit;
	explanation.verdict = packet_verdict_of(&tried, policy.image);
	explanation.names = frame_names_of(frame, length_bytes);
	explanation.image = policy.image;
	explanation.policy = &policy.policy;
	explanation.natively = trial.native;
	policy_host_read(&explanation.host);
	if (!settings->policy)
		explanation.file_changed = compare_file(&explanation);
	return output_result(settings->json ? print_explanation_json(&explanation)
					    : print_explanation_text(&explanation),
			     error);
}

const struct command command_explain = {
	.name = "explain",
	.operands = "PACKET",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Print the verdict on a packet, and why",
	.details =
		"Runs the real program on the packet, with separate counters; without root, "
		"natively.\n"
		"PACKET is written as\n\n"
		"  'PROTOCOL SOURCE > DESTINATION [FLAGS] [type N] [vlan ID]...'   or   'hex "
		"BYTES'\n\n"
		"for example 'tcp 192.0.2.7 > 198.51.100.1:https', 'icmp 192.0.2.7 > 198.51.100.1 "
		"type 8',\n"
		"'udp [2001:db8::7]:5353 > [2001:db8::1]:53 vlan 12', 'arp 192.0.2.7 > 192.0.2.1'.",
	.options = { &option_try_policy, &option_try_dev, &option_json },
	.run = explain,
};
