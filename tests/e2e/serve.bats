#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portsieve serve, with curl, Debian's Prometheus and hostile clients.
bats_require_minimum_version 1.5.0
load ../lib/lab

PROMETHEUS=$LAB_ROOT/build/prometheus
GROUP_ID=4711
SOCKET=/run/serve.sock

setup() {
	lab_up
	lab_user
	in_server portsieve load to_client -p "$(policy 'version: 1
default: drop
rules:
  - {name: web, action: allow, ports: "tcp/80,443"}
  - {name: dns, action: allow, ports: "udp/53 tcp/53"}')"
	start server portsieve serve --listen 127.0.0.1:9478 --socket "$SOCKET"
	SERVER=${LAB_PIDS[-1]}
	within 5 get /
}

teardown() {
	lab_down
	lab_user_gone
	rm -f "$SOCKET"
}

# get PATH [CURL OPTION]...: over TCP. JSON is validated.
get() {
	local code
	if [ $# = 1 ] && [[ $1 == /api/* ]]; then
		code=$(in_server curl --silent --show-error --max-time 10 --output "$BATS_TEST_TMPDIR/answer" \
			--write-out '%{http_code}' "http://127.0.0.1:9478$1")
		lab_answer "$1" "$code" <"$BATS_TEST_TMPDIR/answer"
		return
	fi
	in_server curl --silent --show-error --max-time 10 "${@:2}" "http://127.0.0.1:9478$1"
}

# status_of PATH [CURL OPTION]...: the status of HTTP.
status_of() {
	get "$1" --output /dev/null --write-out '%{http_code}' "${@:2}"
}

# The same JSON except for the time, counters that continue, and what only root can know.
same_json() {
	local some='del(.time, (.devices[]? | .counted, .drift, .attach_reason, .link_id))'
	equal "$(jq -S "$some" <<<"$1")" "$(jq -S "$some" <<<"$2")"
}

@test "the metrics are those of stats, and promtool and Prometheus accept them" {
	scan 22,80,443 "$SERVER4" >/dev/null
	get /metrics >"$BATS_TEST_TMPDIR/metrics"
	run -0 "$PROMETHEUS/promtool" check metrics <"$BATS_TEST_TMPDIR/metrics"
	equal "" "$output"
	equal "$(in_server portsieve stats --prometheus | grep '^portsieve_.*rule="web"')" \
		"$(grep '^portsieve_.*rule="web"' "$BATS_TEST_TMPDIR/metrics")"
	[[ $(get /metrics --head) == *'text/plain; version=0.0.4'* ]]
	[[ $(get /metrics --head -H 'Accept: application/openmetrics-text; version=1.0.0') == *application/openmetrics-text* ]]
	equal '# EOF' "$(get /metrics -H 'Accept: application/openmetrics-text; version=1.0.0' | tail -1)"

	printf 'scrape_configs: [{job_name: portsieve, scrape_interval: 1s, static_configs: [{targets: ["127.0.0.1:9478"]}]}]\n' \
		>"$BATS_TEST_TMPDIR/prometheus.yaml"
	start server "$PROMETHEUS/prometheus" --config.file="$BATS_TEST_TMPDIR/prometheus.yaml" --log.level=error \
		--storage.tsdb.path="$BATS_TEST_TMPDIR/tsdb" --web.listen-address=127.0.0.1:9090
	within 30 has_scraped
	equal "$(row web | cut -d' ' -f1)" "$(asks 'portsieve_packets_total{rule="web",verdict="passed"}')"
	equal 1 "$(asks 'portsieve_device_up{device="to_client",mode="native",attach="link"}')"
	equal 1 "$(asks 'up{job="portsieve"}')"
}

@test "the alerting rules fire in their cases, and each query of the dashboard works" {
	run -0 "$PROMETHEUS/promtool" check rules "$LAB_ROOT/packaging/prometheus/portsieve.rules.yaml"
	run -0 "$PROMETHEUS/promtool" test rules "$LAB_ROOT/tests/prometheus/rules_test.yaml"
	printf 'scrape_configs: [{job_name: portsieve, scrape_interval: 1s, static_configs: [{targets: ["127.0.0.1:9478"]}]}]\n' \
		>"$BATS_TEST_TMPDIR/prometheus.yaml"
	start server "$PROMETHEUS/prometheus" --config.file="$BATS_TEST_TMPDIR/prometheus.yaml" --log.level=error \
		--storage.tsdb.path="$BATS_TEST_TMPDIR/tsdb" --web.listen-address=127.0.0.1:9090
	in_server portsieve apply "$(policy '{version: 1, default: drop, rules: [{name: old, action: drop, ports: tcp/23, mode: monitor}, {name: web, action: allow, ports: tcp/23-80}]}')"
	within 30 has_counted
	in_server portsieve allow tcp/81 # a change, which the dashboard marks
	local query queries=0
	while read -r query; do
		query=${query//\$__rate_interval/10s}
		query=${query//'$instance'/.*}
		within 15 answers "${query//'$device'/.*}"
		queries=$((queries + 1))
	done < <(jq -r '.panels[].targets[].expr, .annotations.list[].expr' "$LAB_ROOT/packaging/grafana/portsieve.json")
	equal 8 $queries
}

# Each call sends a packet of each kind, so that the rates of the next seconds are not zero.
has_counted() {
	scan 22,23,80 "$SERVER4" >/dev/null
	[ "$(asks 'sum(rate(portsieve_packets_total{verdict="would_drop"}[10s])) > bool 0')" = 1 ]
}

# answers QUERY: does it have a result?
answers() {
	scan 22,23,80 "$SERVER4" >/dev/null
	[ "$(asks "count($1)")" != null ]
}

# asks QUERY: of Prometheus.
asks() {
	in_server curl --silent --get --data-urlencode "query=$1" http://127.0.0.1:9090/api/v1/query |
		jq -r '.data.result[0].value[1]'
}

has_scraped() {
	[ "$(asks 'portsieve_packets_total{rule="web",verdict="passed"}')" = "$(row web | cut -d' ' -f1)" ]
}

@test "the API has the JSON of the commands, errors and their status included" {
	same_json "$(in_server portsieve status -j)" "$(get /api/status)"
	same_json "$(in_server portsieve show -j)" "$(get /api/policy)"
	same_json "$(in_server portsieve stats to_client -j | jq 'del(.devices[].reasons, .devices[].ranges[].passed)')" \
		"$(get '/api/stats?device=to_client' | jq 'del(.devices[].reasons, .devices[].ranges[].passed)')"
	local packet='tcp 192.0.2.7:40000 > 198.51.100.1:80 S'
	equal "pass web" "$(get "/api/explain" --get --data-urlencode "packet=$packet" | jq -r '"\(.verdict) \(.rule.name? // .rule)"')"
	equal 400 "$(status_of '/api/explain?packet=nonsense')"
	equal usage "$(get '/api/explain?packet=nonsense' | jq -r '.errors[0].code')"
	equal 404 "$(status_of '/api/status?device=nosuch')"
	# a device's name is not an option
	equal 404 "$(status_of '/api/status?device=--help')"
	equal 400 "$(status_of '/api/explain?packet=--help')"
	[[ $(get /) == *"<title>portsieve</title>"* ]]
}

@test "recorded packets and their sources are in the API" {
	[[ $(get /api/events | jq -r '.errors[].message') == "to_client records no packets"* ]]
	equal 500 "$(status_of /api/sources)"
	in_server portsieve upgrade to_client --events=dropped
	in_client flood to_server --source 198.51.100.1 --protocol udp --port 11211 --count 30 >/dev/null
	in_client flood to_server --source 198.51.100.2 --protocol tcp --port 23 --count 20 >/dev/null
	in_server received to_client >/dev/null
	sleep 0.6 # answers are kept for half a second
	get /api/events >"$BATS_TEST_TMPDIR/events"
	equal "30 20" "$(jq -s -r '[.[] | select(.source == ("198.51.100.1", "198.51.100.2")) | .source] |
		group_by(.) | map(length) | "\(.[0]) \(.[1])"' "$BATS_TEST_TMPDIR/events")"
	equal "$(in_server portsieve events --last 100 -j)" "$(cat "$BATS_TEST_TMPDIR/events")"
	[[ $(get '/api/events?device=to_client' --head) == *"application/x-ndjson"* ]]
	equal "198.51.100.1 30 udp 11211
198.51.100.2 20 tcp 23" "$(get /api/sources | jq -r '.devices[0].sources[] | select(.noise | not) | "\(.source) \(.dropped) \(.protocol) \(.port)"')"
	equal 404 "$(status_of '/api/events?device=nosuch')"
}

@test "other methods, other sites, other names and unknown paths are refused" {
	equal 405 "$(status_of /metrics -X POST -d x=1)"
	equal 405 "$(status_of /api/status -X DELETE)"
	equal 200 "$(status_of /metrics --head)"
	equal 404 "$(status_of /nosuch)"
	equal 404 "$(status_of /api/../etc/passwd --path-as-is)"
	equal 421 "$(status_of /metrics -H 'Host: attacker.example')"
	equal 421 "$(status_of /metrics -H 'Host: 127.0.0.1.attacker.example')"
	equal 421 "$(status_of /metrics -H 'Host:')"
	equal 200 "$(status_of /metrics -H 'Host: localhost:9478')"
	equal 403 "$(status_of /metrics -H 'Origin: http://attacker.example')"
	equal 200 "$(status_of /metrics -H 'Origin: http://127.0.0.1:9478')"
	[[ $(get / --head) == *"Content-Security-Policy: default-src 'none'"* ]]
	equal 431 "$(status_of /metrics -H "X: $(head -c 40000 /dev/zero | tr '\0' x)")"
	equal 414 "$(status_of "/api/explain?packet=$(head -c 600 /dev/zero | tr '\0' x)")"
	# a Unix socket is protected by its mode instead
	in_server curl --silent --fail --unix-socket "$SOCKET" http://any/metrics >/dev/null
	equal "660 portsieve" "$(stat -c '%a %G' "$SOCKET")"
}

@test "serve has no privileges, and its system calls are limited" {
	local status=/proc/$SERVER/status
	equal "$GROUP_ID $GROUP_ID" "$(awk '/^[UG]id:/ { print $3 }' $status | xargs)"
	equal 0000000000000000 "$(awk '/^CapEff:/ { print $2 }' $status)"
	equal 0000000000000000 "$(awk '/^CapBnd:/ { print $2 }' $status)"
	equal "1 2" "$(awk '/^NoNewPrivs:|^Seccomp:/ { print $2 }' $status | xargs)"
	refused 2 "use a reverse proxy in front of 127.0.0.1, or --insecure" in_server portsieve serve --listen 192.0.2.2:9479
	refused 2 "write ADDRESS:PORT" in_server portsieve serve --listen 9479
	refused 1 "cannot listen on 127.0.0.1:9478: Address already in use" in_server portsieve serve
	refused 1 "another server already does" in_server portsieve serve --socket "$SOCKET"
}

@test "serve survives unload, load, upgrade and a re-created device" {
	in_server portsieve unload to_client
	sleep 0.6 # answers are kept for half a second
	equal '[]' "$(get /api/status | jq -c .devices)"
	[[ $(get /metrics) != *to_client* ]]
	in_server portsieve load to_client
	sleep 0.6
	equal '["to_client"]' "$(get /api/status | jq -c '[.devices[].device]')"
	in_server portsieve upgrade to_client
	sleep 0.6
	equal '["to_client"]' "$(get /api/status | jq -c '[.devices[].device]')"
	in_server ip link delete to_client
	sleep 0.6
	equal 200 "$(status_of /api/status)"
	kill "$SERVER"
	wait "$SERVER"
}

@test "hostile clients do not delay others" {
	in_server timeout 200 python3 "$LAB_ROOT/tests/lib/hostile_clients.py" 9478
	kill -0 "$SERVER"
	equal 200 "$(status_of /metrics)"
	[ "$(awk '/^VmRSS:/ { print $2 }' "/proc/$SERVER/status")" -lt 65536 ]
}

@test "systemd finds nothing wrong with the unit, and little exposed" {
	make -s -C "$LAB_ROOT" install DESTDIR="$BATS_TEST_TMPDIR/dest" PREFIX=/usr >/dev/null
	local unit=$BATS_TEST_TMPDIR/dest/usr/lib/systemd/system/portsieve-serve.service
	sed -i 's|^ExecStart=/usr/sbin/portsieve|ExecStart=/bin/true|' "$unit" # verify requires the file to exist
	run -0 systemd-analyze verify --man=no "$unit"
	equal "" "$output"
	run -0 systemd-analyze security --offline=true --no-pager "$unit"
	local level
	level=$(grep -oE 'exposure level .*: [0-9.]+' <<<"$output" | grep -oE '[0-9.]+$')
	awk -v level="$level" 'BEGIN { exit !(level > 0 && level <= 2.0) }'
}
