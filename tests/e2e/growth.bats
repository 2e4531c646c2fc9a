#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Counters have as many rows as the policies need. A policy that needs more gets a program with larger counters, and what
# the others held is kept.
bats_require_minimum_version 1.5.0
load ../lib/lab

CPUS=$(($(cut -d- -f2 /sys/devices/system/cpu/possible) + 1))
FIXED_ROWS=64 SPARE_ROWS=64 # of every device: reasons, built-in ranges; and for rules to come

setup() {
	lab_up
	RULES='
  - {name: web, action: allow, ports: tcp/80}
  - {name: shut, action: drop, ports: tcp/23-25}'
	SMALL=$(policy "version: 1
default: drop
return: none
rules:$RULES")
	LARGE=$(policy "version: 1
default: drop
return: none
rules:$RULES
  - {name: many, action: allow, ports: \"tcp/$(ports 100 2001)\"}")
	LARGER=$(policy "version: 1
default: drop
return: none
rules:$RULES
  - {name: more, action: drop, ports: \"tcp/$(ports 500 5001)\"}")
}

teardown() {
	lab_down
}

# ports N FIRST: every second port from FIRST on, N of them.
ports() {
	seq -s, "$2" 2 $(($2 + 2 * $1 - 2))
}

# rows [DEVICE]: of its counters.
rows() {
	bpftool map show pinned "$(find "$(pins_of "${1:-to_client}")" -name 'counters*')" -j | jq .max_entries
}

memory() {
	in_server portsieve status -j | jq '.devices[0].memory_bytes'
}

# floods: 10 packets to web, 20 to shut, 30 to a port that LARGE allows.
floods() {
	in_client flood to_server --protocol tcp --port 80 --count 10 --size 100
	in_client flood to_server --protocol tcp --port 24 --count 20 --size 100
	in_client flood to_server --protocol tcp --port 2001 --count 30 --size 100
	in_server received to_client >/dev/null
}

@test "a device gets two rows for each range, and some to spare" {
	in_server portsieve load to_client -p "$LARGER"
	equal $((FIXED_ROWS + 2 * 502 + SPARE_ROWS)) "$(rows)"
	equal $((2097152 + 1132 * (8 + 56 * CPUS))) "$(memory)"
	in_server portsieve unload to_client
	in_server portsieve load to_client
	equal $((FIXED_ROWS + SPARE_ROWS)) "$(rows)"
}

@test "a policy that fits changes no program; one that does not gets larger counters, and no count is lost" {
	local program
	in_server portsieve load to_client -p "$SMALL"
	equal 132 "$(rows)"
	program=$(xdp_of server to_client)
	in_server portsieve apply "$(policy "version: 1
default: drop
return: none
rules:$RULES
  - {name: fits, action: allow, ports: \"tcp/$(ports 66 2001)\"}")" # rows 66 to 131
	equal "132 $program" "$(rows) $(xdp_of server to_client)"
	floods
	in_server portsieve apply "$LARGE"
	[ "$(xdp_of server to_client)" != "$program" ]
	equal $((FIXED_ROWS + 2 * 102 + SPARE_ROWS)) "$(rows)"
	equal "10 0" "$(row web)"
	equal "1000 0" "$(row_bytes web)"
	equal "0 20" "$(row shut)"
	equal "0 0" "$(row many)"
	equal "30 0" "$(row retired)"
	floods
	equal "20 0" "$(row web)"
	equal "0 40" "$(row shut)"
	equal "30 0" "$(row many)"
	sum_matches
	equal "" "$(pins | grep former)"
	in_server portsieve unload to_client
	equal "" "$(pins)"
}

@test "the last row that fits, and one more" {
	in_server portsieve load to_client
	in_server portsieve apply "$(policy "{version: 1, rules: [{name: a, action: drop, ports: \"tcp/$(ports 64 1)\"}]}")"
	equal 128 "$(rows)"
	in_server portsieve apply "$(policy "{version: 1, rules: [{name: b, action: drop, ports: \"tcp/$(ports 64 1)\"}]}")"
	equal 256 "$(rows)"
}

@test "growing again and again keeps the counts, and no new range inherits any" {
	in_server portsieve load to_client -p "$SMALL"
	floods
	in_server portsieve apply "$LARGE"
	floods
	in_server portsieve apply "$LARGER"
	equal $((FIXED_ROWS + 2 * 502 + SPARE_ROWS)) "$(rows)"
	equal "20 0" "$(row web)"
	equal "0 40" "$(row shut)"
	equal "0 0" "$(row more)"
	equal "30 30" "$(printf '%s\n' "$(row retired)" "$(row _user)" | awk '{ p += $1; d += $2 } END { print p, d }')"
	sum_matches
	# the rows of `many`, which the baseline has counts of, go to another rule
	in_server portsieve apply "$(policy "version: 1
default: drop
return: none
rules:$RULES
  - {name: fresh, action: drop, ports: \"tcp/$(ports 100 2001)\"}")"
	equal "0 0" "$(row fresh)"
	floods
	equal "30 0" "$(row web)"
	equal "0 60" "$(row shut)"
	equal "0 30" "$(row fresh)"
	sum_matches
	in_server portsieve upgrade to_client
	equal "30 0" "$(row web)"
	equal "0 30" "$(row fresh)"
	sum_matches
	in_server portsieve unload to_client
	equal "" "$(pins)"
}

@test "runtime rules grow the counters too" {
	in_server portsieve load to_client -p "$SMALL"
	floods
	in_server portsieve allow "tcp/$(ports 100 2001)" --name many
	equal $((FIXED_ROWS + 2 * 102 + SPARE_ROWS)) "$(rows)"
	floods
	equal "20 0" "$(row web)"
	equal "30 0" "$(row many)"
	in_server portsieve delete many
	equal "30 0" "$(row retired)"
	equal "0 40" "$(row shut)"
	sum_matches
}

@test "devices that share a policy grow together, keep sharing, and count separately" {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	in_server portsieve load to_client to_lan -p "$SMALL"
	floods
	in_server portsieve apply "$LARGE"
	equal "332 332" "$(rows to_client) $(rows to_lan)"
	equal 1 "$(in_server portsieve status -j | jq '[.devices[].policy_slot_id] | unique | length')"
	floods
	equal "20 0" "$(row web tcp to_client)"
	equal "30 0" "$(row many tcp to_client)"
	equal "0 0" "$(row web tcp to_lan)"
	# one that joins gets what the policy needs, in the rows that the others have for it
	lab_namespace more
	lab_veth server to_more more to_server
	in_server portsieve load to_more -p "$LARGE"
	equal 1 "$(in_server portsieve status -j | jq '[.devices[].policy_slot_id] | unique | length')"
	equal "0 0" "$(row many tcp to_more)"
	in_server portsieve unload --all
	equal "" "$(pins)"
}

@test "only the chosen one of devices that share a policy grows" {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	in_server portsieve load to_client to_lan -p "$SMALL"
	floods
	in_server portsieve apply "$LARGE" to_client
	equal "332 132" "$(rows to_client) $(rows to_lan)"
	equal "10 0" "$(row web tcp to_client)"
	in_server portsieve unload --all
}

@test "an unconfirmed policy grows the counters; rolled back, all counts are there" {
	in_server portsieve load to_client -p "$SMALL"
	floods
	in_server portsieve apply "$LARGE" --confirm 600
	floods
	equal "30 0" "$(row many)"
	in_server portsieve rollback
	equal "20 0" "$(row web)"
	equal "0 40" "$(row shut)"
	equal "30 0" "$(row retired)"
	sum_matches
	in_server portsieve apply "$LARGE" --confirm 600
	in_server portsieve confirm
	equal "20 0" "$(row web)"
	equal "0 0" "$(row many)"
	sum_matches
}

@test "an upgrade makes counters smaller that are much too large, and keeps the counts" {
	local replaced
	in_server portsieve load to_client --attach link -p "$SMALL"
	(cd "$LAB_ROOT" && in_server build/tests/upgrade/resized_device to_client 33344)
	equal 33344 "$(rows)"
	replaced=$(bpftool map show pinned "$(find "$(pins_of to_client)" -name 'counters*')" -j | jq .id)
	floods
	in_server portsieve upgrade to_client
	equal 132 "$(rows)"
	floods
	equal "20 0" "$(row web)"
	equal "0 40" "$(row shut)"
	sum_matches
	equal 1 "$(in_server portsieve status -j | jq '[.devices[0] | select(.attach_reason | contains("--attach link"))] | length')"
	# the counters that have been replaced are in memory no more
	within 5 eval '! bpftool map show id $replaced'
	in_server portsieve unload to_client
	equal "" "$(pins)"
}

@test "while counters grow under load, no packet passes unfiltered or is lost, and no counter falls" {
	in_server portsieve load to_client -p "$SMALL"
	local arrived
	in_client flood to_server --protocol tcp --port 24 --seconds 5 -j >"$BATS_TEST_TMPDIR/sent" 3>&- &
	local flood=$!
	within 20 eval '[ "$(row shut)" != "0 0" ]'
	{
		in_server portsieve apply "$LARGE"
		in_server portsieve allow "tcp/$(ports 300 3001)" --name runtime
		in_server portsieve apply "$LARGER"
		in_server portsieve delete runtime
	} &
	local changes=$!
	while kill -0 $flood 2>/dev/null; do
		in_server portsieve stats to_client -j
	done >"$BATS_TEST_TMPDIR/read"
	wait $changes
	wait $flood
	arrived=$(jq '.sent - .overrun' "$BATS_TEST_TMPDIR/sent")
	[ "$arrived" -gt 100000 ]
	in_server received to_client >/dev/null
	equal "0 $arrived" "$(row shut)"
	equal $((FIXED_ROWS + 2 * 802 + SPARE_ROWS)) "$(rows)"
	sum_matches
	jq -s 'map(.devices[0] | [(.ranges[], .reasons[], .retired) | .passed.packets + .dropped.packets] | add)
		| {reads: length, last: .[-1], backwards: [range(1; length) as $n | select(.[$n] < .[$n - 1])] | length}' \
		"$BATS_TEST_TMPDIR/read" | tee "$BATS_TEST_TMPDIR/sums"
	jq -e '.reads > 1 and .backwards == 0' "$BATS_TEST_TMPDIR/sums"
}
