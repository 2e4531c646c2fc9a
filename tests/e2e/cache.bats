#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The cache of replies: it only passes what a look-up under the same policy would have passed within the last second.
# Each CPU has a cache of its own, so packets that must hit or miss it are sent on one CPU.
bats_require_minimum_version 1.5.0
load ../lib/lab

SOCKET='version: 1
default: drop
return: socket'
ANY="$SOCKET
unconnected_udp: any"
PYTHON=(taskset -c 0 python3 -u -c)

setup() {
	lab_up
}

teardown() {
	lab_down
}

# cached: the id of the cache of to_client, in bytes; nothing if it has none
cached() {
	bpftool map dump pinned "$(echo "$(pins_of to_client)"/replies_*)" -j | jq -c '.[].value'
}

# take NAMESPACE PORT: an unconnected UDP socket that answers nothing
take() {
	start "$1" "${PYTHON[@]}" '
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", int(sys.argv[1])))
while True:
	s.recv(64)' "$2"
	within 10 is_bound "$1" udp "$2"
}

# send_udp HOST PORT: a datagram from port 7000 of `client`
send_udp() {
	in_client "${PYTHON[@]}" '
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 7000))
s.sendto(b"x", (sys.argv[1], int(sys.argv[2])))' "$@"
}

@test "the next SYN of a connection closed by the peer does not pass" {
	serve_echo server tcp 7004
	mkfifo "$BATS_TEST_TMPDIR/go"
	in_client "${PYTHON[@]}" '
import socket, struct, sys
def client():
	s = socket.socket()
	s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
	s.bind(("", 50001))
	s.settimeout(1)
	s.connect((sys.argv[1], 7004))
	return s
s = client()
print("open")
open(sys.argv[2]).read()
s.sendall(b"ping")
print(s.recv(4))
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
s.close() # by a RST: addresses and ports are free at once
try:
	client()
	print("connected")
except TimeoutError:
	print("dropped")' $SERVER4 "$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/said" 3>&- &
	within 10 grep -q open "$BATS_TEST_TMPDIR/said"
	load_policy "$SOCKET
simultaneous_open: pass"
	echo >"$BATS_TEST_TMPDIR/go"
	wait $!
	equal "open b'ping' dropped" "$(xargs -d '\n' <"$BATS_TEST_TMPDIR/said")"
	(($(passed return-socket) > 0))
}

@test "a stricter policy is in force at once" {
	local host
	take server 7100
	for host in $SERVER4 $SERVER6; do
		in_server portsieve load to_client -p "$(policy "$ANY")"
		send_udp $host 7100
		equal 1 "$(passed return-socket)"
		in_server portsieve apply "$(policy "${ANY/any/never}")"
		send_udp $host 7100
		equal 1 "$(passed return-socket)"
		in_server portsieve unload to_client
	done
}

@test "confirm and rollback are in force at once" {
	take server 7100
	load_policy "${ANY/any/never}"
	in_server portsieve apply "$(policy "$ANY")" --confirm 60
	send_udp $SERVER4 7100
	equal 1 "$(passed return-socket)"
	in_server portsieve rollback
	send_udp $SERVER4 7100
	equal 1 "$(passed return-socket)"
}

@test "an entry expires after a second" {
	take server 7100
	load_policy "$ANY"
	send_udp $SERVER4 7100
	send_udp $SERVER6 7100
	equal 2 "$(passed return-socket)"
	lab_stop
	sleep 1.1
	send_udp $SERVER4 7100
	send_udp $SERVER6 7100
	equal 2 "$(passed return-socket)"
}

@test "--cut empties the cache" {
	serve_echo server tcp 7004
	in_client nft 'add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in tcp flags rst drop'
	mkfifo "$BATS_TEST_TMPDIR/in"
	start client sh -c "ncat -p 50001 $SERVER4 7004 <$BATS_TEST_TMPDIR/in"
	exec 8>"$BATS_TEST_TMPDIR/in"
	within 10 in_server sh -c 'ss -Htn state established sport = :7004 | grep -q 50001'
	load_policy 'version: 1
return: socket'
	start client /usr/bin/python3 -c "
import time
from scapy.all import *
segment = bytes(Ether(dst=getmacbyip('$SERVER4')) / IP(src='$CLIENT4', dst='$SERVER4') / TCP(sport=50001, dport=7004, flags='A'))
s = conf.L2socket(iface='to_server')
while True:
	s.outs.send(segment)
	time.sleep(0.001)"
	within 20 sh -c "[ \$(nsenter --net=/run/netns/server portsieve stats to_client -j | jq '[.devices[0].ranges[] | select(.rule == \"_user\") | .passed.packets] | add') -gt 10 ]"
	run -0 --separate-stderr in_server portsieve apply "$(policy "$SOCKET")" --cut
	[[ $stderr == *"cut 1 connection"* ]]
	local before
	before=$(passed return-socket)
	sleep 0.1
	equal "$before" "$(passed return-socket)"
	((before > 0))
	exec 8>&-
}

@test "a cached reply matches by addresses, ports and transport" {
	start server "${PYTHON[@]}" '
import socket, sys, time
kept = []
for own, peer in zip(sys.argv[1:3], sys.argv[3:]):
	s = socket.socket(socket.AF_INET6 if ":" in own else socket.AF_INET, socket.SOCK_DGRAM)
	s.bind((own, 7100))
	s.connect((peer, 7000))
	kept.append(s)
time.sleep(1000)' $SERVER4 $SERVER6 $CLIENT4 $CLIENT6
	within 10 in_server sh -c '[ $(ss -Hun | grep -c :7100) = 2 ]'
	load_policy "$SOCKET"
	# many of each kind, so that some share the set of the packet that the cache has
	in_client taskset -c 0 /usr/bin/python3 -c "
from scapy.all import *
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(('to_server', 0))
for ip, source, destination in (IP(src='$CLIENT4', dst='$SERVER4'), 26, 30), (IPv6(src='$CLIENT6', dst='$SERVER6'), 22, 38):
	ports = destination + (destination - source)
	expected = bytes(Ether() / ip / UDP(sport=7000, dport=7100))
	s.send(expected)
	s.send(bytes(Ether() / ip / TCP(sport=7000, dport=7100, flags='A')))
	for field in (*range(source, ports, 4), ports, ports + 2):
		for number in range(8192):
			if number != struct.unpack_from('!H', expected, field)[0]:
				s.send(expected[:field] + struct.pack('!H', number) + expected[field + 2:])
	s.send(expected)" >/dev/null
	equal 4 "$(passed return-socket)"
}

@test "the cache takes memory only while replies are looked up" {
	local without cpus
	cpus=$(($(sed "s/.*-//" /sys/devices/system/cpu/possible) + 1))
	load_policy "${SOCKET/socket/none}"
	equal "" "$(cached)"
	without=$(in_server portsieve status -j | jq '.devices[0].memory_bytes')
	in_server portsieve apply "$(policy "$SOCKET")"
	[ -n "$(cached)" ]
	# 2,048 sets of 192 bytes for each CPU, and a pointer
	equal $((2048 * (8 + 192 * cpus))) $(($(in_server portsieve status -j | jq '.devices[0].memory_bytes') - without))
	in_server portsieve upgrade to_client
	[ -n "$(cached)" ]
	in_server portsieve apply "$(policy "${SOCKET/socket/established}")"
	equal "" "$(cached)"
}
