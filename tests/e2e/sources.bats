#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Where recorded packets came from: the command `sources`, and the sentence of `stats --watch`. What is shown is compared
# with what was sent.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	lab_without_ipv6
	FILE=$(policy 'version: 1
default: drop
return: none
rules: [{name: web, action: allow, ports: tcp/80}]')
}

teardown() {
	lab_down
}

# send SOURCE PROTOCOL PORT COUNT [OPTION]...
send() {
	in_client flood to_server --source "$1" --protocol "$2" --port "$3" --count "$4" "${@:5}" >/dev/null
	in_server received to_client >/dev/null
}

# sources [OPTION]...: a line for each
sources() {
	in_server portsieve sources to_client -j "$@" | jq -r '.devices[0].sources[] |
		[.source, .passed, .dropped, .would_drop, .protocol, .port, .ports_at_least] | map(. // "-") | join(" ")'
}

@test "without --events sources fails and says how to begin" {
	in_server portsieve load to_client -p "$FILE"
	refused 1 "to_client records no packets; to begin: portsieve upgrade to_client --events=dropped" in_server portsieve sources
	in_server portsieve upgrade to_client --events=dropped
	[[ $(in_server portsieve sources) == "to_client  dropped packets by source in the last "*"no packet has been recorded" ]]
}

@test "few packets are counted exactly, by source, and the rest is noise" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	send 198.51.100.1 udp 11211 30
	send 198.51.100.2 tcp 22 12
	send 198.51.100.2 tcp 23 12
	send 198.51.100.3 udp 9 3
	send 198.51.100.4 tcp 80 9
	equal "198.51.100.1 - 30 0 udp 11211 1
198.51.100.2 - 24 0 - - 2" "$(sources)"
	equal "198.51.100.1 - 30 0 udp 11211 1" "$(sources --top 1)"
	equal "198.51.100.3 - 3 0 udp 9 1" "$(sources --noise | tail -n 1)"
	equal "198.51.100.2 - 12 0 tcp 22 1" "$(sources --port 22)"
	equal "3 1 3 false" "$(in_server portsieve sources -j | jq -r '.devices[0] |
		"\(.sources_at_least) \(.noise.sources) \(.noise.packets) \(.estimated)"')"
	equal "198.51.100.1 30 udp/11211 memcache
198.51.100.2 24 2 or
and 1 source with
at least 3 sources" "$(in_server portsieve sources | awk 'NR > 3 && NF { print $1, $2, $3, $4 }')"
	refused 2 "--port: 'http' is not a port: write 22 or tcp/22" in_server portsieve sources --port http
}

@test "verdicts: passed with --events=all, would drop in monitor mode" {
	in_server portsieve load to_client -p "$FILE" --events=all
	send 198.51.100.1 tcp 80 20
	send 198.51.100.1 tcp 81 10
	equal "198.51.100.1 20 10 0 - - 2" "$(sources)"
	in_server portsieve unload to_client
	in_server portsieve load to_client -p "$(policy '{version: 1, mode: monitor, default: drop, return: none}')" --events=dropped
	send 198.51.100.1 tcp 81 10
	equal "198.51.100.1 - 0 10 tcp 81 1" "$(sources)"
}

@test "IPv6 sources; devices are named if several record" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	send 2001:db8::7 udp 5353 11 --ipv6
	equal "2001:db8::7 - 11 0 udp 5353 1" "$(sources)"
	lab_veth server second client to_second
	in_server portsieve load second -p "$FILE"
	equal "to_client" "$(in_server portsieve sources -j | jq -r '.devices[].device')"
	refused 1 "second records no packets" in_server portsieve sources second
	in_server portsieve upgrade second --events=dropped
	equal "second to_client" "$(in_server portsieve sources -j | jq -r '.devices[].device' | sort | xargs)"
}

@test "the numbers of a flood are estimates" {
	in_server portsieve load to_client -p "$FILE" --events=dropped
	in_client flood to_server --source 203.0.113.9 --protocol tcp --port 99 --count 60000 --rush -j >"$BATS_TEST_TMPDIR/sent"
	in_server received to_client >/dev/null
	local arrived about
	arrived=$(jq '.sent - .overrun' "$BATS_TEST_TMPDIR/sent")
	about=$(sources | awk '$1 == "203.0.113.9" { print $3 }')
	echo "# $arrived packets, about $about"
	# about 940 samples: a quarter is eight standard deviations
	((about > arrived * 3 / 4 && about < arrived * 5 / 4))
	[[ $(in_server portsieve sources) == *", about: from a sample of 1 in 64"* ]]
	equal true "$(in_server portsieve sources -j | jq '.devices[0].estimated')"
}

@test "the sentence gives the number of sources of a flood" {
	in_server portsieve load to_client -p "$FILE" --events=dropped --per-port=dropped
	start server env RECORDS= bash -c "exec portsieve stats --watch=1 -j >$BATS_TEST_TMPDIR/watched"
	within 30 test -s "$BATS_TEST_TMPDIR/watched"
	start client flood to_server --source 203.0.113.1 --sources 3 --protocol udp --port 11211 --rate 10000 --seconds 60
	within 50 grep -q 'packets/s dropped on udp/11211 from at least 3 sources' "$BATS_TEST_TMPDIR/watched"
}
