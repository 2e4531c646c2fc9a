/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Loading and unloading. One system call commits; the process may die at any step before or after
 * it.
 */
#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/counter_ids.h"
#include "datapath/flow_mode.h"
#include "datapath/flows.h"
#include "datapath/link.h"
#include "datapath/hook.h"
#include "datapath/policy_maps.h"
#include "datapath/attachment.h"
#include "datapath/dispatcher.h"
#include "datapath/pins.h"
#include "datapath/program.h"
#include "datapath/reply_cache.h"
#include "datapath/tries.h"
#include "host/interface.h"

/* -EBUSY if the interface is loaded already. */
static int check_not_loaded(const struct datapath *datapath, uint32_t ifindex, const char *name,
			    struct error *error)
{
	struct datapath_device device;
	int r = datapath_device(datapath, ifindex, &device, error);

	if (r)
		return r == -ENOENT ? 0 : r;
	if (device.broken)
		return datapath_refuse_broken(&device, error);
	if (device.moved)
		return error_set(
			error, EBUSY, EXIT_FAILED,
			"%s has ifindex %u, which belonged to an interface that has moved to "
			"another network namespace with its filter; unload that one first: "
			"portsieve unload --all",
			name, ifindex);
	return error_set_code(error, ERROR_ALREADY_LOADED, EBUSY,
			      "%s is loaded already; to change its policy: portsieve apply POLICY "
			      "%s",
			      name, name);
}

/*
 * Resolves AUTO: the dispatcher if available, else the link. -EBUSY: another program is attached
 * and leaves no room.
 */
static int choose_attach(uint32_t ifindex, const char *name, enum datapath_attach *attach,
			 struct error *error)
{
	struct error why = { 0 };
	struct occupant occupant;
	char members[128];
	bool dispatched;
	int r = occupant_read(ifindex, &occupant, error);

	if (r)
		return r;
	dispatched = occupant.program_id && dispatcher_is_on(ifindex, members, sizeof(members));
	if (occupant.program_id && !dispatched)
		return error_set_code(
			error, ERROR_OTHER_PROGRAM, EBUSY,
			"%s already carries the XDP program '%s' (id %u, %s mode); remove it first "
			"with the tool that attached it, or: ip link set dev %s %s off (where a "
			"bpf_link holds it: bpftool link list, bpftool link detach)",
			name, occupant.name[0] ? occupant.name : "unknown", occupant.program_id,
			datapath_mode_name(occupant.mode), name,
			occupant.mode == DATAPATH_GENERIC ? "xdpgeneric" : "xdp");
	if (*attach == DATAPATH_LINK && dispatched)
		return error_set_code(
			error, ERROR_OTHER_PROGRAM, EBUSY,
			"%s already carries libxdp's dispatcher with: %s; a link cannot be "
			"attached as well: use --attach dispatcher to join it",
			name, members);
	if (dispatched && strstr(members, PROGRAM_IN_CHAIN))
		return error_set_code(
			error, ERROR_OTHER_PROGRAM, EBUSY,
			"libxdp's dispatcher on %s has a program of portsieve whose pins are "
			"gone; remove it first: xdp-loader unload %s --id ID (its ID: "
			"xdp-loader status %s)",
			name, name, name);
	if (*attach == DATAPATH_LINK)
		return 0;
	r = dispatcher_available(&why);
	if (r && *attach == DATAPATH_DISPATCHER)
		return error_set(error, -r, why.exit, "%s; use --attach link", why.text);
	if (r && dispatched)
		return error_set(error, -r, why.exit, "%s carries libxdp's dispatcher with: %s; %s",
				 name, members, why.text);
	*attach = r ? DATAPATH_LINK : DATAPATH_DISPATCHER;
	return 0;
}

/* An interface that is being loaded. */
struct loading {
	const struct datapath *datapath;
	const char *device;
	uint32_t ifindex;
	struct datapath_load_options options; /* as requested, with `attach` resolved */
	const struct datapath_policy *policy;
	struct attachment equal; /* a loaded device with an equal policy; not open if none */
	struct program program;
};

static void loading_close(struct loading *loading)
{
	program_close(&loading->program);
	attachment_close(&loading->equal);
}

/* Makes the policy's maps and puts them into the new program's slots. */
static int provide_policy(const struct loading *loading, struct error *error)
{
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	struct portsieve_image *image = loading->policy->image;
	int r = counter_ids_assign(image, NULL);

	if (r)
		return error_no_memory(error);
	image->generation = 0;
	image->prefixes = loading->policy->addresses ? loading->policy->addresses->count : 0;
	r = policy_maps_make(loading->policy, &maps, error);
	if (r)
		return r;
	r = policy_maps_pin(loading->datapath, loading->ifindex, &maps, error);
	if (r)
		return r;
	r = tries_put(loading->program.prefixes_fd, maps.trie_fd, image->generation, error);
	return r ? r : image_commit(loading->program.active_fd, &maps, error);
}

/* The step that commits: pinning the link, or attaching to the dispatcher, which libxdp pins. */
static int attach(const struct loading *loading, struct error *error)
{
	_cleanup_close_ int link_fd = -1;
	enum datapath_mode mode = loading->options.mode;
	char text[160];
	int r;

	if (loading->options.attach == DATAPATH_DISPATCHER) {
		r = dispatcher_attach(loading->ifindex, loading->device, &loading->program, 0, mode,
				      &mode, error);
		if (r)
			return r;
		hook_mark_chained(loading->datapath, loading->ifindex); /* or the next writer */
	} else {
		r = link_attach(loading->ifindex, loading->device, loading->program.program_fd,
				&mode, &link_fd, error);
		if (r)
			return r;
		r = pin_put(loading->datapath, loading->ifindex, "link", 0, link_fd);
		if (r)
			return bpf_error(error, -r, "pin the link");
	}
	if (loading->options.mode == DATAPATH_MODE_AUTO && mode == DATAPATH_GENERIC &&
	    loading->datapath->note) {
		snprintf(
			text, sizeof(text),
			"%s runs in GENERIC mode: its driver refuses native XDP; expect a fraction "
			"of the speed",
			loading->device);
		loading->datapath->note(text);
	}
	return 0;
}

/* Learns the open flows, before the filter is attached. */
static int learn_flows(const struct loading *loading, struct error *error)
{
	const struct program *program = &loading->program;
	const struct egress_maps maps =
		egress_maps_of(program->active_fd, program->prefixes_fd, program->tables_fd);
	int r = flow_mode_start(loading->datapath, loading->ifindex, loading->device, &maps,
				loading->policy->image->flows, false, error);

	return r ? r : flows_seed(loading->datapath, loading->ifindex, maps.tables_fd, error);
}

/* Pins, fills and attaches the program. If it fails, the caller undoes it. */
static int put_on(const struct loading *loading, struct error *error)
{
	const struct attachment *equal = &loading->equal;
	int r = pins_make_directory(loading->datapath, loading->ifindex, error);

	if (!r && equal->active_fd < 0)
		r = provide_policy(loading, error);
	for (int slot = 0; !r && slot < PORTSIEVE_SLOTS; slot++)
		if (equal->slots[slot].id)
			r = policy_maps_pin(loading->datapath, loading->ifindex,
					    &equal->slots[slot], error);
	if (r)
		return r;
	r = program_pin(loading->datapath, loading->ifindex, &loading->program, error);
	if (!r && reply_cache_is_wanted(loading->policy->image))
		r = reply_cache_provide(loading->program.replies_fd, error);
	if (!r && loading->policy->image->flags & PORTSIEVE_IMAGE_RETURN_FLOW)
		r = learn_flows(loading, error);
	return r ? r : attach(loading, error);
}

/* How many rows the device needs: for its own image, or for that of the device with an equal
 * policy. */
static int counters_size(const struct loading *loading, uint32_t *ret_rows, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = 0;

	if (loading->equal.active_fd >= 0)
		r = attachment_image(&loading->equal, &image, error);
	if (!r)
		*ret_rows = counter_rows_for(image ? image : loading->policy->image);
	return r;
}

int datapath_load(const struct datapath *datapath, const char *device,
		  const struct datapath_load_options *load_options,
		  const struct datapath_policy *policy, struct error *error)
{
	struct loading loading __attribute__((cleanup(loading_close))) = {
		.datapath = datapath,
		.device = device,
		.options = *load_options,
		.policy = policy,
		.equal = ATTACHMENT_NONE,
	};
	_cleanup_close_ int tables_fd = flow_tables_open(datapath);
	struct program_options options = {
		.counters_fd = -1, .tables_fd = tables_fd, .turn_fd = -1, .seen_fd = -1
	};
	int r = interface_find(device, &loading.ifindex, error);

	if (r)
		return r;
	r = check_not_loaded(datapath, loading.ifindex, device, error);
	if (r)
		return r;
	r = choose_attach(loading.ifindex, device, &loading.options.attach, error);
	if (r)
		return r;
	r = attachment_find_equal(datapath, policy->image, &loading.equal, error);
	if (r && r != -ENOENT)
		return r;
	r = counters_size(&loading, &options.counters_rows, error);
	if (r)
		return r;
	attachment_share(&loading.equal, &options);
	options.in_chain = loading.options.attach == DATAPATH_DISPATCHER;
	options.per_port = load_options->watch.per_port;
	options.events = load_options->watch.events;
	r = program_load(&options, &loading.program, error);
	if (r)
		return r;
	r = put_on(&loading, error);
	if (r) {
		/*
		 * The pins are the only proof that a program in a dispatcher is ours: keep them
		 * while it is attached.
		 */
		egress_remove(datapath, loading.ifindex);
		if (!options.in_chain || !dispatcher_detach(datapath, loading.ifindex, 0, NULL))
			pins_remove_all(datapath, loading.ifindex, NULL);
		return r;
	}
	if (load_options->attach != DATAPATH_ATTACH_AUTO)
		pin_mark(datapath, loading.ifindex, "flow_tables", "asked"); /* for `status` */
	return 0;
}

/* After unloading, an XDP program that is not a dispatcher belongs to someone else. */
static int check_unloaded(const struct datapath_device *device, struct error *error)
{
	struct occupant occupant = { 0 };
	char members[128];
	int r;

	if (!device->name[0])
		return 0;
	r = occupant_read(device->ifindex, &occupant, error);
	if (r)
		return r;
	if (occupant.program_id && !dispatcher_is_on(device->ifindex, members, sizeof(members)))
		return error_set_code(
			error, ERROR_OTHER_PROGRAM, EBUSY,
			"%s still carries an XDP program, '%s' (id %u), that is not portsieve's",
			device->name, occupant.name, occupant.program_id);
	return 0;
}

int datapath_unload(const struct datapath *datapath, const struct datapath_device *device,
		    struct error *error)
{
	_cleanup_close_ int link_fd = hook_link(datapath, device->ifindex);
	int r;

	/* If something else is pinned as the link, it is just removed. */
	if (link_fd < 0 && link_fd != -ENOENT && link_fd != -EUCLEAN)
		return bpf_error(error, -link_fd, "open the link");
	/* Closing the link would not detach it if other processes hold it. */
	if (link_fd >= 0 && bpf_link_detach(link_fd) && errno != ENOLINK)
		return bpf_error(error, errno, "detach the program");
	if (link_fd < 0) {
		r = dispatcher_detach(datapath, device->ifindex, 0, error);
		if (r)
			return r;
		dispatcher_remove_stale(datapath, device->ifindex);
	}
	if (!device->moved) {
		r = egress_remove(datapath, device->ifindex);
		if (r)
			return bpf_error(error, -r, "detach the egress program");
	}
	r = pins_remove_all(datapath, device->ifindex, error);
	if (r)
		return r;
	flow_mode_settle_all(datapath);
	return check_unloaded(device, error);
}
