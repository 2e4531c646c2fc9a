#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# diff: the changes against the policy in force, in text and JSON, without changing anything.
bats_require_minimum_version 1.5.0
load ../lib/lab

OLD='version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80}
  - {name: old, action: allow, ports: udp/53}'

setup() {
	lab_up
}

teardown() {
	lab_down
}

# changes POLICY [DEVICE]: one line per change, from JSON.
changes() {
	in_server portsieve diff "$1" -j ${2:+--dev "$2"} |
		jq -r '.changes[] | "\(.protocol)/\(.low)-\(.high) \(.from) \(.before.verdict) \(.before.rule) \(.after.verdict) \(.after.rule)"'
}

@test "diff of the policy in force is empty" {
	local file
	file=$(policy "$OLD")
	in_server portsieve load to_client -p "$file"
	equal "$file changes nothing on to_client" "$(in_server portsieve diff "$file")"
	equal '{"schema":2,"command":"diff","devices":["to_client"],"policy":"'"$file"'","same":true,"changes":[],"settings":[],"rules":{"added":[],"removed":[],"changed":[],"runtime":[],"reordered":false},"sets":[],"warnings":[],"errors":[]}' \
		"$(in_server portsieve diff "$file" -j | jq -c 'del(.time) | .devices |= map(.device) | .policy |= .source')"
	equal true "$(in_server portsieve diff <(in_server portsieve show) -j | jq .same)"
}

@test "added and removed ports are shown with the rule that decides them" {
	in_server portsieve load to_client -p "$(policy "$OLD")"
	local file before
	file=$(policy 'version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80}
  - {name: more, action: allow, ports: tcp/8080-8090}')
	before=$(in_server portsieve show)
	equal "$file on to_client:
tcp/8080-8090  dropped by default -> allowed by 'more' (line 5)
udp/53  allowed by 'old' -> dropped by default
1 new rule: more
1 removed rule: old" "$(in_server portsieve diff "$file")"
	equal "tcp/8080-8090 null drop _user pass more
udp/53-53 null pass old drop _system" "$(changes "$file")"
	equal "$before" "$(in_server portsieve show)" # diff has applied nothing
}

@test "a change of default is split at the built-in ranges" {
	in_server portsieve load to_client -p "$(policy '{version: 1, default: allow}')"
	equal "sctp/0-0 null pass _port0 drop _port0
sctp/1-1023 null pass _system drop _system
sctp/1024-49151 null pass _user drop _user
sctp/49152-65535 null pass _dynamic drop _dynamic" \
		"$(changes "$(policy '{version: 1, default: drop}')" | grep ^sctp)"
	in_server portsieve diff "$(policy '{version: 1, default: drop}')" | grep -x "default: allow -> drop"
}

@test "without a policy file nothing was dropped, not even malformed packets" {
	in_server portsieve load to_client
	run -0 in_server portsieve diff "$(policy '{version: 1, default: allow}')"
	[[ $output == *"no port changes its verdict"*"malformed: allow -> drop"* ]]
	[[ $output != *"mode:"* ]]
}

@test "JSON agrees with explain about a policy in monitor mode" {
	local monitor drop one
	monitor=$(policy '{version: 1, mode: monitor, default: allow}')
	drop=$(policy '{version: 1, mode: monitor, default: drop}')
	in_server portsieve load to_client -p "$monitor"
	one='.changes[] | select(.protocol == "tcp" and .low <= 80 and .high >= 80)'
	equal '["pass",false] ["pass",true]' "$(in_server portsieve diff "$drop" -j |
		jq -r "$one | [.before, .after | [.verdict, .would_drop] | tojson] | join(\" \")")"
	equal '["pass",true]' "$(in_server portsieve explain 'tcp 192.0.2.1:4 > 192.0.2.2:80' --policy "$drop" -j |
		jq -c '[.verdict, .would_drop]')"
	equal '["pass",false] ["drop",false]' "$(in_server portsieve diff "$(policy '{version: 1, default: drop}')" -j |
		jq -r "$one | [.before, .after | [.verdict, .would_drop] | tojson] | join(\" \")")"
}

@test "in monitor mode the verdict is would drop" {
	in_server portsieve load to_client -p "$(policy "$OLD")"
	run -0 in_server portsieve diff "$(policy '{version: 1, mode: monitor, default: drop, rules: [{name: web, action: allow, ports: tcp/80}]}')"
	[[ $output == *"udp/53  allowed by 'old' -> would be dropped by default"* ]]
	[[ $output == *"mode: enforce -> monitor"* ]]
}

@test "switching between monitor and enforce lists what was only counted and is now dropped" {
	local monitor enforce
	monitor=$(policy 'version: 1
mode: monitor
default: allow
rules:
  - {name: telnet, action: drop, ports: tcp/23}')
	enforce=$(policy 'version: 1
default: allow
rules:
  - {name: telnet, action: drop, ports: tcp/23}')
	in_server portsieve load to_client -p "$monitor"
	run -0 in_server portsieve diff "$enforce"
	[[ $output == *"tcp/23  would be dropped by 'telnet' -> dropped by 'telnet' (line 4), now enforced
mode: monitor -> enforce
malformed: drop, now enforced"* ]]
	[[ $output != *"no port changes its verdict"* ]]
	equal "now_enforced null now_enforced" "$(in_server portsieve diff "$enforce" -j |
		jq -r '"\(.changes[0].effect) \(.settings[] | select(.setting == "mode").effect) \(.settings[] | select(.setting == "malformed").effect)"')"
	in_server portsieve apply "$enforce"
	run -0 in_server portsieve diff "$monitor"
	[[ $output == *"tcp/23  dropped by 'telnet' -> would be dropped by 'telnet' (line 5), no longer enforced
mode: enforce -> monitor
malformed: drop, no longer enforced"* ]]
	equal no_longer_enforced "$(in_server portsieve diff "$monitor" -j | jq -r '.changes[0].effect')"
}

@test "a would-be drop that becomes allowed passes as before" {
	in_server portsieve load to_client -p "$(policy '{version: 1, mode: monitor, default: allow, rules: [{name: telnet, action: drop, ports: tcp/23}]}')"
	run -0 in_server portsieve diff "$(policy '{version: 1, default: allow}')"
	[[ $output == *"tcp/23  would be dropped by 'telnet' -> allowed by default, no longer counted"* ]]
}

@test "addresses are named, the first ten of many" {
	local list file
	list=$(seq -s', ' -f '10.0.%g.0/24' 0 11)
	in_server portsieve load to_client -p "$(policy "$OLD")"
	file=$(policy "version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80, from: [10.0.0.0/8, \"2001:db8::/32\"]}
  - {name: old, action: allow, ports: udp/53}
  - {name: ssh, action: allow, ports: tcp/22, from: [$list]}")
	run -0 in_server portsieve diff "$file"
	[[ $output == *"tcp/22 from 10.0.0.0/24, 10.0.1.0/24, "*", 10.0.9.0/24 and 2 more  dropped by default -> allowed by 'ssh' (line 6)"* ]]
	[[ $output == *"tcp/80 from all addresses but not 10.0.0.0/8, 2001:db8::/32  allowed by 'web' -> dropped by default"* ]]
	equal 12 "$(in_server portsieve diff "$file" -j | jq '.changes[0].from | length')"
	equal '["0.0.0.0/0","::/0"] ["10.0.0.0/8","2001:db8::/32"] null' \
		"$(in_server portsieve diff "$file" -j | jq -r '.changes[1] | "\(.from) \(.from_except) \(.to)"')"
}

@test "any address with exceptions: no prefix is both included and excluded" {
	local rules='
  - {name: a, action: allow, ports: tcp/22, from: 10.0.0.0/8, to: 192.0.2.0/24}
  - {name: b, action: allow, ports: tcp/22, from: 0.0.0.0/0, to: 198.51.100.0/24}'
	in_server portsieve load to_client -p "$(policy "version: 1
default: drop
rules:$rules")"
	run -0 in_server portsieve diff -j "$(policy "version: 1
default: allow
rules:$rules")"
	equal 0 "$(jq '[.changes[] | select(.from_except) | .from as $in | .from_except[] | select(IN($in[]))] | length' <<<"$output")"
	jq -e '[.changes[] | select(.low == 22) | select((.from // []) | index("10.0.0.0/8"))] | length > 0' <<<"$output"
}

@test "runtime rules stay unless the file has the key runtime" {
	local file
	file=$(policy "$OLD")
	in_server portsieve load to_client -p "$file"
	in_server portsieve allow tcp/2222 --name guest --for 1h
	equal "$file changes nothing on to_client
1 runtime rule stays: guest" "$(in_server portsieve diff "$file")"
	equal "true guest" "$(in_server portsieve diff "$file" -j | jq -r '"\(.same) \(.rules.runtime[0])"')"
	file=$(policy "$OLD
runtime: []")
	equal "$file on to_client:
tcp/2222  allowed by runtime rule 'guest' -> dropped by default
1 removed rule: guest" "$(in_server portsieve diff "$file")"
	refused 2 "guest" in_server portsieve diff \
		"$(policy '{version: 1, rules: [{name: guest, action: drop, ports: tcp/1}]}')"
}

@test "several policies require the name of a device, and an unknown device is refused" {
	lab_veth server other client another
	in_server portsieve load to_client -p "$(policy "$OLD")"
	in_server portsieve load other -p "$(policy '{version: 1, default: drop}')"
	refused 2 "several policies are loaded; name one: portsieve diff POLICY DEV" \
		in_server portsieve diff "$(policy "$OLD")"
	equal "" "$(changes "$(policy "$OLD")" to_client)"
	equal "tcp/80-80 null drop _system pass web" "$(changes "$(policy "$OLD")" other | head -1)"
	refused 2 "unknown key" in_server portsieve diff "$(policy '{version: 1, defalt: drop}')"
	refused 2 "cannot read the policy" in_server portsieve diff /nowhere.yaml
}

@test "a device that is not loaded cannot be compared" {
	refused 3 "" in_server portsieve diff "$(policy "$OLD")"
}

@test "diff --exit-code: 0 the same, 1 different, 2 or more failed" {
	local file=$(policy "$OLD") other=$(policy '{version: 1}')
	run -3 --separate-stderr in_server portsieve diff "$file" --exit-code
	in_server portsieve load to_client -p "$file"
	run -0 in_server portsieve diff "$file" --exit-code
	equal "$file changes nothing on to_client" "$output"
	run -0 --separate-stderr in_server portsieve diff "$file" --exit-code -j
	equal true "$(jq .same <<<"$output")"
	run -1 in_server portsieve diff "$other" --exit-code
	equal "$(in_server portsieve diff "$other")" "$output"
	run -1 --separate-stderr in_server portsieve diff "$other" --exit-code -j
	equal '[false,[]]' "$(jq -c '[.same, .errors]' <<<"$output")"
	run -2 in_server portsieve diff "$BATS_TEST_TMPDIR/none" --exit-code
	# these exit with 1 without the option
	local fails=(strace -qq -o /dev/null -e trace=bpf -e inject=bpf:error=EIO:when=3+)
	run -1 in_server "${fails[@]}" portsieve diff "$other"
	run -2 in_server "${fails[@]}" portsieve diff "$other" --exit-code
	run -1 in_server bash -c 'portsieve diff "$1" >/dev/full' bash "$file"
	run -2 in_server bash -c 'portsieve diff "$1" --exit-code >/dev/full' bash "$file"
	run -2 in_server bash -c 'portsieve diff "$1" --exit-code -j >/dev/full' bash "$file"
}
