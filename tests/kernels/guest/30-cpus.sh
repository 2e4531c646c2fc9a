# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# More CPUs possible than online: per-CPU counters hold values of all possible ones.
source /portsieve/tests/kernels/guest/lab.bash

CPU=/sys/devices/system/cpu
WEB='version: 1
default: drop
rules:
  - {name: dns, action: allow, ports: udp/53}'

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

finish
