# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# libxdp's dispatcher: next to xdp-filter, with upgrades, kills and foreign tools.
source /portsieve/tests/kernels/guest/lab.bash

CHAIN=portsieve_chain # our program's name
BLOCKED=9999          # xdp-filter drops this port, which the policy allows
WEB='version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80,443}
  - {name: dns, action: allow, ports: udp/53}
  - {name: blocked, action: allow, ports: tcp/9999 udp/9999}'

load() {
	in_server portsieve load to_client -p "$(policy "$WEB")" "$@"
}

# says WORDS COMMAND...: the command fails with these words.
says() {
	not "${@:2}" >/tmp/said 2>&1
	cat /tmp/said
	[[ $(cat /tmp/said) == *"$1"* ]]
}

# members: the programs of the dispatcher, in their order.
members() {
	in_server xdp-loader status to_client | awk '$1 == "=>" { print $3 }' | paste -sd' '
}

# filter_on: xdp-filter, dropping TCP and UDP to BLOCKED.
filter_on() {
	rm -rf /sys/fs/bpf/xdp-filter
	in_server xdp-filter load to_client -m "${1:-native}" -f tcp,udp,ipv4,ipv6
	in_server xdp-filter port $BLOCKED -p tcp,udp -m dst
}

filter_off() {
	in_server xdp-filter unload to_client
}

# left: the pins, except those of xdp-filter, libxdp's directory, which it does not remove, and what it leaves there
# if it is killed while it probes the kernel.
left() {
	pins | grep -vE '^/sys/fs/bpf/xdp(-filter.*|/prog-test-link-[0-9-]+)?$' || true
}

# dispatchers: the number that libxdp has pinned.
dispatchers() {
	find /sys/fs/bpf/xdp -name '*-prog' | xargs -n 1 dirname | sort -u | wc -l
}

# taken_in: the datagrams that passed XDP; nothing listens for them.
taken_in() {
	in_server awk '$1 == "Udp:" && $3 ~ /^[0-9]+$/ { print $3 }' /proc/net/snmp
}

attach_of() {
	in_server portsieve status to_client -j | jq -r '.devices[0].attach'
}

chooses_the_dispatcher() {
	load
	equal dispatcher "$(attach_of)"
	equal $CHAIN "$(members)"
	in_server portsieve status | tee /tmp/said
	grep -q 'to_client  native  dispatcher' /tmp/said
	serve_echo server tcp 80
	serve_echo server tcp 81
	echoes client tcp $SERVER4 80 10
	echoes client tcp $SERVER6 80 10
	not echoes client tcp $SERVER4 81 2
	sum_matches
	says 'is loaded already' load
	in_server portsieve unload to_client
	equal "" "$(xdp_of server to_client)"
	equal "" "$(left)"
	echoes client tcp $SERVER4 81 10
	load
	equal "0 0" "$(row dns)"
}
it 'auto uses the dispatcher, says so, and leaves nothing' chooses_the_dispatcher

# both_filter: both members are attached, and each filters by its own rules.
both_filter() {
	local before
	before=$(taken_in)
	serve_echo server tcp 80
	serve_echo server tcp 81
	serve_echo server tcp $BLOCKED
	echoes client tcp $SERVER4 80 10
	not echoes client tcp $SERVER4 81 2
	not echoes client tcp $SERVER4 $BLOCKED 2
	datagrams 10 53
	datagrams 7 54
	datagrams 5 $BLOCKED
	in_server received to_client
	equal "10 0" "$(row dns)"
	equal "0 7" "$(row _system udp)"
	equal "0 0" "$(row blocked)" # xdp-filter comes first
	equal $((before + 10)) "$(taken_in)"
}

joins_xdp_filter() {
	filter_on
	equal xdpfilt "$(members | cut -c1-7)"
	load
	equal 2 "$(members | wc -w)"
	equal $CHAIN "$(members | cut -d' ' -f2)"
	both_filter
	in_server portsieve unload to_client
	equal xdpfilt "$(members | cut -c1-7)"
	datagrams 4 54
	datagrams 3 $BLOCKED
	in_server received to_client
	[ "$(taken_in)" -ge 14 ]
	load
	equal "0 0" "$(row dns)"
	filter_off
	equal $CHAIN "$(members)"
	datagrams 6 $BLOCKED
	in_server received to_client
	equal "6 0" "$(row blocked)"
}
it 'with an xdp-filter loaded before: both filter, and either can be unloaded' joins_xdp_filter

is_joined_by_xdp_filter() {
	load
	datagrams 2 53
	filter_on
	equal 2 "$(members | wc -w)"
	equal "2 0" "$(row dns)"
	filter_off
	equal $CHAIN "$(members)"
	filter_on
	in_server portsieve upgrade to_client
	equal 2 "$(members | wc -w)"
	in_server portsieve unload to_client
	equal xdpfilt "$(members | cut -c1-7)"
	load
	both_filter
	in_server portsieve apply "$(policy 'version: 1
rules: [{name: none, action: drop, ports: udp/53}]')"
	datagrams 3 53
	in_server received to_client
	equal "0 3" "$(row none)"
}
it 'with an xdp-filter loaded later: both filter, and either can be unloaded' is_joined_by_xdp_filter

names_the_occupant() {
	filter_on
	says "libxdp's dispatcher with: xdpfilt" load --attach link
	[[ $(cat /tmp/said) == *"use --attach dispatcher"* ]]
	equal "" "$(find /sys/fs/bpf/portsieve -mindepth 1 2>/dev/null)"
	says "runs in native mode, for all of its programs" load --mode generic
	filter_off
	in_server ip link set to_client xdp obj /portsieve/build/tests/traffic/empty.bpf.o program empty_pass
	says "already carries the XDP program 'empty_pass'" load
	says "already carries the XDP program 'empty_pass'" load --attach dispatcher
	in_server ip link set to_client xdp off
	load --attach link
	equal link "$(attach_of)"
	in_server portsieve status -j | grep -q 'requested with --attach link'
	in_server portsieve unload to_client
	load --attach dispatcher
	in_server portsieve status -j | grep -q 'requested with --attach dispatcher'
	in_server portsieve upgrade to_client
	in_server portsieve status -j | grep -q 'requested with --attach dispatcher'
}
it 'an occupied interface is refused, and the occupant named' names_the_occupant

works_generic() {
	load --mode generic
	equal generic "$(in_server portsieve status -j | jq -r '.devices[0].mode')"
	datagrams 10 53
	datagrams 7 54
	sleep 1
	equal "10 0" "$(row dns)"
	equal "0 7" "$(row _system udp)"
	in_server portsieve upgrade to_client
	equal generic "$(in_server portsieve status -j | jq -r '.devices[0].mode')"
	in_server portsieve unload to_client
	filter_on skb
	load --mode auto
	equal 2 "$(members | wc -w)"
	equal generic "$(in_server portsieve status -j | jq -r '.devices[0].mode')"
}
it 'generic mode too' works_generic

# sends_until FILE: sends bursts at full rate to ports 53 and 54 at random until the file exists.
sends_until() {
	until [ -e "$1" ]; do
		in_client flood to_server --protocol udp --ports 53-54 --count 2000 --rush --seed $((RANDOM + 1))
	done
}
upgrades_under_traffic() {
	local n passed dropped flood
	load
	filter_on
	rm -f /tmp/done
	sends_until /tmp/done >/tmp/flood 2>&1 &
	flood=$!
	for n in 1 2 3 4 5 6; do
		in_server portsieve upgrade to_client
	done
	touch /tmp/done
	wait $flood
	in_server received to_client
	tail -n 3 /tmp/flood
	sum_matches
	read -r passed dropped <<<"$(row dns)"
	[ "$passed" -gt 10000 ]
	equal 0 "$dropped"
	equal "$passed" "$(taken_in)"
	read -r passed dropped <<<"$(row _system udp)"
	equal 0 "$passed"
	[ "$dropped" -gt 10000 ]
	equal 1 "$(members | grep -o $CHAIN | wc -l)"
}
upgrades_beside_datagrams() {
	local n flood
	load
	(datagrams 3000 53 && datagrams 3000 54) &
	flood=$!
	n=0
	while kill -0 $flood 2>/dev/null; do
		in_server portsieve upgrade to_client
		n=$((n + 1))
	done
	wait $flood
	remark "$n upgrades"
	in_server received to_client
	equal "3000 0" "$(row dns)"
	equal "0 3000" "$(row _system udp)"
	equal 3000 "$(taken_in)"
	sum_matches
}
# many FIRST: WEB with more ranges than its counters have room for.
many() {
	policy "$WEB
  - {name: many, action: allow, ports: \"udp/$(printf '%s,' $(seq "$1" 2 $(($1 + 400))))9\"}"
}
grows_beside_datagrams() {
	local flood first
	load
	(datagrams 3000 53 && datagrams 3000 54) &
	flood=$!
	for first in 2001 4001; do
		in_server portsieve apply "$(many $first)"
	done
	in_server portsieve allow "tcp/$(printf '%s,' $(seq 6001 2 7001))9" --name runtime
	wait $flood
	in_server received to_client
	equal "3000 0" "$(row dns)"
	equal "0 3000" "$(row _system udp)"
	equal 3000 "$(taken_in)"
	equal 1 "$(members | grep -o $CHAIN | wc -l)"
	sum_matches
}
it 'counters that grow under traffic: every packet is judged and counted once' grows_beside_datagrams

if kernel_from 5.18; then
	it 'upgrade under a flood: every packet is judged and counted once' upgrades_under_traffic
fi
it 'upgrade under traffic: every packet is judged and counted once' upgrades_beside_datagrams

parts_from_another() {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	in_server portsieve load to_client to_lan -p "$(policy "$WEB")"
	equal 1 "$(in_server portsieve status -j | jq '[.devices[].policy_slot_id] | unique | length')"
	datagrams 4 53
	in_server received to_client
	in_server portsieve apply --dev to_client "$(policy "$WEB
  - {name: more, action: allow, ports: udp/99}")"
	equal 2 "$(in_server portsieve status -j | jq '[.devices[].policy_slot_id] | unique | length')"
	datagrams 5 99
	datagrams 3 53
	datagrams 2 54
	in_server received to_client
	equal "7 0" "$(row dns)"
	equal "5 0" "$(row more)"
	equal "0 2" "$(row _system udp)"
	equal null "$(in_server portsieve stats to_lan -j | jq '.devices[0].ranges[] | select(.rule == "more")' | head -n 1 | grep . || echo null)"
	sum_matches
	in_server portsieve unload --all
	equal "" "$(left)"
}
it 'apply --dev separates a device from one that shares its policy' parts_from_another

undoes_the_fall_back() {
	mkdir -p /tmp/no-bpffs
	says 'libxdp did not put the program into a dispatcher' \
		env LIBXDP_BPFFS=/tmp/no-bpffs nsenter --net=/run/netns/server portsieve load to_client --attach dispatcher
	equal "" "$(xdp_of server to_client)"
	equal "" "$(find /sys/fs/bpf/portsieve -mindepth 1 2>/dev/null)"
	says 'libxdp cannot find xdp-dispatcher.o' \
		env LIBXDP_OBJECT_PATH=/tmp nsenter --net=/run/netns/server portsieve load to_client --attach dispatcher
	env LIBXDP_OBJECT_PATH=/tmp nsenter --net=/run/netns/server portsieve load to_client
	equal link "$(attach_of)"
	in_server portsieve unload to_client
	env LIBXDP_SKIP_DISPATCHER=1 nsenter --net=/run/netns/server portsieve load to_client
	equal dispatcher "$(attach_of)"
}
it "libxdp's silent fall-back is undone, and said" undoes_the_fall_back

tells_what_others_did() {
	load
	in_server xdp-loader unload to_client --all
	equal "" "$(in_server portsieve status -j | jq -r '.devices[].device')"
	load 2>/tmp/said
	grep -q 'NOT FILTERED' /tmp/said
	equal dispatcher "$(attach_of)"
	filter_on
	in_server xdp-loader unload to_client --id "$(in_server portsieve status -j | jq '.devices[0].program_id')"
	not in_server portsieve unload to_client 2>/tmp/said
	grep -q 'NOT FILTERED' /tmp/said
	equal xdpfilt "$(members | cut -c1-7)"
	load
	both_filter
}
it 'a program that another tool detached is reported' tells_what_others_did

survives_the_interface() {
	load
	in_server ip link delete to_client
	lab_veth server to_client client to_server
	lab_address server to_client $SERVER4/24
	lab_address client to_server $CLIENT4/24
	load 2>/tmp/said
	cat /tmp/said
	grep -q 'the interface was deleted' /tmp/said
	grep -q 'libxdp still keeps the program' /tmp/said
	datagrams 3 53
	in_server received to_client
	equal "3 0" "$(row dns)"
}
it 'a deleted interface is cleaned up' survives_the_interface

refuses_its_own_orphan() {
	load
	rm -rf /sys/fs/bpf/portsieve
	says 'a program of portsieve whose pins are gone' load
	in_server xdp-loader unload to_client --all
	load
}
it 'no second program joins one of ours that has lost its pins' refuses_its_own_orphan

# killed CALL N COMMAND...: kills the command at its Nth such system call. Fails if it makes fewer.
killed() {
	not strace -f -qq -o /dev/null -e "trace=$1" -e "inject=$1:signal=KILL:when=$2" -- "${@:3}" >/dev/null 2>&1
}
one_or_none() {
	case $(members) in
	'' | $CHAIN) ;;
	*) return 1 ;;
	esac
}
load_is_killed() {
	local n call was file
	file=$(policy "$WEB")
	for call in mkdir:1 mkdir:3 sendto:2 sendto:4 sendto:6 sendto:7 bpf:40 bpf:80 bpf:100 bpf:120 bpf:130 bpf:140 bpf:150 bpf:160 \
		bpf:170 bpf:180; do
		n=${call#*:}
		if ! killed "${call%:*}" "$n" nsenter --net=/run/netns/server portsieve load to_client -p "$file"; then
			remark "load makes fewer calls than $call"
			in_server portsieve unload to_client
			continue
		fi
		was=$(members)
		if [ -n "$was" ]; then
			equal dispatcher "$(attach_of)"
			in_server portsieve apply "$file" # repairs
			equal $CHAIN "$(members)"
			equal 1 "$(dispatchers)"
			datagrams 2 54
			in_server received to_client
			equal "0 2" "$(row _system udp)"
			remark "$call: loaded"
		else
			in_server portsieve load to_client -p "$file"
			remark "$call: not loaded"
		fi
		in_server portsieve unload to_client
		equal "" "$(left)"
	done
}
it 'a killed load has loaded completely or not at all; the next command repairs' load_is_killed

# updates: the calls of an upgrade that change a map, including those of the handover.
updates() {
	in_server strace -qq -o /tmp/trace -e trace=bpf portsieve upgrade to_client
	awk '/BPF_MAP_UPDATE_ELEM/ { print "bpf:" NR }' /tmp/trace | tail -n 8
}
upgrade_is_killed() {
	local call expected=0 taken
	load
	for call in sendto:4 sendto:6 sendto:8 sendto:9 rmdir:1 unlink:1 unlink:3 $(updates); do
		killed "${call%:*}" "${call#*:}" nsenter --net=/run/netns/server portsieve upgrade to_client ||
			remark "upgrade makes fewer calls than $call"
		remark "$call: $(members)"
		taken=$(taken_in)
		datagrams 3 53
		datagrams 2 54
		in_server received to_client
		expected=$((expected + 1))
		equal $((taken + 3)) "$(taken_in)"
		equal "$((3 * expected)) 0" "$(row dns)"
		equal "0 $((2 * expected))" "$(row _system udp)"
		sum_matches
		in_server portsieve apply "$(policy "$WEB")"
		equal $CHAIN "$(members)"
		equal 1 "$(dispatchers)"
	done
	in_server portsieve unload to_client
	equal "" "$(left)"
}
it 'a killed upgrade: every packet is judged and counted once' upgrade_is_killed

growth_is_killed() {
	local call large taken
	large=$(many 2001)
	for call in $(seq -f bpf:%.0f 180 9 420); do
		load
		datagrams 3 53
		killed "${call%:*}" "${call#*:}" nsenter --net=/run/netns/server portsieve apply "$large" || {
			remark "apply makes fewer calls than $call"
			break
		}
		remark "$call: $(members), $(pins | grep -cE '/(former|baseline)_')"
		taken=$(taken_in)
		datagrams 3 53
		datagrams 2 54
		in_server received to_client
		equal $((taken + 3)) "$(taken_in)"
		equal "6 0" "$(row dns)"
		equal "0 2" "$(row _system udp)"
		sum_matches
		in_server portsieve apply "$large"
		equal "6 0" "$(row dns)"
		sum_matches
		equal $CHAIN "$(members)"
		equal 1 "$(dispatchers)"
		in_server portsieve unload to_client
		equal "" "$(left)"
	done
}
it 'a killed growth of the counters: every packet is judged and counted once' growth_is_killed

# No packet arrives between the kill and the repair: no CPU may depend on a packet to complete the handover.
is_repaired_unseen() {
	local call cpu expected=0
	load
	for call in $(updates); do
		killed "${call%:*}" "${call#*:}" nsenter --net=/run/netns/server portsieve upgrade to_client ||
			remark "upgrade makes fewer calls than $call"
		in_server portsieve apply "$(policy "$WEB")"
		equal $CHAIN "$(members)"
		for ((cpu = 0; cpu < $(nproc); cpu++)); do
			taskset -cp "$cpu" "$BASHPID" >/dev/null
			datagrams 2 54
			expected=$((expected + 2))
		done
		in_server received to_client
		equal "0 $expected" "$(row _system udp)"
		sum_matches
	done
}
it 'a killed upgrade, repaired before any packet arrives: each packet is judged, on every CPU' is_repaired_unseen

knows_its_own() {
	load
	rm /sys/fs/bpf/portsieve/*/*/active_*
	says 'its pinned state is incomplete' in_server portsieve stats
	datagrams 2 54
	in_server portsieve unload to_client
	equal "" "$(members)$(left)"
}
it 'a member whose policy slot has lost its pin is reported, keeps filtering, and can be unloaded' knows_its_own

# Whatever the pins are that the device has now, and the one that only a link has.
survives_tampering() {
	local name names pin taken
	load --attach dispatcher
	names=$(cd /sys/fs/bpf/portsieve/*/* && ls | sed 's/_.*//')
	for name in $names link; do
		echo "a directory in the place of $name"
		[ -n "$(members)" ] || load --attach dispatcher
		pin=$(cd /sys/fs/bpf/portsieve/*/* && pwd)/$name
		[ $name = link ] || pin=$(echo "$pin"*)
		rm -f "$pin"
		mkdir -p "$pin/inner"
		says 'its pinned state is incomplete; unload it' in_server portsieve stats
		says 'its pinned state is incomplete; unload it' in_server portsieve upgrade to_client
		taken=$(taken_in)
		datagrams 2 54
		equal "$taken" "$(taken_in)"
		in_server portsieve unload to_client
		equal "" "$(members)$(left)"
	done
	[[ $names == *chained*seen*turn* ]]
}
it 'with a replaced pin the device is incomplete, keeps filtering, and can be unloaded' survives_tampering

follows_no_symlink() {
	local number folder
	load
	number=$(in_server ip -j link show dev to_client | jq '.[0].ifindex')
	folder=$(echo /sys/fs/bpf/xdp/dispatch-"$number"-*)
	ln -s "$folder" "/sys/fs/bpf/xdp/dispatch-$number-1"
	sleep 3 # until it counts as stale
	in_server portsieve apply "$(policy "$WEB")"
	[ -n "$(find "$folder" -name '*-prog')" ]
	equal $CHAIN "$(members)"
	in_server portsieve upgrade to_client
	datagrams 2 54
	in_server received to_client
	equal "0 2" "$(row _system udp)"
}
it "a symlink among libxdp's pins is not followed" follows_no_symlink

finish
