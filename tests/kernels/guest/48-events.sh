# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The programs that count by port and record packets: what `ports`, `events`, `sources` and `stats --watch` read of them is
# what was sent. Without live frames, which Linux has from 5.18 on.
source /portsieve/tests/kernels/guest/lab.bash

WEB='version: 1
default: drop
return: none
rules:
  - {name: web, action: allow, ports: tcp/80}
  - {name: dns, action: allow, ports: udp/53}'

# from ADDRESS: what the client sends next comes from there.
from() {
	in_client ip route replace $SERVER4/32 dev to_server src "$1"
}

# connects COUNT PORT: nothing listens there, so each of them sends one segment if the answer, a reset, comes.
connects() {
	in_client bash -c 'for ((i = 0; i < $1; i++)); do ! : >"/dev/tcp/$3/$2"; done' connects "$1" "$2" $SERVER4 2>/dev/null
}

# filters: a bit for each viewer for which the program records.
filters() {
	bpftool -j map dump pinned "$(pins | grep /event_control_)" | jq -r '.[0].value[0:4] | join(" ")'
}

view() {
	local before
	before=$(filters)
	start server bash -c 'exec portsieve events to_client --port udp/5353 -j >/tmp/viewed'
	within 200 eval '[ "$(filters)" != "$before" ]'
	start server bash -c 'exec portsieve stats --watch=1 -j >/tmp/watched'
	within 200 test -s /tmp/watched
}

# watched: the dropped packets in the latest whole document of `stats --watch`.
watched() {
	grep '}$' /tmp/watched | tail -n 1 | jq '[.devices[0].ranges[].dropped.packets] | add'
}

by_port() {
	in_server portsieve ports -j | jq -r '[.devices[0].ports[] | "\(.protocol)/\(.port) \(.passed) \(.dropped)"] | sort | join(", ")'
}

events() {
	in_server portsieve events to_client --last 10000 -j | jq -rs 'map(select(.port)) | [group_by([.verdict, .rule, .protocol, .port, .source])[] |
		"\(.[0].verdict) \(.[0].rule) \(.[0].protocol)/\(.[0].port) \(.[0].source) \(map(.weight) | add)"] | join(", ")'
}

sources() {
	in_server portsieve sources to_client -j | jq -r '[.devices[0].sources[] | "\(.source) \(.passed) \(.dropped)"] | sort | join(", ")'
}

# reads_what_was_sent HOW: attached by a link or libxdp's dispatcher. Fewer than 100 packets, so that all are in the sample.
reads_what_was_sent() {
	lab_without_ipv6
	in_client ip address add 192.0.2.7/24 dev to_server
	in_client ip address add 192.0.2.8/24 dev to_server
	in_server portsieve load to_client -p "$(policy "$WEB")" --per-port=all --events=all --attach "$1"
	view
	datagrams 25 53
	connects 5 80
	from 192.0.2.7
	datagrams 12 5353
	from 192.0.2.8
	datagrams 14 99
	in_server received to_client
	equal "tcp/80 5 0, udp/53 25 0, udp/5353 0 12, udp/99 0 14" "$(by_port)"
	equal "drop _system udp/99 192.0.2.8 14, drop _user udp/5353 192.0.2.7 12, pass dns udp/53 192.0.2.1 25, pass web tcp/80 192.0.2.1 5" "$(events)"
	equal "192.0.2.1 30 0, 192.0.2.7 0 12, 192.0.2.8 0 14" "$(sources)"
	within 200 eval '[ "$(wc -l </tmp/viewed)" = 12 ]'
	equal "5353 192.0.2.7" "$(jq -rs 'map("\(.port) \(.source)") | unique | join(", ")' /tmp/viewed)"
	within 200 eval '[ "$(watched)" = 26 ]'
	in_server portsieve upgrade to_client
	datagrams 2 5353
	in_server received to_client
	equal "tcp/80 5 0, udp/53 25 0, udp/5353 0 14, udp/99 0 14" "$(by_port)"
	within 200 eval '[ "$(watched)" = 28 ]'
	sum_matches
}
by_link() {
	reads_what_was_sent link
}
in_the_dispatcher() {
	reads_what_was_sent dispatcher
}
it 'ports, events, sources and stats --watch read what was sent' by_link
it "and in libxdp's dispatcher" in_the_dispatcher

finish
