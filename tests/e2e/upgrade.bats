#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# upgrade: replaces the running program by this binary's; everything else stays.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	FILE=$(policy 'version: 1
default: drop
rules: [{name: web, action: allow, ports: tcp/80}]')
	lab_namespace lan
	lab_veth server to_lan lan to_server
	lab_address server to_lan 198.51.100.2/24
	lab_address lan to_server 198.51.100.1/24
}

teardown() {
	lab_down
}

@test "a new program runs, with the same policy and counters" {
	in_server portsieve load to_client -p "$FILE"
	in_client flood to_server --protocol tcp --port 80 --count 10
	in_client flood to_server --protocol tcp --port 81 --count 5
	in_server received to_client
	local program shown applied
	program=$(xdp_of server to_client)
	shown=$(in_server portsieve show)
	applied=$(in_server portsieve status -j | jq '.devices[0].applied')
	run --separate-stderr -0 in_server portsieve upgrade to_client
	[ -z "$output" ]
	[ "$(xdp_of server to_client)" != "$program" ]
	equal "$(xdp_of server to_client)" "$(in_server portsieve status -j | jq '.devices[0].program_id')"
	equal "$shown" "$(in_server portsieve show)"
	equal "$applied" "$(in_server portsieve status -j | jq '.devices[0].applied')"
	equal "10 0" "$(row web)"
	in_client flood to_server --protocol tcp --port 80 --count 7
	in_client flood to_server --protocol tcp --port 81 --count 3
	in_server received to_client
	equal "17 0" "$(row web)"
	equal "0 8" "$(row _system tcp)"
	sum_matches
	in_server portsieve unload to_client
	equal "" "$(pins)"
}

@test "under millions of packets a second none passes unfiltered, and none is lost" {
	in_server portsieve load to_client -p "$FILE"
	local arrived upgrades=0
	equal "0 0" "$(row _system tcp)"
	in_client flood to_server --protocol tcp --port 81 --seconds 4 -j >"$BATS_TEST_TMPDIR/sent" 3>&- &
	local flood=$!
	while kill -0 $flood 2>/dev/null; do
		in_server portsieve upgrade to_client
		upgrades=$((upgrades + 1))
	done
	wait $flood
	# A full ring loses packets before any program runs; one without a program takes none at all.
	arrived=$(jq '.sent - .overrun' "$BATS_TEST_TMPDIR/sent")
	echo "# $upgrades upgrades, $(jq -c . "$BATS_TEST_TMPDIR/sent")"
	[ $upgrades -ge 3 ] && [ "$arrived" -gt 100000 ]
	in_server received to_client
	equal "0 $arrived" "$(row _system tcp)"
	sum_matches
	in_server portsieve unload to_client
}

@test "devices that shared a policy can still be changed together" {
	in_server portsieve load to_client to_lan -p "$FILE"
	in_server portsieve upgrade --all
	in_server portsieve apply "$(policy '{version: 1, rules: [{name: new, action: drop, ports: tcp/81}]}')"
	in_server portsieve show to_client | grep -q new
	in_server portsieve show to_lan | grep -q new
	in_server portsieve upgrade to_lan
	in_server portsieve apply "$FILE"
	in_server portsieve show to_client | grep -q web
	in_server portsieve show to_lan | grep -q web
	in_server portsieve unload --all
	equal "" "$(pins)"
}

@test "addresses and runtime rules stay, with their ends" {
	in_server portsieve load to_client -p "$FILE"
	serve_web server 8080
	in_server portsieve allow tcp/8080 --from $CLIENT4 --for 1h
	in_server portsieve upgrade to_client
	equal "allow-tcp-8080-$CLIENT4 tcp/8080 $CLIENT4" \
		"$(in_server portsieve show -j | jq -r '.runtime[] | "\(.name) \(.ports) \(.from[0])"')"
	(($(in_server portsieve show -j | jq '.runtime[0].until | fromdate') > $(date +%s) + 3000))
	fetch client $SERVER4 8080
	run -28 fetch client $SERVER6 8080 1
	in_server portsieve delete --from $CLIENT4
	run -28 fetch client $SERVER4 8080 1
}

@test "an unconfirmed policy stays unconfirmed" {
	in_server portsieve load to_client
	serve_web server 8080
	in_server portsieve apply "$FILE" --confirm 4
	in_server portsieve upgrade to_client
	run -28 fetch client $SERVER4 8080 1
	within 20 fetch client $SERVER4 8080 1
}

@test "devices that cannot be upgraded are named; if one fails, the others are upgraded" {
	refused 2 "upgrade: name the devices, or give --all" in_server portsieve upgrade
	refused 2 "upgrade: name devices or give --all, not both" in_server portsieve upgrade --all to_client
	refused 3 "nothing is loaded" in_server portsieve upgrade --all
	refused 3 "to_client is not loaded" in_server portsieve upgrade to_client
	in_server portsieve load to_client to_lan -p "$FILE"
	local before
	before=$(xdp_of server to_client)
	rm "$(find /sys/fs/bpf/portsieve -path "*/$(in_server ip -j link show to_lan | jq ".[0].ifindex")/counters")"
	run --separate-stderr -5 in_server portsieve upgrade --all -j
	[[ $stderr == *"to_lan"*"its pinned state is incomplete"* ]]
	equal "to_client upgraded, to_lan failed" \
		"$(jq -r '[.devices | sort_by(.device) | .[] | "\(.device) \(.result)"] | join(", ")' <<<"$output")"
	[ "$(xdp_of server to_client)" != "$before" ]
}
