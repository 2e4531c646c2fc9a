/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve explain: what becomes of one packet, and why. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "commands/command.h"
#include "control/judging_policy.h"
#include "base/cleanup.h"
#include "packet/text.h"
#include "control/policy_file.h"
#include "print/explanation.h"

static int try_frame(const struct judging_policy *policy, const uint8_t *frame, size_t length_bytes,
		     struct packet_verdict *ret_result, struct error *error)
{
	struct testrun_result tried;
	_cleanup_testrun_ struct testrun *testrun = NULL;
	int r = testrun_open(policy->image, &policy->addresses, &testrun, error);

	if (r)
		return r;
	r = testrun_judge(testrun, frame, length_bytes, &tried, error);
	if (r)
		return r;
	*ret_result = packet_verdict_of(&tried, policy->image);
	return 0;
}

static enum exit_code explain(const struct settings *settings, int count, char **operands,
			      struct error *error)
{
	_cleanup_judging_policy_ struct judging_policy policy = { 0 };
	uint8_t frame[PACKET_FRAME_MAX];
	struct explanation explanation = { 0 };
	size_t length_bytes;
	int r = packet_text_frame(operands[0], frame, &length_bytes, error);

	(void)count;
	if (!r)
		r = judging_policy_read(settings->policy, settings->devices,
					settings->devices_count, &policy, error);
	if (!r)
		r = try_frame(&policy, frame, length_bytes, &explanation.verdict, error);
	if (r)
		return error->exit;
	explanation.names = frame_names_of(frame, length_bytes);
	explanation.image = policy.image;
	policy_host_read(&explanation.host);
	r = settings->json ? print_explanation_json(&explanation)
			   : print_explanation_text(&explanation);
	if (r)
		error_no_memory(error);
	return r ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_explain = {
	.name = "explain",
	.operands = "PACKET",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Say what becomes of a packet, and why",
	.details = "The packet is tried on the real program with counters of its own. It is "
		   "written as\n\n"
		   "  'PROTOCOL SOURCE > DESTINATION [FLAGS] [type N] [vlan ID]...'   or   'hex "
		   "BYTES'\n\n"
		   "for example 'tcp 192.0.2.7:40000 > 198.51.100.1:8080 S', 'icmp 192.0.2.7 > "
		   "198.51.100.1 type 8',\n"
		   "'udp [2001:db8::7]:5353 > [2001:db8::1]:53 vlan 12'.",
	.options = { &option_try_policy, &option_try_dev, &option_json },
	.run = explain,
};
