# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A policy on a device in native mode, under real connections.
source /portsieve/tests/kernels/guest/lab.bash

VERIFIED_MAX=250000 # a quarter of the kernel's limit
WEB='version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80,443}
  - {name: dns, action: allow, ports: udp/53}'

load() {
	in_server portsieve load to_client -p "$(policy "$WEB")" "$@"
}

passes_what_is_allowed() {
	serve_echo server tcp 80
	serve_echo server udp 53
	load
	equal native "$(in_server portsieve status -j | jq -r '.devices[0].mode')"
	local host
	for host in $SERVER4 $SERVER6; do
		echoes client tcp "$host" 80 10
		echoes client udp "$host" 53 10
	done
	sum_matches
}
it 'allowed TCP and UDP connections work, over IPv4 and IPv6' passes_what_is_allowed

drops_what_is_not() {
	serve_echo server tcp 8080
	serve_echo server udp 5353
	echoes client tcp $SERVER4 8080 10
	load
	local host
	for host in $SERVER4 $SERVER6; do
		not echoes client tcp "$host" 8080 2
		not echoes client udp "$host" 5353 2
	done
	read -r passed dropped <<<"$(row _user tcp)"
	[ "$passed" = 0 ] && [ "$dropped" -ge 2 ]
	read -r passed dropped <<<"$(row _user udp)"
	equal "0 2" "$passed $dropped"
	sum_matches
}
it 'denied connections fail, and are counted as dropped' drops_what_is_not

counts_each_packet() {
	load
	datagrams 100 53
	datagrams 70 5353
	in_server received to_client
	equal "100 0" "$(row dns)"
	equal "0 70" "$(row _user udp)"
	sum_matches
}
it 'each packet is counted in one row' counts_each_packet

# counts_by_port HOW: by a link or libxdp's dispatcher.
counts_by_port() {
	load --per-port=all --attach "$1"
	datagrams 10 53
	datagrams 7 5353
	in_server portsieve upgrade to_client
	datagrams 2 5353
	in_server received to_client
	equal "53 10 0, 5353 0 9" "$(in_server portsieve ports -j |
		jq -r '[.devices[0].ports[] | select(.protocol == "udp" and (.port == 53 or .port == 5353)) |
			"\(.port) \(.passed) \(.dropped)"] | join(", ")')"
	sum_matches
}
counts_by_port_by_link() {
	counts_by_port link
}
counts_by_port_in_the_dispatcher() {
	counts_by_port dispatcher
}
it 'packets are counted by port, across an upgrade' counts_by_port_by_link
it "and in libxdp's dispatcher" counts_by_port_in_the_dispatcher

leaves_nothing() {
	load
	in_server portsieve unload to_client
	equal "" "$(pins)"
	equal "" "$(xdp_of server to_client)"
	load
	equal "0 0" "$(row dns)"
}
it 'unload leaves nothing, and the device can be loaded again' leaves_nothing

works_generic() {
	load --mode generic
	equal generic "$(in_server portsieve status -j | jq -r '.devices[0].mode')"
	datagrams 10 53
	datagrams 7 5353
	sleep 1
	equal "10 0" "$(row dns)"
	equal "0 7" "$(row _user udp)"
}
it 'generic mode counts the same' works_generic

# takes_jumbo_frames HOW: by a link or libxdp's dispatcher.
takes_jumbo_frames() {
	in_server ip link set to_client mtu 9000
	in_client ip link set to_server mtu 9000
	load --attach "$1"
	equal "$1" "$(in_server portsieve status -j | jq -r '.devices[0].attach')"
	in_client bash -c "dd if=/dev/zero bs=8000 count=1 >/dev/udp/$SERVER4/53"
	in_server received to_client
	equal "1 0" "$(row dns)"
	equal "8042 0" "$(row_bytes dns)"
	serve_echo server tcp 80
	echoes client tcp $SERVER4 80 10
	in_client bash -c "dd if=/dev/zero bs=8000 count=1 >/dev/udp/$SERVER4/54"
	in_server received to_client
	equal "0 8042" "$(row_bytes _system udp)"
}
takes_jumbo_frames_by_link() {
	takes_jumbo_frames link
}
takes_jumbo_frames_in_the_dispatcher() {
	takes_jumbo_frames dispatcher
}
says_jumbo_cannot() {
	in_server ip link set to_client mtu 9000
	in_client ip link set to_server mtu 9000 # the peer's is the one that counts
	local words
	if words=$(load 2>&1); then
		echo "should have failed"
		return 1
	fi
	remark "$words"
	[[ $words == *[Mm][Tt][Uu]* ]]
	equal "" "$(pins)"
}
if kernel_from 5.18; then
	it 'an MTU of 9000 works in native mode, by a link' takes_jumbo_frames_by_link
	it "and in libxdp's dispatcher" takes_jumbo_frames_in_the_dispatcher
else
	it 'without frags, an MTU of 9000 is refused and the MTU is named' says_jumbo_cannot
fi

# verified [buffers|watch|watch-buffers|egress]
stays_below_the_budget() {
	local words
	words=$(verified "$@")
	remark "$words"
	[[ $words =~ processed\ ([0-9]+)\ insns ]]
	[ "${BASH_REMATCH[1]}" -lt $VERIFIED_MAX ]
}
of_buffers() {
	stays_below_the_budget buffers
}
of_watch() {
	stays_below_the_budget watch
}
of_watch_buffers() {
	stays_below_the_budget watch-buffers
}
of_egress() {
	stays_below_the_budget egress
}
it "the verifier needs under $VERIFIED_MAX instructions" stays_below_the_budget
it 'and for the egress program' of_egress
it 'and for the program that also counts by port' of_watch
if kernel_from 5.18; then
	it 'and with frames of several buffers too' of_buffers
	it 'and for that which counts by port with several buffers' of_watch_buffers
else
	it_cannot 'and with frames of several buffers too' 'no frags before 5.18'
	it_cannot 'and for that which counts by port with several buffers' 'no frags before 5.18'
fi

finish
