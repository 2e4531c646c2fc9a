#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Host settings that a policy depends on (ip_local_port_range, forwarding) are read at load or apply and kept until
# the next one.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	ephemeral 32768 60999
	FILE=$(policy 'version: 1
default: drop
rules: [{name: replies, action: allow, ports: tcp/ephemeral}]')
}

teardown() {
	lab_down
}

# ephemeral LOW HIGH: sets the port range of the server's own connections.
ephemeral() {
	in_server sysctl -qw net.ipv4.ip_local_port_range="$1 $2"
}

# passed PORT...: the TCP ports whose packets pass on to_client, by its counters.
passed() {
	local port before passed=()
	for port; do
		before=$(in_server portsieve stats to_client -j | jq '[.devices[].ranges[].passed.packets] | add')
		in_client flood to_server --protocol tcp --port "$port" --count 10 >&2
		in_server received to_client >&2
		[ "$before" = "$(in_server portsieve stats to_client -j |
			jq '[.devices[].ranges[].passed.packets] | add')" ] || passed+=("$port")
	done
	echo "${passed[*]}"
}

@test "runtime commands keep the policy's ephemeral ports; diff and apply read the new ones" {
	in_server portsieve load to_client -p "$FILE"
	equal 40000 "$(passed 25000 40000)"
	ephemeral 20000 30000
	in_server portsieve allow tcp/9
	equal "9 40000" "$(passed 9 25000 40000)"
	in_server portsieve drop tcp/40001
	in_server portsieve delete allow-tcp-9
	equal 40000 "$(passed 9 25000 40000 40001)"
	equal "20000-30000 pass
32768-40000 drop
40002-49151 drop
49152-60999 drop" "$(in_server portsieve diff "$FILE" -j | jq -r '.changes[] | "\(.low)-\(.high) \(.after.verdict)"')"
	in_server portsieve apply "$FILE"
	equal 25000 "$(passed 9 25000 40000)"
	in_server portsieve diff "$FILE" | grep -q "changes nothing"
}

@test "ephemeral ports in a runtime rule are those of the policy in force" {
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop}')"
	ephemeral 20000 30000
	in_server portsieve allow tcp/ephemeral --name own
	equal 40000 "$(passed 25000 40000)"
	in_server portsieve allow tcp/ephemeral --name own # the same, renewed
	equal 40000 "$(passed 25000 40000)"
	equal "tcp/20000-30000 pass own" "$(in_server portsieve diff "$(policy '{version: 1, default: drop}')" -j |
		jq -r '.changes[0] | "\(.protocol)/\(.low)-\(.high) \(.after.verdict) \(.after.rule)"')"
	in_server portsieve apply "$(policy '{version: 1, default: drop}')"
	equal 25000 "$(passed 25000 40000)"
}

@test "devices loaded before and after a change of the host do not share a policy" {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	in_server portsieve load to_client -p "$FILE"
	ephemeral 20000 30000
	in_server portsieve load to_lan -p "$FILE"
	equal 40000 "$(passed 25000 40000)"
	refused 2 "several policies are loaded" in_server portsieve show
	in_server portsieve apply "$FILE"
	equal 25000 "$(passed 25000 40000)"
	in_server portsieve show | grep -q replies
}

@test "nor do they if the policy names no ephemeral ports, since a runtime rule may" {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	local closed
	closed=$(policy '{version: 1, default: drop}')
	in_server portsieve load to_lan -p "$closed"
	ephemeral 20000 30000
	in_server portsieve load to_client -p "$closed"
	in_server portsieve allow tcp/ephemeral
	equal 25000 "$(passed 25000 40000)"
}

@test "runtime commands judge mobility messages by the forwarding setting at the last apply" {
	in_server sysctl -qw net.ipv6.conf.all.forwarding=0
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop}')"
	local message="icmpv6 2001:db8::7 > 2001:db8::1 type 144"
	in_server portsieve explain "$message" | grep -q '^drop'
	in_server sysctl -qw net.ipv6.conf.all.forwarding=1
	in_server portsieve allow tcp/1
	in_server portsieve explain "$message" | grep -q '^drop'
	in_server portsieve apply "$(policy '{version: 1, default: drop}')"
	in_server portsieve explain "$message" | grep -q '^pass'
}
