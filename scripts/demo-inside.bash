# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The steps of scripts/demo, which sources this file inside tests/lib/isolate.

. tests/lib/lab.bash

POLICY=/run/demo/policy.yaml
failed=0

bold='' green='' red='' plain='' yes=ok no=NO
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
fi
[[ ${LC_ALL:-${LC_CTYPE:-${LANG:-}}} != *[Uu][Tt][Ff]* ]] || yes=✓ no=✗

heading() {
	printf '\n%s%s%s\n\n' "$bold" "$1" "$plain"
}

# shown COMMAND...: runs a command of portsieve on the server and prints the command line and its output.
shown() {
	printf '  %s$ %s%s\n' "$bold" "$*" "$plain"
	in_server "$@" 2>&1 | sed '/./s/^/  /'
	[ "${PIPESTATUS[0]}" = 0 ] || failed=$((failed + 1))
}

# must WHAT OUTCOME COMMAND...: the command must succeed, or the demo fails.
must() {
	local what=$1 outcome=$2 mark=$green$yes$plain
	shift 2
	if ! "$@" >/dev/null 2>&1; then
		mark=$red$no$plain outcome="FAILED, expected: $outcome"
		failed=$((failed + 1))
	fi
	printf '  %s %-48s %s\n' "$mark" "$what" "$outcome"
}

# times_out HOST PORT [NAMESPACE]: 28 is curl's status for a timeout.
times_out() {
	fetch "${3:-client}" "$1" "$2" 1
	[ $? = 28 ]
}

# is_refused NAMESPACE HOST PORT: 7 is curl's status for a closed port.
is_refused() {
	fetch "$@"
	[ $? = 7 ]
}

is_silent() {
	! echoes client "$@" 1
}

answers_ping() {
	in_client ping -q -c 3 -i 0.02 -W 1 "$1"
}

# web PORT COMMAND OUTCOME: over both families.
web() {
	must "curl http://$SERVER4:$1/" "$3" "$2" $SERVER4 "$1"
	must "curl http://[$SERVER6]:$1/" "$3" "$2" $SERVER6 "$1"
}

fetches() {
	fetch client "$@"
}

datagrams() {
	must "a datagram to $SERVER4 port $1" "$3" "$2" udp $SERVER4 "$1"
	must "a datagram to $SERVER6 port $1" "$3" "$2" udp $SERVER6 "$1"
}

come_back() {
	echoes client "$@"
}

# nmap_finds HOST OPTION...: one port scan and its expected result.
nmap_finds() {
	local ports=22,53,80,443,3306,8080 found
	found=$(scan $ports "${@:2}" "$1" | xargs)
	must "nmap $1" "80 open, 53 443 closed, 22 3306 8080 filtered" test "$found" = \
		"22/filtered 53/closed 80/open 443/closed 3306/filtered 8080/filtered"
}

# The scan cannot tell 8080, which has a service, from 8090, which has none.
nmap_sees_no_service() {
	[ "$(scan 8080,8090 "$@" | xargs)" = "8080/filtered 8090/filtered" ]
}

forget_and_fetch() {
	in_client ip neigh flush dev to_server
	in_server ip neigh flush dev to_client
	fetch client $SERVER4 80 && fetch client $SERVER6 80
}

# The packets that the driver has received on all queues.
received_by_driver() {
	in_server ethtool -S to_client | awk -F: '/rx_queue_[0-9]+_xdp_packets/ { n += $2 } END { print n }'
}

all_counted() {
	[ "$(sum)" = "$(received_by_driver)" ]
}

counters_went_on() {
	local before=$1 after
	read -r after _ <<<"$(row web)"
	[ "$before" -gt 0 ] && [ "$after" -gt "$before" ]
}

nothing_left() {
	[ -z "$(pins)" ] && [ -z "$(xdp_of server to_client)" ] && ! in_server portsieve status
}

lab_is_gone() {
	[ -z "$(jobs -r)" ] && [ -z "$(ip netns list)" ]
}

# ready COMMAND...: a step that the lab requires.
ready() {
	"$@" || {
		echo "demo: cannot set up the lab: $*" >&2
		exit 1
	}
}

# A web client, then a flood on one port, then a sequential scan.
live_traffic() {
	trap 'kill $(jobs -p) 2>/dev/null' EXIT
	while :; do
		fetch client $SERVER4 80
		sleep 0.05
	done &
	sleep 1
	in_client flood to_server --protocol udp --port 11211 --count 4000
	in_client nmap -r -n -Pn --max-retries 0 --min-rate 2000 -p 1-4000 $SERVER4
}

set_up() {
	mkdir -p /run/demo/web
	cp scripts/demo.yaml $POLICY
	echo 'hello from the server' >/run/demo/web/index.html
	ready lab_up
	ready serve_web server 80 /run/demo/web
	ready serve_web server 8080 /run/demo/web
	ready serve_echo server udp 7000
	ready serve_echo server udp 27015
	ready serve_web client 80 /run/demo/web
	ready serve_echo client udp 7000
}

set_up

heading "A client and a server, joined by a veth pair"
echo "  client  $CLIENT4  $CLIENT6   web on tcp/80, echo on udp/7000"
echo "  server  $SERVER4  $SERVER6   web on tcp/80 and tcp/8080, echo on udp/7000 and udp/27015"

heading "Without the filter, everything answers"
web 8080 fetches "answered"
datagrams 27015 come_back "came back"

heading "The policy: some ports are open, the rest is dropped (scripts/demo.yaml)"
grep -vE '^ *#|^$' $POLICY | sed 's/^/  /'

heading "Load it onto the server's interface, into the driver (native XDP)"
shown portsieve load to_client --policy $POLICY
must "the kernel runs it in native mode" "to_client" test "$(in_server portsieve status -j |
	jq -r '.devices[0].mode')" = native

heading "Allowed ports still work"
web 80 fetches "answered"
datagrams 7000 come_back "came back"
must "ping $SERVER4" "answered" answers_ping $SERVER4
must "ping $SERVER6" "answered" answers_ping $SERVER6
must "flush the neighbours on both sides, curl again" "resolved again by ARP and ND" forget_and_fetch

heading "All other ports are silent"
web 8080 times_out "timed out"
datagrams 27015 is_silent "silence"
nmap_finds $SERVER4 -sS
nmap_finds $SERVER6 -6 -sS

heading "Open port 8080 while the filter is running"
sed -i 's|tcp/80,443|tcp/80,443,8080|' $POLICY
grep 'name: web' $POLICY | sed 's/^/  /'
read -r web_before _ <<<"$(row web)"
shown portsieve apply $POLICY
web 8080 fetches "answered"
fetches $SERVER4 80
must "the counters of unchanged ranges continue" "$web_before and counting" counters_went_on "$web_before"

heading "The counters of each range"
must "every packet is counted in exactly one row" "$(received_by_driver) received by the driver" within 2 all_counted
echo
shown portsieve stats
echo
shown portsieve status

heading "Its own connections fail: the answers arrive on ports that the policy drops"
must "the server fetches http://$CLIENT4/" "timed out" times_out $CLIENT4 80 server
must "the server fetches http://[$CLIENT6]/" "timed out" times_out $CLIENT6 80 server

heading "With return: socket they work, and denied ports stay silent (docs/examples/host.yaml)"
grep -vE '^ *#|^$' docs/examples/host.yaml | sed 's/^/  /'
echo
shown portsieve apply docs/examples/host.yaml
must "the server fetches http://$CLIENT4/" "answered" fetch server $CLIENT4 80
must "the server fetches http://[$CLIENT6]/" "answered" fetch server $CLIENT6 80
must "the server sends a datagram to $CLIENT4" "came back" echoes server udp $CLIENT4 7000
must "the server sends a datagram to $CLIENT6" "came back" echoes server udp $CLIENT6 7000
must "the server connects to a closed port" "refused at once" is_refused server $CLIENT4 8090
must "nmap $SERVER4: 8080 is served, 8090 is not" "both filtered" nmap_sees_no_service -sS $SERVER4
must "nmap $SERVER6: the same" "both filtered" nmap_sees_no_service -6 -sS $SERVER6
echo
shown portsieve stats

heading "Watch it live: clients, a flood and a scan"
live_traffic >/dev/null 2>&1 &
live=$!
shown portsieve stats --watch=0.5 --count 6 --sort packets
kill $live 2>/dev/null
wait $live

heading "Unload it"
shown portsieve unload to_client
must "nothing is left: no program, no pins" "verified" nothing_left
must "the filtered port answers again" "udp/27015" come_back udp $SERVER4 27015
lab_down
must "the lab is gone too: no servers, no namespaces" "verified" within 5 lab_is_gone

echo
if [ $failed -gt 0 ]; then
	echo "${red}$failed of the steps above failed.${plain}"
	exit 1
fi
echo "All steps succeeded."
