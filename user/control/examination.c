/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Collects what host/ and datapath/ read into the facts that analysis/ judges. */
#include "control/examination.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "datapath/datapath.h"
#include "datapath/egress_order.h"
#include "datapath/features.h"
#include "host/ethtool.h"
#include "host/host.h"
#include "host/interface.h"
#include "host/machine.h"
#include "host/rtnetlink.h"
#include "host/xdp_features.h"

/* What is read before the devices. */
struct reading {
	struct link *links;
	size_t links_count;
	struct datapath_device *loaded;
	size_t loaded_count;
	struct datapath datapath;
};

static void reading_close(struct reading *reading)
{
	free(reading->links);
	free(reading->loaded);
	datapath_close(&reading->datapath);
}

void examination_free(struct examination *examination)
{
	free(examination->devices);
	free(examination->routes);
	*examination = (struct examination){ 0 };
}

static void read_machine(struct doctor_machine *facts)
{
	struct machine machine = machine_read();
	struct datapath_features features;

	datapath_features_read(&features);
	*facts = (struct doctor_machine){
		.cpus = machine.cpus,
		.capabilities = machine.capabilities,
		.own_user_namespace = machine.own_user_namespace,
		.memlock_bytes = machine.memlock_bytes,
		.memory_bytes = features.memory_bytes,
		.jit = machine.jit == MACHINE_ON    ? DOCTOR_YES
		       : machine.jit == MACHINE_OFF ? DOCTOR_NO
						    : DOCTOR_UNKNOWN,
		.load_errnum = features.load_errnum,
		.features_known = features.known,
		.links = features.links,
		.frags = features.frags,
		.batches = features.batches,
		.tcx = features.tcx,
		.bpffs_mounted = machine.bpffs_mounted,
		.bpffs_read_only = machine.bpffs_read_only,
		.bpffs_mode = machine.bpffs_mode,
		.initial_network = machine.initial_network,
		.other_networks = datapath_other_namespaces(),
		.clock_synchronised = machine.clock_synchronised,
		.realtime_ns = machine.realtime_ns,
		.has_tsc = machine.has_tsc,
	};
	snprintf(facts->release, sizeof(facts->release), "%s", machine.release);
	snprintf(facts->network, sizeof(facts->network), "%s", machine.network);
	snprintf(facts->clocksource, sizeof(facts->clocksource), "%s", machine.clocksource);
	if (features.load_errnum)
		snprintf(facts->load_error, sizeof(facts->load_error), "%s",
			 features.load_error.text);
	if (features.dispatcher_errnum)
		snprintf(facts->dispatcher_error, sizeof(facts->dispatcher_error), "%s",
			 features.dispatcher_error.text);
}

static int read_loaded(struct reading *reading, struct doctor_facts *facts)
{
	struct error why = { 0 };
	int r = datapath_open(DATAPATH_READ, NULL, &reading->datapath, &why);

	if (!r)
		r = datapath_devices(&reading->datapath, &reading->loaded, &reading->loaded_count,
				     &why);
	if (r == -ENOMEM)
		return r;
	if (r)
		snprintf(facts->machine.pins_error, sizeof(facts->machine.pins_error), "%s",
			 why.text);
	facts->loaded_known = !r;
	facts->loaded_count = reading->loaded_count;
	return 0;
}

static const struct link *find_link(const struct reading *reading, uint32_t ifindex)
{
	for (size_t i = 0; i < reading->links_count; i++)
		if (reading->links[i].ifindex == ifindex)
			return &reading->links[i];
	return NULL;
}

static const struct datapath_device *find_loaded(const struct reading *reading, uint32_t ifindex)
{
	for (size_t i = 0; i < reading->loaded_count; i++)
		if (reading->loaded[i].ifindex == ifindex && !reading->loaded[i].moved)
			return &reading->loaded[i];
	return NULL;
}

static void copy_queues(struct doctor_queues *to, const struct ethtool_queues *from)
{
	*to = (struct doctor_queues){ from->count, from->max };
}

static void read_ethtool(struct doctor_device *device)
{
	struct ethtool ethtool = { 0 }, peer = { 0 };

	if (!ethtool_read(device->name, &ethtool)) {
		snprintf(device->driver, sizeof(device->driver), "%s", ethtool.driver);
		device->has_channels = ethtool.has_channels;
		copy_queues(&device->rx, &ethtool.rx);
		copy_queues(&device->tx, &ethtool.tx);
		copy_queues(&device->combined, &ethtool.combined);
		device->lro = ethtool.lro;
		device->gro_hw = ethtool.gro_hw;
		device->gro_hw_fixed = ethtool.gro_hw_fixed;
		device->vlan_stripping = ethtool.vlan_stripping;
	}
	if (device->peer[0] && !ethtool_read(device->peer, &peer))
		device->peer_tx_queues = peer.tx.count;
}

static void read_uppers(const struct reading *reading, uint32_t ifindex,
			struct doctor_device *device)
{
	for (size_t i = 0; i < reading->links_count && device->uppers_count < DOCTOR_UPPERS; i++) {
		const struct link *link = &reading->links[i];
		struct doctor_upper *upper = &device->uppers[device->uppers_count];

		if (link->ifindex == ifindex ||
		    !links_is_at_or_below(reading->links, reading->links_count, ifindex,
					  link->ifindex))
			continue;
		memcpy(upper->name, link->name, sizeof(upper->name));
		memcpy(upper->kind, link->kind, sizeof(upper->kind));
		device->uppers_count++;
	}
}

static void copy_others(struct doctor_egress *to, const struct egress_other *first, size_t count)
{
	*to = (struct doctor_egress){ .count = count,
				      .is_tcx = first->is_tcx,
				      .priority = first->priority };
	memcpy(to->first, first->name, sizeof(to->first));
}

static void read_programs(uint32_t ifindex, uint32_t own_egress_id, struct doctor_device *device)
{
	struct datapath_occupant occupant = { 0 };
	struct egress_order order;

	if (!datapath_occupant_read(ifindex, &occupant)) {
		device->program_id = occupant.program_id;
		device->program_generic = occupant.generic;
		device->link_id = occupant.link_id;
		memcpy(device->program, occupant.name, sizeof(device->program));
		memcpy(device->members, occupant.members, sizeof(device->members));
		memcpy(device->single_buffer, occupant.single_buffer,
		       sizeof(device->single_buffer));
	}
	egress_order_read(ifindex, own_egress_id, &order);
	device->ingress_qdisc = order.ingress_qdisc;
	copy_others(&device->egress_before, &order.before, order.before_count);
	copy_others(&device->egress_after, &order.after, order.after_count);
}

static int read_policy(const struct reading *reading, const struct datapath_device *loaded,
		       struct doctor_device *device, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	struct host_settings host = host_settings_read();
	struct error why = { 0 };
	int r = datapath_refuse_broken(loaded, &why);

	device->broken = r;
	if (!r)
		r = datapath_policy_read(&reading->datapath, loaded, &image, NULL, NULL, NULL,
					 &why);
	if (r == -ENOMEM)
		return error_no_memory(error);
	if (r)
		snprintf(device->problem, sizeof(device->problem), "%s", why.text);
	else
		device->policy = doctor_policy_of(image, host.ephemeral_low, host.ephemeral_high);
	return 0;
}

static int read_device(const struct reading *reading, const struct link *link,
		       struct doctor_device *device, struct error *error)
{
	const struct datapath_device *loaded = find_loaded(reading, link->ifindex);
	const struct link *peer = find_link(reading, link->peer);
	struct xdp_features features;

	*device = (struct doctor_device){ .up = link->up, .mtu = link->mtu };
	memcpy(device->name, link->name, sizeof(device->name));
	if (peer) {
		memcpy(device->peer, peer->name, sizeof(device->peer));
		device->peer_mtu = peer->mtu;
	}
	if (!xdp_features_read(link->ifindex, &features)) {
		device->native = features.native ? DOCTOR_YES : DOCTOR_NO;
		device->frags = features.frags ? DOCTOR_YES : DOCTOR_NO;
	}
	read_ethtool(device);
	read_uppers(reading, link->ifindex, device);
	device->learns_flows = loaded && loaded->egress_id;
	read_programs(link->ifindex, loaded ? loaded->egress_id : 0, device);
	device->forwards_ipv4 = forwarding_read(AF_INET, link->name);
	device->forwards_ipv6 = forwarding_read(AF_INET6, link->name);
	if (!loaded)
		return 0;
	device->loaded = true;
	device->generic = loaded->mode == DATAPATH_GENERIC;
	return read_policy(reading, loaded, device, error);
}

/* Reads the named device, or the loaded ones. */
static int read_devices(const struct reading *reading, uint32_t named,
			struct examination *examination, struct error *error)
{
	size_t count = named ? 1 : reading->loaded_count;
	int r;

	examination->devices = calloc(count + 1, sizeof(*examination->devices));
	if (!examination->devices)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++) {
		struct doctor_device *device =
			&examination->devices[examination->facts.devices_count];
		uint32_t ifindex = named ? named : reading->loaded[i].ifindex;
		const struct link *link = find_link(reading, ifindex);

		if (!named && (reading->loaded[i].moved || !link)) {
			*device = (struct doctor_device){ .loaded = true, .moved = true };
			snprintf(device->name, sizeof(device->name), "(index %u)", ifindex);
			examination->facts.devices_count++;
			continue;
		}
		if (!link) /* it has just gone */
			continue;
		r = read_device(reading, link, device, error);
		if (r)
			return r;
		examination->facts.devices_count++;
	}
	examination->facts.devices = examination->devices;
	return 0;
}

/* Do this device's packets pass through a device that is loaded, or about to be? */
static bool is_filtered(const struct reading *reading, uint32_t named, uint32_t ifindex)
{
	const struct link *links = reading->links;
	size_t count = reading->links_count;

	for (size_t i = 0; i < reading->loaded_count; i++)
		if (!reading->loaded[i].moved &&
		    links_is_at_or_below(links, count, reading->loaded[i].ifindex, ifindex))
			return true;
	return links_is_at_or_below(links, count, named, ifindex);
}

static int add_routes(const struct reading *reading, uint32_t named, int family,
		      struct examination *examination)
{
	_cleanup_free_ uint32_t *ifindexes = NULL;
	size_t count = 0, *routes_count = &examination->facts.routes_count;
	struct doctor_route *routes;

	if (default_routes_read(family, &ifindexes, &count))
		return 0;
	routes = reallocarray(examination->routes, *routes_count + count + 1, sizeof(*routes));
	if (!routes)
		return -ENOMEM;
	examination->routes = routes;
	for (size_t i = 0; i < count; i++) {
		const struct link *link = find_link(reading, ifindexes[i]);
		size_t at = 0;

		if (!link)
			continue;
		while (at < *routes_count && strcmp(routes[at].device, link->name))
			at++;
		if (at == *routes_count) {
			routes[(*routes_count)++] =
				(struct doctor_route){ .filtered = is_filtered(reading, named,
									       ifindexes[i]) };
			memcpy(routes[at].device, link->name, sizeof(routes[at].device));
		}
		routes[at].ipv4 |= family == AF_INET;
		routes[at].ipv6 |= family == AF_INET6;
	}
	return 0;
}

int examination_read(const char *name, struct examination *ret_examination, struct error *error)
{
	_cleanup_examination_ struct examination examination = { .facts.named = name };
	struct reading reading
		__attribute__((cleanup(reading_close))) = { .datapath = DATAPATH_CLOSED };
	uint32_t named = 0;
	int r = name ? interface_find(name, &named, error) : 0;

	if (r)
		return r;
	r = links_read(&reading.links, &reading.links_count);
	if (r)
		return error_set(error, -r, EXIT_FAILED, "cannot read the network devices: %s",
				 strerror(-r));
	read_machine(&examination.facts.machine);
	r = read_loaded(&reading, &examination.facts);
	if (r)
		return error_no_memory(error);
	r = read_devices(&reading, named, &examination, error);
	if (r)
		return r;
	if (add_routes(&reading, named, AF_INET, &examination) ||
	    add_routes(&reading, named, AF_INET6, &examination))
		return error_no_memory(error);
	examination.facts.routes = examination.routes;
	*ret_examination = examination;
	examination = (struct examination){ 0 };
	return 0;
}
