# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
echo 'ok 1 - one'
echo 'ok 2 - two # SKIP not here'
echo 1..2
