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

# FOLDER: the other folders that its files may include
while IFS=: read -r folder allowed; do
	grep -nE '^#include "' user/"$folder"/*.[ch] | grep -vE '"[a-z_]+\.skel\.h"$' |
		grep -vE "\"(${folder}${allowed// /|})/[a-z0-9_]+\.(h|inc)\"" |
		check "$folder includes only itself${allowed:+,$allowed}"
done <<'TABLE'
base:
policy: base
compile: policy base
analysis: compile policy base
packet: policy base
judge: compile policy base
host: base
datapath: host packet compile policy base
print: datapath analysis packet compile policy base
watch: print datapath host judge analysis packet compile policy base
control: watch print datapath host judge analysis packet compile policy base
serve: control watch print datapath host judge analysis packet compile policy base
commands: serve control watch print datapath host judge analysis packet compile policy base
TABLE
ls -d user/*/ | grep -vE '/(base|policy|compile|analysis|packet|judge|host|datapath|print|watch|control|serve|commands)/$' |
	check 'every folder of user/ is in this table'
grep -nE '^#include "commands/' user/commands/*.[ch] | grep -vE '"commands/(command|options?)\.h"' |
	check 'no command includes another one'
grep -nE '^#include "datapath/' user/[^d]*/*.[ch] |
	grep -vE '"datapath/(datapath|snapshot|testrun|bench|device_names|counter_sum|egress_order|events|features|open_flows|port_counts)\.h"' |
	check 'other folders see only the public headers of datapath'
grep -nE '^#include (<bpf/|<xdp/|"[a-z_]+\.skel\.h")' user/*/*.[ch] | grep -v '^user/datapath/' |
	check 'only datapath includes libbpf, libxdp and skeletons'
grep -nE '^#include (<sys/socket|<libmnl/|<time\.h>|<poll\.h>|<fcntl\.h>|<unistd\.h>|"base/(clock|log|output)\.h")' \
	user/{policy,compile,analysis,packet,judge,watch}/*.[ch] |
	grep -vE '^user/(policy/until\.c:.*<time\.h>|watch/terminal\.c)' |
	check 'policy, compile, analysis, packet, judge and watch know no clock, file, socket, log'
grep -nE '\b(printf|puts|putchar|fopen|open|getenv|clock_gettime|time|exit)\(|\bstd(in|out|err)\b' \
	user/{policy,compile,analysis,packet,judge,watch}/*.[ch] |
	grep -vE '^user/(packet/capture|watch/terminal)\.[ch]' |
	check 'they print, open, ask and exit nowhere'
grep -nE '\b(_?exit|abort)\(' user/*/*.[ch] | grep -v '^user/commands/main\.c' | check 'only main.c ends the process'
grep -nE '\bstderr\b|\bperror\(' user/*/*.[ch] | grep -vE '^user/(base/log|commands/main)\.c|/\*.*stderr' |
	check 'only log.c writes to stderr'
grep -n '^#include' headers/portsieve/abi.h | grep -v '<linux/types.h>' | check 'abi.h includes linux/types.h only'
grep -nE '^#include' bpf/parse/*.h | grep -vE '<linux/[a-z0-9_]+\.h>|<portsieve/abi\.h>|"parse/[a-z0-9_]+\.h"' |
	check 'bpf/parse includes linux/ headers, abi.h and itself'
grep -nE '^#include' bpf/judge/{asks,classify,condition,frame,lookup}.h |
	grep -vE '<portsieve/abi\.h>|"parse/[a-z0-9_]+\.h"|"judge/(asks|classify|condition|frame|lookup)\.h"' |
	check 'what judges on the host too includes bpf/parse and itself'
grep -nE '\bbpf_[a-z_0-9]+\(' bpf/parse/*.h bpf/judge/{asks,classify,condition,frame,lookup}.h |
	check 'they call no helper'
git ls-files '*.[ch]' 'scripts/*' 'tests/*.sh' 'tests/**/*.bats' 2>/dev/null |
	grep -vE '\.(yaml|txt|py)$|/seeds/|/golden/' |
	while read -r file; do [ -f "$file" ] && ! head -5 "$file" | grep -q SPDX && echo "$file"; done |
	check 'every source file has its SPDX line'
echo "1..$n"
exit $failed
