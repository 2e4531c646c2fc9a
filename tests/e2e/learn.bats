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

@test "loopback and clients' ports get none, and are listed" {
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
	# one past each end is a service's
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

@test "a socket that PID 1 has handed on is the other process's" {
	start server unshare --pid --fork --kill-child --mount-proc python3 "$LAB_ROOT/tests/lib/listen.py" \
		--name init --child heir tcp,0.0.0.0,48010
	within 10 pgrep -x heir
	local init
	init=$(pgrep -P "${LAB_PIDS[-1]}")
	equal heir "$(nsenter --target "$init" --pid --mount --net portsieve learn -j |
		jq -r '.rules[0].listeners[0].process')"
}

@test "without rights the policy is the same, with unknown processes and a note" {
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

@test "learn changes nothing, needs nothing loaded and no bpffs, and takes no operand" {
	umount /sys/fs/bpf
	run -0 in_server portsieve learn
	mount -t bpf bpf /sys/fs/bpf
	equal "" "$(pins)"
	refused 2 "learn: too many arguments" in_server portsieve learn to_client
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
