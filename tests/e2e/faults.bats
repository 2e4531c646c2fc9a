#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A command is killed at, or refused by the kernel, each system call that changes something: strace finds
# the calls in one undisturbed run, and then disturbs one of them in each further run.
#
# strace delivers SIGKILL on entering the call, which then does not happen. So the kill before a call is the
# kill after the one before it. Every call is tried that outlives the process: pins, links, updates of maps,
# folders, the lock. Of calls whose effect dies with the process some are tried: one of five of libbpf's
# probes of the kernel (BTF, and programs other than XDP) and of requests over netlink, which only ask, and
# one of three that make, freeze or bind maps. Those that only read (BPF_OBJ_GET, look-ups) are left out.
#
# Which policy is in force is told by the server's UDP stack, not by portsieve.
bats_require_minimum_version 1.5.0
load ../lib/lab

CALLS=bpf,mkdir,mkdirat,rmdir,unlink,unlinkat,rename,renameat,renameat2,flock,sendto
ERRORS=(ENOMEM EPERM ENOSPC EBUSY)

setup() {
	lab_up
	ONE=$(policy '{version: 1, default: drop, rules: [{name: one, action: allow, ports: udp/1000}]}')
	TWO=$(policy '{version: 1, default: drop, rules: [{name: two, action: allow, ports: udp/2000}]}')
	OLD=$ONE NEW=$TWO
	IDS=$BATS_TEST_TMPDIR/ids
	: >"$IDS"
}

teardown() {
	lab_down
}

# The changing calls of a trace: `NAME NUMBER WHAT`, the number among the calls of that name.
changing_calls() {
	awk -F'[(]' '
		{ name = $1; number = ++calls[name]; what = "" }
		name !~ /^[a-z0-9]+$/ { next }
		name == "bpf" {
			match($0, /BPF_[A-Z_]+/); what = substr($0, RSTART, RLENGTH)
			if (what ~ /OBJ_GET|LOOKUP|GET_FD_BY_ID|GET_NEXT/) next
		}
		what == "BPF_BTF_LOAD" || (what == "BPF_PROG_LOAD" && !/TYPE_XDP/) || name == "sendto" {
			if (sampled[name, what]++ % 5) next
		}
		what ~ /MAP_CREATE|MAP_FREEZE|BIND_MAP/ && made[what]++ % 3 { next }
		{ print name, number, what }' "$1"
}

passed_packets() {
	in_server awk '/^Udp: [0-9]/ { print $3 + $4 }' /proc/net/snmp
}

# in_force: whose policy filters, $ONE or $TWO, or `none`. One packet for the first, two for the second.
in_force() {
	local before delta=0 tries
	before=$(passed_packets)
	in_client bash -c 'for port in 1000 2000 2000; do echo >/dev/udp/$0/$port; done' $SERVER4 2>/dev/null
	for ((tries = 0; tries < 50 && delta == 0; tries++)); do
		sleep 0.01
		delta=$(($(passed_packets) - before))
	done
	case $delta in
	1) echo "$ONE" ;;
	2) echo "$TWO" ;;
	3) echo none ;;
	*) echo "neither: $delta packets" ;;
	esac
}

# told: the same, as portsieve status tells it, and the program with it.
told() {
	in_server portsieve status -j 2>/dev/null >"$BATS_TEST_TMPDIR/status" || [ $? = 3 ] || echo failed
	jq -rs '[.[].devices[] | select(.device == "to_client")][0] |
		if . then "\(.policy.source) \(.program_id)" else "none " end' "$BATS_TEST_TMPDIR/status"
}

# Ids of what is pinned, to look for in the end. Counts would hold those of other tests: ids have no namespaces.
remember_ids() {
	pins | sed -nE 's,.*/(program|active|image|text)_([0-9]+)$,\1 \2,p' >>"$IDS"
}

# nothing_left: no pin, no program on a device, and in the kernel none of what was pinned.
nothing_left() {
	local kind id
	equal "" "$(pins)$(xdp_of server to_client)$(xdp_of server lo)"
	sort -u "$IDS" | while read -r kind id; do
		case $kind in
		program) echo prog ;;
		*) echo map ;;
		esac
		echo "$id"
	done | paste - - | while read -r kind id; do
		within 5 not bpftool "$kind" show id "$id" || return 1
	done
}

not() {
	! "$@"
}

# One of the commands, as words.
words_of() {
	case $1 in
	load) echo "load to_client -p $NEW" ;;
	apply) echo "apply $NEW" ;;
	part) echo "apply $NEW --dev to_client" ;;
	unload) echo "unload to_client" ;;
	esac
}

# What is before the command: of load nothing, else OLD on to_client, for part shared with lo.
prepare() {
	case $1 in
	load) in_server portsieve unload to_client 2>/dev/null || [ $? = 3 ] ;;
	apply) [ -n "$(xdp_of server to_client)" ] || in_server portsieve load to_client -p "$OLD" ;;
	part)
		in_server portsieve unload --all 2>/dev/null || [ $? = 3 ]
		in_server portsieve load to_client lo --mode generic -p "$OLD"
		;;
	unload) [ -n "$(xdp_of server to_client)" ] || in_server portsieve load to_client -p "$OLD" ;;
	esac
}

# wanted COMMAND before|after
wanted() {
	case $1/$2 in
	load/before | unload/after) echo none ;;
	*/before) echo "$OLD" ;;
	*) echo "$NEW" ;;
	esac
}

# check COMMAND CODE: the old state or the new, whole and told right; the code tells which, unless it was killed.
check() {
	local found source program
	remember_ids
	found=$(in_force)
	read -r source program <<<"$(told)"
	equal "$found $(xdp_of server to_client)" "$source $program" || return 1
	case $2 in
	0) equal "$(wanted "$1" after)" "$found" || return 1 ;;
	137)
		[ "$found" = "$(wanted "$1" before)" ] || [ "$found" = "$(wanted "$1" after)" ] || {
			echo "neither old nor new: $found"
			return 1
		}
		;;
	*)
		[ "$found" = "$(wanted "$1" before)" ] || [ "$1/$found" = unload/none ] || {
			echo "failed with $2, but in force is: $found"
			return 1
		}
		;;
	esac
	[ "$1" != part ] ||
		equal "$OLD" "$(jq -r '.devices[] | select(.device == "lo") | .policy.source' "$BATS_TEST_TMPDIR/status")"
}

# again COMMAND: the same command repairs what the disturbed one left, and does what that should have done.
again() {
	local code=0 devices=1
	# shellcheck disable=SC2046
	in_server portsieve $(words_of "$1") >"$BATS_TEST_TMPDIR/again" 2>&1 || code=$?
	case $1/$code in
	*/0) ;;
	load/1) grep -q "loaded already" "$BATS_TEST_TMPDIR/again" || return 1 ;; # it was done
	unload/3) grep -q "not loaded" "$BATS_TEST_TMPDIR/again" || return 1 ;;
	*)
		echo "again: status $code: $(cat "$BATS_TEST_TMPDIR/again")"
		return 1
		;;
	esac
	check "$1" 0 || return 1
	case $1 in
	unload) equal "" "$(pins)" ;;
	*) # eight pins and a folder for each device, and two folders
		[ "$1" != part ] || devices=2
		equal $((9 * devices + 2)) "$(pins | wc -l)"
		;;
	esac
}

# disturb COMMAND kill|error
disturb() {
	local command=$1 kind=$2 name number what injection code failures=0 n=0
	local trace=$BATS_TEST_TMPDIR/trace calls=$BATS_TEST_TMPDIR/calls
	[ "$command" = apply ] || [ "$command" = load ] || prepare "$command"
	prepare "$command"
	# shellcheck disable=SC2046
	in_server strace -qq -o "$trace" -e trace=$CALLS portsieve $(words_of "$command")
	changing_calls "$trace" >"$calls"
	[ "$(wc -l <"$calls")" -ge 8 ]
	[ "$command" != apply ] || swap
	while read -r name number what; do
		prepare "$command" || return 1
		injection=signal=KILL
		[ "$kind" = kill ] || injection=error=${ERRORS[n++ % 4]}
		code=0
		# shellcheck disable=SC2046
		in_server strace -qq -o /dev/null -e trace="$name" -e inject="$name:$injection:when=$number" \
			portsieve $(words_of "$command") </dev/null >"$BATS_TEST_TMPDIR/said" 2>&1 || code=$?
		if [ "$kind" = kill ] && [ "$code" != 137 ]; then
			echo "$command: not killed at $name $number $what"
			failures=$((failures + 1))
		fi
		check "$command" "$code" && again "$command" || {
			echo "^ $command, $injection at $name $number $what, status $code: $(cat "$BATS_TEST_TMPDIR/said")"
			failures=$((failures + 1))
		}
		[ "$command" != apply ] || swap
	done <"$calls"
	echo "# $command, $kind: $(wc -l <"$calls") calls, $failures failures"
	in_server portsieve unload --all 2>/dev/null || [ $? = 3 ]
	nothing_left
	[ $failures = 0 ]
}

# After an apply the new policy is the old one of the next.
swap() {
	local old=$OLD
	OLD=$NEW NEW=$old
}

@test "load killed at any changing call: filtered by the policy or not at all" {
	disturb load kill
}

@test "load refused at any changing call: not filtered at all, and it says so" {
	disturb load error
}

@test "apply killed at any changing call: the old policy or the new, whole" {
	disturb apply kill
}

@test "apply refused at any changing call: the old policy, whole, and it says so" {
	disturb apply error
}

@test "apply to one of two that share, killed at any changing call: the old or the new on it, the old on the other" {
	disturb part kill
}

@test "apply to one of two that share, refused at any changing call: the old on both, and it says so" {
	disturb part error
}

@test "unload killed at any changing call: filtered by the policy or not at all" {
	disturb unload kill
}

@test "unload refused at any changing call: filtered by the policy, or not at all, and it says so" {
	disturb unload error
}
