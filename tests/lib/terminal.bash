# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# A terminal for running commands in tests: tmux, with its own server and configuration.

TERMINAL=(tmux -L "portsieve-$$-0" -f /dev/null)
terminals=0

# terminal_start COLUMNS ROWS COMMAND...: in the namespace `server`. The screen stays when the command ends.
terminal_start() {
	local columns=$1 rows=$2
	shift 2
	TERMINAL[2]="portsieve-$$-$((++terminals))" # the previous server may still be exiting
	LC_ALL=C.UTF-8 "${TERMINAL[@]}" new-session -d -x "$columns" -y "$rows" -s test \
		"nsenter --net=/run/netns/server -- env LC_ALL=${TERMINAL_LOCALE:-C.UTF-8} TERM=${TERMINAL_TERM:-tmux-256color} ${*@Q}
		echo \$? >$BATS_TEST_TMPDIR/ended-$terminals" \
		\; set-option -g remain-on-exit on \; set-option -g status off \; set-option -g window-size manual 3>&-
}

# terminal_keys KEY...: sends keys, by tmux's names
terminal_keys() {
	"${TERMINAL[@]}" send-keys -t test "$@"
}

terminal_resize() {
	"${TERMINAL[@]}" resize-window -t test -x "$1" -y "$2"
}

# terminal_screen [OPTION]...: prints the screen; -e with colours, -S -100 with the scrollback
terminal_screen() {
	"${TERMINAL[@]}" capture-pane -p -t test "$@"
}

# terminal_shows REGEX: waits for a matching line
terminal_shows() {
	within 20 terminal_has "$1" || {
		terminal_screen
		return 1
	}
}

terminal_has() {
	terminal_screen | grep -qE -- "$1"
}

# terminal_ended: waits until the command has exited, and prints its status
terminal_ended() {
	within 20 test -s "$BATS_TEST_TMPDIR/ended-$terminals" && cat "$BATS_TEST_TMPDIR/ended-$terminals"
}

terminal_is_dead() {
	[ "$("${TERMINAL[@]}" display-message -p -t test '#{pane_dead}')" = 1 ]
}

terminal_stop() {
	"${TERMINAL[@]}" kill-server 2>/dev/null || true
}
