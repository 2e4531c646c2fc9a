/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The first step of every writer: repairing what a killed process left behind. */
#include "datapath/repair.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/apply.h"
#include "datapath/counters.h"
#include "datapath/dispatcher.h"
#include "datapath/flow_mode.h"
#include "datapath/pins.h"
#include "datapath/policy_maps.h"
#include "datapath/stale.h"
#include "datapath/tries.h"
#include "datapath/device_names.h"

/* The devices that share the policy slot. */
static struct device_names sharing_names(const struct datapath *datapath, uint32_t active_id)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	size_t count = 0, kept = 0;

	datapath_devices(datapath, &devices, &count, NULL);
	for (size_t i = 0; i < count; i++)
		if (!devices[i].broken && devices[i].active_id == active_id)
			devices[kept++] = devices[i];
	return device_names(devices, kept);
}

/* Empties slots of tries that no policy of the device uses, left by a killed writer. */
static void repair_tries(const struct attachment *attachment)
{
	uint32_t generations[PORTSIEVE_SLOTS] = { PORTSIEVE_GENERATIONS, PORTSIEVE_GENERATIONS };

	if (!tries_are_put(attachment->prefixes_fd))
		return;
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		_cleanup_free_ struct portsieve_image *image = NULL;

		if (!attachment->slots[slot].id)
			continue;
		if (image_read(attachment->slots[slot].image_fd, &image, NULL))
			return;
		generations[slot] = image->generation;
	}
	tries_remove_others(attachment->prefixes_fd, generations[PORTSIEVE_SLOT_NOW],
			    generations[PORTSIEVE_SLOT_BEFORE]);
}

/* Best effort: failures do not stop the command, and the next writer tries again. */
static void repair_loaded(const struct datapath *datapath, const struct attachment *attachment)
{
	char text[400];
	bool fell_back = false;

	if (!attachment_is_understood(attachment))
		return;
	counters_repair(attachment->counters_fd);
	image_put_next(attachment->active_fd, NULL, NULL);
	repair_tries(attachment);
	if (!apply_repair(datapath, attachment, &fell_back) && fell_back && datapath->note) {
		snprintf(text, sizeof(text),
			 "the policy applied to %s was not confirmed in time: rolled back to the "
			 "previous policy",
			 sharing_names(datapath, attachment->active_id).text);
		datapath->note(text);
	}
}

/* Attaches the egress program again if it was removed, or if the device has moved here. */
static void repair_flows(const struct datapath *datapath, const struct attachment *attachment)
{
	uint32_t ifindex = attachment->ifindex;
	struct error error = { 0 };
	char text[640], name[IF_NAMESIZE] = "?";
	bool was_there;

	if (!flow_mode_has_tables(attachment))
		return;
	was_there = egress_program_id(datapath, ifindex, false);
	flow_mode_settle(datapath, attachment, &error);
	if_indextoname(ifindex, name);
	if (error.text[0])
		snprintf(text, sizeof(text), "%s: replies no longer pass by `return: flow`: %s",
			 name, error.text);
	else if (!was_there && egress_program_id(datapath, ifindex, false))
		snprintf(text, sizeof(text),
			 "%s: the egress program was gone, and with it new flows; attached it "
			 "again",
			 name);
	else
		return;
	if (datapath->note)
		datapath->note(text);
}

/* Removes a folder without a live link. `state` is the error of attachment_open. */
static void remove_left_over(const struct datapath *datapath, uint32_t ifindex, int state)
{
	char text[640], name[IF_NAMESIZE], folder[DISPATCHER_PATH_MAX];
	struct error error = { 0 };
	const char *why = "the interface was deleted";
	bool held = dispatcher_remove_stale(datapath, ifindex);
	int r = pins_remove_all(datapath, ifindex, &error);

	if (!datapath->note)
		return;
	if (state == -ENOENT)
		why = if_indextoname(ifindex, name) ? "it was never fully loaded, or the pin of "
						      "its link was removed; the "
						      "interface is NOT FILTERED now"
						    : "it was never fully loaded";
	else if (if_indextoname(ifindex, name))
		why = "its program was detached; the interface is NOT FILTERED now";
	snprintf(text, sizeof(text), "cleaned up stale state of ifindex %u: %s", ifindex, why);
	datapath->note(r ? error.text : text);
	if (!held)
		return;
	/* A deleted interface cannot be told from one that has moved, whose filter must stay. */
	dispatcher_folder(folder);
	snprintf(text, sizeof(text),
		 "libxdp still keeps the program of ifindex %u: if the interface was moved to "
		 "another network namespace, it is still filtered there; to end that: ip link set "
		 "dev ... xdp off; if it was deleted, free the memory: rm -r %s/dispatch-%u-*",
		 ifindex, folder, ifindex);
	datapath->note(text);
}

static void repair_device(const struct datapath *datapath, uint32_t ifindex)
{
	_cleanup_attachment_ struct attachment before = ATTACHMENT_NONE, after = ATTACHMENT_NONE;
	int state = attachment_open(datapath, ifindex, &before, NULL);

	if (state == -ENOENT || state == -ENOLINK)
		remove_left_over(datapath, ifindex, state);
	if (state)
		return;
	repair_loaded(datapath, &before);
	/* The repairs may have changed the policy in force: look again. */
	if (attachment_open(datapath, ifindex, &after, NULL))
		return;
	repair_flows(datapath, &after);
	stale_remove(datapath, &after);
}

int repair_all(const struct datapath *datapath, struct error *error)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t count;
	int r = pins_list(datapath, &ifindexes, &count, error);

	if (r)
		return r;
	for (size_t i = 0; i < count; i++)
		repair_device(datapath, ifindexes[i]);
	return 0;
}
