#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Completion in real shells: every command, every option, devices, runtime rules, files.
bats_require_minimum_version 1.5.0
load ../lib/lab

TAB=$LAB_ROOT/tests/lib/tab.py

setup() {
	lab_up
}

teardown() {
	lab_down
}

commands() {
	portsieve --help | awk '/^  [a-z]+ / && $1 != "portsieve" { print $1 }'
}

# options COMMAND: "--json"
options() {
	portsieve "$1" --help | sed -nE 's/^ {2,6}(-., )?(--[a-z-]+).*/\2/p'
}

# shows LINE: what the shell showed for it, a word a line; `shown` has all.
shows() {
	awk -v line="> $1" '$0 == line { on = 1; next } /^> / { on = 0 } on' <<<"$shown" | tr -s ' \n' '\n'
}

# offers_all SHELL
offers_all() {
	local command option
	local -a lines=("portsieve ")
	for command in $(commands); do lines+=("portsieve $command --"); done
	shown=$("$TAB" "$1" "${lines[@]}")
	for command in $(commands); do
		shows "portsieve " | grep -qx "$command" || { echo "$1 does not offer $command"; return 1; }
		for option in $(options "$command"); do
			shows "portsieve $command --" | grep -qx -e "$option" -e "$command$option" ||
				{ echo "$1 does not offer $command $option: $shown"; return 1; }
		done
	done
}

@test "bash offers every command and every option of each" {
	offers_all bash
}

@test "zsh offers every command and every option of each" {
	offers_all zsh
}

# completes SHELL LINE WORD...: exactly these words are offered, or the one is put into the line
completes() {
	local shell=$1 line=$2 shown
	shift 2
	shown=$(in_server "$TAB" "$shell" "$line")
	[ $# != 1 ] || { [[ $shown == *"$1"* ]] || { echo "$shell: $line: $shown"; return 1; }; return 0; }
	equal "$(printf '%s\n' "$@" | sort)" "$(shows "$line" | sort -u | grep -xF -f <(printf '%s\n' "$@"))"
}

@test "devices, runtime rules, prefixes, words and files are offered" {
	local shell other
	in_server ip link add other type veth peer name peer
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop}')"
	in_server portsieve drop tcp/22 --from 203.0.113.7
	in_server portsieve allow tcp/8080
	in_server portsieve allow tcp/9 --from 2001:db8::/32 --name six
	mkdir "$BATS_TEST_TMPDIR/files"
	touch "$BATS_TEST_TMPDIR/files/one.yaml"
	for shell in bash zsh; do
		completes $shell "portsieve load " to_client other lo
		completes $shell "portsieve unload t" "unload to_client"
		completes $shell "portsieve apply $BATS_TEST_TMPDIR/files/on" "files/one.yaml"
		completes $shell "portsieve apply x --dev t" "--dev to_client"
		completes $shell "portsieve delete " drop-tcp-22-203.0.113.7 allow-tcp-8080 six
		completes $shell "portsieve delete six d" "six drop-tcp-22-203.0.113.7"
		completes $shell "portsieve delete --from 203" "--from 203.0.113.7"
		completes $shell "portsieve delete --from 2001:d" "--from 2001:db8::/32"
		completes $shell "portsieve load to_client --mode " native generic auto
		completes $shell "portsieve events --rule all" "--rule allow-tcp-8080"
		completes $shell "portsieve events --reason bad" "--reason bad-flags"
		completes $shell "portsieve load --mode=gen" "--mode=generic"
		completes $shell "portsieve load to_client --policy=$BATS_TEST_TMPDIR/files/o" "files/one.yaml"
		completes $shell "portsieve load to_client -p $BATS_TEST_TMPDIR/files/o" "files/one.yaml"
		completes $shell "portsieve help unl" "help unload"
		# a loaded device only
		[[ $(in_server "$TAB" $shell "portsieve unload oth") != *"unload other"* ]]
	done
}

@test "with a wrong line, a broken pin or no permission, nothing is offered and no error printed" {
	local -a words
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop}')"
	while read -ra words; do
		run --separate-stderr -0 in_server portsieve --complete "${words[@]//_/}"
		equal "," "$output,$stderr"
	done <<<"nix _
stats --nix=
stats --json=
stats --nix= --js=
bench _
help stats _
explain _
-- _"
	# with the incomplete word after --
	equal "to_client" "$(in_server portsieve --complete unload -- to_)"
	rm /sys/fs/bpf/portsieve/*/*/image_*
	run --separate-stderr -0 in_server portsieve --complete delete ""
	equal "," "$output,$stderr"
	# without rights, as before sudo: all interfaces
	run --separate-stderr -0 in_server setpriv --reuid 65534 --clear-groups "$(command -v portsieve)" --complete unload "to_"
	equal "to_client," "$output,$stderr"
}
