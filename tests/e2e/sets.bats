#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Sets from files: read once by load and apply, and then part of the policy in force.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	cd "$BATS_TEST_TMPDIR" || return 1
	printf '# a list\n203.0.113.0/24\n%s # the other side\n' "$CLIENT4" >blocked.txt
	cat >sets.yaml <<-'END'
		version: 1
		sets:
		  blocked: {file: blocked.txt}
		  none: []
		rules:
		  - {name: blocked, action: drop, ports: tcp/all, from: set:blocked}
		  - {name: nobody, action: drop, ports: udp/all, from: set:none}
	END
	chmod go-w sets.yaml blocked.txt
}

teardown() {
	lab_down
}

# blocks: packets from a member are dropped, and others are not.
blocks() {
	equal "drop blocked pass _user" "$(for source in 203.0.113.9 198.51.100.9; do
		in_server portsieve explain "tcp $source:1 > $SERVER4:8081" -j | jq -r '"\(.verdict) \(.rule)"'
	done | xargs)"
}

digest() {
	sha256sum <"$1" | cut -d' ' -f1
}

@test "a set's file is read once; runtime rules, upgrade and rollback do not need it" {
	local before
	serve_web server 8081
	in_server portsieve load to_client -p sets.yaml
	before=$(digest blocked.txt)
	run -28 fetch client $SERVER4 8081 1
	fetch client $SERVER6 8081
	blocks
	rm blocked.txt
	in_server portsieve drop tcp/9 --from 192.0.2.77
	blocks
	in_server portsieve delete --all
	in_server portsieve upgrade to_client
	blocks
	in_server portsieve apply "$(policy 'version: 1')" --confirm 60
	fetch client $SERVER4 8081
	in_server portsieve rollback
	blocks
	run -28 fetch client $SERVER4 8081 1
	equal "$before null" "$(in_server portsieve status -j | jq -r '.devices[0].sets[0] | "\(.sha256) \(.file_changed)"')"
	refused 2 "sets.yaml:3:19: cannot read the set blocked.txt" in_server portsieve apply sets.yaml
	blocks
}

@test "show prints the reference, with --expand the members, and apply accepts both" {
	in_server portsieve load to_client -p sets.yaml
	in_server portsieve show >shown.yaml
	grep -qx '  blocked: {file: "blocked.txt"}' shown.yaml
	grep -qF 'from: [set:blocked]' shown.yaml
	in_server portsieve show --expand >expanded.yaml
	grep -qx "  blocked: \[$CLIENT4, 203.0.113.0/24\]" expanded.yaml
	equal "$(<expanded.yaml)" "$(in_server portsieve show --expand -j | jq -r .policy.text)"
	chmod go-w shown.yaml expanded.yaml
	rm blocked.txt
	in_server portsieve apply expanded.yaml
	blocks
	equal null "$(in_server portsieve status -j | jq '.devices[0].sets[] | select(.name == "blocked") | .file')"
}

@test "status has each set with its digest, and says when its file has changed" {
	local empty
	in_server portsieve load to_client -p sets.yaml
	in_server portsieve status | grep -qx "to_client: set 'blocked': 2 prefixes from blocked.txt"
	in_server portsieve status | grep -qx "to_client: set 'none': 0 prefixes"
	empty=$(digest /dev/null)
	equal "blocked blocked.txt 2 $(digest blocked.txt) false none null 0 $empty null" "$(in_server portsieve status -j |
		jq -r '.devices[0].sets[] | "\(.name) \(.file) \(.prefixes) \(.sha256) \(.file_changed)"' | xargs)"
	echo 198.51.100.0/24 >>blocked.txt
	in_server portsieve status | tr -s '\n ' ' ' | grep -q "from blocked.txt, which has changed since; to use it: portsieve apply"
	equal true "$(in_server portsieve status -j | jq '.devices[0].sets[0].file_changed')"
}

@test "diff says how a set changes, and which packets" {
	in_server portsieve load to_client -p sets.yaml
	in_server portsieve diff sets.yaml --exit-code
	printf '203.0.113.0/24\n198.51.100.0/24\n198.51.101.1\n' >blocked.txt
	run -1 in_server portsieve diff sets.yaml --exit-code
	[[ $output == *"set 'blocked': 2 prefixes added, 1 removed"* ]]
	[[ $output == *"tcp/0-65535 from 198.51.100.0/24, 198.51.101.1  allowed by default -> dropped by 'blocked' (line 6)"* ]]
	equal '[{"set":"blocked","added":2,"removed":1}]' "$(in_server portsieve diff sets.yaml -j | jq -c .sets)"
}

@test "save adjusts the path to the file, and warns if the file has changed" {
	mkdir other
	in_server portsieve load to_client -p sets.yaml
	in_server portsieve save "$PWD/saved.yaml"
	grep -qx '  blocked: {file: "blocked.txt"}' saved.yaml
	in_server portsieve save other/saved.yaml
	grep -qx "  blocked: {file: \"$PWD/blocked.txt\"}" other/saved.yaml
	in_server portsieve diff saved.yaml --exit-code
	in_server portsieve diff other/saved.yaml --exit-code
	echo 10.0.0.0/8 >>blocked.txt
	run -0 --separate-stderr in_server portsieve save "$PWD/saved.yaml"
	[[ $stderr == *"the file of the set 'blocked', $PWD/blocked.txt, is not what is in force"* ]]
}

@test "a set's file that others can write is refused, as is a bad line, and nothing changes" {
	in_server portsieve load to_client -p sets.yaml
	chmod o+w blocked.txt
	refused 2 "blocked.txt can be changed by other users (mode 0646); first: chmod go-w blocked.txt" \
		in_server portsieve apply sets.yaml
	run -0 --separate-stderr in_server portsieve check sets.yaml
	[[ $stderr == *"blocked.txt can be changed by other users"* ]]
	chmod o-w blocked.txt
	printf '10.0.0.0/8\nexample.org\n10.0.0.1/8\n' >blocked.txt
	run -2 --separate-stderr in_server portsieve apply "$PWD/sets.yaml"
	equal "$PWD/blocked.txt:2 $PWD/blocked.txt:3" "$(cut -d: -f1,2 <<<"$stderr" | grep blocked.txt | xargs)"
	blocks
}

@test "explain names the set that contains the address, and an empty set gets a warning" {
	in_server portsieve load to_client -p sets.yaml
	in_server portsieve explain "tcp 203.0.113.9:1 > $SERVER4:80" | grep -qx '  set      blocked has the source'
	equal '["blocked"]' "$(in_server portsieve explain "tcp 203.0.113.9:1 > $SERVER4:80" -j | jq -c .sets)"
	equal "pass _user" "$(in_server portsieve explain "udp 203.0.113.9:1 > $SERVER4:8081" -j | jq -r '"\(.verdict) \(.rule)"')"
	equal "empty-set 4 3" "$(portsieve check sets.yaml -j | jq -r '.warnings[] | "\(.code) \(.line) \(.column)"')"
}

@test "a set of 100,000 lines loads and is kept" {
	python3 -c 'for i in range(100000): print(f"10.{i >> 16}.{i >> 8 & 255}.{i & 255}")' >blocked.txt
	in_server portsieve load to_client -p sets.yaml
	equal 100000 "$(in_server portsieve status -j | jq '.devices[0].sets[0].prefixes')"
	equal 100000 "$(in_server portsieve show --expand | grep -c '^    - 10\.')"
}
