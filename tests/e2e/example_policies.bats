#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/examples: what the policies for ten kinds of machines do, as tables of packets. `explain` judges each of them,
# natively since that is quicker, and then a device with the policy gets them all and must count them as the table says.
bats_require_minimum_version 1.5.0
load ../lib/lab

EXAMPLES=$LAB_ROOT/docs/examples

setup() {
	lab_up
	lab_without_ipv6
}

teardown() {
	lab_down
}

# sends FILE: the packets of its rows, from `client`, made by scapy. To a foreign MAC, so that nobody answers.
sends() {
	in_client /usr/bin/python3 - "$1" <<'END'
import re, socket, sys
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import IPv6
LINK4, LINK6 = (bytes.fromhex("020000000002 020000000001" + kind) for kind in ("0800", "86dd"))
def end(words):
	address, port = re.fullmatch(r"\[?([^]]+?)\]?(?::(\d+))?", words).groups()
	return address, int(port or 40000)
def frame(protocol, source, _, target, flags="S"):
	ends = [(source, 0), (target, 0)] if protocol == "esp" else [end(source), end(target)]
	(source, sport), (target, dport) = ends
	is_ipv6 = ":" in source
	ip = IPv6(src=source, dst=target) if is_ipv6 else IP(src=source, dst=target)
	if protocol == "tcp":
		ip /= TCP(sport=sport, dport=dport, flags=flags)
	elif protocol == "udp":
		ip /= UDP(sport=sport, dport=dport)
	elif protocol == "icmp":
		ip /= ICMP()
	else:
		setattr(ip, "nh" if is_ipv6 else "proto", 50)
		ip /= bytes(24)
	return (LINK6 if is_ipv6 else LINK4) + bytes(ip)
out = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
out.bind(("to_server", 0))
for line in open(sys.argv[1]):
	out.send(frame(*line.split()[2:]))
END
}

# counted: the rules and reasons that have counted packets since the policy was loaded, as `COUNT VERDICT NAME`
counted() {
	in_server portsieve stats $DEV -j | jq -r '
		[.devices[0] | (.ranges[] | {name: .rule, passed, dropped}), (.reasons[] | {name: .reason, passed, dropped}) |
			(select(.passed.packets > 0) | {name, verdict: "pass", packets: .passed.packets}),
			(select(.dropped.packets > 0) | {name, verdict: "drop", packets: .dropped.packets})] |
		group_by([.verdict, .name])[] | "\(map(.packets) | add) \(.[0].verdict) \(.[0].name)"' | sort
}

# judges FILE: by this example, whose check gives no warning, each line of stdin, `VERDICT NAME PACKET`, gets that verdict
# by the rule or for the reason of that name. `ask`: dropped unless it is a reply.
judges() {
	local file=$EXAMPLES/$1 table=$BATS_TEST_TMPDIR/table verdict name packet
	cat >"$table"
	run -0 --separate-stderr in_server portsieve check "$file"
	equal "" "$stderr" || return 1
	while read -r verdict name packet; do
		equal "$verdict $name: $packet" "$(setpriv --bounding-set=-all portsieve explain "$packet" -p "$file" -j |
			jq -r '"\(if .return_lookup then "ask" else .verdict end) \(.rule // .reason)"'): $packet" || return 1
	done <"$table"
	in_server portsieve load $DEV -p "$file"
	sends "$table"
	equal "$(sed 's/^ask/drop/' "$table" | awk '{ count[$1 " " $2]++ } END { for (of in count) print count[of], of }' | sort)" \
		"$(counted)"
}

@test "mail-server.yaml: mail from anywhere, ssh from the administrators" {
	judges mail-server.yaml <<'END'
pass mail     tcp 203.0.113.9 > 192.0.2.2:25
pass mail     tcp [2001:db8:9::9]:40000 > [2001:db8::2]:25
pass users    tcp 203.0.113.9 > 192.0.2.2:587
pass users    tcp 203.0.113.9 > 192.0.2.2:465
pass users    tcp 203.0.113.9 > 192.0.2.2:993
pass users    tcp 203.0.113.9 > 192.0.2.2:4190
pass web      tcp 203.0.113.9 > 192.0.2.2:443
pass ssh      tcp 198.51.100.7 > 192.0.2.2:22
pass ssh      tcp [2001:db8:100::7]:40000 > [2001:db8::2]:22
drop ssh      tcp 203.0.113.9 > 192.0.2.2:22
drop _system  tcp 203.0.113.9 > 192.0.2.2:143
ask  _system  udp 203.0.113.9 > 192.0.2.2:25
ask  _dynamic tcp 203.0.113.9:25 > 192.0.2.2:50000 SA
pass icmp     icmp 203.0.113.9 > 192.0.2.2
END
}

@test "database-server.yaml: applications and replicas reach the database, and others are counted by its rule" {
	judges database-server.yaml <<'END'
pass database tcp 10.1.0.200 > 192.0.2.2:5432
pass database tcp [2001:db8:1::7]:40000 > [2001:db8::2]:5432
pass database tcp 10.2.0.11 > 192.0.2.2:5432
pass database tcp 10.9.0.77 > 192.0.2.2:5432
drop database tcp 10.2.0.13 > 192.0.2.2:5432
drop database tcp [2001:db8:2::7]:40000 > [2001:db8::2]:5432
pass ssh      tcp 10.9.0.77 > 192.0.2.2:22
drop ssh      tcp 10.1.0.200 > 192.0.2.2:22
pass metrics  tcp 10.9.0.5 > 192.0.2.2:9187
drop metrics  tcp 10.9.0.6 > 192.0.2.2:9187
drop _user    tcp 10.1.0.200 > 192.0.2.2:3306
END
}

@test "game-server.yaml: players come in, unless they are in blocked.txt" {
	judges game-server.yaml <<'END'
pass java    tcp 203.0.113.128 > 192.0.2.2:25565
drop blocked tcp 203.0.113.127 > 192.0.2.2:25565
drop blocked udp 203.0.113.200 > 192.0.2.2:19132
drop blocked udp [2001:db8:bad::1]:40000 > [2001:db8::2]:19133
drop blocked icmp 203.0.113.127 > 192.0.2.2
pass bedrock udp [2001:db8:bae::1]:40000 > [2001:db8::2]:19133
pass bedrock udp 203.0.113.201 > 192.0.2.2:19132
pass voice   udp 203.0.113.201 > 192.0.2.2:9987
pass voice   tcp 203.0.113.201 > 192.0.2.2:30033
pass admin   tcp 198.51.100.1 > 192.0.2.2:25575
drop admin   tcp 203.0.113.201 > 192.0.2.2:25575
drop blocked tcp 203.0.113.1:443 > 192.0.2.2:50000 SA
ask  _user   udp 203.0.113.201 > 192.0.2.2:19134
END
}

@test "kubernetes-node.yaml: services of the cluster pass, its control and its overlay are the nodes' own" {
	judges kubernetes-node.yaml <<'END'
pass _user   tcp 203.0.113.9 > 10.0.0.2:30080
pass _system tcp 203.0.113.9 > 10.0.0.2:443
pass api     tcp 10.9.0.7 > 10.0.0.2:6443
pass api     tcp [2001:db8:10::3]:40000 > [2001:db8:10::2]:6443
drop api     tcp 203.0.113.9 > 10.0.0.2:6443
pass control tcp 10.0.0.3 > 10.0.0.2:10250
pass control tcp 10.0.0.3 > 10.0.0.2:2379
pass control tcp 10.0.0.3 > 10.0.0.2:2380
drop control tcp 10.9.0.7 > 10.0.0.2:10250
drop control tcp 203.0.113.9 > 10.0.0.2:10259
drop control tcp [2001:db8:9::9]:40000 > [2001:db8:10::2]:2379
pass overlay udp 10.0.0.3 > 10.0.0.2:8472
pass overlay tcp 10.0.0.3 > 10.0.0.2:179
drop overlay tcp 203.0.113.9 > 10.0.0.2:179
pass ssh     tcp 10.9.0.7 > 10.0.0.2:22
drop ssh     tcp 10.0.0.3 > 10.0.0.2:22
ask  overlay udp 203.0.113.9 > 10.0.0.2:4789
END
}

@test "resolver.yaml: only clients are answered, and the resolver gets its own answers" {
	judges resolver.yaml <<'END'
pass dns       udp 10.77.0.1 > 192.0.2.2:53
pass dns       tcp 192.0.2.200 > 192.0.2.2:53
pass dns       udp [2001:db8:7::1]:40000 > [2001:db8::2]:53
pass encrypted tcp 10.77.0.1 > 192.0.2.2:853
pass encrypted udp 10.77.0.1 > 192.0.2.2:443
drop encrypted tcp 203.0.113.9 > 192.0.2.2:853
drop dns       tcp 203.0.113.9 > 192.0.2.2:53
ask  dns       udp 203.0.113.9 > 192.0.2.2:53
ask  _user     udp 203.0.113.9:53 > 192.0.2.2:41000
pass ssh       tcp 10.9.0.7 > 192.0.2.2:22
drop ssh       tcp 10.77.0.1 > 192.0.2.2:22
END
}

@test "bastion.yaml: ssh from anywhere but blocked.txt" {
	judges bastion.yaml <<'END'
pass ssh     tcp 203.0.113.128 > 192.0.2.2:22
pass ssh     tcp [2001:db8:9::9]:40000 > [2001:db8::2]:22
drop blocked tcp 203.0.113.7 > 192.0.2.2:22
drop blocked tcp [2001:db8:bad:1::1]:40000 > [2001:db8::2]:22
drop blocked tcp 203.0.113.7:443 > 192.0.2.2:50000 A
pass mosh    udp 203.0.113.128 > 192.0.2.2:60001
pass mosh    udp 203.0.113.128 > 192.0.2.2:60050
ask  _dynamic udp 203.0.113.128 > 192.0.2.2:60051
pass metrics tcp 10.9.0.5 > 192.0.2.2:9100
drop metrics tcp 203.0.113.128 > 192.0.2.2:9100
drop _system tcp 203.0.113.128 > 192.0.2.2:80
END
}

@test "router.yaml: the web server behind it is reached, and nothing else comes in unasked" {
	judges router.yaml <<'END'
pass web      tcp 203.0.113.9 > 192.0.2.2:443
pass web      udp 203.0.113.9 > 192.0.2.2:443
pass web      tcp [2001:db8:9::9]:40000 > [2001:db8:1::80]:80
drop _system  tcp [2001:db8:9::9]:40000 > [2001:db8:1::81]:80
drop _system  tcp [2001:db8:9::9]:40000 > [2001:db8:1::80]:22
pass ssh      tcp 198.51.100.9 > 192.0.2.2:22
drop ssh      tcp 198.51.100.16 > 192.0.2.2:22
ask  _dynamic tcp 203.0.113.9:443 > 192.0.2.2:50000 A
ask  _user    udp 203.0.113.9:53 > 192.0.2.2:41000
pass dhcp-client udp 192.0.2.1:67 > 192.0.2.2:68
pass icmp     icmp 203.0.113.9 > 192.0.2.2
END
}

@test "vpn-gateway.yaml: the tunnels come in, ESP over both families too" {
	judges vpn-gateway.yaml <<'END'
pass wireguard      udp 203.0.113.9 > 192.0.2.2:51820
pass openvpn        udp 203.0.113.9 > 192.0.2.2:1194
pass openvpn        tcp 203.0.113.9 > 192.0.2.2:1194
pass ipsec          udp 203.0.113.9 > 192.0.2.2:500
pass ipsec          udp [2001:db8:9::9]:4500 > [2001:db8::2]:4500
pass other-protocol esp 203.0.113.9 > 192.0.2.2
pass no-port        esp 2001:db8:9::9 > 2001:db8::2
pass ssh            tcp 198.51.100.9 > 192.0.2.2:22
drop ssh            tcp 203.0.113.9 > 192.0.2.2:22
ask  _dynamic       udp 203.0.113.9 > 192.0.2.2:51821
drop _system        tcp 203.0.113.9 > 192.0.2.2:500
END
}

@test "voip-server.yaml: SIP from the office and the trunk, media from anywhere" {
	judges voip-server.yaml <<'END'
pass signalling   udp 10.0.3.7:5060 > 192.0.2.2:5060
pass signalling   tcp 203.0.113.79 > 192.0.2.2:5060
pass signalling   tcp [2001:db8:5::7]:40000 > [2001:db8::2]:5061
ask  signalling   udp 203.0.113.80:5060 > 192.0.2.2:5060
drop signalling   tcp 203.0.113.80 > 192.0.2.2:5061
pass media        udp 203.0.113.80 > 192.0.2.2:10000
pass media        udp [2001:db8:9::9]:40000 > [2001:db8::2]:20000
ask  _user        udp 203.0.113.80 > 192.0.2.2:20001
pass provisioning udp 10.0.3.7 > 192.0.2.2:69
pass provisioning tcp 10.0.3.7 > 192.0.2.2:443
drop provisioning tcp 203.0.113.79 > 192.0.2.2:443
pass ssh          tcp 10.0.9.7 > 192.0.2.2:22
drop ssh          tcp 10.0.3.7 > 192.0.2.2:22
END
}

@test "file-server.yaml: the local network including link-local, and backups from one remote host" {
	judges file-server.yaml <<'END'
pass smb       tcp 10.0.3.7 > 10.0.0.2:445
pass smb       tcp [fe80::7]:40000 > [fe80::2]:445
pass smb       tcp [2001:db8:5::7]:40000 > [2001:db8:5::2]:445
drop smb       tcp 203.0.113.9 > 10.0.0.2:445
pass nfs       tcp 10.0.3.7 > 10.0.0.2:2049
drop nfs       tcp 10.1.0.7 > 10.0.0.2:2049
pass discovery udp 10.0.3.7:5353 > 224.0.0.251:5353
pass discovery udp [fe80::7]:5353 > [ff02::fb]:5353
pass discovery udp 10.0.3.7 > 239.255.255.250:3702
ask  discovery udp 203.0.113.9 > 10.0.0.2:5353
pass discovery tcp 10.0.3.7 > 10.0.0.2:5357
pass backup    tcp 198.51.100.7 > 10.0.0.2:873
drop backup    tcp 198.51.100.8 > 10.0.0.2:22
pass backup    tcp 10.0.3.7 > 10.0.0.2:22
drop _system   tcp 10.0.3.7 > 10.0.0.2:139
END
}
