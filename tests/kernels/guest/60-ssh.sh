# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy that would cut the caller's ssh session, whose address is on a device above the loaded one, for each kind of
# device, since not every kernel has them all. tests/e2e/ssh.bats has the other tests of this check.
source /portsieve/tests/kernels/guest/lab.bash

SESSION='198.51.100.1 40000 198.51.100.2 22'

# cuts DEVICE [SESSION]: is a policy that drops everything refused because of the session?
cuts() {
	local words
	words=$(SSH_CONNECTION=${2:-$SESSION} in_server portsieve load "$1" --mode generic \
		-p "$(policy '{version: 1, default: drop, return: none}')" 2>&1) && in_server portsieve unload "$1"
	[[ $words == *"would cut your own ssh session"*"by $1)"* ]]
}

# refuses_below OPTION...: with the session's address on a device of this kind above to_client.
refuses_below() {
	in_server ip address flush dev to_client
	in_server ip link add upper0 "$@"
	in_server ip link set upper0 up
	lab_address server upper0 198.51.100.2/24
	cuts to_client
	cuts upper0
	not cuts lo
}

# refuses_member OPTION...: with to_client as a member of a device of this kind.
refuses_member() {
	in_server ip link set to_client down
	in_server ip link add master0 "$@"
	in_server ip link set to_client master master0
	in_server ip link set to_client up
	in_server ip link set master0 up
	lab_address server master0 198.51.100.2/24
	cuts to_client
	in_server ip link set to_client nomaster
	not cuts to_client
}

below_vlan() {
	refuses_below link to_client type vlan id 7
}
below_macvlan() {
	refuses_below link to_client type macvlan
}
below_ipvlan() {
	refuses_below link to_client type ipvlan
}
in_bridge() {
	refuses_member type bridge
}
in_bond() {
	refuses_member type bond mode active-backup
}
in_team() {
	refuses_member type team
}
stacked() {
	in_server ip link set to_client down
	in_server ip link add bond0 type bond mode active-backup
	in_server ip link set to_client master bond0
	in_server ip link add link bond0 vlan7 type vlan id 7
	in_server ip link add bridge0 type bridge
	in_server ip link set vlan7 master bridge0
	in_server ip link add link bridge0 vlan8 type vlan id 8
	in_server ip link add link vlan8 macvlan0 type macvlan
	lab_address server macvlan0 198.51.100.2/24
	cuts to_client
}
own_addresses() {
	local address
	for address in $SERVER4 $SERVER6; do
		cuts lo "$address 40000 $address 22"
		not cuts to_client "$address 40000 $address 22"
	done
}

it 'below a VLAN' below_vlan
it 'below a macvlan' below_macvlan
it 'below an ipvlan' below_ipvlan
it 'a port of a bridge' in_bridge
it 'a member of a bond' in_bond
it 'a member of a team' in_team
it 'below five of them' stacked
it 'on lo, for the own addresses' own_addresses

finish
