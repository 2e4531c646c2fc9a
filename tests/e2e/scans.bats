#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Scans of all ports by nmap, on a host with docs/examples/host.yaml and services on denied ports: a denied port gives
# the same answer whether something listens there or not.
bats_require_minimum_version 1.5.0
load ../lib/lab

HOST=$LAB_ROOT/docs/examples/host.yaml
# every 200th port, below and inside the ephemeral range of the lab
BELOW=$(seq -s ' ' 1001 200 32601)
EPHEMERAL=$(seq -s ' ' 33001 200 60801)

setup() {
	lab_up
	in_server sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	in_server sysctl -qw net.ipv4.icmp_msgs_per_sec=1000000 2>/dev/null || true # global up to 6.6
}

teardown() {
	lab_down
}

# serve PROTOCOL[OPTION] PORT...
serve() {
	local kind=$1 arguments
	shift
	arguments=("${@/#/${kind%%,*},::,}")
	[[ $kind != *,* ]] || arguments=("${arguments[@]/%/,${kind#*,}}")
	listen server "${arguments[@]}"
}

# scan_all TYPE ADDRESS: a line for each state that nmap reports: the state, its ports, and `+ N` for those that it only counts
scan_all() {
	local six=()
	[[ $2 != *:* ]] || six=(-6)
	in_client timeout 100 nmap "${six[@]}" -n -Pn -T5 --max-retries 0 --min-rate 60000 --min-rtt-timeout 600ms \
		--max-rtt-timeout 600ms "$1" -p- -oX - "$2" | python3 -c '
import collections, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.stdin).getroot()
ports = collections.defaultdict(list)
for port in root.iter("port"):
	ports[port.find("state").get("state")].append(port.get("portid"))
for extra in root.iter("extraports"):
	ports[extra.get("state")].append("+ " + extra.get("count"))
for state in sorted(ports):
	print(state, *ports[state])'
}

# sees_nothing ADDRESS: all but the three allowed ports have one state, in each scan of TCP
sees_nothing() {
	local type silent closed
	serve tcp $BELOW $EPHEMERAL
	for type in -sS -sW -sA -sF -sN -sX -sM; do
		silent='open|filtered'
		[[ $type != -s[SWA] ]] || silent=filtered
		closed=closed
		[ $type != -sA ] || closed=unfiltered
		echo "$type"
		equal "$(printf '%s\n' "$closed 22 80 443" "$silent + 65532" | sort)" "$(scan_all $type "$1" | sort)"
	done
}

@test "TCP: no scan finds a denied port that is served, under return: socket" {
	in_server portsieve load to_client -p "$HOST"
	sees_nothing $SERVER4
	equal 0 "$(passed return-socket)"
}

@test "TCP: the same over IPv6, under return: socket+flow" {
	in_server portsieve load to_client -p "$(policy "$(sed 's/^return: socket/return: socket+flow/' "$HOST")")"
	sees_nothing $SERVER6
	equal "0 0" "$(passed return-socket) $(passed return-flow)"
}

# sees_clients ADDRESS: of the denied UDP ports that are served, only unconnected sockets on ephemeral ports answer
sees_clients() {
	scan_all -sU "$1" >"$BATS_TEST_TMPDIR/scan"
	cat "$BATS_TEST_TMPDIR/scan"
	grep -qx 'closed 68 443 546' "$BATS_TEST_TMPDIR/scan"
	sed -n 's/^open //p' "$BATS_TEST_TMPDIR/scan" | tr ' ' '\n' >"$BATS_TEST_TMPDIR/open"
	[ -s "$BATS_TEST_TMPDIR/open" ]
	equal "" "$(tr ' ' '\n' <<<"$EPHEMERAL" | grep -vxFf - "$BATS_TEST_TMPDIR/open")"
	equal 3 "$(wc -l <"$BATS_TEST_TMPDIR/scan")"
}

@test "UDP: of denied ports, a scan sees only unconnected sockets on ephemeral ports" {
	serve udp,echo $BELOW $EPHEMERAL
	in_server portsieve load to_client -p "$HOST"
	sees_clients $SERVER4
	sees_clients $SERVER6
	in_server portsieve apply "$(policy "$(cat "$HOST")
unconnected_udp: never")"
	equal 'closed 68 443 546
open|filtered + 65532' "$(scan_all -sU $SERVER4)"
}

@test "control: the same scan sees services on allowed ports" {
	serve tcp $BELOW
	in_server portsieve load to_client -p "$(policy "version: 1
default: drop
return: socket
rules: [{name: served, action: allow, ports: 'tcp/$(tr ' ' , <<<"$BELOW")'}]")"
	scan_all -sS $SERVER4 >"$BATS_TEST_TMPDIR/scan"
	cat "$BATS_TEST_TMPDIR/scan"
	(($(sed -n 's/^open //p' "$BATS_TEST_TMPDIR/scan" | wc -w) > 80))
}
