# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Runs in a guest (tests/bench/cpus.py): counts packets on both CPUs that are online, and prints what stats and status say
# and take, a line `figure NAME VALUE` each.
set -euo pipefail
cd /portsieve
ROUNDS=7
PACKETS=1000 # on each CPU
CPU=/sys/devices/system/cpu

figure() {
	echo "figure $1 $2"
}

# time_of NAME COMMAND...: microseconds by the guest's clock, a line per round. The first, which reads files, does not count.
time_of() {
	local name=$1 begun
	"${@:2}" >/dev/null
	for ((i = 0; i < ROUNDS; i++)); do
		begun=${EPOCHREALTIME/./}
		"${@:2}" >/dev/null
		figure "$name" $((${EPOCHREALTIME/./} - begun))
	done
}

for device in va vb; do
	[ $device = vb ] || ip link add va type veth peer name vb
	ip link set dev $device addrgenmode none
	ip link set dev $device up
done
build/portsieve load vb -p /policy.yaml
for cpu in 0 1; do
	taskset -c $cpu build/tests/traffic/flood va --protocol tcp --ports 0-65535 --count $PACKETS --rush --json >/tmp/flood
	figure sent "$(jq .sent /tmp/flood)"
done
figure received "$(build/tests/traffic/received vb)"
build/portsieve stats vb -j >/tmp/stats
figure counted "$(jq '[.devices[0] | (.ranges[], .reasons[]) | .passed.packets + .dropped.packets + .would_drop.packets] | add' /tmp/stats)"
figure memory "$(build/portsieve status -j | jq '.devices[0].memory_bytes')"
figure counters "$(bpftool -j map show pinned "$(find /sys/fs/bpf/portsieve -name counters)" | jq .bytes_memlock)"
figure possible "$(($(cut -d- -f2 $CPU/possible) + 1))"
figure online "$(nproc)"
time_of stats build/portsieve stats vb -j
time_of check build/portsieve check /policy.yaml
