#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The layers (docs/design.md): who may include whom, who prints, who exits.
cd "$(dirname "$0")/../.." || exit 1
shopt -s lastpipe # `check` counts in this shell, at the end of a pipe
n=0 failed=0

# check SENTENCE: reads offending lines from stdin; none is a pass.
check() {
	local lines
	lines=$(cat)
	n=$((n + 1))
	if [ -z "$lines" ]; then
		echo "ok $n - $1"
	else
		failed=1
		echo "not ok $n - $1"
		sed 's/^/# /' <<<"$lines"
	fi
}

pure='user/policy.c user/policy_[a-eg-z]*.c user/policy_ports*.c user/compile.c user/image_reach.c user/image_deciders.c user/address_classes.c user/addresses.c user/counter_ids.c user/suggest.c user/registry.c user/table.c user/reason.c user/format.c'

grep -n '#include' headers/portsieve/abi.h | grep -v '<linux/types.h>' |
	check 'abi.h includes linux/types.h only'
grep -nE '#include' bpf/cursor.h bpf/byteorder.h bpf/packet.h bpf/parse*.h |
	grep -vE '<linux/[a-z0-9_]+\.h>|<portsieve/abi.h>|"(cursor|byteorder|packet|parse[a-z0-9_]*)\.h"' |
	check 'the parser includes linux/ headers and its own only'
grep -nE '\bbpf_[a-z_]+\(' bpf/cursor.h bpf/byteorder.h bpf/packet.h bpf/parse*.h bpf/classify.h |
	check 'the parser calls no helper'
grep -nE '#include <bpf/' user/*.[ch] | grep -vE '^user/(datapath|snapshot_read)' |
	check 'only datapath* and snapshot_read include <bpf/...>'
grep -nE '#include (<xdp/|"[a-z_]*\.skel\.h")' user/*.[ch] | grep -v '^user/datapath' |
	check 'only datapath* sees libxdp and skeletons'
grep -nE '#include "datapath_' user/*.[ch] | grep -vE '^user/(datapath|snapshot_read)' | grep -v '"datapath_trial.h"' |
	check 'nobody else looks into the datapath'
# shellcheck disable=SC2086
grep -nE '\b(printf|puts|putchar|log_[a-z]+|exit|getenv|clock_gettime|time)\(|std(out|err)\b|<bpf/|<sys/socket' $pure |
	grep -vE 'user/table.c' | check 'policy, compile and their like print, log, exit and ask for nothing'
grep -nE '\bexit\(|_exit\(|\babort\(' user/*.c | grep -v '^user/main.c' | check 'only main.c ends the process'
grep -nE '\bstderr\b|perror\(' user/*.c | grep -vE '^user/(log|main|datapath_program)\.c' |
	check 'only log.c writes to stderr'
grep -n '^#include' headers/portsieve/abi.h | grep -v '<linux/types.h>' | check 'abi.h includes linux/types.h only'
grep -nE '^#include' bpf/parse/*.h | grep -vE '<linux/[a-z0-9_]+\.h>|<portsieve/abi\.h>|"parse/[a-z0-9_]+\.h"' |
	check 'bpf/parse includes linux/ headers, abi.h and itself'
grep -nE '\bbpf_[a-z_]+\(' bpf/parse/*.h | check 'bpf/parse calls no helper'
git ls-files '*.[ch]' 'scripts/*' 'tests/*.sh' 'tests/**/*.bats' 2>/dev/null |
	grep -vE '\.(yaml|txt|py)$|/seeds/|/golden/' |
	while read -r file; do [ -f "$file" ] && ! head -5 "$file" | grep -q SPDX && echo "$file"; done |
	check 'every source file has its SPDX line'
echo "1..$n"
exit $failed
