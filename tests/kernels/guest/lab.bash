# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# What a guest test file is written with: `it`, `finish` and the lab of the end-to-end tests (tests/lib/lab.bash: in_server,
# in_client, serve_echo, echoes, row, sum_matches, pins, policy, equal...). Of its functions, `refused` needs bats and
# fetch, serve_web and scan need programs that are not in the guest.

source /portsieve/tests/lib/lab.bash
BATS_TEST_TMPDIR=/tmp/test # where `policy` writes
TEST_NUMBER=0
TEST_FAILED=0

# it SENTENCE FUNCTION: one test, in a lab of its own, in a subshell under `set -e`. Its output is shown when it
# fails; what it writes to descriptor 3 is shown always, as a remark.
it() {
	local status
	TEST_NUMBER=$((TEST_NUMBER + 1))
	mkdir -p $BATS_TEST_TMPDIR
	: >$BATS_TEST_TMPDIR.remarks
	(
		set -e
		lab_up
		"$2"
	) >$BATS_TEST_TMPDIR.log 2>&1 3>$BATS_TEST_TMPDIR.remarks
	status=$?
	if [ $status = 0 ]; then
		echo "ok $TEST_NUMBER - $1"
	else
		TEST_FAILED=1
		echo "not ok $TEST_NUMBER - $1"
		echo "# ended with status $status; its last words:"
		tail -n 40 $BATS_TEST_TMPDIR.log | sed 's/^/#   /'
	fi
	sed 's/^/# /' $BATS_TEST_TMPDIR.remarks
	guest_clean
}

# it_cannot SENTENCE WHY: a test that this kernel cannot run.
it_cannot() {
	TEST_NUMBER=$((TEST_NUMBER + 1))
	echo "ok $TEST_NUMBER - $1 # SKIP $2"
}

# finish: the plan and the status; the last line of a file.
finish() {
	echo "1..$TEST_NUMBER"
	exit $TEST_FAILED
}

# guest_clean: stops everything that a test started and takes the lab down.
guest_clean() {
	local process
	for process in /proc/[0-9]*; do
		process=${process#/proc/}
		[ "$process" = 1 ] || [ "$process" = $$ ] || kill -KILL "$process" 2>/dev/null
	done
	lab_down
	rm -rf $BATS_TEST_TMPDIR
}

# kernel_from 5.18: is the kernel that version or later?
kernel_from() {
	[ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" = "$1" ]
}

# remark WORDS...: for the log, of a test that passes too.
remark() {
	echo "$*" >&3
}

# not COMMAND...: `! COMMAND` does not end a test under `set -e`.
not() {
	if "$@"; then
		echo "should have failed: $*"
		return 1
	fi
}

# datagrams COUNT PORT [HOST]: that many UDP datagrams from the client. A socket for each: the ICMP answer to one would be an
# error of the next.
datagrams() {
	in_client bash -c 'for ((i = 0; i < $1; i++)); do echo x >"/dev/udp/$3/$2"; done' \
		datagrams "$1" "$2" "${3:-$SERVER4}"
}
