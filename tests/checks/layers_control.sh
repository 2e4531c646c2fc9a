#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The control of layers.sh: in a copy of the tree every rule is broken once, and layers.sh must name the file.
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.bash
root=$PWD
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/tests"
cp -r user bpf headers "$copy/"
cp -r tests/checks "$copy/tests/"
cd "$copy" || exit 1

# breaks SENTENCE FILE LINE: with LINE at the end of FILE, layers.sh fails for that line only; FILE is as before then.
breaks() {
	local sentence=$1 file=$2 line=$3 output
	cp -p "$file" saved 2>/dev/null
	printf '%s\n' "$line" >>"$file"
	output=$(tests/checks/layers.sh)
	grep '^# ' <<<"$output" | grep -qF "$line"
	expect "$sentence" $?
	if [ -e saved ]; then
		mv saved "$file"
	else
		rm -f "$file"
	fi
}

tests/checks/layers.sh >/dev/null
expect 'the copy as it is passes' $?

# FOLDER: a header of a folder above it, or of one beside it that it may not know
while read -r folder header; do
	file=$(find "user/$folder" -name '*.c' | sort | head -1)
	breaks "$folder must not include $header" "$file" "#include \"$header\""
done <<'TABLE'
base policy/policy.h
policy compile/compile.h
compile analysis/check.h
analysis packet/packet.h
packet compile/compile.h
judge packet/packet.h
host policy/policy.h
datapath analysis/check.h
print control/ruleset.h
watch control/ruleset.h
control commands/command.h
serve commands/command.h
commands commands/apply.h
TABLE
for folder in user/*/; do
	folder=$(basename "$folder")
	grep -q "^$folder [a-z]*/[a-z_]*\.h$" "$root/tests/checks/layers_control.sh"
	expect "this control has a line for $folder" $?
done

for folder in policy compile analysis packet judge watch; do
	file=$(find user/$folder -name '*.c' | sort | tail -1)
	breaks "$folder must not know the clock" "$file" '#include <time.h>'
	breaks "$folder must not log" "$file" '#include "base/log.h"'
	breaks "$folder must not print" "$file" 'printf("");'
done
for folder in base policy compile analysis packet judge host print watch control commands; do
	file=$(find user/$folder -name '*.c' | sort | head -1)
	breaks "$folder must not include libbpf" "$file" '#include <bpf/bpf.h>'
	breaks "$folder must not end the process" "$file" 'exit(1);'
	breaks "$folder must not write to stderr" "$file" 'fputs("", stderr);'
done
breaks 'control must not see the inside of datapath' user/control/ruleset.c '#include "datapath/pins.h"'
breaks 'abi.h must not include more' headers/portsieve/abi.h '#include <linux/if_ether.h>'
breaks 'bpf/parse must not include the maps' "$(find bpf/parse -name '*.h' | sort | head -1)" '#include "maps.h"'
breaks 'bpf/parse must not call a helper' "$(find bpf/parse -name '*.h' | sort | head -1)" 'bpf_ktime_get_ns();'
breaks 'what judges on the host must not include the maps' bpf/judge/classify.h '#include "policy_maps.h"'
breaks 'what judges on the host must not include what looks up' bpf/judge/asks.h '#include "judge/reply.h"'
breaks 'what judges on the host must not call a helper' bpf/judge/condition.h 'bpf_ktime_get_boot_ns();'
mkdir user/attic
expect 'a folder of user/ without a line is found' "$(tests/checks/layers.sh | grep -q '^# user/attic/' && echo 0 || echo 1)"
tap_end
