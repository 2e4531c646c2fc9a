/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Judges one device: first whether XDP runs on it, then the effect on its traffic. */
#include <stdio.h>
#include <string.h>

#include <portsieve/abi.h>

#include "analysis/doctor_add.h"
#include "analysis/drivers.h"

enum {
	MTU_PLAIN = 1500,
	QUEUES_MAX = 48, /* above some 48 the rate falls: the queues' memory leaves the caches */
};

struct doctor_policy doctor_policy_of(const struct portsieve_image *image, uint16_t ephemeral_low,
				      uint16_t ephemeral_high)
{
	struct doctor_policy policy = {
		.monitor = image->flags & PORTSIEVE_IMAGE_MONITOR,
		.returns = image->flags & PORTSIEVE_IMAGE_RETURN_FLOW	  ? DOCTOR_RETURN_FLOW
			   : image->flags & PORTSIEVE_IMAGE_RETURN_SOCKET ? DOCTOR_RETURN_SOCKET
			   : image->flags & PORTSIEVE_IMAGE_RETURN_ESTABLISHED
				   ? DOCTOR_RETURN_ESTABLISHED
				   : DOCTOR_RETURN_NONE,
	};
	uint32_t dropped = 0;

	for (uint32_t port = ephemeral_low; port <= ephemeral_high; port++) {
		uint32_t entry = image->port[PORTSIEVE_TCP][port];

		/* ports that are allowed to some addresses count as allowed */
		dropped += !is_reference(entry) && entry & PORTSIEVE_ENTRY_DROP;
	}
	policy.drops_replies = 2 * dropped > (uint32_t)(ephemeral_high - ephemeral_low) + 1;
	return policy;
}

/* One device and what its checks need. */
struct patient {
	const struct doctor_machine *machine;
	const struct doctor_device *device;
	const struct driver *driver; /* NULL: not in the list */
	uint32_t version;
	enum doctor_answer native, frags;
	struct doctor_report *report;
};

#define ADD(patient, check, result, ...)                                                           \
	doctor_add((patient)->report, check, (patient)->device->name, result, __VA_ARGS__)

/* The kernel's answer, else what its version implies. */
static enum doctor_answer answer(enum doctor_answer kernel, const struct patient *patient,
				 uint32_t from)
{
	if (kernel != DOCTOR_UNKNOWN || !patient->driver || !patient->version)
		return kernel;
	return from && patient->version >= from ? DOCTOR_YES : DOCTOR_NO;
}

/* Does the veth have too few queues for native XDP? Then the kernel reports no native XDP. */
static bool is_starved(const struct doctor_device *device)
{
	return !strcmp(device->driver, "veth") && device->peer[0] &&
	       device->rx.count < device->peer_tx_queues;
}

/* Has the driver accepted the filter, so that its demands are met? */
static bool runs_native(const struct patient *patient)
{
	return patient->device->loaded && !patient->device->problem[0] && !patient->device->generic;
}

/* Do the driver's demands matter? */
static bool may_run_native(const struct patient *patient)
{
	return !runs_native(patient) && patient->native != DOCTOR_NO;
}

static void judge_filter(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;
	struct doctor_finding *finding;

	if (device->problem[0]) {
		finding = ADD(patient, "filter", DOCTOR_FAULT, "%s", device->problem);
		if (device->broken)
			doctor_mend(finding, "portsieve unload %s && portsieve load %s -p POLICY",
				    device->name, device->name);
	} else if (!device->loaded)
		ADD(patient, "filter", DOCTOR_OK, "not loaded");
	else if (device->generic && patient->native == DOCTOR_YES)
		doctor_mend(ADD(patient, "filter", DOCTOR_WARNING,
				"loaded in generic mode, although the driver has native XDP, "
				"which is several times faster"),
			    "portsieve unload %s && portsieve load %s -p POLICY", device->name,
			    device->name);
	else
		ADD(patient, "filter", DOCTOR_OK, "loaded, %s mode",
		    device->generic ? "generic" : "native");
}

static void judge_link(const struct patient *patient)
{
	if (patient->device->up)
		ADD(patient, "link", DOCTOR_OK, "up");
	else
		doctor_mend(ADD(patient, "link", DOCTOR_WARNING, "down: no packet arrives"),
			    "ip link set dev %s up", patient->device->name);
}

static void judge_driver(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;
	const char *driver = device->driver[0] ? device->driver : "its driver";

	if (runs_native(patient)) {
		ADD(patient, "driver", DOCTOR_OK, "%s, native XDP", driver);
		return;
	}
	switch (patient->native) {
	case DOCTOR_YES:
		ADD(patient, "driver", DOCTOR_OK, "%s, native XDP", driver);
		return;
	case DOCTOR_UNKNOWN:
		ADD(patient, "driver", DOCTOR_OK, "%s; `load` finds out if it has native XDP",
		    driver);
		return;
	case DOCTOR_NO:
		break;
	}
	if (answer(DOCTOR_UNKNOWN, patient, patient->driver ? patient->driver->native_from : 0) ==
		    DOCTOR_YES &&
	    !device->loaded) {
		doctor_mend(ADD(patient, "driver", DOCTOR_FAULT,
				"%s refuses native XDP as it is set up%s", driver,
				strcmp(driver, "veth") ? ""
						       : ": it needs as many RX queues as its peer "
							 "has TX queues"),
			    "portsieve load %s --mode generic", device->name);
		return;
	}
	if (device->loaded)
		ADD(patient, "driver", DOCTOR_WARNING,
		    "%s has no native XDP: generic mode is several times slower", driver);
	else
		doctor_mend(ADD(patient, "driver", DOCTOR_FAULT,
				"%s has no native XDP; generic mode is several times slower",
				driver),
			    "portsieve load %s --mode generic", device->name);
}

/* Must a frame fit into one buffer? */
static bool is_single_buffer(const struct patient *patient)
{
	return patient->frags == DOCTOR_NO ||
	       (patient->machine->features_known && !patient->machine->frags);
}

static void judge_mtu(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;
	const char *limited = device->peer[0] ? device->peer : device->name;
	uint32_t mtu = device->peer[0] ? device->peer_mtu : device->mtu;
	uint32_t most = patient->driver ? patient->driver->mtu_max : 0;
	bool is_tun = !strcmp(device->driver, "tun"); /* longer frames use generic XDP */

	if (device->single_buffer[0] && !device->program_generic && patient->machine->frags) {
		ADD(patient, "mtu", mtu > MTU_PLAIN ? DOCTOR_WARNING : DOCTOR_OK,
		    "%u; frames must fit into one buffer, as %s in the dispatcher takes no others",
		    device->mtu, device->single_buffer);
		return;
	}
	if (!may_run_native(patient) || mtu <= MTU_PLAIN || !is_single_buffer(patient) || is_tun ||
	    (most && mtu <= most)) {
		ADD(patient, "mtu", DOCTOR_OK, "%u%s", device->mtu,
		    device->mtu > MTU_PLAIN && patient->frags == DOCTOR_YES &&
				    patient->machine->frags
			    ? ", in several buffers if need be"
			    : "");
		return;
	}
	if (most)
		doctor_mend(ADD(patient, "mtu", DOCTOR_FAULT,
				"%s%s is %u: native XDP on %s needs at most %u here",
				device->peer[0] ? "the MTU of its peer " : "the MTU", device->peer,
				mtu, device->driver, most),
			    "ip link set dev %s mtu %u", limited, most);
	else
		doctor_mend(ADD(patient, "mtu", DOCTOR_WARNING,
				"an MTU of %u may be too large for native XDP", mtu),
			    "ip link set dev %s mtu %d", limited, MTU_PLAIN);
}

/* Before 5.13, virtio_net refuses XDP unless each CPU gets an extra queue. */
static bool judge_spare_queues(const struct patient *patient)
{
	const struct doctor_queues *pairs = &patient->device->combined;
	unsigned int cpus = patient->machine->cpus;
	struct doctor_finding *finding;

	if (!patient->version || patient->version >= DOCTOR_VERSION(5, 13) ||
	    pairs->count + cpus <= pairs->max)
		return false;
	finding = ADD(patient, "queues", DOCTOR_FAULT,
		      "%u of %u queues are in use: native XDP needs one more for each of %u CPUs",
		      pairs->count, pairs->max, cpus);
	if (pairs->max > cpus)
		doctor_mend(finding, "ethtool -L %s combined %u", patient->device->name,
			    pairs->max - cpus);
	return true;
}

/* Judges the driver's demands. Returns whether one is not met. */
static bool judge_demanded_queues(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;
	uint32_t half = device->combined.max / 2;

	if (!may_run_native(patient))
		return false;
	if (is_starved(device)) {
		doctor_mend(ADD(patient, "queues", DOCTOR_FAULT,
				"native XDP on veth needs an RX queue for each of the %u TX queues "
				"of its peer %s",
				device->peer_tx_queues, device->peer),
			    "ethtool -L %s tx %u", device->peer, device->rx.count);
		return true;
	}
	if (!device->has_channels || !patient->driver)
		return false;
	switch (patient->driver->queues) {
	case DRIVER_QUEUE_PER_CPU:
		return judge_spare_queues(patient);
	case DRIVER_HALF_OF_QUEUES:
		if (!half || device->combined.count <= half)
			return false;
		doctor_mend(ADD(patient, "queues", DOCTOR_FAULT,
				"native XDP on %s needs half of the queues for itself: %u of %u "
				"are in use",
				device->driver, device->combined.count, device->combined.max),
			    "ethtool -L %s combined %u", device->name, half);
		return true;
	case DRIVER_ONLY_COMBINED:
		if (device->combined.count || !device->combined.max || !device->rx.count)
			return false;
		doctor_mend(ADD(patient, "queues", DOCTOR_FAULT,
				"native XDP on %s needs combined queues, not separate ones for RX "
				"and TX",
				device->driver),
			    "ethtool -L %s rx 0 tx 0 combined %u", device->name,
			    device->rx.count < device->combined.max ? device->rx.count
								    : device->combined.max);
		return true;
	case DRIVER_ANY_QUEUES:
		break;
	}
	return false;
}

static void judge_queues(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;
	uint32_t receiving = device->rx.count + device->combined.count;

	if (judge_demanded_queues(patient) || !device->has_channels || !receiving)
		return;
	if (receiving > QUEUES_MAX)
		doctor_mend(
			ADD(patient, "queues", DOCTOR_WARNING,
			    "%u RX queues: above some %d the rate falls", receiving, QUEUES_MAX),
			"ethtool -L %s %s %u", device->name,
			device->combined.count ? "combined" : "rx",
			patient->machine->cpus < QUEUES_MAX ? patient->machine->cpus : QUEUES_MAX);
	else
		ADD(patient, "queues", DOCTOR_OK, "%u RX queue%s, %u CPU%s", receiving,
		    receiving > 1 ? "s" : "", patient->machine->cpus,
		    patient->machine->cpus > 1 ? "s" : "");
}

/* Generic mode turns both off; so do most drivers with GRO-HW, if it can be changed. */
static void judge_receive_offloads(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;

	if (!device->lro)
		ADD(patient, "lro", DOCTOR_OK, "off");
	else if (may_run_native(patient))
		doctor_mend(ADD(patient, "lro", DOCTOR_FAULT,
				"large receive offload is on, with which drivers refuse native "
				"XDP"),
			    "ethtool -K %s lro off", device->name);
	else
		doctor_mend(ADD(patient, "lro", DOCTOR_WARNING,
				"large receive offload is on: merged packets count as one"),
			    "ethtool -K %s lro off", device->name);
	if (!device->gro_hw)
		ADD(patient, "gro-hw", DOCTOR_OK, "off");
	else if (!device->gro_hw_fixed)
		doctor_mend(ADD(patient, "gro-hw", DOCTOR_WARNING,
				"GRO in hardware is on: some drivers refuse XDP with it, or turn "
				"it off"),
			    "ethtool -K %s rx-gro-hw off", device->name);
	else if (may_run_native(patient))
		doctor_mend(ADD(patient, "gro-hw", DOCTOR_FAULT,
				"GRO in hardware is on and cannot be turned off here, only by the "
				"hypervisor: native XDP needs it off"),
			    "portsieve load %s --mode generic", device->name);
	else
		ADD(patient, "gro-hw", DOCTOR_OK, "on, and fixed");
}

static const struct doctor_upper *find_upper(const struct doctor_device *device, const char *kind)
{
	for (size_t i = 0; i < device->uppers_count; i++)
		if (!strcmp(device->uppers[i].kind, kind))
			return &device->uppers[i];
	return NULL;
}

static void judge_vlan(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;
	const struct doctor_upper *vlan = find_upper(device, "vlan");

	if (!device->vlan_stripping)
		ADD(patient, "vlan", DOCTOR_OK, "XDP sees VLAN tags");
	else if (vlan)
		doctor_mend(ADD(patient, "vlan", DOCTOR_WARNING,
				"the outer VLAN tag, as of %s, is removed before XDP "
				"(rx-vlan-offload): it is not counted",
				vlan->name),
			    "ethtool -K %s rxvlan off", device->name);
	else
		ADD(patient, "vlan", DOCTOR_OK, "outer VLAN tags are removed before XDP");
}

static void judge_program(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;
	const char *name = device->program[0] ? device->program : "unknown";
	struct doctor_finding *finding;

	if (device->loaded || !device->program_id) {
		ADD(patient, "xdp", DOCTOR_OK, "no other program in the way");
		return;
	}
	if (device->members[0] && !patient->machine->dispatcher_error[0]) {
		ADD(patient, "xdp", DOCTOR_OK, "shares a dispatcher with: %s", device->members);
		return;
	}
	if (device->members[0]) {
		ADD(patient, "xdp", DOCTOR_FAULT,
		    "libxdp's dispatcher is on it with %s, but cannot be joined; see the check "
		    "'dispatcher'",
		    device->members);
		return;
	}
	finding = ADD(patient, "xdp", DOCTOR_FAULT,
		      "the XDP program '%s' (id %u) of another tool is on it", name,
		      device->program_id);
	if (device->link_id)
		doctor_mend(finding, "bpftool link detach id %u", device->link_id);
	else
		doctor_mend(finding, "ip link set dev %s %s off", device->name,
			    device->program_generic ? "xdpgeneric" : "xdp");
}

/* Only a warning if the device is not loaded, or only counts. */
static enum doctor_result severity(const struct doctor_device *device)
{
	return device->loaded && !device->policy.monitor ? DOCTOR_FAULT : DOCTOR_WARNING;
}

/* Does the device's policy, or the one it may get, pass replies only by sockets? */
static bool needs_sockets(const struct doctor_device *device)
{
	return !device->loaded ||
	       (device->policy.returns == DOCTOR_RETURN_SOCKET && device->policy.drops_replies);
}

/*
 * A bridge carries packets of others, a macvlan or ipvlan may be in another network namespace, and
 * services on a VRF are bound to it. Few sockets are bound to bonds and VLANs.
 */
static bool loses_replies(const struct doctor_upper *upper)
{
	static const char *const kinds[] = { "bridge", "vrf",	 "macvlan",    "macvtap",
					     "ipvlan", "ipvtap", "openvswitch" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strcmp(upper->kind, kinds[i]))
			return true;
	return false;
}

static void judge_uppers(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;
	const struct doctor_upper *upper = NULL;

	for (size_t i = 0; i < device->uppers_count; i++)
		if (!upper || (loses_replies(&device->uppers[i]) && !loses_replies(upper)))
			upper = &device->uppers[i];
	if (!upper) {
		ADD(patient, "upper", DOCTOR_OK, "no device above it");
		return;
	}
	if (!needs_sockets(device)) {
		ADD(patient, "upper", DOCTOR_OK, "%s%s%s above it", upper->kind,
		    upper->kind[0] ? " " : "", upper->name);
		return;
	}
	if (loses_replies(upper))
		ADD(patient, "upper", severity(device),
		    "below %s %s: `return: socket` does not find sockets bound to it or reached "
		    "through it: write `return: socket+flow` in the policy",
		    upper->kind, upper->name);
	else
		ADD(patient, "upper", DOCTOR_WARNING,
		    "below %s%s%s: `return: socket` does not find sockets bound to it: write "
		    "`return: socket+flow` in the policy",
		    upper->kind, upper->kind[0] ? " " : "", upper->name);
}

static void judge_forwarding(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;
	const char *families = device->forwards_ipv4 && device->forwards_ipv6 ? "IPv4 and IPv6"
			       : device->forwards_ipv4			      ? "IPv4"
									      : "IPv6";

	if (!device->forwards_ipv4 && !device->forwards_ipv6)
		ADD(patient, "forwarding", DOCTOR_OK, "off");
	else if (!needs_sockets(device))
		ADD(patient, "forwarding", DOCTOR_OK, "on for %s", families);
	else
		ADD(patient, "forwarding", severity(device),
		    "on for %s: `return: socket` does not find replies to what is forwarded: write "
		    "`return: socket+flow` in the policy",
		    families);
}

static void judge_replies(const struct patient *patient)
{
	static const char *const names[] = {
		[DOCTOR_RETURN_SOCKET] = "socket",
		[DOCTOR_RETURN_FLOW] = "flow",
		[DOCTOR_RETURN_ESTABLISHED] = "established",
	};
	const struct doctor_policy *policy = &patient->device->policy;

	if (!patient->device->loaded || patient->device->problem[0])
		return;
	if (policy->returns == DOCTOR_RETURN_FLOW && !patient->device->learns_flows)
		doctor_mend(ADD(patient, "replies", DOCTOR_FAULT,
				"the egress program of `return: flow` was removed: replies to new "
				"flows are dropped"),
			    "portsieve upgrade %s", patient->device->name);
	else if (policy->returns != DOCTOR_RETURN_NONE)
		ADD(patient, "replies", DOCTOR_OK, "return: %s", names[policy->returns]);
	else if (policy->drops_replies)
		ADD(patient, "replies", DOCTOR_WARNING,
		    "replies to this host's own connections %s dropped: remove `return: none` from "
		    "the policy",
		    policy->monitor ? "would be" : "are");
	else
		ADD(patient, "replies", DOCTOR_OK, "ephemeral ports are allowed");
}

static void judge_egress(const struct patient *patient, const struct doctor_egress *others,
			 enum doctor_result result, const char *does)
{
	struct doctor_finding *finding;
	char more[40] = "";

	if (!others->count)
		return;
	if (others->count > 1)
		snprintf(more, sizeof(more), " (and %zu more)", others->count - 1);
	finding =
		ADD(patient, "egress", result, "'%s'%s at TC egress %s", others->first, more, does);
	if (!others->is_tcx)
		doctor_mend(finding, "tc filter del dev %s egress pref %u", patient->device->name,
			    others->priority);
}

static void judge_tc(const struct patient *patient)
{
	const struct doctor_device *device = patient->device;

	if (!device->ingress_qdisc)
		ADD(patient, "qdisc", DOCTOR_OK, "no ingress qdisc");
	else if (patient->machine->tcx)
		ADD(patient, "qdisc", DOCTOR_OK, "an ingress qdisc, which does not affect TCX");
	else
		doctor_mend(ADD(patient, "qdisc", DOCTOR_WARNING,
				"an ingress qdisc, beside which the kernel refuses clsact and "
				"programs at egress"),
			    "tc qdisc del dev %s ingress", device->name);
	if (!device->egress_before.count && !device->egress_after.count)
		ADD(patient, "egress", DOCTOR_OK, "no other program at TC egress");
	if (device->learns_flows)
		judge_egress(patient, &device->egress_before, DOCTOR_FAULT,
			     "runs before the egress program, which does not see packets that it "
			     "redirects or passes at once");
	else
		judge_egress(patient, &device->egress_before, DOCTOR_WARNING,
			     "may hide or change packets that a later program there learns from");
	judge_egress(patient, &device->egress_after, DOCTOR_WARNING,
		     "runs after the egress program, and may drop or change packets whose flows "
		     "were learned");
}

void doctor_judge_device(const struct doctor_facts *facts, const struct doctor_device *device,
			 struct doctor_report *report)
{
	struct patient patient = {
		.machine = &facts->machine,
		.device = device,
		.driver = driver_find(device->driver),
		.version = doctor_version(facts->machine.release),
		.report = report,
	};
	bool starved = is_starved(device);

	if (device->moved) {
		ADD(&patient, "filter", DOCTOR_WARNING,
		    "has moved to another network namespace, with its filter");
		return;
	}
	patient.native = answer(starved ? DOCTOR_UNKNOWN : device->native, &patient,
				patient.driver ? patient.driver->native_from : 0);
	patient.frags = answer(starved ? DOCTOR_UNKNOWN : device->frags, &patient,
			       patient.driver ? patient.driver->frags_from : 0);
	if (facts->loaded_known) {
		judge_filter(&patient);
		judge_program(&patient);
	}
	judge_link(&patient);
	judge_driver(&patient);
	judge_mtu(&patient);
	judge_queues(&patient);
	judge_receive_offloads(&patient);
	judge_vlan(&patient);
	judge_uppers(&patient);
	judge_forwarding(&patient);
	judge_replies(&patient);
	judge_tc(&patient);
}
