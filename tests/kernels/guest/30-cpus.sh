# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# More CPUs possible than online: per-CPU counters hold values of all possible ones.
source /portsieve/tests/kernels/guest/lab.bash

CPU=/sys/devices/system/cpu
WEB='version: 1
default: drop
rules:
  - {name: dns, action: allow, ports: udp/53}'

# single_ports N: a rule with N ports, none adjacent to another.
single_ports() {
	echo "  - {name: many, action: allow, ports: \"udp/$(printf '%s,' $(seq 2001 2 $((1999 + 2 * $1))))53\"}"
}

# accounted: the bytes of the counters, as the kernel accounts them.
accounted() {
	bpftool map show pinned "$(pins | grep -E '/counters(_[0-9]+)?$')" -j | jq .bytes_memlock
}

remark_cpus() {
	remark "possible $(cat $CPU/possible), online $(cat $CPU/online)"
}

# on_cpu CPU COMMAND...: runs a command there; a veth's packets are received on the CPU that sends them.
on_cpu() {
	taskset -pc "$1" $BASHPID >/dev/null
	"${@:2}"
	taskset -pc "$(cat $CPU/online)" $BASHPID >/dev/null
}

adds_up_when_more_are_possible() {
	remark_cpus
	in_server portsieve load to_client -p "$(policy "$WEB")"
	on_cpu 0 datagrams 40 53
	on_cpu 1 datagrams 30 53
	in_server received to_client
	equal "70 0" "$(row dns)"
	sum_matches
}
it 'the counts of several CPUs are added up' adds_up_when_more_are_possible

adds_up_when_one_leaves() {
	in_server portsieve load to_client -p "$(policy "$WEB")"
	on_cpu 1 datagrams 30 53
	in_server received to_client
	echo 0 >$CPU/cpu1/online
	equal 0 "$(cat $CPU/online)"
	remark_cpus
	equal "30 0" "$(row dns)"
	on_cpu 0 datagrams 12 53
	in_server received to_client
	equal "42 0" "$(row dns)"
	in_server portsieve apply "$(policy "$WEB
  - {name: more, action: allow, ports: udp/99}")"
	equal "42 0" "$(row dns)"
	echo 1 >$CPU/cpu1/online
	equal "42 0" "$(row dns)"
	on_cpu 1 datagrams 8 53
	in_server received to_client
	equal "50 0" "$(row dns)"
	sum_matches
}
it 'the counts of a CPU stay when it goes offline' adds_up_when_one_leaves
echo 1 >$CPU/cpu1/online # also after a failure: other files follow

loads_with_one_offline() {
	echo 0 >$CPU/cpu1/online
	remark_cpus
	in_server portsieve load to_client -p "$(policy "$WEB")"
	datagrams 12 53
	in_server received to_client
	equal "12 0" "$(row dns)"
	in_server portsieve replay /captures/small.pcap --dev to_client -j >/tmp/replayed
	equal 5 "$(jq .packets /tmp/replayed)"
	in_server portsieve unload to_client
	equal "" "$(pins)"
}
it 'load, apply and replay work with a CPU offline' loads_with_one_offline
echo 1 >$CPU/cpu1/online

# is_sized_by RANGES: what the device takes is at most 4 MB and 128 bytes for each range and possible CPU.
is_sized_by() {
	local cpus told limit
	cpus=$(($(cut -d- -f2 $CPU/possible) + 1))
	limit=$((4000000 + 128 * $1 * cpus))
	told=$(in_server portsieve status -j | jq '.devices[0].memory_bytes')
	remark "$cpus CPUs, $1 ranges: $told bytes told, $(accounted) accounted for counters, at most $limit"
	[ "$told" -le $limit ]
	[ "$(accounted)" -le "$told" ]
}
counters_follow_the_policy() {
	remark_cpus
	in_server portsieve load to_client -p "$(policy "version: 1
default: drop
return: none
rules:
$(single_ports 9)")"
	is_sized_by 10
	on_cpu 0 datagrams 40 53
	on_cpu 1 datagrams 30 53
	in_server received to_client
	in_server portsieve apply "$(policy "version: 1
default: drop
return: none
rules:
$(single_ports 999)")"
	equal "70 0" "$(row many)"
	on_cpu 1 datagrams 8 53
	in_server received to_client
	equal "78 0" "$(row many)"
	sum_matches
	is_sized_by 1000
}
it 'counters take memory by ranges and CPUs, and grow without losing a count' counters_follow_the_policy

finish
