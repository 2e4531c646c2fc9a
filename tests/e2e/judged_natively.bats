#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `explain` and `replay` without the right to run BPF programs: the same source, compiled for the host, judges, and all
# output equals the kernel's, except for the words that say so.
bats_require_minimum_version 1.5.0
load ../lib/lab

WORDS='  judged natively: this user may not run BPF programs'
SOON=$(date -u -d '+1 hour' +%FT%TZ)

setup() {
	lab_check_isolated || return 1
	DIR=/run/natively # the folders of the tests are root's alone
	mkdir -p $DIR
	cp "$LAB_ROOT/build/portsieve" $DIR/
	cat >$DIR/policy.yaml <<END
version: 1
default: {action: drop, mode: monitor}
return: socket
runtime:
  - {name: guest, action: allow, ports: tcp/8443, from: 192.0.2.0/24, until: $SOON}
rules:
  - {name: inside, action: drop, ports: tcp/22, from: 10.2.0.0/16, to: 198.51.100.0/24}
  - {name: admin, action: allow, ports: tcp/22, from: [10.0.0.0/8, 10.1.0.0/16, "2001:db8:1::/48"]}
  - {name: web, action: allow, ports: tcp/80,443 udp/443}
  - {name: telnet, action: drop, ports: tcp/23, mode: monitor}
  - {name: games, action: drop, ports: udp/27000-27100}
  - {name: final, action: drop, ports: tcp/25, replies: drop}
END
}

teardown() {
	lab_down
	rm -rf /run/natively
}

as_nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs "$@"
}

# same_natively [ARGUMENT]...: the output as nobody is that as root and $WORDS; the JSON differs in one key and its time.
same_natively() {
	diff <(portsieve "$@" && echo "$WORDS") <(as_nobody $DIR/portsieve "$@") &&
		diff <(portsieve "$@" -j | jq '.judged_natively = true | del(.time)') \
			<(as_nobody $DIR/portsieve "$@" -j | jq 'del(.time)') &&
		[ "$(portsieve "$@" -j | jq .judged_natively)" = false ]
}

@test "explain gives the same for each kind of packet and of rule" {
	local packet
	while read -r packet; do
		same_natively explain "$packet" --policy $DIR/policy.yaml
	done <<'END'
tcp 10.1.2.3:40000 > 198.51.100.1:22 S
tcp 10.2.2.3:40000 > 198.51.100.1:22 S
tcp 11.0.0.1:40000 > 198.51.100.1:22 S
tcp [2001:db8:1::7]:40000 > [2001:db8::1]:22 S vlan 7
tcp [2001:db8:2::7]:40000 > [2001:db8::1]:22 S
tcp 192.0.2.7:40000 > 198.51.100.1:8443 S
tcp 192.0.3.7:40000 > 198.51.100.1:8443 S
tcp 192.0.2.7:40000 > 198.51.100.1:8444 S
tcp 192.0.2.7:40000 > 198.51.100.1:8445 A
tcp 192.0.2.7:40000 > 198.51.100.1:23 A
tcp 192.0.2.7:40000 > 198.51.100.1:25 A
tcp 192.0.2.7:40000 > 198.51.100.1:23 SF
udp 192.0.2.7:40000 > 198.51.100.1:443
udp 192.0.2.7:67 > 198.51.100.1:68
udp 192.0.2.7:40000 > 198.51.100.1:27050
icmp 192.0.2.7 > 198.51.100.1 type 13
igmp 192.0.2.7 > 224.0.0.1
END
	sed -i 's/^return: .*/return: established/' $DIR/policy.yaml
	same_natively explain 'tcp 192.0.2.7:40000 > 198.51.100.1:8445 A' --policy $DIR/policy.yaml
	[[ $(as_nobody $DIR/portsieve explain 'tcp 192.0.2.7:40000 > 198.51.100.1:8445 A' --policy $DIR/policy.yaml) == \
		"pass: return-established: "* ]]
}

@test "the packets get verdicts of every kind" {
	local packet source port reason rule asks
	for packet in 10.1.2.3:1,22,rule,admin,false 10.2.2.3:1,22,rule,inside,false 11.0.0.1:1,22,default,_system,true \
		192.0.2.7:1,8443,rule,guest,false 192.0.3.7:1,8443,default,_user,true \
		192.0.2.7:1,23,rule,telnet,true 192.0.2.7:1,25,rule,final,false; do
		IFS=, read -r source port reason rule asks <<<"$packet"
		equal "$reason $rule $asks true" "$(as_nobody $DIR/portsieve explain "tcp $source > 198.51.100.1:$port A" \
			--policy $DIR/policy.yaml -j | jq -r '"\(.reason) \(.rule) \(.return_lookup) \(.judged_natively)"')"
	done
}

@test "replay gives the same for each of 100,000 generated frames, and the same sums" {
	local file=$DIR/frames.pcap
	frames 100000 20261130 22 23 25 68 80 443 8443 27000 >$file
	same_natively replay $file --policy $DIR/policy.yaml
	diff <(portsieve replay $file --policy $DIR/policy.yaml --each -j) \
		<(as_nobody $DIR/portsieve replay $file --policy $DIR/policy.yaml --each -j)
	equal 100000 "$(as_nobody $DIR/portsieve replay $file --policy $DIR/policy.yaml --each -j | wc -l)"
}

@test "commands that need the kernel still fail and say so" {
	lab_up
	in_server portsieve load $DEV -p $DIR/policy.yaml
	refused 4 "not permitted to read what is loaded; run as root" in_server setpriv --reuid 65534 --clear-groups --bounding-set=-all --inh-caps=-all \
		$DIR/portsieve explain 'tcp 192.0.2.7:1 > 198.51.100.1:22'
	refused 2 "cannot read the policy $DIR/none.yaml: No such file or directory" \
		as_nobody $DIR/portsieve explain 'tcp 192.0.2.7:1 > 198.51.100.1:22' --policy $DIR/none.yaml
}
