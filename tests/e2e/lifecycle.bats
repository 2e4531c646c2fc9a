#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# One device from load to unload.
bats_require_minimum_version 1.5.0
load ../lib/lab

WEB='version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80,443}
  - {name: dns, action: allow, ports: udp/53}'

setup() {
	lab_up
}

teardown() {
	lab_down
}

# nothing_left [DEVICE]: portsieve has left nothing behind.
nothing_left() {
	equal "" "$(pins)"
	equal "" "$(xdp_of server "${1:-to_client}")"
}

# bpftool no longer shows the program. The kernel frees it with a short delay.
program_is_gone() {
	! bpftool prog show id "$1"
}

@test "the filter stays and keeps counting when the command ends" {
	in_server portsieve load to_client -p "$(policy "$WEB")"
	local program
	program=$(xdp_of server to_client)
	[ -n "$program" ]
	equal "$program" "$(in_server portsieve status -j | jq '.devices[0].program_id')"
	in_client flood to_server --protocol udp --port 53 --count 100
	in_server received to_client
	equal "100 0" "$(row dns)"
}

@test "load, status and stats show device, mode, policy and default" {
	local file
	file=$(policy "$WEB
return: socket")
	equal "portsieve: to_client: loaded (native, link): policy $file, default drop, return socket" \
		"$(in_server portsieve load to_client -p "$file" --attach link 2>&1)"
	run -0 in_server portsieve status
	[[ ${lines[0]} == DEVICE*MODE*ATTACH*DEFAULT* ]]
	[[ ${lines[1]} == *to_client*native*link*drop* ]]
	[[ ${lines[2]} == "to_client: policy $file, applied 20"*" UTC" ]]
	run -0 in_server portsieve stats
	[[ ${lines[0]} == to_client*native*"$file"*"default drop"* ]]
	[[ $output != *$'\033'* ]]
}

@test "unload leaves nothing: no pin, no program on the device or in the kernel" {
	in_server portsieve load to_client -p "$(policy "$WEB")"
	local program
	program=$(xdp_of server to_client)
	in_server portsieve unload to_client
	nothing_left
	within 10 program_is_gone "$program"
	refused 3 "nothing is loaded" in_server portsieve stats
}

@test "a device can be loaded again after unload, with counters at zero" {
	in_server portsieve load to_client -p "$(policy "$WEB")"
	in_client flood to_server --protocol udp --port 53 --count 100
	in_server portsieve unload to_client
	in_server portsieve load to_client -p "$(policy "$WEB")"
	equal "0 0" "$(row dns)"
	in_client flood to_server --protocol udp --port 53 --count 7
	in_server received to_client
	equal "7 0" "$(row dns)"
}

@test "loading a loaded device says so and changes nothing" {
	in_server portsieve load to_client -p "$(policy "$WEB")"
	local program before
	program=$(xdp_of server to_client) before=$(in_server portsieve show)
	refused 1 "to_client is loaded already; to change its policy: portsieve apply" \
		in_server portsieve load to_client
	equal "$program" "$(xdp_of server to_client)"
	equal "$before" "$(in_server portsieve show)"
}

@test "a device named twice is loaded once" {
	run --separate-stderr -0 in_server portsieve load to_client to_client --attach link
	equal "portsieve: to_client: loaded (native, link): counts only, drops nothing" "$stderr"
	in_server portsieve unload to_client to_client
	equal "" "$(pins)"
}

@test "apply accepts the output of show, and show then prints the same" {
	in_server portsieve load to_client -p "$(policy 'version: 1
mode: monitor
default: drop
dhcp_client: off
rules:
  - {name: web,   action: allow, ports: tcp/80,443   udp/443}
  - {name: "no",  action: drop,  ports: tcp/mysql,100-200}
  - {name: known, action: allow, ports: tcp+udp/assigned sctp/all dccp/dynamic}
portless:
  later_fragment: drop
  icmp_echo: drop' 2>/dev/null)"
	in_server portsieve show >"$BATS_TEST_TMPDIR/shown.yaml"
	local before
	before=$(in_server portsieve stats -j | jq '[.devices[0].ranges[] | del(.passed, .dropped, .would_drop)]')
	in_server portsieve apply "$BATS_TEST_TMPDIR/shown.yaml"
	in_server portsieve show >"$BATS_TEST_TMPDIR/again.yaml"
	diff -u "$BATS_TEST_TMPDIR/shown.yaml" "$BATS_TEST_TMPDIR/again.yaml"
	equal "$before" "$(in_server portsieve stats -j | jq '[.devices[0].ranges[] | del(.passed, .dropped, .would_drop)]')"
	grep -q '^mode: monitor$' "$BATS_TEST_TMPDIR/again.yaml"
	grep -q 'icmp_echo: drop' "$BATS_TEST_TMPDIR/again.yaml"
}

@test "apply changes what passes, without a new program" {
	in_server portsieve load to_client -p "$(policy "$WEB")"
	serve_web server 8080
	run -28 fetch client $SERVER4 8080 1
	local program
	program=$(xdp_of server to_client)
	in_server portsieve apply "$(policy "${WEB/443/8080}")"
	fetch client $SERVER4 8080
	equal "$program" "$(xdp_of server to_client)"
	in_server portsieve apply "$(policy "$WEB")"
	run -28 fetch client $SERVER4 8080 1
}

@test "apply keeps the counters of ranges that stay, those of ended ones go to retired" {
	in_server portsieve load to_client -p "$(policy 'version: 1
default: drop
rules:
  - {name: stays,   action: allow, ports: udp/100-199}
  - {name: changes, action: allow, ports: udp/200-299}
  - {name: ends,    action: allow, ports: udp/300}')"
	in_client flood to_server --port 150 --count 1000 --size 100
	in_client flood to_server --port 250 --count 2000 --size 100
	in_client flood to_server --port 300 --count 3000 --size 100
	in_server received to_client
	# another position, another action and another range end
	in_server portsieve apply "$(policy 'version: 1
default: allow
rules:
  - {name: comes,   action: drop, ports: udp/400}
  - {name: changes, action: drop, ports: udp/200-298}
  - {name: stays,   action: drop, ports: udp/100-199}')"
	equal "1000 0" "$(row stays)"
	equal "100000 0" "$(row_bytes stays)"
	equal "0 0" "$(row changes)"
	equal "0 0" "$(row comes)"
	equal "5000 0" "$(row retired)"
	in_client flood to_server --port 150 --count 10
	in_client flood to_server --port 250 --count 20
	in_client flood to_server --port 300 --count 30
	in_client flood to_server --port 400 --count 40
	in_server received to_client
	equal "1000 10" "$(row stays)"
	equal "0 20" "$(row changes)"
	equal "0 40" "$(row comes)"
	equal "30 0" "$(row _system udp)"
	sum_matches
	# rows that are reused were added to retired before
	in_server portsieve apply "$(policy "$WEB")"
	in_server portsieve apply "$(policy 'version: 1')"
	in_server portsieve apply "$(policy "$WEB")"
	sum_matches
}

@test "counts of ended ranges move to retired when their rows are reused" {
	in_server portsieve load to_client -p "$(policy 'version: 1
rules: [{name: first, action: drop, ports: udp/300}]')"
	in_client flood to_server --port 300 --count 3000 --size 100
	in_server received to_client
	local n
	for n in 1 2 3; do
		in_server portsieve apply "$(policy "{version: 1, rules: [{name: next$n, action: allow, ports: udp/$n}]}")"
		equal "0 0" "$(row next$n)"
	done
	equal "0 3000" "$(row retired)"
	equal "0 300000" "$(row_bytes retired)"
	sum_matches
}

@test "monitor mode lets everything pass and counts what it would drop" {
	serve_web server 8080
	in_server portsieve load to_client -p "$(policy "mode: monitor
return: none
$WEB")"
	fetch client $SERVER4 8080
	local passed dropped
	read -r passed dropped <<<"$(row _user tcp)"
	((passed == 0 && dropped == 0 && $(would_drop _user) >= 4))
	equal true "$(in_server portsieve stats -j | jq '.devices[0].monitor')"
	run -0 in_server portsieve stats
	[[ $output == *MONITOR* && $output == *"DROPPED"*"WOULD DROP"* ]]
	run -0 in_server portsieve status
	[[ $output == *monitor* ]]
	sum_matches
}

@test "packets passed by monitor mode are never reported as dropped, before or after enforce" {
	local monitored
	serve_web server 8080
	in_server portsieve load to_client -p "$(policy "mode: monitor
return: none
$WEB")"
	fetch client $SERVER4 8080
	monitored=$(would_drop _user)
	((monitored >= 4))
	in_server portsieve apply "$(policy "$WEB")"
	equal "0 0" "$(row _user)"
	run -28 fetch client $SERVER4 8080
	(($(row _user | cut -d' ' -f2) >= 1))
	equal "$monitored" "$(would_drop _user)"
	run -0 in_server portsieve stats
	[[ $output == *"WOULD DROP"* && $output != *MONITOR* ]]
	sum_matches
}

@test "generic mode on request, on a device without native XDP" {
	refused 1 "refuses XDP in native mode; with --mode generic" in_server portsieve load lo
	nothing_left lo
	equal "portsieve: lo: loaded (generic, link): counts only, drops nothing" \
		"$(in_server portsieve load lo --mode generic --attach link 2>&1)"
	equal generic "$(in_server portsieve status -j | jq -r '.devices[0].mode')"
	in_server portsieve unload lo
	nothing_left lo
}

@test "generic mode filters lo: an allowed port answers and a denied one does not" {
	serve_web server 80
	serve_web server 8080
	in_server portsieve load lo --mode generic -p "$(policy 'version: 1
rules: [{name: shut, action: drop, ports: tcp/8080}]')"
	fetch server 127.0.0.1 80
	fetch server ::1 80
	run -28 fetch server 127.0.0.1 8080 1
	run -28 fetch server ::1 8080 1
	DEV=lo
	local passed dropped
	read -r passed dropped <<<"$(row shut)"
	((passed == 0 && dropped >= 2))
	in_server portsieve unload lo
	nothing_left lo
}

@test "auto mode uses native XDP if it can, and warns if it cannot" {
	equal "" "$(in_server portsieve load to_client --mode auto --quiet 2>&1)"
	run --separate-stderr -0 in_server portsieve load lo --mode auto
	equal "" "$output"
	[[ $stderr == *lo*GENERIC*native* ]]
	equal "native generic" "$(in_server portsieve status -j |
		jq -r '[.devices | sort_by(.device == "lo") | .[].mode] | join(" ")')"
}

@test "big packets pass with an MTU of 9000 and are counted with their full length" {
	lab_down
	lab_up mtu 9000
	in_server portsieve load to_client -p "$(policy "$WEB")"
	equal native "$(in_server portsieve status -j | jq -r '.devices[0].mode')"
	in_client ping -q -c 5 -i 0.01 -W 1 -M do -s 8000 $SERVER4
	equal "5 0" "$(row icmp)"
	equal "$((5 * (14 + 20 + 8 + 8000))) 0" "$(row_bytes icmp)"
	in_client python3 -c 'import socket
for host in ("192.0.2.2", "2001:db8::2"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    socket.socket(family, socket.SOCK_DGRAM).sendto(bytes(8900), (host, 53))'
	within 2 test "$(row dns)" = "2 0"
	equal "$((2 * (14 + 8 + 8900) + 20 + 40)) 0" "$(row_bytes dns)"
	sum_matches
}

@test "a file of several megabytes arrives intact, also with an MTU of 9000" {
	lab_down
	lab_up mtu 9000
	head -c 8000000 /dev/urandom >"$BATS_TEST_TMPDIR/file"
	serve_web server 80 "$BATS_TEST_TMPDIR"
	in_server portsieve load to_client -p "$(policy "$WEB")"
	in_client curl --silent --noproxy '*' --max-time 20 "http://$SERVER4/file" | cmp - "$BATS_TEST_TMPDIR/file"
	# and in the filtered direction
	in_server timeout 20 ncat --listen --recv-only 443 >"$BATS_TEST_TMPDIR/received" 3>&- &
	within 5 is_listening server tcp 443
	in_client timeout 20 ncat --send-only $SERVER4 443 <"$BATS_TEST_TMPDIR/file"
	wait $!
	cmp "$BATS_TEST_TMPDIR/file" "$BATS_TEST_TMPDIR/received"
	local passed dropped
	read -r passed dropped <<<"$(row_bytes web)"
	((passed > 8000000 && dropped == 0))
}

@test "the filter stays on a device that is renamed and on one that goes down and up" {
	in_server portsieve load to_client -p "$(policy "$WEB")"
	in_client flood to_server --protocol udp --port 53 --count 10
	in_server received to_client
	in_server ip link set to_client down
	in_server ip link set to_client name uplink
	in_server ip link set uplink up
	DEV=uplink
	equal "10 0" "$(row dns)"
	within 5 in_client ping -q -c 1 -W 1 $SERVER4
	in_client flood to_server --protocol udp --port 53 --count 10
	in_server received uplink
	equal "20 0" "$(row dns)"
	in_server portsieve unload uplink
	nothing_left uplink
}

@test "the next command cleans up after a deleted device and says so" {
	in_server portsieve load to_client -p "$(policy "$WEB")"
	in_server ip link delete to_client
	refused 3 "nothing is loaded" in_server portsieve status
	run --separate-stderr -0 in_server portsieve load lo --mode generic
	[[ $stderr == *"cleaned up stale state of ifindex"*"the interface was deleted"* ]]
	in_server portsieve unload lo
	nothing_left lo
}

@test "status shows the memory that the kernel accounts for counters and policy" {
	local told accounted
	in_server portsieve load to_client
	told=$(in_server portsieve status -j | jq '.devices[0].memory_bytes')
	accounted=$(pins | grep -E '/(counters|image_[0-9]+)$' | while read -r pin; do
		bpftool map show pinned "$pin" -j
	done | jq -s '[.[].bytes_memlock] | add')
	echo "# told $told, accounted $accounted"
	[ $((told * 100)) -gt $((accounted * 98)) ]
	[ $((told * 100)) -lt $((accounted * 102)) ]
	in_server portsieve unload to_client
}
