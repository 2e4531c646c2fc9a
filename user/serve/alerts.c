/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The conditions of alerts, and the words for them. */
#include "serve/alerts.h"

#include <stdio.h>
#include <string.h>

#include "policy/policy.h"

static void name_devices(const struct sampler_group *group, char *text, size_t size)
{
	size_t length = 0;

	text[0] = '\0';
	for (size_t i = 0; i < group->names_count && length < size; i++)
		length += (size_t)snprintf(text + length, size - length, "%s%s", i ? ", " : "",
					   group->names[i]);
}

/* Does the alert's condition hold? If so, describes it in `text`. */
static bool holds(const struct sampler *sampler, const struct sampler_group *group,
		  enum alert_kind kind, char *text, size_t size)
{
	const struct snapshot_device *device = NULL;
	const struct listener *listener;
	char devices[160];

	name_devices(group, devices, sizeof(devices));
	switch (kind) {
	case ALERT_FLOOD:
		snprintf(text, size, "%s", group->sentence.text);
		return group->now && group->sentence.kind == SENTENCE_FLOOD;
	case ALERT_SCAN:
		snprintf(text, size, "%s", group->sentence.text);
		return group->now && sentence_is_event(group->sentence.kind) &&
		       group->sentence.kind != SENTENCE_FLOOD;
	case ALERT_PROBED:
		listener = group->now && group->is_probed ? sampler_listener(sampler, group->probed)
							  : NULL;
		if (listener)
			snprintf(text, size, "%s/%u is denied, and probed; %s listens there",
				 transport_name(group->probed.transport), group->probed.port,
				 listener->unit[0] ? listener->unit : "something");
		return listener;
	case ALERT_UNCONFIRMED:
	case ALERT_DEGRADED:
		for (size_t i = 0; group->now && i < group->now->devices_count && !device; i++) {
			device = group->now->devices[i]->device;
			if (kind == ALERT_DEGRADED
				    ? snapshot_degraded(device) == SNAPSHOT_NOT_DEGRADED
				    : !snapshot_fell_back(device))
				device = NULL;
		}
		snprintf(text, size, "%s",
			 kind == ALERT_DEGRADED
				 ? "replies to new flows are dropped: see portsieve status"
				 : "the last change was not confirmed in time, and rolled back");
		return device;
	case ALERT_LOST:
		snprintf(text, size,
			 "recorded packets are overwritten before they are read: events and "
			 "sources are incomplete");
		return group->now && group->is_losing;
	default:
		if (group->message[0])
			snprintf(text, size, "%.*s", (int)size - 1, group->message);
		else
			snprintf(text, size, "nothing filters %s any more", devices);
		return group->was_read && !group->now;
	}
}

void alerts_next(struct alerts *alerts, const struct sampler *sampler, int64_t now_ms,
		 alert_take_fn *take)
{
	for (size_t i = 0; i < SAMPLER_GROUPS; i++) {
		const struct sampler_group *group = &sampler->list[i];

		if (!group->names_count)
			continue;
		for (enum alert_kind kind = 0; kind < ALERT_KINDS; kind++) {
			struct alert_news news = { .kind = kind };
			char text[sizeof(news.text)] = "";
			bool condition = holds(sampler, group, kind, text, sizeof(text));

			if (!alert_next(&alerts->list[i][kind].alert, condition, now_ms))
				continue;
			news.begins = alerts->list[i][kind].alert.is_on;
			if (news.begins)
				strcpy(alerts->list[i][kind].text, text);
			strcpy(news.text, alerts->list[i][kind].text);
			name_devices(group, news.devices, sizeof(news.devices));
			take(&news);
		}
	}
}
