#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# --cut: connections that the new policy would not let in end, and no others.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	OPEN=$(policy '{version: 1, default: drop, return: socket, rules: [{name: echo, action: allow, ports: tcp/7001-7009}]}')
	SHUT=$(policy '{version: 1, default: drop, return: socket, rules: [{name: echo, action: allow, ports: tcp/7009}]}')
	TALKS=$BATS_TEST_TMPDIR
}

teardown() {
	lab_down
}

# talk NAME NAMESPACE HOST PORT [SOURCE-PORT]: begins a connection that goes on until it is cut.
talk() {
	start "$2" python3 "$LAB_ROOT/tests/lib/talk.py" ask "$3" "$4" "$TALKS/$1" "${@:5}"
	within 10 grep -q '[0-9]' "$TALKS/$1"
}

# serve NAMESPACE ADDRESS PORT
serve() {
	start "$1" python3 "$LAB_ROOT/tests/lib/talk.py" serve "$2" "$3"
	within 10 is_listening "$1" tcp "$3"
}

# goes_on NAME...: has each more echoes than a moment ago?
goes_on() {
	local name before
	for name; do
		before=$(<"$TALKS/$name")
		[ "$before" != ended ] || { echo "$name has ended"; return 1; }
		within 20 more_than "$before" "$name"
	done
}

more_than() {
	[ "$(<"$TALKS/$2")" -gt "$1" ]
}

# ends NAME...
ends() {
	local name
	for name; do
		within 5 grep -qx ended "$TALKS/$name" || { echo "$name goes on"; return 1; }
	done
}

@test "apply --cut ends inbound connections to ports that are denied now; without it they go on" {
	serve server 0.0.0.0 7001
	serve server 0.0.0.0 7009
	in_server portsieve load to_client -p "$OPEN"
	talk denied client $SERVER4 7001
	talk allowed client $SERVER4 7009
	in_server portsieve apply "$SHUT"
	goes_on denied allowed
	run --separate-stderr -0 in_server portsieve apply "$SHUT" --cut
	equal "portsieve: to_client: cut 1 connection" "${stderr##*$'\n'}"
	ends denied
	goes_on allowed
	run ! echoes client tcp $SERVER4 7001 1
	run --separate-stderr -0 in_server portsieve apply "$SHUT" --cut -j
	equal '{"device":"to_client","result":"applied","cut_connections":0,"cut_flows":0}' "$(jq -c '.devices[0]' <<<"$output")"
}

@test "IPv4, IPv6 and IPv4 on an IPv6 socket are cut" {
	serve server 0.0.0.0 7001
	serve server $SERVER6 7002
	serve server :: 7003
	in_server portsieve load to_client -p "$OPEN"
	talk v4 client $SERVER4 7001
	talk v6 client $SERVER6 7002
	talk mapped client $SERVER4 7003
	talk both client $SERVER6 7003
	in_server portsieve apply "$SHUT" --cut 2>"$TALKS/errors"
	equal "portsieve: to_client: cut 4 connections" "$(tail -n 1 "$TALKS/errors")"
	ends v4 v6 mapped both
}

@test "outgoing connections go on, also to a port that is denied here" {
	serve client :: 7001
	serve server :: 7001
	in_server portsieve load to_client -p "$OPEN"
	talk out4 server $CLIENT4 7001
	talk out6 server $CLIENT6 7001
	talk in4 client $SERVER4 7001
	in_server portsieve apply "$SHUT" --cut
	ends in4
	goes_on out4 out6
}

@test "a final rule ends connections in both directions, one that lets replies pass only inbound ones" {
	serve client :: 7001
	serve server :: 7001
	in_server portsieve load to_client -p "$OPEN"
	talk out4 server $CLIENT4 7001
	talk out6 server $CLIENT6 7001
	talk in4 client $SERVER4 7001
	talk in6 client $SERVER6 7001
	# replies pass, so only connections to the listener
	in_server portsieve apply "$(policy 'version: 1
return: socket
rules: [{name: all, action: drop, ports: tcp/all, to: [192.0.2.2]}]')" --cut
	ends in4
	goes_on out4 out6 in6
	in_server portsieve apply "$(policy 'version: 1
return: socket
rules: [{name: blocked, action: drop, ports: tcp/all, from: 192.0.2.0/24}]')" --cut
	ends out4
	goes_on out6 in6
	in_server portsieve apply "$(policy 'version: 1
return: socket
rules: [{name: blocked, action: drop, ports: tcp/all, replies: drop}]')" --cut
	ends out6 in6
}

@test "drop --cut ends the connections of the new rule" {
	serve server :: 7001
	in_server portsieve load to_client
	talk v4 client $SERVER4 7001
	talk v6 client $SERVER6 7001
	run --separate-stderr -0 in_server portsieve drop tcp/7001 --from $CLIENT4 --cut -j
	equal 1 "$(jq ".devices[0].cut_connections" <<<"$output")"
	[[ $stderr == *"to_client: cut 1 connection" ]]
	ends v4
	goes_on v6
}

@test "the caller's own ssh session is spared" {
	serve server :: 7001
	in_server portsieve load to_client -p "$OPEN"
	talk own client $SERVER4 7001 40001
	talk other client $SERVER4 7001 40002
	talk other6 client $SERVER6 7001
	SSH_CONNECTION="::ffff:$CLIENT4 40001 ::ffff:$SERVER4 7001" in_server portsieve apply "$SHUT" --cut --force
	ends other other6
	goes_on own
}

@test "nothing is cut in monitor mode, on other devices, and on loopback" {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	lab_address server to_lan 198.51.100.2/24
	lab_address lan to_server 198.51.100.1/24
	serve server :: 7001
	in_server portsieve load to_client
	talk here client $SERVER4 7001
	talk lan lan 198.51.100.2 7001
	talk own server 127.0.0.1 7001
	talk self server $SERVER4 7001
	in_server portsieve apply "$(policy '{version: 1, mode: monitor, default: drop, return: socket}')" --cut
	goes_on here lan own self
	in_server portsieve apply "$SHUT" --cut
	ends here
	goes_on lan own self
}

@test "a connection in its handshake is cut too" {
	serve server :: 7001
	in_server portsieve load to_client -p "$OPEN"
	in_client portsieve load to_server -p "$(policy '{version: 1, default: drop, return: none}')" # SYN-ACKs too
	start client bash -c "exec 3<>/dev/tcp/$SERVER4/7001"
	within 10 has_half_open
	run --separate-stderr -0 in_server portsieve apply "$SHUT" --cut
	equal "portsieve: to_client: cut 1 connection" "${stderr##*$'\n'}"
	run ! has_half_open
}

has_half_open() {
	[ -n "$(in_server ss -Htn state syn-recv)" ]
}

@test "900 connections are cut at once" {
	in_server portsieve load to_client -p "$OPEN"
	serve server :: 7001
	start client python3 -c '
import socket, time
all = [socket.create_connection(("'$SERVER4'", 7001)) for _ in range(900)]
time.sleep(60)'
	within 60 established 900
	run --separate-stderr -0 in_server portsieve apply "$SHUT" --cut
	equal "portsieve: to_client: cut 900 connections" "${stderr##*$'\n'}"
	equal 0 "$(in_server ss -Htn state established '( sport = :7001 )' | wc -l)"
}

established() {
	[ "$(in_server ss -Htn state established '( sport = :7001 )' | wc -l)" = "$1" ]
}

# stops NAME...: no more echoes arrive
stops() {
	local name
	sleep 0.3
	for name; do cp "$TALKS/$name" "$TALKS/$name.then"; done
	sleep 1
	for name; do cmp "$TALKS/$name" "$TALKS/$name.then"; done
}

# talk_udp NAME NAMESPACE HOST PORT: a word every 5 ms, from one socket; the file holds the number of answers
talk_udp() {
	start "$2" python3 -c '
import socket, sys, time
sys.path.insert(0, sys.argv[1])
from talk import write
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.connect((sys.argv[3], int(sys.argv[4])))
s.settimeout(0.005)
count = 0
while True:
	s.send(b"word")
	try:
		s.recv(64)
		count += 1
		write(sys.argv[2], count)
	except OSError:
		pass
	time.sleep(0.005)' "$LAB_ROOT/tests/lib" "$TALKS/$1" "$3" "$4"
	within 10 grep -q '[0-9]' "$TALKS/$1"
}

track_forwarded() {
	in_server nft 'add table inet t; add chain inet t f { type filter hook forward priority 0; }; add rule inet t f ct state new accept'
}

FLOWS_OPEN='{version: 1, default: drop, return: flow, rules: [{name: in, action: allow, ports: tcp/7001 udp/7001}]}'
FLOWS_SHUT='{version: 1, default: drop, return: flow, grace: 0}'

@test "forwarded: flows opened by a peer are cut if they are tracked, and no others" {
	lab_router
	track_forwarded
	serve lan :: 7001
	serve client :: 7001
	serve_echo lan udp 7001
	in_server portsieve load to_client -p "$(policy "$FLOWS_OPEN")"
	talk in4 client 198.51.100.2 7001
	talk in6 client 2001:db8:1::2 7001
	talk out4 lan $CLIENT4 7001
	talk out6 lan $CLIENT6 7001
	talk_udp udp client 198.51.100.2 7001
	in_server portsieve apply "$(policy "$FLOWS_SHUT")"
	goes_on in4 in6 out4 out6 udp
	run --separate-stderr -0 in_server portsieve apply "$(policy "$FLOWS_SHUT")" --cut
	equal "portsieve: to_client: cut 0 connections and 3 flows" "${stderr##*$'\n'}"
	stops in4 in6 udp
	goes_on out4 out6
	in_server portsieve apply "$(policy "$FLOWS_SHUT")" # netfilter has forgotten them, and does not track them again
	stops in4 in6 udp
	goes_on out4 out6
	equal '{"device":"to_client","result":"applied","cut_connections":0,"cut_flows":0}' \
		"$(in_server portsieve apply "$(policy "$FLOWS_SHUT")" --cut -j 2>/dev/null | jq -c '.devices[0]')"
}

@test "forwarded: a final rule cuts flows in both directions, tracked or not" {
	lab_router
	serve lan :: 7001
	serve client :: 7001
	in_server portsieve load to_client -p "$(policy "$FLOWS_OPEN")"
	talk out4 lan $CLIENT4 7001
	talk out6 lan $CLIENT6 7001
	equal 2 "$(entries flows)"
	run --separate-stderr -0 in_server portsieve drop tcp/all --from $CLIENT4 --cut
	equal "portsieve: to_client: cut 0 connections and 1 flow" "${stderr##*$'\n'}"
	equal 1 "$(entries flows)"
	stops out4
	goes_on out6
	track_forwarded
	talk in6 client 2001:db8:1::2 7001
	run --separate-stderr -0 in_server portsieve drop tcp/all --from $CLIENT6 --cut
	equal "portsieve: to_client: cut 0 connections and 2 flows" "${stderr##*$'\n'}"
	equal 0 "$(entries flows)"
	stops out6 in6
}

@test "forwarded and not tracked: nothing is learned from what is cut" {
	lab_router
	serve lan :: 7001
	in_server portsieve load to_client -p "$(policy "$FLOWS_OPEN")" # starts the grace period
	talk in4 client 198.51.100.2 7001
	in_server portsieve apply "$(policy "${FLOWS_SHUT/, grace: 0/}")" --cut
	stops in4
}

# any_more FILE: has one of these connections more echoes than FILE says?
any_more() {
	local name before
	while read -r name before; do
		[ "$(<"$TALKS/$name")" = ended ] || [ "$(<"$TALKS/$name")" -le "$before" ] || return 0
	done <"$1"
	return 1
}

@test "control: without --cut the segments of a connection are learned in the grace period" {
	local name names=(in1 in2 in3 in4 in5 in6 in7 in8)
	lab_router
	serve lan :: 7001
	in_server portsieve load to_client -p "$(policy "$FLOWS_OPEN")"
	for name in "${names[@]}"; do
		talk "$name" client 198.51.100.2 7001
	done
	in_server portsieve apply "$(policy "${FLOWS_SHUT/, grace: 0/}")"
	# those whose echo left while the policy was applied; one or two may have been idle then
	for name in "${names[@]}"; do
		echo "$name $(<"$TALKS/$name")"
	done >"$BATS_TEST_TMPDIR/before"
	within 20 any_more "$BATS_TEST_TMPDIR/before"
}

@test "under flow, the flows of connections of the host are cut with them, and counted once" {
	# without the RST, netfilter takes the connection for open: it is told from other flows by its addresses and ports
	in_server nft 'add table inet t; add chain inet t i { type filter hook input priority 0; }; add rule inet t i ct state new accept;
		add chain inet t o { type filter hook output priority raw; }; add rule inet t o tcp flags rst drop'
	serve server :: 7001
	serve client :: 7002
	in_server portsieve load to_client -p "$(policy "$FLOWS_OPEN")"
	talk in4 client $SERVER4 7001
	talk out4 server $CLIENT4 7002
	in_server portsieve apply "$(policy "$FLOWS_SHUT")"
	goes_on in4 out4
	run --separate-stderr -0 in_server portsieve apply "$(policy "$FLOWS_SHUT")" --cut
	equal "portsieve: to_client: cut 1 connection and 0 flows" "${stderr##*$'\n'}"
	stops in4
	goes_on out4
}

@test "under flow and not tracked, the flows of connections of the host are cut with them" {
	serve server :: 7001
	serve client :: 7002
	in_server portsieve load to_client -p "$(policy "$FLOWS_OPEN")"
	talk in4 client $SERVER4 7001
	talk out4 server $CLIENT4 7002
	in_server portsieve apply "$(policy "$FLOWS_SHUT")"
	equal 2 "$(entries flows)"
	in_server portsieve apply "$(policy "$FLOWS_SHUT")" --cut
	ends in4
	goes_on out4
	equal 1 "$(entries flows)"
}

@test "monitored rules cut nothing" {
	serve server :: 7001
	in_server portsieve load to_client
	talk in4 client $SERVER4 7001
	in_server portsieve apply "$(policy 'version: 1
default: {action: drop, mode: monitor}
return: socket
rules: [{name: talk, action: drop, ports: tcp/7001, mode: monitor}]')" --cut
	goes_on in4
}

@test "if the kernel cannot cut, that is an error before anything changes" {
	in_server portsieve load to_client -p "$OPEN"
	local before
	before=$(in_server portsieve status -j | jq .devices[0].applied)
	refused 1 "nothing was changed: this kernel cannot cut connections, as it was built without CONFIG_INET_DIAG_DESTROY; leave out --cut" \
		in_server strace -qq -o /dev/null -e trace=sendto -e inject=sendto:error=EOPNOTSUPP:when=3 portsieve apply "$SHUT" --cut
	refused 4 "cannot cut connections: Operation not permitted" \
		in_server strace -qq -o /dev/null -e trace=sendto -e inject=sendto:error=EPERM:when=3 portsieve drop tcp/1 --cut
	refused 1 "nothing was changed: this kernel cannot list connections; load its module with: modprobe tcp_diag" \
		in_server strace -qq -o /dev/null -e trace=sendto -e inject=sendto:error=ENOENT:when=1 portsieve apply "$SHUT" --cut
	equal "$before" "$(in_server portsieve status -j | jq .devices[0].applied)"
}

@test "a failure after the change says so, and what was cut" {
	serve server :: 7001
	in_server portsieve load to_client -p "$OPEN"
	talk v4 client $SERVER4 7001
	# the last four requests list sockets: those that listen and those that do not, of two families
	in_server strace -qq -o "$TALKS/requests" -e trace=sendto portsieve apply "$OPEN" --cut
	says 5 "to_client: the policy is in force, but connections that it drops may continue: No buffer space available" \
		in_server strace -qq -o /dev/null -e trace=sendto -e "inject=sendto:error=ENOBUFS:when=$(($(wc -l <"$TALKS/requests") - 3))+" portsieve apply "$SHUT" --cut
	in_server portsieve show | grep -q 7009
}
