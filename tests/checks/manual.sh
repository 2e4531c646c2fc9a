#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual page names every command and every option that the program has, with the same synopsis;
# docs/faults.md names tests that exist.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.bash
page=docs/portsieve.8.scd

for command in $(build/portsieve --help | awk '/^  [a-z]+ / && $1 != "portsieve" { print $1 }'); do
	synopsis=$(build/portsieve "$command" --help | head -1)
	grep -qF "## ${synopsis#Usage: }" $page
	expect "the manual has: ${synopsis#Usage: }" $?
	grep -q "^\*portsieve $command\*" $page
	expect "its synopsis has $command" $?
	for option in $(build/portsieve "$command" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE '\-\-[a-z-]+'); do
		[ "$option" = --help ] || grep -qF "*$option*" $page
		expect "it tells of $command $option" $?
	done
done
diff <(sed -nE 's/^\t\[(ERROR|WARNING)_[A-Z_0-9]+\] = \{ "([a-z0-9-]+)".*/\2/p' user/base/error.c | sort) <(sed -n '/^# JSON/,/^# EXIT/p' $page | sed -nE 's/^\|  \*([a-z0-9-]+)\*$/\1/p' | sort)
expect 'it tells of every code of an error or a warning, and of no other' $?
scdoc < $page >/dev/null && scdoc < docs/portsieve-policy.5.scd >/dev/null
expect 'both pages compile' $?
while read -r file title; do
	grep '^@test' "tests/e2e/$file" | grep -qF "$title"
	expect "docs/faults.md: $file has a test \"$title\"" $?
done < <(grep -oE '[a-z]+\.bats "[^"]+"(, "[^"]+")*' docs/faults.md | awk -F'"' '{ for (i = 2; i <= NF; i += 2) print $1, $i }')
tap_end
