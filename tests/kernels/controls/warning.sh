# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
echo 'ok 1 - one'
echo 1..1
echo 'WARNING: CPU: 0 PID: 1 at a_control' >/dev/kmsg
