# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Return traffic of a host whose addresses are on a device above the filtered one: bridge, bond, VLAN, VRF. `auto` has
# to choose socket+flow there; the egress program is on TCX (from 6.6) or clsact.
source /portsieve/tests/kernels/guest/lab.bash

AUTO='version: 1
default: drop
rules: [{name: ssh, action: allow, ports: tcp/22}]'
ulimit -l unlimited # for `ip vrf exec` before 5.11
VRF=() # how a command runs in the VRF

# asks NAMESPACE PROTOCOL HOST PORT [SECONDS]: `echoes`; in `server` from inside the VRF, if there is one
asks() {
	local vrf=()
	[ "$1" != server ] || vrf=("${VRF[@]}")
	in_namespace "$1" "${vrf[@]}" timeout "${5:-10}" bash -c '
		exec 9<>"/dev/$1/$2/$3" && echo ping >&9 && [ "$(head -n 1 <&9)" = ping ]
	' asks "${@:2:3}"
}

# serve PORT: denied services of the host
serve() {
	local family
	for family in 4 6; do
		start server "${VRF[@]}" ncat -$family --listen --keep-open --exec /bin/cat "$1"
		start server "${VRF[@]}" ncat -$family --udp --listen --keep-open --exec /bin/cat "$1"
		within 20 is_listening server tcp "$1" $family
		within 20 is_listening server udp "$1" $family
	done
}

mode_of_return() {
	in_server portsieve status -j | jq -r '.devices[0].policy | "\(.return) \(.return_auto)"'
}

# replies_pass: and strangers do not. `above` is there.
replies_pass() {
	local host how=tcx
	in_server ip address flush dev to_client
	in_server ip link set to_client up
	in_server ip link set above up
	lab_address server "${1:-above}" $SERVER4/24 $SERVER6/64
	serve_echo client tcp 7003
	serve_echo client udp 7001
	serve 7004
	within 20 asks client tcp $SERVER4 7004 # a bond needs its time
	asks client udp $SERVER6 7004
	in_server portsieve load to_client -p "$(policy "$AUTO")"
	equal "socket+flow true" "$(mode_of_return)"
	kernel_from 6.6 || how=clsact
	[ $how = tcx ] || [[ $(in_server tc qdisc show dev to_client) == *clsact* ]]
	remark "$(uname -r): $how"
	for host in $CLIENT4 $CLIENT6; do
		asks server tcp "$host" 7003
		asks server udp "$host" 7001
	done
	for host in $SERVER4 $SERVER6; do
		not asks client tcp "$host" 7004 2
		not asks client udp "$host" 7004 2
	done
	(($(row return-flow | cut -d' ' -f1) >= 8))
	in_server portsieve apply "$(policy "$AUTO
return: none")"
	not asks server tcp $CLIENT4 7003 2
	in_server portsieve apply "$(policy "$AUTO")"
	asks server tcp $CLIENT4 7003
	in_server portsieve unload to_client
	asks client tcp $SERVER4 7004
}

over_a_bridge() {
	in_server ip link add above type bridge
	in_server ip link set to_client master above
	replies_pass
}
it 'a bridge above it' over_a_bridge

over_a_bond() {
	in_server ip link add above type bond mode active-backup miimon 100
	in_server ip link set to_client down
	in_server ip link set to_client master above
	replies_pass
}
it 'a bond above it' over_a_bond

over_a_vlan() {
	in_server ip link add link to_client name above type vlan id 5
	in_client ip link add link to_server name vlan5 type vlan id 5
	in_client ip address flush dev to_server
	in_client ip link set vlan5 up
	lab_address client vlan5 $CLIENT4/24 $CLIENT6/64
	replies_pass
}
it 'a VLAN device above it' over_a_vlan

over_a_vrf() {
	VRF=(ip vrf exec above)
	mkdir -p /run/cgroup2
	in_server ip link add above type vrf table 10
	in_server ip link set to_client master above
	replies_pass to_client
	# control: the sockets of a VRF are bound to it, and return: socket does not find them
	in_server portsieve load to_client -p "$(policy "$AUTO
return: socket")"
	not asks server tcp $CLIENT4 7003 2
}
it 'a VRF above it' over_a_vrf

finish
