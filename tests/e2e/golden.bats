#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Golden files, written or checked by hand: tests/golden/policies/NAME.yaml and the ranges it must come to,
# tests/golden/errors/NAME.yaml and the `file:line:column: ` its error must begin with. What the messages say
# is in tests/unit/test_policy_*.c.
bats_require_minimum_version 1.5.0
load ../lib/lab

GOLDEN=$LAB_ROOT/tests/golden

setup_file() {
	lab_up
	in_server portsieve load to_client -p "$GOLDEN/policies/design-example.yaml"
}

teardown_file() {
	lab_down
	lab_validate
}

ranges_in_force() {
	in_server portsieve stats -j | jq -r '.devices[0].ranges[] | select(.rule | startswith("_") | not) |
		"\(.rule) \(.protocol) \(.low)-\(.high) \(.action)"'
}

# `set -e` has no effect in the caller, so every step returns explicitly.
ranges_are_golden() {
	local file=$GOLDEN/policies/$1
	in_server portsieve apply "$file.yaml" || return 1
	diff -u "$file.ranges" <(ranges_in_force) || return 1
	# the output of show has the same ranges
	in_server portsieve show >"$BATS_TEST_TMPDIR/shown.yaml" || return 1
	in_server portsieve apply "$BATS_TEST_TMPDIR/shown.yaml" || return 1
	diff -u "$file.ranges" <(ranges_in_force)
}

in_force() {
	status_but_counts
	in_server portsieve show
}

error_has_its_place() {
	local before command place
	cd "$GOLDEN/errors" || return 1
	place=$(cat "$1.place") || return 1
	before=$(in_force)
	for command in check apply "load lo -p"; do
		# shellcheck disable=SC2086
		refused 2 "$place" in_server portsieve $command "$1.yaml" || return 1
		equal "$place" "${stderr:0:${#place}}" || return 1
		equal 1 "$(wc -l <<<"$stderr")" || return 1
	done
	equal "$before" "$(in_force)"
}

# for_each FOLDER FUNCTION: all are tried; those that fail are named.
for_each() {
	local file name failed=0 count=0
	for file in "$GOLDEN/$1"/*.yaml; do
		name=$(basename "$file" .yaml)
		count=$((count + 1))
		("$2" "$name") && continue
		echo "failed: $1/$name"
		failed=$((failed + 1))
	done
	echo "$count files, $failed failed"
	((count > 0 && failed == 0))
}

@test "each policy compiles to the ranges in its golden file" {
	for_each policies ranges_are_golden
}

@test "an invalid policy gets one line with file, line and column from every command, and changes nothing" {
	for_each errors error_has_its_place
}

@test "all errors of a file come at once, as text and as JSON, and change nothing" {
	local file=$BATS_TEST_TMPDIR/many.yaml before command
	cat >"$file" <<'END'
version: 1
mode: monitro
rules:
  - {name: web, action: accept, ports: tcp:80}
  - {name: dns, action: allow, ports: udp/53}
  - {name: dns, action: allow, ports: udp/54, from: 10.0.0.1/8}
END
	before=$(in_force)
	for command in check apply "load lo -p"; do
		# shellcheck disable=SC2086
		run --separate-stderr -2 in_server portsieve $command "$file"
		equal "$file:2:7: 'mode' cannot be 'monitro' (did you mean 'monitor'?)
$file:4:25: 'action' cannot be 'accept': write allow
$file:4:40: 'tcp:80' has no slash: write tcp/80
$file:6:53: '10.0.0.1/8' has host bits set: write 10.0.0.0/8 for all addresses of the prefix, or 10.0.0.1/32 for the one address" \
			"$stderr"
	done
	run --separate-stderr -2 in_server portsieve check "$file" -j
	equal "2 7 4 25 4 40 6 53" "$(jq -r '[.errors[] | .line, .column] | join(" ")' <<<"$output")"
	equal "policy" "$(jq -r '[.errors[].code] | unique | join(" ")' <<<"$output")"
	equal "$before" "$(in_force)"
}

@test "every golden file has its counterpart" {
	equal "" "$(cd "$GOLDEN" && for file in policies/*.ranges errors/*.place; do
		[ -e "${file%.*}.yaml" ] || echo "$file"
	done)"
	equal "" "$(cd "$GOLDEN" && for file in policies/*.yaml; do
		[ -e "${file%.*}.ranges" ] || echo "$file"
	done)"
}
