#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Two versions with different ABI numbers: neither reads, repairs or changes a device that the other has loaded.
# The device stays filtered, and the message says what to do. build/abi/portsieve is this program with another ABI number.
bats_require_minimum_version 1.5.0
load ../lib/lab

OTHER=$LAB_ROOT/build/abi/portsieve
OWN=$(awk '/#define PORTSIEVE_ABI / { print $3 }' "$LAB_ROOT/headers/portsieve/abi.h")

setup() {
	lab_up
	FILE=$(policy 'version: 1
default: drop
rules: [{name: web, action: allow, ports: tcp/80}]')
	serve_web server 80
	serve_web server 8080
	in_server "$OTHER" load to_client -p "$FILE"
	PINS=$(pins)
	PROGRAM=$(xdp_of server to_client)
}

teardown() {
	lab_down
}

# The filter works as before, on the same pins.
unchanged() {
	equal "$PINS" "$(pins)" || return 1
	equal "$PROGRAM" "$(xdp_of server to_client)" || return 1
	fetch client $SERVER4 80 || return 1
	run -28 fetch client $SERVER4 8080 1
}

@test "reading commands report its ABI, and say what to do" {
	local command words="another version of portsieve (map format 9999, not $OWN): use that version, or save the "
	words+="policy with its \`portsieve show\`, then unload with it and load with this version"
	for command in status stats; do
		run --separate-stderr -1 in_server portsieve $command
		[[ $stderr == "portsieve: to_client (index "*"): its policy was loaded by $words" ]]
	done
	refused 1 "$words" in_server portsieve show
	refused 1 "$words" in_server portsieve diff "$FILE"
	refused 1 "$words" in_server portsieve explain --dev to_client 'tcp 192.0.2.1:4 > 192.0.2.2:80'
	unchanged
}

@test "upgrade, apply, allow and confirm fail and change nothing" {
	local command
	for command in "upgrade to_client" "apply $FILE" "apply $FILE --confirm 9" "allow tcp/8080" "drop tcp/80"; do
		# shellcheck disable=SC2086
		refused 1 "(map format 9999" in_server portsieve $command || return 1
	done
	unchanged
}

@test "a device of our own ABI next to it is read and changed as usual" {
	in_server portsieve load lo --mode generic -p "$FILE"
	run --separate-stderr -5 in_server portsieve status -j
	equal lo "$(jq -r '.devices[].device' <<<"$output")"
	[[ $stderr == *"(map format 9999"* ]]
	in_server portsieve apply "$FILE" --dev lo
	run --separate-stderr -5 in_server portsieve upgrade --all
	[[ $stderr == *"(map format 9999"* ]]
	in_server portsieve unload lo
	unchanged
}

@test "either version can unload it, and it can be loaded again" {
	in_server portsieve unload to_client
	equal "" "$(pins)$(xdp_of server to_client)"
	in_server portsieve load to_client -p "$FILE"
	refused 1 "(map format $OWN, not 9999)" in_server "$OTHER" apply "$FILE"
	in_server "$OTHER" unload to_client
	equal "" "$(pins)$(xdp_of server to_client)"
}

@test "its unconfirmed policy does not block other devices" {
	in_server portsieve load lo --mode generic -p "$FILE"
	in_server "$OTHER" apply "$FILE" --dev to_client --confirm 3600
	run --separate-stderr -5 in_server portsieve status
	[[ $output == *lo* && $stderr == *"to_client"*"(map format 9999"* ]]
	in_server portsieve apply "$FILE" --dev lo
	refused 1 "(map format 9999" in_server portsieve confirm --dev to_client
	refused 1 "(map format 9999" in_server portsieve rollback --dev to_client
	in_server portsieve unload to_client
	equal "" "$(xdp_of server to_client)"
	in_server portsieve unload --all
	equal "" "$(pins)"
}
