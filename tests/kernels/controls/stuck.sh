# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
echo 'ok 1 - one'
sleep 1000
echo 1..1
