#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `doctor` on real devices with faults. If a finding has a command, the test runs it, and the finding disappears.
# tests/unit/analysis/test_doctor.c has what cannot be set up here: adapters, other kernels.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	SOCKET=$(policy 'version: 1
default: drop
return: socket
rules: [{name: web, action: allow, ports: tcp/80}]')
}

teardown() {
	mountpoint -q /sys/fs/bpf || mount -t bpf bpf /sys/fs/bpf
	lab_down
}

# findings [DEV]: all that is wrong with it or, without DEV, with the loaded devices; not with the machine.
findings() {
	in_server portsieve doctor "$@" -j | jq -r '.checks[] | select(.device and .result != "ok") | "\(.result) \(.check)"'
}

# finding CHECK [DEV]: "RESULT MESSAGE" of each finding of that check.
finding() {
	in_server portsieve doctor "${@:2}" -j | jq -r --arg check "$1" '.checks[] | select(.check == $check) | "\(.result) \(.message)"'
}

# mend CHECK [DEV]: runs the command of the finding.
mend() {
	local command
	command=$(in_server portsieve doctor "${@:2}" -j | jq -er --arg check "$1" '.checks[] | select(.check == $check) | .command')
	echo "mend: $command"
	in_server bash -c "$command"
}

@test "a healthy device has no findings, loaded or not" {
	equal "" "$(findings to_client)"
	in_server portsieve load to_client -p "$SOCKET"
	equal "" "$(findings to_client)"
	equal "" "$(findings)"
	equal "ok loaded, native mode" "$(finding filter)"
	equal "ok veth, native XDP" "$(finding driver)"
}

@test "the exit status is 1 if there is a fault, and 0 with warnings" {
	in_server ip link set dev to_client down
	run -0 in_server portsieve doctor to_client
	[[ $output == *"warning  to_client"* ]]
	in_server portsieve load to_client -p "$SOCKET"
	in_server ip link add link to_client name mv0 type macvlan
	run -1 in_server portsieve doctor
	[[ ${lines[0]} == "fault    to_client  upper"* ]]
	run -1 in_server portsieve doctor -j
}

@test "no line is wider than 80 columns, and faults come first" {
	in_server portsieve load to_client -p "$SOCKET"
	in_server ip link add link to_client name mv0 type macvlan
	in_server ip link set dev to_client down
	run -1 --separate-stderr in_server portsieve doctor
	equal "" "$(printf '%s\n' "${lines[@]}" | grep -E '^.{81}')"
	equal "fault warning ok" "$(printf '%s\n' "${lines[@]}" | grep -oE '^(fault|warning|ok) ' | uniq | xargs)"
	equal "" "$stderr"
}

@test "the JSON has every check, with its result and command" {
	equal '["schema","command","time","devices","counts","checks","warnings","errors"]' "$(in_server portsieve doctor to_client -j | jq -c keys_unsorted)"
	equal '[["check","device","result","message","command"]]' \
		"$(in_server portsieve doctor to_client -j | jq -c '[.checks[] | keys_unsorted] | unique')"
	equal "capabilities kernel links frags batches tcx dispatcher bpffs memlock namespace clock clocksource routes" \
		"$(in_server portsieve doctor to_client -j | jq -r '.checks[] | select(.device == null) | .check' |
			grep -vx jit | sort | xargs -n1 | sort >"$BATS_TEST_TMPDIR/got"
			for c in capabilities kernel links frags batches tcx dispatcher bpffs memlock namespace clock clocksource routes; do
				grep -x $c "$BATS_TEST_TMPDIR/got"
			done | xargs)"
	equal "true" "$(in_server portsieve doctor to_client -j | jq '(.counts.faults == ([.checks[] | select(.result == "fault")] | length))
		and (.counts.warnings == ([.checks[] | select(.result == "warning")] | length))')"
}

@test "doctor changes nothing" {
	local before
	before=$(find /sys/fs/bpf | sort; in_server ip -o link)
	in_server portsieve doctor
	in_server portsieve doctor to_client
	equal "$before" "$(find /sys/fs/bpf | sort; in_server ip -o link)"
}

@test "an unknown device is an error, with a suggestion" {
	refused 1 "no interface 'to_cleint' in this network namespace (did you mean 'to_client'?)" in_server portsieve doctor to_cleint
	refused 2 "name only one device" in_server portsieve doctor to_client lo
}

@test "without a loaded device doctor says how to check one" {
	says 0 "no device is loaded in this network namespace; to check one: portsieve doctor DEV" in_server portsieve doctor
	in_client portsieve load to_server
	equal "ok network namespace 'server'; devices are loaded in 1 other" "$(finding namespace)"
}

@test "an XDP program of another tool is a fault" {
	in_server ip link set dev to_client xdp obj build/tests/traffic/empty.bpf.o program empty_pass
	equal "fault the XDP program 'empty_pass' (id $(xdp_of server to_client)) of another tool is on it" "$(finding xdp to_client)"
	mend xdp to_client
	equal "ok no other program in the way" "$(finding xdp to_client)"
	in_server ip link set dev to_client xdpgeneric obj build/tests/traffic/empty.bpf.o program empty_pass
	mend xdp to_client
	in_server portsieve load to_client
}

@test "a link of another tool is detached by its id" {
	link_program xdp to_client
	[[ $(finding xdp to_client) == "fault the XDP program 'empty_drop' (id "* ]]
	mend xdp to_client
	equal "ok no other program in the way" "$(finding xdp to_client)"
}

@test "a device without native XDP is a fault, until it is loaded in generic mode" {
	in_server ip link add br0 type bridge
	in_server ip link set dev br0 up
	equal "fault bridge has no native XDP; generic mode is several times slower" "$(finding driver br0)"
	mend driver br0
	equal "warning bridge has no native XDP: generic mode is several times slower" "$(finding driver br0)"
	in_server ip link add link to_client name mv0 type macvlan
	in_server ip link set dev mv0 up
	equal "fault macvlan has no native XDP; generic mode is several times slower" "$(finding driver mv0)"
}

@test "generic mode although native works is a warning" {
	in_server portsieve load to_client --mode generic
	equal "warning filter" "$(findings)"
	in_server portsieve unload to_client
	in_server portsieve load to_client
	equal "" "$(findings)"
}

@test "a veth whose peer has more TX queues than it has RX queues cannot be loaded" {
	in_server ip link add a0 numrxqueues 1 type veth peer name a1 numtxqueues 2
	in_server ethtool -L a1 tx 2
	in_server ip link set dev a0 up
	in_server ip link set dev a1 up
	equal "fault native XDP on veth needs an RX queue for each of the 2 TX queues of its peer a1" "$(finding queues a0)"
	refused 1 "refuses XDP as it is set up (No space left on device): often because of its MTU, LRO or queues; to find out: portsieve doctor a0" \
		in_server portsieve load a0
	mend queues a0
	equal "" "$(findings a0)"
	in_server portsieve load a0
}

@test "an MTU of 9000 is fine where frames may have several buffers" {
	in_server ip link set dev to_client mtu 9000
	in_client ip link set dev to_server mtu 9000
	equal "ok 9000, in several buffers if need be" "$(finding mtu to_client)"
	in_server portsieve load to_client
	equal "" "$(findings)"
}

@test "a veth has no LRO, and its kernel removes VLAN tags" {
	equal "ok off" "$(finding lro to_client)"
	equal "ok off" "$(finding gro-hw to_client)"
	equal "ok outer VLAN tags are removed before XDP" "$(finding vlan to_client)"
	in_server ethtool -K to_client rxvlan off
	equal "ok XDP sees VLAN tags" "$(finding vlan to_client)"
}

@test "a device that is down is a warning" {
	in_server ip link set dev to_client down
	equal "warning link" "$(findings to_client)"
	mend link to_client
	equal "" "$(findings to_client)"
}

@test "below a bridge, return: socket loses replies, and socket+flow does not" {
	in_server portsieve load to_client -p "$SOCKET"
	in_server ip link add br0 type bridge
	in_server ip link set dev to_client master br0
	equal "fault upper" "$(findings)"
	[[ $(finding upper) == "fault below bridge br0: "* ]]
	in_server portsieve apply "$(policy '{version: 1, default: drop, return: socket+flow}')"
	equal "" "$(findings)"
	equal "ok no other program at TC egress" "$(finding egress)"
	equal "ok bridge br0 above it" "$(finding upper)"
}

@test "below a bridge, a device that is not loaded has a warning" {
	in_server ip link add br0 type bridge
	in_server ip link set dev to_client master br0
	equal "warning upper" "$(findings to_client)"
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop, return: established}')"
	equal "" "$(findings)"
}

@test "on a router, return: socket loses replies; in monitor mode it would" {
	in_server sysctl -qw net.ipv4.ip_forward=1
	equal "warning forwarding" "$(findings to_client)"
	in_server portsieve load to_client -p "$SOCKET"
	equal "fault forwarding" "$(findings)"
	[[ $(finding forwarding) == "fault on for IPv4: "* ]]
	in_server sysctl -qw net.ipv6.conf.all.forwarding=1
	[[ $(finding forwarding) == "fault on for IPv4 and IPv6: "* ]]
	in_server portsieve apply "$(policy '{version: 1, mode: monitor, default: drop, return: socket}')"
	equal "warning forwarding" "$(findings)"
	in_server portsieve apply "$(policy '{version: 1, default: drop, return: socket+flow}')"
	equal "" "$(findings)"
	in_server bpftool link detach pinned "$(find /sys/fs/bpf/portsieve -name egress_link)"
	equal "fault replies" "$(findings)"
	mend replies
	equal "" "$(findings)"
}

@test "a policy that drops the host's replies is a warning" {
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop, return: none}')"
	equal "warning replies" "$(findings)"
	in_server portsieve apply "$SOCKET"
	equal "" "$(findings)"
}

@test "a default route over a device that is not loaded is a warning" {
	in_server portsieve load to_client -p "$SOCKET"
	in_server ip route add default via $CLIENT4
	equal "ok default routes lead over filtered devices" "$(finding routes)"
	lab_veth server to_other client other
	lab_address server to_other 198.51.100.2/24
	in_server ip route add default via 198.51.100.1 metric 5
	equal "warning the default route of IPv4 leads over this device, but it is not loaded" "$(finding routes)"
	in_server ip -6 route add default nexthop via fe80::1 dev to_client nexthop via fe80::1 dev to_other
	equal "warning the default route of IPv4 and IPv6 leads over this device, but it is not loaded" "$(finding routes)"
	# not while that device is the one to be checked
	equal "ok default routes lead over filtered devices" "$(finding routes to_other)"
	mend routes
	equal "ok default routes lead over filtered devices" "$(finding routes)"
}

@test "an upper device is filtered by the one below it" {
	in_server portsieve load to_client -p "$SOCKET"
	in_server ip link add br0 type bridge
	in_server ip link set dev to_client master br0
	in_server ip link set dev br0 up
	in_server ip address add 198.51.100.2/24 dev br0
	in_server ip route add default via 198.51.100.1
	equal "ok default routes lead over filtered devices" "$(finding routes)"
}

@test "an ingress qdisc is reported, an empty clsact is not" {
	equal "ok no ingress qdisc" "$(finding qdisc to_client)"
	in_server tc qdisc add dev to_client ingress
	equal "ok an ingress qdisc, which does not affect TCX" "$(finding qdisc to_client)"
	in_server tc qdisc del dev to_client ingress
	in_server tc qdisc add dev to_client clsact
	equal "ok no ingress qdisc" "$(finding qdisc to_client)"
	equal "ok no other program at TC egress" "$(finding egress to_client)"
}

@test "a program at TC egress is a warning, and a fault before the one that learns flows" {
	link_program tcx_egress to_client
	equal "warning 'empty_drop' at TC egress may hide or change packets that a later program there learns from" \
		"$(finding egress to_client)"
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop, return: flow}')"
	equal "fault 'empty_drop' at TC egress runs before the egress program, which does not see packets that it redirects or passes at once" \
		"$(finding egress)"
	rm /sys/fs/bpf/tc/link
	equal "ok no other program at TC egress" "$(finding egress)"
	in_server tc qdisc add dev to_client clsact
	in_server tc filter add dev to_client egress pref 7 bpf da pinned /sys/fs/bpf/tc/program
	equal "warning 'empty_drop' at TC egress runs after the egress program, and may drop or change packets whose flows were learned" \
		"$(finding egress)"
	mend egress
	equal "ok no other program at TC egress" "$(finding egress)"
}

@test "incomplete state is a fault, and a moved device a warning" {
	in_server portsieve load to_client -p "$SOCKET" --attach link
	rm "$(pins_of to_client)"/counters
	equal "fault filter" "$(findings)"
	[[ $(finding filter) == "fault its pinned state is incomplete"* ]]
	in_server portsieve unload to_client
	in_server portsieve load to_client -p "$SOCKET" --attach link
	in_server ip link set dev to_client netns client
	equal "warning has moved to another network namespace, with its filter" "$(finding filter)"
}

@test "without capabilities doctor names the missing ones and checks what it can" {
	local as_user=(setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs)
	in_server portsieve load to_client -p "$SOCKET"
	chmod 700 /sys/fs/bpf
	run -1 in_server "${as_user[@]}" portsieve doctor to_client -j
	equal '["capabilities"]' "$(jq -c '[.checks[] | select(.result == "fault") | .check]' <<<"$output")"
	equal "CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON missing: what needs more rights is not checked" \
		"$(jq -r '.checks[0].message' <<<"$output")"
	equal "sudo portsieve doctor to_client" "$(jq -r '.checks[0].command' <<<"$output")"
	equal '["link","driver","mtu","queues"]' "$(jq -c '[.checks[] | select(.device) | .check][:4]' <<<"$output")"
	run -1 in_server setpriv --inh-caps=-perfmon,-bpf,-sys_admin --bounding-set=-perfmon,-bpf,-sys_admin portsieve doctor to_client -j
	equal "CAP_BPF, CAP_PERFMON missing: what needs more rights is not checked" "$(jq -r '.checks[0].message' <<<"$output")"
}

@test "no bpffs is a fault; so is one that is read-only" {
	umount /sys/fs/bpf
	run -1 in_server portsieve doctor to_client -j
	equal "nsenter --net=/run/netns/server portsieve doctor to_client" \
		"$(jq -r '.checks[] | select(.check == "bpffs") | .command' <<<"$output")"
	run -1 portsieve doctor -j # in no named namespace
	equal "mount -t bpf -o mode=700 bpf /sys/fs/bpf" "$(jq -r '.checks[] | select(.check == "bpffs") | .command' <<<"$output")"
	bash -c "$(jq -r '.checks[] | select(.check == "bpffs") | .command' <<<"$output")"
	equal "ok mounted on /sys/fs/bpf, mode 700" "$(finding bpffs)"
	chmod 1777 /sys/fs/bpf
	equal "warning any user may put files into /sys/fs/bpf (mode 777)" "$(finding bpffs)"
	mend bpffs
	equal "ok mounted on /sys/fs/bpf, mode 700" "$(finding bpffs)"
	mount -o remount,ro /sys/fs/bpf
	[[ $(finding bpffs) == "fault /sys/fs/bpf is mounted read-only"* ]]
	mend bpffs
	equal "ok mounted on /sys/fs/bpf, mode 700" "$(finding bpffs)"
}

@test "ip netns exec hides bpffs, and the fault says so" {
	run -1 ip netns exec server portsieve doctor to_client -j
	[[ $(jq -r '.checks[0].message' <<<"$output") == *'`ip netns exec` hides it'* ]]
	run -0 bash -c "$(jq -r '.checks[0].command' <<<"$output")"
}

@test "another user's pins are a fault" {
	mkdir -m 700 /sys/fs/bpf/portsieve
	chown 65534 /sys/fs/bpf/portsieve
	[[ $(finding pins to_client) == "fault /sys/fs/bpf/portsieve belongs to user 65534"* ]]
}
