#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/examples: a host with each policy keeps working, over IPv4 and IPv6, and its denied ports are silent.
bats_require_minimum_version 1.5.0
load ../lib/lab

EXAMPLES=$LAB_ROOT/docs/examples
MEGABYTES=5
SIZE=$((MEGABYTES << 20))
# both policies deny these two; something listens on the first
SERVED=60123 UNSERVED=60124
PYTHON=(/usr/bin/python3 -u -c)

setup() {
	lab_up
	mkdir "$BATS_TEST_TMPDIR/web"
	head -c $SIZE /dev/urandom >"$BATS_TEST_TMPDIR/web/file"
	serve_puts client 8080
	serve_web server 80 "$BATS_TEST_TMPDIR/web"
	serve_web server $SERVED
	start client dnsmasq --keep-in-foreground --conf-file=/dev/null --no-resolv --no-hosts \
		--address=/example.test/192.0.2.80 --address=/example.test/2001:db8::80
	within 10 is_listening client udp 53
}

teardown() {
	lab_down
}

# serve_puts NAMESPACE PORT: a web server that sends the file and takes files; it says how long they were.
serve_puts() {
	start "$1" "${PYTHON[@]}" '
import http.server, os, socket, sys
os.chdir(sys.argv[2])
class Server(http.server.ThreadingHTTPServer):
	address_family = socket.AF_INET6
class Handler(http.server.SimpleHTTPRequestHandler):
	def do_PUT(self):
		length = len(self.rfile.read(int(self.headers["Content-Length"])))
		self.send_response(200)
		self.end_headers()
		self.wfile.write(b"%d" % length)
Server(("::", int(sys.argv[1])), Handler).serve_forever()' "$2" "$BATS_TEST_TMPDIR/web"
	within 10 is_listening "$1" tcp "$2"
}

# curl_from NAMESPACE [OPTION]... URL
curl_from() {
	in_namespace "$1" curl -sSg --noproxy '*' --max-time 20 "${@:2}"
}

# resolves ADDRESS: asks this name server by a UDP socket without a peer, as resolvers do that ask several.
resolves() {
	in_server "${PYTHON[@]}" '
import socket, sys
query = bytes.fromhex("123401000001000000000000") + b"\7example\4test\0" + bytes.fromhex("00010001")
s = socket.socket(socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET, socket.SOCK_DGRAM)
s.settimeout(1)
s.sendto(query, (sys.argv[1], 53))
sys.exit(not s.recv(512).endswith(socket.inet_aton("192.0.2.80")))' "$1" 2>/dev/null
}

# Connections that the host opens, and those to its open ports.
host_works() {
	local address port
	for address in $CLIENT4 "[$CLIENT6]"; do
		equal $SIZE "$(curl_from server "http://$address:8080/file" | wc -c)" || return 1
		equal $SIZE "$(curl_from server -T "$BATS_TEST_TMPDIR/web/file" "http://$address:8080/file")" || return 1
		run -7 curl_from server --max-time 5 "http://$address:8089/" || return 1 # refused; 28 would be a timeout
	done
	for address in $SERVER4 "[$SERVER6]"; do
		equal $SIZE "$(curl_from client "http://$address/file" | wc -c)" || return 1
	done
	resolves $CLIENT4 && resolves $CLIENT6
}

# states PORT...: what nmap says of each over IPv4, then over IPv6: open, closed or filtered
states() {
	local ports=$*
	ports=${ports// /,}
	{
		scan "$ports" -sS $SERVER4
		scan "$ports" -6 -sS $SERVER6
	} | cut -d/ -f2 | xargs
}

load_example() {
	in_server portsieve load to_client -p "$EXAMPLES/$1"
	equal native "$(in_server portsieve status -j | jq -r '.devices[0].mode')"
}

# without_return FILE: applies the example with replies denied
without_return() {
	in_server portsieve apply "$(policy "$(sed 's/^return: socket/return: none/' "$EXAMPLES/$1")")"
}

@test "host.yaml: the host keeps working, but not under return: none" {
	host_works
	load_example host.yaml
	host_works
	without_return host.yaml
	run -28 curl_from server --max-time 1 "http://$CLIENT4:8080/file"
	run ! resolves $CLIENT4
}

@test "registered-only.yaml: the host keeps working, but not under return: none" {
	load_example registered-only.yaml
	host_works
	without_return registered-only.yaml
	# a port that nobody has registered, as most ephemeral ones
	run -28 curl_from server --local-port $UNSERVED --max-time 1 "http://$CLIENT4:8080/file"
}

@test "host.yaml: ssh and web are open, and all else is silent, served or not" {
	equal "closed open open closed closed open open closed" "$(states 22 80 $SERVED $UNSERVED)"
	load_example host.yaml
	serve_web server 3306
	equal "closed open filtered filtered filtered closed open filtered filtered filtered" \
		"$(states 22 80 3306 $SERVED $UNSERVED)"
}

@test "registered-only.yaml: registered ports are open, and the others are silent, served or not" {
	load_example registered-only.yaml
	serve_web server 3306
	equal "closed open open filtered filtered closed open open filtered filtered" \
		"$(states 22 80 3306 $SERVED $UNSERVED)"
}

@test "check accepts host.yaml, and warns that registered-only.yaml relies on the registry" {
	run -0 --separate-stderr portsieve check "$EXAMPLES/host.yaml"
	equal "" "$stderr"
	run -0 --separate-stderr portsieve check "$EXAMPLES/registered-only.yaml"
	[[ $stderr == *"'unregistered' drops by IANA's registry alone"* ]]
	equal 1 "$(wc -l <<<"$stderr")"
}

@test "as their comments say, a UDP server on an ephemeral port stays reachable" {
	local file
	serve_echo server udp 51820
	serve_echo server udp 64738 # beyond the ephemeral ports
	for file in host registered-only; do
		in_server portsieve load to_client -p "$EXAMPLES/$file.yaml"
		echoes client udp $SERVER4 51820
		run ! echoes client udp $SERVER4 64738 1
		[[ $(in_server portsieve check "$EXAMPLES/$file.yaml" 2>&1) == *"anybody can send to UDP sockets that may be clients: udp/51820 (ncat)"* ]]
		equal '[51820]' "$(in_server portsieve status -j | jq -c '[.devices[0].drift.reachable_sockets[].port] | unique')"
		in_server portsieve unload to_client
	done
}

@test "the changes that their comments propose work" {
	local file
	for file in host registered-only; do
		# each proposal is one commented rule
		sed 's/^  # - {/  - {/' "$EXAMPLES/$file.yaml" >"$BATS_TEST_TMPDIR/$file.yaml"
	done
	sed -i '/name: ssh, action: allow, ports: tcp\/22}/d' "$BATS_TEST_TMPDIR/host.yaml"
	in_server portsieve load to_client -p "$BATS_TEST_TMPDIR/host.yaml"
	equal "filtered closed" "$(states 22)"
	in_server portsieve apply "$BATS_TEST_TMPDIR/registered-only.yaml"
	equal "closed filtered closed filtered" "$(states 10250 10251)"
}
