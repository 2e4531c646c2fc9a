#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Return traffic by flows: only replies to packets that were sent get in.
bats_require_minimum_version 1.5.0
load ../lib/lab

FLOW='version: 1
default: drop
return: flow
rules:
  - {name: web, action: allow, ports: tcp/80}'
PYTHON=(python3 -u -c)

setup() {
	lab_up
}

teardown() {
	lab_down
}

# open_connection NAMESPACE HOST PORT: to an echo server, on descriptor 8; answers appear in $BATS_TEST_TMPDIR/out
open_connection() {
	mkfifo "$BATS_TEST_TMPDIR/in"
	start "$1" sh -c "ncat -p 50000 $2 $3 <$BATS_TEST_TMPDIR/in >$BATS_TEST_TMPDIR/out"
	exec 8>"$BATS_TEST_TMPDIR/in"
	answers one
}

# answers WORD: whether the open connection echoes it
answers() {
	echo "$1" >&8
	within "${2:-10}" grep -q "$1" "$BATS_TEST_TMPDIR/out"
}

@test "the host is a client of TCP and UDP, on both families" {
	serve_web client 8080
	serve_echo client udp 7001
	load_policy "$FLOW"
	fetch server $CLIENT4 8080
	fetch server $CLIENT6 8080
	echoes server udp $CLIENT4 7001
	echoes server udp $CLIENT6 7001
	unconnected server $CLIENT4 7001
	unconnected server $CLIENT6 7001
	(($(passed return-flow) > 10))
	sum_matches
}

@test "100 MB are received and sent" {
	load_policy "$FLOW"
	transfer_100_mb
}

@test "a refused connection is refused at once" {
	load_policy "$FLOW"
	run -7 fetch server $CLIENT4 8080 5
	run -7 fetch server $CLIENT6 8080 5
}

@test "a scan sees no difference between denied ports, and creates no flow" {
	local scan served=8081
	serve_web server $served
	load_policy "$FLOW"
	for scan in -sS -sA -sF -sN -sX -sM -sW; do
		in_client timeout 60 nmap -n -Pn --max-retries 1 $scan -p $served,8082 -oG - $SERVER4 >"$BATS_TEST_TMPDIR/scan"
		equal "$(grep -oE '8082/[a-z|]+' "$BATS_TEST_TMPDIR/scan" | cut -d/ -f2)" \
			"$(grep -oE "$served/[a-z|]+" "$BATS_TEST_TMPDIR/scan" | cut -d/ -f2)"
	done
	equal 0 "$(passed return-flow)"
	equal 0 "$(entries flows)"
	equal 0 "$(entries flows_open)"
}

@test "replies from an allowed service create no flow" {
	serve_web server 80
	serve_echo server udp 7001
	load_policy "$FLOW
  - {name: echo, action: allow, ports: udp/7001}"
	fetch client $SERVER4 80
	echoes client udp $SERVER4 7001
	run -7 fetch client $SERVER4 81 2 || true # its RST, if any, is not learned either
	equal 0 "$(entries flows)"
	equal 0 "$(entries flows_open)"
}

# send_raw PYTHON-EXPRESSION: what the expression lists, IPv4 packets of scapy, from `client` to `server`
send_raw() {
	in_client /usr/bin/python3 -c "
from scapy.all import *
link = Ether(dst=getmacbyip('$SERVER4'))
s = conf.L2socket(iface='to_server')
for p in $1:
	s.send(link / p)" >/dev/null
}

@test "an unanswered SYN starts no flow, even if more segments follow" {
	load_policy "$FLOW
grace: 0"
	in_client nft 'add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in drop'
	in_server /usr/bin/python3 -c "
from scapy.all import *
for flags in 'S', 'A', 'A':
	send(IP(dst='$CLIENT4') / TCP(sport=50000, dport=7003, flags=flags), verbose=0)"
	equal 1 "$(entries flows_open)"
	equal 0 "$(entries flows)"
	send_raw "[IP(src='$CLIENT4', dst='$SERVER4') / TCP(sport=7003, dport=50000, flags='SA')]"
	equal 1 "$(passed return-flow)"
	in_server /usr/bin/python3 -c "
from scapy.all import *
send(IP(dst='$CLIENT4') / TCP(sport=50000, dport=7003, flags='A'), verbose=0)"
	equal 1 "$(entries flows)"
}

# flood_and_talk FLOWS: random sources send SYNs to an allowed port as fast as the machine does it, while the host has
# 501 connections and 900 UDP questions in flight, each from a socket of its own: 1,401 flows. After 3 s come the answers.
flood_and_talk() {
	start client /usr/bin/python3 "$LAB_ROOT/tests/lib/many.py" peer 7006
	within 10 is_listening client tcp 7006
	listen server tcp,0.0.0.0,80
	in_server ip route add 198.18.0.0/15 via $CLIENT4
	load_policy "$FLOW
flows: $1"
	SECONDS=0
	start client flood to_server --protocol tcp --port 80 --source 198.18.0.0 --sources 65536 \
		--source-ports 1024-65535 --seconds 100
	in_server /usr/bin/python3 "$LAB_ROOT/tests/lib/many.py" host $CLIENT4 7006 500 900 3 'sleep 3'
	echo "SYNs of the flood: $(passed web), $(($(passed web) / SECONDS))/s"
}

dropped() {
	in_server portsieve stats -j | jq '[.devices[0] | (.ranges[], .reasons[]) | .dropped.packets] | add'
}

@test "a flood of SYNs from random sources on an allowed port costs no reply and evicts no flow" {
	flood_and_talk 4096 >"$BATS_TEST_TMPDIR/out"
	cat "$BATS_TEST_TMPDIR/out" # some answers may be lost in the rings of the veth, but none in the filter
	equal 500 "$(grep sleep "$BATS_TEST_TMPDIR/out" | cut -d' ' -f1)"
	equal 0 "$(dropped)"
	equal 1401 "$(entries flows)"
	(($(passed web) > 10000))
}

@test "control: with too small a table of flows replies are lost" {
	# the oldest flows go, those of TCP, which grace would learn again
	flood_and_talk "1024
grace: 0"
	(($(dropped) > 0))
}

@test "an expired flow passes nothing" {
	local key
	serve_echo client tcp 7003
	load_policy "$FLOW"
	open_connection server $CLIENT4 7003
	key=$(bpftool map dump pinned "$(pinned flows)" -j | jq -r '.[0].key | join(" ")')
	send_raw "[IP(src='$CLIENT4', dst='$SERVER4') / TCP(sport=7003, dport=50000, flags='A')]"
	equal 0 "$(row _dynamic tcp | cut -d' ' -f2)"
	# shellcheck disable=SC2086
	bpftool map update pinned "$(pinned flows)" key $key value hex 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00
	sleep 1.1 # until then the reply is cached (R9)
	send_raw "[IP(src='$CLIENT4', dst='$SERVER4') / TCP(sport=7003, dport=50000, flags='A')]"
	equal 1 "$(row _dynamic tcp | cut -d' ' -f2)"
	answers two # what leaves makes it valid again
	exec 8>&-
}

# silence: neither kernel answers what arrives there
silence() {
	local namespace
	for namespace in server client; do
		in_namespace $namespace nft 'add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in drop'
	done
}

# leave PORT FLAGS...: segments of the server to port 7003 of the client; without flags UDP
leave() {
	in_server /usr/bin/python3 -c "
import sys
from scapy.all import *
for flags in sys.argv[2:]:
	send(IP(dst='$CLIENT4') / TCP(sport=int(sys.argv[1]), dport=7003, flags=flags), verbose=0)
if len(sys.argv) == 2:
	send(IP(dst='$CLIENT4') / UDP(sport=int(sys.argv[1]), dport=7003), verbose=0)" "$@"
}

# arrive PORT:FLAGS...: segments of port 7003 of the client
arrive() {
	local one list=
	for one; do
		list+="IP(src='$CLIENT4', dst='$SERVER4') / TCP(sport=7003, dport=${one%:*}, flags='${one#*:}'),"
	done
	send_raw "[$list]"
}

# age SECONDS TRANSPORT STATE: as if the flows of TCP (0) or UDP (1) in this state had last been used so much earlier
age() {
	python3 -c '
import json, subprocess, sys, time
path, seconds, transport, state = sys.argv[1], *map(int, sys.argv[2:])
hz = round(1 / time.clock_getres(6)) # CLOCK_MONOTONIC_COARSE
for entry in json.loads(subprocess.check_output(["bpftool", "-j", "map", "dump", "pinned", path])):
	key, value = ([int(byte, 16) for byte in entry[part]] for part in ("key", "value"))
	if (key[36], value[8]) == (transport, state):
		seen = int.from_bytes(bytes(value[:8]), "little") - seconds * hz
		value[:8] = seen.to_bytes(8, "little")
		subprocess.check_call(["bpftool", "map", "update", "pinned", path, "key", *map(str, key), "value", *map(str, value)])
' "$(pinned flows)" "$@"
}

# dropped_replies: by the rows of the default, TCP and UDP
dropped_replies() {
	echo "$(row _dynamic tcp | cut -d' ' -f2) $(row _dynamic udp | cut -d' ' -f2)"
}

@test "TCP lives for 7,440 s, closing for 120 s, UDP for 180 s; a reply renews what is not closing" {
	local replies="[IP(src='$CLIENT4', dst='$SERVER4') / p for p in (TCP(sport=7003, dport=50000, flags='A'),
		TCP(sport=7003, dport=50001, flags='A'), UDP(sport=7003, dport=50002))]"
	load_policy "$FLOW
grace: 0"
	silence
	leave 50000 S
	leave 50001 S
	arrive 50000:SA 50001:SA
	leave 50000 A
	leave 50001 FA
	leave 50002
	equal 3 "$(entries flows)"
	age 7400 0 0
	age 100 0 2
	age 160 1 0
	send_raw "$replies"
	equal "0 0" "$(dropped_replies)"
	sleep 1.1 # until then replies are remembered (R9)
	age 7400 0 0
	age 30 0 2
	age 160 1 0
	send_raw "$replies"
	equal "1 0" "$(dropped_replies)"
	sleep 1.1
	age 7440 0 0
	age 180 1 0
	send_raw "$replies"
	equal "3 1" "$(dropped_replies)"
}

@test "a SYN passes only in answer to a SYN; segments with SYN or RST begin no flow, in grace neither" {
	load_policy "$FLOW
simultaneous_open: pass"
	silence
	leave 50000 S
	arrive 50000:S 50000:SA
	equal 2 "$(passed return-flow)"
	leave 50000 A
	equal 1 "$(entries flows)"
	arrive 50000:S
	equal "1 0" "$(dropped_replies)"
	leave 50001 SA R RA
	equal 1 "$(entries flows)"
	leave 50001 A
	equal 2 "$(entries flows)"
}

states_of_flows() {
	bpftool map dump pinned "$(pinned flows)" -j | jq -r '[.[].value[8]] | join(" ")'
}

@test "an outgoing FIN marks the flow as closing, and a new connection on the same ports starts afresh" {
	serve_web client 8080
	load_policy "$FLOW"
	in_server curl -sg -o /dev/null --local-port 40001 "http://$CLIENT4:8080/"
	equal 0x02 "$(states_of_flows)"
	serve_echo client tcp 7003
	in_server "${PYTHON[@]}" '
import socket, struct, sys
s = socket.socket()
s.bind(("", 50000))
s.connect((sys.argv[1], 7003))
s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)) # a RST, so that the ports are free at once
s.close()' $CLIENT4
	equal "0x02 0x02" "$(states_of_flows)"
	open_connection server $CLIENT4 7003
	[[ $(states_of_flows) == *0x00* ]]
	exec 8>&-
}

@test "connections that were open before the filter continue, in both directions" {
	serve_echo client tcp 7003
	serve_echo server tcp 7004
	open_connection server $CLIENT4 7003
	load_policy "$FLOW
grace: 0"
	answers two
	in_server portsieve unload to_client
	answers three
	in_server portsieve load to_client -p "$(policy "${FLOW/return: flow/return: none}")"
	in_server portsieve apply "$(policy "$FLOW
grace: 0")"
	answers four
	in_server portsieve upgrade to_client
	answers five
	exec 8>&-
}

# pending_queries COUNT: UDP queries from as many unconnected sockets, 1 ms apart, with answers after 0.7 s; prints
# how many came
pending_queries() {
	in_server "${PYTHON[@]}" '
import select, socket, sys, time
host, count = sys.argv[1], int(sys.argv[2])
left = set()
for _ in range(count):
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
	s.sendto(b"ping", (host, 7005))
	left.add(s)
	time.sleep(0.001)
end = time.monotonic() + 3
while left and time.monotonic() < end:
	for s in select.select(list(left), [], [], 0.1)[0]:
		s.recv(64)
		left.remove(s)
print(count - len(left))' $CLIENT4 "$1"
}

serve_late_echo() {
	start client "${PYTHON[@]}" '
import asyncio, socket
class Echo(asyncio.DatagramProtocol):
	def connection_made(self, transport):
		transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
		self.transport = transport
	def datagram_received(self, data, peer):
		asyncio.get_running_loop().call_later(0.7, self.transport.sendto, data, peer)
async def main():
	await asyncio.get_running_loop().create_datagram_endpoint(Echo, local_addr=("0.0.0.0", 7005))
	await asyncio.sleep(1000)
asyncio.run(main())'
	within 10 is_listening client udp 7005
}

track_connections() {
	in_server nft 'add table ip t; add chain ip t out { type filter hook output priority 0; }; add rule ip t out ct state new accept'
}

@test "900 pending UDP queries all get their answers when the policy is applied, with conntrack" {
	serve_late_echo
	track_connections
	load_policy 'version: 1'
	pending_queries 900 >"$BATS_TEST_TMPDIR/answered" &
	sleep 0.5
	in_server portsieve apply "$(policy "$FLOW")"
	wait $!
	equal 900 "$(cat "$BATS_TEST_TMPDIR/answered")"
	(($(passed return-flow) >= 900))
}

@test "tracked packets that nobody asked for do not count as replies" {
	serve_echo server udp 7001
	local packets="[IP(src='$CLIENT4', dst='$SERVER4') / p for p in (UDP(sport=5000, dport=7001),
		TCP(sport=5000, dport=7002, flags='A'))]"
	# netfilter takes the segment for one of an open connection; a RST would close it
	in_server nft 'add table ip t; add chain ip t in { type filter hook input priority 0; }; add rule ip t in ct state new accept;
		add chain ip t out { type filter hook output priority raw; }; add rule ip t out tcp flags rst drop'
	send_raw "$packets"
	load_policy "$FLOW"
	send_raw "$packets"
	equal "0 1" "$(row _user udp)"
	equal "0 1" "$(row _user tcp)"
}

@test "control: without conntrack some are lost" {
	serve_late_echo
	load_policy 'version: 1'
	pending_queries 900 >"$BATS_TEST_TMPDIR/answered" &
	sleep 0.5
	in_server portsieve apply "$(policy "$FLOW")"
	wait $!
	(($(cat "$BATS_TEST_TMPDIR/answered") < 900))
}

WAN='version: 1
default: drop
return: socket+flow
rules:
  - {name: admin, action: allow, ports: tcp/22}'
LAN='version: 1
default: drop
return: socket+flow
rules:
  - {name: lan, action: allow, ports: tcp/all udp/all, from: ["198.51.100.0/24", "2001:db8:1::/64"]}'

load_router() {
	in_server portsieve load to_client -p "$(policy "$WAN
grace: ${1:-60s}")"
	in_server portsieve load to_lan -p "$(policy "$LAN
grace: ${1:-60s}")"
}

@test "a router passes replies to the hosts behind it, and nothing else" {
	lab_router
	serve_web client 8080
	serve_web lan 8081
	serve_echo client udp 7001
	load_router
	fetch lan $CLIENT4 8080
	fetch lan $CLIENT6 8080
	unconnected lan $CLIENT4 7001
	unconnected lan $CLIENT6 7001
	fetch server $CLIENT4 8080 # its own
	run -28 fetch client 198.51.100.2 8081 1
	run -28 fetch client 2001:db8:1::2 8081 1
}

@test "a masquerading router passes replies" {
	lab_router
	in_client ip route del 198.51.100.0/24
	in_server nft 'add table ip nat; add chain ip nat out { type nat hook postrouting priority 100; }; add rule ip nat out oifname to_client masquerade'
	serve_web client 8080
	serve_echo client udp 7001
	load_router
	fetch lan $CLIENT4 8080
	unconnected lan $CLIENT4 7001
}

@test "control: return: socket does not work for the hosts behind a router" {
	lab_router
	serve_web client 8080
	in_server portsieve load to_client -p "$(policy "${WAN/socket+flow/socket}")"
	run -28 fetch lan $CLIENT4 8080 1
}

@test "forwarded connections that were open before survive: by conntrack, or by grace" {
	lab_router
	in_server nft 'add table inet t; add chain inet t f { type filter hook forward priority 0; }; add rule inet t f ct state new accept'
	serve_echo client tcp 7003
	open_connection lan $CLIENT4 7003
	load_router 0
	answers two
	exec 8>&-
}

@test "grace: forwarded connections go on without conntrack, once they have sent" {
	lab_router
	serve_echo client tcp 7003
	open_connection lan $CLIENT4 7003
	load_router 60s
	answers two
	(($(passed return-grace) > 0))
	exec 8>&-
}

@test "control: without conntrack and grace they are lost" {
	lab_router
	serve_echo client tcp 7003
	open_connection lan $CLIENT4 7003
	load_router 0
	run ! answers two 2
	exec 8>&-
}

@test "a bridge port passes replies to the hosts behind the bridge" {
	lab_namespace lan
	lab_veth server to_lan lan to_bridge
	in_server ip link add bridge type bridge
	in_server ip address flush dev to_client
	in_server ip link set to_client master bridge
	in_server ip link set to_lan master bridge
	in_server ip link set bridge up
	lab_address lan to_bridge $SERVER4/24 $SERVER6/64
	serve_web client 8080
	serve_web lan 8081
	load_policy "$FLOW"
	fetch lan $CLIENT4 8080
	fetch lan $CLIENT6 8080
	run -28 fetch client $SERVER4 8081 1
}

@test "in monitor mode, the reply to a packet that would be dropped creates no flow" {
	serve_echo server udp 7001
	serve_web server 8081
	load_policy "$FLOW
mode: monitor"
	echoes client udp $SERVER4 7001
	echoes client udp $SERVER4 7001
	fetch client $SERVER4 8081
	equal 0 "$(passed return-flow)"
	equal 0 "$(entries flows)"
}

# send_transport NAMESPACE PROTOCOL-NUMBER HOST SOURCE-PORT PORT: a packet with ports and 8 bytes more
send_transport() {
	in_namespace "$1" "${PYTHON[@]}" '
import socket, struct, sys
number, host, source, port = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_RAW, number)
s.sendto(struct.pack("!HHII", source, port, 12 << 16, 0), (host, 0))' "${@:2}"
}

SCTP=132 DCCP=33 UDPLITE=136 UDP=17

@test "SCTP, DCCP and UDP-Lite: an answer passes, and nothing else" {
	local number other expected=0
	load_policy "$FLOW"
	for number in $SCTP $DCCP $UDPLITE; do
		for other in $SCTP $DCCP $UDPLITE $UDP; do
			send_transport client $other $SERVER4 7003 50000
		done
		equal $expected "$(passed return-flow)"
		send_transport server $number $CLIENT4 50000 7003
		send_transport server $number $CLIENT6 50000 7003
		for other in $SCTP $DCCP $UDPLITE $UDP; do
			send_transport client $other $SERVER4 7003 50000
			send_transport client $other $SERVER6 7003 50000
		done
		expected=$((expected + 2))
		equal $expected "$(passed return-flow)"
		send_transport client $number $SERVER4 7003 50001
		send_transport client $number $SERVER4 7004 50000
		equal $expected "$(passed return-flow)"
		in_server portsieve unload to_client # with its flows
		load_policy "$FLOW"
		expected=0
	done
	in_server portsieve apply "$(policy "${FLOW/return: flow/return: socket}")"
	send_transport server $SCTP $CLIENT4 50000 7003
	send_transport client $SCTP $SERVER4 7003 50000
	equal 0 "$(passed return-socket)"
}

@test "UDP-Lite sockets: new ones, and one that was connected before" {
	start client "${PYTHON[@]}" '
import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)
s.bind(("", 7004))
while True:
	s.sendto(*s.recvfrom(64))'
	mkfifo "$BATS_TEST_TMPDIR/go"
	in_server "${PYTHON[@]}" '
import socket, sys
def connected():
	s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, 136)
	s.settimeout(2)
	s.connect((sys.argv[1], 7004))
	return s
old = connected()
print("open", flush=True)
open(sys.argv[2]).read()
new = connected()
new.send(b"new")
print(new.recv(64).decode())' $CLIENT4 "$BATS_TEST_TMPDIR/go" >"$BATS_TEST_TMPDIR/said" 3>&- &
	within 10 grep -q open "$BATS_TEST_TMPDIR/said"
	load_policy "$FLOW"
	equal 1 "$(entries flows)" # seeded
	echo >"$BATS_TEST_TMPDIR/go"
	wait $!
	equal "open new" "$(xargs <"$BATS_TEST_TMPDIR/said")"
}

@test "in monitor mode, the answer to an SCTP packet that would be dropped creates no flow" {
	load_policy "$FLOW
mode: monitor"
	send_transport client $SCTP $SERVER4 7003 50000
	send_transport server $SCTP $CLIENT4 50000 7003
	send_transport client $SCTP $SERVER4 7003 50000
	equal 0 "$(entries flows)"
	equal 0 "$(passed return-flow)"
	send_transport server $SCTP $CLIENT4 50000 7009
	equal 1 "$(entries flows)"
}

# is_freed PROGRAM-ID
is_freed() {
	! bpftool prog show id "$1"
}

@test "changing the mode detaches the egress program and frees the tables" {
	serve_web client 8080
	load_policy "$FLOW"
	fetch server $CLIENT4 8080
	[ -n "$(pinned flows)" ]
	local egress
	egress=$(in_server portsieve status -j | jq '.devices[0].egress_program_id')
	bpftool prog show id "$egress" >/dev/null
	in_server portsieve apply "$(policy "${FLOW/return: flow/return: socket}")"
	[ -z "$(pinned flows)" ]
	[ "$(in_server portsieve status -j | jq '.devices[0].egress_program_id')" = null ]
	within 5 is_freed "$egress"
	fetch server $CLIENT4 8080
	in_server portsieve apply "$(policy "${FLOW/return: flow/return: socket+flow}")"
	fetch server $CLIENT4 8080
	egress=$(in_server portsieve status -j | jq '.devices[0].egress_program_id')
	in_server portsieve unload to_client
	within 5 is_freed "$egress"
}

@test "when the last device that needs flows is unloaded, their tables are freed" {
	local table
	load_policy "$FLOW"
	in_server portsieve load lo --mode generic -p "$(policy 'version: 1')"
	table=$(bpftool map show pinned "$(pinned flows)" -j | jq .id)
	bpftool map show id "$table" >/dev/null
	in_server portsieve unload to_client
	within 5 no_map "$table"
}

no_map() {
	! bpftool map show id "$1"
}

# degraded: as status tells it, by text and JSON
degraded() {
	in_server portsieve status -j | jq -r '.devices[0] | "\(.degraded) \(.degraded_by.reason) \(.degraded_by.program)"'
	in_server portsieve status | grep -A2 DEGRADED | tr '\n' ' ' | tr -s ' ' | cut -d. -f1 || true
}

@test "a removed egress program is reported, and attached again by the next writer" {
	serve_web client 8080
	load_policy "$FLOW"
	in_server bpftool link detach pinned "$(find /sys/fs/bpf/portsieve -name egress_link)"
	[[ $(degraded) == "true egress-lost null"*"to_client: DEGRADED: its egress program was removed"* ]]
	run -28 fetch server $CLIENT4 8080 1
	run -0 --separate-stderr in_server portsieve allow tcp/9000
	[[ $stderr == *"to_client: the egress program was gone"* ]]
	fetch server $CLIENT4 8080
	equal "false null null" "$(degraded)"
}

@test "programs at TC egress before and after the egress program are named" {
	serve_web client 8080
	load_policy "$FLOW"
	link_program tcx_egress to_client
	[[ $(degraded) == "true program-after empty_drop"*"DEGRADED: 'empty_drop' at TC egress runs after the egress program"* ]]
	fetch server $CLIENT4 8080
	in_server portsieve allow tcp/9000 # which keeps the places
	fetch server $CLIENT4 8080
	in_server portsieve unload to_client
	load_policy "$FLOW"
	[[ $(degraded) == "true program-before empty_drop"*"DEGRADED: 'empty_drop' at TC egress runs before the egress program"* ]]
	run -28 fetch server $CLIENT4 8080 1 # it ends the chain
	rm /sys/fs/bpf/tc/link
	equal "false null null" "$(degraded)"
	fetch server $CLIENT4 8080
	in_server tc qdisc add dev to_client clsact
	in_server tc filter add dev to_client egress bpf da pinned /sys/fs/bpf/tc/program
	[[ $(degraded) == "true program-after empty_drop"* ]]
	fetch server $CLIENT4 8080
}

@test "explain names the look-up that would be made" {
	local mode words
	while read -r mode words; do
		run -0 in_server portsieve explain "tcp 192.0.2.9:443 > 192.0.2.2:40000 A" --policy "$(policy "${FLOW/return: flow/return: $mode}")"
		[[ $output == *"  replies  passes if $words it (return: $mode)"* ]]
	done <<'END'
socket a socket of this host expects
flow a flow that has left expects
socket+flow a flow or a socket of this host expects
END
}

# mode_of_return: as status tells it
mode_of_return() {
	in_server portsieve status -j | jq -r '.devices[0] | "\(.policy.return) \(.policy.return_auto) \(.return_auto_differs)"'
}

@test "auto, the default, chooses sockets, plus flows if the machine forwards, and status says when it would now differ" {
	local policy
	policy=$(policy "${FLOW/return: flow/return: auto}")
	in_server portsieve load to_client -p "$policy"
	equal "socket true false" "$(mode_of_return)"
	in_server sysctl -qw net.ipv4.ip_forward=1
	equal "socket true true" "$(mode_of_return)"
	[[ $(in_server portsieve status) == *"to_client: \`return: auto\` would now be socket+flow"* ]]
	in_server portsieve allow tcp/9000 # keeps the choice
	equal "socket true true" "$(mode_of_return)"
	in_server portsieve apply "$(policy "${FLOW/return: flow/}")"
	equal "socket+flow true false" "$(mode_of_return)"
	serve_web client 8080
	fetch server $CLIENT4 8080
	in_server sysctl -qw net.ipv4.ip_forward=0
	in_server ip link add bridge type bridge
	in_server ip link set to_client master bridge
	equal "socket+flow true false" "$(mode_of_return)"
	in_server ip link set to_client nomaster
	equal "socket+flow true true" "$(mode_of_return)"
	in_server portsieve apply "$(policy 'version: 1')" # drops nothing: nothing to ask
	equal "none false false" "$(mode_of_return)"
	equal "" "$(pinned flows)"
}

@test "a device that has moved away is left alone, and so is one that got its index" {
	local index
	load_policy "$FLOW"
	index=$(in_server cat /proc/self/net/dev_mcast | awk '$2 == "to_client" { print $1; exit }')
	in_server ip link set to_client netns client
	in_server portsieve allow tcp/9001
	equal "true false" "$(in_server portsieve status -j | jq -r '.devices[0] | "\(.moved_away) \(.degraded)"')" # TCX stays
	in_server bpftool link detach pinned "$(find /sys/fs/bpf/portsieve -name egress_link)"
	[[ $(in_server portsieve status) == *"moved away): DEGRADED: it lost its egress program when it moved"* ]]
	in_server ip link add to_other index "$index" type veth peer name to_nobody
	run -0 --separate-stderr in_server portsieve allow tcp/9000
	[[ $stderr != *"egress program"* ]]
	equal "no other program at TC egress" \
		"$(in_server portsieve doctor to_other -j | jq -r '.checks[] | select(.check == "egress") | .message')"
}

@test "flows: changing the size keeps existing flows" {
	serve_echo client tcp 7003
	load_policy "$FLOW"
	open_connection server $CLIENT4 7003
	answers two
	leave 50002 # from no socket, so that only the former table has the flow
	in_server portsieve apply "$(policy "$FLOW
flows: 2048
grace: 0")"
	equal 2048 "$(bpftool map show pinned "$(pinned flows)" -j | jq .max_entries)"
	answers three
	send_raw "[IP(src='$CLIENT4', dst='$SERVER4') / UDP(sport=7003, dport=50002)]"
	equal "0 0" "$(dropped_replies)"
	exec 8>&-
}

@test "show prints flows and grace, and invalid values are refused" {
	load_policy "$FLOW
flows: 2048
grace: 5m"
	in_server portsieve show >"$BATS_TEST_TMPDIR/shown"
	grep -qx 'flows: 2048' "$BATS_TEST_TMPDIR/shown"
	grep -qx 'grace: 5m' "$BATS_TEST_TMPDIR/shown"
	in_server portsieve apply "$BATS_TEST_TMPDIR/shown"
	equal "$(cat "$BATS_TEST_TMPDIR/shown")" "$(in_server portsieve show)"
	run -2 in_server portsieve check "$(policy "$FLOW
flows: 1023")"
	[[ $output == *"write a number from 1024 to 4194304"* ]]
	run -2 in_server portsieve check "$(policy "$FLOW
grace: 2h")"
	[[ $output == *"write a duration up to 1h"* ]]
}
