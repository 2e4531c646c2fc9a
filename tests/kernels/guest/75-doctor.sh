# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What doctor says of each kernel: which features it has, and what a driver demands without them. tests/e2e/doctor.bats
# has the other tests.
source /portsieve/tests/kernels/guest/lab.bash

# finding CHECK [DEV]: "RESULT MESSAGE".
finding() {
	in_server portsieve doctor "${@:2}" -j | jq -r --arg check "$1" '.checks[] | select(.check == $check) | "\(.result) \(.message)"'
}

# expect_from VERSION CHECK: it is well from that kernel on.
expect_from() {
	if kernel_from "$1"; then
		[[ $(finding "$2") == "ok "* ]]
	else
		[[ $(finding "$2") == "warning "* ]]
	fi
}

features() {
	equal "ok Linux $(uname -r) loads the filter" "$(finding kernel)"
	equal "ok XDP links are available" "$(finding links)"
	equal "ok several XDP programs can share a device" "$(finding dispatcher)"
	expect_from 5.18 frags
	expect_from 5.13 batches
	if kernel_from 6.6; then
		equal "ok TCX is available" "$(finding tcx)"
	else
		equal "ok no TCX, which Linux has from 6.6 on" "$(finding tcx)"
	fi
	if kernel_from 5.11; then
		equal "ok this kernel does not limit it" "$(finding memlock)"
	else
		equal "ok the limit suffices" "$(finding memlock)"
	fi
}

# Before 5.11, with a small limit that the process may not raise.
memlock() {
	local as=(setpriv --inh-caps=-sys_resource --bounding-set=-sys_resource)
	in_server bash -c 'ulimit -l 64; "$@"' limited "${as[@]}" portsieve doctor -j >/tmp/limited || true
	if kernel_from 5.11; then
		equal ok "$(jq -r '.checks[] | select(.check == "memlock") | .result' /tmp/limited)"
	else
		equal "ulimit -l unlimited" "$(jq -r '.checks[] | select(.check == "memlock" and .result == "fault") | .command' /tmp/limited)"
	fi
}

driver() {
	equal "ok veth, native XDP" "$(finding driver to_client)"
	in_server portsieve load to_client --attach link
}

# mtu N: of both ends; the peer's is the one that counts for veth.
mtu() {
	in_server ip link set to_client mtu "$1" && in_client ip link set to_server mtu "$1"
}

jumbo() {
	mtu 9000
	if kernel_from 5.18; then
		equal "ok 9000, in several buffers if need be" "$(finding mtu to_client)"
	else
		equal "fault the MTU is 9000: native XDP on veth needs at most 3506 here" "$(finding mtu to_client)"
		not in_server portsieve load to_client --attach link
		mtu 3507
		not in_server portsieve load to_client --attach link
		mtu 3506 # the limit that the table of drivers has
		equal "ok 3506" "$(finding mtu to_client)"
	fi
	in_server portsieve load to_client --attach link
}

dispatched() {
	rm -rf /sys/fs/bpf/xdp-filter
	in_server xdp-filter load to_client -m native -f udp,ipv4
	equal "ok shares a dispatcher with: xdpfilt_alw_all" "$(finding xdp to_client)"
	in_server portsieve load to_client
	equal "ok no other program in the way" "$(finding xdp to_client)"
}

SOCKET='{version: 1, default: drop, return: socket}'

uppers() {
	in_server portsieve load to_client -p "$(policy "$SOCKET")" --attach link
	in_server ip link add link to_client name to_client.7 type vlan id 7
	[[ $(finding upper) == "warning below vlan to_client.7: "* ]]
	[[ $(finding vlan) == "warning the outer VLAN tag, as of to_client.7, "* ]]
	in_server ethtool -K to_client rxvlan off
	equal "ok XDP sees VLAN tags" "$(finding vlan)"
	in_server ip link add link to_client name iv0 type ipvlan
	[[ $(finding upper) == "fault below ipvlan iv0: "* ]]
	in_server portsieve apply "$(policy '{version: 1, default: drop, return: socket+flow}')"
	[[ $(finding upper) == "ok "* ]]
}

bonds() {
	in_server ip link add bond0 type bond
	in_server ip link set to_client down
	in_server ip link set to_client master bond0
	in_server ip link set bond0 up
	in_server portsieve load to_client -p "$(policy "$SOCKET")" --attach link
	[[ $(finding upper) == "warning below bond bond0: "* ]]
	in_server portsieve unload to_client
	in_server ip link set to_client nomaster
	in_server ip link set to_client up
	in_server ip link add d0 type dummy
	equal "fault dummy has no native XDP; generic mode is several times slower" "$(finding driver d0)"
	not in_server portsieve load d0 --attach link
}

# bpftool of Debian 12 loads classifiers, tc attaches them.
traffic_control() {
	in_server tc qdisc add dev to_client ingress
	if kernel_from 6.6; then
		equal "ok an ingress qdisc, which does not affect TCX" "$(finding qdisc to_client)"
	else
		[[ $(finding qdisc to_client) == "warning an ingress qdisc, beside which "* ]]
		not in_server tc qdisc add dev to_client clsact
	fi
	in_server tc qdisc del dev to_client ingress
	in_server tc qdisc add dev to_client clsact
	equal "ok no other program at TC egress" "$(finding egress to_client)"
	mkdir -p /sys/fs/bpf/tc
	bpftool prog load /portsieve/build/tests/traffic/empty.bpf.o /sys/fs/bpf/tc/program type classifier
	in_server tc filter add dev to_client egress bpf da pinned /sys/fs/bpf/tc/program
	[[ $(finding egress to_client) == "warning '"*"' at TC egress may hide or change "* ]]
	remark "$(finding egress to_client)"
	in_server tc filter del dev to_client egress
	equal "ok no other program at TC egress" "$(finding egress to_client)"
}

it 'doctor knows the features of the kernel' features
it 'doctor knows the limit of locked memory' memlock
it 'doctor knows native XDP on veth, and load agrees' driver
it 'doctor knows which MTU is too large, and load agrees' jumbo
it 'doctor sees that a dispatcher can be joined' dispatched
it 'doctor sees VLANs and ipvlans above a device, and the tags that XDP does not see' uppers
it 'doctor sees bonds, and drivers without native XDP' bonds
it 'doctor sees qdiscs and programs of traffic control' traffic_control

finish
