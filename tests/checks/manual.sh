#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The manual page names every command and every option that the program has, with the same synopsis.
cd "$(dirname "$0")/../.." || exit 1
page=docs/portsieve.8.scd
n=0 failed=0

# expect SENTENCE STATUS
expect() {
	n=$((n + 1))
	if [ "$2" = 0 ]; then
		echo "ok $n - $1"
	else
		failed=1
		echo "not ok $n - $1"
	fi
}

for command in $(build/portsieve --help | awk '/^  [a-z]+ / && $1 != "portsieve" { print $1 }'); do
	synopsis=$(build/portsieve "$command" --help | head -1)
	grep -qF "## ${synopsis#Usage: }" $page
	expect "the manual has: ${synopsis#Usage: }" $?
	grep -q "^\*portsieve $command\*" $page
	expect "its synopsis has $command" $?
	for option in $(build/portsieve "$command" --help | grep -oE '^ +(-., )?--[a-z]+' | grep -oE '\-\-[a-z]+'); do
		[ "$option" = --help ] || grep -qF "*$option*" $page
		expect "it tells of $command $option" $?
	done
done
scdoc < $page >/dev/null && scdoc < docs/portsieve-policy.5.scd >/dev/null
expect 'both pages compile' $?
echo "1..$n"
exit $failed
