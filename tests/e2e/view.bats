#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Reading without root: members of the group portsieve see what root sees and can change nothing, others see nothing;
# also during changes, after kills, and when the filter is removed.
bats_require_minimum_version 1.5.0
load ../lib/lab

VIEW=/run/portsieve/bpf
GROUP_ID=4711

setup() {
	lab_up
	{
		grep -v '^portsieve:' /etc/group
		echo "portsieve:x:$GROUP_ID:"
	} >"$BATS_TEST_TMPDIR/group"
	mount --bind "$BATS_TEST_TMPDIR/group" /etc/group
	WEB=$(readable_policy 'version: 1
default: drop
rules:
  - {name: web, action: allow, ports: "tcp/80,443"}
  - {name: office, action: allow, ports: tcp/22, from: 192.0.2.0/24}')
	LARGE=$(readable_policy "{version: 1, default: drop, rules: [{name: web, action: allow, ports: tcp/80},
		{name: many, action: drop, ports: \"tcp/$(seq -s, 2001 2 2299)\"}]}")
	MAIL=$(readable_policy '{version: 1, default: drop, rules: [{name: mail, action: allow, ports: tcp/25}]}')
}

teardown() {
	umount /etc/group || true
	lab_down
	umount "$VIEW" 2>/dev/null || true
}

# readable_policy TEXT: a policy file that everybody can read.
readable_policy() {
	local file
	file=$(mktemp /run/policy-XXXXXX.yaml)
	chmod 644 "$file"
	echo "$1" >"$file"
	echo "$file"
}

is_mounted() {
	grep -q " $VIEW " /proc/mounts
}

without_rights() {
	in_server setpriv --reuid 65534 --regid 65534 --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
}

as_member() {
	without_rights --groups "$GROUP_ID" "$@"
}

as_other() {
	without_rights --clear-groups "$@"
}

# view_of DEVICE: the maps below its folder in the view.
view_of() {
	find "$VIEW" -type f -path "$VIEW/*/$(index "$1")/*" | sed "s|.*/$(index "$1")/||" | LC_ALL=C sort
}

kinds_of() {
	view_of "$1" | sed 's/_[0-9]*$//; s|_[0-9]*/|/|' | xargs
}

# What root and a member see of the policies in force.
in_force() {
	"$@" portsieve show | sed 's/rolled back in [0-9]* s/rolled back in N s/'
	"$@" portsieve status -j | jq -S 'del(.time, (.devices[] | .counted, .drift, .attach_reason, .link_id, .falls_back_in_seconds))'
	"$@" portsieve stats -j | jq -S '[.devices[] | {device, policy}, (.ranges[] | {rule, low, high, action})]'
}

counts_are_the_same() {
	equal "$(in_server portsieve stats -j | jq '[.devices[0] | .ranges[0:2], .retired]')" \
		"$(as_member portsieve stats -j | jq '[.devices[0] | .ranges[0:2], .retired]')"
}

# without_seconds: two readings may be in different seconds.
without_seconds() {
	sed -E 's/\b[0-9]+ ?s\b/N s/g; s/("falls_back_in_seconds": )[0-9]+/\1N/'
}

# The same for root and a member, errors included.
same_for_both() {
	equal "$(in_force in_server 2>&1 | without_seconds || true)" "$(in_force as_member 2>&1 | without_seconds || true)"
}

same_ports() {
	equal "$(in_server portsieve ports | without_seconds)" "$(as_member portsieve ports | without_seconds)"
}

@test "a member of the group sees what root sees" {
	in_server portsieve load to_client -p "$WEB"
	scan 80,81 "$SERVER4" >/dev/null
	run --separate-stderr -0 in_force as_member
	equal "" "$stderr"
	[[ $output == *'name: office'* ]]
	same_for_both
	[[ $(as_member portsieve stats) == *web* ]]
	equal "$(row web)" "$(as_member portsieve stats -j | jq -r '[.devices[0].ranges[] | select(.rule == "web")] |
		"\(map(.passed.packets) | add) \(map(.dropped.packets) | add)"')"
	[[ $(as_member portsieve status) == *"to_client"*"default drop"* || $(as_member portsieve status) == *"to_client"*" drop "* ]]
	run as_member portsieve status
	[[ $output != *"not permitted"* ]]
	as_member portsieve stats --prometheus | grep -q '^portsieve_device_up{device="to_client",mode="native",attach="link"} 1$'
	run -0 as_member portsieve diff "$WEB"
	[[ $output == *"changes nothing"* ]]
}

@test "the view follows every change" {
	in_server portsieve load to_client -p "$WEB"
	in_server portsieve apply "$MAIL"
	same_for_both
	[[ $(as_member portsieve show) == *mail* ]]
	in_server portsieve apply "$WEB" --confirm 600 --force
	same_for_both
	[[ $(as_member portsieve status) == *"unless confirmed"* ]]
	in_server portsieve rollback
	same_for_both
	[[ $(as_member portsieve show) == *mail* ]]
	in_server portsieve allow tcp/8080
	same_for_both
	[[ $(as_member portsieve show) == *8080* ]]
	in_server portsieve upgrade to_client
	same_for_both
	in_server ip link set to_client down
	in_server ip link set to_client name renamed up
	same_for_both
	[[ $(as_member portsieve stats) == renamed* ]]
	in_server portsieve unload renamed
	run --separate-stderr -3 as_member portsieve stats
	equal "" "$(find "$VIEW" -mindepth 1 -not -name '*.debug')"
}

@test "a member can change nothing: no link, no program, only read-only maps" {
	in_server portsieve load to_client -p "$WEB"
	local name map maps=0
	for words in "unload to_client" "apply $MAIL" "allow tcp/1" "upgrade to_client" "delete x"; do
		# shellcheck disable=SC2086
		run --separate-stderr -4 as_member portsieve $words
	done
	for name in $(view_of to_client); do
		map=$(echo "$VIEW"/*/"$(index to_client)/$name")
		equal 640 "$(stat -c %a "$map")"
		run as_member bpftool map pin pinned "$map" "$map.x"
		[ "$status" != 0 ]
		run -0 in_server bpftool -j map show pinned "$map" # root sees a map in each of them
		jq -e .id <<<"$output" >/dev/null
		run as_member bpftool map freeze pinned "$map"
		[ "$status" != 0 ]
		run as_member rm "$map"
		[ "$status" != 0 ]
		maps=$((maps + 1))
	done
	equal 5 $maps # counters, active, image, text, trie4
	run as_member bpftool map update pinned "$(find "$VIEW" -name counters)" key 0 0 0 0 value 0 0 0 0
	[ "$status" != 0 ]
	[ -n "$(xdp_of server to_client)" ]
	equal 750 "$(stat -c %a "$VIEW")"
	# the pins themselves stay root's
	equal 700 "$(stat -c %a /sys/fs/bpf/portsieve)"
	run as_member ls /sys/fs/bpf/portsieve
	[ "$status" != 0 ]
}

@test "a member sees the ports, also those of a load and an upgrade that count others" {
	in_server portsieve load to_client -p "$WEB" --per-port=dropped
	scan 21,80,81 "$SERVER4" >/dev/null
	same_ports
	[[ $(as_member portsieve ports) == *81* ]]
	in_server portsieve upgrade to_client --per-port=all
	scan 80 "$SERVER4" >/dev/null
	same_ports
	in_server portsieve upgrade to_client --per-port=off
	same_for_both
	equal "image program/active program/counters text trie4" "$(kinds_of to_client)"
}

@test "a member sees recorded packets, but cannot ask the program to record more" {
	in_server portsieve load to_client -p "$WEB" --events=dropped
	scan 21,80,81 "$SERVER4" >/dev/null
	[[ $(as_member portsieve events --last 9) == *":81 S"* ]]
	equal "$(in_server portsieve events --last 99)" "$(as_member portsieve events --last 99)"
	equal "$(in_server portsieve events --last 99 -j)" "$(as_member portsieve events --last 99 -j)"
	equal "$(in_server portsieve sources -j --noise | jq '.devices[0].sources')" \
		"$(as_member portsieve sources -j --noise | jq '.devices[0].sources')"
	run --separate-stderr -124 as_member timeout 3 portsieve events --port tcp/81
	[[ $stderr == *"only the sample is shown: to have all matching packets recorded takes root"* ]]
	in_server portsieve upgrade to_client --events=all
	scan 80 "$SERVER4" >/dev/null
	equal "$(in_server portsieve events --last 99 --port 80)" "$(as_member portsieve events --last 99 --port 80)"
	[[ $(as_member portsieve events --last 99 --port 80) == *"  pass  rule web"* ]]
	same_for_both
	in_server portsieve upgrade to_client --events=off
	same_for_both
	equal "image program/active program/counters text trie4" "$(kinds_of to_client)"
	refused 1 "records no packets" as_member portsieve events
}

@test "others are told how to become a member" {
	in_server portsieve load to_client -p "$WEB"
	for words in stats status show events sources "diff $WEB"; do
		# shellcheck disable=SC2086
		refused 4 "not permitted to read what is loaded; run as root, or as a member of the group portsieve: usermod -aG portsieve USER" \
			as_other portsieve $words
	done
}

@test "without the group, or while anybody may load programs, there is no view" {
	sed -i '/^portsieve:/d' "$BATS_TEST_TMPDIR/group"
	umount /etc/group
	mount --bind "$BATS_TEST_TMPDIR/group" /etc/group
	in_server portsieve load to_client -p "$WEB"
	run ! is_mounted
	refused 4 "make a group that may read it: groupadd --system portsieve" as_member portsieve stats
	echo "portsieve:x:$GROUP_ID:" >>"$BATS_TEST_TMPDIR/group"
	echo 0 >"$BATS_TEST_TMPDIR/disabled"
	mount --bind "$BATS_TEST_TMPDIR/disabled" /proc/sys/kernel/unprivileged_bpf_disabled
	in_server portsieve apply "$MAIL"
	umount /proc/sys/kernel/unprivileged_bpf_disabled
	run ! is_mounted
	# any writer creates it
	in_server portsieve apply "$MAIL"
	same_for_both
	[[ $(as_member portsieve show) == *mail* ]]
}

@test "a removed filter is not shown" {
	in_server portsieve load to_client -p "$WEB"
	while umount /sys/fs/bpf 2>/dev/null; do :; done # with the pin goes the link
	within 5 eval '[ -z "$(xdp_of server to_client)" ]'
	mount -t bpf -o mode=700 bpf /sys/fs/bpf
	run --separate-stderr as_member portsieve stats
	[ "$status" != 0 ]
	[[ $stderr == *"NOT FILTERED"* ]]
}

@test "a member who reads while policies change never fails" {
	in_server portsieve load to_client -p "$WEB"
	start server bash -c "for ((i = 0; i < 15; i++)); do
		portsieve apply $MAIL 2>/dev/null; portsieve upgrade to_client 2>/dev/null; portsieve apply $WEB 2>/dev/null; done
		touch $BATS_TEST_TMPDIR/done"
	local readings=0
	while [ ! -e "$BATS_TEST_TMPDIR/done" ]; do
		run --separate-stderr -0 as_member portsieve stats
		readings=$((readings + 1))
	done
	((readings > 10))
	same_for_both
}

# killed N COMMAND...: kills portsieve at its Nth system call among $CALLS, those that change pins. Fails when it ended first.
killed() {
	local calls=${CALLS:-bpf,mkdir,mount,chown,chmod,unlink,unlinkat,rmdir} status
	in_server strace -f -qq -o /dev/null -e trace=$calls -e inject=$calls:signal=KILL:when="$1" "${@:2}" 2>/dev/null
	status=$?
	[ $status = 137 ]
}

@test "killed at any step, a member sees what root sees, and the next writer leaves no trace" {
	local n first expected kills=0
	in_server portsieve load to_client -p "$WEB"
	expected="image program/active program/counters text trie4"
	equal "$expected" "$(kinds_of to_client)"
	first=$((1 + RANDOM % 15))
	for words in "apply $MAIL" "upgrade to_client"; do
		for ((n = first; ; n += 15)); do
			# shellcheck disable=SC2086
			killed $n portsieve $words || break
			kills=$((kills + 1))
			same_for_both
			in_server portsieve apply "$WEB"
			same_for_both
			equal "$expected" "$(kinds_of to_client)"
		done
	done
	in_server portsieve unload to_client
	for ((n = first; ; n += 31)); do
		killed $n portsieve load to_client -p "$WEB" || break
		kills=$((kills + 1))
		run --separate-stderr as_member portsieve stats
		[ "$status" != 0 ] || same_for_both
		in_server portsieve unload to_client 2>/dev/null || true
		equal "" "$(find "$VIEW" -mindepth 1 -not -name '*.debug')"
	done
	in_server portsieve unload to_client
	for ((n = 1 + RANDOM % 2; ; n += 2)); do
		in_server portsieve load to_client -p "$WEB"
		scan 80 "$SERVER4" >/dev/null
		CALLS=unlinkat,rmdir killed $n portsieve unload to_client || break
		kills=$((kills + 1))
		# other maps of the same names, while the old ones may still be in the view
		in_server portsieve load to_client -p "$WEB" 2>/dev/null || in_server portsieve apply "$WEB"
		scan 80,443 "$SERVER4" >/dev/null
		equal "$(in_server portsieve stats -j | jq '.devices[0].ranges[0:2]')" \
			"$(as_member portsieve stats -j | jq '.devices[0].ranges[0:2]')"
		in_server portsieve unload to_client
	done
	echo "# $kills kills, from call $first on" >&3
	((kills > 10))
}

@test "a member sees the counts of counters that have grown, also if the writer is killed at any step" {
	local n first kills=0
	first=$((1 + RANDOM % 60))
	for ((n = first; ; n += 60)); do
		in_server portsieve load to_client -p "$WEB"
		scan 80,443 "$SERVER4" >/dev/null
		killed $n portsieve apply "$LARGE" || break
		kills=$((kills + 1))
		counts_are_the_same
		in_server portsieve apply "$LARGE"
		counts_are_the_same
		equal "image program/active program/baseline program/counters text" "$(kinds_of to_client)"
		in_server portsieve unload to_client
	done
	same_for_both
	counts_are_the_same
	echo "# $kills kills, from call $first on" >&3
	((kills > 2))
}
