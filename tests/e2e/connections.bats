#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Real connections through the filter in native mode: who gets through, and what is counted.
bats_require_minimum_version 1.5.0
load ../lib/lab

POLICY='version: 1
default: drop
return: none
rules:
  - {name: web,   action: allow, ports: tcp/80}
  - {name: echo,  action: allow, ports: tcp+udp/7000-7009}
  - {name: games, action: drop,  ports: udp/27000-27100}'

setup() {
	lab_up
}

teardown() {
	lab_down
}

load_policy() {
	in_server portsieve load to_client -p "$(policy "${1:-$POLICY}")"
}

@test "control: without the filter everything is reachable" {
	serve_web server 80
	serve_web server 8080
	serve_echo server udp 27015
	fetch client $SERVER4 80
	fetch client $SERVER6 80
	fetch client $SERVER4 8080
	fetch client $SERVER6 8080
	echoes client udp $SERVER4 27015
	echoes client udp $SERVER6 27015
}

@test "a web server answers on an allowed port, and connections to a denied port time out" {
	serve_web server 80
	serve_web server 8080
	load_policy
	fetch client $SERVER4 80
	fetch client $SERVER6 80
	run -28 fetch client $SERVER4 8080 1
	run -28 fetch client $SERVER6 8080 1
	read -r passed dropped <<<"$(row web)"
	((passed > 0 && dropped == 0))
	read -r passed dropped <<<"$(row _user tcp)"
	((passed == 0 && dropped >= 2))
	sum_matches
}

@test "tcp and udp are echoed on allowed ports and not on denied ones" {
	serve_echo server tcp 7001
	serve_echo server udp 7001
	serve_echo server tcp 27015
	serve_echo server udp 27015
	load_policy
	echoes client tcp $SERVER4 7001
	echoes client tcp $SERVER6 7001
	echoes client udp $SERVER4 7001
	echoes client udp $SERVER6 7001
	run ! echoes client tcp $SERVER4 27015 1
	run ! echoes client tcp $SERVER6 27015 1
	equal "0 0" "$(row games)"
	run ! echoes client udp $SERVER4 27015 1
	run ! echoes client udp $SERVER6 27015 1
	equal "0 2" "$(row games)"
	sum_matches
}

@test "each new connection is counted once, in the range of its port" {
	serve_web server 80
	load_policy
	for _ in 1 2 3; do
		fetch client $SERVER4 80
		fetch client $SERVER6 80
	done
	equal 6 "$(in_server portsieve stats -j |
		jq '.devices[0].ranges[] | select(.rule == "web") | .new_connections')"
}

@test "a port scan sees open, closed and filtered ports as the policy says" {
	serve_web server 80
	serve_echo server tcp 7001
	serve_web server 8080
	load_policy
	local expected=$'22/filtered\n80/open\n7000/closed\n7001/open\n8080/filtered'
	equal "$expected" "$(scan 22,80,7000,7001,8080 -sS $SERVER4)"
	equal "$expected" "$(scan 22,80,7000,7001,8080 -6 -sT $SERVER6)"
	sum_matches
}

@test "a UDP scan sees an allowed port without a server as closed and a denied port as filtered" {
	load_policy
	equal $'7000/closed\n27015/open|filtered' "$(scan 7000,27015 -sU $SERVER4)"
	equal $'7000/closed\n27015/open|filtered' "$(scan 7000,27015 -6 -sU $SERVER6)"
}

@test "ping passes in both families" {
	load_policy
	in_client ping -q -c 3 -i 0.01 -W 1 $SERVER4
	in_client ping -q -c 3 -i 0.01 -W 1 $SERVER6
	equal "3 0" "$(row icmp)"
	read -r passed dropped <<<"$(row icmpv6)"
	((passed >= 3 && dropped == 0))
}

@test "counters are exact: packets and bytes of each range, and the sum over all rows" {
	load_policy
	local n=0 protocol flags
	for flags in "--protocol tcp --port 80" "--protocol tcp --port 80 --ipv6" \
		"--protocol udp --ports 27000-27100" "--protocol udp --ports 27000-27100 --ipv6" \
		"--protocol sctp --port 9" "--protocol dccp --port 60000" "--protocol tcp --port 0"; do
		# shellcheck disable=SC2086
		in_client flood to_server $flags --count 1000$((n++)) --size 100
	done
	in_server received to_client # waits until the last one has arrived
	equal "20001 0" "$(row web)"
	equal "2000100 0" "$(row_bytes web)"
	equal "0 20005" "$(row games)"
	equal "0 2000500" "$(row_bytes games)"
	equal "0 10004" "$(row _system sctp)"
	equal "0 10005" "$(row _dynamic dccp)"
	equal "0 10006" "$(row _port0 tcp)"
	sum_matches
	(($(sum) >= 70021))
}

@test "a sweep over all ports is counted in the right ranges" {
	load_policy
	in_client flood to_server --protocol udp --ports 0-65535 --sequential --count 65536
	in_server received to_client
	equal "10 0" "$(row echo udp)"
	equal "0 101" "$(row games udp)"
	equal "0 1" "$(row _port0 udp)"
	equal "2 0" "$(row dhcp-client)"
	equal "0 1021" "$(row _system udp)" # without 68 and 546
	equal "0 $((49151 - 1023 - 10 - 101))" "$(row _user udp)"
	equal "0 16384" "$(row _dynamic udp)"
	sum_matches
}

@test "without a policy the three registry ranges are counted and nothing is dropped" {
	serve_web server 8080
	in_server portsieve load to_client
	fetch client $SERVER4 8080
	in_client flood to_server --protocol udp --ports 1-65535 --sequential --count 65535
	in_server received to_client
	equal "1023 0" "$(row _system udp)"
	equal "48128 0" "$(row _user udp)"
	equal "16384 0" "$(row _dynamic udp)"
	equal 0 "$(in_server portsieve stats -j |
		jq '[.devices[0] | (.ranges[], .reasons[]) | .dropped.packets] | add')"
	sum_matches
}

@test "with return none the server's own connections get no answer, and the drops are counted" {
	serve_web client 8000
	fetch server $CLIENT4 8000
	fetch server $CLIENT6 8000
	load_policy
	run -28 fetch server $CLIENT4 8000 1
	run -28 fetch server $CLIENT6 8000 1
	local replies
	replies=$(($(row _user tcp | cut -d' ' -f2) + $(row _dynamic tcp | cut -d' ' -f2)))
	((replies >= 2))
	equal "0 0" "$(row web)"
}
