#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The failsafe rules: before every policy, runtime rules and block lists included.
bats_require_minimum_version 1.5.0
load ../lib/lab

FILE=/etc/portsieve/failsafe.yaml

setup() {
	lab_up
	failsafe "version: 1
rules:
- {name: web, action: allow, ports: tcp/8080, from: [$CLIENT4, \"$CLIENT6\"]}"
	SHUT=$(policy '{version: 1, default: drop}')
	BLOCKED=$(policy "version: 1
rules: [{name: web, action: drop, ports: \"tcp/1-65535 udp/1-65535\", from: [$CLIENT4, \"$CLIENT6\"]}]")
}

teardown() {
	failsafe ''
	lab_down
}

# passes [POLICY OPTION]...: does a packet of the failsafe rule pass, by that rule?
passes() {
	equal "pass rule failsafe:web" "$(in_server portsieve explain "tcp $CLIENT4:40000 > $SERVER4:8080 S" "$@" -j |
		jq -r '"\(.verdict) \(.reason) \(.rule)"')"
}

@test "packets of a failsafe rule pass every policy, block list and runtime rule" {
	serve_web server 8080
	serve_web server 8081
	in_server portsieve load to_client -p "$SHUT"
	fetch client $SERVER4 8080
	run -28 fetch client $SERVER4 8081 0.3
	in_server portsieve apply "$BLOCKED"
	fetch client $SERVER6 8080
	in_server portsieve drop tcp/8080
	fetch client $SERVER4 8080
	run -28 fetch client $SERVER4 8081 0.3
	# rules of the same name have separate rows
	[ "$(row failsafe:web | cut -d' ' -f1)" -gt 9 ]
	equal 0 "$(row web | cut -d' ' -f1)"
	[ "$(row web | cut -d' ' -f2)" -gt 0 ]
	sum_matches
}

@test "without a policy file they count, and precede the first runtime rule" {
	in_server portsieve load to_client
	in_server portsieve drop tcp/1-65535
	passes
	in_server portsieve delete drop-tcp-1-65535
	passes
}

@test "every change keeps them in force, even if the file is gone" {
	in_server portsieve load to_client -p "$SHUT"
	rm $FILE
	in_server portsieve drop tcp/1-65535
	passes
	in_server portsieve allow tcp/443
	in_server portsieve delete drop-tcp-1-65535
	passes
	in_server portsieve upgrade to_client
	passes
	failsafe ''
	in_server portsieve apply "$SHUT" --confirm 60
	equal drop "$(in_server portsieve explain "tcp $CLIENT4:40000 > $SERVER4:8080 S" -j | jq -r .verdict)"
	in_server portsieve rollback
	passes
	in_server portsieve apply "$SHUT" --confirm 60
	in_server portsieve confirm
	equal drop "$(in_server portsieve explain "tcp $CLIENT4:40000 > $SERVER4:8080 S" -j | jq -r .verdict)"
}

@test "apply reads the file again, and rows that stay keep their counts" {
	serve_web server 8080
	in_server portsieve load to_client -p "$SHUT"
	fetch client $SERVER4 8080
	failsafe "version: 1
rules:
- {name: more, action: allow, ports: tcp/22, from: $CLIENT4}
- {name: web, action: allow, ports: tcp/8080, from: [$CLIENT4, \"$CLIENT6\"]}"
	in_server portsieve apply "$BLOCKED"
	[ "$(row failsafe:web | cut -d' ' -f1)" -gt 4 ]
	equal "0 0" "$(row failsafe:more)"
}

@test "show, check, diff, explain and replay know failsafe rules" {
	in_server portsieve load to_client -p "$SHUT"
	equal 'version: 1
default: drop' "$(in_server portsieve show)"
	SHUT=$(policy '{version: 1, default: drop, return: socket}')
	equal "$SHUT: OK: 0 rules and 1 failsafe rule, 1 port range, default drop; 0 warnings" \
		"$(in_server portsieve check "$SHUT" 2>/dev/null)"
	equal "0 1" "$(in_server portsieve check -j "$SHUT" 2>/dev/null | jq -r '"\(.rules) \(.failsafe_rules)"')"
	passes --policy "$BLOCKED"
	in_server portsieve explain "tcp $CLIENT4:40000 > $SERVER4:8080 S" --policy "$BLOCKED" | grep -q "line     $FILE:3"
	equal '["added failsafe:more","removed failsafe:web"]' "$(
		failsafe '{version: 1, rules: [{name: more, action: allow, ports: tcp/22, from: 10.0.0.0/8}]}'
		in_server portsieve diff "$SHUT" -j | jq -c '[(.rules.added[] | "added \(.)"), (.rules.removed[] | "removed \(.)")]'
	)"
}

@test "status says when the file is not the one that was applied" {
	in_server portsieve load to_client -p "$SHUT"
	equal false "$(in_server portsieve status -j | jq .devices[0].failsafe_changed)"
	echo '# a comment' >>$FILE
	equal "to_client: $FILE has changed since the policy was applied; to use it: portsieve apply POLICY" \
		"$(in_server portsieve status | grep -A 1 failsafe.yaml | xargs)"
	equal true "$(in_server portsieve status -j | jq .devices[0].failsafe_changed)"
	failsafe ''
	equal true "$(in_server portsieve status -j | jq .devices[0].failsafe_changed)"
	in_server portsieve apply "$SHUT"
	equal false "$(in_server portsieve status -j | jq .devices[0].failsafe_changed)"
}

@test "an invalid file is an error with its place, and nothing changes" {
	in_server portsieve load to_client -p "$SHUT"
	local before command
	before=$(in_server portsieve status -j | jq .devices[0].applied)
	failsafe 'version: 1
rules:
- {name: web, action: drop, ports: tcp/8080}'
	for command in "load to_client" "apply" "check" "diff"; do
		refused 2 "$FILE:3:23: a failsafe rule cannot drop: write allow, or move the rule to the policy" \
			in_server portsieve ${command/load to_client/load to_client -p} "$SHUT"
	done
	failsafe 'version: 1
default: drop'
	refused 2 "$FILE:2:1: 'default' is for policies: write only 'version' and 'rules' here" \
		in_server portsieve apply "$SHUT"
	failsafe 'version: 1
rules: [{name: a-name-of-24-characters-, action: allow, ports: tcp/22}]'
	refused 2 "$FILE:2:16: the name 'a-name-of-24-characters-' is too long for a failsafe rule: write at most 23 characters" \
		in_server portsieve apply "$SHUT"
	rm $FILE && ln -s missing $FILE
	refused 2 "cannot read the policy $FILE: No such file" in_server portsieve apply "$SHUT"
	equal "$before" "$(in_server portsieve status -j | jq .devices[0].applied)"
	passes
}

@test "a failsafe rule without from gets a warning" {
	failsafe '{version: 1, rules: [{name: ssh, action: allow, ports: tcp/22}]}'
	says 0 "$FILE:1:29: warning: 'failsafe:ssh' has no \`from\`: it allows tcp/22 from every address, past all policies and block lists" \
		in_server portsieve check "$SHUT"
	# a policy may have the same rule, for machines without this file; one that drops is remarked on
	run --separate-stderr -0 in_server portsieve check "$(policy '{version: 1, rules: [{name: ssh, action: allow, ports: tcp/22}]}')"
	[[ $stderr != *"never matches"* ]]
	says 0 "rule 'ssh' never matches: shadowed by 'failsafe:ssh' (line 1)" \
		in_server portsieve check "$(policy '{version: 1, rules: [{name: ssh, action: drop, ports: tcp/22}]}')"
}

# numbered COUNT WORDS: lines of rules with ports 1 to COUNT.
numbered() {
	awk -v count="$1" -v words="$2" 'BEGIN {
		for (i = 1; i <= count; i++) print "- {name: r" i ", " words "/" i "}"
	}'
}

@test "the limits are 64 rules and 256 ranges, besides those of the policy" {
	local rules ports
	rules=$(numbered 64 "action: allow, from: 10.0.0.0/8, ports: tcp")
	failsafe "version: 1
rules:
$rules"
	in_server portsieve load to_client -p "$(policy "version: 1
rules:
$(numbered 16384 "action: drop, ports: udp")")"
	equal 16448 "$(in_server portsieve status -j | jq .devices[0].rules)"
	failsafe "version: 1
rules:
$rules
- {name: r65, action: allow, ports: tcp/1}"
	refused 2 "$FILE:67:3: more than 64 failsafe rules: move some to the policy" in_server portsieve apply "$SHUT"
	ports=$(seq -s, 2 2 514)
	failsafe "version: 1
rules: [{name: a, action: allow, ports: \"tcp/$ports\", from: 10.0.0.0/8}]"
	refused 2 "$FILE:2:41: more than 256 port ranges" in_server portsieve apply "$SHUT"
	failsafe "version: 1
rules: [{name: a, action: allow, ports: \"tcp/${ports%,*}\", from: 10.0.0.0/8}]"
	in_server portsieve apply "$SHUT"
}

@test "the ssh session may depend on them" {
	SSH_CONNECTION="$CLIENT4 40000 $SERVER4 8080" in_server portsieve load to_client -p "$SHUT"
	SSH_CONNECTION="$CLIENT4 40000 $SERVER4 8080" in_server portsieve drop tcp/8080
}

@test "devices that were loaded with other failsafe rules do not share a policy" {
	lab_veth server other client peer
	in_server portsieve load to_client -p "$SHUT"
	failsafe "{version: 1, rules: [{name: web, action: allow, ports: tcp/8080, from: $CLIENT4}]}"
	in_server portsieve load other -p "$SHUT"
	equal 2 "$(in_server portsieve status -j | jq '[.devices[].policy_slot_id] | unique | length')"
	says 2 "several policies are loaded" in_server portsieve show
}
