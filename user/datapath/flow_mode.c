/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Starts and stops learning flows as policies need it. */
#include "datapath/flow_mode.h"

#include <errno.h>
#include <net/if.h>

#include "base/cleanup.h"
#include "datapath/flows.h"
#include "datapath/link.h"

int flow_mode_start(const struct datapath *datapath, uint32_t ifindex, const char *device,
		    const struct egress_maps *maps, uint32_t flows, bool renew, struct error *error)
{
	int r = flows_provide(datapath, ifindex, maps->tables_fd, flows, error);

	return r ? r : egress_attach(datapath, ifindex, device, maps, renew, error);
}

/*
 * Has the device moved to another network namespace, with its filter? Another device here may have
 * its ifindex.
 */
static bool has_moved(const struct attachment *attachment)
{
	struct occupant occupant = { 0 };

	return occupant_read(attachment->ifindex, &occupant, NULL) ||
	       (attachment->hook.attach == DATAPATH_LINK &&
		occupant.program_id != attachment->hook.program_id);
}

int flow_mode_start_on(const struct datapath *datapath, const struct attachment *attachment,
		       uint32_t flows, struct error *error)
{
	const struct egress_maps maps = egress_maps_of(
		attachment->active_fd, attachment->prefixes_fd, attachment->tables_fd);
	char device[IF_NAMESIZE];

	if (has_moved(attachment) || !if_indextoname(attachment->ifindex, device))
		return 0;
	return flow_mode_start(datapath, attachment->ifindex, device, &maps, flows, false, error);
}

/* The largest table size that a policy in a slot asks for; 0: none needs flows. */
static uint32_t flows_wanted(const struct attachment *attachment)
{
	uint32_t wanted = 0;

	for (int slot = 0; slot < PORTSIEVE_SLOTS; slot++) {
		_cleanup_free_ struct portsieve_image *image = NULL;

		if (!attachment->slots[slot].id ||
		    image_read(attachment->slots[slot].image_fd, &image, NULL))
			continue;
		if (image->flags & PORTSIEVE_IMAGE_RETURN_FLOW && image->flows > wanted)
			wanted = image->flows;
	}
	return wanted;
}

bool flow_mode_has_tables(const struct attachment *attachment)
{
	return attachment->tables_fd >= 0 && flow_table_id(attachment->tables_fd, PORTSIEVE_FLOWS);
}

bool flow_mode_is_on(const struct attachment *attachment)
{
	return flow_mode_has_tables(attachment) && flows_wanted(attachment);
}

int flow_mode_settle(const struct datapath *datapath, const struct attachment *attachment,
		     struct error *error)
{
	uint32_t flows = flows_wanted(attachment);

	return flows ? flow_mode_start_on(datapath, attachment, flows, error)
		     : egress_remove(datapath, attachment->ifindex);
}

void flow_mode_settle_all(const struct datapath *datapath)
{
	_cleanup_close_ int tables_fd = flow_tables_open(datapath);
	_cleanup_free_ uint32_t *ifindexes = NULL;
	bool needed = false;
	size_t count;

	if (tables_fd < 0 || !flow_table_id(tables_fd, PORTSIEVE_FLOWS) ||
	    pins_list(datapath, &ifindexes, &count, NULL))
		return;
	for (size_t i = 0; i < count; i++) {
		_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;

		if (attachment_open(datapath, ifindexes[i], &attachment, NULL))
			continue;
		flow_mode_settle(datapath, &attachment, NULL);
		needed |= flows_wanted(&attachment) != 0;
	}
	if (!needed)
		flows_release(tables_fd);
}
