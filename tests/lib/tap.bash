# SPDX-License-Identifier: GPL-2.0-or-later
# Sourced by test scripts that print TAP themselves.
tap_count=0 tap_failed=0

# expect SENTENCE STATUS: one TAP line, ok if STATUS is 0.
expect() {
	tap_count=$((tap_count + 1))
	if [ "$2" = 0 ]; then
		echo "ok $tap_count - $1"
	else
		tap_failed=1
		echo "not ok $tap_count - $1"
	fi
}

# tap_end: prints the plan and exits, with 1 if a line was not ok.
tap_end() {
	echo "1..$tap_count"
	exit $tap_failed
}
