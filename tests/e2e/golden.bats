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
	in_server portsieve status -j
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

@test "every golden file has its counterpart" {
	equal "" "$(cd "$GOLDEN" && for file in policies/*.ranges errors/*.place; do
		[ -e "${file%.*}.yaml" ] || echo "$file"
	done)"
	equal "" "$(cd "$GOLDEN" && for file in policies/*.yaml; do
		[ -e "${file%.*}.ranges" ] || echo "$file"
	done)"
}
