#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# `replay`: runs a capture through a policy. Its counters, the verdict for each packet, captures of every kind, and that
# a loaded device counts the same frames alike.
bats_require_minimum_version 1.5.0
load ../lib/lab

MILLION=1000000
SECONDS_MAX=60 # on a busy machine; the aim is 10 on two cores

setup() {
	lab_check_isolated || return 1
	POLICY=$(policy 'version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80,443 udp/443}
  - {name: games, action: drop, ports: udp/27000-27100}')
	MONITOR=$(policy "$(sed '2i mode: monitor' "$POLICY")")
	FILE=$BATS_TEST_TMPDIR/file.pcap
}

teardown() {
	lab_down
}

# capture [pcap|pcapng] [LINK TYPE]: converts standard input to $FILE.
capture() {
	python3 "$LAB_ROOT/tests/lib/write_capture.py" "${1:-pcap}" "$FILE" "${@:2}"
}

replay() {
	portsieve replay "$@" --policy "$POLICY"
}

# mixed: six packets of four rows and one runt.
mixed() {
	capture "$@" <<'END'
tcp 80 60
tcp 443 1514 cut 64 times 2
udp 27000 60
tcp 8080 60
hex 0200000000000200000000010806 times 1
hex 0200000000
END
}

# the_sum: packets in all rows of a JSON document.
the_sum() {
	jq '.devices[0] | [(.ranges[], .reasons[]) | .passed.packets + .dropped.packets + .would_drop.packets] | add'
}

# totals_of NAME [DROP]: `passed dropped bytes` of the rows, or instead of dropped the packets of the key DROP.
totals_of() {
	jq -r --arg name "$1" --arg drop "${2:-dropped}" '.devices[0] | [(.ranges[] | select(.rule == $name)), (.reasons[] | select(.reason == $name))] |
		"\(map(.passed.packets) | add) \(map(.[$drop].packets) | add) \(map(.passed.bytes + .[$drop].bytes) | add)"'
}

# mixed_is_counted JSON [DROP]: DROP is the key that counts the denied packets.
mixed_is_counted() {
	local json=$1 drop=${2:-dropped}
	equal 7 "$(jq .packets <<<"$json")" &&
		equal 7 "$(the_sum <<<"$json")" &&
		equal 2 "$(jq .cut_packets <<<"$json")" &&
		equal "1 0 60" "$(jq '.devices[0].ranges |= map(select(.low == 80))' <<<"$json" | totals_of web)" &&
		equal "1 0 14" "$(totals_of non-ip <<<"$json")" &&
		equal "0 1 60" "$(totals_of games "$drop" <<<"$json")" &&
		equal "0 1 60" "$(totals_of _user "$drop" <<<"$json")" &&
		equal "0 2 128" "$(totals_of malformed-ipv4 "$drop" <<<"$json")" &&
		equal "0 1 5" "$(totals_of malformed-ethernet "$drop" <<<"$json")"
}

@test "the rows of a pcap add up to its packets, each in its own row" {
	mixed pcap
	mixed_is_counted "$(replay "$FILE" -j)"
}

@test "the rows of a pcapng are the same" {
	mixed pcapng
	mixed_is_counted "$(replay "$FILE" -j)"
}

@test "a capture may come on standard input, also through a pipe" {
	mixed pcap
	mixed_is_counted "$(replay - -j <"$FILE")"
	mixed_is_counted "$(cat "$FILE" | replay - -j)"
}

@test "the text shows packets, truncated ones, the policy and the rows that counted" {
	mixed
	run --separate-stderr -0 replay "$FILE"
	equal "" "$stderr"
	[[ $output == "$FILE  7 packets, 2 truncated by the capture; policy $POLICY, default drop"* ]]
	[[ $output == *"web"*"tcp"*"80"*"allow"*"malformed-ethernet"*"all packets"* ]]
	[[ $output != *"mpls"* ]]
	[[ $output == *"Truncated packets mostly count as malformed"*"-s 0"* ]]
	run -0 replay "$FILE" --all
	[[ $output == *"mpls"* ]]
}

@test "--each prints a line for each packet, then the rows" {
	mixed
	run --separate-stderr -0 replay "$FILE" --each
	equal "" "$stderr"
	equal "     1  pass  tcp/80      rule web
     2  drop              malformed-ipv4
     3  drop              malformed-ipv4
     4  drop  udp/27000   rule games
     5  drop  tcp/8080    default _user
     6  pass              non-ip
     7  drop              malformed-ethernet" "$(head -n 7 <<<"$output")"
	equal "" "$(sed -n 8p <<<"$output")"
	[[ $(sed -n 9p <<<"$output") == "$FILE  7 packets"* ]]
}

@test "--each -j prints one object of six keys for each packet, and nothing else" {
	mixed
	run --separate-stderr -0 replay "$FILE" --each -j
	equal "" "$stderr"
	equal 7 "${#lines[@]}"
	equal '{"packet":1,"verdict":"pass","reason":"rule","rule":"web","protocol":"tcp","port":80}' "${lines[0]}"
	equal '{"packet":2,"verdict":"drop","reason":"malformed-ipv4","rule":null,"protocol":null,"port":null}' "${lines[1]}"
	equal '{"packet":4,"verdict":"drop","reason":"rule","rule":"games","protocol":"udp","port":27000}' "${lines[3]}"
	equal '{"packet":5,"verdict":"drop","reason":"default","rule":"_user","protocol":"tcp","port":8080}' "${lines[4]}"
	equal '{"packet":6,"verdict":"pass","reason":"non-ip","rule":null,"protocol":null,"port":null}' "${lines[5]}"
	equal '{"packet":7,"verdict":"drop","reason":"malformed-ethernet","rule":null,"protocol":null,"port":null}' "${lines[6]}"
	equal "packet,port,protocol,reason,rule,verdict" "$(jq -r 'keys | join(",")' <<<"$output" | sort -u)"
}

@test "in monitor mode all packets pass, runts too, with the would-be verdict" {
	mixed
	run --separate-stderr -0 portsieve replay "$FILE" --policy "$MONITOR" --each -j
	equal 7 "$(grep -c '"verdict":"pass"' <<<"$output")"
	equal '{"packet":1,"verdict":"pass","reason":"rule","rule":"web","protocol":"tcp","port":80}' "${lines[0]}"
	equal '{"packet":7,"verdict":"pass","reason":"malformed-ethernet","rule":null,"protocol":null,"port":null,"would_drop":true}' \
		"${lines[6]}"
	run -0 portsieve replay "$FILE" --policy "$MONITOR" --each
	equal "     1  pass        tcp/80      rule web" "${lines[0]}"
	equal "     7  would drop              malformed-ethernet" "${lines[6]}"
	mixed_is_counted "$(portsieve replay "$FILE" --policy "$MONITOR" -j)" would_drop
	equal true "$(portsieve replay "$FILE" --policy "$MONITOR" -j | jq '.devices[0].monitor')"
}

@test "frames of 0 to 13 bytes are malformed, one of 14 is judged" {
	local bytes frame=0200000000000200000000010806
	for ((bytes = 1; bytes <= 14; bytes++)); do
		echo "hex ${frame:0:bytes*2}"
	done | capture
	equal "$(yes malformed-ethernet | head -n 13)
non-ip" "$(replay "$FILE" --each -j | jq -r .reason)"
	echo 'tcp 80 60 cut 0' | capture
	equal malformed-ethernet "$(replay "$FILE" --each -j | jq -r .reason)"
	equal "0 1 0" "$(replay "$FILE" -j | totals_of malformed-ethernet)"
}

@test "jumbo frames are judged and counted in full" {
	capture <<'END'
tcp 80 3000
tcp 443 9014
udp 443 65535
END
	local json
	json=$(replay "$FILE" -j)
	equal "3 0 77549" "$(totals_of web <<<"$json")"
	equal 0 "$(jq .clipped_packets <<<"$json")"
}

@test "a packet over 65,535 bytes is judged by the first 65,535, with a note" {
	capture <<'END'
tcp 80 65535
tcp 80 65536
tcp 80 200000
END
	local json
	json=$(replay "$FILE" -j)
	equal 2 "$(jq .clipped_packets <<<"$json")"
	equal 3 "$(the_sum <<<"$json")"
	run -0 replay "$FILE"
	[[ $output == *"3 packets, 2 judged by their first 65535 bytes; "* ]]
	[[ $output != *"-s 0"* ]]
}

@test "an empty capture has no packets" {
	capture </dev/null
	equal "0 0" "$(replay "$FILE" -j | jq -r '"\(.packets) \(.cut_packets)"')"
	run -0 replay "$FILE"
	[[ $output == "$FILE  no packets; "* ]]
	run -0 replay "$FILE" --each -j
	equal "" "$output"
}

@test "packets before a corrupt record are counted, the record is reported, and the exit status is 1" {
	mixed
	truncate --size=-3 "$FILE"
	run --separate-stderr -1 replay "$FILE" -j
	equal 6 "$(jq .packets <<<"$output")"
	equal 6 "$(the_sum <<<"$output")"
	[[ $stderr == "portsieve: $FILE: truncated dump file"*"; the packets before that are counted" ]]
	run --separate-stderr -1 replay "$FILE" --each -j
	equal 7 "${#lines[@]}"
	equal '[6,null]' "$(jq -sc 'map(.packet) | .[-2:]' <<<"$output")"
	equal '["replay",["failed"]]' "$(tail -n 1 <<<"$output" | jq -c '[.command, [.errors[].code]]')"
}

@test "another link type is named and exits with 2; so does a file that is not a capture" {
	echo 'tcp 80 60' | capture pcap 101
	refused 2 "$FILE has link type RAW (12), not Ethernet; capture on an Ethernet interface" replay "$FILE"
	echo 'tcp 80 60' | capture pcapng 113
	refused 2 "$FILE has link type LINUX_SLL (113), not Ethernet" replay "$FILE"
	refused 2 "$POLICY is not a capture in pcap or pcapng form: unknown file format" replay "$POLICY"
	refused 2 "/dev/null is not a capture in pcap or pcapng form: " replay /dev/null
	refused 2 "$BATS_TEST_TMPDIR is a directory; name a capture" replay "$BATS_TEST_TMPDIR"
	refused 2 "cannot read $FILE.none: No such file or directory" replay "$FILE.none"
	chmod 000 "$FILE"
	refused 2 "cannot read $FILE: Permission denied" \
		setpriv --bounding-set=-dac_override,-dac_read_search portsieve replay "$FILE" --policy "$POLICY"
	refused 2 "replay: FILE is missing" replay
}

@test "a FIFO without a writer ends with a message; a slow writer is waited for" {
	local pipe=$BATS_TEST_TMPDIR/pipe
	mixed
	mkfifo "$pipe"
	refused 2 "nothing was written to the pipe $pipe; start its writer first" \
		timeout 10 portsieve replay "$pipe" --policy "$POLICY"
	: >"$pipe" 3>&- & # a writer that writes nothing
	refused 2 "nothing was written to the pipe $pipe" timeout 10 portsieve replay "$pipe" --policy "$POLICY"
	wait
	# after the reader; then only its open() in time, and its bytes in pieces
	(sleep 1 && cat "$FILE" >"$pipe") 3>&- &
	equal 7 "$(timeout 10 portsieve replay "$pipe" --policy "$POLICY" -j | jq .packets)"
	(exec >"$pipe" && sleep 4 && head -c 30 "$FILE" && sleep 0.3 && tail -c +31 "$FILE") 3>&- &
	equal 7 "$(timeout 20 portsieve replay "$pipe" --policy "$POLICY" -j | jq .packets)"
	wait
}

@test "without --policy and --dev there must be one loaded policy" {
	mixed
	refused 3 "nothing is loaded" portsieve replay "$FILE"
	refused 2 "give --policy or --dev, not both" replay "$FILE" --dev lo
	refused 2 "cannot read the policy /nowhere" portsieve replay "$FILE" --policy /nowhere
}

@test "a closed pipe ends it quietly" {
	yes 'tcp 80 60' | head -n 100000 | capture
	local options
	for options in "--each" "--each -j"; do
		# shellcheck disable=SC2086
		run --separate-stderr -0 bash -c 'trap - PIPE; portsieve replay "$@" | head -n 1' replay "$FILE" --policy "$POLICY" $options
		equal 1 "${#lines[@]}"
		equal "" "$stderr"
	done
}

@test "a full disk is a failure, reported once" {
	yes 'tcp 80 60' | head -n 100000 | capture
	local options
	for options in "" "-j" "--each" "--each -j"; do
		# shellcheck disable=SC2086
		run --separate-stderr -1 bash -c 'exec portsieve replay "$@" >/dev/full' replay "$FILE" --policy "$POLICY" $options
		equal "portsieve: cannot write the output: No space left on device" "$stderr"
	done
}

@test "a million packets are counted in bounded time, with progress on a terminal only" {
	local start end json
	yes 'tcp 80 60
udp 27000 60
udp 9 60
tcp 8080 60' | head -n $MILLION | capture
	start=${EPOCHREALTIME/./}
	run --separate-stderr -0 timeout $((SECONDS_MAX * 2)) portsieve replay "$FILE" --policy "$POLICY" -j
	end=${EPOCHREALTIME/./}
	equal "" "$stderr"
	json=$output
	equal "$MILLION $MILLION" "$(jq .packets <<<"$json") $(the_sum <<<"$json")"
	echo "# replay: $MILLION packets in $(((end - start) / 1000)) ms, $((MILLION * 1000 / ((end - start) / 1000))) packets/s" >&3
	[ $((end - start)) -lt $((SECONDS_MAX * 1000000)) ]
	script -qec "portsieve replay $FILE --policy $POLICY" /dev/null </dev/null >"$BATS_TEST_TMPDIR/terminal"
	grep -qP '\r\x1b\[K *\d+ %, \d+ packets' "$BATS_TEST_TMPDIR/terminal"
	# the progress line is erased before the totals
	grep -qP 'packets\r\x1b\[K[^ \d]' "$BATS_TEST_TMPDIR/terminal"
	# through a pipe the progress is unknown
	script -qec "cat $FILE | portsieve replay - --policy $POLICY" /dev/null </dev/null >"$BATS_TEST_TMPDIR/terminal"
	grep -qP '\r\x1b\[K\d+ packets' "$BATS_TEST_TMPDIR/terminal"
	# no progress between the lines of --each
	script -qec "portsieve replay $FILE --policy $POLICY --each" /dev/null </dev/null >"$BATS_TEST_TMPDIR/terminal"
	run ! grep -q '%, ' "$BATS_TEST_TMPDIR/terminal"
}

@test "replay and a loaded device count generated frames alike" {
	local frames=60000
	lab_namespace server client
	# only the test sends: no IPv6, no ARP, no addresses
	in_namespace server sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=1
	in_namespace client sysctl -qw net.ipv6.conf.{all,default}.disable_ipv6=1
	ip link add to_client netns server arp off type veth peer name to_server netns client arp off
	in_server portsieve load to_client -p "$POLICY"
	in_server ip link set to_client up
	in_client ip link set to_server up
	frames $frames 20261121 80 443 27000 >"$FILE"
	equal 0 "$(in_server received to_client)"
	equal $frames "$(in_client python3 "$LAB_ROOT/tests/packet/send_capture.py" to_server "$FILE")"
	# nothing is lost over veth
	equal $frames "$(in_server received to_client)"
	in_server portsieve stats to_client -j >"$BATS_TEST_TMPDIR/stats"
	in_server portsieve replay "$FILE" --dev to_client -j >"$BATS_TEST_TMPDIR/replay"
	equal $frames "$(the_sum <"$BATS_TEST_TMPDIR/stats")"
	equal $frames "$(the_sum <"$BATS_TEST_TMPDIR/replay")"
	diff <(jq '.devices[0] | .ranges, .reasons' "$BATS_TEST_TMPDIR/stats") \
		<(jq '.devices[0] | .ranges, .reasons' "$BATS_TEST_TMPDIR/replay")
	# the frames were of many kinds
	[ "$(jq '[.devices[0] | (.ranges[], .reasons[]) | select(.passed.packets + .dropped.packets > 0)] | length' \
		"$BATS_TEST_TMPDIR/stats")" -gt 25 ]
	# the replay has changed nothing
	equal "$(jq -c "del(.time)" "$BATS_TEST_TMPDIR/stats")" "$(counts)"
}
