#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The JSON of every command, good and bad, for the validator (tests/lib/validate.py), which reads it after the last test.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	POLICY=$(policy 'version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80}
  - {name: same, action: allow, ports: tcp/80, from: 10.0.0.0/8}')
	BAD=$(policy '{version: 1, rules: [{name: web, action: allow, ports: tcp/htpp}]}')
	CAPTURE=$BATS_TEST_TMPDIR/capture
	echo 'tcp 80 60
udp 9 60' | python3 "$LAB_ROOT/tests/lib/write_capture.py" pcap "$CAPTURE"
	TRIED=$BATS_FILE_TMPDIR/tried-$BATS_TEST_NUMBER
}

teardown() {
	lab_down
}

# try STATUS CODES WORD...: the command exits so, and these are the codes of its errors.
try() {
	local status_wanted=$1 codes=$2
	shift 2
	run --separate-stderr in_server portsieve "$@" -j
	equal "$status_wanted $codes" "$status $(jq -r '[.errors[].code] | join(" ")' <<<"$output")"
	echo "$1" >>"$TRIED"
}

# with_json: the commands that have the option.
with_json() {
	local command
	for command in $(portsieve --help | awk '/^  [a-z]+ / && $1 != "portsieve" { print $1 }'); do
		[ "$(portsieve "$command" --help | grep -c -e '--json')" = 0 ] || echo "$command"
	done
}

all_are_tried() {
	equal "$(with_json | sort)" "$(sort -u "$TRIED")"
}

@test "what every command prints when it succeeds" {
	try 0 "" status
	try 0 "" load to_client -p "$POLICY" --per-port=all --events=dropped
	try 0 "" load lo --mode auto
	in_client flood to_server --protocol tcp --port 80 --count 10 --size 60
	in_server received to_client
	try 0 "" allow tcp/8080 --for 1h --from 192.0.2.0/24 --dev to_client
	try 0 "" allow tcp/8080 --for 2h --from 192.0.2.0/24 --dev to_client
	try 0 "" drop udp/53 --dev to_client
	try 0 "" status
	try 0 "" stats
	try 0 "" stats --reset
	try 0 "" stats
	try 0 "" show to_client
	try 0 "" ports to_client
	in_client flood to_server --protocol tcp --port 2323 --count 10 --size 60
	try 0 "" sources to_client
	run in_server portsieve events --last 1 -j
	equal 0 "$status"
	equal true "$(jq 'has("verdict")' <<<"$output")"
	echo events >>"$TRIED"
	try 0 "" save "$BATS_TEST_TMPDIR/saved.yaml" --dev to_client
	try 0 "" explain "tcp $CLIENT4:1024 > $SERVER4:8080" --dev to_client
	try 0 "" explain "tcp $CLIENT4:1024 > $SERVER4:23" --dev to_client
	try 0 "" explain "icmp $CLIENT4 > $SERVER4" --policy "$POLICY"
	try 0 "" replay "$CAPTURE" --policy "$POLICY"
	try 0 "" delete drop-udp-53
	try 0 "" diff "$(policy '{version: 1, rules: [{name: other, action: drop, ports: tcp/80-90, from: 192.0.2.0/24}], portless: {mpls: drop}}')" --dev to_client
	try 0 "" apply "$POLICY" --dev to_client --confirm 60
	try 0 "" status
	try 0 "" show to_client
	try 0 "" confirm
	try 0 "" apply "$POLICY" --dev to_client --confirm 60
	try 0 "" rollback
	listen server tcp,0.0.0.0,8081 tcp,127.0.0.1,8082 udp,0.0.0.0,40000
	try 0 "" learn
	try 0 "" check "$POLICY"
	equal "never-matches udp-reachable" "$(jq -r '[.warnings[].code] | join(" ")' <<<"$output")"
	try 0 "" registry 80
	try 0 "" bench
	try 0 "" upgrade --all
	in_server portsieve doctor -j || true
	echo doctor >>"$TRIED"
	try 0 "" unload --all
	all_are_tried
}

@test "what every command prints when it fails" {
	local command
	for command in stats ports sources events "save $BATS_TEST_TMPDIR/none.yaml" show confirm rollback "upgrade --all" "unload --all" "allow tcp/80" "drop tcp/80" "delete x" "apply $POLICY" \
		"diff $POLICY" "replay $CAPTURE"; do
		# shellcheck disable=SC2086
		try 3 not-loaded $command
	done
	try 3 not-loaded explain "icmp 192.0.2.1 > 192.0.2.2"
	try 3 not-loaded status to_client
	try 1 no-interface load nowhere
	in_server portsieve load to_client -p "$POLICY"
	try 1 already-loaded load to_client
	equal '["failed","already-loaded"]' "$(jq -c '.devices[0] | [.result, .error.code]' <<<"$output")"
	try 1 no-rule delete x
	try 1 not-pending confirm
	try 1 no-interface doctor nowhere
	try 2 policy check "$BAD"
	equal "[\"$BAD\",1,60]" "$(jq -c '.errors[0] | [.file, .line, .column]' <<<"$output")"
	equal "did you mean 'http'?" "$(jq -r '.errors[0].hint' <<<"$output")"
	try 2 cannot-read check "$BATS_TEST_TMPDIR/none"
	try 1 not-found registry nosuchservice
	for command in $(with_json); do
		try 2 usage "$command" --nonsense
	done
	all_are_tried
	try 2 usage nonsense
	equal null "$(jq .command <<<"$output")"
}

@test "a command that is not permitted says so in JSON" {
	local command
	in_server portsieve load to_client -p "$POLICY"
	for command in stats status show "unload to_client" "allow tcp/1"; do
		# shellcheck disable=SC2086
		run --separate-stderr -4 in_server setpriv --reuid=65534 --regid=65534 --clear-groups portsieve $command -j
		equal not-permitted "$(jq -r '.errors[].code' <<<"$output")"
	done
}

@test "replay --each -j and stats --watch -j print lines that are valid" {
	in_server portsieve load to_client -p "$POLICY"
	run --separate-stderr -0 in_server portsieve replay "$CAPTURE" --each -j
	equal 2 "${#lines[@]}"
	run --separate-stderr -0 in_server portsieve stats --watch=0.05 --count 3 -j
	equal 3 "${#lines[@]}"
	run --separate-stderr -2 in_server portsieve replay "$BAD" --each -j
	equal cannot-read "$(jq -r '.errors[].code' <<<"$output")"
}
