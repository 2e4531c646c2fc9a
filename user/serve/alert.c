/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Hysteresis and the rate limit of alerts. */
#include "serve/alert.h"

const char *const alert_names[ALERT_KINDS] = {
	[ALERT_FLOOD] = "flood",	   [ALERT_SCAN] = "scan",
	[ALERT_PROBED] = "probed",	   [ALERT_UNCONFIRMED] = "unconfirmed",
	[ALERT_DEGRADED] = "degraded",	   [ALERT_LOST] = "lost",
	[ALERT_UNFILTERED] = "unfiltered",
};

bool alert_next(struct alert *alert, bool condition, int64_t now_ms)
{
	int64_t wait = alert->is_on ? ALERT_END_MS : ALERT_BEGIN_MS;

	if (condition == alert->is_on) {
		alert->turned_ms = 0;
		return false;
	}
	if (!alert->turned_ms || alert->turned_ms > now_ms)
		alert->turned_ms = now_ms;
	if (now_ms - alert->turned_ms < wait)
		return false;
	*alert = (struct alert){ .is_on = condition };
	return true;
}

bool alert_may_tell(struct alert_limit *limit, int64_t now_ms)
{
	/* also resets after the clock was set back */
	if (limit->full_ms < now_ms || limit->full_ms - now_ms > ALERT_BURST * ALERT_EACH_MS)
		limit->full_ms = now_ms;
	if (limit->full_ms - now_ms > (ALERT_BURST - 1) * ALERT_EACH_MS) {
		limit->suppressed++;
		return false;
	}
	limit->full_ms += ALERT_EACH_MS;
	return true;
}
