#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# upgrade of a device that a version of ABI 3 or 4 has loaded (tests/upgrade): policy and counters are kept.
bats_require_minimum_version 1.5.0
load ../lib/lab

OLD_DEVICE=$LAB_ROOT/build/tests/upgrade/old_device

setup() {
	lab_up
	WEB='default: drop
rules:
  - {name: web, action: allow, ports: tcp/80}
  - {name: shut, action: drop, ports: tcp/23-25}
  - {name: dns, action: allow, ports: udp/53}'
	FILE=$(policy "version: 1
$WEB")
}

teardown() {
	lab_down
}

# old_device DEVICE POLICY ABI...: loads it as the old version did.
old_device() {
	cd "$LAB_ROOT" && in_server "$OLD_DEVICE" "$@"
}

# floods: 10 packets to web, 20 to shut, 30 to a port that no rule names.
floods() {
	in_client flood to_server --protocol tcp --port 80 --count 10 --size 100
	in_client flood to_server --protocol tcp --port 24 --count 20 --size 100
	in_client flood to_server --protocol udp --port 5555 --count 30 --size 100
	in_server received to_client >/dev/null
}

# is_kept ABI
is_kept() {
	old_device to_client "$FILE" "$1"
	refused 1 "(map format $1, not 5): take it over with \`portsieve upgrade\`" in_server portsieve stats
	floods
	run --separate-stderr -0 in_server portsieve upgrade to_client
	equal "10 0" "$(row web)"
	equal "1000 0" "$(row_bytes web)"
	equal "0 20" "$(row shut)"
	equal "0 30" "$(row _user udp)"
	equal 0 "$(would_drop shut)"
	floods
	equal "20 0" "$(row web)"
	equal "0 40" "$(row shut)"
	equal "0 60" "$(row _user udp)"
	sum_matches
	equal "none $FILE" "$(in_server portsieve status -j | jq -r '.devices[0].policy | "\(.return) \(.source)"')"
	in_server portsieve show | grep -q 'name: shut, action: drop, ports: tcp/23-25'
	in_server portsieve unload to_client
	equal "" "$(pins)"
}

@test "from ABI 3, policy and counters are kept, and counting continues" {
	is_kept 3
}

@test "from ABI 4, policy and counters are kept, and counting continues" {
	is_kept 4
}

@test "devices with equal policies share one after the upgrade, each with its own counters" {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	old_device to_client "$FILE" 4
	old_device to_lan "$FILE" 4
	floods
	in_server portsieve upgrade --all
	equal 1 "$(in_server portsieve status -j | jq '[.devices[].policy_slot_id] | unique | length')"
	equal "10 0" "$(row web tcp to_client)"
	equal "0 0" "$(row web tcp to_lan)"
	in_server portsieve apply "$(policy 'version: 1
rules: [{name: web, action: allow, ports: tcp/80}]')" --dev to_lan
	equal 2 "$(in_server portsieve status -j | jq '[.devices[].policy_slot_id] | unique | length')"
	equal "10 0" "$(row web tcp to_client)"
	sum_matches
	in_server portsieve unload --all
	equal "" "$(pins)"
}

@test "what was counted as dropped in monitor mode was a would-be drop" {
	old_device to_client "$(policy "version: 1
mode: monitor
$WEB")" 4
	floods
	in_server portsieve upgrade to_client
	equal "0 0" "$(row shut)"
	equal 20 "$(would_drop shut)"
	equal "10 0" "$(row web)"
	sum_matches
}

@test "after the upgrade, apply keeps the counters, and no new range inherits any" {
	old_device to_client "$FILE" 4
	floods
	in_server portsieve upgrade to_client
	floods
	local retired
	in_server portsieve apply "$(policy 'version: 1
default: drop
rules:
  - {name: fresh, action: drop, ports: tcp/23-25}
  - {name: newer, action: drop, ports: udp/5555}
  - {name: web, action: allow, ports: tcp/80}')"
	equal "20 0" "$(row web)"
	equal "0 0" "$(row fresh)"
	equal "0 0" "$(row newer)"
	retired=$(row retired)
	equal "0 40" "$retired"
	floods
	equal "30 0" "$(row web)"
	equal "0 20" "$(row fresh)"
	equal "$retired" "$(row retired)"
	sum_matches
	# back again: the old rule of that name starts from zero, as after any apply
	in_server portsieve apply "$FILE"
	equal "30 0" "$(row web)"
	equal "0 0" "$(row shut)"
	sum_matches
	in_server portsieve upgrade to_client
	equal "30 0" "$(row web)"
	sum_matches
	in_server portsieve unload to_client
	equal "" "$(pins)"
}

@test "under load no packet passes unfiltered or is lost, and no counter falls" {
	old_device to_client "$FILE" 4
	local arrived reader
	in_client flood to_server --protocol tcp --port 24 --seconds 4 -j >"$BATS_TEST_TMPDIR/sent" 3>&- &
	local flood=$!
	sleep 1
	in_server portsieve upgrade to_client &
	local upgrade=$!
	while kill -0 $flood 2>/dev/null; do
		in_server portsieve stats to_client -j || true
	done >"$BATS_TEST_TMPDIR/read" 2>/dev/null
	wait $upgrade
	wait $flood
	arrived=$(jq '.sent - .overrun' "$BATS_TEST_TMPDIR/sent")
	[ "$arrived" -gt 100000 ]
	in_server received to_client >/dev/null
	equal "0 $arrived" "$(row shut)"
	sum_matches
	jq -s 'map(.devices[0]? | select(.) | [(.ranges[], .reasons[], .retired) | .passed.packets + .dropped.packets] | add)
		| {reads: length, last: .[-1], backwards: [range(1; length) as $n | select(.[$n] < .[$n - 1])] | length}' \
		"$BATS_TEST_TMPDIR/read" | tee "$BATS_TEST_TMPDIR/sums"
	jq -e '.reads > 1 and .backwards == 0' "$BATS_TEST_TMPDIR/sums"
}

@test "a device with an unconfirmed policy is refused and unchanged" {
	local before
	old_device to_client "$FILE" 4 3600
	before=$(pins)
	refused 1 "a change is pending" in_server portsieve upgrade to_client
	equal "$before" "$(pins)"
}

@test "any other ABI is refused, as by every command" {
	old_device to_client "$FILE" 2
	refused 1 "(map format 2, not" in_server portsieve upgrade to_client
}
