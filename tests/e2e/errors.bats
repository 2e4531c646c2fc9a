#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# System and command line errors: exit status, message, and that nothing has changed.
# Errors of policies are in golden.bats and limits.bats.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
	GOOD=$(policy 'version: 1
default: drop
rules: [{name: web, action: allow, ports: tcp/80}]')
	OTHER=$(policy '{version: 1, rules: [{name: other, action: drop, ports: tcp/81}]}')
}

teardown() {
	lab_down
}

# condition: everything that must not change.
condition() {
	in_server portsieve show
	status_but_counts
	xdp_of server to_client
	pins | grep portsieve | sort
}

# unprivileged COMMAND...: without root's file permissions and capabilities.
unprivileged() {
	nsenter --net=/run/netns/server -- setpriv --reuid 65534 --regid 65534 --clear-groups \
		--inh-caps=-all --bounding-set=-all --no-new-privs "$@"
}

@test "an unknown device is named, with a suggestion" {
	refused 1 "no interface 'to_cleint' in this network namespace (did you mean 'to_client'?)" \
		in_server portsieve load to_cleint -p "$GOOD"
	refused 1 "no interface 'zzzzzz' in this network namespace (see: ip -brief link)" \
		in_server portsieve load zzzzzz
	refused 1 "no interface ''" in_server portsieve load ""
	refused 1 "no interface 'averyveryverylongname" in_server portsieve load averyveryverylongname0123456789
	equal "" "$(pins)"
}

@test "with a mistyped name the other devices are not changed" {
	refused 1 "no interface 'to_cleint'" in_server portsieve load to_client to_cleint -p "$GOOD"
	refused 1 "no interface 'to_cleint'" in_server portsieve load to_client --dev to_cleint
	equal "" "$(pins)"
	in_server portsieve load to_client -p "$GOOD"
	local before words
	before=$(condition)
	for words in "unload to_client to_cleint" "upgrade to_client to_cleint" "upgrade --dev to_client --dev to_cleint" \
		"apply $OTHER to_client to_cleint" "confirm to_client to_cleint"; do
		# shellcheck disable=SC2086
		refused 3 "no interface 'to_cleint'" in_server portsieve $words
	done
	equal "$before" "$(condition)"
}

@test "a device may be named by an operand, by --dev or by both" {
	local command name
	for name in to_client "--dev to_client" "to_client --dev to_client"; do
		for command in "load -p $GOOD" stats status show doctor "diff $OTHER" upgrade "apply $OTHER --confirm 5m" confirm \
			"apply $GOOD --confirm 90s" rollback unload; do
			# shellcheck disable=SC2086
			in_server portsieve $command $name
		done
		equal "" "$(pins)"
	done
}

@test "a device that is not loaded is named by every command that needs it" {
	local command
	for command in status stats show unload; do
		refused 3 "to_client is not loaded; loaded ones: portsieve status; to load it: portsieve load to_client" \
			in_server portsieve $command to_client
		refused 3 "no interface 'nowhere'" in_server portsieve $command nowhere
	done
	for command in status stats show "unload --all" "apply $GOOD"; do
		# shellcheck disable=SC2086
		refused 3 "nothing is loaded in this network namespace; load a device with: portsieve load DEV" \
			in_server portsieve $command
	done
	in_server portsieve load to_client -p "$GOOD"
	refused 3 "lo is not loaded" in_server portsieve apply "$OTHER" --dev to_client --dev lo
	in_server portsieve show | grep -q web
	equal "" "$(pins | grep -v /sys/fs/bpf/portsieve)"
}

@test "a device that carries a foreign XDP program is left alone, and the program is named" {
	in_server ip link set dev to_client xdp obj build/tests/traffic/empty.bpf.o program empty_pass
	local program
	program=$(xdp_of server to_client)
	refused 1 "to_client already carries the XDP program 'empty_pass' (id $program, native mode)" \
		in_server portsieve load to_client -p "$GOOD"
	[[ $stderr == *"ip link set dev to_client xdp off"* ]]
	equal "$program" "$(xdp_of server to_client)"
	equal "" "$(pins | grep portsieve)"
	# the command that the message gives is right
	in_server ip link set dev to_client xdp off
	in_server portsieve load to_client
}

@test "a foreign program in generic mode is left alone too" {
	in_server ip link set dev to_client xdpgeneric obj build/tests/traffic/empty.bpf.o program empty_pass
	refused 1 "'empty_pass' (id $(xdp_of server to_client), generic mode)" in_server portsieve load to_client
	[[ $stderr == *"ip link set dev to_client xdpgeneric off"* ]]
	in_server ip link set dev to_client xdpgeneric off
	in_server portsieve load to_client
}

@test "ip link can neither replace nor detach our program" {
	in_server portsieve load to_client -p "$GOOD"
	local before
	before=$(condition)
	run ! in_server ip link set dev to_client xdp off
	run ! in_server ip link set dev to_client xdp obj build/tests/traffic/empty.bpf.o program empty_pass
	equal "$before" "$(condition)"
}

@test "without bpffs the message says how to mount it" {
	run --separate-stderr in_server unshare --mount --propagation private bash -c '
		while umount /sys/fs/bpf 2>/dev/null; do :; done # with that of the host below
		for words in "load to_client" "unload --all" "apply $1" status stats show; do
			portsieve $words
			echo "$?"
		done' bash "$GOOD"
	equal "1 1 1 1 1 1" "${output//$'\n'/ }"
	equal 6 "$(grep -c '^portsieve: no bpffs at /sys/fs/bpf; mount it: mount -t bpf -o mode=700 bpf /sys/fs/bpf$' <<<"$stderr")"
	equal "" "$(xdp_of server to_client)"
	# the command that the message gives is right
	in_server unshare --mount --propagation private bash -c '
		while umount /sys/fs/bpf 2>/dev/null; do :; done
		mount -t bpf -o mode=700 bpf /sys/fs/bpf &&
		portsieve load to_client && portsieve unload to_client'
}

@test "without capabilities every command that needs them exits with 4 and names them" {
	install -m 755 build/portsieve /run/portsieve # the clone may lie where only root may look
	chmod 644 "$GOOD" "$OTHER"
	chmod 755 "$BATS_TEST_TMPDIR" "${BATS_TEST_TMPDIR%/*}" "${BATS_TEST_TMPDIR%/*/*}"
	refused 4 "not permitted to" unprivileged /run/portsieve load to_client -p "$GOOD"
	[[ $stderr == *"CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON"* ]]
	equal "" "$(pins)"
	in_server portsieve load to_client -p "$GOOD"
	local before words
	before=$(condition)
	for words in "load lo" "unload to_client" "unload --all" "apply $OTHER" status stats show; do
		# shellcheck disable=SC2086
		refused 4 "ermi" unprivileged /run/portsieve $words
	done
	equal "$before" "$(condition)"
	# commands that need no privileges work
	unprivileged /run/portsieve check "$GOOD"
	unprivileged /run/portsieve registry http
	unprivileged /run/portsieve learn
}

@test "the filter loads with only the three capabilities that the message names" {
	in_server setpriv --bounding-set=-all,+bpf,+net_admin,+perfmon --inh-caps=-all,+bpf,+net_admin,+perfmon \
		bash -c 'grep CapEff /proc/self/status && portsieve load to_client -p "$1" && portsieve stats -j &&
			portsieve apply "$2" && portsieve unload to_client' bash "$GOOD" "$OTHER"
}

@test "unreadable policies: missing, a directory, no permission, endless" {
	in_server portsieve load to_client -p "$GOOD"
	local before dir=$BATS_TEST_TMPDIR
	before=$(condition)
	mkfifo "$dir/fifo"
	printf 'version: 1\n' >"$dir/secret"
	chmod 000 "$dir/secret"
	refused 2 "cannot read the policy $dir/none.yaml: No such file or directory" \
		in_server portsieve apply "$dir/none.yaml"
	refused 2 "cannot read the policy $GOOD/none: Not a directory" in_server portsieve apply "$GOOD/none"
	refused 2 "$dir is a directory; name the policy file in it" in_server portsieve apply "$dir"
	refused 2 "cannot read the policy $dir/secret: Permission denied" \
		in_server setpriv --bounding-set=-dac_override,-dac_read_search portsieve check "$dir/secret"
	refused 2 "/dev/zero: the policy is larger than 16 MiB" in_server timeout 10 portsieve apply /dev/zero
	refused 2 "the policy is empty" in_server portsieve apply /dev/null
	refused 2 "cannot read the policy : No such file" in_server portsieve apply ""
	equal "$before" "$(condition)"
}

@test "files that are not policies: binary junk, a program, a policy truncated at any byte" {
	in_server portsieve load to_client -p "$GOOD"
	local before file=$BATS_TEST_TMPDIR/file size
	before=$(condition)
	head -c 100000 /dev/urandom >"$file"
	refused 2 "$file:1:" in_server portsieve apply "$file"
	head -c 100000 /dev/zero >"$file"
	refused 2 "$file:1:1: not UTF-8 text" in_server portsieve apply "$file"
	refused 2 "/bin/true:1:" in_server portsieve apply /bin/true
	printf '{"version": 1, "default": "drop", "rules": [{"name": "a", "action": "drop", "ports": "tcp/80"}]}' >"$file.whole"
	portsieve check "$file.whole"
	for ((size = 0; size < $(wc -c <"$file.whole"); size++)); do
		head -c $size "$file.whole" >"$file"
		refused 2 "$file:" in_server portsieve check "$file"
	done
	equal "$before" "$(condition)"
}

@test "unknown commands and options are named, with a suggestion" {
	refused 2 "unknown command 'laod' (did you mean 'load'?)" portsieve laod
	refused 2 "unknown command 'frobnicate' (see: portsieve --help)" portsieve frobnicate
	refused 2 "load: unknown option '--polcy' (did you mean '--policy'?)" portsieve load to_client --polcy x
	refused 2 "stats: unknown option '-x' (see: portsieve stats --help)" portsieve stats -x
	refused 2 "registry: unknown option '--frob' (see: portsieve registry --help)" portsieve registry --frob x
}

@test "missing and superfluous operands and values are named" {
	refused 2 "load: DEV... is missing; see: portsieve load --help" portsieve load
	refused 2 "apply: POLICY is missing" portsieve apply
	refused 2 "check: POLICY is missing" portsieve check
	refused 2 "registry: PORT|PROTO/PORT|LOW-HIGH|NAME is missing" portsieve registry
	refused 2 "check: too many arguments; see: portsieve check --help" portsieve check a b
	refused 2 "stats: name only one device" portsieve stats a b
	refused 2 "status: name only one device" portsieve status a --dev b
	refused 2 "learn: a: sockets do not listen on a device; to count the packets that arrive there, add --over 10m" \
		portsieve learn a
	refused 2 "explain: too many arguments (put the packet in quotes)" portsieve explain tcp 192.0.2.1:9
	refused 2 "unload: name the devices, or give --all" portsieve unload
	refused 2 "unload: name devices or give --all, not both" portsieve unload --all to_client
	refused 2 "load: '--policy' requires a value" portsieve load to_client --policy
	refused 2 "load: '-p' requires a value" portsieve load to_client -p
}

@test "invalid values are named, with the valid ones" {
	refused 2 "--mode: unknown word 'natve' (did you mean 'native'?)" portsieve load to_client --mode natve
	refused 2 "--mode: unknown word 'offload' (native, generic, auto)" portsieve load to_client --mode offload
	refused 2 "--attach: unknown word" portsieve load to_client --attach tcx
	local value
	for value in 0 -1 x "" 1x nan inf 86401 1e99; do
		refused 2 "--watch: '$value' is not an interval from 0.01 to 1d: write 0.5 (seconds), 10s or 5m" \
			portsieve stats --watch="$value"
	done
	for value in 0 -1 x "" 1x 1.5 99999999999999999999; do
		refused 2 "--count: '$value' is not a whole number from 1" portsieve stats --count="$value"
	done
}

@test "registry names what it does not find" {
	refused 2 "'70000' is not a port: write 0 to 65535" portsieve registry 70000
	refused 2 "'10-99999' is not a port: write 0 to 65535" portsieve registry 10-99999
	refused 2 "'' is not a port" portsieve registry tcp/
	refused 2 "range is reversed: write 70-80" portsieve registry 80-70
	refused 2 "unknown protocol 'tpc' (did you mean 'tcp'?)" portsieve registry tpc/22
	refused 2 "the protocol comes first: write tcp/22" portsieve registry 22/tcp
	refused 1 "no service 'htpp' in the registry of" portsieve registry htpp
	[[ $stderr == *"(did you mean 'http'?)"* ]]
	refused 1 "port 4 is not assigned in the registry of" portsieve registry 4
	refused 1 "port dccp/22 is not assigned in the registry of" portsieve registry dccp/22
	refused 1 "(49152 to 65535 never are: they are for private use)" portsieve registry 65000
	refused 1 "no port of udp/65000-65001 is assigned in the registry of" portsieve registry udp/65000-65001
	refused 1 "no service 'dccp/https' in the registry of" portsieve registry dccp/https
}

# services WORD: lines such as `22-22 ssh` that registry prints for it.
services() {
	portsieve registry "$1" -j | jq -r '.services[] | "\(.low)-\(.high) \(.name)"'
}

@test "registry looks up ports, ranges and services, of one protocol or of all" {
	equal "22-22 ssh" "$(services 22)"
	equal "22-22 ssh" "$(services tcp/22)"
	equal "443-443 https" "$(services TCP/HTTPS)"
	equal "514-514 shell
514-514 syslog" "$(services 514 | sort)"
	equal "514-514 syslog" "$(services udp/514)"
	equal "27000-27009 flex-lm
27010-27010 flex-lmadmin" "$(services 27000-27010)"
	equal "27000-27009 flex-lm" "$(services 27001-27003)"
	equal "27000-27009 flex-lm" "$(services udp/27000-27010)"
}

@test "help exits with 0, prints to stdout and names every option; no command is an error" {
	local command
	run --separate-stderr -0 portsieve --help
	[ -z "$stderr" ]
	for command in load unload apply check learn show status stats registry; do
		[[ $output == *"  $command "* ]]
	done
	for command in $(awk '/^  [a-z]+  / { print $1 }' <<<"$output"); do
		run --separate-stderr -0 portsieve $command --help
		[[ $output == "Usage: portsieve $command "* && -z $stderr ]]
		equal "$output" "$(portsieve $command -h)"
	done
	run -2 portsieve
	run --separate-stderr -0 portsieve --version
	[[ $output == portsieve*libbpf*libxdp*registry* ]]
}

@test "output to a full disk is a failure" {
	in_server portsieve load to_client -p "$GOOD"
	local words
	for words in "stats" "stats -j" "stats --watch=0.01 --count 3" "status" "status -j" "show" "show -j" \
		"check $GOOD" "registry http" "registry http -j" "learn" "doctor" "--help" "load --help" "--version"; do
		# shellcheck disable=SC2086
		run --separate-stderr -1 in_server bash -c 'exec portsieve "$@" >/dev/full' bash $words
		[[ $stderr == *"cannot write the output: No space left on device"* ]]
	done
}

# with_json: the commands that have the option -j.
with_json() {
	local command
	for command in $(portsieve --help | awk '/^  [a-z]+  / { print $1 }'); do
		portsieve "$command" --help | grep -q -e '--json' && echo "$command"
	done
	return 0
}

# unwritten WORDS COMMAND [ARGUMENT]...: with -j to a full disk it exits with 1, and this is its last message.
unwritten() {
	local words=$1
	shift
	run --separate-stderr -1 in_server bash -c 'exec portsieve "$@" -j >/dev/full' bash "$@"
	TRIED+=("$1")
	equal "portsieve: $words: No space left on device" "${stderr##*$'\n'}"
}

@test "JSON to a full disk: every command gives the reason and says whether the change was made" {
	local made="the change is made, but the output cannot be written" TRIED=()
	echo tcp 80 60 | python3 "$LAB_ROOT/tests/lib/write_capture.py" pcap "$BATS_TEST_TMPDIR/capture"
	unwritten "$made" load to_client -p "$GOOD" --per-port=dropped --events=dropped
	in_client flood to_server --port 81 --count 1 >/dev/null
	in_server portsieve load lo --mode generic # a second device, which stays
	unwritten "$made" apply "$OTHER" --dev to_client
	in_server portsieve show to_client | grep -q other
	unwritten "$made" apply "$GOOD" --dev to_client --confirm 60
	unwritten "$made" confirm
	in_server portsieve show to_client | grep -q web
	in_server portsieve apply "$OTHER" --dev to_client --confirm 60
	unwritten "$made" rollback
	unwritten "$made" allow tcp/1 --dev to_client
	unwritten "$made" drop tcp/2 --dev to_client
	in_server portsieve show to_client | grep -q drop-tcp-2
	unwritten "$made" delete drop-tcp-2
	in_server portsieve show to_client | grep -q allow-tcp-1
	unwritten "$made" upgrade to_client
	local words
	for words in "check $GOOD" learn "doctor to_client" "show to_client" "save --dev to_client" ports "events --last 1" sources status stats "registry http" "diff $OTHER --dev to_client" bench \
		"replay $BATS_TEST_TMPDIR/capture -p $GOOD"; do
		# shellcheck disable=SC2086
		unwritten "cannot write the output" $words
	done
	unwritten "cannot write the output" explain "tcp 192.0.2.1:9 > 192.0.2.2:80" -p "$GOOD"
	unwritten "$made" unload to_client
	equal "" "$(xdp_of server to_client)"
	equal "$(with_json | sort)" "$(printf '%s\n' "${TRIED[@]}" | sort -u)"
}

@test "with a full disk, a failed change is not made and a partial one is reported as partial" {
	in_server portsieve load lo --mode generic
	unwritten "cannot write the output" load lo -p "$GOOD"
	unwritten "the change is made in part, but the output cannot be written" load to_client lo -p "$GOOD"
	[ -n "$(xdp_of server to_client)" ]
}

# named NAME: copies GOOD to a file of that name.
named() {
	cp "$GOOD" "$BATS_TEST_TMPDIR/$1"
	echo "$BATS_TEST_TMPDIR/$1"
}

@test "a policy's path in any language is printed unchanged" {
	local file
	file=$(named 'büro €.yaml')
	in_server portsieve load to_client -p "$file"
	equal "$file" "$(in_server portsieve status -j | jq -r '.devices[0].policy.source')"
	[[ $(in_server portsieve status) == *"${file: -20}, applied "* ]]
	equal "$file" "$(portsieve check "$file" -j | jq -r .policy.source)"
	refused 2 "cannot read the policy $file.old" portsieve check "$file.old"
}

@test "invalid UTF-8 and control characters in a path are printed as question marks" {
	local file words
	file=$(named $'e\e[31m\xff\xc2\x9b.yaml')
	in_server portsieve load to_client -p "$GOOD"
	echo tcp 80 60 | python3 "$LAB_ROOT/tests/lib/write_capture.py" pcap "$BATS_TEST_TMPDIR/capture"
	mv "$BATS_TEST_TMPDIR/capture" "$file.pcap"
	for words in check "diff --dev to_client" "check -j" "diff -j"; do
		# shellcheck disable=SC2086
		[[ $(in_server portsieve $words "$file") == *'/e?[31m???.yaml'* ]]
	done
	[[ $(portsieve replay "$file.pcap" -p "$GOOD") == *'/e?[31m???.yaml.pcap'* ]]
	equal "$BATS_TEST_TMPDIR/e?[31m???.yaml.pcap" \
		"$(portsieve replay "$file.pcap" -p "$GOOD" -j | jq -r '.devices[0].device')"
	refused 2 "/e?[31m???.yaml.old" portsieve check "$file.old"
	echo 'version: 2' >"$file"
	refused 2 "/e?[31m???.yaml:1:" portsieve check "$file"
}
