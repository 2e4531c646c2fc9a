#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The classic failure of port filters in XDP: everything works while the neighbours are known, and minutes later the
# host is unreachable, because ARP and neighbour discovery are dropped with everything else. The last tests load a
# program with that bug (tests/lib/deaf.bpf.c) instead of the filter, to prove that these checks find it.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup_file() {
	clang -O2 -g -target bpf "-I/usr/include/$(uname -m)-linux-gnu" -c "$BATS_TEST_DIRNAME/../lib/deaf.bpf.c" \
		-o "$BATS_FILE_TMPDIR/deaf.bpf.o"
}

setup() {
	lab_up
	hurry server to_client
	hurry client to_server
	serve_web server 80
	# both ends know each other before a filter is loaded
	fetch client $SERVER4 80
	fetch client $SERVER6 80
}

teardown() {
	lab_down
}

# hurry NAMESPACE DEVICE: reduces timeouts of many seconds to one.
hurry() {
	local family
	for family in ipv4 ipv6; do
		in_namespace "$1" sysctl -qw "net.$family.neigh.$2.delay_first_probe_time=1" \
			"net.$family.neigh.$2.retrans_time_ms=50" \
			"net.$family.neigh.$2.ucast_solicit=2" "net.$family.neigh.$2.mcast_solicit=2"
	done
}

load_filter() {
	in_server portsieve load to_client -p "$(policy 'version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80}')"
}

load_deaf() {
	in_server ip link set dev to_client xdp obj "$BATS_FILE_TMPDIR/deaf.bpf.o" sec xdp
}

# state NAMESPACE DEVICE ADDRESS
state() {
	in_namespace "$1" ip -j neigh show to "$3" dev "$2" | jq -r '.[0].state[0] // "NONE"'
}

is_state() {
	[ "$(state "${@:2}")" = "$1" ]
}

# forget NAMESPACE DEVICE ADDRESS: removes the entry.
forget() {
	in_namespace "$1" ip neigh del "$3" dev "$2" 2>/dev/null || true
	equal NONE "$(state "$@")"
}

# The client has forgotten the server: its request must pass the filter.
client_finds_server() {
	forget client to_server "$1"
	fetch client "$1" 80 2
}

# The server has forgotten the client: the answer to its request must pass the filter.
server_finds_client() {
	forget server to_client "$2"
	fetch client "$1" 80 2
}

# expired_entry_ends STATE ADDRESS: an expired entry is used once more, and probed a second later.
expired_entry_ends() {
	in_client ip neigh change "$2" dev to_server nud stale
	in_client ping -q -c 1 -W 0.2 "$2" >/dev/null || true
	within 4 is_state "$1" client to_server "$2"
}

# A failed entry is resolved again.
failed_entry_recovers() {
	in_client ip neigh change "$1" dev to_server nud failed
	fetch client "$1" 80 2
}

@test "a client that has forgotten the server finds it again under default drop" {
	load_filter
	client_finds_server $SERVER4
	client_finds_server $SERVER6
}

@test "a server that has forgotten the client finds it again under default drop" {
	load_filter
	server_finds_client $SERVER4 $CLIENT4
	server_finds_client $SERVER6 $CLIENT6
}

@test "an expired entry is renewed under default drop" {
	load_filter
	expired_entry_ends REACHABLE $SERVER4
	expired_entry_ends REACHABLE $SERVER6
	fetch client $SERVER4 80
	fetch client $SERVER6 80
}

@test "a failed entry recovers under default drop" {
	load_filter
	failed_entry_recovers $SERVER4
	failed_entry_recovers $SERVER6
}

@test "ARP is counted as non-ip, neighbour discovery as icmpv6, and none is dropped" {
	load_filter
	client_finds_server $SERVER4
	client_finds_server $SERVER6
	local passed dropped
	read -r passed dropped <<<"$(row non-ip)"
	((passed > 0 && dropped == 0))
	read -r passed dropped <<<"$(row icmpv6)"
	((passed > 0 && dropped == 0))
	sum_matches
}

@test "control: with a program that drops ARP the host is reachable at first" {
	load_deaf
	fetch client $SERVER4 80
	fetch client $SERVER6 80
}

@test "control: with that program a client that has forgotten the server does not find it" {
	load_deaf
	run ! client_finds_server $SERVER4
	run ! client_finds_server $SERVER6
}

@test "control: with that program a server that has forgotten the client does not find it" {
	load_deaf
	run ! server_finds_client $SERVER4 $CLIENT4
	run ! server_finds_client $SERVER6 $CLIENT6
}

@test "control: with that program an expired entry fails, and a failed one stays failed" {
	load_deaf
	expired_entry_ends FAILED $SERVER4
	expired_entry_ends FAILED $SERVER6
	run ! failed_entry_recovers $SERVER4
	run ! failed_entry_recovers $SERVER6
}
