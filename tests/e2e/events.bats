#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Recorded packets: load and upgrade with --events, and the command `events`. What is shown is compared with what was
# sent, and what is written with what tshark reads.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	lab_without_ipv6
	FILE=$(policy 'version: 1
default: drop
return: none
rules:
  - {name: web, action: allow, ports: tcp/80}
  - {name: dns, action: drop, ports: udp/53}')
}

teardown() {
	lab_down
}

# send PROTOCOL PORT COUNT [OPTION]...
send() {
	in_client flood to_server --protocol "$1" --port "$2" --count "$3" "${@:4}" >/dev/null
	in_server received to_client >/dev/null
}

# events [OPTION]...: the last 10,000, as NDJSON, of UDP and TCP
events() {
	in_server portsieve events to_client --last 10000 -j "$@" | jq -c 'select(.protocol == "udp" or .protocol == "tcp")'
}

# view WORD OPTION...: a viewer in the background that asks for packets, whose output is the file WORD; waits until the
# program records for it.
view() {
	local before
	before=$(filters)
	# without the recorder of JSON, which shows it at the end
	start server env RECORDS= bash -c 'exec timeout 120 portsieve events "${@:2}" >"$1" 2>"$1.errors"' - "$BATS_TEST_TMPDIR/$1" "${@:2}"
	within 30 eval '[ "$(filters)" != "$before" ]'
}

# filters: a bit for each viewer for which the program records
filters() {
	bpftool -j map dump pinned "$(echo "$(pins_of to_client)"/event_control_*)" |
		jq -r '.[0].value[0:4] | join(" ")'
}

# lines FILE FILTER: prints how many packets in FILE match the jq filter
lines() {
	jq -c "select(.time and ($2))" "$BATS_TEST_TMPDIR/$1" | wc -l
}

@test "without --events nothing is recorded, and events says how to begin" {
	in_server portsieve load to_client -p "$FILE"
	refused 1 "to_client records no packets; to begin: portsieve upgrade to_client --events=dropped" \
		in_server portsieve events
	equal off "$(in_server portsieve status -j | jq -r '.devices[0].events')"
	[[ $(pins) != *event_* ]]
}

@test "each dropped packet of a quiet device: time, verdict, rule with its line, addresses, ports, length" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	send udp 53 2 --size 100
	send tcp 81 1
	send tcp 80 5
	equal '"drop","rule","dns",6,"udp","192.0.2.1",40000,"192.0.2.2",53,100,1
"drop","rule","dns",6,"udp","192.0.2.1",40000,"192.0.2.2",53,100,1
"drop","default","_system",,"tcp","192.0.2.1",40000,"192.0.2.2",81,60,1' "$(events | jq -r '[.verdict, .reason, .rule,
		.line, .protocol, .source, .source_port, .destination, .port, .length, .weight] | @csv')"
	(($(date +%s) - $(events | head -n 1 | jq '.time | sub("\\.[0-9]+Z"; "Z") | fromdate') < 60))
	in_server portsieve events --last 1 | grep -qE '^20[0-9T:.-]+Z  to_client  drop  default _system  tcp 192.0.2.1:40000 > 192.0.2.2:81 S  60 bytes$'
}

@test "packets that pass are recorded with --events=all, in monitor mode with the verdict would drop" {
	in_server portsieve load to_client -p "$(policy '{version: 1, mode: monitor, default: drop, return: none}')" --events=dropped
	send udp 53 2
	equal 'would_drop would_drop' "$(events | jq -r .verdict | xargs)"
	in_server portsieve apply "$FILE"
	in_server portsieve upgrade to_client --events=all
	send tcp 80 3
	equal 'pass web pass web pass web' "$(events | jq -r '.verdict, .rule' | xargs)"
	equal 3 "$(events --verdict pass | wc -l)"
	equal 0 "$(events --verdict drop | wc -l)"
}

@test "--port, --rule, --reason, --from and --verdict select packets" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	send udp 53 3
	send tcp 53 2 --source 198.51.100.7
	send udp 9 4
	equal "5 2 3 4" "$(events --port 53 | wc -l) $(events --port tcp/53 | wc -l) $(events --rule dns | wc -l) $(events --port 9 | wc -l)"
	equal "2 7 0" "$(events --from 198.51.100.0/24 | wc -l) $(events --from 192.0.2.0/24 | wc -l) $(events --from 2001:db8::/32 | wc -l)"
	in_client ping -c 1 -W 1 $SERVER4 >/dev/null || true
	send tcp 99 1 --flags FIN
	equal "99 bad-flags" "$(in_server portsieve events --last 9 -j --reason bad-flags | jq -r '"\(.port) \(.reason)"')"
}

@test "an unknown rule gets a note with a suggestion" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	run --separate-stderr in_server timeout 1 portsieve events --rule dnss
	equal "portsieve: no rule in force is called 'dnss' (did you mean 'dns'?)" "$stderr"
	run --separate-stderr in_server timeout 1 portsieve events --rule dns
	equal "" "$stderr"
}

@test "a flood is sampled; what a viewer asks for is recorded in full" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	view asked to_client --port udp/53 -j
	in_client flood to_server --protocol tcp --port 99 --count 30000 --rate 100000 >/dev/null
	send udp 53 900
	# of more than 100 packets a second, 1 in 64 would be in the sample
	within 60 eval '[ "$(lines asked true)" = 900 ]'
	equal 900 "$(lines asked '.port == 53 and .protocol == "udp" and .rule == "dns"')"
	lab_stop
	equal "1 64" "$(events --port 99 | jq -s 'map(.weight) | unique | join(" ")' -r)"
	(($(events --port 99 | wc -l) < 15000))
}

@test "beyond 1,000 requested packets a second and CPU, packets are suppressed and the viewer is told" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	view asked to_client --port udp/53 -j
	in_client flood to_server --protocol udp --port 53 --count 60000 --rush >/dev/null
	within 60 eval 'jq -e "select(.suppressed > 0)" "$BATS_TEST_TMPDIR/asked"'
	lab_stop
	{
		printf 'events\037-j\037\n0\n'
		cat "$BATS_TEST_TMPDIR/asked"
	} >"$RECORDS/asked" # to be validated
}

@test "filters choose in the program: what nobody asks for does not use up what may be recorded in a second" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	view port to_client --port udp/54 -j
	view rule to_client --rule dns -j
	view reason to_client --reason bad-flags -j
	view source to_client --from 198.51.100.0/28 -j
	start client flood to_server --protocol tcp --port 99 --rate 30000 --seconds 60
	in_client /usr/bin/python3 -c "
import time
from scapy.all import *
sender = conf.L2socket(iface='to_server')
to, ip = Ether(dst=getmacbyip('$SERVER4')), IP(src='$CLIENT4', dst='$SERVER4')
for packet in (to / ip / UDP(dport=54), to / ip / UDP(dport=53), to / ip / TCP(dport=81, flags='F'),
               to / IP(src='198.51.100.7', dst='$SERVER4') / UDP(dport=9)):
	for _ in range(150):
		sender.outs.send(bytes(packet))
		time.sleep(0.001)"
	within 60 eval '[ "$(cat "$BATS_TEST_TMPDIR"/{port,rule,reason,source} | grep -c \"verdict\")" -ge 600 ]'
	lab_stop
	equal "150 150 150 150" "$(lines port '.port == 54') $(lines rule '.rule == "dns"') $(lines reason '.reason == "bad-flags"') $(lines source '.source == "198.51.100.7"')"
}

@test "each second again, 1,000 packets that a viewer asks for are recorded" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	view asked to_client --port udp/53 -j
	# more than 1,000 on each CPU, whatever the sample takes
	in_client taskset -c 0 flood to_server --protocol udp --port 53 --count 2500 --rate 500 >/dev/null
	within 60 eval '[ "$(lines asked true)" = 2500 ]'
	lab_stop
}

@test "the filter of a viewer that was killed ends" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	local none
	none=$(filters)
	view asked to_client --port udp/53
	kill -KILL "$(pgrep -n -f 'portsieve events to_client --port udp/53')"
	within 30 eval 'send udp 9 1; [ "$(filters)" = "$none" ]'
}

@test "a sample of 1 in 64 stands for the packets that were sent" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	in_client flood to_server --protocol tcp --port 99 --count 60000 --rush -j >"$BATS_TEST_TMPDIR/sent"
	in_server received to_client
	local arrived about
	arrived=$(jq '.sent - .overrun' "$BATS_TEST_TMPDIR/sent")
	about=$(events --port 99 | jq -s 'map(.weight) | add')
	echo "# $arrived packets, about $about"
	# about 940 samples: a quarter is eight standard deviations
	((about > arrived * 3 / 4 && about < arrived * 5 / 4))
}

@test "tshark reads what -w writes: interface, nanoseconds, bytes, comment" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	send udp 53 2 --size 200
	send tcp 81 1
	in_server portsieve events --last 3 -w "$BATS_TEST_TMPDIR/x.pcapng"
	equal "to_client|drop: rule dns (line 6)|200|128|53|
to_client|drop: rule dns (line 6)|200|128|53|
to_client|drop: default _system|60|60||81" "$(tshark -r "$BATS_TEST_TMPDIR/x.pcapng" -T fields -E separator='|' \
		-e frame.interface_name -e frame.comment -e frame.len -e frame.cap_len -e udp.dstport -e tcp.dstport 2>/dev/null)"
	equal "$(events | jq -r .time)" "$(tshark -r "$BATS_TEST_TMPDIR/x.pcapng" -T fields -e frame.time_epoch 2>/dev/null |
		while IFS=. read -r seconds fraction; do date -u -d "@$seconds" "+%Y-%m-%dT%H:%M:%S.${fraction}Z"; done)"
	in_server portsieve replay "$BATS_TEST_TMPDIR/x.pcapng" -p "$FILE" | grep -q "3 packets"
}

@test "two viewers see the same; the policy that decided names the rule, also after an apply" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	view one to_client --port 53
	view other to_client --port 53
	send udp 53 2
	within 30 eval '[ "$(cat "$BATS_TEST_TMPDIR"/{one,other} | wc -l)" = 4 ]'
	in_server portsieve apply "$(policy '{version: 1, rules: [{name: new, action: drop, ports: udp/53}]}')"
	send udp 53 2
	within 30 eval '[ "$(cat "$BATS_TEST_TMPDIR"/{one,other} | wc -l)" = 8 ]'
	lab_stop
	equal "dns dns new new" "$(awk '{ print $5 }' "$BATS_TEST_TMPDIR/one" | xargs)"
	diff "$BATS_TEST_TMPDIR/one" "$BATS_TEST_TMPDIR/other"
}

@test "without a device, events shows the packets of all recording devices by time" {
	lab_veth server second client to_second
	lab_address server second 198.51.100.2/24
	in_server sysctl -qw net.ipv6.conf.second.disable_ipv6=1
	in_client sysctl -qw net.ipv6.conf.to_second.disable_ipv6=1
	in_server portsieve load to_client second -p "$FILE"
	refused 1 "to_client, second record no packets; to begin: portsieve upgrade --all --events=dropped" \
		in_server portsieve events
	in_server portsieve upgrade --all --events=dropped
	send udp 53 1
	in_client flood to_second --protocol udp --port 53 --count 1 >/dev/null
	in_server received second >/dev/null
	send udp 53 1
	equal "to_client second to_client" "$(in_server portsieve events --last 3 -j --port 53 | jq -r .device | xargs)"
	in_server portsieve events --last 3 --port 53 -w "$BATS_TEST_TMPDIR/x.pcapng"
	equal "to_client second to_client" "$(tshark -r "$BATS_TEST_TMPDIR/x.pcapng" -T fields -e frame.interface_name 2>/dev/null | xargs)"
	# after one is unloaded, the others are still shown
	view any --port 53
	in_server portsieve unload second
	within 30 grep -q "no longer loaded" "$BATS_TEST_TMPDIR/any.errors"
	send udp 53 1
	within 30 grep -q "to_client  drop  rule dns" "$BATS_TEST_TMPDIR/any"
	lab_stop
}

@test "upgrade keeps, starts and stops recording" {
	in_server portsieve load to_client -p "$FILE" --events=dropped --per-port=dropped
	send udp 53 2
	in_server portsieve upgrade to_client
	send udp 53 1
	equal 3 "$(events | wc -l)"
	equal "dropped dropped" "$(in_server portsieve status -j | jq -r '.devices[0] | "\(.events) \(.per_port)"')"
	in_server portsieve upgrade to_client --events=off
	[[ $(pins) != *event_* && $(pins) == *port_cells* ]]
	equal 3 "$(in_server portsieve ports -j | jq '.devices[0].ports[0].dropped')"
	in_server portsieve unload to_client
	equal "" "$(pins)"
}

@test "bad words are refused" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	refused 2 "--verdict: unknown word 'dropped' (pass, drop, would-drop)" in_server portsieve events --verdict dropped
	refused 2 "--reason: unknown reason 'icpm' (did you mean 'icmp'?)" in_server portsieve events --reason icpm
	refused 2 "--port: 'http' is not a port: write 22 or tcp/22" in_server portsieve events --port http
	refused 2 "--last: '0' is not a whole number from 1" in_server portsieve events --last 0
	refused 1 "cannot write /nowhere/x: No such file or directory" in_server portsieve events --last 1 -w /nowhere/x
	refused 3 "is not loaded" in_server portsieve events lo
}
