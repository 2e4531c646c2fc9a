# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What each kernel says of its sockets: addresses and families, SCTP, cgroups. tests/e2e/learn.bats has the other tests.
source /portsieve/tests/kernels/guest/lab.bash

# learned FILTER: jq's answer about the rules that are learned now.
learned() {
	in_server portsieve learn -j | jq -rc "[.rules[] | $1]"
}

families() {
	serve_echo server tcp 22
	serve_echo server udp 53
	start server ncat -4 --listen --keep-open $SERVER4 8080
	start server ncat -6 --listen --keep-open ::1 631
	start server ncat --listen --keep-open 5432 # both families
	within 10 is_listening server tcp 8080
	within 10 is_listening server tcp 631
	within 10 is_listening server tcp 5432
	equal '["ssh: tcp/22","domain: udp/53","postgresql: tcp/5432","http-alt: tcp/8080"]' "$(learned '"\(.name): \(.ports)"')"
	equal '[["ipv4","ipv6"],["ipv4","ipv6"],["ipv4","ipv6"],["ipv4"]]' "$(learned '[.listeners[].families[]] | unique')"
	equal '[[null],[null],[null],["192.0.2.2"]]' "$(learned '[.listeners[].address] | unique')"
	equal 631 "$(in_server portsieve learn -j | jq '.loopback[].port')"
	equal '[["ncat"],["ncat"],["ncat"],["ncat"]]' "$(learned '[.listeners[].process] | unique')"
	in_server portsieve learn >/tmp/learned.yaml
	portsieve check /tmp/learned.yaml
}

sctp() {
	start server ncat --sctp -4 --listen --keep-open 22
	start server ncat --sctp -4 --listen --keep-open 127.0.0.1 23
	within 10 in_server grep -q ' 22 ' /proc/net/sctp/eps
	within 10 in_server grep -q ' 23 ' /proc/net/sctp/eps
	equal '["sctp/22"]' "$(learned .ports)"
	equal 23 "$(in_server portsieve learn -j | jq '.loopback[].port')"
}

units() {
	mkdir -p /tmp/cgroup
	mountpoint -q /tmp/cgroup || mount -t cgroup2 none /tmp/cgroup
	mkdir -p /tmp/cgroup/system.slice/web.service
	start server bash -c 'echo $$ >/tmp/cgroup/system.slice/web.service/cgroup.procs; exec ncat -4 --listen --keep-open 80'
	within 10 is_listening server tcp 80
	equal '["web.service"]' "$(learned '.listeners[].unit')"
}

drift() {
	serve_echo server tcp 3306
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop, rules: [{name: web, action: allow, ports: tcp/80}]}')"
	equal '{"listeners_known":true,"denied":[3306],"unused":["tcp/80"],"idle":["web"]}' "$(in_server portsieve status -j | jq -c '.devices[0].drift |
		{listeners_known, denied: [.denied_listeners[].port] | unique, unused: [.unused_ports[].ports], idle: .idle_rules}')"
}

it 'learn knows protocols, families, addresses and processes' families
if [ -e /proc/net/sctp/eps ]; then
	it 'learn knows SCTP' sctp
else
	it_cannot 'learn knows SCTP' 'this kernel has no SCTP'
fi
it 'learn knows the unit by the cgroup' units
it 'status shows drift' drift

finish
