#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Several devices, several namespaces, several writers: which devices share a policy, and which must not.
bats_require_minimum_version 1.5.0
load ../lib/lab

DROP='version: 1
default: drop
rules: [{name: web, action: allow, ports: tcp/80}]'
ALLOW='version: 1
default: allow
rules: [{name: telnet, action: drop, ports: tcp/23}]'

# The server has a second device, to_lan, whose other end is in the namespace lan.
setup() {
	lab_up
	lab_namespace lan
	lab_veth server to_lan lan to_server
	lab_address server to_lan 198.51.100.2/24 2001:db8:1::2/64
	lab_address lan to_server 198.51.100.1/24 2001:db8:1::1/64
}

teardown() {
	lab_down
}

# field PATH: the field of each device's status, one word each.
field() {
	in_server portsieve status -j | jq -r "[.devices | sort_by(.device) | .[] | $1] | join(\" \")"
}

@test "devices loaded with the same policy share it, and each has its own counters" {
	local file slots
	file=$(policy "$DROP")
	in_server portsieve load to_client -p "$file"
	in_server portsieve load to_lan -p "$file"
	slots=$(field .policy_slot_id)
	equal "${slots% *}" "${slots#* }"
	in_client flood to_server --protocol tcp --port 80 --count 100
	in_namespace lan flood to_server --protocol tcp --port 80 --count 7
	in_server received to_client
	in_server received to_lan
	equal "100 0" "$(row web)"
	equal "7 0" "$(row web tcp to_lan)"
	sum_matches to_client
	sum_matches to_lan
}

@test "devices loaded by one command share their policy" {
	in_server portsieve load to_client to_lan -p "$(policy "$DROP")"
	local slots
	slots=$(field .policy_slot_id)
	equal "${slots% *}" "${slots#* }"
}

@test "devices loaded with different policies do not share them" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	in_server portsieve load to_lan -p "$(policy "$ALLOW")"
	local slots
	slots=$(field .policy_slot_id)
	[ "${slots% *}" != "${slots#* }" ]
	equal "drop allow" "$(field .policy.default)"
	refused 2 "several policies are loaded; name a device: portsieve show DEV" in_server portsieve show
	in_server portsieve show to_lan | grep -q telnet
}

@test "policies that differ only by an ended runtime rule count as one" {
	in_server portsieve load to_client to_lan -p "$(policy "$DROP")"
	in_server portsieve allow tcp/5 --for 10 --dev to_client
	refused 2 "several policies are loaded; name a device: portsieve show DEV" in_server portsieve show
	within 20 in_server portsieve show
	equal "to_client to_lan" "$(in_server portsieve show -j | jq -r '[.devices[].device] | sort | join(" ")')"
	in_server portsieve diff "$(policy "$DROP")" | grep -q "changes nothing on to_client, to_lan"
	in_server portsieve explain 'tcp 192.0.2.7:1 > 192.0.2.2:5' | grep -q ^drop
}

@test "one apply changes all devices by one update of their shared slot" {
	local slots updates
	in_server portsieve load to_client to_lan -p "$(policy "$DROP")"
	slots=$(field .policy_slot_id)
	serve_web server 8080
	run -28 fetch client $SERVER4 8080 1
	run -28 fetch lan 198.51.100.2 8080 1
	in_server strace -f -qq -o "$BATS_TEST_TMPDIR/calls" -e trace=bpf portsieve apply "$(policy "$ALLOW")"
	fetch client $SERVER4 8080
	fetch lan 198.51.100.2 8080
	fetch lan 2001:db8:1::2 8080
	equal "allow allow" "$(field .policy.default)"
	equal "$slots" "$(field .policy_slot_id)"
	# one update fills the image, one its text; the third is the commit
	updates=$(grep -c '^[0-9 ]*bpf(BPF_MAP_UPDATE_ELEM' "$BATS_TEST_TMPDIR/calls")
	equal 3 "$updates"
}

@test "apply --dev separates a device from the others, and its counters continue" {
	in_server portsieve load to_client to_lan -p "$(policy "$DROP")"
	in_namespace lan flood to_server --protocol tcp --port 80 --count 7
	in_server received to_lan
	in_server portsieve apply "$(policy "version: 1
default: allow
rules: [{name: web, action: allow, ports: tcp/80}]")" --dev to_lan
	equal "drop allow" "$(field .policy.default)"
	equal "7 0" "$(row web tcp to_lan)"
	local slots
	slots=$(field .policy_slot_id)
	[ "${slots% *}" != "${slots#* }" ]
	serve_web server 8080
	run -28 fetch client $SERVER4 8080 1
	fetch lan 198.51.100.2 8080
	sum_matches to_lan
	# from here on they change separately
	in_server portsieve apply "$(policy "$ALLOW")" --dev to_client
	fetch client $SERVER4 8080
	in_server portsieve unload --all
	equal "" "$(pins)"
}

@test "unloading one device does not change the other" {
	in_server portsieve load to_client to_lan -p "$(policy "$DROP")"
	in_server portsieve unload to_lan
	equal to_client "$(field .device)"
	equal "" "$(xdp_of server to_lan)"
	in_client flood to_server --protocol tcp --port 81 --count 10
	in_server received to_client
	equal "0 10" "$(row _system tcp)"
	in_server portsieve apply "$(policy "$ALLOW")"
	equal allow "$(field .policy.default)"
}

@test "unload --all unloads every device of this namespace and of no other" {
	in_server portsieve load to_client to_lan
	in_client portsieve load to_server
	in_server portsieve unload --all
	equal "" "$(xdp_of server to_client)$(xdp_of server to_lan)"
	equal to_server "$(in_client portsieve status -j | jq -r '.devices[].device')"
	in_client portsieve unload --all
	equal "" "$(pins)"
}

@test "if one of several devices cannot be loaded, the others are, and the status is 5" {
	refused 5 "the driver of lo refuses XDP in native mode" in_server portsieve load to_client lo to_lan
	equal "to_client to_lan" "$(field .device)"
	refused 1 "the driver of lo refuses XDP in native mode" in_server portsieve load lo
}

@test "load and unload report the result for each device in JSON" {
	run --separate-stderr -5 in_server portsieve load to_client lo to_lan -j
	equal "to_client loaded, lo failed, to_lan loaded" \
		"$(jq -r '[.devices[] | "\(.device) \(.result)"] | join(", ")' <<<"$output")"
	equal '[{"device":"to_lan","result":"unloaded"}]' "$(in_server portsieve unload to_lan --json | jq -c .devices)"
	equal '[{"device":"to_client","result":"unloaded"}]' "$(in_server portsieve unload --all -j | jq -c .devices)"
	equal "" "$(in_server portsieve load lo --mode auto 2>/dev/null)"
}

@test "two namespaces with the same interface index do not collide" {
	lab_namespace one two
	in_namespace one ip link add twin index 4242 type veth peer name other
	in_namespace two ip link add twin index 4242 type veth peer name other
	in_namespace one portsieve load twin -p "$(policy "$DROP")"
	refused 3 "nothing is loaded" in_namespace two portsieve status
	in_namespace two portsieve load twin -p "$(policy "$ALLOW")"
	in_namespace one portsieve show | grep -q 'default: drop'
	in_namespace two portsieve show | grep -q 'default: allow'
	equal 4242 "$(in_namespace one portsieve status -j | jq '.devices[].ifindex')"
	equal 4242 "$(in_namespace two portsieve status -j | jq '.devices[].ifindex')"
	in_namespace one portsieve unload twin
	in_namespace two portsieve show | grep -q 'default: allow'
	[ -n "$(xdp_of two twin)" ]
	in_namespace two portsieve unload twin
	equal "" "$(pins)"
}

@test "two writers at once both succeed, and one of their policies is in force" {
	local drop allow shown n first second
	drop=$(policy "$DROP") allow=$(policy "$ALLOW")
	in_server portsieve load to_client to_lan -p "$drop"
	for ((n = 0; n < 20; n++)); do
		in_server portsieve apply "$drop" 3>&- &
		first=$!
		in_server portsieve apply "$allow" 3>&- &
		second=$!
		wait $first
		wait $second
		shown=$(in_server portsieve show)
		case $shown in
		*"default: drop"*web*) [[ $shown != *telnet* ]] ;;
		*"default: allow"*telnet*) [[ $shown != *web* ]] ;;
		*) false ;;
		esac
		equal 1 "$(in_server portsieve status -j |
			jq '[.devices[] | [.policy.sha256, .policy.default, .rules]] | unique | length')"
	done
	sum_matches
}

@test "a reader during a write sees a consistent policy" {
	local drop allow n writer
	drop=$(policy "$DROP") allow=$(policy "$ALLOW")
	in_server portsieve load to_client -p "$drop"
	for ((n = 0; n < 20; n++)); do
		in_server portsieve apply "$allow" && in_server portsieve apply "$drop"
	done 3>&- &
	writer=$!
	for ((n = 0; n < 60; n++)); do
		in_server portsieve stats -j | jq -e '.devices[0] | [.policy.default, (.ranges[0].rule)]
			| . == ["drop", "web"] or . == ["allow", "telnet"]'
	done
	wait $writer
}

@test "two loads of one device at once: one succeeds, the other reports it as loaded" {
	local n codes first second
	for ((n = 0; n < 5; n++)); do
		in_server portsieve load to_client 3>&- 2>"$BATS_TEST_TMPDIR/one" &
		first=$!
		in_server portsieve load to_client 3>&- 2>"$BATS_TEST_TMPDIR/two" &
		second=$!
		codes=0
		wait $first || codes=$?
		wait $second || codes+=$?
		[[ $codes == 1 || $codes == 01 ]]
		grep -q "loaded already" "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/two"
		in_server portsieve unload to_client
	done
}

# The kernel takes any bytes except blanks, '/' and ':'.
@test "no command prints the control characters of a device's name" {
	local file said=$BATS_TEST_TMPDIR/said json=$BATS_TEST_TMPDIR/json name command
	file=$(policy "$DROP")
	for name in $'\e[31mred' $'bell\a\b' $'del\x7f' $'csi\xc2\x9b31m' $'bytes\xff\xc3' $'\u202etfel'; do
		in_server ip link set to_lan down
		in_server ip link set to_lan name "$name"
		in_server ip link set "$name" up
		{
			in_server portsieve load "$name" to_client -p "$file" -j >"$json"
			! in_server portsieve load "$name"
			for command in status stats "diff $file" "upgrade --all"; do
				# shellcheck disable=SC2086
				in_server portsieve $command
			done
			in_server portsieve stats "$name"
			in_server portsieve explain "icmp 192.0.2.7 > 198.51.100.1" --dev "$name"
			for command in status stats show "diff $file"; do
				# shellcheck disable=SC2086
				in_server portsieve $command -j >>"$json"
			done
			in_server portsieve apply "$(policy "$ALLOW")" --confirm 60
			! in_server portsieve apply "$file" --dev "$name"
			in_server portsieve status
			in_server portsieve confirm -j >>"$json"
			in_server portsieve allow tcp/99 --for 60s -j >>"$json"
			in_server portsieve drop udp/99 --dev "$name" --name more
			! in_server portsieve show
			mv "$(find /sys/fs/bpf/portsieve -name 'text_*' | head -n 1)" /sys/fs/bpf/portsieve/text
			! in_server portsieve status
			rm /sys/fs/bpf/portsieve/text
			! in_server portsieve apply "$file"
			in_server portsieve unload "$name" to_client -j >>"$json"
			! in_server portsieve unload "$name"
			! in_server portsieve load "$name" --mode native --attach dispatcher
		} >"$said" 2>&1
		cat -v "$said" "$json"
		run ! env LC_ALL=C grep -aP '[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80\xae' "$said" "$json"
		iconv -f UTF-8 -t UTF-8 "$said" >/dev/null
		iconv -f UTF-8 -t UTF-8 "$json" | jq -es 'length == 8'
		in_server ip link set "$name" down
		in_server ip link set "$name" name to_lan
	done
}
