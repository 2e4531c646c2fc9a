#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# allow, drop, delete: runtime rules before those of the policy, with and without an end.
bats_require_minimum_version 1.5.0
load ../lib/lab

DROP='version: 1
default: drop
rules: [{name: web, action: allow, ports: tcp/80}]'
ALLOW='version: 1
default: allow
rules: [{name: telnet, action: drop, ports: tcp/23}]'

setup() {
	lab_up
}

teardown() {
	lab_down
}

# second_device: the server gets to_lan, whose other end is in the namespace lan.
second_device() {
	lab_namespace lan
	lab_veth server to_lan lan to_server
	lab_address server to_lan 198.51.100.2/24 2001:db8:1::2/64
	lab_address lan to_server 198.51.100.1/24 2001:db8:1::1/64
}

# runtime [DEV]: the names of the runtime rules in force, one word each, the newest first.
runtime() {
	in_server portsieve show "$@" -j | jq -r '[.runtime[].name] | join(" ")'
}

@test "allow opens a port at once, on both families, and delete closes it again" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	serve_web server 8080
	run -28 fetch client $SERVER4 8080 1
	run --separate-stderr -0 in_server portsieve allow tcp/8080
	equal "portsieve: to_client: added (native, link): allow-tcp-8080 allows tcp/8080 until it is deleted" "$stderr"
	[ -z "$output" ]
	fetch client $SERVER4 8080
	fetch client $SERVER6 8080
	run --separate-stderr -0 in_server portsieve delete allow-tcp-8080
	equal "portsieve: to_client: deleted (native, link): allow-tcp-8080" "$stderr"
	run -28 fetch client $SERVER4 8080 1
	run -28 fetch client $SERVER6 8080 1
}

@test "drop closes a port at once, and the counters of other ranges continue" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	in_client flood to_server --protocol tcp --port 80 --count 10
	in_server received to_client
	in_server portsieve drop tcp/80 --name no-web
	in_client flood to_server --protocol tcp --port 80 --count 7
	in_server received to_client
	equal "10 0" "$(row web)"
	equal "0 7" "$(row no-web)"
	sum_matches
}

@test "a rule with --from applies to these sources only" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	serve_web server 8080
	in_server portsieve allow tcp/8080 --from $CLIENT4
	fetch client $SERVER4 8080
	run -28 fetch client $SERVER6 8080 1
	in_server portsieve delete --from $CLIENT4
	in_server portsieve allow tcp/8080 --from 203.0.113.0/24 --from 2001:db8::/64
	run -28 fetch client $SERVER4 8080 1
	fetch client $SERVER6 8080
}

@test "a rule with --to applies to these destinations only" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	serve_web server 8080
	in_server portsieve allow tcp/8080 --to $SERVER4
	fetch client $SERVER4 8080
	run -28 fetch client $SERVER6 8080 1
	equal "allow-tcp-8080-to-$SERVER4" "$(runtime)"
	in_server portsieve allow tcp/8080 --from 2001:db8::/64 --to $SERVER6 --name six
	fetch client $SERVER6 8080
	in_server portsieve drop tcp/8080 --from 203.0.113.0/24 --to $SERVER4
	fetch client $SERVER4 8080
}

@test "a rule with --for ends by itself, and is gone from show" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	serve_web server 8080
	run -28 fetch client $SERVER4 8080 1
	in_server portsieve allow tcp/8080 --for 3s
	fetch client $SERVER4 8080
	within 20 refuses_again
	equal 0 "$(in_server portsieve show | grep -c runtime)"
	equal "" "$(runtime)"
	# another change does not bring it back
	in_server portsieve drop tcp/81
	equal drop-tcp-81 "$(runtime)"
	refuses_again
}

refuses_again() {
	! fetch client $SERVER4 8080 1
}

@test "the same command again extends the rule beyond its first end" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	serve_web server 8080
	in_server portsieve allow tcp/8080 --for 2s
	run --separate-stderr -0 in_server portsieve allow tcp/8080 --for 1h
	[[ $stderr == "portsieve: to_client: renewed (native, link): allow-tcp-8080 allows tcp/8080 until "*" UTC (1h)" ]]
	equal allow-tcp-8080 "$(runtime)"
	sleep 2.5 # past the first end
	fetch client $SERVER4 8080
	# without --for it no longer has an end
	in_server portsieve allow tcp/8080
	equal null "$(in_server portsieve show -j | jq '.runtime[0].until')"
}

@test "a renewed rule is the newest: the last command wins" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	serve_web server 8080
	in_server portsieve allow tcp/8080
	in_server portsieve drop tcp/8080
	in_server portsieve allow tcp/8080
	equal "allow-tcp-8080 drop-tcp-8080" "$(runtime)"
	fetch client $SERVER4 8080
	in_server portsieve drop tcp/8080
	run -28 fetch client $SERVER4 8080 1
}

@test "the time of --for starts when the rule takes effect, not while waiting for the lock" {
	local until
	in_server portsieve load to_client -p "$(policy "$DROP")"
	flock /sys/fs/bpf/portsieve sleep 6 3>&- &
	sleep 0.3
	in_server portsieve allow tcp/8080 --for 60s -j >"$BATS_TEST_TMPDIR/said" 2>/dev/null 3>&-
	until=$(in_server portsieve show -j | jq -r '.runtime[0].until')
	[ $(($(date -d "$until" +%s) - $(date +%s))) -ge 56 ]
}

@test "the newest rule is the first" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	in_server portsieve allow tcp/8000-8100
	in_server portsieve drop tcp/8080
	equal "drop-tcp-8080 allow-tcp-8000-8100" "$(runtime)"
	serve_web server 8080
	serve_web server 8081
	run -28 fetch client $SERVER4 8080 1
	fetch client $SERVER4 8081
}

@test "a generated name in use gets a number; a given name in use is refused" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	in_server portsieve allow tcp/22 --from 192.0.2.0/24
	in_server portsieve allow tcp/22 --from 192.0.2.0/24 --from 198.51.100.0/24
	in_server portsieve allow tcp/22
	in_server portsieve allow tcp/22 --from 198.51.100.0/24 --from 192.0.2.0/24 --for 1h
	equal "allow-tcp-22-192.0.2.0-24-2 allow-tcp-22 allow-tcp-22-192.0.2.0-24" "$(runtime)"
	equal '["198.51.100.0/24","192.0.2.0/24"]' "$(in_server portsieve show -j | jq -c '.runtime[0].from')"
	refused 2 "rule 'web'" in_server portsieve allow tcp/81 --name web
	refused 2 "runtime rule 'allow-tcp-22'" in_server portsieve drop tcp/22 --name allow-tcp-22
	equal "allow-tcp-22-192.0.2.0-24-2 allow-tcp-22 allow-tcp-22-192.0.2.0-24" "$(runtime)"
}

@test "several arguments are one list of ports" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	in_server portsieve allow tcp/8080,8081 udp/53 --name both
	equal "tcp/8080,8081 udp/53" "$(in_server portsieve show -j | jq -r '.runtime[0].ports')"
	in_server portsieve allow "tcp/8080,8081 udp/53" --name both
	equal both "$(runtime)"
}

@test "errors are reported before anything changes" {
	local before
	refused 3 "nothing is loaded in this network namespace" in_server portsieve allow tcp/80
	refused 3 "nothing is loaded in this network namespace" in_server portsieve delete x
	in_server portsieve load to_client -p "$(policy "$DROP")"
	before=$(status_but_counts)
	refused 2 "unknown service 'htpp' (did you mean 'http'?)" in_server portsieve allow tcp/htpp
	refused 2 "allow: PORTS, PREFIX or --file is missing" in_server portsieve allow
	refused 2 "--from: '192.0.2.1/24' has host bits set" in_server portsieve allow tcp/1 192.0.2.1/24
	refused 2 "delete: NAME, --from or --all is missing" in_server portsieve delete
	refused 2 "delete: --all deletes all runtime rules: leave out the names" in_server portsieve delete --all x
	refused 2 "delete: --all deletes all runtime rules: leave out --from" in_server portsieve delete --all --from ::1
	refused 2 "--from: '192.0.2.1/24' has host bits set" in_server portsieve delete --from 192.0.2.1/24
	refused 2 "--to: '2001:db8::1/32' has host bits set" in_server portsieve allow tcp/1 --to 2001:db8::1/32
	refused 2 "--from: '192.0.2.1/24' has host bits set" \
		in_server portsieve allow tcp/1 --from 192.0.2.1/24
	refused 2 "--from: '192.0.2.0/24,192.0.2.7' is not one address or prefix: for several repeat the option" \
		in_server portsieve allow tcp/1 --from 192.0.2.0/24,192.0.2.7
	refused 2 "--for: '366d' is not a duration" in_server portsieve allow tcp/1 --for 366d
	refused 2 "--name: bad rule name 'a b'" in_server portsieve allow tcp/1 --name "a b"
	refused 3 "lo is not loaded" in_server portsieve allow tcp/1 --dev lo
	refused 1 "no runtime rule 'nix' is in force" in_server portsieve delete nix
	refused 1 "'web' is a rule of the policy file" in_server portsieve delete web
	refused 1 "no runtime rule is from 192.0.2.1" in_server portsieve delete --from 192.0.2.1
	equal "$before" "$(status_but_counts)"
}

@test "JSON reports the change, in the form of the manual" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	equal '{"devices":[{"device":"to_client","result":"added"}],"rules":[{"name":"new","action":"allow","ports":"tcp/8080","from":["192.0.2.0/24"],"only_from":[],"to":["192.0.2.2"],"description":null,"until":null}]}' \
		"$(in_server portsieve allow tcp/8080 --from 192.0.2.0/24 --to $SERVER4 --name new -j 2>/dev/null | jq -c '{devices, rules}')"
	local until
	until=$(in_server portsieve drop tcp/81 --for 10m -j 2>/dev/null | jq '.rules[0].until | fromdate')
	((until >= $(date +%s) + 500 && until <= $(date +%s) + 601))
	in_server portsieve drop tcp/82
	equal '{"devices":[{"device":"to_client","result":"deleted"}],"rules":[{"name":"drop-tcp-82","action":"drop","ports":"tcp/82","from":[],"only_from":[],"to":[],"description":null,"until":null}]}' \
		"$(in_server portsieve delete drop-tcp-82 -j 2>/dev/null | jq -c '{devices, rules}')"
	equal "drop-tcp-81 new" "$(in_server portsieve delete --all -j 2>/dev/null | jq -r '[.rules[].name] | join(" ")')"
	equal '{"devices":[],"rules":[]}' "$(in_server portsieve delete --all -j 2>/dev/null | jq -c '{devices, rules}')"
}

@test "delete takes several names, prefixes, or all; one that is missing deletes nothing" {
	second_device
	in_server portsieve load to_client -p "$(policy "$DROP")"
	in_server portsieve load to_lan -p "$(policy "$ALLOW")"
	local port before
	for port in 1 2 3 4; do in_server portsieve drop tcp/$port; done
	in_server portsieve drop tcp/5 --from 203.0.113.7
	in_server portsieve drop tcp/6 --from 203.0.113.7
	in_server portsieve drop tcp/7 --from 203.0.113.7 --from 203.0.113.8 --name both
	in_server portsieve drop tcp/8 --dev to_lan
	before=$(status_but_counts)
	refused 1 "no runtime rule 'drop-tcp-22' is in force" in_server portsieve delete drop-tcp-1 drop-tcp-22 drop-tcp-9
	[[ $stderr == *$'\n'"portsieve: no runtime rule 'drop-tcp-9' is in force"* ]]
	refused 1 "no runtime rule is from 203.0.113.8 alone; 'both' is from other prefixes too" \
		in_server portsieve delete --from 203.0.113.7 --from 203.0.113.8
	equal "$before" "$(status_but_counts)"
	run --separate-stderr -0 in_server portsieve delete drop-tcp-1 drop-tcp-3 drop-tcp-8
	equal "portsieve: to_client: deleted (native, link): drop-tcp-3 and drop-tcp-1
portsieve: to_lan: deleted (native, link): drop-tcp-8, drop-tcp-3 and drop-tcp-1" "$stderr"
	in_server portsieve delete --from 203.0.113.7
	equal "both drop-tcp-4 drop-tcp-2, both drop-tcp-4 drop-tcp-2" "$(runtime to_client), $(runtime to_lan)"
	in_server portsieve delete --all --dev to_lan
	equal "both drop-tcp-4 drop-tcp-2, " "$(runtime to_client), $(runtime to_lan)"
	run --separate-stderr -0 in_server portsieve delete --all --dev to_lan
	equal "portsieve: no runtime rule is in force: nothing to delete" "$stderr"
	in_server portsieve delete --all
	equal ", " "$(runtime to_client), $(runtime to_lan)"
}

@test "the lines of a file are one change, and are renewed by the same file" {
	in_server portsieve load to_client -p "$(policy "$ALLOW")"
	serve_web server 8080
	local list=$BATS_TEST_TMPDIR/list i
	for i in {1..999}; do echo "203.0.$((i / 250)).$((i % 250 + 1)) tcp/22 # $i"; done >"$list"
	echo "$CLIENT4 tcp/8080" >>"$list"
	strace -f -qq -e trace=bpf -o "$BATS_TEST_TMPDIR/calls" nsenter --net=/run/netns/server -- portsieve drop --file "$list" 2>/dev/null
	# one image was made, and put into the slot once
	equal 1 "$(grep -c 'BPF_MAP_CREATE.*map_name="portsieve_image"' "$BATS_TEST_TMPDIR/calls")"
	equal 1000 "$(in_server portsieve show -j | jq '.runtime | length')"
	equal "drop-tcp-22-203.0.0.2 drop-tcp-8080-$CLIENT4" "$(in_server portsieve show -j | jq -r '[.runtime[0, 999].name] | join(" ")')"
	run -28 fetch client $SERVER4 8080 1
	fetch client $SERVER6 8080
	run --separate-stderr -0 in_server portsieve drop --file "$list" --for 1h
	[[ $stderr == "portsieve: to_client: renewed 1000 rules (native, link): drop-tcp-22-203.0.0.2, drop-tcp-22-203.0.0.3 and 998 others, until "*" UTC (1h)" ]]
	equal 1000 "$(in_server portsieve show -j | jq '[.runtime[] | select(.until)] | length')"
	in_server portsieve delete --from $CLIENT4
	fetch client $SERVER4 8080
	equal 999 "$(in_server portsieve show -j | jq '.runtime | length')"
}

@test "a file may be standard input, and its lines without ports take those of the command" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	serve_web server 8080
	in_server portsieve allow tcp/8080 --file - <<<"$CLIENT4
2001:db8::/64 tcp/9"
	fetch client $SERVER4 8080
	run -28 fetch client $SERVER6 8080 1
	equal "allow-tcp-8080-$CLIENT4 allow-tcp-9-2001-db8-64" "$(runtime)"
	run --separate-stderr -0 in_server portsieve allow --file - <<<"# nothing"
	equal "portsieve: the file has no rules: nothing to do" "$stderr"
}

@test "every bad line of a file is reported, and nothing changes" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	local before list=$BATS_TEST_TMPDIR/list
	before=$(status_but_counts)
	printf '%s\n' "203.0.113.7 tcp/22" "203.0.113.8,::1" "203.0.113.9 tcp/htp" >"$list"
	run --separate-stderr -2 in_server portsieve drop --file "$list"
	equal "$list:2:1: '203.0.113.8,::1' is not one address or prefix: write one a line
$list:3:17: unknown service 'htp' (did you mean 'http'?)
$list: 2 bad lines; nothing has changed" "$stderr"
	refused 2 "standard input:1:1: 'x' is not an address" in_server portsieve drop --file - <<<"x"
	refused 2 "cannot read the list /nowhere: No such file or directory" in_server portsieve drop --file /nowhere
	refused 2 "--name is for one rule" in_server portsieve drop --file "$list" --name x
	refused 2 "--from is for one rule" in_server portsieve drop --file "$list" --from ::1
	seq -f "203.0.113.1 tcp/%.0f" 20000 >"$list"
	refused 2 "the policy would have more than 16384 rules: delete some first" in_server portsieve drop --file "$list"
	equal "$before" "$(status_but_counts)"
}

@test "without --dev all devices get the rule, with it only that one, and delete finds it" {
	second_device
	in_server portsieve load to_client -p "$(policy "$DROP")"
	in_server portsieve load to_lan -p "$(policy "$ALLOW")"
	in_server portsieve drop udp/53
	equal "drop-udp-53 drop-udp-53" "$(runtime to_client) $(runtime to_lan)"
	in_server portsieve drop udp/54 --dev to_lan
	equal "drop-udp-53, drop-udp-54 drop-udp-53" "$(runtime to_client), $(runtime to_lan)"
	equal '["to_lan"]' "$(in_server portsieve delete drop-udp-54 -j 2>/dev/null | jq -c '[.devices[].device]')"
	refused 1 "no runtime rule 'drop-udp-54'" in_server portsieve delete drop-udp-54
	in_server portsieve drop udp/54 --dev to_lan
	says 1 "to_client: no runtime rule 'drop-udp-54' is in force" \
		in_server portsieve delete drop-udp-54 --dev to_client -j
	equal '[[],["no-rule"]]' "$(jq -c '[.devices, [.errors[].code]]' <<<"$output")"
	in_server portsieve delete drop-udp-54
	equal '["to_client","to_lan"]' "$(in_server portsieve delete drop-udp-53 -j 2>/dev/null | jq -c '[.devices[].device] | sort')"
}

@test "each device gets a line, with its earlier runtime rules, and -q silences it" {
	second_device
	in_server portsieve load to_client to_lan -p "$(policy "$DROP")"
	run --separate-stderr -0 in_server portsieve allow tcp/9 --dev to_lan
	equal "portsieve: to_lan: added (native, link): allow-tcp-9 allows tcp/9 until it is deleted" "$stderr"
	run --separate-stderr -0 in_server portsieve allow tcp/9
	equal "portsieve: to_client: added (native, link): allow-tcp-9 allows tcp/9 until it is deleted
portsieve: to_lan: renewed (native, link): allow-tcp-9 allows tcp/9 until it is deleted" "$(sort <<<"$stderr")"
	run --separate-stderr -0 in_server portsieve allow tcp/9 -q
	equal "" "$stderr"
	rm /sys/fs/bpf/portsieve/*/"$(in_server ip -j link show to_lan | jq '.[0].ifindex')"/image_*
	run --separate-stderr -5 in_server portsieve allow tcp/11
	[[ $stderr == *"to_lan: its pinned state is incomplete"*$'\n'"portsieve: to_client: added (native, link): allow-tcp-11 allows tcp/11 until it is deleted" ]]
}

@test "a name gets a number if any of the devices uses it for something else" {
	second_device
	in_server portsieve load to_client -p "$(policy 'version: 1
rules: [{name: drop-udp-53-2, action: allow, ports: udp/53}]')"
	in_server portsieve load to_lan -p "$(policy 'version: 1
rules: [{name: drop-udp-53, action: allow, ports: udp/53}]')"
	in_server portsieve drop udp/53
	equal "drop-udp-53-3 drop-udp-53-3" "$(runtime to_client) $(runtime to_lan)"
}

@test "a rule on one of two devices that share a policy separates it from the other" {
	second_device
	in_server portsieve load to_client to_lan -p "$(policy "$DROP")"
	serve_web server 8080
	in_server portsieve allow tcp/8080 --dev to_lan
	fetch lan 198.51.100.2 8080
	run -28 fetch client $SERVER4 8080 1
	equal "," "$(runtime to_client),$(runtime to_lan | grep -v allow-tcp-8080)"
}

@test "each device keeps its runtime rules over apply, unless the file has the key runtime" {
	second_device
	in_server portsieve load to_client to_lan -p "$(policy "$DROP")"
	in_server portsieve allow tcp/8080
	in_server portsieve allow tcp/8081 --dev to_lan --for 1h
	local until after
	until=$(in_server portsieve show to_lan -j | jq '.runtime[0].until | fromdate')
	run --separate-stderr -0 in_server portsieve apply "$(policy "$ALLOW")"
	[[ $stderr == *"to_client: 1 runtime rule (allow-tcp-8080) stays in force"* ]]
	[[ $stderr == *"to_lan: 2 runtime rules (allow-tcp-8081 and allow-tcp-8080) stay in force"* ]]
	equal "allow-tcp-8080, allow-tcp-8081 allow-tcp-8080" "$(runtime to_client), $(runtime to_lan)"
	after=$(in_server portsieve show to_lan -j | jq '.runtime[0].until | fromdate')
	((after >= until - 1 && after <= until + 1)) # seconds are rounded
	in_server portsieve show to_client | grep -q telnet
	in_server portsieve show to_lan | grep -q telnet
	run --separate-stderr -0 in_server portsieve apply "$(policy "$ALLOW
runtime: [{name: mine, action: drop, ports: udp/9}]")"
	[[ $stderr == *"to_client: removed 1 runtime rule: the policy file has the key \`runtime\`"* ]]
	[[ $stderr == *"to_lan: removed 2 runtime rules: the policy file has the key \`runtime\`"* ]]
	equal "mine mine" "$(runtime to_client) $(runtime to_lan)"
	in_server portsieve apply "$(policy "$ALLOW
runtime: []")"
	equal " " "$(runtime to_client) $(runtime to_lan)"
}

@test "apply refuses a file whose rule has the name of a runtime rule, and changes no device" {
	second_device
	in_server portsieve load to_client -p "$(policy "$DROP")"
	in_server portsieve load to_lan -p "$(policy "$ALLOW")"
	in_server portsieve allow tcp/8080 --name games --dev to_lan
	refused 2 "to_lan: 'games'" in_server portsieve apply "$(policy 'version: 1
rules: [{name: games, action: drop, ports: udp/9}]')"
	in_server portsieve show to_client | grep -q web
	in_server portsieve show to_lan | grep -q telnet
}

@test "loading another device does not give it runtime rules" {
	second_device
	local file
	file=$(policy "$DROP")
	in_server portsieve load to_client -p "$file"
	in_server portsieve allow tcp/8080
	in_server portsieve load to_lan -p "$file"
	equal "allow-tcp-8080," "$(runtime to_client),$(runtime to_lan)"
}

@test "apply accepts the output of show with runtime rules, unchanged" {
	in_server portsieve load to_client -p "$(policy "$DROP
return: socket")"
	in_server portsieve allow tcp/8080 --from $CLIENT4 --for 1h
	in_server portsieve drop udp/all
	local shown=$BATS_TEST_TMPDIR/shown.yaml
	in_server portsieve show >"$shown"
	in_server portsieve delete --from $CLIENT4
	run --separate-stderr -0 in_server portsieve apply "$shown" -q
	equal "" "$stderr"
	equal "$(cat "$shown")" "$(in_server portsieve show)"
}

@test "explain still names the lines of the file, and the digest is unchanged" {
	local file
	file=$(policy "$DROP")
	in_server portsieve load to_client -p "$file"
	in_server portsieve allow tcp/8080
	equal "web 3" "$(in_server portsieve explain "tcp $CLIENT4:1024 > $SERVER4:80 S" -j | jq -r '"\(.rule) \(.line)"')"
	equal "$(sha256sum <"$file" | cut -d' ' -f1)" \
		"$(in_server portsieve stats -j | jq -r '.devices[0].policy.sha256')"
	in_server portsieve delete allow-tcp-8080
	equal "web 3" "$(in_server portsieve explain "tcp $CLIENT4:1024 > $SERVER4:80 S" -j | jq -r '"\(.rule) \(.line)"')"
}

@test "without a policy, drop works and says what that means; deleting the rule returns to counting" {
	in_server portsieve load to_client
	local before
	before=$(in_server portsieve show)
	serve_web server 8080
	run --separate-stderr -0 in_server portsieve allow tcp/8081
	[[ $stderr != *"no policy"* ]]
	in_server portsieve delete allow-tcp-8081
	run --separate-stderr -0 in_server portsieve drop tcp/8080
	[[ $stderr == *"to_client: no policy was loaded; created one (mode enforce, default allow)"* ]]
	run -28 fetch client $SERVER4 8080 1
	equal "version: 1
default: allow
runtime:
  - {name: drop-tcp-8080, action: drop, ports: tcp/8080}" "$(in_server portsieve show)"
	in_server portsieve delete drop-tcp-8080
	equal "$before" "$(in_server portsieve show)"
	fetch client $SERVER4 8080
}

@test "without a policy, show, stats and status are right after the last drop rule has ended" {
	in_server portsieve load to_client
	in_server portsieve drop tcp/25 --for 1
	sleep 1.2
	equal "# no policy file; malformed packets are dropped until the next change
version: 1
default: allow" "$(in_server portsieve show)"
	equal "drop: malformed-ipv4" "$(in_server portsieve explain "hex $(printf '00 %.0s' {1..12}) 08 00 45 00 00" --dev to_client | grep -o '^drop: [a-z0-9-]*')"
	equal '[25,"drop",true]' "$(in_server portsieve stats -j | jq -c '.devices[0].ranges[] | select(.rule == "drop-tcp-25") | [.low, .action, .ended]')"
	in_server portsieve allow tcp/1 --name x
	equal "# no policy: counts, drops nothing" "$(in_server portsieve show | head -n 1)"
	equal false "$(in_server portsieve stats -j | jq -c '.devices[0].ranges[] | select(.rule == "x").ended')"
}

@test "check and apply warn about an ended rule in runtime and leave it out" {
	local file command
	file=$(policy '{version: 1, runtime: [
{name: over, action: drop, ports: tcp/8080, until: 2020-01-01T00:00:00Z},
{name: stays, action: drop, ports: tcp/8081}]}')
	in_server portsieve load to_client
	for command in check apply; do
		run --separate-stderr -0 in_server portsieve $command "$file"
		equal "$file:2:8: warning: rule 'over' never matches: its \`until\` has passed, so it is left out" \
			"$(grep over <<<"$stderr")"
	done
	equal "stays" "$(runtime)"
	equal 1 "$(in_server portsieve check -j "$file" 2>/dev/null | jq '.warnings | length')"
}

@test "errors about too many runtime rules name no line of the policy file" {
	in_server portsieve load to_client -p "$(policy "$DROP")"
	local minutes
	for minutes in 90 80 70 60 50 40 30 20; do
		in_server portsieve allow tcp/10 --for ${minutes}m --name "m$minutes" 2>/dev/null
	done
	refused 2 "portsieve: with the rule 'm90' there are more than 8 rules about the same ports" \
		in_server portsieve allow tcp/10 --for 10m --name last
}

@test "in monitor mode drop says that nothing is dropped" {
	in_server portsieve load to_client -p "$(policy '{version: 1, mode: monitor}')"
	serve_web server 8080
	run --separate-stderr -0 in_server portsieve drop tcp/8080
	[[ $stderr == *"would drop tcp/8080 until it is deleted; the policy only monitors"* ]]
	fetch client $SERVER4 8080
}
