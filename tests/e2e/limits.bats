#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Each limit of headers/portsieve/abi.h and user/policy/policy.h that a user can reach: at the limit, and one past it.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop, rules: [{name: before, action: allow, ports: tcp/80}]}')"
	BEFORE=$(in_force)
}

teardown() {
	lab_down
}

in_force() {
	in_server portsieve show
	status_but_counts
}

unchanged() {
	equal "$BEFORE" "$(in_force)"
}

# odd FIRST COUNT: that many odd ports, which are not adjacent, separated by commas.
odd() {
	seq -s, "$1" 2 $(($1 + 2 * ($2 - 1)))
}

name_of() {
	printf 'a%.0s' $(seq "$1")
}

@test "a rule's name may have 32 characters, not 33" {
	in_server portsieve apply "$(policy "{version: 1, rules: [{name: $(name_of 32), action: allow, ports: tcp/80}]}")"
	equal "0 0" "$(row "$(name_of 32)")"
	BEFORE=$(in_force)
	refused 2 ":1:29: bad rule name '$(name_of 33)': write 1 to 32 of" in_server portsieve apply \
		"$(policy "{version: 1, rules: [{name: $(name_of 33), action: allow, ports: tcp/80}]}")"
	unchanged
}

@test "the error names a runtime rule that exceeds 16384 port ranges" {
	in_server portsieve apply "$(policy "{version: 1, rules: [{name: many, action: drop, ports: \"udp/$(odd 1 16384)\"}]}")"
	BEFORE=$(in_force)
	refused 2 "portsieve: with the runtime rules there are more than 16384 port ranges; delete some of them" \
		in_server portsieve allow tcp/5
	unchanged
	# the file's rules are too many, with its own runtime rules and without
	refused 2 ":1:56: more than 16384 port ranges in all with those of this rule" in_server portsieve check \
		"$(policy "{version: 1, rules: [{name: many, action: drop, ports: \"udp/$(odd 1 16385)\"}], runtime: [{name: r, action: drop, ports: tcp/5}]}")"
}

@test "a policy may have 16384 port ranges, and the last one counts" {
	in_server portsieve apply "$(policy "{version: 1, rules: [{name: many, action: drop, ports: \"udp/$(odd 1 16384)\"}]}")"
	equal 16384 "$(in_server portsieve status -j | jq '.devices[0].port_ranges')"
	in_client flood to_server --port 32767 --count 100
	in_client flood to_server --ports 0-65535 --sequential --count 65536
	in_server received to_client
	equal "0 16484" "$(row many)"
	equal 101 "$(in_server portsieve stats -j |
		jq '.devices[0].ranges[] | select(.low == 32767) | .dropped.packets')"
	sum_matches
	# a policy of entirely different ranges gets rows too, and so does the first one again
	in_server portsieve apply "$(policy "{version: 1, rules: [{name: others, action: allow, ports: \"udp/$(odd 2 16384)\"}]}")"
	in_client flood to_server --ports 0-65535 --sequential --count 65536
	in_server received to_client
	equal "16384 0" "$(row others)"
	equal "0 16484" "$(row retired)"
	in_server portsieve apply "$(policy "{version: 1, rules: [{name: many, action: drop, ports: \"udp/$(odd 1 16384)\"}]}")"
	sum_matches
	# apply accepts the output of show
	in_server portsieve show >"$BATS_TEST_TMPDIR/shown.yaml"
	in_server portsieve apply "$BATS_TEST_TMPDIR/shown.yaml"
}

@test "a policy may not have 16385 port ranges, in one rule or in two" {
	refused 2 ":1:56: more than 16384 port ranges in all with those of this rule" in_server portsieve apply \
		"$(policy "{version: 1, rules: [{name: many, action: drop, ports: \"udp/$(odd 1 16385)\"}]}")"
	unchanged
	refused 2 ":3:39: more than 16384 port ranges in all with those of this rule" in_server portsieve apply \
		"$(policy "{version: 1, rules: [
{name: many, action: drop, ports: \"udp/$(odd 1 16384)\"},
{name: one-more, action: drop, ports: tcp/1}]}")"
	unchanged
}

@test "a policy may have 16384 rules, not 16385" {
	{
		printf 'version: 1\nrules:\n'
		seq 16384 | sed 's|.*|- {name: r&, action: drop, ports: udp/&}|'
	} >"$BATS_TEST_TMPDIR/rules.yaml"
	in_server portsieve apply "$BATS_TEST_TMPDIR/rules.yaml"
	equal 16384 "$(in_server portsieve status -j | jq '.devices[0].rules')"
	in_client flood to_server --port 16384 --count 10
	in_server received to_client
	equal "0 10" "$(row r16384)"
	BEFORE=$(in_force)
	echo "- {name: r16385, action: drop, ports: udp/16385}" >>"$BATS_TEST_TMPDIR/rules.yaml"
	refused 2 ":16387:3: more than 16384 rules" in_server portsieve apply "$BATS_TEST_TMPDIR/rules.yaml"
	unchanged
}

@test "a rule may have 65536 items, not 65537" {
	# each port once, then one again: one range
	local items
	items=$(printf '7,%.0s' $(seq 65535))
	in_server portsieve apply "$(policy "{version: 1, rules: [{name: a, action: drop, ports: \"udp/${items}7\"}]}")"
	equal 1 "$(in_server portsieve status -j | jq '.devices[0].port_ranges')"
	BEFORE=$(in_force)
	refused 2 "more than 65536 items" in_server portsieve apply \
		"$(policy "{version: 1, rules: [{name: a, action: drop, ports: \"udp/${items}7,7\"}]}")"
	unchanged
}

@test "a policy file may have 16 MiB, not a byte more" {
	local file=$BATS_TEST_TMPDIR/large.yaml
	{
		printf 'version: 1\n'
		yes '# a comment that says nothing' | head -c $(((16 << 20) - 11))
	} >"$file"
	equal $((16 << 20)) "$(stat -c %s "$file")"
	in_server portsieve apply "$file"
	BEFORE=$(in_force)
	printf '#' >>"$file"
	refused 2 "$file: the policy is larger than 16 MiB" in_server portsieve apply "$file"
	unchanged
}

@test "ports go from 0 to 65535, not to 65536" {
	in_server portsieve apply "$(policy '{version: 1, rules: [{name: a, action: drop, ports: udp/0-65535}]}')"
	BEFORE=$(in_force)
	refused 2 "port 65536 does not exist: the last is 65535" in_server portsieve apply \
		"$(policy '{version: 1, rules: [{name: a, action: drop, ports: udp/0-65536}]}')"
	unchanged
}

@test "a policy with a path over 255 bytes loads, and the path is truncated" {
	local dir
	dir=$BATS_TEST_TMPDIR/$(name_of 200)/$(name_of 200)
	mkdir -p "$dir"
	echo 'version: 1' >"$dir/policy.yaml"
	in_server portsieve apply "$dir/policy.yaml"
	equal 255 "$(in_server portsieve status -j | jq '.devices[0].policy.source | length')"
	in_server portsieve status
	in_server portsieve stats
}
