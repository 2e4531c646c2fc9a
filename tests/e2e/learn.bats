#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# A policy learned from real listeners, and that it works.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
}

teardown() {
	lab_down
	if [ -n "${CGROUP:-}" ]; then
		rmdir "$CGROUP"
	fi
}

# rules: `NAME: PORTS` of what is learned now.
rules() {
	in_server portsieve learn -j | jq -r '.rules[] | "\(.name): \(.ports)"'
}

@test "what listens gets rules: TCP, UDP, UDP-Lite, both families, one and two sockets" {
	serve_echo server tcp 22 # ncat, one for each family
	serve_echo server udp 53
	serve_web server 8080 # one for both
	listen server tcp,192.0.2.2,48010 tcp,::,48011,v6only tcp,0.0.0.0,48012 udplite,0.0.0.0,4500
	equal "ssh: tcp/22
domain: udp/53
ipsec-nat-t: udp/4500
http-alt: tcp/8080
python3: tcp/48010-48012" "$(rules)"
	equal '["192.0.2.2",["ipv4"]]
[null,["ipv6"]]
[null,["ipv4"]]' "$(in_server portsieve learn -j |
		jq -c '.rules[] | select(.name == "python3").listeners | sort_by(.port)[] | [.address, .families]')"
	equal '[["ipv4","ipv6"]]' "$(in_server portsieve learn -j |
		jq -c '[.rules[] | select(.name == "http-alt").listeners[].families]')"
}

@test "loopback and clients' ports get no rule, and are listed" {
	listen server --name local tcp,127.0.0.1,631 tcp,127.0.0.53,53 tcp,::1,632 udp,::ffff:127.0.0.1,633 tcp,0.0.0.0,634,dev=lo
	listen server --name client udp,0.0.0.0,40000 udp,::,40001 udp,0.0.0.0,32768 udp,0.0.0.0,60999
	# connected: neither a service nor reachable from anywhere
	listen server --name resolver udp,0.0.0.0,40002,connected udp,0.0.0.0,700,connected
	equal "" "$(rules)"
	equal "tcp/631 tcp/53 tcp/632 udp/633 tcp/634" "$(in_server portsieve learn -j |
		jq -r '[.loopback | sort_by(.port == 53, .port)[] | "\(.protocol)/\(.port)"] | [.[0], .[-1]] + .[1:-1] | join(" ")')"
	equal "32768 40000 40001 60999" "$(in_server portsieve learn -j |
		jq -r '[.ephemeral_udp[].port] | sort | map(tostring) | join(" ")')"
	run -0 in_server portsieve learn
	[[ $output == *"loopback only."$'\n'"#   local ("*"): tcp/53 tcp/631 tcp/632 tcp/634 udp/633"* ]]
	[[ $output == *"#   client ("*"): udp/32768 udp/40000 udp/40001 udp/60999"* ]]
	# one past each end is a service
	listen server --name server udp,0.0.0.0,32767 udp,0.0.0.0,61000
	equal "filenet-powsrm: udp/32767
server: udp/61000" "$(rules)"
}

@test "process and pid are named; TCP on an ephemeral port has a remark" {
	listen server --name gamed tcp,0.0.0.0,48010 tcp,0.0.0.0,48014
	local pid=${LAB_PIDS[-1]}
	run -0 in_server portsieve learn
	[[ $output == *"
  # gamed ($pid): any IPv4 address; has an ephemeral port, which may change when it restarts
  - {name: gamed, action: allow, ports: \"tcp/48010,48014\"}"* ]]
	equal "[\"gamed\",$pid]" "$(in_server portsieve learn -j | jq -c '.rules[0].listeners[0] | [.process, .pid]')"
	# a socket of several processes is the first one's
	listen server --name parent --child heir tcp,0.0.0.0,48020
	equal '["parent"]' "$(in_server portsieve learn -j | jq -c '[.rules[].listeners[] | select(.port == 48020).process]')"
}

@test "a socket passed on by PID 1 belongs to the other process" {
	start server unshare --pid --fork --kill-child --mount-proc python3 "$LAB_ROOT/tests/lib/listen.py" \
		--name init --child heir tcp,0.0.0.0,48010
	within 10 pgrep -x heir
	local init
	init=$(pgrep -P "${LAB_PIDS[-1]}")
	equal heir "$(nsenter --target "$init" --pid --mount --net portsieve learn -j |
		jq -r '.rules[0].listeners[0].process')"
}

@test "without root the policy is the same, with unknown processes and a note" {
	listen server --name gamed tcp,0.0.0.0,48010
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" 2>/dev/null || true
	run --separate-stderr -0 in_server setpriv --reuid 65534 --clear-groups "$LAB_ROOT/build/portsieve" learn
	[[ $output == *"
  # unknown process: any IPv4 address; "*"
  - {name: tcp-48010, action: allow, ports: tcp/48010}"* ]]
	equal "portsieve: the processes of 1 of 1 sockets are not visible to you; run it as root to see their names" "$stderr"
}

@test "units and containers are found by the socket's cgroup" {
	local root
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	[ -n "$root" ] && mkdir "$root/portsieve-test-$$.service" 2>/dev/null || skip "cgroup2 is not mounted, or not writable"
	CGROUP=$root/portsieve-test-$$.service
	start server bash -c 'echo $$ >"$0/cgroup.procs" && exec python3 "$1" --name gamed tcp,0.0.0.0,48010' \
		"$CGROUP" "$LAB_ROOT/tests/lib/listen.py"
	within 10 is_bound server tcp 48010
	equal "portsieve-test-$$.service null" "$(in_server portsieve learn -j |
		jq -r '.rules[0].listeners[0] | "\(.unit) \(.container)"')"
	in_server portsieve learn | grep -q "# gamed (.*, portsieve-test-$$.service): any IPv4 address"
	# the unit for anyone, the process for root only
	chmod 755 "$BATS_TEST_TMPDIR" "$BATS_RUN_TMPDIR" 2>/dev/null || true
	equal "null portsieve-test-$$.service" "$(in_server setpriv --reuid 65534 --clear-groups \
		"$LAB_ROOT/build/portsieve" learn -j 2>/dev/null |
		jq -r '.rules[0].listeners[0] | "\(.process) \(.unit)"')"
	lab_stop
	within 5 grep -q 'populated 0' "$CGROUP/cgroup.events"
}

@test "the policy passes check without a warning, and hostile names of processes stay comments" {
	listen server --name '\n- {a: b' tcp,0.0.0.0,48010
	listen server --name '\xe2\x80\xa8rules: []' tcp,0.0.0.0,48012
	listen server --name 'null' tcp,0.0.0.0,48014
	listen server --name '#"[{&*!|>%@`' tcp,0.0.0.0,48016
	in_server portsieve learn >"$BATS_TEST_TMPDIR/learned.yaml"
	run --separate-stderr -0 portsieve check "$BATS_TEST_TMPDIR/learned.yaml"
	equal "" "$stderr"
	[[ $output == *": OK: 4 rules, 4 port ranges, default drop; 0 warnings" ]]
	equal 2 "$(grep -c '^rules:\|^  # .*rules: ' "$BATS_TEST_TMPDIR/learned.yaml")"
}

@test "learn, diff, apply --confirm: what listened answers, the rest does not" {
	local learned=$BATS_TEST_TMPDIR/learned.yaml
	serve_web server 8080
	serve_echo server udp 53
	in_server portsieve load to_client
	in_server portsieve learn >"$learned"
	in_server portsieve diff "$learned" | grep -q drop
	in_server portsieve apply "$learned" --confirm 60
	in_server portsieve confirm
	serve_web server 8081
	fetch client $SERVER4 8080
	fetch client $SERVER6 8080
	echoes client udp $SERVER4 53
	run -28 fetch client $SERVER4 8081
	# the host's own connections get their answers
	serve_web client 8000
	fetch server $CLIENT4 8000
}

@test "learn changes nothing, and needs no loaded device and no bpffs; only --over takes a device" {
	umount /sys/fs/bpf
	run -0 in_server portsieve learn
	mount -t bpf bpf /sys/fs/bpf
	equal "" "$(pins)"
	refused 2 "learn: to_client: sockets do not listen on a device; to count the packets that arrive there, add --over 10m" \
		in_server portsieve learn to_client
	refused 2 "learn: --over requires a device, as in: portsieve learn eth0 --over 10m" in_server portsieve learn --over 1m
	refused 2 "--over" in_server portsieve learn to_client --over 8d
	refused 3 "to_client" in_server portsieve learn to_client --over 1
	refused 2 "learn: name only one device" in_server portsieve learn to_client eth7 --over 1
}

per_port() {
	in_server portsieve status -j | jq -r '.devices[0].per_port'
}

# learn_over SECONDS COMMAND: what is learned while it runs; LEARNED is the policy, JSON the output.
learn_over() {
	JSON=$BATS_TEST_TMPDIR/over.json LEARNED=$BATS_TEST_TMPDIR/over.yaml
	: >"$BATS_TEST_TMPDIR/over.log" # of the run before
	in_server portsieve learn to_client --over "$1" -j >"$JSON" 2>"$BATS_TEST_TMPDIR/over.log" 3>&- &
	local learning=$!
	within 20 grep -q 'counting by port on to_client' "$BATS_TEST_TMPDIR/over.log" || return 1
	equal all "$(per_port)" || return 1
	"$2" || return 1
	wait $learning || return 1
	jq -r .policy.text "$JSON" >"$LEARNED"
}

# seen: `NAME: PORTS` of the rules, with the packets of each port that came
seen() {
	jq -r '.rules[] | "\(.name): \(.ports) " +
		([.seen[] | "\(.protocol)/\(.port) \(.passed)+\(.would_drop)"] | join(" "))' "$JSON"
}

send() {
	in_client flood to_server --protocol "$1" --port "$2" --count "$3" >/dev/null
}

# Clients of services on each kind of port, of nothing, and of the other side.
traffic() {
	fetch client $SERVER4 8080 && fetch client $SERVER6 8080 && fetch client $SERVER4 9090 && fetch client $SERVER4 48010 &&
		echoes client udp $SERVER4 5300 && fetch server $CLIENT4 8000 && fetch server $CLIENT6 8000 &&
		in_client ping -q -c 2 -i 0.1 $SERVER4 >/dev/null || return 1
	! fetch client $SERVER4 7070 || return 1 # refused
	in_client nmap -n -sn -PP --max-retries 0 $SERVER4 >/dev/null # an ICMP timestamp
	send udp 40123 3
	send udp 161 7
}

would_drop_all() {
	in_server portsieve stats to_client -j | jq '.devices[0] | [(.ranges[], .reasons[], .retired) | .would_drop.packets] | add'
}

@test "--over: a policy learned under monitor drops nothing of what was seen" {
	serve_web server 8080
	serve_web server 48010
	serve_echo server udp 5300
	serve_web client 8000
	load_policy '{version: 1, mode: monitor, default: drop, return: socket, rules: [
		{name: web, action: allow, ports: tcp/8080}, {name: passing, action: allow, ports: tcp/9090}]}'
	# a service that has ended when the policy is printed
	serve_web server 9090
	traffic_of_the_past() {
		traffic && kill -- "-${LAB_PIDS[-1]}" && unset "LAB_PIDS[-1]"
	}
	learn_over 12 traffic_of_the_past
	equal off "$(per_port)"
	local before
	before=$(would_drop_all)
	((before > 12))
	equal "snmp: udp/161 udp/161 0+7
udp-40123: udp/40123 udp/40123 0+3" "$(seen | grep -E '^(snmp|udp-)')"
	equal "[161,5300,7070,8080,9090,40123,48010]" "$(jq -c '[.rules[].seen[].port] | unique' "$JSON")"
	run --separate-stderr -0 portsieve check "$LEARNED"

	in_server portsieve apply "$(policy "mode: monitor
$(cat "$LEARNED")")" 2>/dev/null
	serve_web server 9090
	traffic
	equal "$before" "$(would_drop_all)"
	# control: without one of the rules there is more
	in_server portsieve apply "$(policy "mode: monitor
$(grep -v 'name: snmp' "$LEARNED")")" 2>/dev/null
	traffic
	equal $((before + 7)) "$(would_drop_all)"
}

@test "--over: counts are those sent; what is dropped gets no rule, nor do answers where all passes" {
	load_policy '{version: 1, default: drop, return: none, rules: [{name: web, action: allow, ports: [tcp/80, tcp/8080]}]}'
	dropped() {
		send tcp 80 70
		send udp 53 30
		send tcp 23 2
	}
	learn_over 8 dropped
	equal "http: tcp/80 tcp/80 70+0" "$(seen)"
	equal '[["tcp",23,2],["udp",53,30]]' "$(jq -c '[.seen.dropped[] | [.protocol, .port, .dropped]]' "$JSON")"
	grep -qx '# 32 packets dropped in 8s, without a rule: udp/53 30, tcp/23 2' "$LEARNED"
	grep -qx '  # nothing listens here now: 70 packets in 8s' "$LEARNED"
	equal off "$(per_port)"

	in_server portsieve unload to_client
	in_server portsieve load to_client --no-policy 2>/dev/null
	serve_web client 8000
	answers() {
		fetch server $CLIENT4 8000
		send udp 53 5
	}
	learn_over 8 answers
	equal "domain: udp/53 udp/53 5+0" "$(seen)"
	equal 1 "$(jq '.seen.answers.ports' "$JSON")"
	grep -q '^return: auto$' "$LEARNED"
}

@test "--over: a scan is 32 rules and one for the rest, which check accepts" {
	load_policy '{version: 1, mode: monitor, default: drop, return: socket}'
	scan_many() {
		in_client timeout 60 nmap -n -Pn --max-retries 0 --min-rate 3000 -p 1-1000 $SERVER4 >/dev/null
	}
	learn_over 15 scan_many
	equal 33 "$(jq '.rules | length' "$JSON")"
	equal 1000 "$(jq '[.rules[].seen[].port] | unique | length' "$JSON")"
	equal 1 "$(jq '[.rules[] | select(.name == "seen")] | length' "$JSON")"
	run --separate-stderr -0 portsieve check "$LEARNED"
}

@test "--over: counting is switched back even if interrupted, and then nothing is printed" {
	local end before status learning
	in_server portsieve load to_client --no-policy 2>/dev/null
	for before in off dropped all; do
		in_server portsieve upgrade to_client --per-port=$before 2>/dev/null
		for end in INT TERM HUP; do
			: >"$BATS_TEST_TMPDIR/err" # of the process before
			nsenter --net=/run/netns/server env --default-signal=INT "$LAB_ROOT/build/portsieve" \
				learn to_client --over 1h >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" 3>&- &
			learning=$!
			within 20 grep -q 'counting by port on to_client for 1h' "$BATS_TEST_TMPDIR/err"
			equal all "$(per_port)"
			kill -s $end $learning
			status=0
			wait $learning || status=$?
			equal 1 "$status"
			equal $before "$(per_port)"
			equal "" "$(cat "$BATS_TEST_TMPDIR/out")"
			grep -q '^portsieve: interrupted after [0-9]*s of 1h: no policy is printed$' "$BATS_TEST_TMPDIR/err"
		done
	done
}

@test "--over: a device that is unloaded or changes its counting meanwhile is an error" {
	in_server portsieve load to_client --no-policy 2>/dev/null
	gone() {
		in_server portsieve unload to_client 2>/dev/null
	}
	! learn_over 5 gone
	grep -q 'to_client' "$BATS_TEST_TMPDIR/over.log"
	! grep -q 'still counts' "$BATS_TEST_TMPDIR/over.log"

	in_server portsieve load to_client --no-policy 2>/dev/null
	other() {
		in_server portsieve upgrade to_client --per-port=off 2>/dev/null
		in_server portsieve upgrade to_client --per-port=all 2>/dev/null
	}
	! learn_over 8 other
	grep -q 'to_client no longer counts by port as it did when counting began' "$BATS_TEST_TMPDIR/over.log"
}

@test "a kernel that cannot list TCP sockets is an error, one without UDP-Lite is not" {
	refused 1 "this kernel cannot list listening sockets; load its modules with: modprobe -a tcp_diag udp_diag" \
		in_server strace -qq -o /dev/null -e trace=sendto -e inject=sendto:error=ENOENT:when=1 portsieve learn
	refused 1 "cannot list listening sockets: Cannot allocate memory" \
		in_server strace -qq -o /dev/null -e trace=sendto -e inject=sendto:error=ENOMEM:when=2 portsieve learn
	listen server tcp,0.0.0.0,22
	# TCP and UDP are four requests, UDP-Lite the fifth
	run --separate-stderr -0 in_server strace -qq -o /dev/null -e trace=sendto \
		-e inject=sendto:error=ENOENT:when=5 portsieve learn
	[[ $output == *"ports: tcp/22"* ]]
}
