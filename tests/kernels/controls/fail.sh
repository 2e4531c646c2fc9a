# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
echo 'ok 1 - one'
echo 'not ok 2 - two'
echo 1..2
exit 1
