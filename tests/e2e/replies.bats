#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Return traffic: a filtered host under default drop is a client of the other side, and denied ports stay shut.
bats_require_minimum_version 1.5.0
load ../lib/lab

SOCKET='version: 1
default: drop
return: socket
rules:
  - {name: web, action: allow, ports: tcp/80}'
PYTHON=(python3 -u -c)

setup() {
	lab_up
}

teardown() {
	lab_down
}

# scan_state NMAP-OPTION PORT: "8081/filtered"
scan_state() {
	in_client timeout 60 nmap -n -Pn --max-retries 1 "$1" -p "$2" -oG - $SERVER4 | grep -oE '[0-9]+/[a-z|]+'
}

@test "control: without return traffic the host's own connections get no answer" {
	serve_web client 8080
	load_policy "${SOCKET/return: socket/return: none}"
	run -28 fetch server $CLIENT4 8080 1
	run -28 fetch server $CLIENT6 8080 1
	run ! echoes server udp $CLIENT4 7001 1
}

@test "the host fetches pages, and a denied port answers nobody" {
	serve_web client 8080
	serve_web server 8081
	serve_web server 80
	load_policy "$SOCKET"
	fetch server $CLIENT4 8080
	fetch server $CLIENT6 8080
	(($(passed return-socket) >= 6))
	fetch client $SERVER4 80
	run -28 fetch client $SERVER4 8081 1
	run -28 fetch client $SERVER6 8081 1
	sum_matches
}

@test "100 MB are received and sent" {
	load_policy "$SOCKET"
	transfer_100_mb
}

@test "a refused connection is refused at once" {
	load_policy "$SOCKET"
	run -7 fetch server $CLIENT4 8080 5
	run -7 fetch server $CLIENT6 8080 5
}

@test "UDP: a connected socket and an unconnected one on an ephemeral port get their answers" {
	serve_echo client udp 7001
	load_policy "$SOCKET"
	echoes server udp $CLIENT4 7001
	echoes server udp $CLIENT6 7001
	unconnected server $CLIENT4 7001
	unconnected server $CLIENT6 7001
	run ! unconnected server $CLIENT4 7001 5000 # assumed to be a server
	run ! unconnected server $CLIENT4 7001 61000
}

@test "unconnected_udp: never drops replies to unconnected sockets, any passes them" {
	serve_echo client udp 7001
	load_policy "$SOCKET
unconnected_udp: any"
	unconnected server $CLIENT4 7001 5000
	in_server portsieve apply "$(policy "$SOCKET
unconnected_udp: never")"
	run ! unconnected server $CLIENT4 7001
	echoes server udp $CLIENT4 7001
}

@test "control: an ACK scan tells them apart if ACKs pass" {
	serve_web server 8081
	load_policy "${SOCKET/return: socket/return: established}"
	[ "$(scan_state -sA 8081)" = 8081/unfiltered ]
	serve_web client 8080
	fetch server $CLIENT4 8080
	(($(passed return-established) > 0))
	run -28 fetch client $SERVER4 8081 1
}

@test "a connection that was open before the filter survives" {
	start client "${PYTHON[@]}" '
import socket
s = socket.socket(socket.AF_INET6)
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("", 7003))
s.listen()
peer = s.accept()[0]
while True:
	peer.send(peer.recv(64))'
	within 10 is_listening client tcp 7003
	mkfifo "$BATS_TEST_TMPDIR/in"
	start server sh -c "ncat $CLIENT4 7003 <$BATS_TEST_TMPDIR/in >$BATS_TEST_TMPDIR/out"
	exec 8>"$BATS_TEST_TMPDIR/in"
	echo one >&8
	within 10 grep -q one "$BATS_TEST_TMPDIR/out"
	load_policy "$SOCKET"
	echo two >&8
	within 10 grep -q two "$BATS_TEST_TMPDIR/out"
	in_server portsieve unload to_client
	echo three >&8
	within 10 grep -q three "$BATS_TEST_TMPDIR/out"
	exec 8>&-
}

@test "a rule with from blocks replies too, unless it says replies: pass" {
	serve_web client 8080
	load_policy "version: 1
return: socket
rules: [{name: block, action: drop, ports: tcp/all, from: $CLIENT4}]"
	run -28 fetch server $CLIENT4 8080 1
	fetch server $CLIENT6 8080
	in_server portsieve apply "$(policy "version: 1
return: socket
rules: [{name: block, action: drop, ports: tcp/all, from: $CLIENT4, replies: pass}]")"
	fetch server $CLIENT4 8080
}

@test "a rule without from lets replies pass, unless it says replies: drop" {
	serve_web client 8080
	load_policy "version: 1
return: socket
rules: [{name: shut, action: drop, ports: tcp/1024-65535}]"
	fetch server $CLIENT4 8080
	in_server portsieve apply "$(policy "version: 1
return: socket
rules: [{name: shut, action: drop, ports: tcp/1024-65535, replies: drop}]")"
	run -28 fetch server $CLIENT4 8080 1
}

@test "only_from drops packets from other sources, in one row, but not replies" {
	serve_web client 8080
	serve_web server 8081
	load_policy "version: 1
return: socket
rules: [{name: only, action: allow, ports: tcp/1024-65535, only_from: $CLIENT6, description: the other side}]"
	fetch client $SERVER6 8081
	run -28 fetch client $SERVER4 8081 1
	fetch server $CLIENT4 8080
	(($(passed return-socket) >= 3))
	equal "true true" "$(in_server portsieve stats -j | jq -r '[.devices[0].ranges[] | select(.rule == "only")] |
		if length == 1 then "\(.[0].passed.packets >= 3) \(.[0].dropped.packets > 0)" else length end')"
	sum_matches
	# its description, next to the devices
	in_server portsieve status | grep -qx '  only       the other side'
	equal '[{"rule":"only","description":"the other side"}]' "$(in_server portsieve status -j | jq -c '.devices[0].descriptions')"
	in_server portsieve show | grep -qF 'only_from: [2001:db8'
}

@test "in monitor mode would-be drops are looked up too" {
	serve_web client 8080
	load_policy "$SOCKET
mode: monitor"
	fetch server $CLIENT4 8080
	(($(passed return-socket) > 0))
	equal "0 0" "$(row _user tcp)"
}

@test "unexpected packets count in the row of their rule: dropped, or only monitored" {
	load_policy 'version: 1
return: socket
rules:
  - {name: shut, action: drop, ports: tcp+udp/8001-8005}
  - {name: observed, action: drop, ports: tcp+udp/9001-9005, mode: monitor}'
	in_client nmap -n -Pn --max-retries 0 -sA -p 8001-8005,9001-9005 $SERVER4
	equal "0 5" "$(row shut tcp)"
	equal "0 0" "$(row observed tcp)"
	equal 5 "$(would_drop observed)"
	local port
	for port in {8001..8005} {9001..9005}; do
		in_client bash -c "echo >/dev/udp/$SERVER4/$port"
	done
	within 5 equal 10 "$(would_drop observed)"
	equal "0 5" "$(row shut udp)"
	equal 0 "$(passed return-socket)"
	sum_matches
}

@test "generic mode looks up sockets in the device's namespace" {
	serve_web client 8080
	in_server portsieve load to_client --mode generic -p "$(policy "$SOCKET")"
	fetch server $CLIENT4 8080
	fetch server $CLIENT6 8080
}

@test "explain says drop, and that sockets would be looked up" {
	load_policy "$SOCKET"
	run -0 in_server portsieve explain "tcp 192.0.2.9:443 > 192.0.2.2:40000 A" -j
	[ "$(jq -r '"\(.verdict) \(.return_lookup)"' <<<"$output")" = "drop true" ]
	run -0 in_server portsieve explain "tcp 192.0.2.9:443 > 192.0.2.2:40000" -j
	[ "$(jq -r '"\(.verdict) \(.return_lookup)"' <<<"$output")" = "drop false" ]
}

@test "established passes ACK and RST, but no other flags" {
	load_policy "${SOCKET/return: socket/return: established}"
	local flags
	for flags in A R RA PA; do
		run -0 in_server portsieve explain "tcp 192.0.2.9:443 > 192.0.2.2:40000 $flags" -j
		equal "pass return-established" "$(jq -r '"\(.verdict) \(.reason)"' <<<"$output")"
	done
	for flags in P U PU S; do
		run -0 in_server portsieve explain "tcp 192.0.2.9:443 > 192.0.2.2:40000 $flags" -j
		equal "drop default" "$(jq -r '"\(.verdict) \(.reason)"' <<<"$output")"
	done
	run -0 in_server portsieve explain "udp 192.0.2.9:443 > 192.0.2.2:40000" -j
	equal "drop default" "$(jq -r '"\(.verdict) \(.reason)"' <<<"$output")"
}

@test "show and status name the mode, and show prints what apply reads" {
	load_policy "$SOCKET
unconnected_udp: never
simultaneous_open: pass"
	[[ $(in_server portsieve status) == *socket* ]]
	equal socket "$(in_server portsieve status -j | jq -r '.devices[0].policy.return')"
	in_server portsieve show >"$BATS_TEST_TMPDIR/shown"
	grep -qx 'return: socket' "$BATS_TEST_TMPDIR/shown"
	grep -qx 'unconnected_udp: never' "$BATS_TEST_TMPDIR/shown"
	grep -qx 'simultaneous_open: pass' "$BATS_TEST_TMPDIR/shown"
	in_server portsieve apply "$BATS_TEST_TMPDIR/shown"
	equal "$(cat "$BATS_TEST_TMPDIR/shown")" "$(in_server portsieve show)"
}

@test "diff shows a change of return" {
	load_policy "$SOCKET"
	run -0 in_server portsieve diff "$(policy "${SOCKET/return: socket/return: none}")"
	[[ $output == *return*socket*none* ]]
}

@test "UDP-Lite is dropped, even if a UDP socket has the same addresses and ports" {
	start client "${PYTHON[@]}" '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)
s.bind(("", 7004))
while True:
	s.sendto(*s.recvfrom(64))'
	local ask='
import socket, sys
udp, lite = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM, p) for p in (17, 136)]
for s in udp, lite:
	s.settimeout(0.5)
	s.bind(("", 40004))
	s.connect((sys.argv[1], 7004))
lite.send(b"x")
lite.recv(64)'
	within 10 in_server "${PYTHON[@]}" "$ask" $CLIENT4
	load_policy "$SOCKET"
	run ! in_server "${PYTHON[@]}" "$ask" $CLIENT4
	equal 0 "$(passed return-socket)"
}

@test "with simultaneous_open a SYN passes to a socket that has sent one" {
	in_client nft 'add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in tcp dport 7005 drop'
	load_policy "$SOCKET"
	start server "${PYTHON[@]}" '
import socket, sys
s = socket.socket()
s.bind(("", 40005))
s.connect((sys.argv[1], 7005))' $CLIENT4
	within 10 sh -c 'nsenter --net=/run/netns/server ss -Htn state syn-sent | grep -q :40005'
	in_client nmap -n -Pn --max-retries 0 -sS -g 7005 -p 40005,40006 $SERVER4
	equal 0 "$(passed return-socket)"
	in_server portsieve apply "$(policy "$SOCKET
simultaneous_open: pass")"
	in_client nmap -n -Pn --max-retries 0 -sS -g 7005 -p 40005,40006 $SERVER4
	(($(passed return-socket) > 0))
}
