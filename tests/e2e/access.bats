#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Warnings about what a policy keeps out of this machine. test_access.c tests which policies get them.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	DROP=$(policy '{version: 1, default: drop, return: none}')
	SOCKET=$(policy '{version: 1, default: drop, return: socket}')
}

teardown() {
	lab_down
}

@test "check, load and apply warn that replies are dropped, but succeed" {
	local words="$DROP: warning: 'return: none' drops the replies to this host's own connections"
	says 0 "$words" in_server portsieve check "$DROP"
	[[ $output == *"; 1 warning" ]]
	says 0 "$words" in_server portsieve load to_client -p "$DROP"
	says 0 "$words" in_server portsieve apply "$DROP"
	run --separate-stderr -0 in_server portsieve apply "$SOCKET" -q
	equal "" "$stderr"
	# explain and replay are not about this machine
	run --separate-stderr -0 in_server portsieve explain "tcp $CLIENT4:1 > $SERVER4:2 S" --policy "$DROP"
	equal "" "$stderr"
}

@test "return: none is refused where the default route leads over the device, on a host" {
	local refusal="'return: none' would drop the replies to this host's own connections: its default route leads over to_client"
	local allowed
	allowed=$(policy '{version: 1, default: drop, return: none, rules: [{name: replies, action: allow, ports: tcp+udp/ephemeral}]}')
	for family in 4 6; do
		if [ $family = 4 ]; then
			in_server ip route add default via $CLIENT4
		else
			in_server ip route del default
			in_server ip -6 route add default via $CLIENT6
		fi
		refused 1 "$refusal; leave it out, allow tcp+udp/ephemeral, or give --force" in_server portsieve load to_client -p "$DROP"
		run -3 in_server portsieve status
		in_server portsieve load to_client -p "$SOCKET"
		refused 1 "$refusal" in_server portsieve apply "$DROP"
		equal socket "$(in_server portsieve status -j | jq -r '.devices[0].policy.return')"
		in_server portsieve check "$DROP"
		in_server portsieve apply "$(policy '{version: 1, default: drop, return: none, mode: monitor}')"
		in_server portsieve apply "$allowed"
		in_server portsieve apply "$DROP" --force
		in_server portsieve unload to_client
		in_server portsieve load to_client -p "$DROP" --force
		in_server portsieve unload to_client
	done
	# a router, and a device that is not the way out
	in_server portsieve load lo --mode generic -p "$DROP"
	in_server sysctl -qw net.ipv6.conf.all.forwarding=1
	in_server portsieve load to_client -p "$DROP"
}

@test "check warns if no rule allows ssh, found by the server's name or by port 22" {
	local words="warning: nobody can log in: an ssh server listens on tcp/2222, which the policy drops from every address"
	listen server --name sshd tcp,0.0.0.0,2222
	says 0 "$SOCKET: $words" in_server portsieve check "$SOCKET"
	says 0 "$words" in_server portsieve load to_client -p "$SOCKET"
	says 0 "$words" in_server portsieve apply "$SOCKET"
	run --separate-stderr -0 in_server portsieve apply -q "$(policy 'version: 1
default: drop
return: socket
rules: [{name: ssh, action: allow, ports: tcp/2222, from: 203.0.113.7}]')"
	equal "" "$stderr"
	failsafe '{version: 1, rules: [{name: ssh, action: allow, ports: tcp/2222, from: 203.0.113.7}]}'
	run --separate-stderr -0 in_server portsieve check "$SOCKET"
	equal "" "$stderr"
	failsafe ''
	lab_stop
	listen server --name systemd tcp,0.0.0.0,22
	says 0 "an ssh server listens on tcp/22" in_server portsieve check "$SOCKET"
}

@test "check warns if the only rule for an IPv6 listener names IPv4 addresses" {
	local only4
	only4=$(policy 'version: 1
default: drop
return: socket
rules:
- {name: db, action: allow, ports: tcp/3306, from: 10.0.0.0/8}')
	listen server tcp,::,3306
	says 0 "$only4:5:10: warning: 'db' is about IPv4 only: tcp/3306 listens on IPv6 too, and no rule for it matches IPv6" \
		in_server portsieve check "$only4"
	# not on a machine without IPv6
	in_server ip address del $SERVER6/64 dev to_client
	run --separate-stderr -0 in_server portsieve check "$only4"
	equal "" "$stderr"
}

@test "if the kernel cannot list listeners, check still gives the other warnings" {
	run --separate-stderr -0 in_server strace -qq -o /dev/null -e trace=sendto \
		-e inject=sendto:error=ENOENT:when=1+ portsieve check "$DROP"
	equal 1 "$(wc -l <<<"$stderr")"
	[[ $stderr == "$DROP: warning: 'return: none' drops the replies"* ]]
}
