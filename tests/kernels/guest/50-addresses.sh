# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Rules with addresses and with an end, unconfirmed policies, and the upgrade of the program.
source /portsieve/tests/kernels/guest/lab.bash

FROM='version: 1
default: drop
rules:
  - {name: here4, action: allow, ports: udp/1004, from: 192.0.2.0/28}
  - {name: elsewhere4, action: allow, ports: udp/1005, from: 192.0.2.16/28}
  - {name: here6, action: allow, ports: udp/1006, from: "2001:db8::/120", to: [10.0.0.1, "2001:db8::2"]}
  - {name: elsewhere6, action: allow, ports: udp/1007, from: "2001:db8::/120", to: "2001:db8::3"}'

from_and_to_decide() {
	in_server portsieve load to_client -p "$(policy "$FROM")"
	datagrams 3 1004
	datagrams 4 1005
	datagrams 5 1006 $SERVER6
	datagrams 6 1007 $SERVER6
	datagrams 7 1006
	in_server received to_client
	equal "3 0" "$(row here4)"
	equal "0 0" "$(row elsewhere4)"
	equal "5 0" "$(row here6)"
	equal "0 0" "$(row elsewhere6)"
	equal "0 17" "$(row _system udp)"
	sum_matches
}
it 'from and to decide, over IPv4 and IPv6' from_and_to_decide

many_prefixes() {
	{
		printf 'version: 1\nrules:\n  - {name: block, action: drop, ports: udp/all, from: [192.0.2.1'
		seq 0 99999 | awk '{ printf ", 10.%d.%d.%d", $1 / 65536, $1 / 256 % 256, $1 % 256 }'
		printf ']}\n'
	} >/tmp/many.yaml
	in_server portsieve load to_client
	in_server portsieve apply /tmp/many.yaml
	datagrams 5 1004
	in_server received to_client
	equal "0 5" "$(row block)"
	in_server portsieve apply "$(policy "$FROM")"
	datagrams 2 1004
	in_server received to_client
	equal "2 0" "$(row here4)"
	sum_matches
}
it 'a block list of 100,000 prefixes is applied and removed' many_prefixes

a_runtime_rule_ends() {
	in_server portsieve load to_client -p "$(policy "$FROM")"
	serve_echo server udp 2000
	in_server portsieve allow udp/2000 --from $CLIENT4 --for 5s
	within 10 echoes client udp $SERVER4 2000
	within 60 not echoes client udp $SERVER4 2000
}
it 'a runtime rule ends by itself' a_runtime_rule_ends

falls_back() {
	in_server portsieve load to_client -p "$(policy "$FROM")"
	serve_echo server udp 2000
	in_server portsieve apply "$(policy '{version: 1, default: allow}')" --confirm 10
	echoes client udp $SERVER4 2000
	within 60 not echoes client udp $SERVER4 2000
	in_server portsieve show | grep -q elsewhere4
	sum_matches
	in_server portsieve apply "$(policy '{version: 1, default: allow}')" --confirm 600
	in_server portsieve confirm
	echoes client udp $SERVER4 2000
	sum_matches
}
it 'an unconfirmed policy is rolled back, a confirmed one stays' falls_back

upgrades() {
	in_server portsieve load to_client -p "$(policy "$FROM")"
	datagrams 3 1004
	in_server received to_client
	local before
	before=$(xdp_of server to_client)
	in_server portsieve upgrade to_client
	not equal "$before" "$(xdp_of server to_client)"
	datagrams 4 1004
	in_server received to_client
	equal "7 0" "$(row here4)"
	sum_matches
	in_server portsieve unload to_client
	equal "" "$(pins)"
}
it 'upgrade keeps the counters, and unload leaves nothing' upgrades

finish
