# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Each kernel's SOCK_DESTROY, of sockets of both families and of IPv4 on a socket of IPv6. tests/e2e/cut.bats has the other
# tests of --cut.
source /portsieve/tests/kernels/guest/lab.bash

RULES='version: 1
default: drop
rules: [{name: echo, action: allow, ports: tcp/PORT}]'

connections() {
	in_server ss -Htn state established '( sport = :7001 or sport = :7002 )' | wc -l
}

has_connections() {
	[ "$(connections)" = "$1" ]
}

# talk HOST PORT: a connection that says nothing and stays.
talk() {
	start client bash -c "exec 9<>/dev/tcp/$1/$2 && sleep 60"
}

cuts() {
	local said
	serve_echo server tcp 7001
	start server ncat --listen --keep-open --exec /bin/cat 7002 # both families
	within 10 is_listening server tcp 7002
	in_server portsieve load to_client -p "$(policy "${RULES/PORT/7001-7002}")"
	talk $SERVER4 7001
	talk $SERVER6 7001
	talk $SERVER4 7002
	within 10 has_connections 3
	in_server portsieve apply "$(policy "${RULES/PORT/7001}")" --cut
	equal 2 "$(connections)"
	said=$(in_server portsieve apply "$(policy "${RULES/PORT/1}")" --cut -j)
	equal 2 "$(jq '.devices[].cut_connections' <<<"$said")"
	equal 0 "$(connections)"
}

it 'apply --cut ends inbound connections over IPv4, IPv6 and mapped addresses' cuts
finish
