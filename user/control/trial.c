/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Tries frames by a test run, or natively. */
#include "control/trial.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"
#include "judge/native.h"

void trial_close(struct trial *trial)
{
	testrun_close(trial->testrun);
	native_close(trial->native);
	*trial = (struct trial){ 0 };
}

int trial_open(const struct portsieve_image *image, const struct addresses *addresses,
	       struct trial *ret_trial, struct error *error)
{
	struct trial trial = { 0 };
	struct error refused = { 0 };
	int r = testrun_open(image, addresses, image->counters, &trial.testrun, &refused);

	if (r == -EPERM || r == -ENOSYS)
		r = native_open(image, addresses, &trial.native, error);
	else if (r)
		*error = refused;
	if (!r)
		*ret_trial = trial;
	return r;
}

int trial_judge(struct trial *trial, const void *frame, size_t length_bytes,
		struct testrun_result *ret_result, struct error *error)
{
	if (trial->testrun)
		return testrun_judge(trial->testrun, frame, length_bytes, ret_result, error);
	ret_result->decision = native_judge(trial->native, frame, length_bytes, boottime_ns());
	ret_result->dropped = ret_result->decision.verdict == PORTSIEVE_DROPPED;
	return 0;
}

int trial_counters(struct trial *trial, struct portsieve_counter *rows, uint32_t count,
		   struct error *error)
{
	if (trial->testrun)
		return testrun_counters(trial->testrun, rows, count, error);
	memcpy(rows, native_counters(trial->native), count * sizeof(*rows));
	return 0;
}
