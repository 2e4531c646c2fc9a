#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Concurrent writers, and writers that are killed: one policy is completely in force, and nothing is left over.
bats_require_minimum_version 1.5.0
load ../lib/lab

ROUNDS=${ROUNDS:-100}

setup() {
	lab_up
	ONE=$(policy '{version: 1, default: drop, rules: [{name: one, action: allow, ports: udp/1000, from: [192.0.2.0/24]}]}')
	TWO=$(policy '{version: 1, default: drop, rules: [{name: two, action: allow, ports: udp/2000, from: ["192.0.2.1"]}]}')
}

teardown() {
	lab_down
}

passed_packets() {
	in_server awk '/^Udp: [0-9]/ { print $3 + $4 }' /proc/net/snmp
}

# passing: ports that pass, of 1000, 2000, 3000 and 4000, by the server's UDP stack.
passing() {
	local before n=0 last=-1 still=0 tries
	before=$(passed_packets)
	# packet counts per port whose sums are all different
	in_client bash -c 'for port in 1000 2000 2000 3000 3000 3000 3000 4000 4000 4000 4000 4000 4000 4000 4000; do
		echo >/dev/udp/$0/$port; done' $SERVER4 2>/dev/null
	for ((tries = 0; tries < 100 && (n == 0 || still < 3); tries++)); do
		sleep 0.005
		n=$(($(passed_packets) - before))
		still=$((n == last ? still + 1 : 0)) last=$n
	done
	echo "$((n & 1 ? 1000 : 0)) $((n & 2 ? 2000 : 0)) $((n & 4 ? 3000 : 0)) $((n & 8 ? 4000 : 0))" | tr -d '\n' |
		sed -E 's/\b0 ?//g; s/ $//'
}

# together COMMAND... -- COMMAND...: runs both at once; FIRST_CODE and SECOND_CODE are their exit statuses.
together() {
	local first=() id
	while [ "$1" != -- ]; do
		first+=("$1")
		shift
	done
	shift
	FIRST_CODE=0 SECOND_CODE=0
	in_server portsieve "${first[@]}" 2>"$BATS_TEST_TMPDIR/first" 3>&- &
	id=$!
	in_server portsieve "$@" 2>"$BATS_TEST_TMPDIR/second" || SECOND_CODE=$?
	wait $id || FIRST_CODE=$?
}

# has_pins COUNT: there are COUNT pins and directories.
has_pins() {
	local found
	found=$(pins)
	equal "$1" "$(wc -l <<<"$found")" || {
		echo "$found"
		return 1
	}
}

@test "two apply different policies at once, 100 rounds: one of the two is in force" {
	local round told count
	in_server portsieve load to_client -p "$ONE"
	count=$(pins | wc -l)
	for ((round = 0; round < ROUNDS; round++)); do
		if ((round % 2)); then
			together apply "$ONE" -- apply "$TWO"
		else
			together apply "$TWO" -- apply "$ONE"
		fi
		equal "0 0" "$FIRST_CODE $SECOND_CODE"
		told=$(in_server portsieve show -j | jq -r '.policy.text | capture("ports: udp/(?<port>[0-9]+)").port')
		equal "$told" "$(passing)"
		has_pins "$count"
	done
	sum_matches
	in_server portsieve unload to_client
	equal "" "$(pins)$(xdp_of server to_client)"
}

@test "allow and delete at once with an apply, 100 rounds: every change is complete" {
	local round count wanted
	in_server portsieve load to_client -p "$ONE"
	count=$(pins | wc -l)
	for ((round = 0; round < ROUNDS; round++)); do
		case $((round % 4)) in
		0) together allow udp/3000 --name three -- apply "$TWO" && wanted="2000 3000" ;;
		1) together allow udp/4000 --name four -- delete three && wanted="2000 4000" ;;
		2) together apply "$ONE" -- allow udp/3000 --name three && wanted="1000 3000 4000" ;;
		3) together delete four -- delete three && wanted="1000" ;;
		esac
		equal "0 0" "$FIRST_CODE $SECOND_CODE"
		equal "$wanted" "$(passing)"
		equal "$wanted" "$(in_server portsieve show -j |
			jq -r '.policy.text | [scan("ports: udp/([0-9]+)")[0]] | sort | join(" ")')"
		has_pins "$count"
	done
	sum_matches
}

@test "two load and unload at once, 25 rounds: one of the two wins, and nothing is left over" {
	local round
	for ((round = 0; round < 25; round++)); do
		together load to_client -p "$ONE" -- unload to_client
		equal 0 "$FIRST_CODE"
		[[ $SECOND_CODE == 0 || $SECOND_CODE == 3 ]]
		if [ $SECOND_CODE = 0 ]; then
			equal "" "$(pins)$(xdp_of server to_client)"
		else
			equal 1000 "$(passing)"
			in_server portsieve unload to_client
		fi
		equal "" "$(pins)$(xdp_of server to_client)"
	done
}

@test "one of two writers is killed, 50 rounds: the other completes, and nothing is left of the dead one" {
	local round victim count
	in_server portsieve load to_client -p "$ONE"
	count=$(pins | wc -l)
	for ((round = 0; round < 50; round++)); do
		(exec nsenter --net=/run/netns/server -- portsieve apply "$TWO") 3>&- &
		victim=$!
		sleep 0.0$((round % 5))$((round % 10))
		kill -9 $victim 2>/dev/null || true
		wait $victim || true
		in_server portsieve apply "$ONE"
		equal 1000 "$(passing)"
		has_pins "$count"
	done
	sum_matches
}

@test "a writer waits for the lock and says so; the lock of a killed process is free at once" {
	in_server portsieve load to_client -p "$ONE"
	flock /sys/fs/bpf/portsieve sleep 60 3>&- &
	local holder=$!
	sleep 0.2
	in_server portsieve apply "$TWO" 2>"$BATS_TEST_TMPDIR/said" 3>&- &
	local writer=$!
	within 10 grep -q "waiting for another portsieve, which holds the lock" "$BATS_TEST_TMPDIR/said"
	equal 1000 "$(passing)"
	kill -9 -- $holder "$(pgrep -P $holder)"
	wait $writer
	equal 2000 "$(passing)"
}

@test "the deadline of an unconfirmed policy holds after every process of portsieve and its shell are killed" {
	local shell start
	in_server portsieve load to_client -p "$ONE"
	start=${EPOCHREALTIME/./}
	setsid nsenter --net=/run/netns/server -- bash -c 'portsieve apply "$1" --confirm 5; sleep 60' - "$TWO" \
		</dev/null >/dev/null 2>&1 3>&- &
	shell=$!
	until [ "$(passing)" = 2000 ]; do
		[ $((${EPOCHREALTIME/./} - start)) -lt 4900000 ]
	done
	kill -9 -- -$shell
	until [ "$(passing)" = 1000 ]; do
		[ $((${EPOCHREALTIME/./} - start)) -lt 30000000 ]
	done
	# not before the deadline
	[ $((${EPOCHREALTIME/./} - start)) -ge 5000000 ]
	equal null "$(in_server portsieve show -j | jq .falls_back_in_seconds)"
	# the next writer completes the rollback
	run --separate-stderr -0 in_server portsieve apply "$TWO"
	[[ $stderr == *"was not confirmed in time"* ]]
	equal 2000 "$(passing)"
	in_server portsieve unload to_client
	equal "" "$(pins)"
}
