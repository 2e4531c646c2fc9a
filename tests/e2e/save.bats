#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# save: the policy in force, with the runtime rules that have no end, as a file that changes nothing.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	FILE=$BATS_TEST_TMPDIR/policy.yaml
	cat >"$FILE" <<'POLICY'
# written by hand
version: 1
default: drop
return: none
rules:
  - {name: web, action: allow, ports: [tcp/80, tcp/443]}   # the shop
  - {name: telnet, action: drop, ports: tcp/23, from: 10.0.0.0/8}
POLICY
	in_server portsieve load to_client -p "$FILE"
}

teardown() {
	lab_down
}

# verdict SOURCE PORT: of a SYN
verdict() {
	in_server portsieve explain "tcp $1:40000 > $SERVER4:$2 S" -j | jq -r '"\(.verdict) \(.rule)"'
}

same() {
	local said
	said=$(in_server portsieve diff "$1")
	[[ $said == "$1 changes nothing on to_client"* ]] || { echo "$said"; return 1; }
}

@test "without a file the policy is printed, and rules that end are left out" {
	in_server portsieve allow tcp/8080
	in_server portsieve drop tcp/80 --from 203.0.113.7
	in_server portsieve drop tcp/80 --from 203.0.113.8 --for 1h
	run --separate-stderr -0 in_server portsieve save
	equal "portsieve: left out 1 runtime rule that ends (drop-tcp-80-203.0.113.8)" "$stderr"
	equal "version: 1
default: drop
return: none
rules:
  - {name: drop-tcp-80-203.0.113.7, action: drop, ports: tcp/80, from: [203.0.113.7]}
  - {name: allow-tcp-8080, action: allow, ports: tcp/8080}
  - {name: web, action: allow, ports: tcp/80 tcp/443}
  - {name: telnet, action: drop, ports: tcp/23, from: [10.0.0.0/8]}" "$(sed 1d <<<"$output")"
	equal "$output" "$(in_server portsieve save - 2>/dev/null)"
	portsieve check - <<<"$output"
}

@test "save, then apply, changes nothing, and runtime rules become rules of the file" {
	in_server portsieve allow tcp/8080
	in_server portsieve drop tcp/80 --from 203.0.113.7
	in_server portsieve drop tcp/80 --from 203.0.113.8 --for 1h
	in_client flood to_server --protocol tcp --port 8080 --count 7
	in_server received to_client
	in_server portsieve save "$FILE"
	same "$FILE"
	in_server portsieve apply "$FILE"
	same "$FILE"
	equal drop-tcp-80-203.0.113.8 "$(in_server portsieve show -j | jq -r '[.runtime[].name] | join(" ")')"
	refused 1 "'allow-tcp-8080' is a rule of the policy file" in_server portsieve delete allow-tcp-8080
	equal "allow allow-tcp-8080" "$(verdict $CLIENT4 8080 | sed 's/pass/allow/')"
	equal "drop drop-tcp-80-203.0.113.7" "$(verdict 203.0.113.7 80)"
	equal "drop drop-tcp-80-203.0.113.8" "$(verdict 203.0.113.8 80)"
	# counters continue
	equal "7 0" "$(row allow-tcp-8080)"
	# also after a new load, as at boot
	in_server portsieve unload to_client
	in_server portsieve load to_client -p "$FILE"
	equal "allow allow-tcp-8080" "$(verdict $CLIENT4 8080 | sed 's/pass/allow/')"
	equal "drop drop-tcp-80-203.0.113.7" "$(verdict 203.0.113.7 80)"
	equal "allow web" "$(verdict 203.0.113.8 80 | sed 's/pass/allow/')"
}

@test "the file keeps its owner, mode and symlink; the previous file is kept as FILE~" {
	local before
	before=$(cat "$FILE")
	chown 1234:5678 "$FILE"
	chmod 640 "$FILE"
	ln -s "$FILE" "$BATS_TEST_TMPDIR/link.yaml"
	run --separate-stderr -0 in_server portsieve save "$BATS_TEST_TMPDIR/link.yaml"
	[[ $stderr == "portsieve: saved the policy in force to $BATS_TEST_TMPDIR/link.yaml; the previous file is kept with a ~ after its name" ]]
	equal "1234 5678 640" "$(stat -c '%u %g %a' "$FILE")"
	[ -L "$BATS_TEST_TMPDIR/link.yaml" ]
	equal "$before" "$(cat "$FILE~")"
	equal "644" "$(umask 077 && in_server portsieve save "$BATS_TEST_TMPDIR/new.yaml" && stat -c %a "$BATS_TEST_TMPDIR/new.yaml")"
	equal "link.yaml new.yaml policy.yaml policy.yaml~" "$(cd "$BATS_TEST_TMPDIR" && ls -d *policy* *.yaml* | sort -u | xargs)"
}

@test "a file with other content is not overwritten, except by --force" {
	in_server portsieve allow tcp/8080
	echo "# changed" >>"$FILE"
	local changed
	changed=$(cat "$FILE")
	refused 1 "$FILE is neither the file that the policy in force was applied from nor one that \`save\` wrote" \
		in_server portsieve save "$FILE"
	equal "$changed" "$(cat "$FILE")"
	in_server portsieve save "$FILE" --force
	equal "$changed" "$(cat "$FILE~")"
	same "$FILE"
}

@test "save may overwrite what save has written, unless it was changed" {
	in_server portsieve allow tcp/8080
	in_server portsieve save "$FILE"
	in_server portsieve allow tcp/8081
	rm "$FILE~"
	run --separate-stderr -0 in_server portsieve save "$FILE"
	equal "portsieve: saved the policy in force to $FILE, with the runtime rules without end" "$stderr"
	[ ! -e "$FILE~" ]
	same "$FILE"
	grep -q allow-tcp-8081 "$FILE"
	sed -i 's/tcp\/8081/tcp\/8082/' "$FILE"
	refused 1 "$FILE is neither the file" in_server portsieve save "$FILE"
}

@test "a failed write is reported and leaves no temporary file" {
	refused 1 "cannot write /nowhere/policy.yaml: No such file or directory" in_server portsieve save /nowhere/policy.yaml
	refused 2 "$BATS_TEST_TMPDIR is a directory" in_server portsieve save "$BATS_TEST_TMPDIR"
	refused 2 "/dev/null is not a regular file" in_server portsieve save /dev/null
	mkdir "$BATS_TEST_TMPDIR/small"
	mount -t tmpfs -o size=4k tmpfs "$BATS_TEST_TMPDIR/small"
	cp "$FILE" "$BATS_TEST_TMPDIR/small/p.yaml"
	refused 1 "cannot write $BATS_TEST_TMPDIR/small/p.yaml: No space left on device" \
		in_server portsieve save "$BATS_TEST_TMPDIR/small/p.yaml"
	equal p.yaml "$(ls "$BATS_TEST_TMPDIR/small")"
	cmp "$FILE" "$BATS_TEST_TMPDIR/small/p.yaml"
	umount "$BATS_TEST_TMPDIR/small"
	in_server portsieve unload to_client
	refused 3 "nothing is loaded" in_server portsieve save
	in_server portsieve load to_client
	refused 1 "no policy that drops is in force: there is nothing to save" in_server portsieve save
	in_server portsieve drop tcp/25
	in_server portsieve save | grep -q 'name: drop-tcp-25'
}

@test "save warns of a rule with an end that would precede a saved one" {
	in_server portsieve drop tcp/80 --for 1h
	in_server portsieve allow tcp/80 --from 203.0.113.7
	run --separate-stderr -0 in_server portsieve save "$FILE"
	[[ $stderr == *"warning: once the saved policy is applied, the rules that end (drop-tcp-80) come before the saved ones"* ]]
	! same "$FILE"
	# no warning without an overlap
	in_server portsieve delete --all
	in_server portsieve drop tcp/81 --for 1h
	in_server portsieve allow tcp/82
	run --separate-stderr -0 in_server portsieve save "$FILE"
	[[ $stderr != *warning* ]]
	in_server portsieve diff "$FILE" | grep -qx "no port changes its verdict"
}

@test "JSON has the text, the file and what was left out" {
	in_server portsieve drop tcp/81 --for 1h
	in_server portsieve save "$FILE" -j 2>/dev/null >"$BATS_TEST_TMPDIR/said"
	equal "[\"to_client\",\"saved\",\"$FILE\",[\"drop-tcp-81\"],true]" \
		"$(jq -c --rawfile text "$FILE" '[.devices[0].device, .devices[0].result, .file, .left_out, .policy.text == $text]' "$BATS_TEST_TMPDIR/said")"
	equal null "$(in_server portsieve save -j 2>/dev/null | jq -c .file)"
}
