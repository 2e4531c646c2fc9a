/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a writer does first: it repairs what a killed process left behind, and tells the user. */
#include "datapath/repair.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/attachment.h"
#include "datapath/confirm.h"
#include "datapath/counters.h"
#include "datapath/dispatcher.h"
#include "datapath/pins.h"
#include "datapath/policy_maps.h"
#include "datapath/stale.h"
#include "datapath/tries.h"
#include "datapath/device_names.h"

/* Why there is a folder without a live link, for the user. */
static const char *left_over_because(uint32_t ifindex, int state)
{
	char name[IF_NAMESIZE];

	if (state == -ENOENT)
		return "it was never fully loaded";
	return if_indextoname(ifindex, name)
		       ? "its program was detached; the interface is NOT FILTERED now"
		       : "the interface was deleted";
}

/* The devices that share the policy slot. */
static struct device_names names_of_sharing(const struct datapath *datapath, uint32_t active_id)
{
	_cleanup_free_ struct datapath_device *devices = NULL;
	size_t count = 0, kept = 0;

	datapath_devices(datapath, &devices, &count, NULL);
	for (size_t i = 0; i < count; i++)
		if (!devices[i].broken && devices[i].active_id == active_id)
			devices[kept++] = devices[i];
	return device_names(devices, kept);
}

/*
 * Empties slots of tries that no policy of the device uses; a killed writer may have filled them.
 */
static int repair_tries(const struct attachment *attachment)
{
	uint32_t generations[PORTSIEVE_SLOTS] = { PORTSIEVE_GENERATIONS, PORTSIEVE_GENERATIONS };

	if (!tries_are_put(attachment->prefixes_fd))
		return 0;
	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		_cleanup_free_ struct portsieve_image *image = NULL;
		int r;

		if (!attachment->slots[slot].id)
			continue;
		r = image_read(attachment->slots[slot].image_fd, &image, NULL);
		if (r)
			return r;
		generations[slot] = image->generation;
	}
	tries_remove_others(attachment->prefixes_fd, generations[PORTSIEVE_SLOT_NOW],
			    generations[PORTSIEVE_SLOT_BEFORE]);
	return 0;
}

/* Best effort: none of this blocks the next command, and the next writer tries again. */
static void repair_loaded(const struct datapath *datapath, const struct attachment *attachment)
{
	char text[400];
	bool fell_back = false;

	if (!attachment_is_understood(attachment))
		return;
	counters_repair(attachment->counters_fd);
	repair_tries(attachment);
	if (!confirm_repair(datapath, attachment, &fell_back) && fell_back && datapath->note) {
		snprintf(text, sizeof(text),
			 "the policy applied to %s was not confirmed in time: rolled back to the "
			 "previous policy",
			 names_of_sharing(datapath, attachment->active_id).text);
		datapath->note(text);
	}
}

/* Looks again after the repairs, which may have changed what is in force. */
static void remove_stale(const struct datapath *datapath, uint32_t ifindex)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;

	if (!attachment_open(datapath, ifindex, &attachment, NULL))
		stale_remove(datapath, &attachment);
}

/*
 * A deleted interface cannot be told from one that has moved; the filter of the latter must stay.
 */
static void note_held(const struct datapath *datapath, uint32_t ifindex)
{
	char text[640], folder[DISPATCHER_PATH_MAX];

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
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	struct error error = { 0 };
	char text[sizeof(error.text) + 64];
	int state = attachment_open(datapath, ifindex, &attachment, NULL);
	bool held;

	if (!state) {
		repair_loaded(datapath, &attachment);
		remove_stale(datapath, ifindex);
		return;
	}
	if (state != -ENOENT && state != -ENOLINK)
		return;
	held = dispatcher_remove_stale(datapath, ifindex);
	if (pins_remove_all(datapath, ifindex, &error))
		snprintf(text, sizeof(text), "%s", error.text);
	else
		snprintf(text, sizeof(text), "cleaned up stale state of ifindex %u: %s", ifindex,
			 left_over_because(ifindex, state));
	if (datapath->note)
		datapath->note(text);
	if (datapath->note && held)
		note_held(datapath, ifindex);
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
