#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Packets by single port: load and upgrade with --per-port, and the command `ports`. What is shown is compared with
# what was sent.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	lab_without_ipv6
	FILE=$(policy 'version: 1
default: drop
return: none
rules: [{name: web, action: allow, ports: tcp/80}]')
}

teardown() {
	lab_down
}

# port PORT PROTOCOL: `PASSED DROPPED WOULD_DROP` as JSON has them, or nothing.
port() {
	in_server portsieve ports to_client -j --top 200000 | jq -r --argjson port "$1" --arg protocol "$2" \
		'.devices[0].ports[] | select(.port == $port and .protocol == $protocol) |
		"\(.passed) \(.dropped) \(.would_drop)"'
}

# send PROTOCOL PORT COUNT
send() {
	in_client flood to_server --protocol "$1" --port "$2" --count "$3" >/dev/null
}

@test "without --per-port nothing is counted by port, and ports says how to begin" {
	in_server portsieve load to_client -p "$FILE"
	equal off "$(in_server portsieve status -j | jq -r '.devices[0].per_port')"
	refused 1 "not counted by port on to_client; to begin: portsieve upgrade to_client --per-port=dropped" \
		in_server portsieve ports
	[[ $(pins) != *port_cells* ]]
}

@test "dropped: the ports of dropped packets only, most packets first, with their service" {
	in_server portsieve load to_client -p "$FILE" --per-port=dropped
	equal "to_client  dropped packets by port, counted for" "$(in_server portsieve ports | head -n 1 | sed 's/ for .*/ for/')"
	[[ $(in_server portsieve ports) == *"no packet has been counted yet"* ]]
	send tcp 80 11
	send tcp 22 5
	send udp 22 3
	send udp 65535 40
	send sctp 9 7
	equal "65535 udp - 40
22 tcp ssh 5
22 udp ssh 3" "$(in_server portsieve ports | awk '$2 ~ /^(tcp|udp|sctp)$/ { print $1, $2, $3, $4 }')"
	equal "null 40 0" "$(port 65535 udp)"
	equal "" "$(port 80 tcp)"
	equal "22 tcp,22 udp" "$(in_server portsieve ports -j | jq -r '[.devices[0].ports[1:][] | "\(.port) \(.protocol)"] | join(",")')"
	[[ $(in_server portsieve status) == *"to_client: counts dropped packets by port"* ]]
}

@test "all: passed and dropped packets of each port; --top limits the list" {
	in_server portsieve load to_client -p "$FILE" --per-port=all
	send tcp 80 11
	send tcp 22 5
	send udp 22 3
	equal "11 0 0" "$(port 80 tcp)"
	equal "0 5 0" "$(port 22 tcp)"
	equal "80" "$(in_server portsieve ports --top 1 -j | jq -r '[.devices[0].ports[].port] | join(" ")')"
	equal "22" "$(in_server portsieve ports --top 1 --sort dropped -j | jq -r '[.devices[0].ports[].port] | join(" ")')"
	equal "3" "$(in_server portsieve ports --top 1 -j | jq '.devices[0].ports_seen')"
	[[ $(in_server portsieve ports --top 1) == *"1 of 3 ports; --top 3 shows all"* ]]
}

@test "in monitor mode what would be dropped is counted apart" {
	in_server portsieve load to_client --per-port=dropped -p "$(policy '{version: 1, mode: monitor, default: drop, return: none}')"
	send udp 53 4
	equal "null 0 4" "$(port 53 udp)"
	in_server portsieve ports | grep -qE '^ +53 +udp +domain +- +4 +'
}

@test "more than 65,536 packets to one port from several CPUs are counted exactly" {
	in_server portsieve load to_client -p "$FILE" --per-port=dropped
	local cpu sent=0 floods=() cpus
	cpus=$(nproc)
	for ((cpu = 0; cpu < cpus && cpu < 4; cpu++)); do
		taskset -c $cpu nsenter --net=/run/netns/client flood to_server --protocol udp --port 7 --seconds 1 -j \
			>"$BATS_TEST_TMPDIR/sent-$cpu" 3>&- &
		floods+=($!)
	done
	# what concurrent readers see never falls
	local seen last=0
	while kill -0 "${floods[0]}" 2>/dev/null; do
		seen=$(port 7 udp | cut -d' ' -f2)
		[ "${seen:-0}" -ge "$last" ]
		last=${seen:-0}
	done
	wait "${floods[@]}"
	sent=$(cat "$BATS_TEST_TMPDIR"/sent-* | jq -s 'map(.sent - .overrun) | add')
	echo "# $sent packets by $cpus CPUs"
	[ "$sent" -gt 131072 ]
	in_server received to_client
	equal "null $(row _system udp | cut -d' ' -f2) 0" "$(port 7 udp)"
	[ "$(row _system udp | cut -d' ' -f2)" -ge "$sent" ]
}

@test "all 131,072 ports are counted, each once; those of DHCP pass" {
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop, return: none}')" --per-port=dropped
	in_client flood to_server --protocol tcp --ports 0-65535 --sequential --count 65536 --rush -j >"$BATS_TEST_TMPDIR/tcp"
	in_client flood to_server --protocol udp --ports 0-65535 --sequential --count 65536 --rush -j >"$BATS_TEST_TMPDIR/udp"
	in_server received to_client
	local arrived
	arrived=$(cat "$BATS_TEST_TMPDIR"/{tcp,udp} | jq -s "map(.sent - .overrun) | add")
	equal "$((arrived - 2)) $((arrived - 2)) 1" "$(in_server portsieve ports -j --top 200000 |
		jq -r '.devices[0] | "\(.ports_seen) \(.ports | length) \([.ports[].dropped] | max)"')"
	equal " " "$(port 68 udp) $(port 546 udp)"
}

@test "upgrade keeps the counts, or starts, changes and stops counting" {
	in_server portsieve load to_client -p "$FILE"
	send udp 9 3
	in_server portsieve upgrade to_client --per-port=dropped
	send udp 9 4
	in_server portsieve upgrade to_client
	equal dropped "$(in_server portsieve status -j | jq -r '.devices[0].per_port')"
	send udp 9 5
	equal "null 9 0" "$(port 9 udp)"
	in_server portsieve upgrade to_client --per-port=dropped
	equal "null 9 0" "$(port 9 udp)"
	in_server portsieve upgrade to_client --per-port=all
	equal "" "$(port 9 udp)"
	send udp 9 2
	send tcp 80 2
	equal "0 2 0" "$(port 9 udp)"
	equal "2 0 0" "$(port 80 tcp)"
	equal "0 14" "$(row _system udp)"
	in_server portsieve upgrade to_client --per-port=off
	[[ $(pins) != *port_* ]]
	refused 1 "not counted by port" in_server portsieve ports to_client
	in_server portsieve unload to_client
	equal "" "$(pins)"
}

@test "applying a policy to one of two devices keeps its counting by port" {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	in_server portsieve load to_client to_lan -p "$FILE" --per-port=dropped
	send udp 9 3
	in_server portsieve apply "$(policy '{version: 1, default: drop, return: none}')" --dev to_client
	send udp 9 4
	equal "null 7 0" "$(port 9 udp)"
	equal "to_client 1, to_lan 0" "$(in_server portsieve ports -j | jq -r '[.devices[] | "\(.device) \(.ports_seen)"] | join(", ")')"
}

@test "bad words are refused, and nothing changes" {
	refused 2 "--per-port: unknown word 'droped' (did you mean 'dropped'?)" in_server portsieve load to_client --per-port droped
	refused 3 "is not loaded" in_server portsieve ports to_client
	in_server portsieve load to_client -p "$FILE" --per-port=all
	refused 2 "--top: '0' is not a whole number from 1" in_server portsieve ports --top 0
	refused 2 "--sort: unknown word 'name' (packets, dropped, new)" in_server portsieve ports --sort name
	refused 2 "--per-port: unknown word 'none'" in_server portsieve upgrade to_client --per-port=none
	equal all "$(in_server portsieve status -j | jq -r '.devices[0].per_port')"
}
