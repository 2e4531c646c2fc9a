#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `stats` and `status` in unusual cases: no policy file, expired runtime rules, a device in another namespace.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	lab_without_ipv6
}

teardown() {
	lab_down
}

# column NUMBER RULE: from the table of `stats --all`.
column() {
	in_server portsieve stats to_client --all | awk -v number="$1" -v rule="$2" '$1 == rule { print $number }'
}

@test "with runtime rules and no policy file, stats and status say so" {
	in_server portsieve load to_client
	[[ $(in_server portsieve stats | head -n 1) == "to_client  native, link; no policy: counts, drops nothing" ]]
	in_server portsieve drop udp/9 2>/dev/null
	equal "to_client  native, link; policy none (runtime rules), default allow" "$(in_server portsieve stats | head -n 1)"
	in_server portsieve status | grep -q '^to_client: no policy file, only runtime rules; changed 20'
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
	in_server portsieve status | grep -qE '^to_client .* 1 +2 '
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

# shown ROW [OPTION]...: packets passed and dropped, as the table shows them, with 0 for a row that is hidden.
shown() {
	in_server portsieve stats "${@:2}" to_client |
		awk -v row="$1" '$0 ~ "^  " row " " { sub("^  " row, ""); sub(/(tcp|udp) +[0-9-]+ +(allow|drop)/, "")
			gsub(/[0-9.]+ k?B/, "B"); gsub(/-/, "0"); print $1, $3; found = 1 } END { if (!found) print "0 0" }'
}

flood_both() {
	in_client flood to_server --protocol tcp --port 80 --count "$1" --size 60
	in_client flood to_server --protocol udp --port 9 --count "$2" --size 60
	in_server received to_client
}

reset_lab() {
	WEB='{name: web, action: allow, ports: tcp/80}'
	in_server portsieve load to_client -p "$(policy "{version: 1, default: drop, rules: [$WEB]}")"
	in_client ip link set to_server addrgenmode none # no neighbour discovery
	flood_both 10 7
}

@test "stats --reset: tables start at zero; --total, JSON and metrics do not" {
	reset_lab
	equal "10 0, 0 7" "$(shown web), $(shown _system)"
	equal null "$(in_server portsieve stats to_client -j | jq '.devices[0].reset_time')"
	in_server portsieve stats --reset
	equal "0 0, 0 0" "$(shown web), $(shown _system)"
	flood_both 3 2
	equal "3 0, 0 2" "$(shown web), $(shown _system)"
	equal "13 0, 0 9" "$(shown web --total), $(shown _system --total)"
	equal "13 0" "$(row web)"
	run -0 in_server portsieve stats
	[[ $output == *"; counted since 20"*" UTC"* ]]
	run -0 in_server portsieve stats --total
	[[ $output != *"counted since"* ]]
	in_server portsieve stats -j | jq -e '(.devices[0].reset_time | fromdate) > now - 60'
	in_server portsieve stats --prometheus >"$BATS_TEST_TMPDIR/metrics"
	grep -q '^portsieve_packets_total{device="to_client",rule="web",protocol="tcp",verdict="passed"} 13$' "$BATS_TEST_TMPDIR/metrics"
	grep -q '^portsieve_reset_timestamp_seconds{device="to_client"} [0-9]' "$BATS_TEST_TMPDIR/metrics"
	# a second reset
	in_server portsieve stats --reset to_client
	equal "0 0" "$(shown web)"
	equal '[{"device":"to_client","result":"reset"}]' "$(in_server portsieve stats --reset -j | jq -c .devices)"
}

@test "a reset survives apply and upgrade; removed rules are forgotten" {
	reset_lab
	in_server portsieve stats --reset
	local with without
	with=$(policy "{version: 1, default: drop, rules: [{name: dns, action: allow, ports: udp/53}, $WEB]}")
	without=$(policy "{version: 1, default: drop}")
	in_server portsieve apply "$with"
	flood_both 1 1
	equal "1 0, 0 1" "$(shown web), $(shown _system)"
	in_server portsieve upgrade --all
	flood_both 1 1
	equal "2 0, 0 2" "$(shown web), $(shown _system)"
	in_server portsieve apply "$with" --confirm 60
	in_server portsieve confirm
	in_server portsieve apply "$without" --confirm 60
	in_server portsieve rollback
	equal "2 0, 0 2" "$(shown web), $(shown _system)"
	in_server portsieve apply "$without"
	equal "2 0" "$(shown '.ended ranges.')"
	equal "2 2" "$(shown 'all packets')"
	in_server portsieve apply "$with"
	equal "0 0" "$(shown web)"
	in_client flood to_server --protocol tcp --port 80 --count 15 --size 60 # more than before the reset
	in_server received to_client
	equal "15 0" "$(shown web)"
	equal "17 2" "$(shown 'all packets')"
}

@test "stats --reset needs write access, and no other options" {
	reset_lab
	run -4 in_server setpriv --reuid=65534 --regid=65534 --clear-groups portsieve stats --reset
	refused 2 "leave out the other options" in_server portsieve stats --reset --watch
	refused 2 "leave out the other options" in_server portsieve stats --reset --total
	in_server portsieve unload --all
	refused 3 "nothing is loaded" in_server portsieve stats --reset
	in_server portsieve load to_client
	equal null "$(in_server portsieve stats to_client -j | jq '.devices[0].reset_time')"
}

# bpf_calls COMMAND...: how many calls of bpf() it makes.
bpf_calls() {
	in_server strace -qq -o "$BATS_TEST_TMPDIR/calls" -e trace=bpf portsieve "$@" >/dev/null
	wc -l <"$BATS_TEST_TMPDIR/calls"
}

@test "showing one device takes no longer with five others loaded" {
	local file command n
	file=$(policy '{version: 1}')
	for n in 1 2 3 4 5; do
		lab_veth server more$n client other$n
	done
	in_server portsieve load to_client -p "$file"
	for command in stats status show; do
		bpf_calls $command to_client >"$BATS_TEST_TMPDIR/$command"
	done
	in_server portsieve load more1 more2 more3 more4 more5 -p "$(policy '{version: 1, default: drop}')"
	for command in stats status show; do
		equal "$(cat "$BATS_TEST_TMPDIR/$command")" "$(bpf_calls $command to_client)"
	done
}
