/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lists the pins that a device needs and removes the others. */
#include "datapath/stale.h"

#include "base/cleanup.h"
#include "datapath/handover.h"

void stale_remove(const struct datapath *datapath, const struct attachment *attachment)
{
	static const char *const kept[] = {
		"link", "counters", "turn", "seen", "chained", "asked"
	};
	char names[8 + TRIE_FAMILIES + PORTSIEVE_SLOTS * (2 + TRIE_FAMILIES)][PIN_NAME_MAX];
	size_t count = 0;

	if (!attachment_is_understood(attachment))
		return;
	if (attachment->hook.attach == DATAPATH_DISPATCHER &&
	    handover_settle(datapath, attachment, NULL))
		return; /* only by their pins are our programs known to be ours */
	for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
		snprintf(names[count++], PIN_NAME_MAX, "%s", kept[i]);
	snprintf(names[count++], PIN_NAME_MAX, "program_%u", attachment->hook.program_id);
	snprintf(names[count++], PIN_NAME_MAX, "active_%u", attachment->active_id);
	for (int family = 0; family < TRIE_FAMILIES; family++)
		snprintf(names[count++], PIN_NAME_MAX, "%s_%u", prefixes_kinds[family],
			 attachment->prefixes_id[family]);
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
