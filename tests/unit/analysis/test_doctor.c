/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Faulty machines and devices, most of which cannot be set up here, and the findings. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <linux/capability.h>

#include "analysis/doctor.h"
#include "check_case.h"

#pragma GCC diagnostic ignored "-Woverride-init"
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define CAP(capability)	 (UINT64_C(1) << (capability))
#define ALL_CAPABILITIES ((UINT64_C(1) << 41) - 1)

/* A healthy machine and device; further fields override theirs. */
#define MACHINE(...)                                                                               \
	{                                                                                          \
		.release = "6.12.1-amd64", .cpus = 8, .capabilities = ALL_CAPABILITIES,            \
		.memlock_bytes = UINT64_MAX, .memory_bytes = 70000000, .jit = DOCTOR_YES,          \
		.features_known = true, .links = true, .frags = true, .batches = true,             \
		.tcx = true, .bpffs_mounted = true, .bpffs_mode = 0700, .initial_network = true,   \
		.clock_synchronised = true, .realtime_ns = INT64_C(1790000000) * 1000000000,       \
		.clocksource = "tsc", ##__VA_ARGS__                                                \
	}

#define DEVICE(...)                                                                                \
	{                                                                                          \
		.name = "eth0", .up = true, .mtu = 1500, .driver = "mlx5_core",                    \
		.native = DOCTOR_YES, .frags = DOCTOR_YES, .has_channels = true,                   \
		.combined = { 8, 8 }, ##__VA_ARGS__                                                \
	}

/* Kernels before 6.3 do not say what a driver supports. */
#define OLD_DEVICE(...) DEVICE(.native = DOCTOR_UNKNOWN, .frags = DOCTOR_UNKNOWN, ##__VA_ARGS__)

#define SOCKET_POLICY .policy = { .returns = DOCTOR_RETURN_SOCKET, .drops_replies = true }
#define FLOW_POLICY                                                                                \
	.loaded = true, .learns_flows = true,                                                      \
	.policy = { .returns = DOCTOR_RETURN_FLOW, .drops_replies = true }

/* Expected findings: "RESULT CHECK: MESSAGE\n", with "  $ COMMAND\n" after it. */
struct doctor_case {
	const char *name;
	struct doctor_machine machine;
	const char *wrong; /* the faults and warnings */
	const char *ok;	   /* a line among the others; NULL: not checked */
};

static const struct doctor_case machine_cases[] = {
	{ "all is well", MACHINE(), "", "ok kernel: Linux 6.12.1-amd64 loads the filter\n" },
	{ "without root", MACHINE(.capabilities = 0, .features_known = false, .load_errnum = EPERM),
	  "fault capabilities: CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON missing: what needs more rights "
	  "is not checked\n  $ sudo portsieve doctor\n",
	  NULL },
	{ "one capability is missing",
	  MACHINE(.capabilities = CAP(CAP_BPF) | CAP(CAP_NET_ADMIN), .load_errnum = EPERM),
	  "fault capabilities: CAP_PERFMON missing: what needs more rights is not checked\n"
	  "  $ sudo portsieve doctor\n",
	  NULL },
	{ "the three suffice",
	  MACHINE(.capabilities = CAP(CAP_BPF) | CAP(CAP_NET_ADMIN) | CAP(CAP_PERFMON)), "",
	  "ok capabilities: all that are needed\n" },
	{ "CAP_SYS_ADMIN includes two of them",
	  MACHINE(.capabilities = CAP(CAP_SYS_ADMIN) | CAP(CAP_NET_ADMIN)), "", NULL },
	{ "but not the third", MACHINE(.capabilities = CAP(CAP_SYS_ADMIN), .load_errnum = EPERM),
	  "fault capabilities: CAP_NET_ADMIN missing: what needs more rights is not checked\n"
	  "  $ sudo portsieve doctor\n",
	  NULL },
	{ "a user namespace",
	  MACHINE(.own_user_namespace = true, .features_known = false, .load_errnum = EPERM),
	  "fault capabilities: this is a user namespace, whose root may not load programs: run "
	  "portsieve outside of it\n",
	  NULL },
	{ "lockdown", MACHINE(.features_known = false, .load_errnum = EPERM),
	  "fault kernel: Linux 6.12.1-amd64 refuses bpf() to this process despite its "
	  "capabilities: by lockdown, seccomp, a security module, or the limit of locked memory\n",
	  NULL },
	{ "no bpf()", MACHINE(.features_known = false, .load_errnum = ENOSYS),
	  "fault kernel: Linux 6.12.1-amd64 is built without bpf(): CONFIG_BPF_SYSCALL is off\n",
	  NULL },
	{ "a kernel that is too old",
	  MACHINE(.release = "5.4.0-1", .batches = false, .load_errnum = EINVAL),
	  "fault kernel: Linux 5.4.0-1 is too old: 5.10 or later is needed\n"
	  "warning batches: no batches for per-CPU maps, which Linux has from 5.13 on: a command "
	  "that is killed may lose the counts of ended ranges\n",
	  NULL },
	{ "a verifier that refuses",
	  MACHINE(.load_errnum = EACCES, .load_error = "this kernel's verifier refuses it"),
	  "fault kernel: this kernel's verifier refuses it\n", NULL },
	{ "no links", MACHINE(.links = false),
	  "fault links: no XDP links, which Linux has from 5.9 on\n", NULL },
	{ "no frags", MACHINE(.frags = false),
	  "warning frags: no XDP on frames in several buffers, which Linux has from 5.18 on: jumbo "
	  "frames need generic mode\n",
	  NULL },
	{ "no TCX is no fault", MACHINE(.tcx = false), "",
	  "ok tcx: no TCX, which Linux has from 6.6 on\n" },
	{ "no dispatcher", MACHINE(.dispatcher_error = "no freplace"),
	  "warning dispatcher: only one XDP program fits on a device: no freplace\n", NULL },
	{ "no JIT", MACHINE(.jit = DOCTOR_NO),
	  "warning jit: the kernel interprets BPF programs, many times slower\n"
	  "  $ sysctl -w net.core.bpf_jit_enable=1\n",
	  NULL },
	{ "no bpffs", MACHINE(.bpffs_mounted = false, .pins_error = "no bpffs at /sys/fs/bpf"),
	  "fault bpffs: no bpffs on /sys/fs/bpf, which keeps the filter loaded\n"
	  "  $ mount -t bpf -o mode=700 bpf /sys/fs/bpf\n",
	  NULL },
	{ "no bpffs in a network namespace",
	  MACHINE(.bpffs_mounted = false, .network = "blue", .initial_network = false),
	  "fault bpffs: no bpffs on /sys/fs/bpf; `ip netns exec` hides it: enter the network "
	  "namespace by nsenter\n  $ nsenter --net=/run/netns/blue portsieve doctor\n",
	  NULL },
	{ "a bpffs that is read-only", MACHINE(.bpffs_read_only = true),
	  "fault bpffs: /sys/fs/bpf is mounted read-only: nothing can be loaded or changed\n"
	  "  $ mount -o remount,rw /sys/fs/bpf\n",
	  NULL },
	{ "a bpffs for all", MACHINE(.bpffs_mode = 0777),
	  "warning bpffs: any user may put files into /sys/fs/bpf (mode 777)\n"
	  "  $ chmod 700 /sys/fs/bpf\n",
	  NULL },
	{ "pins of another user", MACHINE(.pins_error = "belongs to user 7"),
	  "fault pins: belongs to user 7\n", NULL },
	{ "locked memory before 5.11",
	  MACHINE(.release = "5.10.0-28-amd64", .memlock_bytes = 65536,
		  .capabilities = ALL_CAPABILITIES & ~CAP(CAP_SYS_RESOURCE)),
	  "fault memlock: the limit of locked memory is 65 kB, a device needs 70000 kB\n"
	  "  $ ulimit -l unlimited\n",
	  NULL },
	{ "which root may raise", MACHINE(.release = "5.10.0-28-amd64", .memlock_bytes = 65536), "",
	  "ok memlock: the limit suffices\n" },
	{ "locked memory from 5.11 on",
	  MACHINE(.release = "5.11.0", .memlock_bytes = 65536,
		  .capabilities = ALL_CAPABILITIES & ~CAP(CAP_SYS_RESOURCE)),
	  "", "ok memlock: this kernel does not limit it\n" },
	{ "namespaces", MACHINE(.network = "blue", .initial_network = false, .other_networks = 2),
	  "", "ok namespace: network namespace 'blue'; devices are loaded in 2 others\n" },
	{ "a clock that nobody sets", MACHINE(.clock_synchronised = false),
	  "warning clock: not synchronised: rules with an end may end at the wrong time\n"
	  "  $ timedatectl set-ntp true\n",
	  NULL },
	{ "a clock that was never set", MACHINE(.realtime_ns = INT64_C(3600) * 1000000000),
	  "fault clock: the clock is before 2026: rules end at the wrong time\n"
	  "  $ timedatectl set-ntp true\n",
	  NULL },
	{ "a slow clock", MACHINE(.clocksource = "acpi_pm", .has_tsc = true),
	  "warning clocksource: acpi_pm is slow to read, which rules with an end do for each "
	  "packet\n  $ echo tsc > "
	  "/sys/devices/system/clocksource/clocksource0/current_clocksource\n",
	  NULL },
};

/* On a healthy machine, or on `machine`. */
struct device_case {
	const char *name;
	struct doctor_device device;
	const char *wrong;
	const char *ok;
	const struct doctor_machine *machine;
};

static const struct doctor_machine linux_5_10 =
	MACHINE(.release = "5.10.0-28-amd64", .frags = false, .tcx = false);
static const struct doctor_machine linux_6_1 = MACHINE(.release = "6.1.0-18-amd64", .tcx = false);
static const struct doctor_machine no_dispatcher = MACHINE(.dispatcher_error = "no freplace");
static const struct doctor_machine many_cpus = MACHINE(.cpus = 128);

static const struct device_case device_cases[] = {
	{ "all is well", DEVICE(), "", "ok filter: not loaded\n" },
	{ "down", DEVICE(.up = false),
	  "warning link: down: no packet arrives\n  $ ip link set dev eth0 up\n", NULL },

	/* native mode */
	{ "no native XDP, says the kernel", DEVICE(.driver = "dummy", .native = DOCTOR_NO),
	  "fault driver: dummy has no native XDP; generic mode is several times slower\n"
	  "  $ portsieve load eth0 --mode generic\n",
	  NULL },
	{ "no native XDP, says the list", OLD_DEVICE(.driver = "e1000e"),
	  "fault driver: e1000e has no native XDP; generic mode is several times slower\n"
	  "  $ portsieve load eth0 --mode generic\n",
	  NULL, &linux_6_1 },
	{ "none yet in this kernel", OLD_DEVICE(.driver = "igc"),
	  "fault driver: igc has no native XDP; generic mode is several times slower\n"
	  "  $ portsieve load eth0 --mode generic\n",
	  NULL, &linux_5_10 },
	{ "but in this one", OLD_DEVICE(.driver = "igc"), "", "ok driver: igc, native XDP\n",
	  &linux_6_1 },
	{ "the kernel knows better than the list", DEVICE(.driver = "e1000e"), "",
	  "ok driver: e1000e, native XDP\n" },
	{ "an unknown driver", OLD_DEVICE(.driver = "acme"), "",
	  "ok driver: acme; `load` finds out if it has native XDP\n", &linux_6_1 },
	{ "generic, as the driver has no other",
	  DEVICE(.driver = "dummy", .native = DOCTOR_NO, .loaded = true, .generic = true),
	  "warning driver: dummy has no native XDP: generic mode is several times slower\n", NULL },
	{ "generic without need", DEVICE(.loaded = true, .generic = true),
	  "warning filter: loaded in generic mode, although the driver has native XDP, which is "
	  "several times faster\n  $ portsieve unload eth0 && portsieve load eth0 -p POLICY\n",
	  NULL },

	/* MTU */
	{ "jumbo frames in several buffers", DEVICE(.mtu = 9000), "",
	  "ok mtu: 9000, in several buffers if need be\n" },
	{ "jumbo frames on a driver without",
	  DEVICE(.driver = "ixgbe", .mtu = 9000, .frags = DOCTOR_NO),
	  "fault mtu: the MTU is 9000: native XDP on ixgbe needs at most 3050 here\n"
	  "  $ ip link set dev eth0 mtu 3050\n",
	  NULL },
	{ "at the limit", DEVICE(.driver = "ixgbe", .mtu = 3050, .frags = DOCTOR_NO), "",
	  "ok mtu: 3050\n" },
	{ "one more", DEVICE(.driver = "ixgbe", .mtu = 3051, .frags = DOCTOR_NO),
	  "fault mtu: the MTU is 3051: native XDP on ixgbe needs at most 3050 here\n"
	  "  $ ip link set dev eth0 mtu 3050\n",
	  NULL },
	{ "a kernel without frags", OLD_DEVICE(.driver = "veth", .mtu = 9000),
	  "fault mtu: the MTU is 9000: native XDP on veth needs at most 3506 here\n"
	  "  $ ip link set dev eth0 mtu 3506\n",
	  NULL, &linux_5_10 },
	{ "of a veth the peer's counts",
	  OLD_DEVICE(.driver = "veth", .peer = "veth1", .peer_mtu = 9000),
	  "fault mtu: the MTU of its peer veth1 is 9000: native XDP on veth needs at "
	  "most "
	  "3506 here\n  $ ip link set dev veth1 mtu 3506\n",
	  NULL, &linux_5_10 },
	{ "a driver whose limit is not known",
	  DEVICE(.driver = "sfc", .mtu = 9000, .frags = DOCTOR_NO),
	  "warning mtu: an MTU of 9000 may be too large for native XDP\n"
	  "  $ ip link set dev eth0 mtu 1500\n",
	  NULL },
	{ "a program in the dispatcher without frags, at the usual MTU",
	  DEVICE(.loaded = true, .single_buffer = "xdp_filter"), "",
	  "ok mtu: 1500; frames must fit into one buffer, as xdp_filter in the dispatcher takes no "
	  "others\n" },
	{ "and with jumbo frames",
	  DEVICE(.mtu = 9000, .loaded = true, .single_buffer = "xdp_filter"),
	  "warning mtu: 9000; frames must fit into one buffer, as xdp_filter in the dispatcher "
	  "takes no others\n",
	  NULL },
	{ "generic mode puts the buffers together",
	  DEVICE(.mtu = 9000, .single_buffer = "xdp_filter", .program_generic = true), "",
	  "ok mtu: 9000, in several buffers if need be\n" },
	{ "a loaded device has proven its MTU",
	  DEVICE(.driver = "ixgbe", .mtu = 9000, .frags = DOCTOR_NO, .loaded = true), "",
	  "ok mtu: 9000\n" },

	/* queues */
	{ "too many queues", DEVICE(.combined = { 64, 128 }),
	  "warning queues: 64 RX queues: above some 48 the rate falls\n"
	  "  $ ethtool -L eth0 combined 48\n",
	  NULL, &many_cpus },
	{ "more than CPUs too", DEVICE(.combined = { 64, 64 }),
	  "warning queues: 64 RX queues: above some 48 the rate falls\n"
	  "  $ ethtool -L eth0 combined 8\n",
	  NULL },
	{ "few queues are well", DEVICE(.combined = { 1, 64 }), "",
	  "ok queues: 1 RX queue, 128 CPUs\n", &many_cpus },
	{ "ENA with all queues", DEVICE(.driver = "ena"),
	  "fault queues: native XDP on ena needs half of the queues for itself: 8 of 8 are in use\n"
	  "  $ ethtool -L eth0 combined 4\n",
	  NULL },
	{ "ENA with half of them", DEVICE(.driver = "ena", .combined = { 4, 8 }), "", NULL },
	{ "ENA that is loaded", DEVICE(.driver = "ena", .loaded = true), "", NULL },
	{ "Broadcom with separate queues",
	  DEVICE(.driver = "bnxt_en", .rx = { 8, 74 }, .combined = { 0, 37 }),
	  "fault queues: native XDP on bnxt_en needs combined queues, not separate ones for RX and "
	  "TX\n  $ ethtool -L eth0 rx 0 tx 0 combined 8\n",
	  NULL },
	{ "virtio without spare queues before 5.13", OLD_DEVICE(.driver = "virtio_net"),
	  "fault queues: 8 of 8 queues are in use: native XDP needs one more for each of 8 CPUs\n",
	  NULL, &linux_5_10 },
	{ "virtio with some", OLD_DEVICE(.driver = "virtio_net", .combined = { 8, 15 }),
	  "fault queues: 8 of 15 queues are in use: native XDP needs one more for each of 8 CPUs\n"
	  "  $ ethtool -L eth0 combined 7\n",
	  NULL, &linux_5_10 },
	{ "virtio later", OLD_DEVICE(.driver = "virtio_net"), "", NULL, &linux_6_1 },
	{ "a veth whose peer has more queues",
	  DEVICE(.driver = "veth", .native = DOCTOR_NO, .frags = DOCTOR_NO, .rx = { 1, 1 },
		 .combined = { 0 }, .peer = "veth1", .peer_tx_queues = 2),
	  "fault queues: native XDP on veth needs an RX queue for each of the 2 TX queues of its "
	  "peer veth1\n  $ ethtool -L veth1 tx 1\n",
	  NULL },

	{ "a veth whose peer is elsewhere",
	  DEVICE(.driver = "veth", .native = DOCTOR_NO, .frags = DOCTOR_NO, .rx = { 1, 1 }),
	  "fault driver: veth refuses native XDP as it is set up: it needs as many RX queues as "
	  "its "
	  "peer has TX queues\n  $ portsieve load eth0 --mode generic\n",
	  NULL },
	{ "virtio as the hypervisor has set it up",
	  DEVICE(.driver = "virtio_net", .native = DOCTOR_NO),
	  "fault driver: virtio_net refuses native XDP as it is set up\n"
	  "  $ portsieve load eth0 --mode generic\n",
	  NULL },

	/* offloads */
	{ "LRO", DEVICE(.lro = true),
	  "fault lro: large receive offload is on, with which drivers refuse native XDP\n"
	  "  $ ethtool -K eth0 lro off\n",
	  NULL },
	{ "LRO on a loaded device", DEVICE(.lro = true, .loaded = true),
	  "warning lro: large receive offload is on: merged packets count as one\n"
	  "  $ ethtool -K eth0 lro off\n",
	  NULL },
	{ "GRO in hardware", DEVICE(.gro_hw = true),
	  "warning gro-hw: GRO in hardware is on: some drivers refuse XDP with it, or turn it off\n"
	  "  $ ethtool -K eth0 rx-gro-hw off\n",
	  NULL },
	{ "GRO by the hypervisor",
	  DEVICE(.driver = "virtio_net", .gro_hw = true, .gro_hw_fixed = true),
	  "fault gro-hw: GRO in hardware is on and cannot be turned off here, only by the "
	  "hypervisor: native XDP needs it off\n  $ portsieve load eth0 --mode generic\n",
	  NULL },
	{ "VLAN tags are removed, without a VLAN", DEVICE(.vlan_stripping = true), "",
	  "ok vlan: outer VLAN tags are removed before XDP\n" },
	{ "VLAN tags are removed, with a VLAN",
	  DEVICE(.vlan_stripping = true, .loaded = true, .uppers = { { "eth0.7", "vlan" } },
		 .uppers_count = 1),
	  "warning vlan: the outer VLAN tag, as of eth0.7, is removed before XDP "
	  "(rx-vlan-offload): "
	  "it is not counted\n  $ ethtool -K eth0 rxvlan off\n",
	  NULL },

	/* other programs */
	{ "another program", DEVICE(.program_id = 7, .program = "xdp_lb"),
	  "fault xdp: the XDP program 'xdp_lb' (id 7) of another tool is on it\n"
	  "  $ ip link set dev eth0 xdp off\n",
	  NULL },
	{ "in generic mode", DEVICE(.program_id = 7, .program = "xdp_lb", .program_generic = true),
	  "fault xdp: the XDP program 'xdp_lb' (id 7) of another tool is on it\n"
	  "  $ ip link set dev eth0 xdpgeneric off\n",
	  NULL },
	{ "by a link", DEVICE(.program_id = 7, .link_id = 3),
	  "fault xdp: the XDP program 'unknown' (id 7) of another tool is on it\n"
	  "  $ bpftool link detach id 3\n",
	  NULL },
	{ "in a dispatcher", DEVICE(.program_id = 7, .members = "xdp_filter"), "",
	  "ok xdp: shares a dispatcher with: xdp_filter\n" },
	{ "in a dispatcher that cannot be joined", DEVICE(.program_id = 7, .members = "xdp_filter"),
	  "fault xdp: libxdp's dispatcher is on it with xdp_filter, but cannot be joined; see the "
	  "check 'dispatcher'\n",
	  NULL, &no_dispatcher },
	{ "its own program", DEVICE(.program_id = 7, .program = "portsieve", .loaded = true), "",
	  "ok xdp: no other program in the way\n" },
	{ "an incomplete state", DEVICE(.loaded = true, .broken = true, .problem = "incomplete"),
	  "fault filter: incomplete\n"
	  "  $ portsieve unload eth0 && portsieve load eth0 -p POLICY\n",
	  NULL },
	{ "of another version", DEVICE(.loaded = true, .problem = "another version"),
	  "fault filter: another version\n", NULL },
	{ "moved", DEVICE(.name = "(index 5)", .loaded = true, .moved = true, .up = false),
	  "warning filter: has moved to another network namespace, with its filter\n", NULL },

	/* return traffic */
	{ "below a bridge",
	  DEVICE(.loaded = true, SOCKET_POLICY, .uppers = { { "br0", "bridge" } },
		 .uppers_count = 1),
	  "fault upper: below bridge br0: `return: socket` does not find sockets bound to it or "
	  "reached through it: write `return: socket+flow` in the policy\n",
	  NULL },
	{ "below a bond and its bridge",
	  DEVICE(.loaded = true, SOCKET_POLICY,
		 .uppers = { { "bond0", "bond" }, { "br0", "bridge" } }, .uppers_count = 2),
	  "fault upper: below bridge br0: `return: socket` does not find sockets bound to it or "
	  "reached through it: write `return: socket+flow` in the policy\n",
	  NULL },
	{ "below a bond alone",
	  DEVICE(.loaded = true, SOCKET_POLICY, .uppers = { { "bond0", "bond" } },
		 .uppers_count = 1),
	  "warning upper: below bond bond0: `return: socket` does not find sockets bound to it: "
	  "write `return: socket+flow` in the policy\n",
	  NULL },
	{ "monitor mode drops nothing",
	  DEVICE(.loaded = true,
		 .policy = { .monitor = true,
			     .returns = DOCTOR_RETURN_SOCKET,
			     .drops_replies = true },
		 .uppers = { { "vrf0", "vrf" } }, .uppers_count = 1),
	  "warning upper: below vrf vrf0: `return: socket` does not find sockets bound to it or "
	  "reached through it: write `return: socket+flow` in the policy\n",
	  NULL },
	{ "a rule lets the replies in",
	  DEVICE(.loaded = true, .policy = { .returns = DOCTOR_RETURN_SOCKET },
		 .uppers = { { "br0", "bridge" } }, .uppers_count = 1, .forwards_ipv4 = true),
	  "", "ok upper: bridge br0 above it\n" },
	{ "below a bridge, not loaded",
	  DEVICE(.uppers = { { "br0", "bridge" } }, .uppers_count = 1),
	  "warning upper: below bridge br0: `return: socket` does not find sockets bound to it or "
	  "reached through it: write `return: socket+flow` in the policy\n",
	  NULL },
	{ "a router", DEVICE(.loaded = true, SOCKET_POLICY, .forwards_ipv4 = true),
	  "fault forwarding: on for IPv4: `return: socket` does not find replies to what is "
	  "forwarded: write `return: socket+flow` in the policy\n",
	  NULL },
	{ "of both families",
	  DEVICE(.loaded = true, .policy = { .returns = DOCTOR_RETURN_ESTABLISHED },
		 .forwards_ipv4 = true, .forwards_ipv6 = true),
	  "", "ok forwarding: on for IPv4 and IPv6\n" },
	{ "a router that learns flows", DEVICE(FLOW_POLICY, .forwards_ipv4 = true), "",
	  "ok replies: return: flow\n" },
	{ "without its egress program",
	  DEVICE(.loaded = true,
		 .policy = { .returns = DOCTOR_RETURN_FLOW, .drops_replies = true }),
	  "fault replies: the egress program of `return: flow` was removed: replies to new flows "
	  "are dropped\n  $ portsieve upgrade eth0\n",
	  NULL },
	{ "no return traffic", DEVICE(.loaded = true, .policy = { .drops_replies = true }),
	  "warning replies: replies to this host's own connections are dropped: remove `return: "
	  "none` from the policy\n",
	  NULL },

	/* traffic control */
	{ "an ingress qdisc before TCX", OLD_DEVICE(.ingress_qdisc = true),
	  "warning qdisc: an ingress qdisc, beside which the kernel refuses clsact and programs at "
	  "egress\n  $ tc qdisc del dev eth0 ingress\n",
	  NULL, &linux_6_1 },
	{ "an ingress qdisc", DEVICE(.ingress_qdisc = true), "",
	  "ok qdisc: an ingress qdisc, which does not affect TCX\n" },
	{ "a filter at egress",
	  DEVICE(.egress_before = { "cil_to_netdev", .priority = 7, .count = 1 }),
	  "warning egress: 'cil_to_netdev' at TC egress may hide or change packets that a later "
	  "program there learns from\n  $ tc filter del dev eth0 egress pref 7\n",
	  NULL },
	{ "several, by TCX",
	  DEVICE(.egress_before = { "cil_to_netdev", .is_tcx = true, .count = 3 }),
	  "warning egress: 'cil_to_netdev' (and 2 more) at TC egress may hide or change packets "
	  "that a later program there learns from\n",
	  NULL },
	{ "a filter before the egress program",
	  DEVICE(FLOW_POLICY, .egress_before = { "u32", .priority = 1, .count = 1 }),
	  "fault egress: 'u32' at TC egress runs before the egress program, which does not see "
	  "packets that it redirects or passes at once\n"
	  "  $ tc filter del dev eth0 egress pref 1\n",
	  NULL },
	{ "a program of TCX after it",
	  DEVICE(FLOW_POLICY, .egress_after = { "other", .is_tcx = true, .count = 1 }),
	  "warning egress: 'other' at TC egress runs after the egress program, and may drop or "
	  "change packets whose flows were learned\n",
	  NULL },
};

/* The findings on `device` ("": the machine) as text: the bad ones or the others. */
static char *text_of(const struct doctor_report *report, const char *device, bool wrong)
{
	static const char *const results[] = { "fault", "warning", "ok" };
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_finding *finding = &report->findings[i];

		if (strcmp(finding->device, device) || (finding->result != DOCTOR_OK) != wrong)
			continue;
		fprintf(out, "%s %s: %s\n", results[finding->result], finding->check,
			finding->message);
		if (finding->command[0])
			fprintf(out, "  $ %s\n", finding->command);
	}
	fclose(out);
	return text;
}

static void assert_findings(const struct doctor_facts *facts, const char *device, const char *name,
			    const char *wrong, const char *ok)
{
	_cleanup_doctor_report_ struct doctor_report report = { 0 };
	_cleanup_free_ char *got = NULL, *rest = NULL;

	assert_int_equal(doctor_judge(facts, &report), 0);
	got = text_of(&report, device, true);
	rest = text_of(&report, device, false);
	if (strcmp(got, wrong) || (ok && !strstr(rest, ok)))
		fail_msg("%s:\n%s%s", name, got, rest);
}

static void each_fault_of_a_machine_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(machine_cases); i++) {
		const struct doctor_case *test = &machine_cases[i];
		const struct doctor_facts facts = { .machine = test->machine,
						    .loaded_known = true };

		assert_findings(&facts, "", test->name, test->wrong, test->ok);
	}
}

static void each_fault_of_a_device_is_found(void **state)
{
	static const struct doctor_machine well = MACHINE();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(device_cases); i++) {
		const struct device_case *test = &device_cases[i];
		const struct doctor_facts facts = {
			.machine = test->machine ? *test->machine : well,
			.devices = &test->device,
			.devices_count = 1,
			.loaded_known = true,
			.loaded_count = test->device.loaded,
		};

		assert_findings(&facts, test->device.name, test->name, test->wrong, test->ok);
	}
}

/* Without the pins nobody knows who loaded the program. */
static void what_is_loaded_may_be_unknown(void **state)
{
	const struct doctor_device device = DEVICE(.program_id = 7);
	const struct doctor_route route = { .device = "eth0", .ipv4 = true };
	const struct doctor_facts facts = {
		.machine = MACHINE(.bpffs_mounted = false),
		.devices = &device,
		.devices_count = 1,
		.routes = &route,
		.routes_count = 1,
		.named = "eth0",
	};

	(void)state;
	assert_findings(&facts, "eth0", "unknown", "", NULL);
}

static void default_routes_lead_over_loaded_devices(void **state)
{
	struct doctor_route routes[] = {
		{ .device = "eth0", .ipv4 = true, .ipv6 = true, .filtered = true },
		{ .device = "eth1", .ipv6 = true },
	};
	struct doctor_facts facts = {
		.machine = MACHINE(),
		.loaded_known = true,
		.routes = routes,
		.routes_count = 2,
	};

	(void)state;
	assert_findings(&facts, "eth1", "nothing is loaded", "", NULL);
	facts.loaded_count = 1;
	assert_findings(&facts, "eth1", "eth1 is not loaded",
			"warning routes: the default route of IPv6 leads over this device, but it "
			"is not loaded\n  $ portsieve load eth1\n",
			NULL);
	assert_findings(&facts, "eth0", "eth0 is loaded", "", NULL);
	routes[1].filtered = true;
	assert_findings(&facts, "", "both are", "",
			"ok routes: default routes lead over filtered devices\n");
	facts.routes_count = 0;
	assert_findings(&facts, "", "none", "", "ok routes: there is no default route\n");
}

static void faults_come_first_then_warnings(void **state)
{
	const struct doctor_device device = DEVICE(.up = false, .lro = true);
	const struct doctor_facts facts = {
		.machine = MACHINE(.clock_synchronised = false),
		.devices = &device,
		.devices_count = 1,
		.loaded_known = true,
	};
	_cleanup_doctor_report_ struct doctor_report report = { 0 };

	(void)state;
	assert_int_equal(doctor_judge(&facts, &report), 0);
	assert_string_equal(report.findings[0].check, "lro");
	assert_string_equal(report.findings[1].check, "clock");
	assert_string_equal(report.findings[2].check, "link");
	assert_string_equal(report.findings[3].check, "capabilities");
	assert_int_equal(report.counts[DOCTOR_FAULT], 1);
	assert_int_equal(report.counts[DOCTOR_WARNING], 2);
	assert_int_equal(report.counts[DOCTOR_OK], report.count - 3);
}

/* Rules, and their effect on replies to ephemeral ports. */
static void the_policy_is_read_from_the_image(void **state)
{
	static const struct {
		const char *policy;
		struct doctor_policy expected;
	} cases[] = {
		{ "default: drop\nreturn: none\n", { .drops_replies = true } },
		{ "default: allow\n", { 0 } },
		{ "mode: monitor\ndefault: drop\nreturn: none\n",
		  { .monitor = true, .drops_replies = true } },
		{ "default: drop\nreturn: socket\n",
		  { .returns = DOCTOR_RETURN_SOCKET, .drops_replies = true } },
		{ "default: drop\nreturn: established\n",
		  { .returns = DOCTOR_RETURN_ESTABLISHED, .drops_replies = true } },
		{ "default: drop\nreturn: none\nrules:\n" RULE("replies", "tcp/ephemeral"), { 0 } },
		{ "default: drop\nreturn: none\nrules:\n" RULE("one", "tcp/40000"),
		  { .drops_replies = true } },
		{ "default: allow\nreturn: none\nrules:\n" DROP("one", "tcp/40000"), { 0 } },
		{ "default: allow\nreturn: none\nrules:\n" DROP("all", "tcp/1024-65535"),
		  { .drops_replies = true } },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_free_ struct portsieve_image *image = calloc(1, sizeof(*image));
		struct policy policy = read_rules(cases[i].policy);
		struct error error = { 0 };
		struct doctor_policy got;

		assert_non_null(image);
		assert_int_equal(image_compile(&policy, &host, "p", image, &error), 0);
		got = doctor_policy_of(image, host.ephemeral_low, host.ephemeral_high);
		policy_free(&policy);
		if (got.monitor != cases[i].expected.monitor ||
		    got.returns != cases[i].expected.returns ||
		    got.drops_replies != cases[i].expected.drops_replies)
			fail_msg("%s: monitor %d, return %d, drops replies %d", cases[i].policy,
				 got.monitor, got.returns, got.drops_replies);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_fault_of_a_machine_is_found),
		cmocka_unit_test(each_fault_of_a_device_is_found),
		cmocka_unit_test(what_is_loaded_may_be_unknown),
		cmocka_unit_test(default_routes_lead_over_loaded_devices),
		cmocka_unit_test(faults_come_first_then_warnings),
		cmocka_unit_test(the_policy_is_read_from_the_image),
	};

	return cmocka_run_group_tests_name("doctor", tests, NULL, NULL);
}
