#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual page names every command and every option that the program has, with the same synopsis.
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
tap_end
