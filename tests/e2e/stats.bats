#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `stats` and `status` in unusual cases: no policy file, expired runtime rules, a device in another namespace.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	in_server sysctl -qw net.ipv6.conf.to_client.disable_ipv6=1
	in_client sysctl -qw net.ipv6.conf.to_server.disable_ipv6=1
}

teardown() {
	lab_down
}

# column NUMBER RULE: from the table of `stats --all`.
column() {
	in_server portsieve stats to_client --all | awk -v number="$1" -v rule="$2" '$1 == rule { print $number }'
}

@test "with runtime rules and no policy file, stats and status use the same words" {
	in_server portsieve load to_client
	[[ $(in_server portsieve stats | head -n 1) == "to_client  native, link; no policy: counts, drops nothing" ]]
	in_server portsieve drop udp/9 2>/dev/null
	equal "to_client  native, link; policy none (runtime rules), default allow" "$(in_server portsieve stats | head -n 1)"
	in_server portsieve status | grep -q '  none (runtime rules)  allow '
}

@test "an ended runtime rule is gone from status and shown as ended in stats" {
	in_server portsieve load to_client -p "$(policy 'version: 1
rules: [{name: web, action: allow, ports: "tcp/80,443"}]')"
	in_server portsieve drop udp/9 udp/11 --name guest --for 4s
	equal "2 4" "$(in_server portsieve status -j | jq -r '.devices[0] | "\(.rules) \(.port_ranges)"')"
	equal "drop drop" "$(column 4 guest | xargs)"
	equal "allow allow" "$(column 4 web | xargs)"
	in_client flood to_server --protocol udp --port 9 --count 5
	in_server received to_client
	wait_for_end guest
	equal "1 2" "$(in_server portsieve status -j | jq -r '.devices[0] | "\(.rules) \(.port_ranges)"')"
	equal "1 2" "$(in_server portsieve status | awk '$1 == "to_client" { print $7, $8 }')"
	equal "ended ended" "$(column 4 guest | xargs)"
	equal "allow allow" "$(column 4 web | xargs)"
	# its counters are still shown
	in_server portsieve stats | grep -qE '^  guest +udp +9 +ended +- '
}

@test "ended ranges show their new connections, so that the column adds up" {
	local file
	file=$(policy '{version: 1, rules: [{name: web, action: allow, ports: tcp/80}]}')
	in_server portsieve load to_client -p "$file"
	in_client flood to_server --protocol tcp --port 80 --count 12
	in_server received to_client
	in_server portsieve apply "$(policy '{version: 1}')"
	equal "12 12" "$(in_server portsieve stats | awk '/^  .ended ranges/ || /^  all packets/ { print $NF }' | xargs)"
}

@test "a device in another namespace is named by its index, in stats and in status" {
	local index
	lab_namespace other
	in_server ip link add guest type veth peer name guest_peer
	index=$(in_server ip -j link show dev guest | jq ".[0].ifindex")
	in_server portsieve load guest
	in_server ip link set guest netns other
	equal "(index $index, moved away)  native, link; no policy: counts, drops nothing" \
		"$(in_server portsieve stats | head -n 1)"
	in_server portsieve status | grep -q "^(index $index, moved away)  native"
	equal '["",'"$index]" "$(in_server portsieve stats -j | jq -c '.devices[0] | [.device, .ifindex]')"
}
