#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# apply --confirm, confirm, rollback: a policy that is rolled back automatically unless confirmed.
bats_require_minimum_version 1.5.0
load ../lib/lab

# The policies differ only in the web server's port 8080.
OPEN='version: 1
default: drop
rules: [{name: web, action: allow, ports: "tcp/80,8080"}]'
CLOSED='version: 1
default: drop
rules: [{name: web, action: allow, ports: tcp/80}]'

setup() {
	lab_up
	CLOSED_FILE=$(policy "$CLOSED") OPEN_FILE=$(policy "$OPEN")
	serve_web server 8080
}

teardown() {
	lab_down
}

second_device() {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	lab_address server to_lan 198.51.100.2/24
	lab_address lan to_server 198.51.100.1/24
}

is_open() {
	fetch client $SERVER4 8080 1
}

is_closed() {
	! fetch client $SERVER4 8080 1
}

@test "an unconfirmed policy is rolled back by itself, without any process" {
	in_server portsieve load to_client -p "$OPEN_FILE"
	run --separate-stderr -0 in_server portsieve apply "$CLOSED_FILE" --confirm 3
	[[ $stderr == *"; rolled back in 3s unless confirmed with: portsieve confirm"* ]]
	is_closed
	within 20 is_open
	in_server portsieve show | grep -q 8080
	sum_matches
}

@test "a confirmed policy stays" {
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_server portsieve apply "$CLOSED_FILE" --confirm 3
	local falls_back=$((SECONDS + 4))
	run --separate-stderr -0 in_server portsieve confirm
	equal "portsieve: to_client: confirmed (native, link): the policy stays in force" "$stderr"
	while ((SECONDS <= falls_back)); do
		is_closed
	done
	equal 0 "$(in_server portsieve show | grep -c -e 8080 -e unconfirmed)"
	refused 1 "no change is pending" in_server portsieve confirm
	sum_matches
}

@test "rollback restores the previous policy at once, and its counters continue" {
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_client flood to_server --protocol tcp --port 80 --count 10
	in_server received to_client
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600
	in_client flood to_server --protocol tcp --port 80 --count 7
	in_server received to_client
	is_closed
	run --separate-stderr -0 in_server portsieve rollback
	equal "portsieve: to_client: rolled back (native, link): the previous policy is in force" "$stderr"
	is_open
	equal 17 "$(in_server portsieve stats -j | jq '.devices[0].ranges[] | select(.rule == "web" and .low == 80) | .passed.packets')"
	refused 1 "no change is pending" in_server portsieve rollback
	sum_matches
}

@test "while a change is pending, every other change is refused with advice" {
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600
	local words="confirm it or roll it back first (portsieve confirm, portsieve rollback)"
	refused 1 "$words" in_server portsieve apply "$OPEN_FILE"
	refused 1 "$words" in_server portsieve apply "$OPEN_FILE" --confirm 60
	refused 1 "$words" in_server portsieve allow tcp/8080
	refused 1 "$words" in_server portsieve drop tcp/80
	is_closed
	in_server portsieve confirm
	in_server portsieve allow tcp/8080
	is_open
}

@test "show prints the time left as a comment, and its output is a valid policy" {
	in_server portsieve load to_client -p "$OPEN_FILE"
	equal null "$(in_server portsieve show -j | jq .falls_back_in_seconds)"
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600
	local first shown=$BATS_TEST_TMPDIR/shown.yaml left
	in_server portsieve show >"$shown"
	read -r first <"$shown"
	[[ $first =~ ^'# unconfirmed: rolled back in '3[56][0-9][0-9]' s unless confirmed' ]]
	portsieve check "$shown"
	left=$(in_server portsieve show -j | jq .falls_back_in_seconds)
	((left > 3500 && left <= 3600))
	in_server portsieve rollback
	equal 0 "$(in_server portsieve show | grep -c unconfirmed)"
}

@test "status and stats mark an unconfirmed policy, and status prints the time left" {
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_server portsieve load lo --mode generic -p "$(policy '{version: 1}')"
	equal "null null" "$(in_server portsieve status -j | jq -r '[.devices[].falls_back_in_seconds | tostring] | join(" ")')"
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600 --dev to_client
	run -0 in_server portsieve status
	[[ $output =~ $'\nto_client: unconfirmed; rolled back in '3[56][0-9][0-9]' s unless confirmed with: portsieve confirm'$'\n' ]]
	[[ $output != *"lo: unconfirmed"* ]]
	local left
	left=$(in_server portsieve status to_client -j | jq '.devices[0].falls_back_in_seconds')
	((left > 3500 && left <= 3600))
	equal null "$(in_server portsieve status lo -j | jq '.devices[0].falls_back_in_seconds')"
	equal 1 "$(in_server portsieve stats | grep -c ', default drop, unconfirmed$')"
	left=$(in_server portsieve stats to_client -j | jq '.devices[0].falls_back_in_seconds')
	((left > 3500 && left <= 3600))
	in_server portsieve confirm
	equal null "$(in_server portsieve stats to_client -j | jq '.devices[0].falls_back_in_seconds')"
	equal 0 "$(in_server portsieve status | grep -c unconfirmed)"
	equal 0 "$(in_server portsieve stats | grep -c unconfirmed)"
	in_server portsieve apply "$OPEN_FILE" --confirm 1 --dev to_client
	within 20 is_closed
	equal null "$(in_server portsieve status to_client -j | jq '.devices[0].falls_back_in_seconds')"
	equal 0 "$(in_server portsieve stats | grep -c unconfirmed)"
}

@test "status names the devices that were rolled back, until the next change" {
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_server portsieve load lo --mode generic -p "$OPEN_FILE"
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600 --dev to_client
	equal "false false" "$(in_server portsieve status -j | jq -r '[.devices[].fell_back | tostring] | join(" ")')"
	in_server portsieve rollback
	in_server portsieve apply "$CLOSED_FILE" --confirm 1 --dev to_client
	within 20 is_open
	run -0 in_server portsieve status
	[[ $output == *$'\nto_client: rolled back to this policy: the last change was not confirmed in time\n'* ]]
	[[ $output != *"lo: rolled back"* ]]
	equal '[{"device":"lo","fell_back":false},{"device":"to_client","fell_back":true}]' \
		"$(in_server portsieve status -j | jq -c '[.devices[] | {device, fell_back}] | sort_by(.device)')"
	# still said after a command that fails or changes other devices
	refused 1 "no change is pending" in_server portsieve confirm
	refused 1 "no change is pending" in_server portsieve confirm to_client
	refused 2 "cannot read" in_server portsieve apply /nowhere
	in_server portsieve allow tcp/9 --dev lo
	in_server portsieve upgrade to_client
	equal 1 "$(in_server portsieve status | grep -c '^to_client: rolled back to this policy')"
	equal true "$(in_server portsieve status to_client -j | jq '.devices[0].fell_back')"
	in_server portsieve apply "$CLOSED_FILE" --dev to_client
	equal 0 "$(in_server portsieve status | grep -c 'rolled back')"
	equal false "$(in_server portsieve status to_client -j | jq '.devices[0].fell_back')"
}

@test "confirming too late fails and says so" {
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_server portsieve apply "$CLOSED_FILE" --confirm 1
	within 20 is_open
	refused 1 "was not confirmed in time" in_server portsieve confirm
	in_server portsieve apply "$CLOSED_FILE" --confirm 1
	within 20 is_open
	refused 1 "was not confirmed in time" in_server portsieve rollback
	is_open
	# nothing is pending any more
	in_server portsieve apply "$CLOSED_FILE"
	is_closed
}

# A confirm that takes too long must not bring back a policy that has been rolled back. strace delays it
# after it has read the time, when it creates the new policy's map.
@test "a confirm that misses the deadline changes nothing" {
	local calls=$BATS_TEST_TMPDIR/calls place
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600
	in_server strace -qq -o "$calls" -e trace=bpf portsieve confirm 2>/dev/null
	place=$(grep -n 'BPF_MAP_CREATE.*"portsieve_image"' "$calls" | cut -d: -f1)
	in_server portsieve apply "$OPEN_FILE"
	in_server portsieve apply "$CLOSED_FILE" --confirm 5
	refused 1 "was not confirmed in time" in_server \
		strace -qq -o "$calls" -e trace=bpf -e "inject=bpf:delay_enter=7000000:when=$place" portsieve confirm
	grep -q 'BPF_MAP_CREATE.*"portsieve_image".*(DELAYED)' "$calls"
	is_open
	equal true "$(in_server portsieve status -j | jq '.devices[0].fell_back')"
	in_server portsieve apply "$CLOSED_FILE"
	is_closed
	sum_matches
}

@test "the next writer names all devices that were rolled back" {
	second_device
	in_server portsieve load to_client to_lan -p "$OPEN_FILE"
	in_server portsieve apply "$CLOSED_FILE" --confirm 1
	within 20 is_open
	run --separate-stderr -0 in_server portsieve allow tcp/55
	[[ $stderr =~ "the policy applied to "(to_client, to_lan|to_lan, to_client)" was not confirmed in time: rolled back to the previous policy" ]]
}

@test "confirm and rollback fail if nothing is pending" {
	refused 3 "nothing is loaded" in_server portsieve confirm
	in_server portsieve load to_client -p "$OPEN_FILE"
	refused 1 "no change is pending" in_server portsieve confirm
	refused 1 "no change is pending" in_server portsieve rollback
	refused 1 "no change is pending on to_client" in_server portsieve confirm --dev to_client
	refused 3 "lo is not loaded" in_server portsieve confirm --dev lo
	refused 1 "no change is pending on to_client" in_server portsieve confirm to_client
	refused 2 "--confirm: '0' is not a duration from 1s to 1d" \
		in_server portsieve apply "$OPEN_FILE" --confirm 0
	refused 2 "--confirm: '86401' is not" in_server portsieve apply "$OPEN_FILE" --confirm 86401
}

@test "devices that share a policy are confirmed together; others are left alone" {
	second_device
	in_server portsieve load to_client to_lan -p "$OPEN_FILE"
	in_server portsieve load lo --mode auto -p "$(policy '{version: 1}')" 2>/dev/null
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600 --dev to_client --dev to_lan
	is_closed
	run -28 fetch lan 198.51.100.2 8080 1
	equal '[2,"confirm",[{"device":"to_client","result":"confirmed"},{"device":"to_lan","result":"confirmed"}],[]]' \
		"$(in_server portsieve confirm -j 2>/dev/null | jq -c '[.schema, .command, (.devices | sort_by(.device)), .errors]')"
	is_closed
}

# results: the result for each device in the JSON of the last command.
results() {
	jq -r '[.devices | sort_by(.device) | .[] | "\(.device) \(.result)"] | join(", ")' <<<"$output"
}

@test "apply, confirm and rollback that fail on one of two devices name it and exit with 5" {
	second_device
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_server portsieve load to_lan -p "$(policy '{version: 1}')"
	rm "$(find /sys/fs/bpf/portsieve -path "*/$(in_server ip -j link show to_lan | jq ".[0].ifindex")/counters")"
	run --separate-stderr -5 in_server portsieve apply "$CLOSED_FILE" --confirm 3600 -j
	[[ $stderr == *"to_lan"*"its pinned state is incomplete"* ]]
	equal "to_client applied, to_lan failed" "$(results)"
	is_closed
	run --separate-stderr -5 in_server portsieve confirm -j
	equal "to_client confirmed, to_lan failed" "$(results)"
	run --separate-stderr -5 in_server portsieve apply "$OPEN_FILE" --confirm 3600 -j
	run --separate-stderr -5 in_server portsieve rollback -j
	equal "to_client rolled-back, to_lan failed" "$(results)"
	is_closed
}

@test "rollback --dev of one of two pending devices leaves the other pending" {
	second_device
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_server portsieve load to_lan -p "$(policy '{version: 1}')"
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600
	equal '["rollback",[{"device":"to_client","result":"rolled-back"}]]' \
		"$(in_server portsieve rollback --dev to_client -j 2>/dev/null | jq -c '[.command, .devices]')"
	is_open
	run -28 fetch lan 198.51.100.2 8080 1
	in_server portsieve rollback
	fetch lan 198.51.100.2 8080
}

@test "while a change is pending on one device, a change that includes it is made on none" {
	second_device
	in_server portsieve load to_client to_lan -p "$CLOSED_FILE"
	in_server portsieve apply "$OPEN_FILE" --confirm 300 --dev to_lan
	local shown
	shown=$(in_server portsieve show to_client)
	refused 1 "to_lan: a change is pending (" in_server portsieve apply "$OPEN_FILE"
	refused 1 "to_lan: a change is pending (" in_server portsieve allow tcp/9
	equal "$shown" "$(in_server portsieve show to_client)"
	# changes of other devices are not blocked
	in_server portsieve allow tcp/9 --dev to_client
	in_server portsieve delete allow-tcp-9
	equal "$shown" "$(in_server portsieve show to_client)"
	in_server portsieve confirm
	in_server portsieve apply "$OPEN_FILE"
	is_open
}

@test "two devices that share an unconfirmed policy are confirmed together or not at all" {
	second_device
	in_server portsieve load to_client to_lan -p "$OPEN_FILE"
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600
	refused 1 "to_client: the policy is shared with to_lan: name all of these devices" in_server portsieve confirm --dev to_client
	refused 1 "to_client: the policy is shared with to_lan: name all of these devices" in_server portsieve rollback --dev to_client
	is_closed
	in_server portsieve rollback --dev to_lan --dev to_client
	is_open
	fetch lan 198.51.100.2 8080
}

@test "runtime rules survive apply --confirm and its rollback" {
	in_server portsieve load to_client -p "$CLOSED_FILE"
	in_server portsieve allow tcp/8080
	in_server portsieve apply "$(policy '{version: 1, default: drop}')" --confirm 3600
	is_open
	in_server portsieve rollback
	is_open
	equal allow-tcp-8080 "$(in_server portsieve show -j | jq -r '.runtime[].name')"
}

@test "unload removes an unconfirmed policy too" {
	in_server portsieve load to_client -p "$OPEN_FILE"
	in_server portsieve apply "$CLOSED_FILE" --confirm 3600
	in_server portsieve unload to_client
	is_open
	equal "" "$(pins)"
}
