# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Return traffic by flows: the egress program on TCX (from 6.6) or clsact, beside other programs of tc.
source /portsieve/tests/kernels/guest/lab.bash

FLOW='version: 1
default: drop
return: flow
rules: [{name: ssh, action: allow, ports: tcp/22}]'

load() {
	in_server portsieve load to_client -p "$(policy "$FLOW")"
}

# client_works: it reaches TCP and UDP services of `client` over both families
client_works() {
	local host
	for host in $CLIENT4 $CLIENT6; do
		echoes server tcp "$host" 7003 10
		echoes server udp "$host" 7001 10
	done
}

serve_client() {
	serve_echo client tcp 7003
	serve_echo client udp 7001
}

is_a_client() {
	serve_client
	serve_echo server tcp 7004
	load
	client_works
	not echoes client tcp $SERVER4 7004 2
	in_server portsieve upgrade to_client
	client_works
	in_server portsieve apply "$(policy "${FLOW/flow/none}")"
	not echoes server tcp $CLIENT4 7003 2
	in_server portsieve apply "$(policy "$FLOW")"
	client_works
	in_server portsieve unload to_client
	equal "" "$(in_server bpftool net | grep -i egress)"
}
it 'a host under default drop is a client of TCP and UDP' is_a_client

ingress_qdisc() {
	local words
	in_server tc qdisc add dev to_client ingress
	if kernel_from 6.6; then
		serve_client
		load
		client_works
		return
	fi
	words=$(load 2>&1) && return 1
	remark "$words"
	[[ $words == *"to_client has an ingress qdisc"* ]]
	equal "" "$(pins)"
}
it 'an ingress qdisc: TCX works beside it, clsact is refused and named' ingress_qdisc

loses_clsact() {
	serve_client
	load
	if kernel_from 6.6; then
		in_server bpftool link detach pinned "$(find /sys/fs/bpf/portsieve -name egress_link)"
	else
		in_server tc qdisc del dev to_client clsact
	fi
	[[ $(in_server portsieve status) == *DEGRADED* ]]
	not echoes server tcp $CLIENT4 7003 2
	in_server portsieve allow tcp/9000
	client_works
}
it 'an egress program that was removed is attached again by the next writer' loses_clsact

finish
