/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists the pins that a device needs and removes the others. */
#include "datapath/stale.h"

#include "base/cleanup.h"
#include "datapath/baseline.h"
#include "datapath/flow_mode.h"
#include "datapath/flows.h"
#include "datapath/handover.h"
#include "datapath/reset.h"

void stale_remove(const struct datapath *datapath, struct attachment *attachment)
{
	static const char *const kept[] = { "link",    "flow_tables", "turn", "seen",
					    "chained", "asked",	      "reset" };
	char names[22 + EVENT_MAPS + TRIE_FAMILIES + PORTSIEVE_SLOTS * (2 + TRIE_FAMILIES)]
		  [PIN_NAME_MAX];
	size_t count = 0;

	if (!attachment_is_understood(attachment))
		return;
	if (attachment->hook.attach == DATAPATH_DISPATCHER &&
	    handover_settle(datapath, attachment, NULL))
		return; /* their pins are the only proof that programs are ours */
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		snprintf(names[count++], PIN_NAME_MAX, "%s", kept[i]);
	if (baseline_settle(datapath, attachment, NULL))
		snprintf(names[count++], PIN_NAME_MAX, "former_%u", attachment->counters_id);
	if (attachment->counters_id) {
		snprintf(names[count++], PIN_NAME_MAX, "counters_%u", attachment->counters_id);
		snprintf(names[count++], PIN_NAME_MAX, "baseline_%u", attachment->counters_id);
	} else {
		snprintf(names[count++], PIN_NAME_MAX, "counters");
	}
	snprintf(names[count++], PIN_NAME_MAX, "program_%u", attachment->hook.program_id);
	snprintf(names[count++], PIN_NAME_MAX, "active_%u", attachment->active_id);
	snprintf(names[count++], PIN_NAME_MAX, "replies_%u", attachment->replies_id);
	for (int family = 0; family < TRIE_FAMILIES; family++)
		snprintf(names[count++], PIN_NAME_MAX, "%s_%u", prefixes_kinds[family],
			 attachment->prefixes_id[family]);
	if (attachment->port_cells_fd >= 0) {
		snprintf(names[count++], PIN_NAME_MAX, "port_cells_%u", attachment->port_cells_id);
		snprintf(names[count++], PIN_NAME_MAX, "port_sums_%u", attachment->port_sums_id);
	}
	for (int map = 0; map < EVENT_MAPS && attachment->event_fds[map] >= 0; map++)
		snprintf(names[count++], PIN_NAME_MAX, "%s_%u", event_kinds[map],
			 attachment->event_ids[map]);
	if (flow_mode_is_on(attachment)) {
		snprintf(names[count++], PIN_NAME_MAX, "egress_link");
		snprintf(names[count++], PIN_NAME_MAX, "egress_%u",
			 egress_program_id(datapath, attachment->ifindex, false)
				 ?: egress_program_id(datapath, attachment->ifindex, true));
		for (int table = 0; table < PORTSIEVE_FLOW_TABLES; table++)
			snprintf(names[count++], PIN_NAME_MAX, "%s_%u", flow_kinds[table],
				 flow_table_id(attachment->tables_fd, table));
	}
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		uint32_t id = attachment->slots[slot].id;

		if (!id)
			continue;
		snprintf(names[count++], PIN_NAME_MAX, "image_%u", id);
		snprintf(names[count++], PIN_NAME_MAX, "text_%u", id);
		for (int family = 0; family < TRIE_FAMILIES; family++)
			snprintf(names[count++], PIN_NAME_MAX, "%s_%u", trie_kinds[family], id);
	}
	pins_remove_others(datapath, attachment->ifindex, names, count);
	reset_forget(datapath, attachment);
}

void stale_remove_all(const struct datapath *datapath)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t count;

	if (pins_list(datapath, &ifindexes, &count, NULL))
		return;
	for (size_t i = 0; i < count; i++) {
		_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;

		if (!attachment_open(datapath, ifindexes[i], &attachment, NULL))
			stale_remove(datapath, &attachment);
	}
}
