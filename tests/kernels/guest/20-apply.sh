# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Policies that change under traffic, large ones, and the commands that read.
source /portsieve/tests/kernels/guest/lab.bash

RULES_MANY=10000
WEB='version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80,443}
  - {name: dns, action: allow, ports: udp/53}'

load() {
	in_server portsieve load to_client -p "$(policy "$WEB")"
}

swaps_the_policy() {
	load
	datagrams 30 53
	datagrams 4 99
	in_server received to_client
	in_server portsieve apply "$(policy "$WEB
  - {name: more, action: allow, ports: udp/99}")"
	equal "30 0" "$(row dns)"
	datagrams 20 53
	datagrams 5 99
	in_server received to_client
	equal "50 0" "$(row dns)"
	equal "5 0" "$(row more)"
	equal "0 4" "$(row _system udp)"
	sum_matches
}
it 'apply swaps the policy; ranges that stay keep their counters' swaps_the_policy

frees_rows() {
	load
	datagrams 30 53
	in_server received to_client
	in_server portsieve apply "$(policy 'version: 1
rules:
  - {name: other, action: drop, ports: udp/99}')"
	datagrams 6 99
	in_server received to_client
	equal "30 0" "$(row retired)"
	equal "0 6" "$(row other)"
	sum_matches
}
it 'counts of ended ranges stay in the sum' frees_rows

# many_rules [PORT ADDED]
many_rules() {
	local port
	printf 'version: 1\ndefault: drop\nrules:\n'
	for ((port = 1; port <= RULES_MANY; port++)); do
		echo "  - {name: r$port, action: allow, ports: udp/$((port + ${1:-0}))}"
	done
}
applies_many_rules() {
	load
	many_rules >/tmp/many.yaml
	many_rules 100 >/tmp/others.yaml
	in_server portsieve apply /tmp/many.yaml
	equal $RULES_MANY "$(in_server portsieve status -j | jq '.devices[0].rules')"
	datagrams 9 53
	datagrams 3 10050
	in_server received to_client
	equal "9 0" "$(row r53)"
	equal "0 3" "$(row _user udp)"
	in_server portsieve apply /tmp/others.yaml # no range stays: every row is another one
	datagrams 7 10050
	in_server received to_client
	equal "7 0" "$(row r9950)"
	equal "9 0" "$(row retired)"
	sum_matches
}
it "a policy of $RULES_MANY rules, and another one after it, are applied" applies_many_rules

shows_what_apply_takes() {
	load
	in_server portsieve status | grep -q to_client
	in_server portsieve show >/tmp/shown.yaml
	in_server portsieve check /tmp/shown.yaml
	in_server portsieve apply /tmp/shown.yaml
	equal "$(in_server portsieve show)" "$(cat /tmp/shown.yaml)"
	equal 2 "$(in_server portsieve stats -j | jq .schema)"
	in_server portsieve stats >/tmp/stats
	grep -q 'all packets' /tmp/stats
}
it 'status, show and stats work; apply accepts the output of show' shows_what_apply_takes

explains() {
	load
	explained() {
		in_server portsieve explain "$1" --dev to_client -j | jq -r '"\(.verdict) \(.rule) \(.port)"'
	}
	equal "pass dns 53" "$(explained 'udp 192.0.2.1:40000 > 192.0.2.2:53')"
	equal "drop _system 81" "$(explained 'tcp 192.0.2.1:40000 > 192.0.2.2:81 S')"
	equal 0 "$(in_server portsieve stats -j | jq '[.devices[0].ranges[].passed.packets] | add')"
}
it 'explain shows the verdict and changes no counter' explains

# of_rule NAME: the rule's packets in the JSON of replay.
of_rule() {
	jq -r --arg name "$1" '[.devices[0].ranges[] | select(.rule == $name)] |
		"\(map(.passed.packets) | add) \(map(.dropped.packets) | add)"'
}
# replays CAPTURE: writes the counters to /tmp/replayed.
replays() {
	portsieve replay "/captures/$1.pcap" --policy "$(policy "$WEB")" -j >/tmp/replayed
}
replays_a_small_capture() {
	replays small
	equal "3 0" "$(of_rule web </tmp/replayed)"
	equal "1 0" "$(of_rule dns </tmp/replayed)"
	equal "0 1" "$(of_rule _user </tmp/replayed)"
	equal pass,pass,pass,pass,drop "$(portsieve replay /captures/small.pcap --policy "$(policy "$WEB")" --each -j |
		jq -r .verdict | paste -sd,)"
}
it 'replay counts a small capture' replays_a_small_capture

replays_large_frames() {
	replays large
	equal "2 0" "$(of_rule web </tmp/replayed)"
	equal "18000" "$(jq '[.devices[0].ranges[] | select(.rule == "web") | .passed.bytes] | add' </tmp/replayed)"
	equal "0 1" "$(of_rule _user </tmp/replayed)"
}
replay_names_the_frame_it_cannot_try() {
	local code=0
	portsieve replay /captures/large.pcap --policy "$(policy "$WEB")" >/tmp/said 2>&1 || code=$?
	equal 1 $code
	grep -q "this kernel cannot try a frame of 9000 bytes" /tmp/said
}
if kernel_from 5.18; then
	it 'replay takes frames of 9,000 bytes' replays_large_frames
else
	it 'replay of a frame larger than this kernel can try says so' replay_names_the_frame_it_cannot_try
fi

finish
