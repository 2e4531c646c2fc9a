#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# scripts/demo reports failures, and leaves nothing behind however it ends.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	cd "$LAB_ROOT"
	export TMPDIR=$BATS_TEST_TMPDIR/tmp
	mkdir "$TMPDIR"
	PROCESSES=$(processes)
	NAMESPACES=$(namespaces)
	FILES=$(files)
}

processes() {
	ps -e -o pid= --no-headers | wc -l
}

namespaces() {
	lsns -n -o NS,TYPE | awk '{ print $2 }' | sort | uniq -c
}

files() {
	pins
	ls -A /run/netns "$TMPDIR"
	ls -A /run | grep -v '^mount$' # a file of mount's own
	ip -o link
}

nothing_is_left() {
	within 5 processes_are_back
	equal "$NAMESPACES" "$(namespaces)"
	equal "$FILES" "$(files)"
}

processes_are_back() {
	[ "$(processes)" -le "$PROCESSES" ]
}

# start_demo: in its own process group, where it receives SIGINT as on a terminal.
start_demo() {
	setsid env --default-signal=INT scripts/demo >"$BATS_TEST_TMPDIR/output" 2>&1 3>&- &
	DEMO=$!
}

reached() {
	grep -q "$1" "$BATS_TEST_TMPDIR/output"
}

@test "the demo finishes within a minute and leaves nothing" {
	local begin=$SECONDS
	run -0 scripts/demo
	((SECONDS - begin < 60))
	[[ $output == *"All steps succeeded."* ]]
	[[ $output != *"FAILED"* && $output != *$'\e'* ]]
	[[ $output == *"RULE "*"web "*"all packets "* ]]
	nothing_is_left
}

@test "the demo is coloured on a terminal, but not with NO_COLOR" {
	run timeout 8 env -u NO_COLOR script -qec scripts/demo /dev/null
	[[ $output == *$'\e[32m'* && $output == *"portsieve load"* ]]
	run timeout 8 env NO_COLOR=1 script -qec scripts/demo /dev/null
	[[ $output != *$'\e'* && $output == *"portsieve load"* ]]
	# here the terminal was closed early
	nothing_is_left
}

@test "if a step goes wrong, the demo fails and says where" {
	local copy=$BATS_TEST_TMPDIR/copy
	mkdir -p "$copy/tests" "$copy/docs"
	cp -r docs/examples "$copy/docs"
	cp -r scripts "$copy"
	cp -r tests/lib "$copy/tests"
	ln -s "$LAB_ROOT/build" "$copy/build"
	sed -i 's/^default: drop/default: allow/' "$copy/scripts/demo.yaml"
	sed -i 's/^return: socket/return: none/' "$copy/docs/examples/host.yaml"
	run -1 "$copy/scripts/demo"
	[[ $output == *"curl http://192.0.2.2:8080/"*"FAILED, expected: timed out"* ]]
	[[ $output == *"the server fetches http://192.0.2.1/"*"FAILED, expected: answered"* ]]
	[[ $output == *"of the steps above failed."* ]]
	nothing_is_left
}

@test "Ctrl-C at any step leaves nothing" {
	local step status
	for step in "joined by a veth pair" "portsieve load" "other ports are silent"; do
		start_demo
		within 20 reached "$step"
		kill -INT -- -$DEMO
		status=0
		wait $DEMO || status=$?
		equal 130 "$status"
		reached "^Interrupted"
		nothing_is_left
	done
}

@test "SIGTERM and SIGHUP leave nothing" {
	local signal status
	for signal in TERM HUP; do
		start_demo
		within 20 reached "portsieve load"
		kill -$signal $DEMO
		status=0
		wait $DEMO || status=$?
		equal $((128 + $(kill -l $signal))) "$status"
		nothing_is_left
	done
}

@test "SIGKILL leaves nothing" {
	local status=0
	start_demo
	within 20 reached "portsieve load"
	kill -KILL $DEMO
	wait $DEMO || status=$?
	equal 137 "$status"
	nothing_is_left
}

@test "the demo names what is missing: root, the build, a tool" {
	mkdir -p /run/clone # the clone may lie where only root may look
	cp -r scripts /run/clone
	run ! setpriv --reuid 65534 --clear-groups /run/clone/scripts/demo
	[[ $output == *"needs root"* ]]
	cp -r scripts "$BATS_TEST_TMPDIR"
	run -1 "$BATS_TEST_TMPDIR/scripts/demo"
	[[ $output == *"build it first: make"* ]]
}
