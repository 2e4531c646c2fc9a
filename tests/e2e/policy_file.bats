#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where a policy comes from: a file, standard input or /etc/portsieve/policy.yaml, and who may write it.
bats_require_minimum_version 1.5.0
load ../lib/lab

USUAL=/etc/portsieve/policy.yaml

setup() {
	lab_up
	lab_own_etc
	GOOD=$(policy '{version: 1, default: drop, rules: [{name: web, action: allow, ports: tcp/80}]}')
	OTHER=$(policy '{version: 1, default: drop, rules: [{name: other, action: allow, ports: tcp/81}]}')
	echo tcp 80 60 | python3 "$LAB_ROOT/tests/lib/write_capture.py" pcap "$BATS_TEST_TMPDIR/capture"
}

teardown() {
	rm -rf /etc/portsieve
	lab_down
}

source_of() {
	in_server portsieve status to_client -j | jq -r '.devices[0].policy.source'
}

# usual FILE: copies it to /etc/portsieve/policy.yaml.
usual() {
	install -D -m 644 "$1" $USUAL
}

@test "load takes /etc/portsieve/policy.yaml if it exists and no policy is named" {
	in_server portsieve load to_client
	equal null "$(source_of)" # counts only
	in_server portsieve unload to_client
	usual "$GOOD"
	in_server portsieve load to_client
	equal $USUAL "$(source_of)"
	in_server portsieve show | grep -q web
	in_server portsieve unload to_client
	in_server portsieve load to_client -p "$OTHER"
	equal "$OTHER" "$(source_of)"
}

@test "load --no-policy only counts, even if /etc/portsieve/policy.yaml exists" {
	usual "$GOOD"
	in_server portsieve load to_client --no-policy
	equal null "$(source_of)"
	refused 2 "load: give --policy or --no-policy, not both" in_server portsieve load lo --no-policy -p "$GOOD"
}

@test "a broken /etc/portsieve/policy.yaml is an error, not ignored" {
	mkdir -p /etc/portsieve
	ln -s /nowhere $USUAL
	refused 2 "cannot read the policy $USUAL: No such file" in_server portsieve load to_client
	rm $USUAL
	echo 'version: 2' >$USUAL
	refused 2 "$USUAL:1:" in_server portsieve load to_client
	equal "" "$(pins)"
}

@test "apply takes /etc/portsieve/policy.yaml if no policy is named" {
	in_server portsieve load to_client -p "$OTHER"
	refused 2 "apply: POLICY is missing, and there is no $USUAL; see: portsieve apply --help" in_server portsieve apply
	usual "$GOOD"
	in_server portsieve apply
	equal $USUAL "$(source_of)"
	in_server portsieve apply "$OTHER"
	in_server portsieve apply --dev to_client
	equal $USUAL "$(source_of)"
}

@test "the error explains a device given instead of the policy" {
	in_server portsieve load to_client -p "$OTHER"
	refused 2 "there is no policy file 'to_client'; name the policy before the devices" in_server portsieve apply to_client
	usual "$GOOD"
	refused 2 "name the policy before the devices; to apply $USUAL: portsieve apply --dev to_client" \
		in_server portsieve apply to_client
	equal "$OTHER" "$(source_of)"
	cp "$GOOD" "$BATS_TEST_TMPDIR/to_client" # a file of the device's name is a file
	in_server bash -c 'cd "$1" && exec portsieve apply to_client' bash "$BATS_TEST_TMPDIR"
	equal "$BATS_TEST_TMPDIR/to_client" "$(source_of)"
}

@test "a hyphen is standard input for every command that reads a policy" {
	in_server portsieve load to_client -p - <"$GOOD"
	equal "standard input" "$(source_of)"
	in_server portsieve show | grep -q web
	in_server portsieve allow tcp/9 # keeps the source
	equal "standard input" "$(source_of)"
	cat "$OTHER" | in_server portsieve apply -
	in_server portsieve show | grep -q other
	[[ $(portsieve check - <"$GOOD") == "standard input: OK: 1 rule, "* ]]
	[[ $(in_server portsieve diff - <"$GOOD") == *"tcp/81"* ]]
	[[ $(in_server portsieve explain 'tcp 192.0.2.1:9 > 192.0.2.2:80' -p - <"$GOOD") == *"rule 'web'"* ]]
	portsieve replay "$BATS_TEST_TMPDIR/capture" -p - <"$GOOD"
	portsieve replay - -p "$GOOD" <"$BATS_TEST_TMPDIR/capture"
}

@test "errors name standard input, and it is read only once" {
	refused 2 "standard input:2:1: unknown key 'defalt' in the policy (did you mean 'default'?)" portsieve check - <<<'version: 1
defalt: drop'
	refused 2 "standard input is empty" bash -c ': | portsieve check -'
	refused 2 "replay: standard input cannot be both the capture and the policy" portsieve replay - -p - <"$GOOD"
	refused 2 "standard input is empty" portsieve replay - -p "$GOOD" </dev/null
	refused 2 "standard input is not a capture" portsieve replay - -p "$GOOD" <"$GOOD"
}

@test "a file named - can be named with its folder" {
	cp "$GOOD" "$BATS_TEST_TMPDIR/-"
	[[ $(cd "$BATS_TEST_TMPDIR" && portsieve check ./- </dev/null) == "./-: OK:"* ]]
}

# by_others MODE OWNER WORDS: load and apply refuse GOOD, check warns, and all say this.
by_others() {
	chmod "$1" "$GOOD"
	chown "$2" "$GOOD"
	refused 2 "$3" in_server portsieve load lo -p "$GOOD" --mode generic
	refused 2 "$3" in_server portsieve apply "$GOOD"
	run --separate-stderr -0 portsieve check "$GOOD"
	[[ $stderr == *"warning: $3"* ]] && [[ $output == *"; 1 warning" ]]
}

@test "a policy that others can write is refused, with the command that fixes it" {
	in_server portsieve load to_client -p "$OTHER"
	sed -i 's/}$/, return: socket}/' "$GOOD"
	local mode
	for mode in 0664 0646 0666 2664; do
		by_others $mode root "$GOOD can be changed by other users (mode $mode); first: chmod go-w $GOOD"
	done
	by_others 644 65534 "$GOOD belongs to another user (uid 65534), who can change it; first: chown root $GOOD"
	by_others 400 65534 "$GOOD belongs to another user (uid 65534), who can change it; first: chown root $GOOD"
	equal "$OTHER" "$(source_of)"
	chown root "$GOOD" # the command that the message gives is right
	in_server portsieve apply "$GOOD"
	# commands that change nothing read it
	chown 65534 "$GOOD"
	in_server portsieve diff "$GOOD"
	in_server portsieve explain 'tcp 192.0.2.1:9 > 192.0.2.2:80' -p "$GOOD"
}

@test "the caller behind sudo may own the policy, other users may not" {
	in_server portsieve load to_client -p "$OTHER"
	chown 1234 "$GOOD"
	in_server env SUDO_UID=1234 portsieve apply "$GOOD"
	local uid
	for uid in 1235 "" x 1234x; do
		refused 2 "belongs to another user (uid 1234)" in_server env SUDO_UID="$uid" portsieve apply "$GOOD"
	done
}

@test "pipes and standard input belong to the caller" {
	chmod 666 "$GOOD"
	in_server portsieve load to_client -p - <"$GOOD"
	in_server portsieve apply <(cat "$GOOD")
}

@test "failsafe rules and the usual policy that others can write are refused too" {
	usual "$GOOD"
	chmod 664 $USUAL
	refused 2 "$USUAL can be changed by other users (mode 0664)" in_server portsieve load to_client
	chmod 644 $USUAL
	failsafe '{version: 1, rules: [{name: admin, action: allow, ports: tcp/22, from: 10.0.0.0/8}]}'
	chmod 666 /etc/portsieve/failsafe.yaml
	refused 2 "/etc/portsieve/failsafe.yaml can be changed by other users (mode 0666)" \
		in_server portsieve load to_client -p "$GOOD"
	equal "" "$(pins)"
}
