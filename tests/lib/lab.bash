# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The lab of the end-to-end tests and of the demo: the network namespaces `server` and `client`, joined by a
# veth pair, with servers and clients in them. Sourced, and only inside tests/lib/isolate.
#
#     client: to_server 192.0.2.1/24, 2001:db8::1/64  <-->  server: to_client 192.0.2.2/24, 2001:db8::2/64
#
# All waits are bounded. lab_down removes what lab_up creates.

LAB_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
PATH=$LAB_ROOT/tests/lib/recorded:$LAB_ROOT/build:$LAB_ROOT/build/tests/traffic:$LAB_ROOT/build/tests/packet:$PATH
SERVER4=192.0.2.2 SERVER6=2001:db8::2
CLIENT4=192.0.2.1 CLIENT6=2001:db8::1
DEV=to_client # what the filter is loaded onto, unless a test says otherwise
LAB_PIDS=()

# in_namespace NAME COMMAND...: nsenter, since `ip netns exec` would hide bpffs.
in_namespace() {
	nsenter --net="/run/netns/$1" -- "${@:2}"
}

in_server() {
	in_namespace server "$@"
}

in_client() {
	in_namespace client "$@"
}

# The JSON that portsieve prints in a file's tests is recorded (tests/lib/recorded) and validated after the last test.
if [ -n "${BATS_FILE_TMPDIR:-}" ]; then
	export RECORDS=$BATS_FILE_TMPDIR/records
	mkdir -p "$RECORDS"
	chmod 1777 "$BATS_FILE_TMPDIR/.." "$BATS_FILE_TMPDIR" "$RECORDS" # for tests as another user
fi

# lab_answer PATH STATUS: records and prints an answer of serve, of which the standard input is the JSON.
lab_answer() {
	local record
	record=$(mktemp "$RECORDS/XXXXXXXX")
	{
		printf 'GET\037%s\037\n%d\n' "$1" $(($2 != 200))
		cat
	} >"$record"
	tail -n +3 "$record"
}

lab_validate() {
	find "$RECORDS" -type f -print0 | xargs -0r "$LAB_ROOT/tests/lib/validate.py"
}

# A file with its own teardown_file calls lab_validate in it.
teardown_file() {
	lab_validate
}

# Refuses to work next to real interfaces: only the loopback may be up.
lab_check_isolated() {
	local up
	up=$(ip -o link show up | grep -v LOOPBACK)
	[ -z "$up" ] || {
		echo "lab: not isolated: run this by tests/lib/isolate; up are: $up" >&2
		return 1
	}
}

# lab_namespace NAME...
lab_namespace() {
	local name
	for name; do
		ip netns add "$name"
		in_namespace "$name" ip link set lo up
	done
}

# lab_veth NAMESPACE DEVICE NAMESPACE DEVICE [OPTION]...: a pair; options such as mtu N apply to both ends.
lab_veth() {
	local from=$1 from_device=$2 to=$3 to_device=$4
	shift 4
	ip link add "$from_device" netns "$from" "$@" type veth peer name "$to_device" netns "$to" "$@"
	in_namespace "$from" ip link set "$from_device" up
	in_namespace "$to" ip link set "$to_device" up
}

# lab_address NAMESPACE DEVICE ADDRESS...: adds addresses that are usable at once, without DAD.
lab_address() {
	local namespace=$1 device=$2 address nodad
	shift 2
	for address; do
		nodad=
		[[ $address != *:* ]] || nodad=nodad
		in_namespace "$namespace" ip address add "$address" dev "$device" $nodad
	done
}

# link_program TYPE DEVICE: attaches a program that does nothing by a pinned link; TYPE is xdp or tcx_egress.
link_program() {
	local type=xdp
	[ "$1" = xdp ] || type=classifier
	mkdir -p /sys/fs/bpf/tc
	bpftool prog load "$LAB_ROOT/build/tests/traffic/empty.bpf.o" /sys/fs/bpf/tc/program type $type
	in_server python3 "$LAB_ROOT/tests/lib/link_program.py" "$1" "$2" /sys/fs/bpf/tc/program /sys/fs/bpf/tc/link
}

# wait_for_end RULE: until the runtime rule is no longer in force in `server`; fails after 20 s.
wait_for_end() {
	local tries
	for ((tries = 0; tries < 200; tries++)); do
		in_server portsieve show -j | jq -e --arg rule "$1" '[.runtime[]? | select(.name == $rule)] == []' >/dev/null && return
		sleep 0.1
	done
	return 1
}

# lab_up [VETH OPTION]...
lab_up() {
	lab_check_isolated || return 1
	lab_namespace server client
	lab_veth server to_client client to_server "$@"
	lab_address server to_client $SERVER4/24 $SERVER6/64
	lab_address client to_server $CLIENT4/24 $CLIENT6/64
	in_server sysctl -qw net.ipv4.ip_local_port_range="32768 60999" # not the host's
}

# `server` becomes a router between `client` and `lan`. Only `lan` may open connections.
lab_router() {
	lab_namespace lan
	lab_veth server to_lan lan to_router
	lab_address server to_lan 198.51.100.1/24 2001:db8:1::1/64
	lab_address lan to_router 198.51.100.2/24 2001:db8:1::2/64
	in_namespace lan ip route add default via 198.51.100.1
	in_namespace lan ip route add default via 2001:db8:1::1
	in_client ip route add 198.51.100.0/24 via $SERVER4
	in_client ip route add 2001:db8:1::/64 via $SERVER6
	in_server sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
}

# pinned KIND: the path of the pin; KIND is flows, flows_open or flows_marked
pinned() {
	find /sys/fs/bpf/portsieve -name "$1_[0-9]*" | head -1
}

# entries KIND: how many flows are in the table
entries() {
	bpftool map dump pinned "$(pinned "$1")" | grep -c '^key' || true
}

# No neighbour discovery or multicast: only what a test sends is counted.
lab_without_ipv6() {
	in_server sysctl -qw net.ipv6.conf.to_client.disable_ipv6=1
	in_client sysctl -qw net.ipv6.conf.to_server.disable_ipv6=1
}

# Stops the servers, then deletes the namespaces with their contents, then the pins.
lab_down() {
	local name
	lab_stop
	for name in $(ip netns list | cut -d' ' -f1); do
		ip netns delete "$name"
	done
	# `ip link set ... xdp` leaves the other directories
	lab_check_isolated && rm -rf /sys/fs/bpf/{portsieve,ip,tc,xdp}
}

lab_stop() {
	[ ${#LAB_PIDS[@]} = 0 ] || kill -- "${LAB_PIDS[@]/#/-}" 2>/dev/null
	LAB_PIDS=()
	return 0
}

# within SECONDS COMMAND...: retries until it succeeds.
within() {
	local end=$((${EPOCHREALTIME/./} + $1 * 1000000))
	shift
	until "$@" >/dev/null 2>&1; do
		[ "${EPOCHREALTIME/./}" -lt $end ] || {
			echo "not within the time: $*" >&2
			return 1
		}
		sleep 0.02
	done
}

# is_listening NAMESPACE tcp|udp PORT [4|6]
is_listening() {
	local kind=--$2
	[ -n "$(in_namespace "$1" ss -Hln ${4:+-$4} "$kind" "sport = :$3")" ]
}

# start NAMESPACE COMMAND...: in the background and in a process group of its own, until lab_stop. Without
# descriptor 3, which bats waits for.
start() {
	setsid nsenter --net="/run/netns/$1" -- "${@:2}" </dev/null >/dev/null 2>&1 3>&- &
	LAB_PIDS+=($!)
}

# lab_user: creates the user and group portsieve, both with id 4711, until lab_user_gone.
lab_user() {
	local file
	for file in passwd group; do
		grep -v '^portsieve:' /etc/$file >"$BATS_TEST_TMPDIR/$file"
	done
	echo "portsieve:x:4711:" >>"$BATS_TEST_TMPDIR/group"
	echo "portsieve:x:4711:4711::/:/bin/false" >>"$BATS_TEST_TMPDIR/passwd"
	mount --bind "$BATS_TEST_TMPDIR/group" /etc/group
	mount --bind "$BATS_TEST_TMPDIR/passwd" /etc/passwd
}

lab_user_gone() {
	umount /etc/passwd /etc/group || true
	umount /run/portsieve/bpf 2>/dev/null || true
}

# serve_web NAMESPACE PORT [FOLDER]: python's web server, on both families.
serve_web() {
	start "$1" python3 -m http.server --bind :: --directory "${3:-$LAB_ROOT/docs}" "$2"
	within 10 is_listening "$1" tcp "$2"
}

# serve_echo NAMESPACE tcp|udp PORT: echoes its input. One ncat per family, since one for both forgets
# the other family after its first UDP client.
serve_echo() {
	local udp=() family
	[ "$2" = tcp ] || udp=(--udp)
	for family in 4 6; do
		start "$1" ncat -$family "${udp[@]}" --listen --keep-open --exec /bin/cat "$3"
	done
	within 10 is_listening "$1" "$2" "$3" 4
	within 10 is_listening "$1" "$2" "$3" 6
}

# is_bound NAMESPACE PROTOCOL PORT: is there a socket, even a connected one?
is_bound() {
	if [ "$2" = udplite ]; then # ss has no option for UDP-Lite
		in_namespace "$1" grep -q ":$(printf %04X "$3") " /proc/net/udplite /proc/net/udplite6
	else
		[ -n "$(in_namespace "$1" ss -Han "--$2" "sport = :$3")" ]
	fi
}

# listen NAMESPACE [--name NAME] PROTOCOL,ADDRESS,PORT[,OPTION]...: one process for all; see listen.py.
listen() {
	local last
	IFS=, read -ra last <<<"${!#}"
	start "$1" python3 "$LAB_ROOT/tests/lib/listen.py" "${@:2}"
	within 10 is_bound "$1" "${last[0]}" "${last[2]}"
}

# fetch NAMESPACE HOST PORT [SECONDS]: fetches a page by curl; 28 is curl's status for a timeout.
fetch() {
	local host=$2
	[[ $host != *:* ]] || host="[$host]"
	in_namespace "$1" curl --silent --show-error --noproxy '*' --output /dev/null --max-time "${4:-3}" \
		"http://$host:$3/"
}

# echoes NAMESPACE tcp|udp HOST PORT [SECONDS]: does a word come back in time? Uses bash, which exits
# as soon as the answer comes; ncat would not wait for it.
echoes() {
	in_namespace "$1" timeout "${5:-2}" bash -c '
		exec 9<>"/dev/$1/$2/$3" && echo ping >&9 && [ "$(head -n 1 <&9)" = ping ]
	' echoes "${@:2:3}" 2>/dev/null
}

# scan PORTS [NMAP OPTION]... HOST: lines such as `80/open`, as nmap on the client sees them.
scan() {
	in_client timeout 60 nmap -n -Pn --max-retries 1 -p "$@" -oG - | grep -oE '[0-9]+/[a-z|]+' |
		sort -n
}

# row NAME [PROTOCOL] [DEVICE]: `PASSED DROPPED` in packets, of the ranges of a rule, of a reason, or of
# `retired`. `null null` when there is no such row.
row() {
	counted packets "$@"
}

# row_bytes NAME [PROTOCOL] [DEVICE]: the same in bytes.
row_bytes() {
	counted bytes "$@"
}

counted() {
	in_server portsieve stats "${4:-$DEV}" -j |
		jq -r --arg unit "$1" --arg name "$2" --arg protocol "${3:-}" '
			.devices[0] | [
				(.ranges[] | select(.rule == $name and ($protocol == "" or .protocol == $protocol))),
				(.reasons[] | select(.reason == $name)),
				(.retired | select($name == "retired"))
			] | "\(map(.passed[$unit]) | add) \(map(.dropped[$unit]) | add)"'
}

# counts [DEVICE]: the JSON of its stats, without the time.
counts() {
	in_server portsieve stats "${1:-$DEV}" -j | jq -c 'del(.time)'
}

# status_but_counts: the status of the server's devices, without what an arriving packet changes.
status_but_counts() {
	in_server portsieve status -j | jq 'del(.time, (.devices[] | .counted, .drift.idle_rules))'
}

# would_drop NAME [DEVICE]: would-drop packets in the rows as in `row`.
would_drop() {
	in_server portsieve stats "${2:-$DEV}" -j |
		jq --arg name "$1" '.devices[0] | [
			(.ranges[] | select(.rule == $name)), (.reasons[] | select(.reason == $name)),
			(.retired | select($name == "retired"))
		] | map(.would_drop.packets) | add'
}

# sum [DEVICE]: packets in all rows.
sum() {
	in_server portsieve stats "${1:-$DEV}" -j |
		jq '.devices[0] | [(.ranges[], .reasons[], .retired) | .passed.packets + .dropped.packets + .would_drop.packets] | add'
}

# sum_matches [DEVICE]: does the sum equal the packets received? Neighbour discovery may interfere.
sum_matches() {
	local before after packets tries
	for tries in 1 2 3 4 5; do
		before=$(sum "$@") packets=$(in_server received "${1:-$DEV}") after=$(sum "$@")
		[ "$before" != "$after" ] || break
	done
	echo "rows: $before, received: $packets, after try $tries"
	[ "$after" = "$packets" ] && [ "$after" -gt 0 ]
}

# xdp_of NAMESPACE DEVICE: the id of the XDP program, or nothing.
xdp_of() {
	in_namespace "$1" ip -j link show dev "$2" | jq -r '.[0].xdp.prog.id // empty'
}

# pins: all files in the bpffs except the two that the kernel always creates.
pins() {
	find /sys/fs/bpf -mindepth 1 ! -name progs.debug ! -name maps.debug \
		! -path /sys/fs/bpf/xdp # libxdp creates it once
}

# index DEVICE: of `server`.
index() {
	in_server ip -j link show dev "$1" | jq '.[0].ifindex'
}

# pins_of DEVICE: the directory of its pins.
pins_of() {
	echo /sys/fs/bpf/portsieve/*/"$(index "$1")"
}

# policy TEXT: writes it to a file and prints the path. For tests.
policy() {
	local file
	file=$(mktemp "$BATS_TEST_TMPDIR/policy-XXXXXX.yaml")
	printf '%s\n' "$1" >"$file"
	echo "$file"
}

# lab_own_etc: /etc becomes a copy, in the mount namespace of the tests.
lab_own_etc() {
	if [ ! -d /run/etc ]; then
		cp -a /etc /run/etc
		mount --bind /run/etc /etc
	fi
}

# failsafe TEXT: writes the failsafe file that the test's commands see. Nothing removes it.
failsafe() {
	lab_own_etc
	rm -rf /etc/portsieve
	[ -z "$1" ] || { mkdir /etc/portsieve && printf '%s\n' "$1" >/etc/portsieve/failsafe.yaml; }
}

# equal EXPECTED GOT: for tests; shows both if they differ.
equal() {
	[ "$1" = "$2" ] || {
		printf 'expected: %s\ngot:      %s\n' "$1" "$2"
		return 1
	}
}

# refused CODE WORDS COMMAND...: the command exits with that code, prints nothing, and its error has these words.
refused() {
	local code=$1 words=$2
	shift 2
	run --separate-stderr "$@"
	if [ "$status" != "$code" ] || [[ $stderr != *"$words"* ]] || [ -n "$output" ]; then
		printf 'expected: status %s and: %s\ngot:      status %s and: %s\noutput:   %s\n' \
			"$code" "$words" "$status" "$stderr" "$output"
		return 1
	fi
}

# says CODE WORDS COMMAND...: like refused, but with any output.
says() {
	local code=$1 words=$2
	shift 2
	run --separate-stderr "$@"
	if [ "$status" != "$code" ] || [[ $stderr != *"$words"* ]]; then
		printf 'expected: status %s and: %s\ngot:      status %s and: %s\n' "$code" "$words" "$status" "$stderr"
		return 1
	fi
}

# load_policy TEXT: onto to_client of `server`
load_policy() {
	in_server portsieve load to_client -p "$(policy "$1")"
}

# transfer_100_mb: `server` fetches 100 MB from `client` over IPv6, and sends as many over IPv4.
transfer_100_mb() {
	head -c 100M /dev/zero >"$BATS_TEST_TMPDIR/zeros"
	serve_web client 8080 "$BATS_TEST_TMPDIR"
	[ 104857600 = "$(in_server curl -sg --max-time 60 "http://[$CLIENT6]:8080/zeros" | wc -c)" ] || return 1
	start client sh -c "ncat -l 9000 | wc -c >$BATS_TEST_TMPDIR/count"
	within 10 is_listening client tcp 9000 || return 1
	in_server sh -c "ncat --send-only $CLIENT4 9000 <$BATS_TEST_TMPDIR/zeros" || return 1
	within 10 grep -qx 104857600 "$BATS_TEST_TMPDIR/count"
}

# passed ROW: its passed packets
passed() {
	row "$1" | cut -d' ' -f1
}

# unconnected NAMESPACE HOST PORT [OWN PORT]: does a word sent from a socket without a peer come back?
unconnected() {
	in_namespace "$1" python3 -c '
import socket, sys
host, port, own = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
s = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.bind(("", own))
s.sendto(b"ping\n", (host, port))
sys.exit(s.recvfrom(64)[0] != b"ping\n")' "$2" "$3" "${4:-0}" 2>/dev/null
}
