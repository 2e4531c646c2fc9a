#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# The caller's own ssh session: policies that would cut it are refused without --force. Here the session is what
# SSH_CONNECTION says; test_ssh_session.c tests how it is parsed.
bats_require_minimum_version 1.5.0
load ../lib/lab

SESSION4="$CLIENT4 40000 $SERVER4 22"
SESSION6="$CLIENT6 40000 $SERVER6 22"

setup() {
	lab_up
	GOOD=$(policy 'version: 1
return: none
default: drop
rules:
- {name: ssh, action: allow, ports: tcp/22}')
	CUTS=$(policy 'version: 1
return: none
default: allow
rules:
- {name: web, action: allow, ports: tcp/80}
- {name: old, action: drop, ports: tcp/1-79}')
	SHUT=$(policy '{version: 1, default: drop, return: none}')
}

teardown() {
	lab_down
}

# over SESSION COMMAND...: in the server's namespace, as if over that ssh session.
over() {
	SSH_CONNECTION=$1 in_server "${@:2}"
}

loaded() {
	in_server portsieve status -j 2>/dev/null | jq -r '[.devices[].device] | join(" ")'
}

@test "load refuses a policy that would cut the session, names the rule, and loads nothing" {
	refused 1 "$CUTS:6: rule 'old' would cut your own ssh session (from $CLIENT4 port 40000 to port 22, by to_client)" \
		over "$SESSION4" portsieve load to_client -p "$CUTS"
	[[ $stderr == *"or give --force" ]]
	refused 1 "the default, drop, would cut your own ssh session" over "$SESSION4" portsieve load to_client -p "$SHUT"
	refused 1 "the default, drop, would cut your own ssh session (from $CLIENT6 port" \
		over "$SESSION6" portsieve load to_client -p "$SHUT"
	# with each of several devices
	refused 1 "by to_client" over "$SESSION4" portsieve load lo to_client --mode auto -p "$SHUT"
	equal "" "$(pins)"
}

@test "load succeeds with --force, with a harmless policy, and in monitor mode" {
	over "$SESSION4" portsieve load to_client -p "$CUTS" --force
	in_server portsieve unload to_client
	over "$SESSION4" portsieve load to_client -p "$GOOD"
	in_server portsieve unload to_client
	over "$SESSION6" portsieve load to_client -p "$(policy '{version: 1, mode: monitor, default: drop}')"
	in_server portsieve unload to_client
	over "$SESSION4" portsieve load to_client
}

@test "apply refuses it too, with and without --confirm, and the policy stays" {
	in_server portsieve load to_client -p "$GOOD"
	local before
	before=$(status_but_counts)
	refused 1 "$CUTS:6: rule 'old' would cut" over "$SESSION4" portsieve apply "$CUTS"
	refused 1 "rule 'old' would cut" over "$SESSION4" portsieve apply "$CUTS" --confirm 60
	refused 1 "rule 'old' would cut" over "::ffff:$CLIENT4 40000 ::ffff:$SERVER4 22" portsieve apply "$CUTS"
	equal "$before" "$(status_but_counts)"
	over "$SESSION4" portsieve apply "$CUTS" --force
	in_server portsieve show | grep -q old
}

@test "the address counts: a rule for another source does not keep the session" {
	in_server portsieve load to_client -p "$GOOD"
	refused 1 "the default, drop, would cut" over "$SESSION4" portsieve apply "$(policy 'version: 1
return: none
default: drop
rules: [{name: ssh, action: allow, ports: tcp/22, from: [203.0.113.0/24, "2001:db8::/32"]}]')"
	over "$SESSION6" portsieve apply "$(policy 'version: 1
return: none
default: drop
rules: [{name: ssh, action: allow, ports: tcp/22, from: [203.0.113.0/24, "2001:db8::/32"]}]')"
}

@test "runtime changes that would cut it are refused: drop, and delete of the rule that allows it" {
	in_server portsieve load to_client -p "$SHUT"
	over "$SESSION4" portsieve allow tcp/22
	refused 1 "rule 'drop-tcp-22' would cut your own ssh session" over "$SESSION4" portsieve drop tcp/22
	refused 1 "the default, drop, would cut" over "$SESSION4" portsieve delete allow-tcp-22
	equal allow-tcp-22 "$(in_server portsieve show -j | jq -r '.runtime[].name')"
	# other changes are made
	over "$SESSION4" portsieve drop tcp/22 --from 203.0.113.0/24
	over "$SESSION4" portsieve drop tcp/40000
	over "$SESSION4" portsieve delete allow-tcp-22 --force
	# so is a change while the session is already cut
	over "$SESSION4" portsieve drop tcp/23
}

@test "a runtime rule that stays may keep the session under the new file, or cut it" {
	in_server portsieve load to_client -p "$GOOD"
	in_server portsieve allow tcp/22
	over "$SESSION4" portsieve apply "$SHUT"
	in_server portsieve delete allow-tcp-22
	in_server portsieve drop tcp/22
	refused 1 "rule 'drop-tcp-22' would cut" over "$SESSION4" portsieve apply "$GOOD"
	[[ $stderr == *"; first delete that rule: portsieve delete drop-tcp-22, or give --force" ]]
	in_server portsieve delete drop-tcp-22 # the command that the message gives is right
	over "$SESSION4" portsieve apply "$GOOD"
	# a rule that is not there yet cannot be deleted
	refused 1 "rule 'b' would cut your own ssh session" over "$SESSION4" portsieve drop tcp/22 --name b
	[[ $stderr == *"; limit it to other addresses (--from), or give --force" ]]
}

@test "a policy that keeps the session only until a rule ends is refused too" {
	in_server portsieve load to_client
	in_server portsieve allow tcp/22 --for 1h
	refused 1 "the default, drop, would cut your own ssh session (from $CLIENT4 port 40000 to port 22, by to_client) when the rule 'allow-tcp-22' ends" \
		over "$SESSION4" portsieve apply "$SHUT"
	over "$SESSION4" portsieve apply "$SHUT" --force
	# now the session ends in any case, so other changes are allowed
	over "$SESSION4" portsieve drop tcp/23
	over "$SESSION4" portsieve delete drop-tcp-23
	refused 1 "would cut" over "$SESSION4" portsieve delete allow-tcp-22
	# the permanent rule cannot be deleted while only an expiring one is left
	over "$SESSION4" portsieve apply "$GOOD"
	refused 1 "when the rule 'allow-tcp-22' ends" over "$SESSION4" portsieve apply "$SHUT"
	equal "ssh" "$(in_server portsieve show | grep -o 'name: ssh' | cut -d' ' -f2)"
}

@test "an abbreviated --force is not accepted" {
	refused 2 "load: unknown option '--for' (see: portsieve load --help)" \
		over "$SESSION4" portsieve load to_client -p "$SHUT" --for 1h
	equal "" "$(pins)"
}

@test "a session over another device does not matter" {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	lab_address server to_lan 198.51.100.2/24
	over "198.51.100.1 40000 198.51.100.2 22" portsieve load to_client -p "$SHUT"
	refused 1 "by to_lan" over "198.51.100.1 40000 198.51.100.2 22" portsieve load to_lan -p "$SHUT"
	equal to_client "$(loaded)"
	# apply to all is refused as a whole
	over "198.51.100.1 40000 198.51.100.2 22" portsieve load to_lan
	refused 1 "by to_lan" over "198.51.100.1 40000 198.51.100.2 22" portsieve apply "$CUTS"
	equal 0 "$(in_server portsieve show to_client | grep -c old)"
	over "198.51.100.1 40000 198.51.100.2 22" portsieve apply "$CUTS" --dev to_client
}

@test "the route decides if the server's address is on another device" {
	in_server ip address add 203.0.113.9/32 dev lo
	refused 1 "by to_client" over "$CLIENT4 40000 203.0.113.9 22" portsieve load to_client -p "$SHUT"
}

@test "an address with a label such as eth0:1 belongs to its device" {
	in_server ip address add 203.0.113.9/24 dev to_client label to_client:1
	refused 1 "by to_client" over "203.0.113.1 40000 203.0.113.9 22" portsieve load to_client -p "$SHUT"
}

@test "a session of the host with itself arrives on lo, whichever device has the address" {
	local shut="portsieve load --mode generic -p $SHUT" address session
	lab_address server to_client fe80::77/64
	for address in $SERVER4 $SERVER6 fe80::77%to_client 127.0.0.1 127.0.0.2 ::1; do
		session="$address 40000 $address 22"
		refused 1 "the default, drop, would cut your own ssh session (from ${address%%%*} port 40000 to port 22, by lo)" \
			over "$session" $shut lo
		over "$session" $shut to_client
		in_server portsieve unload to_client
	done
}

@test "a session of a bridge arrives on the bridge's ports" {
	in_server ip link add bridge0 type bridge
	in_server ip link set bridge0 up
	in_server ip address flush dev to_client
	in_server ip link set to_client master bridge0
	lab_address server bridge0 $SERVER4/24
	refused 1 "by to_client" over "$SESSION4" portsieve load to_client -p "$SHUT"
	in_server ip link set to_client nomaster
	over "$SESSION4" portsieve load to_client -p "$SHUT"
}

@test "a session of a macvlan arrives on the device below it, not on that one's peer" {
	lab_veth server below0 server peer0
	in_server ip link add link below0 upper0 type macvlan
	in_server ip link set upper0 up
	lab_address server upper0 198.51.100.2/24
	local session="198.51.100.1 40000 198.51.100.2 22"
	refused 1 "by below0" over "$session" portsieve load below0 -p "$SHUT"
	refused 1 "by upper0" over "$session" portsieve load upper0 --mode generic -p "$SHUT"
	over "$session" portsieve load peer0 -p "$SHUT"
}

@test "the device below a macvlan may be in another namespace, with an index used in this one" {
	in_client ip link add link to_server upper0 netns server type macvlan
	in_server ip link set upper0 up
	lab_address server upper0 198.51.100.2/24
	equal "$(in_client ip -j link show to_server | jq '.[0].ifindex')" \
		"$(in_server ip -j link show to_client | jq '.[0].ifindex')"
	over "198.51.100.1 40000 198.51.100.2 22" portsieve load to_client -p "$SHUT"
}

@test "devices that change while they are read are read again" {
	local number
	for number in {1..20}; do # more than one reply holds
		lab_veth server "left$number" server "right$number"
	done
	{ sleep 0.5 && in_server ip link add late0 type bridge; } 3>&- &
	refused 1 "by to_client" over "$SESSION4" strace -qq -o /dev/null -e trace=recvfrom \
		-e inject=recvfrom:delay_enter=1500000:when=2 portsieve load to_client -p "$SHUT"
}

@test "a device is found by its alternative name too" {
	in_server ip link property add dev to_client altname outside
	refused 1 "by outside" over "$SESSION4" portsieve load outside -p "$SHUT"
}

@test "if the session's device cannot be found, a warning says so and nothing is refused" {
	local shut
	shut=$(policy '{version: 1, default: drop, return: established}')
	run --separate-stderr -0 over "fe80::1%gone 40000 fe80::2%gone 22" portsieve load to_client -q -p "$shut"
	equal "portsieve: warning: cannot determine whether your ssh session arrives on to_client (No such device); not checking whether the policy cuts it there" \
		"$stderr"
	# the queries: the devices, the route, the addresses (getifaddrs lists the devices first)
	local question
	for question in 1 2 3 4; do
		in_server portsieve unload to_client
		run --separate-stderr -0 over "198.51.100.1 40000 198.51.100.2 22" strace -qq -o /dev/null -e trace=sendto \
			-e "inject=sendto:error=ENOBUFS:when=$question" portsieve load to_client -q -p "$shut"
		[[ $stderr == "portsieve: warning: cannot determine whether your ssh session arrives on to_client (No buffer space"* ]]
	done
}

@test "under sudo the variable is read from the calling shell" {
	in_server portsieve load to_client -p "$GOOD"
	SSH_CONNECTION=$SESSION4 run --separate-stderr -1 in_server bash -c \
		'env -u SSH_CONNECTION bash -c "portsieve apply \"\$0\"; exit \$?" "$0"; exit $?' "$CUTS"
	[[ $stderr == *"rule 'old' would cut"* ]]
}

@test "an invalid session gets a warning, and nothing is refused" {
	run --separate-stderr -0 over "nonsense" portsieve load to_client -p "$SHUT"
	[[ $stderr == "portsieve: warning: cannot parse SSH_CONNECTION"* ]]
	over "" portsieve apply "$SHUT"
}

# keeps: a policy under which the session goes on as return traffic, and the next login fails
KEEPS='{version: 1, default: drop, return: socket}'

@test "return traffic does not count: the session would go on, but no new login would pass" {
	local keeps words="the default, drop, would drop new ssh logins like yours and keep only open sessions"
	keeps=$(policy "$KEEPS")
	refused 1 "$words" over "$SESSION4" portsieve load to_client -p "$keeps"
	over "$SESSION4" portsieve load to_client -p "$GOOD"
	refused 1 "$words" over "$SESSION4" portsieve apply "$keeps"
	refused 1 "$words" over "$SESSION4" portsieve apply "$keeps" --confirm 60
	over "$SESSION4" portsieve apply "$keeps" --force
}

@test "apply --confirm and confirm say whether a new login passes" {
	local login="portsieve: to_client: a new ssh login from $CLIENT4 to port 22"
	in_server portsieve load to_client
	GOOD=$(policy '{version: 1, default: drop, return: socket, rules: [{name: ssh, action: allow, ports: tcp/22}]}')
	run --separate-stderr -0 over "$SESSION4" portsieve apply "$GOOD" --confirm 60
	equal "portsieve: to_client: applied (native, link): policy $GOOD, default drop, return socket; rolled back in 1m unless confirmed with: portsieve confirm
$login passes" "$stderr"
	run --separate-stderr -0 over "$SESSION4" portsieve confirm
	equal "portsieve: to_client: confirmed (native, link): the policy stays in force
$login passes" "$stderr"
	# not over another device, and not without a session
	run --separate-stderr -0 over "::1 40000 ::1 22" portsieve apply "$GOOD" --confirm 60
	[[ $stderr != *"new ssh login"* ]]
	run --separate-stderr -0 over "" portsieve confirm
	[[ $stderr != *"new ssh login"* ]]
}

@test "confirm refuses a policy under which no new login passes, without --force" {
	local keeps before
	keeps=$(policy "$KEEPS")
	in_server portsieve load to_client -p "$GOOD"
	run --separate-stderr -0 over "$SESSION4" portsieve apply "$keeps" --confirm 60 --force
	[[ $stderr == *"a new ssh login from $CLIENT4 to port 22 would be dropped" ]]
	before=$(in_server portsieve show | tail -n +2)
	refused 1 "the default, drop, would drop new ssh logins like yours and keep only open sessions" \
		over "$SESSION4" portsieve confirm
	equal "$before" "$(in_server portsieve show | tail -n +2)"
	in_server portsieve show | grep -q unconfirmed
	# rollback works, and so does --force
	over "$SESSION4" portsieve rollback
	over "$SESSION4" portsieve apply "$keeps" --confirm 60 --force
	run --separate-stderr -0 over "$SESSION4" portsieve confirm --force
	[[ $stderr == *"a new ssh login from $CLIENT4 to port 22 would be dropped" ]]
	in_server portsieve show | grep -q "return: socket"
}

@test "confirm warns if a login passes only by a runtime rule with an end" {
	in_server portsieve load to_client -p "$GOOD"
	in_server portsieve allow tcp/22 --for 1h
	over "$SESSION4" portsieve apply "$SHUT" --confirm 60 --force
	refused 1 "when the rule 'allow-tcp-22' ends" over "$SESSION4" portsieve confirm
	says 0 "passes, but only until a runtime rule ends" over "$SESSION4" portsieve confirm --force
}
