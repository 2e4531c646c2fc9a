#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `top` on a terminal of tmux: sizes, keys, a filter that changes under it, and the terminal it leaves behind.
bats_require_minimum_version 1.5.0
load ../lib/lab
load ../lib/terminal

setup() {
	lab_up
	lab_without_ipv6
	POLICY=$(policy 'version: 1
default: drop
return: none
rules:
  - {name: web, action: allow, ports: "tcp/80,443 udp/443"}
  - {name: memcached, action: drop, ports: udp/11211}')
	in_server portsieve load to_client -p "$POLICY" --per-port=dropped 2>/dev/null
	export XDG_STATE_HOME=$BATS_TEST_TMPDIR/state
}

teardown() {
	terminal_stop
	lab_down
}

send() {
	in_client flood to_server --protocol tcp --port 80 --count 70
	in_client flood to_server --protocol udp --port 11211 --count 30
}

# top COLUMNS ROWS: with an interval of 0.1 s
top() {
	mkdir -p "$XDG_STATE_HOME/portsieve"
	echo interval=0.1 >"$XDG_STATE_HOME/portsieve/top"
	terminal_start "$1" "$2" portsieve top
	terminal_shows ' q quit  \? help'
}

@test "at each size there are the sentence and the rules, and the screen is not exceeded" {
	local size
	send
	for size in "40 10" "80 24" "120 40" "200 60"; do
		top $size
		terminal_shows '^ nothing unusual since [0-9:]+ +[0-9:]{8}$'
		terminal_shows '^ web +.*'
		terminal_shows '^ memcached +.*'
		equal 1 "$(terminal_screen | grep -c ' all packets')"
		equal " q quit" "$(terminal_screen | tail -n 1 | cut -c1-7)"
		terminal_keys q
		equal 0 "$(terminal_ended)"
		terminal_stop
	done
}

@test "rates, ports and a flood are seen as they come" {
	top 120 40
	send
	terminal_shows '^ memcached +udp/11211 +drop .* 30 '
	terminal_shows '^ udp/11211 +memcache .* 30$'
	in_client flood to_server --protocol udp --port 11211 --count 20000
	terminal_shows '^ [0-9.]+ [kM] packets/s dropped on udp/11211[ ,]'
}

@test "sources and dropped packets are shown if they are recorded" {
	in_server portsieve upgrade to_client --events=dropped 2>/dev/null
	top 200 60
	in_client flood to_server --source 198.51.100.1 --protocol udp --port 11211 --count 30
	terminal_shows ' 198\.51\.100\.1 +(udp/11211 +)?[0-9.]+ +30$'
	terminal_shows 'memcached +udp 198\.51\.100\.1:[0-9]+ > [0-9.]+:11211'
}

@test "the commands of why, for a source with a long IPv6 address, do as they say" {
	local source=2001:db8:9:abcd:1234:5678:9abc:def0
	in_server portsieve upgrade to_client --events=dropped 2>/dev/null
	top 120 40
	in_client flood to_server --ipv6 --source $source --protocol udp --port 11211 --count 30
	terminal_shows " 2001:db8:9:~8:9abc:def0 +udp/11211 +[-0-9.]+ +30$"
	terminal_keys / s o u r c e : 2 0 0 1 Enter Tab Tab Enter
	terminal_shows "$source: about 30 packets dropped"
	equal "udp $source > $SERVER6" "$(in_server bash -c "timeout 10 $(command_of events) --last 1 -j" |
		jq -r '"\(.protocol) \(.source) > \(.destination)"')"
	in_server bash -c "$(command_of drop)"
	equal "drop $source" "$(in_server portsieve show -j | jq -r '.runtime[] | "\(.action) \(.from[0])"')"
	# at 80 columns it takes two lines, which a shell reads as one
	terminal_resize 80 24
	terminal_shows 'portsieve drop tcp\+udp/all --from .* \\'
	equal "portsieve drop tcp+udp/all --from $source --for 1h --dev to_client" "$(bash -c "echo $(command_of drop)")"
}

# command_of WORD: the command of portsieve that begins with this word, out of the box of why
command_of() {
	terminal_screen | sed -nE 's/^[^│]*│ (.*[^ ]) *│.*$/\1/p' |
		awk -v command="portsieve $1 " 'index($0, command) == 1 || more { print; more = /\\$/; if (!more) exit }'
}

@test "an nmap scan is reported, in order and shuffled" {
	local option
	for option in -r --randomize-hosts; do
		top 120 40
		in_client timeout 60 nmap $option -n -Pn --max-retries 0 --min-rate 2000 -p 1-3000 $SERVER4 >/dev/null 2>&1 3>&- &
		terminal_shows '^ [0-9]+ ports probed at once'
		wait $!
		terminal_keys q
		terminal_stop
	done
}

@test "keys: filter, sort, pause, units, help, why, baseline" {
	send
	top 120 40
	terminal_keys / p o r t : 1 1 2 1 1 Enter
	terminal_shows '^ /port:11211 '
	! terminal_has '^ web'
	terminal_keys Enter
	terminal_shows 'rule memcached: drop udp/11211'
	terminal_shows "$POLICY:6"
	terminal_shows 'portsieve allow udp/11211 --for 1h --dev to_client'
	terminal_keys Escape
	terminal_keys Escape
	terminal_shows '^ web'
	terminal_keys '?'
	terminal_shows 'nothing is changed by top'
	terminal_keys x
	terminal_keys u
	terminal_shows 'bits per second'
	terminal_keys s
	terminal_shows 'packets, 0.1 s'
	terminal_keys p
	terminal_shows 'PAUSED'
	terminal_keys p +
	terminal_shows 'packets, 0.2 s'
	terminal_keys q
	equal 0 "$(terminal_ended)"
	equal "sort=packets units=bits all_rows=no interval=0.2" "$(xargs <"$XDG_STATE_HOME/portsieve/top")"
	terminal_stop
	echo all_rows=yes >>"$XDG_STATE_HOME/portsieve/top"
	terminal_start 120 40 portsieve top
	terminal_shows 'packets, 0.2 s'
	terminal_shows 'bits per second'
	terminal_shows '^ _dynamic ' # which has counted nothing
	terminal_stop
	# Nothing was changed but its own settings.
	equal 2 "$(in_server portsieve show -j | jq '.policy.text | [scan("name:")] | length')"
}

@test "the mouse selects, a resize redraws" {
	send
	top 120 40
	terminal_resize 60 12
	terminal_shows '^ memcached'
	equal 12 "$(terminal_screen | wc -l)"
	terminal_resize 120 40
	terminal_shows ' SHARE '
	# a click, as xterm has encoded it since 1988: button, column and row from 33 on
	row=$(terminal_screen | grep -n '^ memcached' | cut -d: -f1)
	terminal_keys -l "$(printf '\e[M %b%b' "\\x$(printf %x 37)" "\\x$(printf %x $((row + 32)))")"
	terminal_keys -l "$(printf '\e[M#%b%b' "\\x$(printf %x 37)" "\\x$(printf %x $((row + 32)))")"
	terminal_keys Enter
	terminal_shows 'rule memcached: drop'
}

@test "top survives unload, load, upgrade, another policy and another ABI" {
	top 100 30
	send
	terminal_shows '^ memcached'
	in_server portsieve apply "$(policy '{version: 1, default: drop, return: none, rules: [{name: mail, action: allow, ports: tcp/25}]}')" 2>/dev/null
	terminal_shows '^ to_client got another policy at '
	in_server portsieve unload to_client
	terminal_shows '^ nothing is loaded any more since '
	in_server "$LAB_ROOT/build/abi/portsieve" load to_client
	terminal_shows 'map format'
	in_server "$LAB_ROOT/build/abi/portsieve" unload to_client
	in_server portsieve load to_client
	in_client flood to_server --protocol tcp --port 80 --count 70
	terminal_shows '^ _system .*'
	in_server portsieve upgrade to_client
	in_client ip link delete to_server
	terminal_shows '^ (nothing is loaded any more since|to_client)'
	terminal_keys q
	equal 0 "$(terminal_ended)"
}

passed_on() {
	cat "$BATS_TEST_TMPDIR/passed"
}

# seconds_behind: how old the time on the first line is
seconds_behind() {
	local shown
	shown=$(terminal_screen | head -n 1 | grep -oE '[0-9]{2}:[0-9]{2}:[0-9]{2}' | tail -n 1)
	echo $((($(date +%s) - $(date -d "$shown" +%s) + 86400) % 86400))
}

@test "over a line of 960 bytes/s top keeps up, reacts to keys, and survives unload and load" {
	local before
	mkdir -p "$XDG_STATE_HOME/portsieve"
	echo interval=1 >"$XDG_STATE_HOME/portsieve/top"
	terminal_start 80 24 python3 "$LAB_ROOT/tests/lib/slow_line.py" 960 "$BATS_TEST_TMPDIR/passed" portsieve top
	terminal_shows ' q quit  \? help'
	# While nothing happens, hardly anything is drawn.
	sleep 8
	before=$(passed_on)
	sleep 10
	(($(passed_on) - before < 1000))
	# Under constant traffic, the screen is at most some seconds old.
	start client bash -c 'while :; do flood to_server --protocol udp --port 11211 --seconds 1 --rate $((RANDOM % 900 + 100))
		flood to_server --protocol tcp --port $((RANDOM % 60000 + 1)) --seconds 1 --rate $((RANDOM % 900 + 100)); done'
	terminal_shows '^ memcached +udp/11211 .*[0-9]'
	sleep 15
	(($(seconds_behind) <= 10))
	terminal_keys '?'
	terminal_shows 'nothing is changed by top'
	terminal_keys x
	in_server portsieve unload to_client
	terminal_shows '^ nothing is loaded any more since '
	in_server portsieve load to_client -p "$POLICY" 2>/dev/null
	terminal_shows '^ memcached +udp/11211'
	terminal_keys q
	equal 0 "$(terminal_ended)"
}

@test "the terminal is restored however top ends" {
	local end
	for end in q C-c TERM HUP SEGV; do
		terminal_start 80 24 bash -c 'stty -a >"$BATS_TEST_TMPDIR/before"; echo shell-line; portsieve top; stty -a >"$BATS_TEST_TMPDIR/after"; echo back-again; cat'
		terminal_shows ' q quit'
		case $end in
		q | C-c) terminal_keys $end ;;
		*) kill -s $end "$(pgrep -n -x portsieve)" ;;
		esac
		terminal_shows '^back-again$'
		terminal_has '^shell-line$' # the previous screen
		equal 1 "$("${TERMINAL[@]}" display-message -p -t test '#{cursor_flag}')"
		equal "$(cat "$BATS_TEST_TMPDIR/before")" "$(cat "$BATS_TEST_TMPDIR/after")"
		terminal_stop
	done
}

@test "no colours with NO_COLOR, only ASCII without UTF-8" {
	send
	TERMINAL_LOCALE=C terminal_start 120 40 env NO_COLOR=1 portsieve top
	terminal_shows '^ memcached'
	equal "" "$(terminal_screen | LC_ALL=C grep -P '[^\x00-\x7f]' || true)"
	equal "" "$(terminal_screen -e | grep -oE $'\e''\[[0-9;]*(3[0-7]|9[0-7]|38)[0-9;]*m' || true)"
	terminal_stop
	TERMINAL_TERM=xterm terminal_start 120 40 portsieve top
	terminal_shows '^ memcached'
	terminal_screen -e | grep -q $'\e''\[[0-9;]*3[0-7]'
}

@test "on an unsuitable terminal top says what to use" {
	refused 2 "top: requires a terminal; for a file or a pipe: portsieve stats --watch" in_server portsieve top
	refused 3 "eth7" in_server portsieve top eth7
	TERMINAL_TERM=dumb terminal_start 140 24 bash -c 'portsieve top; cat'
	terminal_shows "^portsieve: top: the terminal 'dumb' "
	terminal_stop
	TERMINAL_TERM=nonsense terminal_start 140 24 bash -c 'portsieve top; cat'
	terminal_shows "^portsieve: top: the terminal 'nonsense' "
}
