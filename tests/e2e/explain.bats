#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `explain`: the verdict on one packet and the reason, by a policy file and by a loaded policy, which stays unchanged.
bats_require_minimum_version 1.5.0
load ../lib/lab

SEEDS=$LAB_ROOT/tests/fuzz/seeds/parser # a frame for each row of docs/packets.md, by the row's name

setup() {
	lab_check_isolated || return 1
	POLICY=$(policy 'version: 1
default: drop
portless: {shim6: drop}
rules:
  - {name: web, action: allow, ports: tcp/80,443 udp/443}
  - name: games
    action: drop
    ports: udp/27000-27100
return: none')
}

teardown() {
	lab_down
}

explain() {
	portsieve explain "$@" --policy "$POLICY"
}

# says WORDS TEXT...: the output for the packet is exactly this.
says() {
	local packet=$1
	shift
	equal "$(printf '%s\n' "$@")" "$(explain "$packet")"
}

# seed ROW: the packet of a row, as explain takes it.
seed() {
	echo "hex $(od -An -tx1 -v "$SEEDS/$1" | tr -d '\n')"
}

@test "a rule that allows: its name, its line, the range, the service" {
	says 'tcp 192.0.2.7:40000 > 198.51.100.1:443 S' \
		"pass: rule 'web' is the first that matches tcp port 443" \
		"  rule     web, allow" \
		"  line     $POLICY:5" \
		"  range    tcp 443" \
		"  service  https (IANA)"
}

@test "a rule that drops, after a VLAN tag, over IPv6" {
	says 'udp [2001:db8::7]:40000 > [2001:db8::1]:27100 vlan 12 vlan 13' \
		"drop: rule 'games' is the first that matches udp port 27100" \
		"  rule     games, drop" \
		"  line     $POLICY:6" \
		"  range    udp 27000-27100"
}

@test "the default, for each of its ranges" {
	says 'tcp 192.0.2.7:40000 > 198.51.100.1:81' \
		"drop: no rule matches tcp port 81, and the default is drop" \
		"  counted  _system" \
		"  range    tcp 1-1023"
	says 'sctp 192.0.2.7:1 > 198.51.100.1:8080' \
		"drop: no rule matches sctp port 8080, and the default is drop" \
		"  counted  _user" \
		"  range    sctp 1024-49151"
	says 'dccp 192.0.2.7:1 > 198.51.100.1:65535' \
		"drop: no rule matches dccp port 65535, and the default is drop" \
		"  counted  _dynamic" \
		"  range    dccp 49152-65535"
	says 'udplite 192.0.2.7:1 > 198.51.100.1:0' \
		"drop: no rule matches udp port 0, and the default is drop" \
		"  counted  _port0" \
		"  range    udp 0"
	POLICY=$(policy 'version: 1')
	says 'tcp 192.0.2.7:40000 > 198.51.100.1:80' \
		"pass: no rule matches tcp port 80, and the default is allow" \
		"  counted  _system" \
		"  range    tcp 1-1023" \
		"  service  http (IANA)"
}

@test "ping and DHCP replies pass, timestamp requests and invalid flags do not" {
	run -0 explain 'icmp 192.0.2.7 > 198.51.100.1'
	[[ $output == "pass: icmp: "* ]]
	run -0 explain 'icmp 192.0.2.7 > 198.51.100.1 type 13'
	[[ $output == "drop: icmp: "* ]]
	run -0 explain 'icmpv6 2001:db8::7 > 2001:db8::1 type 135'
	[[ $output == "pass: icmpv6: "* ]]
	run -0 explain 'udp 192.0.2.7:67 > 198.51.100.1:68'
	[[ $output == "pass: dhcp-client: "* ]]
	run -0 explain 'tcp 192.0.2.7:1 > 198.51.100.1:23 SF'
	[[ $output == "drop: bad-flags: "* ]]
	run -0 explain 'tcp 192.0.2.7:1 > 198.51.100.1:80 SF'
	[[ $output == "pass: rule 'web' "* ]]
	run -0 explain 'tcp 192.0.2.7:1 > 198.51.100.1:80 vlan 1 vlan 2 vlan 3'
	[[ $output == "drop: vlan-depth: "* ]]
	run -0 explain '47 192.0.2.7 > 198.51.100.1'
	[[ $output == "pass: other-protocol: "* ]]
}

@test "for ICMP the knob that decides the type is named, or that it always passes" {
	says 'icmp 192.0.2.7 > 198.51.100.1' "pass: icmp: ICMP type 8; knob \`icmp_echo\`" "  counted  icmp"
	says 'icmp 192.0.2.7 > 198.51.100.1 type 13' "drop: icmp: ICMP type 13; knob \`icmp_other\`" "  counted  icmp"
	says 'icmp 192.0.2.7 > 198.51.100.1 type 3 vlan 5' "pass: icmp: ICMP type 3, which always passes" "  counted  icmp"
	says 'icmpv6 2001:db8::7 > 2001:db8::1' "pass: icmpv6: ICMPv6 type 128; knob \`icmpv6_echo\`" "  counted  icmpv6"
	says 'icmpv6 2001:db8::7 > 2001:db8::1 type 135' "pass: icmpv6: ICMPv6 type 135, which always passes" \
		"  counted  icmpv6"
	says 'icmpv6 2001:db8::7 > 2001:db8::1 type 144' "drop: icmpv6: ICMPv6 type 144; knob \`icmpv6_mobility\`" \
		"  counted  icmpv6"
	says "$(seed C8)" "pass: igmp: IGMP, which always passes" "  counted  igmp"
}

@test "for IPv6 extension headers the first knob that drops is named" {
	local packet ethernet="hex 020000000001 020000000002 86dd" addresses="20010db8000000000000000000000007 20010db8000000000000000000000001"
	POLICY=$(policy '{version: 1, portless: {hop_by_hop: drop, hip: drop}}')
	# hop-by-hop, HIP, no next header
	packet="$ethernet 60000000 0010 00 40 $addresses 8b00 0104 00000000 3b00 0000 00000000"
	says "$packet" "drop: ext-header: an IPv6 extension header; knob \`hop_by_hop\`" "  counted  ext-header"
	equal hop_by_hop "$(explain "$packet" -j | jq -r .knob)"
	# a routing header of type 0
	says "$ethernet 60000000 0008 2b 40 $addresses 3b00 0000 00000000" \
		"drop: routing-header: an IPv6 routing header; knob \`routing_type_0\`" "  counted  routing-header"
}

# first PACKET: the first line of the output.
first() {
	explain "$1" | head -n 1
}

@test "if rules for the port have addresses, they are named, with the rule that has others" {
	POLICY=$(policy 'version: 1
default: drop
rules:
  - {name: ssh, action: allow, ports: tcp/22, from: [10.0.0.0/8]}
  - {name: web, action: allow, ports: tcp/80, to: [198.51.100.2]}
  - {name: dns, action: allow, ports: udp/53, from: [10.0.0.0/8], to: [198.51.100.2]}
  - {name: v6, action: allow, ports: tcp/22, from: ["2001:db8::/32"]}
  - {name: ban, action: drop, ports: tcp/443, from: [203.0.113.0/24]}
  - {name: https, action: allow, ports: tcp/443}
  - {name: smtp, action: allow, ports: tcp/25}')
	equal "pass: rule 'ssh' is the first that matches tcp port 22 from 10.0.0.1" \
		"$(first 'tcp 10.0.0.1:1 > 198.51.100.1:22')"
	equal "drop: no rule matches tcp port 22 from 192.0.2.7 to 198.51.100.1 ('ssh', line 4, and 1 more have other addresses), and the default is drop" \
		"$(first 'tcp 192.0.2.7:1 > 198.51.100.1:22')"
	equal "pass: rule 'v6' is the first that matches tcp port 22 from 2001:db8::7 ('ssh', line 4, has other addresses)" \
		"$(first 'tcp [2001:db8::7]:1 > [2001:db8::1]:22 vlan 3')"
	equal "pass: rule 'web' is the first that matches tcp port 80 to 198.51.100.2" \
		"$(first 'tcp 192.0.2.7:1 > 198.51.100.2:80')"
	equal "drop: no rule matches tcp port 80 from 192.0.2.7 to 198.51.100.1 ('web', line 5, has other addresses), and the default is drop" \
		"$(first 'tcp 192.0.2.7:1 > 198.51.100.1:80')"
	equal "pass: rule 'dns' is the first that matches udp port 53 from 10.0.0.1 to 198.51.100.2" \
		"$(first 'udp 10.0.0.1:1 > 198.51.100.2:53')"
	equal "drop: rule 'ban' is the first that matches tcp port 443 from 203.0.113.9" \
		"$(first 'tcp 203.0.113.9:1 > 198.51.100.1:443')"
	equal "pass: rule 'https' is the first that matches tcp port 443 from 192.0.2.7 ('ban', line 8, has other addresses)" \
		"$(first 'tcp 192.0.2.7:1 > 198.51.100.1:443')"
	# rules for other ports and transports do not matter
	equal "drop: no rule matches udp port 22, and the default is drop" "$(first 'udp 10.0.0.1:1 > 198.51.100.1:22')"
	equal "drop: no rule matches tcp port 23, and the default is drop" "$(first 'tcp 10.0.0.1:1 > 198.51.100.1:23')"
	equal "pass: rule 'smtp' is the first that matches tcp port 25" "$(first 'tcp 10.0.0.1:1 > 198.51.100.1:25')"
}

@test "only_from: the allow rule drops packets from other sources; its description is shown" {
	POLICY=$(policy 'version: 1
rules:
  - {name: ssh, action: allow, ports: tcp/22, only_from: 10.0.0.0/8, description: "staff, by VPN"}')
	says 'tcp 10.0.0.1:1 > 198.51.100.1:22' \
		"pass: rule 'ssh' is the first that matches tcp port 22 from 10.0.0.1" \
		"  rule     ssh, allow" \
		"  about    staff, by VPN" \
		"  line     $POLICY:3" \
		"  range    tcp 22" \
		"  service  ssh (IANA)"
	says 'tcp 11.0.0.1:1 > 198.51.100.1:22' \
		"drop: rule 'ssh' is the first that matches tcp port 22 from 11.0.0.1" \
		"  rule     ssh, allow; the source is not in its only_from" \
		"  about    staff, by VPN" \
		"  line     $POLICY:3" \
		"  range    tcp 22" \
		"  service  ssh (IANA)"
	equal "ssh staff, by VPN" "$(explain 'tcp 11.0.0.1:1 > 198.51.100.1:22' -j | jq -r '"\(.rule) \(.description)"')"
	equal null "$(explain 'tcp 11.0.0.1:1 > 198.51.100.1:23' -j | jq .description)"
}

@test "a runtime rule is shown as such, with its end and without a line" {
	local packet='tcp 192.0.2.7:1 > 198.51.100.1:9' until
	lab_up
	in_server portsieve load to_client -p "$POLICY"
	in_server portsieve drop tcp/9 --for 1h
	until=$(in_server portsieve show -j | jq -r '.runtime[0].until')
	[[ $until == 20??-??-??T??:??:??Z ]]
	equal "drop: rule 'drop-tcp-9' is the first that matches tcp port 9
  rule     drop-tcp-9, drop
  kind     runtime rule, until ${until:0:10} ${until:11:8} UTC
  range    tcp 9
  service  discard (IANA)" "$(in_server portsieve explain "$packet")"
	equal "true $until null" "$(in_server portsieve explain "$packet" -j | jq -r '"\(.runtime) \(.until) \(.line)"')"
	in_server portsieve drop tcp/9
	in_server portsieve explain "$packet" | grep -qx '  kind     runtime rule, without end'
	equal "true null null" "$(in_server portsieve explain "$packet" -j | jq -r '"\(.runtime) \(.until) \(.line)"')"
	in_server portsieve allow tcp/12 --from 10.0.0.0/8 --for 4s
	equal "drop: no rule matches tcp port 12 from 192.0.2.7 to 198.51.100.1 (runtime rule 'allow-tcp-12-10.0.0.0-8' has other addresses), and the default is drop" \
		"$(in_server portsieve explain 'tcp 192.0.2.7:1 > 198.51.100.1:12' | head -n 1)"
	wait_for_end allow-tcp-12-10.0.0.0-8
	equal "drop: no rule matches tcp port 12 (runtime rule 'allow-tcp-12-10.0.0.0-8' has ended), and the default is drop" \
		"$(in_server portsieve explain 'tcp 192.0.2.7:1 > 198.51.100.1:12' | head -n 1)"
}

@test "each reason is named and described" {
	local row verdict reason count=0
	while read -r row verdict reason; do
		run -0 explain "$(seed "$row")"
		[[ ${lines[0]} == "$verdict: $reason: "?* ]]
		equal "  counted  $reason" "${lines[1]}"
		equal "$verdict $reason null" "$(explain "$(seed "$row")" -j | jq -r '"\(.verdict) \(.reason) \(.rule)"')"
		count=$((count + 1))
	done <<'END'
E2 pass non-ip
E3 drop malformed-ethernet
E4 drop vlan-depth
E5 drop mpls
E8 drop malformed-ethernet
I1c drop malformed-ipv4
I3 drop tiny-fragment
I4 pass later-fragment
I5 pass other-protocol
S1a drop malformed-ipv6
S2 drop jumbogram
X2 drop ext-depth
X5 pass later-fragment
X8b drop tiny-fragment
X9 pass no-port
X10 pass other-protocol
XK1 drop routing-header
XK2 drop ext-header
L1 drop malformed-l4
L6 drop bad-flags
L7 pass dhcp-client
C3 drop icmp
C6 drop icmpv6
C8 pass igmp
END
	equal 24 $count
}

# own: the members that only `explain` has.
own() {
	jq -c 'del(.schema, .command, .time, .devices, .policy, .warnings, .errors)'
}

@test "-j has the same keys for every packet, null where there is nothing" {
	equal '{"verdict":"pass","would_drop":false,"reason":"rule","rule":"web","description":null,"sets":[],"runtime":false,"until":null,"line":5,"source":"'"$POLICY"'","source_changed":null,"knob":null,"protocol":"udp","port":443,"low":443,"high":443,"service":"https","return_lookup":false,"judged_natively":false}' \
		"$(explain 'udp 192.0.2.7:1 > 198.51.100.1:443' -j | own)"
	equal '{"verdict":"drop","would_drop":false,"reason":"default","rule":"_user","description":null,"sets":[],"runtime":false,"until":null,"line":null,"source":null,"source_changed":null,"knob":null,"protocol":"tcp","port":5555,"low":1024,"high":49151,"service":"personal-agent","return_lookup":false,"judged_natively":false}' \
		"$(explain 'tcp 192.0.2.7:40000 > 198.51.100.1:5555 S' -j | own)"
	equal '{"verdict":"pass","would_drop":false,"reason":"igmp","rule":null,"description":null,"sets":[],"runtime":false,"until":null,"line":null,"source":null,"source_changed":null,"knob":null,"protocol":null,"port":null,"low":null,"high":null,"service":null,"return_lookup":false,"judged_natively":false}' \
		"$(explain 'igmp 192.0.2.7 > 224.0.0.1' -j | own)"
	equal '{"verdict":"drop","would_drop":false,"reason":"bad-flags","rule":null,"description":null,"sets":[],"runtime":false,"until":null,"line":null,"source":null,"source_changed":null,"knob":"bad_flags","protocol":"tcp","port":23,"low":null,"high":null,"service":"telnet","return_lookup":false,"judged_natively":false}' \
		"$(explain 'tcp 192.0.2.7:1 > 198.51.100.1:23 none' -j | own)"
}

@test "in monitor mode the packet passes, and the would-be verdict is shown" {
	POLICY=$(policy "$(sed '2i mode: monitor' "$POLICY")")
	run -0 explain 'tcp 192.0.2.7:1 > 198.51.100.1:23'
	equal "pass (monitor: would drop): no rule matches tcp port 23, and the default is drop" "${lines[0]}"
	run -0 explain "$(seed I1c)"
	[[ ${lines[0]} == "pass (monitor: would drop): malformed-ipv4: "* ]]
	equal "pass true" "$(explain 'tcp 192.0.2.7:1 > 198.51.100.1:23' -j | jq -r '"\(.verdict) \(.would_drop)"')"
	run -0 explain 'tcp 192.0.2.7:1 > 198.51.100.1:80'
	[[ ${lines[0]} == "pass: rule 'web' "* ]]
	equal "pass false" "$(explain 'tcp 192.0.2.7:1 > 198.51.100.1:80' -j | jq -r '"\(.verdict) \(.would_drop)"')"
}

@test "the policy is that of --dev or the only one loaded; several require --dev" {
	local packet='tcp 192.0.2.7:1 > 198.51.100.1:80'
	lab_up
	refused 3 "nothing is loaded in this network namespace" in_server portsieve explain "$packet"
	in_server portsieve load to_client -p "$POLICY"
	in_server portsieve explain "$packet" | grep -q "^pass: rule 'web' "
	in_server portsieve explain "$packet" --dev to_client | grep -q "^  line     $POLICY:5\$"
	refused 3 "lo is not loaded" in_server portsieve explain "$packet" --dev lo
	refused 3 "no interface 'nowhere'" in_server portsieve explain "$packet" --dev nowhere
	in_server portsieve load lo --mode generic -p "$(policy 'version: 1')"
	refused 2 "several policies are loaded; choose one with --dev or --policy" in_server portsieve explain "$packet"
	in_server portsieve explain "$packet" --dev lo | grep -q "the default is allow"
	in_server portsieve explain "$packet" --dev to_client | grep -q "^pass: rule 'web' "
	in_server portsieve explain "$packet" --policy "$POLICY" | grep -q "^pass: rule 'web' "
	refused 2 "give --policy or --dev, not both" in_server portsieve explain "$packet" --policy "$POLICY" --dev lo
}

@test "a source without a port, service names, GRE and ARP" {
	says 'tcp 192.0.2.7 > 198.51.100.1:https' \
		"pass: rule 'web' is the first that matches tcp port 443" \
		"  rule     web, allow" \
		"  line     $POLICY:5" \
		"  range    tcp 443" \
		"  service  https (IANA)"
	says 'gre 192.0.2.7 > 198.51.100.1' "pass: other-protocol: an IP protocol without ports; knob \`other_protocol\`" \
		"  counted  other-protocol"
	says 'esp 2001:db8::7 > 2001:db8::1' "pass: no-port: ESP, or no next header; knob \`no_port\`" "  counted  no-port"
	says 'arp 192.0.2.7 > 192.0.2.1' "pass: non-ip: neither IPv4 nor IPv6" "  counted  non-ip"
	says 'icmp 2001:db8::7 > 2001:db8::1' "pass: icmpv6: ICMPv6 type 128; knob \`icmpv6_echo\`" "  counted  icmpv6"
	equal '"icmp_echo"' "$(explain 'icmp 192.0.2.7 > 198.51.100.1' -j | jq .knob)"
	equal null "$(explain 'icmp 192.0.2.7 > 198.51.100.1 type 3' -j | jq .knob)"
}

@test "explain says if the cited file has changed since it was applied" {
	local packet='udp 192.0.2.7 > 198.51.100.1:27015'
	lab_up
	in_server portsieve load to_client -p "$POLICY"
	in_server portsieve explain "$packet" | grep -qx "  line     $POLICY:6"
	equal "$POLICY false" "$(in_server portsieve explain "$packet" -j | jq -r '"\(.source) \(.source_changed)"')"
	sed -i '1i # a comment' "$POLICY"
	in_server portsieve explain "$packet" | grep -qx "  line     $POLICY:6 as it was applied; the file has changed since"
	equal true "$(in_server portsieve explain "$packet" -j | jq .source_changed)"
	# by the file itself, or where no line is cited, there is nothing to compare
	in_server portsieve explain "$packet" -p "$POLICY" | grep -qx "  line     $POLICY:7"
	equal null "$(in_server portsieve explain 'tcp 192.0.2.7 > 198.51.100.1:81' -j | jq .source_changed)"
	rm "$POLICY"
	in_server portsieve explain "$packet" | grep -qx "  line     $POLICY:6"
	equal null "$(in_server portsieve explain "$packet" -j | jq .source_changed)"
	in_server portsieve unload to_client
	in_server portsieve load to_client -p - <<<'{version: 1, rules: [{name: games, action: drop, ports: udp/27015}]}'
	equal "standard input null" "$(in_server portsieve explain "$packet" -j | jq -r '"\(.source) \(.source_changed)"')"
}

@test "an invalid packet exits with 2 and prints nothing, whichever policy is chosen" {
	refused 2 "explain: unknown protocol 'tpc' (did you mean 'tcp'?)" explain 'tpc 1.2.3.4:1 > 1.2.3.4:2'
	refused 2 "explain: '65536' is not a port from 0 to 65535" portsieve explain 'tcp 1.2.3.4:1 > 1.2.3.4:65536'
	refused 2 "explain: icmp has no ports" explain 'icmp 1.2.3.4:1 > 1.2.3.4'
	refused 2 "explain: a frame has at least 14 whole bytes" explain 'hex 00'
	refused 2 "explain: PACKET is missing" portsieve explain
	refused 2 "explain: too many arguments" explain tcp 1.2.3.4:1 '>' 1.2.3.4:2
	refused 2 "cannot read the policy /nowhere" portsieve explain 'tcp 1.2.3.4:1 > 1.2.3.4:2' --policy /nowhere
	run --separate-stderr -1 bash -c 'exec portsieve explain "$@" >/dev/full' explain 'tcp 1.2.3.4:1 > 1.2.3.4:2' --policy "$POLICY"
	equal "portsieve: cannot write the output: No space left on device" "$stderr"
}

# bpf_objects: the ids of all programs and maps.
bpf_objects() {
	{ bpftool prog list -j && bpftool map list -j; } | jq -r '.[].id' | sort
}

# none_left: do the new objects in $left disappear? The kernel frees them with a delay, bpftool also shows its own
# objects, new ones each time, and another test may have some while it runs.
none_left() {
	left=$(comm -12 <(echo "$left") <(bpf_objects))
	[ -z "$left" ]
}

@test "explain and replay change no live counter and leave no program, map or pin" {
	local stats objects left pinned program file=$BATS_TEST_TMPDIR/file.pcap i
	lab_up
	in_server portsieve load to_client -p "$POLICY"
	in_client flood to_server --protocol tcp --port 80 --count 1000 --size 60
	in_client flood to_server --protocol udp --port 9 --count 1000 --size 60
	# neighbour discovery must not interfere
	in_client ip link set to_server down
	in_server received to_client
	stats=$(counts) objects=$(bpf_objects) pinned=$(pins)
	program=$(xdp_of server to_client)
	[ "$(sum)" -ge 2000 ]
	yes 'tcp 80 60
udp 9 60' | head -n 2000 | python3 "$LAB_ROOT/tests/lib/write_capture.py" pcap "$file"
	for ((i = 0; i < 5; i++)); do
		in_server portsieve explain 'tcp 192.0.2.7:1 > 198.51.100.1:80'
		in_server portsieve explain 'udp 192.0.2.7:1 > 198.51.100.1:9' --dev to_client
		in_server portsieve explain 'udp 192.0.2.7:1 > 198.51.100.1:9' --policy "$POLICY"
		in_server portsieve replay "$file" --dev to_client
		in_server portsieve replay "$file" --policy "$POLICY" --each | tail -n 1
	done
	equal "$stats" "$(counts)"
	equal "$pinned" "$(pins)"
	equal "$program" "$(xdp_of server to_client)"
	left=$(comm -13 <(echo "$objects") <(bpf_objects))
	within 200 none_left
}
