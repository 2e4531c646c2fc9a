#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# State that is not as a command left it: interfaces that moved or disappeared, incomplete pinned state, foreign
# folders. What is reported and repaired, and that one such interface does not hide others.
bats_require_minimum_version 1.5.0
load ../lib/lab

# The server's devices are to_client, to_lan and to_dmz.
setup() {
	lab_up
	lab_namespace lan dmz
	lab_veth server to_lan lan to_server
	lab_veth server to_dmz dmz to_server
	DROP=$(policy '{version: 1, default: drop, rules: [{name: web, action: allow, ports: udp/80}]}')
	ALLOW=$(policy '{version: 1, default: allow, rules: [{name: telnet, action: drop, ports: udp/23}]}')
}

teardown() {
	mount -o remount,rw /sys/fs/bpf
	umount "$BATS_TEST_TMPDIR/full" 2>/dev/null || true
	lab_down
}

# field DEVICE PATH: the field of the device's status.
field() {
	in_server portsieve status -j | jq -r --arg device "$1" ".devices[] | select(.device == \$device) | $2"
}

# verdict NAMESPACE DEVICE PORT: `passed` or `dropped`: a packet from the namespace to that device.
verdict() {
	local path='.devices[] | select(.device == $device) | [.ranges[], .reasons[], .retired]' before after
	before=$(in_server portsieve stats -j | jq --arg device "$2" "$path | map(.passed.packets) | add")
	in_namespace "$1" flood to_server --protocol udp --port "$3" --count 10 >&2
	sleep 0.05
	after=$(in_server portsieve stats -j | jq --arg device "$2" "$path | map(.passed.packets) | add")
	[ $((after - before)) -ge 10 ] && echo passed || echo dropped
}

udp_packets() {
	in_server awk '/^Udp: [0-9]/ { print $3 + $4 }' /proc/net/snmp
}

# passed_from NAMESPACE PORT: how many of 10 packets reach the UDP stack, independent of portsieve's counters.
passed_from() {
	local before
	before=$(udp_packets)
	in_namespace "$1" flood to_server --protocol udp --port "$2" --count 10 >&2
	sleep 0.1
	echo $(($(udp_packets) - before))
}

@test "an interface moved to another namespace is shown as moved away and stays filtered" {
	in_server portsieve load to_client to_lan -p "$DROP"
	local moved
	moved=$(index to_lan)
	lab_namespace away
	in_server ip link set to_lan netns away
	in_namespace away ip link set to_lan up
	run -0 in_server portsieve status
	[[ $output == *"(index $moved, moved away)"* && $output == *to_client* ]]
	equal "false true" "$(in_server portsieve status -j | jq -r '[.devices[].moved_away] | join(" ")')"
	[ -n "$(xdp_of away to_lan)" ]
	equal dropped "$(verdict lan "" 23)"
	equal passed "$(verdict lan "" 80)"
	# it still shares the policy
	in_server portsieve apply "$ALLOW"
	equal passed "$(verdict lan "" 80)"
	equal dropped "$(verdict lan "" 23)"
	refused 3 "no interface 'to_lan'" in_server portsieve stats to_lan
	in_server portsieve unload --all
	equal "" "$(xdp_of away to_lan)$(pins)"
}

@test "an interface that reuses the index of one that moved away is not mistaken for it" {
	in_server portsieve load to_lan -p "$DROP"
	local moved
	moved=$(index to_lan)
	lab_namespace away
	in_server ip link set to_lan netns away
	in_namespace away ip link set to_lan up
	in_server ip link add twin index "$moved" type veth peer name other
	refused 3 "twin is not loaded" in_server portsieve stats twin
	refused 3 "twin is not loaded" in_server portsieve status twin
	refused 3 "twin is not loaded" in_server portsieve show twin
	refused 3 "twin is not loaded" in_server portsieve apply "$ALLOW" --dev twin
	refused 3 "twin is not loaded" in_server portsieve unload twin
	refused 1 "twin has ifindex $moved, which belonged to an interface that has moved to another network namespace" \
		in_server portsieve load twin
	equal "" "$(xdp_of server twin)"
	equal dropped "$(verdict lan "" 23)"
	# the command in the message helps
	in_server portsieve unload --all
	equal "" "$(xdp_of away to_lan)$(pins)"
	in_server portsieve load twin
	equal "$(xdp_of server twin)" "$(field twin .program_id)"
}

@test "a device whose pinned state is incomplete is named and does not hide others" {
	local pin
	for pin in program image; do
		in_server portsieve load to_client to_lan -p "$DROP"
		rm "$(pins_of to_lan)/${pin}"_*
		says 5 "to_lan (index $(index to_lan)): its pinned state is incomplete" in_server portsieve status
		[[ $output == *to_client* && $output != *to_lan* ]]
		says 5 "to_lan" in_server portsieve stats -j
		equal to_client "$(jq -r '.devices[].device' <<<"$output")"
		says 1 "its pinned state is incomplete" in_server portsieve status to_lan
		says 1 "its pinned state is incomplete" in_server portsieve stats to_lan -j
		in_server portsieve stats to_client
		says 5 "to_lan: its pinned state is incomplete" in_server portsieve show -j
		equal '["to_client"]' "$(jq -c '[.devices[].device]' <<<"$output")"
		says 5 "to_lan: its pinned state is incomplete" in_server portsieve diff "$DROP"
		equal "$DROP changes nothing on to_client" "${output%$'\n'}"
		refused 5 "to_lan: its pinned state is incomplete" in_server portsieve apply "$ALLOW"
		equal passed "$(verdict client to_client 80)"
		refused 1 "to_lan: its pinned state is incomplete" in_server portsieve apply "$DROP" --dev to_lan
		refused 1 "pinned state" in_server portsieve load to_lan
		in_server portsieve unload to_lan
		equal "" "$(xdp_of server to_lan)"
		in_server portsieve load to_lan -p "$DROP"
		equal dropped "$(verdict lan to_lan 23)"
		equal passed "$(verdict client to_client 80)"
		in_server portsieve unload --all
		equal "" "$(pins)"
	done
}

@test "when the only device's pinned state is incomplete, the status is 1, and unload --all removes it" {
	in_server portsieve load to_lan -p "$DROP"
	rm "$(pins_of to_lan)"/text_*
	says 1 "to_lan (index $(index to_lan)): its pinned state is incomplete" in_server portsieve status
	says 1 "its pinned state is incomplete" in_server portsieve stats
	refused 1 "its pinned state is incomplete" in_server portsieve apply "$DROP"
	refused 1 "is incomplete" in_server portsieve show
	in_server portsieve unload --all
	equal "" "$(xdp_of server to_lan)$(pins)"
}

@test "after a detached program the next writer says NOT FILTERED and removes the pins" {
	local folder
	in_server portsieve load to_client to_lan -p "$DROP"
	folder=$(pins_of to_lan)
	bpftool link detach pinned "$folder/link"
	equal to_client "$(in_server portsieve status -j | jq -r '.devices[].device')"
	refused 3 "to_lan is not loaded" in_server portsieve stats to_lan
	says 0 "cleaned up stale state of ifindex $(index to_lan): its program was detached; the interface is NOT FILTERED now" \
		in_server portsieve apply "$ALLOW"
	[ ! -e "$folder" ]
	run --separate-stderr -0 in_server portsieve load to_lan --attach link
	equal "portsieve: to_lan: loaded (native, link): counts only, drops nothing" "$stderr"
}

@test "the next writer reports a deleted interface as gone and removes its pins" {
	local folder number
	in_server portsieve load to_client to_lan -p "$DROP"
	folder=$(pins_of to_lan) number=$(index to_lan)
	in_server ip link delete to_lan
	equal to_client "$(in_server portsieve status -j | jq -r '.devices[].device')"
	says 0 "cleaned up stale state of ifindex $number: the interface was deleted" \
		in_server portsieve apply "$ALLOW"
	[ ! -e "$folder" ]
}

@test "a renamed device keeps its filter and is found by its new name only" {
	in_server portsieve load to_lan -p "$DROP"
	in_server ip link set to_lan down
	in_server ip link set to_lan name uplink
	in_server ip link set uplink up
	equal dropped "$(verdict lan uplink 23)"
	refused 3 "no interface 'to_lan'" in_server portsieve stats to_lan
	in_server portsieve apply "$ALLOW" --dev uplink
	equal passed "$(verdict lan uplink 80)"
	in_server portsieve unload uplink
	equal "" "$(xdp_of server uplink)$(pins)"
}

@test "two of three devices that share a policy change together; the third keeps policy and counters" {
	in_server portsieve load to_client to_lan to_dmz -p "$DROP"
	in_namespace dmz flood to_server --protocol udp --port 80 --count 7
	in_namespace lan flood to_server --protocol udp --port 80 --count 5
	in_server received to_dmz
	in_server received to_lan
	local slot
	slot=$(field to_dmz .policy_slot_id)
	in_server portsieve apply "$ALLOW" --dev to_client --dev to_lan
	equal "$(field to_client .policy_slot_id)" "$(field to_lan .policy_slot_id)"
	equal "$slot" "$(field to_dmz .policy_slot_id)"
	[ "$slot" != "$(field to_lan .policy_slot_id)" ]
	equal "allow allow drop" "$(field to_client .policy.default) $(field to_lan .policy.default) $(field to_dmz .policy.default)"
	equal "7 0" "$(row web udp to_dmz)"
	equal "5 0" "$(row retired "" to_lan)"
	refused 2 "name a device" in_server portsieve show
	# the same policy on all devices again, in two slots
	in_server portsieve apply "$DROP"
	in_server portsieve show | grep -q 'default: drop'
	equal "7 0" "$(row web udp to_dmz)"
	equal "drop drop drop" "$(field to_client .policy.default) $(field to_lan .policy.default) $(field to_dmz .policy.default)"
	# and on a single one
	in_server portsieve apply "$ALLOW" --dev to_client
	equal "allow drop drop" "$(field to_client .policy.default) $(field to_lan .policy.default) $(field to_dmz .policy.default)"
	equal passed "$(verdict lan to_lan 80)"
	equal dropped "$(verdict lan to_lan 9)"
	equal passed "$(verdict client to_client 9)"
	in_server portsieve unload --all
	equal "" "$(pins)"
}

@test "a device whose pinned state is incomplete is not changed by what is done to another that shares its policy" {
	in_server portsieve load to_client to_lan -p "$DROP"
	rm "$(find /sys/fs/bpf/portsieve -path "*/$(index to_lan)/text_*")"
	in_server portsieve apply "$ALLOW" --dev to_client
	equal passed "$(verdict client to_client 9)"
	equal 0 "$(passed_from lan 9)"
	run -5 in_server portsieve apply "$ALLOW"
	equal 0 "$(passed_from lan 9)"
	equal 10 "$(passed_from client 9)"
	in_server portsieve unload --all
	equal "" "$(pins)"
}

@test "while a device is changed repeatedly, no read fails and no sum goes backwards" {
	local n reader
	in_server portsieve load to_client to_lan -p "$DROP"
	start client flood to_server --protocol udp --ports 20-100 --seconds 20
	until [ -e "$BATS_TEST_TMPDIR/stop" ]; do
		in_server portsieve stats to_client -j || echo failed
	done >"$BATS_TEST_TMPDIR/read" 2>&1 3>&- &
	reader=$!
	for ((n = 0; n < 10; n++)); do
		in_server portsieve apply "$ALLOW" --dev to_client
		in_server portsieve apply "$DROP" --dev to_client
	done
	touch "$BATS_TEST_TMPDIR/stop"
	wait $reader
	lab_stop
	jq -se '(length > 10) and all(.devices | length == 1)' "$BATS_TEST_TMPDIR/read"
	jq -s 'map([.devices[0] | (.ranges[], .reasons[], .retired) | .passed.packets + .dropped.packets + .would_drop.packets] | add)
		| {reads: length, first: .[0], last: .[-1], backwards: [range(1; length) as $n | select(.[$n] < .[$n - 1])] | length}' \
		"$BATS_TEST_TMPDIR/read" | tee "$BATS_TEST_TMPDIR/sums"
	jq -e '.backwards == 0 and .last > .first' "$BATS_TEST_TMPDIR/sums"
	within 5 sum_matches to_client
}

# set_generation DEVICE NUMBER: sets the counters' generation on the first CPU. bpftool would set it on every CPU.
set_generation() {
	python3 -c 'import ctypes, os, struct, sys
libc = ctypes.CDLL(None, use_errno=True)
def bpf(command, form, *values):
    attr = struct.pack(form, *values).ljust(128, b"\0")
    r = libc.syscall({"x86_64": 321}.get(os.uname().machine, 280), command, attr, len(attr))
    assert r >= 0, os.strerror(ctypes.get_errno())
    return r
path = ctypes.create_string_buffer(sys.argv[1].encode())
fd = bpf(7, "=QI", ctypes.addressof(path), 0)
key = ctypes.create_string_buffer(struct.pack("=I", 46))
value = ctypes.create_string_buffer(struct.pack("=Q", int(sys.argv[2])), 40 * 1024)
bpf(2, "=IIQQQ", fd, 0, ctypes.addressof(key), ctypes.addressof(value), 0)' "$(pins_of "$1")/counters" "$2"
}

@test "counters that a writer left half-changed are not read, and the next writer repairs them" {
	in_server portsieve load to_client -p "$DROP"
	in_client flood to_server --protocol udp --port 80 --count 7
	in_server received to_client
	set_generation to_client 2
	equal "7 0" "$(row web udp)"
	set_generation to_client 1
	refused 1 "the policy changes faster than it can be read; try again" in_server portsieve stats
	refused 1 "the policy changes faster than it can be read; try again" in_server portsieve status
	in_server portsieve show | grep -q web
	in_server portsieve apply "$DROP"
	equal "7 0" "$(row web udp)"
	# any writer repairs them, even one for another device
	set_generation to_client 5
	in_server portsieve load to_lan
	equal "7 0" "$(row web udp)"
}

@test "a pin directory that belongs to another user or is writable by others is refused" {
	local owner words before
	in_server portsieve load to_client -p "$DROP"
	before=$(xdp_of server to_client; find /sys/fs/bpf/portsieve/* | sort)
	for owner in "65534:0 700 65534" "0:0 770 0" "0:0 702 0" "65534:65534 777 65534"; do
		# shellcheck disable=SC2086
		set -- $owner
		chown "$1" /sys/fs/bpf/portsieve
		chmod "$2" /sys/fs/bpf/portsieve
		for words in status stats show "apply $ALLOW" "load to_lan" "unload --all"; do
			# shellcheck disable=SC2086
			refused 4 "/sys/fs/bpf/portsieve belongs to user $3 with mode $2" in_server portsieve $words
		done
	done
	chown 0:0 /sys/fs/bpf/portsieve
	chmod 700 /sys/fs/bpf/portsieve
	equal "$before" "$(xdp_of server to_client; find /sys/fs/bpf/portsieve/* | sort)"
	in_server portsieve apply "$ALLOW"
}

@test "apply accepts the output of show for a device without a policy, and drops nothing" {
	in_server portsieve load to_client
	in_server portsieve show >"$BATS_TEST_TMPDIR/shown.yaml"
	portsieve check "$BATS_TEST_TMPDIR/shown.yaml"
	in_server portsieve apply "$BATS_TEST_TMPDIR/shown.yaml"
	in_client flood to_server --protocol udp --ports 0-65535 --count 2000
	in_client flood to_server --protocol tcp --ports 0-65535 --count 2000
	in_client flood to_server --protocol sctp --ports 0-65535 --count 2000 --ipv6
	in_server received to_client
	equal 0 "$(in_server portsieve stats -j | jq '[.devices[0] | (.ranges[], .reasons[], .retired) | .dropped.packets] | add')"
	[ "$(sum)" -ge 6000 ]
	in_server portsieve show | diff - <(grep -v '^#' "$BATS_TEST_TMPDIR/shown.yaml")
}

@test "a policy's path with a newline or invalid UTF-8 breaks neither table nor JSON" {
	local name path
	for name in $'new\nline.yaml' $'latin\xff.yaml' $'\t\e[31m"\\.yaml' $'\xc3'; do
		path=$BATS_TEST_TMPDIR/$name
		cp "$DROP" "$path"
		in_server portsieve load to_lan -p "$path"
		in_server portsieve status >"$BATS_TEST_TMPDIR/table"
		cat -v "$BATS_TEST_TMPDIR/table"
		# heading and device, its policy, drift
		equal "2 1 2" "$(awk -v RS= '{ print split($0, lines, "\n") }' ORS=' ' "$BATS_TEST_TMPDIR/table" | sed 's/ $//')"
		run ! grep -aP '[\x01-\x08\x0b-\x1f\x7f]' "$BATS_TEST_TMPDIR/table"
		iconv -f UTF-8 -t UTF-8 "$BATS_TEST_TMPDIR/table" >/dev/null
		in_server portsieve stats >"$BATS_TEST_TMPDIR/table"
		run ! grep -aP '[\x01-\x08\x0b-\x1f\x7f]' "$BATS_TEST_TMPDIR/table"
		[[ $(head -n 1 "$BATS_TEST_TMPDIR/table") == to_lan*"default drop"* ]]
		in_server portsieve status -j >"$BATS_TEST_TMPDIR/json"
		iconv -f UTF-8 -t UTF-8 "$BATS_TEST_TMPDIR/json" | jq -e '.devices[0].policy.source | length > 3'
		in_server portsieve stats -j | iconv -f UTF-8 -t UTF-8 | jq -e '.devices[0].policy.source'
		in_server portsieve unload to_lan
	done
}

# The reader is stopped between reading the link and querying the interface, the writer between its commit and
# the removal of the old pins.
@test "a device whose program is being replaced is not shown as moved away" {
	in_server portsieve load to_client to_lan -p "$DROP"
	in_server strace -qq -o /dev/null -e trace=sendto -e inject=sendto:delay_enter=1500000:when=1 \
		portsieve stats to_client -j >"$BATS_TEST_TMPDIR/read" 3>&- &
	local reader=$!
	sleep 0.4
	in_server strace -qq -o /dev/null -e trace=unlinkat -e inject=unlinkat:delay_enter=2000000:when=1 \
		portsieve apply "$ALLOW" --dev to_client
	wait $reader
	jq -e '.devices[0] | .device == "to_client"' "$BATS_TEST_TMPDIR/read"
}

@test "a foreign map under the name of a pin of ours is not read: the pinned state is incomplete, and the filter goes on" {
	local pin name folder addresses
	addresses=$(policy '{version: 1, default: drop, rules: [{name: web, action: allow, ports: udp/80, from: [0.0.0.0/0]}]}')
	for pin in counters program image text trie4 active prefixes4; do
		in_server portsieve load to_client to_lan -p "$addresses"
		folder=$(pins_of to_lan)
		name=$(basename "$folder/$pin"*)
		rm "$folder/$name"
		# with larger values than ours, on each CPU
		bpftool map create "$folder/$name" type percpu_array key 4 value 32768 entries 2 name foreign
		says 5 "to_lan (index $(index to_lan)): its pinned state is incomplete" in_server portsieve status
		refused 1 "is incomplete" in_server portsieve show to_lan
		refused 5 "to_lan: its pinned state is incomplete" in_server portsieve apply "$ALLOW"
		equal dropped "$(verdict lan to_client 23)"
		in_server portsieve unload --all
		equal "" "$(xdp_of server to_lan)$(pins)"
	done
}

not_filtered() {
	[ -z "$(xdp_of server "$1")" ]
}

@test "a foreign directory among the pins does no harm, and unload removes it too" {
	local folder
	in_server portsieve load to_lan -p "$DROP"
	folder=$(pins_of to_lan)
	mkdir -p "$folder/foreign/inner" /sys/fs/bpf/portsieve/foreign
	local count
	count=$(pins | wc -l)
	in_server portsieve apply "$ALLOW"
	in_server portsieve apply "$DROP"
	equal "$count" "$(pins | wc -l)"
	in_server portsieve unload to_lan
	equal "" "$(xdp_of server to_lan)"
	[ ! -e "$folder" ]
	refused 3 "nothing is loaded" in_server portsieve status
	rmdir /sys/fs/bpf/portsieve/foreign /sys/fs/bpf/portsieve
	equal "" "$(pins)"
}

@test "something else in place of the pin directory is named" {
	bpftool map create /sys/fs/bpf/portsieve type array key 4 value 4 entries 1 name foreign
	refused 1 "/sys/fs/bpf/portsieve is not a directory; remove it" in_server portsieve load to_lan -p "$DROP"
	equal "" "$(xdp_of server to_lan)"
	rm /sys/fs/bpf/portsieve
	in_server portsieve load to_lan -p "$DROP"
}

@test "a read-only bpffs: the filter stays, every command names the cause, and afterwards all works" {
	local words
	in_server portsieve load to_lan -p "$DROP"
	mount -o remount,ro /sys/fs/bpf
	for words in status stats show "apply $ALLOW" "allow udp/23" "upgrade to_lan" confirm "unload to_lan" "load to_client"; do
		# shellcheck disable=SC2086
		refused 1 "/sys/fs/bpf is mounted read-only" in_server portsieve $words
	done
	in_namespace lan flood to_server --protocol udp --port 23 --count 10
	in_server received to_lan
	mount -o remount,rw /sys/fs/bpf
	equal "0 10" "$(row _system udp to_lan)"
	in_server portsieve apply "$ALLOW"
	in_server portsieve unload to_lan
	equal "" "$(pins)"
}

@test "a read-only mount of a writable bpffs: readers work, writers change nothing" {
	local words shown
	in_server portsieve load to_lan -p "$DROP"
	shown=$(in_server portsieve show)
	mount -o remount,ro,bind /sys/fs/bpf
	for words in "apply $ALLOW" "allow udp/23" "upgrade to_lan" confirm "unload to_lan" "unload --all" "load to_client"; do
		# shellcheck disable=SC2086
		refused 1 "/sys/fs/bpf is mounted read-only; what is loaded keeps filtering" in_server portsieve $words
	done
	in_server portsieve status | grep -q to_lan
	equal "$shown" "$(in_server portsieve show)"
	in_namespace lan flood to_server --protocol udp --port 23 --count 10
	in_server received to_lan
	equal "0 10" "$(row _system udp to_lan)"
	mount -o remount,rw,bind /sys/fs/bpf
	in_server portsieve unload to_lan
	equal "" "$(pins)"
}

@test "unmounting the bpffs removes the filter, and every command says so" {
	in_server portsieve load to_lan -p "$DROP"
	umount -l /sys/fs/bpf
	within 5 not_filtered to_lan
	refused 1 "no bpffs at /sys/fs/bpf; mount it: mount -t bpf" in_server portsieve status
	refused 1 "no bpffs at /sys/fs/bpf" in_server portsieve apply "$ALLOW"
	refused 1 "no bpffs at /sys/fs/bpf" in_server portsieve load to_lan
	mount -t bpf bpf /sys/fs/bpf
	refused 3 "nothing is loaded" in_server portsieve status
	in_server portsieve load to_lan -p "$DROP"
	equal dropped "$(verdict lan to_lan 23)"
}

@test "a bpffs mounted over the pins: the filter stays, and load reports the interface as taken" {
	in_server portsieve load to_lan -p "$DROP"
	mount -t bpf bpf /sys/fs/bpf
	refused 3 "nothing is loaded" in_server portsieve status
	refused 1 "to_lan already carries the XDP program 'portsieve'" in_server portsieve load to_lan -p "$ALLOW"
	umount /sys/fs/bpf
	equal dropped "$(verdict lan to_lan 23)"
}

@test "an interface deleted and recreated with the same name and index is not mistaken for the old one" {
	local number
	in_server portsieve load to_lan -p "$DROP"
	number=$(index to_lan)
	in_server ip link delete to_lan
	ip link add to_lan netns server index "$number" type veth peer name to_server netns lan
	refused 3 "to_lan is not loaded" in_server portsieve stats to_lan
	refused 3 "to_lan is not loaded" in_server portsieve unload to_lan
	equal "" "$(xdp_of server to_lan)"
	in_server ip link delete to_lan
	in_server portsieve load to_client -p "$DROP"
	# again, with load as the next command
	lab_veth server to_lan lan to_server
	in_server portsieve load to_lan -p "$DROP"
	number=$(index to_lan)
	in_server ip link delete to_lan
	ip link add to_lan netns server index "$number" type veth peer name to_server netns lan
	in_server ip link set to_lan up
	in_namespace lan ip link set to_server up
	says 0 "cleaned up stale state of ifindex $number" in_server portsieve load to_lan -p "$DROP"
	equal dropped "$(verdict lan to_lan 23)"
	equal "to_client to_lan" "$(in_server portsieve status -j | jq -r '[.devices[].device] | sort | join(" ")')"
}

# strace delays the read, since the timing is otherwise up to the kernel.
@test "a policy file replaced while it is read counts as the old one; one changed in place is refused" {
	local before
	in_server portsieve load to_lan -p "$DROP"
	cp "$DROP" "$BATS_TEST_TMPDIR/policy.yaml"
	in_namespace server strace -qq -o /dev/null -P "$BATS_TEST_TMPDIR/policy.yaml" -e trace=read \
		-e inject=read:delay_enter=1000000:when=1 portsieve apply "$BATS_TEST_TMPDIR/policy.yaml" 3>&- &
	local writer=$!
	sleep 0.5
	cp "$ALLOW" "$BATS_TEST_TMPDIR/new.yaml"
	mv "$BATS_TEST_TMPDIR/new.yaml" "$BATS_TEST_TMPDIR/policy.yaml"
	wait $writer
	equal drop "$(field to_lan .policy.default)"
	before=$(status_but_counts)
	in_namespace server strace -qq -o /dev/null -P "$BATS_TEST_TMPDIR/policy.yaml" -e trace=read \
		-e inject=read:delay_enter=1000000:when=1 portsieve apply "$BATS_TEST_TMPDIR/policy.yaml" \
		2>"$BATS_TEST_TMPDIR/said" 3>&- &
	writer=$!
	sleep 0.5
	head -n 1 "$ALLOW" | cut -c1-40 >"$BATS_TEST_TMPDIR/policy.yaml"
	local code=0
	wait $writer || code=$?
	equal 1 $code
	grep -q "policy.yaml changed while it was read; try again" "$BATS_TEST_TMPDIR/said"
	equal "$before" "$(status_but_counts)"
}

@test "a policy truncated by a full disk is refused, with the position" {
	mkdir "$BATS_TEST_TMPDIR/full"
	mount -t tmpfs -o size=4096 tmpfs "$BATS_TEST_TMPDIR/full"
	{
		echo "{version: 1, default: drop, rules: ["
		seq 1 200 | sed 's/.*/  {name: r&, action: allow, ports: udp\/&},/'
		echo "]}"
	} >"$BATS_TEST_TMPDIR/whole.yaml"
	in_server portsieve load to_lan -p "$BATS_TEST_TMPDIR/whole.yaml"
	cp "$BATS_TEST_TMPDIR/whole.yaml" "$BATS_TEST_TMPDIR/full/policy.yaml" || true
	equal 4096 "$(stat -c %s "$BATS_TEST_TMPDIR/full/policy.yaml")"
	refused 2 "full/policy.yaml:" in_server portsieve apply "$BATS_TEST_TMPDIR/full/policy.yaml"
	equal 200 "$(in_server portsieve status -j | jq '.devices[0].rules')"
	: >"$BATS_TEST_TMPDIR/full/policy.yaml"
	refused 2 "full/policy.yaml:1:1: the policy is empty" in_server portsieve apply "$BATS_TEST_TMPDIR/full/policy.yaml"
}

@test "a policy that is not a regular file is read to its end or refused, and nothing hangs" {
	mkfifo "$BATS_TEST_TMPDIR/pipe"
	refused 2 "nothing was written to the pipe $BATS_TEST_TMPDIR/pipe" \
		timeout 10 portsieve check "$BATS_TEST_TMPDIR/pipe"
	refused 2 "/dev/zero: the policy is larger than 16 MiB" timeout 10 portsieve check /dev/zero
	refused 2 "$BATS_TEST_TMPDIR is a directory" portsieve check "$BATS_TEST_TMPDIR"
	cat "$DROP" >"$BATS_TEST_TMPDIR/pipe" 3>&- &
	timeout 10 portsieve check "$BATS_TEST_TMPDIR/pipe"
	portsieve check <(cat "$DROP")
	portsieve check <(sleep 0.3; head -c 20 "$DROP"; sleep 0.3; tail -c +21 "$DROP")
	portsieve check /dev/stdin <"$DROP"
	(sleep 0.3; cat "$DROP") | portsieve check /dev/stdin
	in_server portsieve load to_lan -p <(cat "$DROP")
	equal drop "$(field to_lan .policy.default)"
}
