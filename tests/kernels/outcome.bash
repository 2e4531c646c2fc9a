# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# The outcome of a guest, from the folder that tests/kernels/boot has filled.

# outcome_count RESULT FOLDER: `PASSED FAILED SKIPPED`. These count as failed: a missing file, one that has not run
# as many tests as its plan says, and a guest that did not end by itself with the status of its tests.
outcome_count() {
	local passed failed skipped file end
	end=$(cat "$1/end")
	skipped=$(grep -cE '^ok .*# SKIP' "$1/tap")
	passed=$(($(grep -cE '^ok ' "$1/tap") - skipped))
	failed=$(grep -cE '^not ok ' "$1/tap")
	for file in "$2"/*.sh; do
		outcome_plan_is_kept "$1" "$(basename "$file")" || failed=$((failed + 1))
	done
	case $end in
	'done 0') [ "$failed" != 0 ] || grep -qx '# the end' "$1/tap" || failed=1 ;;
	'done 1') [ "$failed" != 0 ] || failed=1 ;;
	*) failed=$((failed + 1)) ;; # hang, panic
	esac
	echo "$passed $failed $skipped"
}

# outcome_plan_is_kept RESULT FILE: did the file run as many tests as it planned, and more than none?
outcome_plan_is_kept() {
	awk -v file="$2" '
		/^# file / { mine = $3 == file }
		mine && /^(not )?ok ([0-9]|[0-9][0-9]|[0-9][0-9][0-9]) / { ran++ }
		mine && /^1\.\.[0-9]+/ { planned = substr($1, 4) }
		END { exit !(ran > 0 && ran == planned) }' "$1/tap"
}

# outcome_explain RESULT: how the guest ended, what failed, and the kernel's last messages unless it ended by itself.
outcome_explain() {
	local end
	end=$(cat "$1/end")
	[[ $end == done* ]] || echo "    the guest: $end, in $(grep '^# file' "$1/tap" | tail -n 1 | cut -d' ' -f3)"
	awk '/^# file / { file = $3 } /^(ok|not ok|1\.\.)/ { shown = /^not ok/; if (shown) print "    " file ": " $0; next }
		shown && /^#/ { print "    " $0 }' "$1/tap"
	[[ $end == done* ]] || tail -n 15 "$1/console" | sed 's/^/    /'
}
