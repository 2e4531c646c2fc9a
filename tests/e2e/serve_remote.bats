#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portsieve serve for other machines: TLS, token and cookie; history and alerts.
bats_require_minimum_version 1.5.0
load ../lib/lab

TOKEN=0123456789abcdef0123456789abcdef

setup() {
	lab_up
	lab_user
	in_server portsieve load to_client -p "$(policy '{version: 1, default: drop, rules: [{name: web, action: allow, ports: "tcp/80,9478"}]}')"
	FILES=/run/serve-files # where the user portsieve can read
	rm -rf "$FILES"
	mkdir "$FILES"
	certificate one
	echo $TOKEN >"$FILES/token"
	chown -R 4711:4711 "$FILES"
	chmod 600 "$FILES/token"
}

teardown() {
	lab_down
	lab_user_gone
	rm -rf "$FILES"
}

# certificate NAME: replaces the current one.
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$1" \
		-addext "subjectAltName=IP:192.0.2.2" -keyout "$FILES/key" -out "$FILES/cert" 2>/dev/null
	chown 4711:4711 "$FILES/key" "$FILES/cert"
}

# serves [OPTION]...
serves() {
	start server portsieve serve "$@"
	SERVER=${LAB_PIDS[-1]}
}

serves_others() {
	serves --listen 192.0.2.2:9478 --tls-cert "$FILES/cert" --tls-key "$FILES/key" --token "$FILES/token"
	within 10 status / 200
}

# asks PATH [CURL OPTION]...: from the client.
asks() {
	in_client curl --silent --show-error --noproxy '*' --max-time 10 --cacert "$FILES/cert" "${@:2}" "https://192.0.2.2:9478$1"
}

# status PATH STATUS [CURL OPTION]...
status() {
	equal "$2" "$(asks "$1" --output /dev/null --write-out '%{http_code}' "${@:3}")"
}

@test "other machines need TLS and the token, or its cookie" {
	serves_others
	local path
	for path in /metrics /api/status /api/stream /api/history /api/session; do
		status $path 401
		status $path 401 -H "Authorization: Bearer ${TOKEN}x"
		status $path 401 -H "Authorization: Bearer"
		status $path 401 -H "Authorization: Basic $TOKEN"
		status $path 401 -H "Cookie: portsieve=$TOKEN"
	done
	[[ $(asks /metrics --head) == *"WWW-Authenticate: Bearer"* ]]
	status / 200 # the page, which asks for the rest
	status /metrics 200 -H "Authorization: Bearer $TOKEN"
	status /api/status 200 -H "Authorization: bearer $TOKEN"
	status /api/session 204 -H "Authorization: Bearer $TOKEN" --cookie-jar "$FILES/jar"
	[[ $(asks /api/session --head -H "Authorization: Bearer $TOKEN") == *"Set-Cookie: portsieve="*"; Path=/; HttpOnly; SameSite=Strict; Secure"* ]]
	status /api/status 200 --cookie "$FILES/jar"
	! grep -q $TOKEN "$FILES/jar"
	status /metrics 403 -H "Authorization: Bearer $TOKEN" -H "Origin: http://192.0.2.2:9478"
	status /metrics 200 -H "Authorization: Bearer $TOKEN" -H "Origin: https://192.0.2.2:9478"
	# not without TLS
	run -52 in_client curl --silent --noproxy '*' --max-time 5 http://192.0.2.2:9478/
	# nor by old versions
	run in_client timeout 5 openssl s_client -connect 192.0.2.2:9478 -tls1_1 -cipher ALL:@SECLEVEL=0 </dev/null
	[[ $output != *"Cipher is ECDHE"* ]]
	equal "" "$(in_client timeout 5 curl --silent --noproxy '*' -k --max-time 2 --tls-max 1.1 https://192.0.2.2:9478/)"
}

@test "SIGHUP reloads certificate, key and token, and keeps the old ones if they are bad" {
	serves_others
	in_client timeout 60 curl --silent --noproxy '*' --cacert "$FILES/cert" --no-buffer -H "Authorization: Bearer $TOKEN" \
		https://192.0.2.2:9478/api/stream >"$BATS_TEST_TMPDIR/stream" &
	within 20 grep -q 'event: frame' "$BATS_TEST_TMPDIR/stream"
	cp "$FILES/cert" "$FILES/cert1"
	certificate two
	kill -HUP "$SERVER"
	within 20 status / 200 # by the new certificate
	echo fedcba9876543210fedcba9876543210 >"$FILES/token"
	kill -HUP "$SERVER"
	within 20 status /metrics 401 -H "Authorization: Bearer $TOKEN"
	status /metrics 200 -H "Authorization: Bearer fedcba9876543210fedcba9876543210"
	echo nonsense >"$FILES/key"
	kill -HUP "$SERVER"
	sleep 2
	status /metrics 200 -H "Authorization: Bearer fedcba9876543210fedcba9876543210"
	kill -0 "$SERVER"
}

@test "unsafe options are refused" {
	refused 2 "needs --tls-cert, --tls-key and --token" in_server portsieve serve --listen 192.0.2.2:9478
	refused 2 "needs --tls-cert, --tls-key and --token" in_server portsieve serve --listen 192.0.2.2:9478 --token "$FILES/token"
	refused 2 "--tls-cert and --tls-key belong together" in_server portsieve serve --tls-cert "$FILES/cert"
	chmod 644 "$FILES/token"
	refused 1 "chmod 640" in_server portsieve serve --token "$FILES/token"
	chmod 600 "$FILES/token"
	echo short >"$FILES/token"
	refused 1 "write 16 to 256 characters" in_server portsieve serve --token "$FILES/token"
	echo nonsense >"$FILES/cert"
	refused 1 "cannot use the certificate" in_server portsieve serve --tls-cert "$FILES/cert" --tls-key "$FILES/key"
	refused 1 "it is not a history" in_server portsieve serve --history "$FILES/cert"
}

@test "the history survives a restart, and one of another version is emptied" {
	serves --history "$FILES/history"
	within 10 in_server curl --silent --fail http://127.0.0.1:9478/
	in_client ping -q -c 3 -i 0.2 192.0.2.2 >/dev/null || true
	in_server portsieve apply "$(policy '{version: 1, default: allow}')"
	sleep 2.5
	refused 1 "another server already does" in_server portsieve serve --listen 127.0.0.1:9479 --history "$FILES/history"
	local before size
	before=$(in_server curl --silent http://127.0.0.1:9478/api/history | jq -c '[.fine.start, .fine.passed.packets, .marks]')
	kill "$SERVER"
	wait "$SERVER"
	size=$(stat -c %s "$FILES/history")
	serves --history "$FILES/history"
	within 10 in_server curl --silent --fail http://127.0.0.1:9478/
	sleep 2
	# each second that was known is the same
	in_server curl --silent http://127.0.0.1:9478/api/history |
		jq -e --argjson before "$before" '.marks == $before[2] and .marks != [] and (. as $now | [$before[1] | to_entries[] |
			select(.value != null and .key + $before[0] - $now.fine.start >= 0) |
			.value == $now.fine.passed.packets[.key + $before[0] - $now.fine.start]] | length >= 2 and .[0:-1] == (.[0:-1] | map(true)))' >/dev/null
	kill "$SERVER"
	wait "$SERVER"
	equal "$size" "$(stat -c %s "$FILES/history")"
	printf '\377' | dd of="$FILES/history" bs=1 seek=16 conv=notrunc 2>/dev/null # the version
	serves --history "$FILES/history"
	within 10 in_server curl --silent --fail http://127.0.0.1:9478/
	equal '[]' "$(in_server curl --silent http://127.0.0.1:9478/api/history | jq -c .marks)"
	equal "$size" "$(stat -c %s "$FILES/history")"
}

@test "a history of random bytes does no harm" {
	serves --history "$FILES/history"
	within 10 in_server curl --silent --fail http://127.0.0.1:9478/
	sleep 1.2
	kill "$SERVER"
	wait "$SERVER"
	# keeps the names, so that the rest is read
	dd if=/dev/urandom of="$FILES/history" bs=4096 seek=2 count=6000 conv=notrunc 2>/dev/null
	serves --history "$FILES/history"
	within 10 in_server curl --silent --fail http://127.0.0.1:9478/
	in_server curl --silent --fail http://127.0.0.1:9478/api/history | jq -e .fine >/dev/null
	in_server timeout 60 python3 "$LAB_ROOT/tests/lib/frames.py" 1 >/dev/null
	kill -0 "$SERVER"
}

@test "as root, serve fails without the user portsieve, with one message" {
	lab_user_gone
	refused 1 "the user portsieve does not exist; create it: useradd" in_server portsieve serve --alert-command true
	equal 1 "$(wc -l <<<"$stderr")"
	lab_user
}

@test "recorded packets that are lost are an alert and a counter" {
	in_server portsieve upgrade to_client --events=dropped
	serves --alert-command "echo \$PORTSIEVE_ALERT \$PORTSIEVE_STATE: \$PORTSIEVE_TEXT >>$FILES/alerts"
	within 10 lost 0
	# a server that does not get to read them while more come than are kept: 4,096 of a CPU, 1 in 64
	kill -STOP "$SERVER"
	in_client flood to_server --protocol udp --port 9 --count $((64 * 4096 * $(nproc) * 3 / 2)) --rush >/dev/null
	kill -CONT "$SERVER"
	within 20 grep -q "^lost begin: recorded packets are overwritten before they are read" "$FILES/alerts"
	! lost 0
	lost '[1-9][0-9]*'
	run -0 "$LAB_ROOT/build/prometheus/promtool" check metrics < <(in_server curl --silent http://127.0.0.1:9478/metrics)
}

# lost NUMBER: the counter of /metrics.
lost() {
	in_server curl --silent --fail http://127.0.0.1:9478/metrics | grep -qx "portsieve_events_lost_total{device=\"to_client\"} $1"
}

@test "the alert command runs for each beginning and end, without privileges" {
	serves --alert-command "env | grep ^PORTSIEVE_ | sort | tr '\n' ' ' >>$FILES/alerts; id -un >>$FILES/alerts"
	within 10 in_server curl --silent --fail http://127.0.0.1:9478/
	sleep 1.5
	in_server portsieve unload to_client
	within 20 grep -q unfiltered "$FILES/alerts"
	equal "PORTSIEVE_ALERT=unfiltered PORTSIEVE_DEVICES=to_client PORTSIEVE_STATE=begin PORTSIEVE_SUPPRESSED=0 PORTSIEVE_TEXT=nothing filters to_client any more portsieve" \
		"$(cat "$FILES/alerts")"
	# the process that starts it ends with the server
	local starter
	starter=$(pgrep -P "$SERVER")
	kill "$SERVER"
	wait "$SERVER"
	within 20 eval "! kill -0 $starter"
}
