#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# stats --prometheus, judged by promtool and compared with the JSON of stats.
bats_require_minimum_version 1.5.0
load ../lib/lab

PROMTOOL=$LAB_ROOT/build/prometheus/promtool

setup() {
	lab_up
	in_server portsieve load to_client -p "$(policy 'version: 1
default: drop
return: none
rules:
  - {name: web, action: allow, ports: "tcp/80,443"}
  - {name: tele, action: drop, ports: tcp/23, mode: monitor}
  - {name: telnet, action: allow, ports: tcp/23}
  - {name: dns, action: allow, ports: "udp/53 tcp/53"}')"
}

teardown() {
	lab_down
}

metrics() {
	in_server portsieve stats --prometheus
}

# sample NAME LABELS: the value of a series; empty if there is none.
sample() {
	metrics | sed -n "s/^$1{$2} //p"
}

@test "promtool accepts the metrics under traffic" {
	scan 20-30,53,80,81,443 "$SERVER4" >/dev/null
	in_client nmap -n -Pn -sU --max-retries 0 -p 53,54 "$SERVER4" >/dev/null
	run "$PROMTOOL" check metrics < <(metrics)
	equal "" "$output"
	equal 0 "$status"
	# control: it sees a counter with a wrong name and a help text that is missing
	run "$PROMTOOL" check metrics < <(metrics | sed '/^# HELP portsieve_device_up/d')
	[ "$status" != 0 ]
}

@test "every counter of the JSON is in the metrics, and their sum is all packets" {
	scan 20-30,53,80,81,443 "$SERVER4" >/dev/null
	in_client nmap -n -Pn -sU --max-retries 0 -p 53,54 "$SERVER4" >/dev/null
	local json text
	# neighbour discovery may count a packet between the two readings
	for _ in 1 2 3 4 5; do
		json=$(in_server portsieve stats -j)
		text=$(metrics)
		[ "$(jq -S '[.devices[] | .ranges, .reasons]' <<<"$json")" = \
			"$(in_server portsieve stats -j | jq -S '[.devices[] | .ranges, .reasons]')" ] && break
	done
	equal "$(jq -r '.devices[] | .device as $device | [.ranges[] | . as $range | ["passed", "dropped", "would_drop"][] |
		{key: "\($range.rule) \($range.protocol) \(.)", packets: $range[.].packets, bytes: $range[.].bytes}] |
		group_by(.key)[] | {key: .[0].key, packets: (map(.packets) | add), bytes: (map(.bytes) | add)} |
		select(.packets > 0) | "\($device) \(.key) \(.packets) \(.bytes)"' <<<"$json" | sort)" \
		"$(paste -d' ' <(sed -nE 's/^portsieve_packets_total\{device="([^"]*)",rule="([^"]*)",protocol="([^"]*)",verdict="([^"]*)"\}/\1 \2 \3 \4/p' <<<"$text") \
			<(sed -nE 's/^portsieve_bytes_total\{.*\} //p' <<<"$text") | sort)"
	equal "$(jq -r '.devices[].reasons[] | .reason as $reason | {passed, dropped, would_drop} | to_entries[] |
		select(.value.packets > 0) | "\($reason) \(.key) \(.value.packets)"' <<<"$json" | sort)" \
		"$(sed -nE 's/^portsieve_reason_packets_total\{device="to_client",reason="([^"]*)",verdict="([^"]*)"\}/\1 \2/p' <<<"$text" | sort)"
	equal "$(awk '/^portsieve_(packets|reason_packets)_total\{/ { sum += $NF } END { print sum }' <<<"$text")" \
		"$(awk '/^portsieve_device_packets_total\{/ { sum += $NF } END { print sum }' <<<"$text")"
	grep -q '^portsieve_packets_total{device="to_client",rule="tele",protocol="tcp",verdict="would_drop"} ' <<<"$text"
	grep -qxF 'portsieve_rule_info{device="to_client",rule="dns",action="allow",ports="tcp/53 udp/53"} 1' <<<"$text"
}

@test "a series begins with its first packet, and the sum of all packets never falls" {
	equal "" "$(sample portsieve_packets_total 'device="to_client",rule="web",protocol="tcp",verdict="passed"')"
	scan 80 "$SERVER4" >/dev/null
	local before after
	before=$(sample portsieve_device_packets_total 'device="to_client",verdict="passed"')
	[ "$(sample portsieve_packets_total 'device="to_client",rule="web",protocol="tcp",verdict="passed"')" -gt 0 ]
	in_server portsieve apply "$(policy '{version: 1, default: allow}')"
	after=$(sample portsieve_device_packets_total 'device="to_client",verdict="passed"')
	((after >= before && before > 0))
	in_server portsieve upgrade to_client
	(($(sample portsieve_device_packets_total 'device="to_client",verdict="passed"') >= after))
}

@test "an unconfirmed policy and an unreadable device have metrics" {
	equal 0 "$(sample portsieve_policy_unconfirmed 'device="to_client"')"
	in_server portsieve apply "$(policy '{version: 1, default: allow}')" --confirm 600 --force
	equal 1 "$(sample portsieve_policy_unconfirmed 'device="to_client"')"
	in_server portsieve confirm
	equal 0 "$(sample portsieve_policy_unconfirmed 'device="to_client"')"
	equal 1 "$(sample portsieve_device_up 'device="to_client",mode="native",attach="link"')"
	rm "$(pins | grep 'image_')"
	run --separate-stderr -1 metrics
	[[ $output == *'portsieve_device_up{device="to_client",mode="",attach=""} 0'* ]]
}

@test "with nothing loaded there is only build_info; conflicting options are refused" {
	in_server portsieve unload to_client
	run --separate-stderr -0 metrics
	equal "" "$stderr"
	equal 'portsieve_build_info' "$(grep -v '^#' <<<"$output" | sed 's/{.*//')"
	says 2 "stats: --prometheus prints once, without --json" in_server portsieve stats --prometheus -j
	refused 2 "stats: --prometheus prints once, without --watch" in_server portsieve stats --prometheus --watch=1
}
