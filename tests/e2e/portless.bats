#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Rules without ports: every IP packet of their addresses, by real traffic.
bats_require_minimum_version 1.5.0
load ../lib/lab

BLOCKED="version: 1
default: allow
rules:
  - {name: blocked, action: drop, from: [$CLIENT4, \"$CLIENT6\"]}
  - {name: echo, action: allow, ports: udp/7}"
TRUSTED="version: 1
default: drop
return: none
rules:
  - {name: trusted, action: allow, from: [$CLIENT4, \"2001:db8::/64\"]}
portless: {icmp_echo: drop, icmpv6_echo: drop, other_protocol: drop, later_fragment: drop}"

setup() {
	lab_up
}

teardown() {
	lab_down
}

# send_raw ADDRESS PROTOCOL HEX: an IP packet of the client with this payload
send_raw() {
	in_client python3 -c '
import socket, sys
host, number, payload = sys.argv[1], int(sys.argv[2]), bytes.fromhex(sys.argv[3])
s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_RAW, number)
s.sendto(payload, (host, 0))' "$@"
}

# send_udp BYTES: to udp/7, in fragments if they exceed the MTU
send_udp() {
	in_client python3 -c '
import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(bytes(int(sys.argv[1])), (sys.argv[2], 7))' "$1" $SERVER4
}

# send_too_big: an ICMP error of the client about a datagram of the server: its path has an MTU of 1,400 bytes
send_too_big() {
	in_client python3 -c '
import socket, struct, sys
client, server = (socket.inet_aton(address) for address in sys.argv[1:])
inner = struct.pack("!BBHHHBBH", 0x45, 0, 28, 0, 0x4000, 64, 17, 0) + server + client + struct.pack("!HHHH", 7, 7, 8, 0)
words = struct.unpack("!18H", struct.pack("!BBHHH", 3, 4, 0, 0, 1400) + inner)
total = sum(words)
checksum = 0xffff - (total % 0xffff)
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
s.sendto(struct.pack("!BBHHH", 3, 4, checksum, 0, 1400) + inner, (sys.argv[2], 0))' $CLIENT4 $SERVER4
}

# errors_received: the ICMP errors of type 3 that have reached the stack of the server
errors_received() {
	in_server cat /proc/net/snmp | awk '$1 == "Icmp:" && !n++ { for (i = 2; i <= NF; i++) at[$i] = i; next }
		$1 == "Icmp:" { print $at["InDestUnreachs"] - $at["InCsumErrors"] }'
}

# dropped ROW: its packets that were dropped
dropped() {
	row "$1" | cut -d' ' -f2
}

@test "a blocked source's ping, GRE, ESP, UDP and later fragments are dropped, in one row" {
	in_client ping -q -c 1 -W 1 $SERVER4
	load_policy "$BLOCKED"
	run -1 in_client ping -q -c 3 -i 0.01 -W 0.2 $SERVER4
	run -1 in_client ping -q -c 2 -i 0.01 -W 0.2 $SERVER6
	equal 5 "$(dropped blocked)"
	send_raw $SERVER4 47 00000800
	send_raw $SERVER4 50 0000000100000001
	send_raw $SERVER6 47 000086dd
	equal 8 "$(dropped blocked)"
	send_udp 100
	send_udp 4000 # three fragments
	equal 12 "$(dropped blocked)"
	equal "0 12" "$(row blocked any)"
	equal "0 0" "$(row echo)"
	equal "any null null" "$(in_server portsieve stats -j |
		jq -r '.devices[0].ranges[] | select(.rule == "blocked") | "\(.protocol) \(.low) \(.high)"')"
	in_server portsieve stats | grep -E '^ *blocked +any +- '
	sum_matches
}

@test "ICMP errors and neighbour discovery of a blocked source pass" {
	load_policy "$BLOCKED"
	local before
	before=$(errors_received)
	send_too_big
	equal 0 "$(dropped icmp)"
	[ "$(passed icmp)" -ge 1 ]
	[ "$(errors_received)" -gt "$before" ]
	in_client ip neigh flush all
	in_server ip neigh flush all
	run -1 in_client ping -q -c 1 -W 0.5 $SERVER6
	[ "$(passed icmpv6)" -ge 1 ]
	in_client ip neigh show $SERVER6 | grep -E 'REACHABLE|DELAY|STALE|PROBE'
}

@test "a trusted source passes whatever the knobs say, but with invalid flags" {
	load_policy "$TRUSTED"
	in_client ping -q -c 3 -i 0.01 -W 1 $SERVER4
	in_client ping -q -c 3 -i 0.01 -W 1 $SERVER6
	send_raw $SERVER4 47 00000800
	serve_web server 8080
	fetch client $SERVER4 8080
	fetch client $SERVER6 8080
	equal 0 "$(dropped trusted)"
	[ "$(passed trusted)" -ge 15 ]
	equal "0 0" "$(row other-protocol)"
	in_client ip address add 192.0.2.9/24 dev to_server
	run -1 in_client ping -q -c 2 -i 0.01 -W 0.2 -I 192.0.2.9 $SERVER4
	equal "0 2" "$(row icmp)"
	in_client timeout 20 nmap -n -Pn -sN -p 8080 --max-retries 0 $SERVER4
	[ "$(dropped bad-flags)" -ge 1 ]
}

@test "drop ADDRESS blocks it at once, delete lets it in again, and save keeps it" {
	load_policy "version: 1"
	run --separate-stderr -0 in_server portsieve drop $CLIENT4 --for 1h
	[[ $stderr == *"drop-$CLIENT4 drops all packets from $CLIENT4 until"* ]]
	run -1 in_client ping -q -c 1 -W 0.2 $SERVER4
	in_client ping -q -c 1 -W 1 $SERVER6
	in_server portsieve show | grep -F "{name: drop-$CLIENT4, action: drop, from: [$CLIENT4], until:"
	in_server portsieve delete drop-$CLIENT4
	in_client ping -q -c 1 -W 1 $SERVER4
	in_server portsieve drop --file - -j <<<"$CLIENT4
$CLIENT6 udp/7" | jq -e '[.rules[].ports] == [null, "udp/7"]'
	run -1 in_client ping -q -c 1 -W 0.2 $SERVER4
	in_client ping -q -c 1 -W 1 $SERVER6
	in_server portsieve save "$BATS_TEST_TMPDIR/saved.yaml"
	in_server portsieve apply "$BATS_TEST_TMPDIR/saved.yaml"
	run -1 in_client ping -q -c 1 -W 0.2 $SERVER4
	in_server portsieve allow $CLIENT4 tcp/22 # a list of both
	in_server portsieve show | grep -F "{name: allow-tcp-22-$CLIENT4, action: allow, ports: tcp/22, from: [$CLIENT4]}"
}

@test "explain, replay, diff and check know of such rules" {
	local file
	file=$(policy "$BLOCKED")
	load_policy "version: 1"
	run -0 in_server portsieve diff "$file"
	echo "$output"
	[[ $output == *"icmpv6_other, ext_depth, jumbogram) from $CLIENT4, $CLIENT6  allowed by portless -> dropped by 'blocked' (line 4)"* ]]
	[[ $output == *"tcp/0-65535 from $CLIENT4, $CLIENT6  allowed by default -> dropped by 'blocked' (line 4)"* ]]
	in_server portsieve diff "$file" -j | jq -e '.changes[] | select(.protocol == "any") |
		.low == null and (.portless | index("icmp_echo")) and .before.reason == "portless"'
	in_server portsieve apply "$file"
	run -0 in_server portsieve explain "icmp $CLIENT4 > $SERVER4"
	equal "drop: rule 'blocked' is the first without ports that matches a packet from $CLIENT4" "${lines[0]}"
	run -0 in_server portsieve explain "gre 192.0.2.77 > $SERVER4"
	[[ ${lines[0]} == "pass: other-protocol: "* ]]
	run -0 in_server portsieve explain "tcp $CLIENT4:4000 > $SERVER4:22 S"
	equal "drop: rule 'blocked' is the first that matches tcp port 22 from $CLIENT4" "${lines[0]}"
	in_server portsieve explain "icmp $CLIENT4 > $SERVER4" -j |
		jq -e '.rule == "blocked" and .reason == "rule" and .protocol == null and .low == null'
	file=$(policy "version: 1
rules:
  - {name: all, action: drop, from: 192.0.2.0/24}
  - {name: one, action: allow, from: 192.0.2.7}")
	says 0 "rule 'one' never matches: shadowed by 'all' (line 3)" in_server portsieve check "$file"
}

@test "recorded packets without a port have their rule" {
	in_server portsieve load to_client --events=dropped -p "$(policy "$BLOCKED")"
	in_client ping -q -c 3 -i 0.01 -W 0.2 $SERVER4 || true
	run -0 in_server timeout 10 portsieve events --last 10 --rule blocked -j
	equal "blocked rule icmp" "$(jq -r '[.rule, .reason, .protocol] | join(" ")' <<<"${lines[0]}")"
}
