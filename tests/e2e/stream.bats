#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# portsieve serve: stream, history and strip, compared with the commands.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	lab_user
	lab_without_ipv6
	in_server portsieve load to_client --per-port=all -p "$(policy 'version: 1
default: drop
rules:
  - {name: web, action: allow, ports: "tcp/80,443"}
  - {name: dns, action: allow, ports: "udp/53 tcp/53"}')"
	start server portsieve serve
	SERVER=${LAB_PIDS[-1]}
	within 5 get /
}

teardown() {
	lab_down
	lab_user_gone
	[ -z "${CGROUPS:-}" ] || rmdir $CGROUPS
}

# get PATH [CURL OPTION]...: without options JSON, which is validated
get() {
	local answer="cat"
	[ $# -gt 1 ] || [[ $1 != /api/* || $1 == /api/strip* ]] || answer="lab_answer $1 200"
	in_server curl --silent --show-error --fail --max-time 10 "${@:2}" "http://127.0.0.1:9478$1" | $answer
	return "${PIPESTATUS[0]}"
}

# frames SECONDS [QUERY]: a line of JSON each.
frames() {
	in_server timeout 30 python3 "$LAB_ROOT/tests/lib/frames.py" "$@" | lab_answer "/api/stream${2:-}" 200
	return "${PIPESTATUS[0]}"
}

# frame [QUERY]: the latest one.
frame() {
	frames 0 "$@"
}


# has QUERY: is the filter of jq true for the frame?
has() {
	frame "${2:-}" | jq -e "$1" >/dev/null
}
# sends PORT,COUNT...: COUNT UDP packets to the server's port.
sends() {
	in_client python3 -c '
import socket, sys
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for word in sys.argv[1:]:
    port, count = map(int, word.split(","))
    for _ in range(count):
        client.sendto(b"x", ("192.0.2.2", port))' "$@"
}

# value PACKETS: on the scale of the strip.
value() {
	python3 -c 'import math, sys; print(min(255, round(16 * math.log2(1 + int(sys.argv[1])))))' "$1"
}

@test "there are two frames a second, and they agree with the commands" {
	frames 4 >"$BATS_TEST_TMPDIR/frames" &
	local reader=$!
	sleep 1
	sends 11211,500 53,20
	wait $reader
	# a frame each half second of the server's clock, but for those that a busy machine skips
	jq -e -s '[.[].time | sub("[.].*"; "Z") | fromdate] | length as $count | .[-1] - .[0] |
		$count <= 2 * . + 3 and $count >= . and . >= 2' "$BATS_TEST_TMPDIR/frames" >/dev/null
	# each frame's rates are those of its interval: they add up to what was sent
	equal "500 20" "$(jq -s '[.[] | (.interval_ms / 1000) as $seconds | [.rates.dropped.packets * $seconds,
		(.rules[] | select(.rule == "dns") | .passed * $seconds)]] | transpose | map(add | round)' \
		-c "$BATS_TEST_TMPDIR/frames" | tr -d '[]' | tr ',' ' ')"
	equal "live to_client native all" "$(tail -1 "$BATS_TEST_TMPDIR/frames" |
		jq -r '"\(.state) \(.group[0]) \(.attach) \(.per_port)"')"
	local last
	last=$(tail -1 "$BATS_TEST_TMPDIR/frames")
	equal "$(in_server portsieve status -j | jq -c '.devices[0].policy | [.source, .sha256, .default]')" \
		"$(jq -c '.policy | [.source, .sha256, .default]' <<<"$last")"
	equal "$(in_server portsieve stats -j | jq '[.devices[0] | (.ranges + .reasons)[] | .dropped.packets] | add | tostring')" \
		"$(jq .totals.dropped <<<"$last")"
	# the strip: a second with 500 packets on udp/11211, or two that share them
	equal 500 "$(jq -s '[.[] | .ports[] | select(.port == 11211 and .protocol == "udp") | .dropped] | unique | add | round' \
		"$BATS_TEST_TMPDIR/frames")"
	jq -e -s '[.[] | .strip.second // empty] | length >= 2 and . == unique' "$BATS_TEST_TMPDIR/frames" >/dev/null
}

@test "the strip has packets by port and by column, the history by rule" {
	within 5 has '.strip != null'
	# in the middle of a second: a busy machine may read it late
	local millis=$((${EPOCHREALTIME/./} / 1000 % 1000))
	sleep "$(awk -v ms=$millis 'BEGIN { printf "%.3f", (1400 - ms) / 1000 }')"
	sends 11211,500 11213,3 53,20
	sleep 2.2
	get "/api/strip?low=11200&high=11219&plane=udp_dropped" --dump-header "$BATS_TEST_TMPDIR/head" --output "$BATS_TEST_TMPDIR/strip"
	local area
	area=$(sed -n 's/^X-Strip: //p' "$BATS_TEST_TMPDIR/head" | lab_answer /api/strip 200)
	equal "20 11200 11219" "$(jq -r '"\(.columns) \(.low) \(.high)"' <<<"$area")"
	# rows FILE COLUMNS FIRST COUNT: some columns of the rows that have anything there, a line each
	rows() {
		od -An -v -w"$2" -tu1 "$1" | awk -v first="$3" -v count="$4" \
			'{ line = ""; any = 0; for (i = first + 1; i <= first + count; i++) { line = line " " $i; any += $i }; if (any) print substr(line, 2) }'
	}
	equal "$(value 500) $(value 0) $(value 3)" "$(rows "$BATS_TEST_TMPDIR/strip" 20 11 3)"
	equal "$(($(jq .rows <<<"$area") * 20))" "$(stat -c %s "$BATS_TEST_TMPDIR/strip")"
	# of all ports: 1,024 columns
	equal 1024 "$(get "/api/strip?plane=udp_passed" --head | sed -n 's/^X-Strip: //p' | jq .columns)"
	get "/api/strip?plane=udp_passed" --output "$BATS_TEST_TMPDIR/passed"
	equal "$(value 20)" "$(rows "$BATS_TEST_TMPDIR/passed" 1024 0 1)"
	get "/api/strip?plane=udp_dropped_ports" --output "$BATS_TEST_TMPDIR/ports"
	equal 2 "$(rows "$BATS_TEST_TMPDIR/ports" 1024 $((11211 / 64)) 1)"
	equal 0 "$(get "/api/strip?since=99999999999" | wc -c)"
	local bad
	for bad in low=x low=9\&high=8 high=65536 plane=tcp since=-1; do
		equal 400 "$(get "/api/strip?$bad" --no-fail --output "$BATS_TEST_TMPDIR/refused" --write-out '%{http_code}')"
		lab_answer "/api/strip?$bad" 400 <"$BATS_TEST_TMPDIR/refused" >/dev/null
		equal usage "$(jq -r '.errors[0].code' "$BATS_TEST_TMPDIR/refused")"
	done
	equal 404 "$(get "/api/strip?device=nosuch" --no-fail --output /dev/null --write-out '%{http_code}')"

	get /api/history >"$BATS_TEST_TMPDIR/history"
	# rates: a busy machine's readings are not exactly a second apart
	equal "true 20 900 1440" "$(jq -r '([.fine.dropped.packets[] // 0] | max) as $dropped | "\($dropped > 200 and $dropped < 800
		) \(.fine.rules[] | select(.rule == "dns") | .packets | map(. // 0) | max / $dropped * 503 | round
		) \(.fine.passed.bits | length) \(.coarse.dropped.packets | length)"' "$BATS_TEST_TMPDIR/history")"
	equal '["coarse","group","marks","schema","time"]' "$(get '/api/history?span=coarse' | jq -c 'keys')"
	equal 400 "$(get '/api/history?span=day' --no-fail --output /dev/null --write-out '%{http_code}')"
	equal null "$(jq '.fine.passed.packets[0]' "$BATS_TEST_TMPDIR/history")" # before the start
}

@test "the latest recorded packets and the sources of drops are in the frames" {
	has '.recorded == "off" and .events == [] and .sources == []'
	in_server portsieve upgrade to_client --events=dropped
	within 5 has '.recorded == "dropped"'
	in_client flood to_server --source 198.51.100.1 --protocol tcp --port 23 --count 10 >/dev/null
	within 5 has '.events[0].port == 23'
	in_client flood to_server --source 198.51.100.2 --protocol udp --port 11211 --count 60 >/dev/null
	in_client flood to_server --source 198.51.100.2 --protocol udp --port 11212 --count 20 >/dev/null
	in_server received to_client >/dev/null
	within 5 has '.events[0].port == 11212'
	equal "$(in_server portsieve events --last 10 -j)" "$(frame | jq -c '.events | reverse[]')"
	equal '["198.51.100.2",null,null] ["198.51.100.1","tcp",23]' \
		"$(frame | jq -c '.sources[:2][] | [.address, .protocol, .port]' | xargs -d '\n')"
	# 1 in 6 of what came in a second, or of two that share it, and less later
	has '.sources[0].about as $about | $about > 0 and $about < 14'
	start client flood to_server --source 203.0.113.1 --sources 3 --protocol udp --port 11211 --rate 10000 --seconds 60
	within 50 has '.sentence | test("packets/s dropped on udp/11211.* from at least 3 sources")'
	has '[.sources[:3][] | .address] | sort == ["203.0.113.1", "203.0.113.2", "203.0.113.3"]'
	within 10 has '.sources[0].about > 2000 and .sources[0].about < 5000'
}

@test "a listener on a denied port is named by unit or container, without privileges" {
	local root id unit
	root=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
	id=$(printf '%064x' $$)
	unit=portsieve-test-$$.service
	[ -n "$root" ] && mkdir "$root/$unit" "$root/docker-$id.scope" 2>/dev/null || skip "cgroup2 is not mounted, or not writable"
	CGROUPS="$root/$unit $root/docker-$id.scope"
	start server bash -c 'echo $$ >"$0/cgroup.procs" && exec python3 "$@"' "$root/$unit" "$LAB_ROOT/tests/lib/listen.py" tcp,0.0.0.0,8010
	start server bash -c 'echo $$ >"$0/cgroup.procs" && exec python3 "$@"' "$root/docker-$id.scope" "$LAB_ROOT/tests/lib/listen.py" udp,0.0.0.0,8011
	within 10 is_bound server tcp 8010
	within 10 is_bound server udp 8011
	in_client flood to_server --protocol tcp --port 8010 --count 5 >/dev/null
	in_client flood to_server --protocol udp --port 8011 --count 5 >/dev/null
	equal 4711 "$(awk '/^Uid:/ { print $3 }' "/proc/$SERVER/status")" # it is not root
	# listeners are looked for each 10 s
	within 20 has '.ports | map({key: "\(.port)", value: .listener}) | from_entries |
		.["8010"] == "'$unit'" and .["8011"] == "container '"${id:0:12}"'"'
	equal "8010 null $unit null
8011 null null ${id:0:12}" "$(get /api/status | jq -r '.devices[0].drift.denied_listeners[] | select(.port == (8010, 8011)) |
		"\(.port) \(.process) \(.unit) \(.container)"' | sort)"
	lab_stop
	lab_stop
	within 5 eval '! grep -q "populated 1" '"$root/$unit/cgroup.events $root/docker-$id.scope/cgroup.events"
}

# marks: the words of all marks, one after the other.
marks() {
	get /api/history | jq -r '[.marks[].what] | join(" ")'
}

# marked WORD: is it the latest mark?
marked() {
	[ "$(marks | awk '{ print $NF }')" = "$1" ]
}

@test "frames always have the state, and changes leave marks" {
	has '.state == "live" and .group == ["to_client"]'
	equal "" "$(marks)"
	in_server portsieve apply "$(policy '{version: 1, default: allow}')"
	within 10 marked apply
	has '.policy.default == "allow"'
	in_server portsieve apply --confirm 5m "$(policy '{version: 1, default: drop}')"
	within 10 has '.pending_confirm_seconds > 100'
	in_server portsieve rollback
	within 10 marked rollback
	has '.pending_confirm_seconds == null and .policy.default == "allow"'
	in_server portsieve apply --confirm 5m "$(policy '{version: 1, default: drop, rules: [{name: web, action: allow, ports: tcp/80}]}')"
	within 10 has '.pending_confirm_seconds > 100'
	in_server portsieve confirm
	within 10 marked confirm
	in_server portsieve upgrade to_client
	within 10 marked upgrade
	has '.state == "live"'
	in_server portsieve unload to_client
	within 10 marked unload
	has '.state == "not loaded" and .group == ["to_client"] and .policy == null'
	in_server portsieve load to_client
	within 10 marked load
	has '.state == "live"'
	in_server ip link delete to_client
	within 10 marked unload
	within 10 has '.state == "not loaded" and (.sentence | startswith("nothing is loaded any more"))'
	lab_veth server to_client client to_server
	in_server portsieve load to_client
	within 10 marked load
	has '.state == "live"'
	has '.state == "not loaded" and .group == []' '?device=nosuch'
	equal "apply apply rollback apply confirm upgrade unload load unload load" "$(marks)"
}

@test "a device with another ABI is stale, with the reason" {
	has '.state == "live"'
	in_server portsieve unload to_client
	in_server "$LAB_ROOT/build/abi/portsieve" load to_client
	within 10 has '.state == "stale" and (.message | test("another version of portsieve"))'
	in_server "$LAB_ROOT/build/abi/portsieve" unload to_client
	within 10 has '.state == "not loaded" and .message == null'
	in_server portsieve load to_client
	within 10 has '.state == "live" and .message == null'
	equal load "$(marks | awk '{ print $NF }')"
}

@test "a slow client skips frames and does not delay others" {
	# long frames, so that the kernel keeps only a few
	in_server portsieve apply "$(policy "version: 1
default: drop
rules:
$(seq 1000 1099 | sed 's/.*/  - {name: a-rule-of-a-long-name-&, action: allow, ports: tcp\/&}/')")"
	in_server timeout 60 python3 "$LAB_ROOT/tests/lib/frames.py" --slowly 25 >"$BATS_TEST_TMPDIR/numbers" &
	local reader=$!
	sleep 2
	local start=${EPOCHREALTIME/./}
	get /metrics >/dev/null
	[ $((${EPOCHREALTIME/./} - start)) -lt 1000000 ]
	wait $reader
	echo "$(wc -l <"$BATS_TEST_TMPDIR/numbers") frames, $(head -1 "$BATS_TEST_TMPDIR/numbers") to $(tail -1 "$BATS_TEST_TMPDIR/numbers")"
	equal "$(sort -n "$BATS_TEST_TMPDIR/numbers" | uniq)" "$(cat "$BATS_TEST_TMPDIR/numbers")"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/numbers")" -ge 10 ]
	local skipped
	skipped=$(awk 'NR > 1 && $1 - before > 1 { skipped++ } { before = $1 } END { print skipped + 0 }' "$BATS_TEST_TMPDIR/numbers")
	[ "$skipped" -ge 3 ]
}
