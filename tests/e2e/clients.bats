#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Clients of many kinds on a host with docs/examples/host.yaml, and what they lose without return traffic or
# without whatever else passes their answers.
bats_require_minimum_version 1.5.0
load ../lib/lab

HOST=$LAB_ROOT/docs/examples/host.yaml
PYTHON=(/usr/bin/python3 -u -c)
MANY=$LAB_ROOT/tests/lib/many.py

setup() {
	lab_up
	NONE=$(policy "$(sed 's/^return: socket/return: none/' "$HOST")")
}

teardown() {
	lab_down
}

load_host() {
	in_server portsieve load to_client -p "$HOST"
}

# with KNOB: the example with one more line
with() {
	policy "$(cat "$HOST")
$1"
}

# survives ADDRESS [POLICY]: 10,000 connections and 1,000 questions
survives() {
	local change first=${2:-$HOST}
	local changes=("portsieve load to_client -p $first" "portsieve apply $LAB_ROOT/docs/examples/registered-only.yaml"
		"portsieve apply $first" "portsieve upgrade to_client" "portsieve unload to_client"
		"portsieve load to_client -p $first" "portsieve unload to_client")
	in_server /usr/bin/python3 "$MANY" host "$1" 7006 10000 1000 10 "${changes[@]}" \
		>"$BATS_TEST_TMPDIR/out" || return 1
	for change in "${changes[@]}"; do
		echo "10000 1000 $change"
	done | diff - "$BATS_TEST_TMPDIR/out"
}

@test "10,000 connections and 1,000 pending questions survive load, apply, upgrade, unload and load" {
	start client /usr/bin/python3 "$MANY" peer 7006
	within 10 is_listening client tcp 7006
	survives $CLIENT4
	survives $CLIENT6
}

@test "the same under return: flow, where netfilter tracks them: they are learned before each change" {
	start client /usr/bin/python3 "$MANY" peer 7006
	within 10 is_listening client tcp 7006
	in_server nft 'add table inet t; add chain inet t i { type filter hook input priority 0; }; add rule inet t i ct state new accept'
	survives $CLIENT4 "$(policy "$(sed 's/^return: socket/return: flow/' "$HOST")")"
}

@test "control: without return traffic none of them survive" {
	start client /usr/bin/python3 "$MANY" peer 7006
	within 10 is_listening client tcp 7006
	equal "100 100 true
0 0 portsieve load to_client -p $NONE" "$(in_server /usr/bin/python3 "$MANY" host $CLIENT4 7006 100 100 2 \
		true "portsieve load to_client -p $NONE" 2>/dev/null)"
}

@test "8,000 bytes of UDP arrive in fragments, over both families" {
	local address
	start client "${PYTHON[@]}" '
import socket
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind(("::", 7002))
while True:
	s.sendto(b"x" * 8000, s.recvfrom(64)[1])'
	within 10 is_listening client udp 7002
	local ask='
import socket, sys
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.connect((sys.argv[1], 7002))
s.send(b"x")
sys.exit(len(s.recv(65535)) != 8000)'
	load_host
	for address in $CLIENT4 $CLIENT6; do
		in_server "${PYTHON[@]}" "$ask" $address
	done
	in_server portsieve apply "$(with 'portless: {later_fragment: drop, fragment: drop}')"
	for address in $CLIENT4 $CLIENT6; do
		run ! in_server "${PYTHON[@]}" "$ask" $address
	done
}

# far_up: a third namespace `far` at the other side of `client`, on a link with a smaller MTU in its direction.
far_up() {
	lab_namespace far
	lab_veth client to_far far to_client
	in_client ip link set to_far mtu 1300 # not on far's own link, so that its MSS is too large
	lab_address client to_far 198.51.100.1/24 2001:db8:1::1/64
	lab_address far to_client 198.51.100.2/24 2001:db8:1::2/64
	in_client sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	in_namespace far ip route add default via 198.51.100.1
	in_namespace far ip -6 route add default via 2001:db8:1::1
	in_server ip route add default via $CLIENT4
	in_server ip -6 route add default via $CLIENT6
	# whole segments, not what offloads make of them
	in_server ethtool -K to_client tso off gso off >/dev/null
}

# sends_far ADDRESS: 1 MB from the host to `far`; only path MTU discovery lets it pass
sends_far() {
	start far sh -c "ncat -l 9000 | wc -c >$BATS_TEST_TMPDIR/count"
	within 10 is_listening far tcp 9000
	in_server timeout 4 sh -c "head -c 1000000 /dev/zero | ncat --send-only $1 9000" || return 1
	within 4 grep -qx 1000000 "$BATS_TEST_TMPDIR/count"
}

@test "path MTU discovery works, and does not without its ICMP" {
	far_up
	load_host
	sends_far 198.51.100.2
	sends_far 2001:db8:1::2
	in_server ip route flush cache
	in_server ip -6 route flush cache
	in_client nft 'add table inet t; add chain inet t out { type filter hook output priority 0; }
		add rule inet t out icmp type destination-unreachable drop; add rule inet t out icmpv6 type packet-too-big drop'
	run ! sends_far 198.51.100.2
	run ! sends_far 2001:db8:1::2
}

@test "a DHCP client gets a lease and renews it, and does not with dhcp_client: off" {
	start client dnsmasq --keep-in-foreground --conf-file=/dev/null --port=0 --interface=to_server --bind-interfaces \
		--dhcp-range=192.0.2.100,192.0.2.110,2m --dhcp-leasefile="$BATS_TEST_TMPDIR/leases"
	within 10 is_bound client udp 67
	printf '#!/bin/sh\necho "$1 $ip" >>%s\n' "$BATS_TEST_TMPDIR/dhcp" >"$BATS_TEST_TMPDIR/script"
	chmod +x "$BATS_TEST_TMPDIR/script"
	in_server ip address flush dev to_client
	load_host
	local client=(busybox udhcpc --foreground --interface to_client --script "$BATS_TEST_TMPDIR/script" -T 1)
	start server "${client[@]}" --retries 5
	within 8 grep -qE '^bound 192\.0\.2\.1[01].$' "$BATS_TEST_TMPDIR/dhcp"
	in_server ip address add "$(sed -n 's/^bound //p' "$BATS_TEST_TMPDIR/dhcp")/24" dev to_client
	kill -USR1 "${LAB_PIDS[-1]}"
	within 8 grep -qE '^renew 192\.0\.2\.1[01].$' "$BATS_TEST_TMPDIR/dhcp"
	in_server portsieve apply "$(with 'dhcp_client: off')"
	run -1 in_server timeout 10 "${client[@]}" --retries 3 --now
}

@test "unicast answers to a multicast question arrive, and do not under unconnected_udp: never" {
	start client "${PYTHON[@]}" '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5353))
s.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
	struct.pack("4s4s", socket.inet_aton("224.0.0.251"), socket.inet_aton("192.0.2.1")))
t = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
t.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
t.bind(("::", 5353))
t.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP,
	struct.pack("16sI", socket.inet_pton(socket.AF_INET6, "ff02::fb"), socket.if_nametoindex("to_server")))
import select
while True:
	for r in select.select([s, t], [], [])[0]:
		r.sendto(*r.recvfrom(64))'
	within 10 is_bound client udp 5353
	local ask='
import socket, sys
index = socket.if_nametoindex("to_client")
if sys.argv[1] == "4":
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("192.0.2.2"))
	group = ("224.0.0.251", 5353)
else:
	s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
	group = ("ff02::fb", 5353, 0, index)
s.settimeout(1)
s.sendto(b"who", group)
sys.exit(s.recv(64) != b"who")'
	load_host
	in_server "${PYTHON[@]}" "$ask" 4
	in_server "${PYTHON[@]}" "$ask" 6
	in_server portsieve apply "$(with 'unconnected_udp: never')"
	run ! in_server "${PYTHON[@]}" "$ask" 4
	run ! in_server "${PYTHON[@]}" "$ask" 6
}

@test "bidirectional UDP as in QUIC: everything arrives, and nothing without return traffic" {
	local both='
import socket, sys
family = socket.AF_INET6 if ":" in sys.argv[2] else socket.AF_INET
s = socket.socket(family, socket.SOCK_DGRAM)
s.settimeout(2)
if sys.argv[1] == "host":
	s.connect((sys.argv[2], int(sys.argv[3])))
	s.send(b"hello")
else:
	s.bind((sys.argv[2], int(sys.argv[3])))
	s.connect(s.recvfrom(1500)[1])
	s.send(b"hello")
# each side answers a window of datagrams with the next one
count = 0
for _ in range(200):
	for i in range(32):
		s.send(bytes(1200))
	for i in range(32):
		while len(s.recv(1500)) != 1200:
			pass
		count += 1
print(count)'
	exchange() {
		start client "${PYTHON[@]}" "$both" peer "$@"
		within 10 is_bound client udp "$2"
		in_server "${PYTHON[@]}" "$both" host "$@"
	}
	load_host
	equal 6400 "$(exchange $CLIENT4 443)"
	equal 6400 "$(exchange $CLIENT6 444)"
	in_server portsieve apply "$NONE"
	run ! exchange $CLIENT4 445
}
