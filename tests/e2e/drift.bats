#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `status` says when the policy and what listens or arrives have drifted apart.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
}

teardown() {
	lab_down
}

# drift FILTER: jq's answer about the first device's drift.
drift() {
	in_server portsieve status -j | jq -c ".devices[0].drift | $1"
}

@test "status says nothing without drift" {
	serve_web server 8080
	in_server portsieve load to_client -p "$(policy 'version: 1
default: drop
rules: [{name: web, action: allow, ports: tcp/8080}]')"
	fetch client $SERVER4 8080
	equal '{"listeners_known":true,"denied_listeners":[],"reachable_sockets":[],"unused_ports":[],"idle_rules":[]}' "$(drift .)"
	equal "DEVICE
to_client

to_client:" "$(in_server portsieve status | cut -d' ' -f1)"
}

@test "status shows denied listeners with their process, unused ports and idle rules" {
	serve_web server 8080
	listen server --name mysqld tcp,0.0.0.0,3306 tcp,::,3306,v6only
	listen server --name dnsd udp,192.0.2.2,53
	listen server --name local tcp,127.0.0.1,631
	listen server --name client udp,0.0.0.0,40000
	in_server portsieve load to_client -p "$(policy 'version: 1
default: drop
rules:
- {name: no-dns, action: drop, ports: udp/53}
- {name: web, action: allow, ports: "tcp/443,8080"}
- {name: local, action: allow, ports: tcp/631}
- {name: games, action: allow, ports: udp/27000-27100}')"
	fetch client $SERVER4 8080
	run -0 in_server portsieve status
	[[ $output == *"

to_client: these listen, but their packets are dropped:
  tcp/3306   mysqld ("*"), by the default
  udp/53     dnsd ("*"), by rule 'no-dns'
to_client: these UDP sockets can be reached, as replies to clients can; \`replies: drop\` closes them:
  udp/40000  client ("*")
to_client: nothing listens on allowed ports: web (tcp/443), local (tcp/631)
to_client: no packet so far for rules: no-dns, local, games" ]]
	equal '["mysqld 3306 null","mysqld 3306 null","dnsd 53 no-dns"]' \
		"$(drift '[.denied_listeners[] | "\(.process) \(.port) \(.rule)"]')"
	equal '["client 40000"]' "$(drift '[.reachable_sockets[] | "\(.process) \(.port)"]')"
	equal '[{"rule":"web","ports":"tcp/443"},{"rule":"local","ports":"tcp/631"}]' "$(drift .unused_ports)"
	equal '["no-dns","local","games"]' "$(drift .idle_rules)"
	# a runtime rule, and a listener that has ended, remove it
	in_server portsieve allow tcp/3306
	equal '[53]' "$(drift '[.denied_listeners[].port]')"
}

@test "listeners that a monitored rule would drop are listed separately" {
	listen server --name mysqld tcp,0.0.0.0,3306
	listen server --name dnsd udp,192.0.2.2,53
	in_server portsieve load to_client -p "$(policy 'version: 1
rules:
- {name: sql, action: drop, ports: tcp/3306, mode: monitor}
- {name: no-dns, action: drop, ports: udp/53}')"
	run -0 in_server portsieve status
	[[ $output == *"to_client: these listen, but their packets are dropped:
  udp/53     dnsd ("*"), by rule 'no-dns'
to_client: these listen, but their packets would be dropped:
  tcp/3306   mysqld ("*"), by rule 'sql'
to_client: no packet"* ]]
	equal '["mysqld true","dnsd false"]' "$(drift '[.denied_listeners[] | "\(.process) \(.monitor)"]')"
}

@test "a listener allowed to some sources only is not denied" {
	listen server --name mysqld tcp,0.0.0.0,3306
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop}')"
	equal '[3306]' "$(drift '[.denied_listeners[].port]')"
	in_server portsieve allow tcp/3306 --from 10.0.0.0/8 --for 1
	equal '[]' "$(drift .denied_listeners)"
	wait_for_end allow-tcp-3306-10.0.0.0-8
	equal '[3306]' "$(drift '[.denied_listeners[].port]')"
}

@test "if the kernel cannot list sockets, status says so and prints the rest" {
	in_server portsieve load to_client -p "$(policy 'version: 1
default: drop
rules: [{name: web, action: allow, ports: tcp/80}]')"
	# the first two requests are about devices
	run --separate-stderr -0 in_server strace -qq -o /dev/null -e trace=sendto \
		-e inject=sendto:error=ENOENT:when=3+ portsieve status -j
	[[ $stderr == "portsieve: warning: not comparing the policy with what listens: this kernel cannot list"* ]]
	equal '{"listeners_known":false,"denied_listeners":[],"reachable_sockets":[],"unused_ports":[],"idle_rules":["web"]}' \
		"$(jq -c '.devices[0].drift' <<<"$output")"
}

@test "status is fast with 15,000 sockets and an idle policy of 16,000 rules" {
	local file=$BATS_TEST_TMPDIR/large.yaml start
	{
		printf 'version: 1\ndefault: drop\nrules:\n'
		awk 'BEGIN { for (port = 1; port <= 16000; port++) print "- {name: r" port ", action: allow, ports: tcp/" port "}" }'
	} >"$file"
	listen server --name many $(seq -f 'udp,0.0.0.0,%.0f' 10001 25000)
	in_server portsieve load to_client -p "$file"
	equal 15000 "$(in_server ss -Hanu | wc -l)"
	start=${EPOCHREALTIME/./}
	in_server portsieve status >/dev/null
	echo "$((${EPOCHREALTIME/./} - start)) microseconds"
	((${EPOCHREALTIME/./} - start < 1000000))
}
