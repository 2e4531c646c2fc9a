#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The JSON interface: keys and types. Keys may be added, none may change or be removed.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	in_server portsieve load to_client lo --mode auto -p "$(policy 'version: 1
default: drop
rules: [{name: web, action: allow, ports: tcp/80 udp/443-444}]')" 2>/dev/null
	in_client flood to_server --protocol tcp --port 80 --count 10 --size 60
	in_client flood to_server --protocol udp --port 9 --count 10 --size 60
	in_server received to_client
}

teardown() {
	lab_down
}

# shape: each path of a document with its type, arrays as [], sorted, each once.
shape() {
	jq -r '[paths as $p | {path: ($p | map(if type == "number" then "[]" else . end) | join(".")),
		type: (getpath($p) | type)} | "\(.path) \(.type)"] | unique | .[]'
}

# has_shape EXPECTED GOT: are all expected lines there?
has_shape() {
	local missing
	missing=$(comm -23 <(sort <<<"$1") <(sort <<<"$2"))
	[ -z "$missing" ] || {
		printf 'missing:\n%s\nthere is:\n%s\n' "$missing" "$2"
		return 1
	}
}

@test "stats -j has the keys and types of the design, and no key of two types" {
	local got
	got=$(in_server portsieve stats -j | shape)
	has_shape 'schema number
devices array
devices.[] object
devices.[].device string
devices.[].ifindex number
devices.[].mode string
devices.[].attach string
devices.[].monitor boolean
devices.[].policy object
devices.[].policy.sha256 string
devices.[].policy.default string
devices.[].policy.return string
devices.[].ranges array
devices.[].ranges.[] object
devices.[].ranges.[].rule string
devices.[].ranges.[].protocol string
devices.[].ranges.[].low number
devices.[].ranges.[].high number
devices.[].ranges.[].action string
devices.[].ranges.[].passed object
devices.[].ranges.[].passed.packets number
devices.[].ranges.[].passed.bytes number
devices.[].ranges.[].dropped object
devices.[].ranges.[].dropped.packets number
devices.[].ranges.[].dropped.bytes number
devices.[].ranges.[].would_drop object
devices.[].ranges.[].would_drop.packets number
devices.[].ranges.[].would_drop.bytes number
devices.[].ranges.[].new_connections number
devices.[].reasons array
devices.[].reasons.[] object
devices.[].reasons.[].reason string
devices.[].reasons.[].passed object
devices.[].reasons.[].passed.packets number
devices.[].reasons.[].passed.bytes number
devices.[].reasons.[].dropped object
devices.[].reasons.[].dropped.packets number
devices.[].reasons.[].dropped.bytes number
devices.[].reasons.[].would_drop object
devices.[].reasons.[].would_drop.packets number
devices.[].reasons.[].would_drop.bytes number
devices.[].retired object
devices.[].retired.passed object
devices.[].retired.dropped object
devices.[].retired.would_drop object
devices.[].retired.new_connections number' "$got"
	equal "" "$(cut -d' ' -f1 <<<"$got" | uniq -d)"
}

@test "stats -j has the values of the example in the design" {
	equal '{"rule":"web","protocol":"tcp","low":80,"high":80,"action":"allow","runtime":false,"monitor":false,"ended":false,"passed":{"packets":10,"bytes":600},"dropped":{"packets":0,"bytes":0},"would_drop":{"packets":0,"bytes":0},"new_connections":10}' \
		"$(in_server portsieve stats to_client -j | jq -c '.devices[0].ranges[] | select(.rule == "web" and .protocol == "tcp")')"
	equal '{"rule":"_system","protocol":"udp","low":1,"high":1023,"action":"drop","runtime":false,"monitor":false,"ended":false,"passed":{"packets":0,"bytes":0},"dropped":{"packets":10,"bytes":600},"would_drop":{"packets":0,"bytes":0},"new_connections":0}' \
		"$(in_server portsieve stats to_client -j | jq -c '.devices[0].ranges[] | select(.rule == "_system" and .protocol == "udp")')"
	equal '[2,"to_client","native","link",false,"drop","socket"]' \
		"$(in_server portsieve stats to_client -j | jq -c '[.schema, (.devices[0] | .device, .mode, .attach, .monitor, .policy.default, .policy.return)]')"
	equal '["lo","generic"]' "$(in_server portsieve stats lo -j | jq -c '[.devices[0] | .device, .mode]')"
}

@test "every range and every reason has its row, once, whether it has counted or not" {
	local document=$BATS_TEST_TMPDIR/stats.json
	in_server portsieve stats to_client -j >"$document"
	equal "$(((1 + 1) + 4 * 4))" "$(jq '.devices[0].ranges | length' "$document")"
	equal 0 "$(jq '.devices[0].ranges | length - (unique_by([.rule, .protocol, .low]) | length)' "$document")"
	equal 0 "$(jq '.devices[0].reasons | length - (unique_by(.reason) | length)' "$document")"
	equal "$(tr ' ' '\n' <<<'non-ip mpls vlan-depth malformed-ethernet malformed-ipv4 malformed-ipv6 malformed-l4 later-fragment tiny-fragment ext-header routing-header ext-depth jumbogram no-port bad-flags icmp icmpv6 igmp other-protocol dhcp-client return-socket source-route' | sort)" \
		"$(jq -r '.devices[0].reasons[].reason' "$document" | sort)"
}

@test "sha256 is that of the policy file, null without one" {
	local file
	file=$(policy '{version: 1}')
	in_server portsieve apply "$file"
	equal "$(sha256sum <"$file" | cut -d' ' -f1)" \
		"$(in_server portsieve stats to_client -j | jq -r '.devices[0].policy.sha256')"
	in_server portsieve unload --all
	in_server portsieve load to_client
	equal null "$(in_server portsieve stats -j | jq '.devices[0].policy.sha256')"
}

@test "status -j has the device fields of stats -j and the kernel ids" {
	has_shape 'schema number
devices array
devices.[].device string
devices.[].mode string
devices.[].attach string
devices.[].monitor boolean
devices.[].policy.sha256 string
devices.[].policy.default string
devices.[].policy.return string
devices.[].attach_reason string
devices.[].ifindex number
devices.[].program_id number
devices.[].rules number
devices.[].port_ranges number
devices.[].moved_away boolean
devices.[].link_id number
devices.[].policy_slot_id number
devices.[].memory_bytes number
devices.[].falls_back_in_seconds null
devices.[].fell_back boolean
devices.[].descriptions array
devices.[].drift.listeners_known boolean
devices.[].drift.denied_listeners array
devices.[].drift.unused_ports array
devices.[].drift.idle_rules array
devices.[].applied string' "$(in_server portsieve status -j | shape)"
	equal "$(xdp_of server to_client)" "$(in_server portsieve status to_client -j | jq '.devices[0].program_id')"
	local applied
	applied=$(in_server portsieve status to_client -j | jq -r '.devices[0].applied | fromdate')
	((applied > $(date +%s) - 60 && applied <= $(date +%s)))
}

@test "show -j holds the text of the policy" {
	equal "$(in_server portsieve show)" "$(in_server portsieve show -j | jq -r .policy.text)"
	equal '["lo","to_client"]' "$(in_server portsieve show -j | jq -c '[.devices[].device] | sort')"
}

@test "check -j has the policy's digest, default and totals" {
	local file
	file=$(policy '{version: 1, default: drop, return: socket, rules: [
{name: a, action: allow, ports: "tcp/80,443"}, {name: b, action: drop, ports: tcp/80}]}')
	equal "[\"$file\",\"$(sha256sum <"$file" | cut -d' ' -f1)\",\"drop\",\"enforce\",\"socket\",false,2,3,[\"never-matches\"]]" \
		"$(portsieve check -j "$file" 2>/dev/null | jq -c '[(.policy | .source, .sha256, .default, .mode, .return, .return_auto), .rules, .port_ranges, [.warnings[].code]]')"
}

@test "registry -j has names, protocols and ports" {
	equal '{"name":"http","protocols":["tcp","udp","sctp"],"low":80,"high":80}' \
		"$(portsieve registry http -j | jq -c '.services[] | select(.name == "http") | del(.description)')"
	has_shape 'schema number
registry string
services array
services.[].name string
services.[].protocols array
services.[].protocols.[] string
services.[].low number
services.[].high number
services.[].description string' "$(portsieve registry 443 -j | shape)"
}

@test "stats --watch -j prints one document a line" {
	equal '2 2 2' "$(in_server portsieve stats --watch=0.05 --count 3 -j | while read -r line; do
		jq .schema <<<"$line"
	done | xargs)"
}

@test "bench -j has median and spread for each program and packet, and changes nothing" {
	local document before
	before=$(pins)
	document=$(portsieve bench -j)
	jq -e '.schema == 2 and (.results | length) == 30' <<<"$document"
	jq -e '[.results[] | .least_ns <= .median_ns and .median_ns <= .most_ns and .median_ns > 0] | all' <<<"$document"
	jq -e '[.results[] | select(.program == "empty program") | .net_ns == 0] | all' <<<"$document"
	jq -e '[.results[] | select(.program == "16,384 port ranges")] | length == 6' <<<"$document"
	# without a policy all packets pass; with one, all but those to port 80 are dropped
	jq -e '[.results[] | select(.program == "no policy") | .verdict == "pass"] | all and length == 6' <<<"$document"
	jq -e '[.results[] | select(.program == "1 rule" or .program == "16 rules" or .program == "16,384 port ranges") |
		.verdict == (if .packet == "TCP to 80" then "pass" else "drop" end)] | all and length == 18' <<<"$document"
	equal "$before" "$(pins)"
}
