#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `stats --watch`: rates of real traffic, compared with what was sent; changes of policies, devices and programs;
# a terminal.
bats_require_minimum_version 1.5.0
load ../lib/lab
load ../lib/terminal

setup() {
	lab_up
	lab_without_ipv6
	load_policy 'version: 1
default: drop
return: none
rules:
  - {name: web, action: allow, ports: "tcp/80,443 udp/443"}
  - {name: memcached, action: drop, ports: udp/11211}' 2>/dev/null
}

teardown() {
	terminal_stop
	lab_down
}

# watch OPTION...: in the background, into the file `watched`; stopped by unwatch. Not recorded, as records come late.
watch() {
	watched=$BATS_TEST_TMPDIR/watched
	env -u RECORDS nsenter --net=/run/netns/server -- portsieve stats --watch=0.1 "$@" >"$watched" 2>"$watched.err" 3>&- &
	watcher=$!
	within 20 test -s "$watched"
}

unwatch() {
	kill "$watcher" 2>/dev/null
	wait "$watcher" || true
}

# has REGEX: does a line of what was watched match?
has() {
	grep -qE -- "$1" "$watched"
}

# ends_with REGEX: does the latest line match?
ends_with() {
	tail -n 1 "$watched" | grep -qE -- "$1"
}

# send: a flood on a denied port, connections to an open one
send() {
	in_client flood to_server --protocol udp --port 11211 --count 5000
	in_client flood to_server --protocol tcp --port 80 --count 70
	in_client flood to_server --protocol udp --port 443 --count 30
}

@test "lines have each rule's count since the start, which is what was sent" {
	watch
	send
	within 20 has 'memcached +udp/11211 +drop .* \+5,000$'
	within 20 has 'web +tcp/80,443 udp/443 +allow .* 100 +\+100$'
	within 20 has 'all packets .* \+5,10[0-9]$'
	unwatch
	# Each line begins with the time; the heading is there once.
	equal 1 "$(grep -c '^TIME ' "$watched")"
	equal "" "$(grep -vE '^(TIME|20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}  )' "$watched")"
}

@test "the rates of all documents, times their intervals, are what was sent" {
	local per
	watch -j
	send
	within 20 has '"rule":"memcached"[^}]*}[^}]*"dropped":{"packets":5000,'
	sleep 0.3
	unwatch
	sed -i '$d' "$watched" # it may be cut
	for per in 'memcached dropped 5000' 'web passed 100'; do
		read -r rule verdict count <<<"$per"
		equal "$count" "$(jq -s --arg rule "$rule" --arg verdict "$verdict" '[.[].devices[0] |
			.interval_ms as $ms | .ranges[] | select(.rule == $rule) |
			.per_second[$verdict].packets * $ms / 1000] | add | . / 50 | round * 50' "$watched")"
	done
	jq -se 'all(.[]; .devices[0].interval_ms > 0 and (.sentence | length) > 0)' "$watched"
	jq -se 'any(.[]; any(.devices[0].ranges[]; .per_second.new_connections > 0))' "$watched"
}

@test "a flood is reported in one sentence, with its port" {
	watch
	within 20 has '^20[0-9: -]+  nothing unusual since [0-9]{2}:[0-9]{2}$'
	in_client flood to_server --protocol udp --port 11211 --count 20000
	within 20 has '  [0-9.]+ [kM] packets/s dropped on udp/11211$'
	unwatch
}

@test "--ranges has a row for each range, --sort chooses the order" {
	watch --ranges --sort dropped
	in_client flood to_server --protocol tcp --port 443 --count 20
	within 20 has 'web +tcp/443 +allow .* \+20$'
	in_client flood to_server --protocol udp --port 443 --count 4
	within 20 has 'web +udp/443 +allow .* \+4$'
	unwatch
	for option in --ranges "--sort name" "--count 1"; do
		refused 2 "stats: ${option% *} requires --watch" in_server portsieve stats $option
	done
	refused 2 "--sort: unknown word 'size' (policy, packets, bits, dropped, new, total, change, name)" \
		in_server portsieve stats --watch=1 --sort size
}

@test "--count counts outputs, each of them with rates" {
	equal 2 "$(in_server portsieve stats --watch=0.05 --count 2 -j | jq -s 'map(select(.devices[0].interval_ms > 0)) | length')"
	equal 3 "$(in_server portsieve stats --watch=0.05 --count 3 | grep -c 'all packets')"
}

@test "another policy is reported, and its ranges keep counting" {
	watch
	in_client flood to_server --protocol tcp --port 80 --count 50
	within 20 has 'web +tcp/80,443 udp/443 .* \+50$'
	in_server portsieve apply "$(policy '{version: 1, default: drop, return: none, rules: [{name: web, action: allow, ports: tcp/80}]}')" 2>/dev/null
	within 20 has '  to_client got another policy at '
	in_client flood to_server --protocol tcp --port 80 --count 5
	within 20 has 'web +tcp/80 +allow .* \+55$'
	unwatch
}

@test "--watch survives an unload, a load and an upgrade" {
	watch
	in_client flood to_server --protocol tcp --port 80 --count 50
	within 20 has 'all packets .* \+5[0-9]$'
	in_server portsieve unload to_client
	within 20 has '  nothing is loaded any more since '
	in_server portsieve load to_client
	within 20 ends_with 'all packets'
	in_client flood to_server --protocol tcp --port 80 --count 3
	within 20 has '_system +tcp/1-1023 +allow .* 3 +\+3$'
	in_server portsieve upgrade to_client
	in_client flood to_server --protocol tcp --port 80 --count 4
	within 20 has '_system +tcp/1-1023 +allow .* 7 +\+7$'
	kill -0 "$watcher"
	unwatch
	refused 3 "eth7" in_server portsieve stats eth7 --watch
}

@test "a device with another ABI is reported once, and watched after this version loads it" {
	local other=$LAB_ROOT/build/abi/portsieve
	in_server portsieve unload to_client
	in_server "$other" load to_client
	lab_namespace other
	in_server ip link add guest type veth peer name guest_peer
	in_server portsieve load guest
	watch
	sleep 0.5
	equal 1 "$(grep -c to_client "$watched.err")"
	in_server "$other" unload to_client
	in_server portsieve load to_client
	within 20 has '  to_client\+1 +all packets' # equal policies: one group
	unwatch
}

@test "on a terminal the frame is redrawn in place, with the sum first" {
	terminal_start 100 20 portsieve stats --watch=0.1
	terminal_shows '^20[0-9: -]+  nothing unusual since'
	send
	terminal_shows 'memcached +udp/11211 +drop .* \+5,000$'
	equal 1 "$(terminal_screen -S -200 | grep -c 'memcached')"
	equal "  all packets" "$(terminal_screen | grep -A1 '^  RULE' | tail -n 1 | cut -c1-13)"
	# What does not fit is counted; nothing scrolls away.
	terminal_resize 60 6
	terminal_shows '^[0-9]+ more lines do not fit$'
	terminal_resize 100 20
	terminal_shows 'memcached +udp/11211 +drop .* \+5,000$'
	terminal_keys C-c
	within 20 terminal_is_dead
	terminal_has 'memcached +udp/11211'
}
