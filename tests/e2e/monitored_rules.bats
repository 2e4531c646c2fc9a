#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `mode: monitor` of single rules and of the default, with real traffic and in all commands.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	TRIAL='version: 1
default: drop
rules:
  - {name: telnet, action: drop, ports: tcp/23, mode: monitor}
  - {name: open, action: allow, ports: tcp/22-25}
  - {name: block, action: drop, ports: udp/53, from: 10.0.0.0/8}'
}

teardown() {
	lab_down
}

@test "a monitored rule lets pass what the rest allows, and counts it once" {
	in_server portsieve load to_client -p "$(policy "$TRIAL")"
	in_client flood to_server --protocol tcp --port 23 --count 100 --size 100
	in_client flood to_server --protocol tcp --port 24 --count 10 --size 100
	in_client flood to_server --protocol tcp --port 26 --count 20 --size 100
	in_server received to_client
	equal "0 0" "$(row telnet)"
	equal 100 "$(would_drop telnet)"
	equal "10 0" "$(row open)"
	equal "0 20" "$(row _system tcp)"
	equal 0 "$(would_drop _system)"
	sum_matches
	run -0 in_server portsieve stats
	[[ $output == *"telnet "*"drop (monitor)"*" 100 "* && $output == *"WOULD DROP"* && $output != *MONITOR* ]]
	# in the order of the policy, although monitored ranges have the last ids
	equal "telnet open block" "$(in_server portsieve stats -j | jq -r '[.devices[0].ranges[].rule | select(startswith("_") | not)] | join(" ")')"
	equal "true false false" "$(in_server portsieve stats -j | jq -r '[.devices[0].ranges[] | select(.rule | startswith("_") | not) | .monitor] | map(tostring) | join(" ")')"
	run -0 in_server portsieve status
	[[ $output == *"to_client: 1 rule is only monitored: its packets pass"* ]]
	equal 1 "$(in_server portsieve status -j | jq '.devices[0].monitored_rules')"
}

@test "enforcing a monitored rule keeps would-be drops apart, and diff says what changes" {
	local enforced
	enforced=$(policy "${TRIAL/, mode: monitor/}")
	in_server portsieve load to_client -p "$(policy "$TRIAL")"
	in_client flood to_server --protocol tcp --port 23 --count 100 --size 100
	in_server received to_client
	run -0 in_server portsieve diff "$enforced"
	[[ $output == *"tcp/23  would be dropped by 'telnet' -> dropped by 'telnet' (line 4), now enforced
1 changed rule: telnet"* ]]
	in_server portsieve apply "$enforced"
	in_client flood to_server --protocol tcp --port 23 --count 30 --size 100
	in_server received to_client
	equal "0 30" "$(row telnet)"
	equal 100 "$(would_drop telnet)"
	sum_matches
}

@test "a monitored default passes what no rule decides, and counts it in its rows" {
	in_server portsieve load to_client -p "$(policy 'version: 1
return: none
default: {action: drop, mode: monitor}
rules:
  - {name: shut, action: drop, ports: tcp/23}')"
	serve_web server 8080
	fetch client $SERVER4 8080
	((4 <= $(would_drop _user)))
	in_client flood to_server --protocol tcp --port 23 --count 7 --size 100
	in_server received to_client
	equal "0 7" "$(row shut)"
	run -0 in_server portsieve stats
	[[ $output == *"default drop (monitor)"* ]]
	run -0 in_server portsieve status
	[[ $output == *"drop (monitor)"* ]]
	equal "drop monitor false" "$(in_server portsieve status -j | jq -r '.devices[0] | "\(.policy.default) \(.policy.default_mode) \(.monitor)"')"
	run -0 in_server portsieve show
	[[ $output == *"default: {action: drop, mode: monitor}"* ]]
	sum_matches
}

@test "explain and replay name the rule that would drop" {
	local file
	file=$(policy "$TRIAL")
	run -0 portsieve explain 'tcp 192.0.2.1:40000 > 192.0.2.2:23 S' --policy "$file"
	equal "pass (monitor: would drop): rule 'telnet' is the first that matches tcp port 23" "${lines[0]}"
	[[ $output == *"rule     telnet, drop (monitor)"* ]]
	run -0 portsieve explain 'tcp 192.0.2.1:40000 > 192.0.2.2:26 S' --policy "$file"
	[[ $output == "drop: no rule matches tcp port 26, and the default is drop"* ]]
	run -0 portsieve check "$file"
	printf 'tcp 23 60\ntcp 24 60\ntcp 26 60\n' | python3 "$LAB_ROOT/tests/lib/write_capture.py" pcap "$BATS_TEST_TMPDIR/a.pcap"
	run -0 portsieve replay "$BATS_TEST_TMPDIR/a.pcap" --policy "$file" --each
	equal "     1  would drop  tcp/23      rule telnet" "${lines[0]}"
	equal "     2  pass        tcp/24      rule open" "${lines[1]}"
	equal "     3  drop        tcp/26      default _system" "${lines[2]}"
}

@test "in monitor mode of the whole policy, monitored rules count too" {
	in_server portsieve load to_client -p "$(policy "mode: monitor
$TRIAL")"
	in_client flood to_server --protocol tcp --ports 23-26 --sequential --count 400 --size 100
	in_server received to_client
	equal 100 "$(would_drop telnet)"
	equal "200 0" "$(row open)"
	equal 100 "$(would_drop _system)"
	equal "0 0" "$(row _system tcp)"
	sum_matches
}
