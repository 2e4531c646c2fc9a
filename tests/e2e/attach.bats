#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# How programs are attached on a kernel without freplace; tests/kernels/guest/40-dispatcher.sh tests the dispatcher
# itself.
bats_require_minimum_version 1.5.0
load ../lib/lab

setup() {
	lab_up
}

teardown() {
	lab_down
}

# Does this kernel support freplace? Asks libxdp's own loader, not portsieve.
has_freplace() {
	in_client xdp-loader load to_server "$LAB_ROOT/build/tests/traffic/empty.bpf.o" -n empty_pass >/dev/null 2>&1
	in_client xdp-loader status to_server | grep -q xdp_dispatcher
}

@test "a resource limit of the process is not blamed on the kernel" {
	local limit found
	in_server portsieve load to_client
	for limit in {8000..40000..1000}; do # with some of these the process starts but cannot probe the kernel
		run in_server bash -c "ulimit -v $limit; exec $LAB_ROOT/build/portsieve status -j"
		[[ $output != *"refuses to replace"*"Cannot allocate"* ]]
		[[ $output != *"cannot find out whether this kernel"*"needs: Cannot allocate memory"* ]] || found=$limit
	done
	[ -n "$found" ]
}

@test "without freplace, --attach dispatcher fails, says why and leaves nothing behind" {
	! has_freplace || skip "this kernel has freplace"
	refused 1 "to_client: this kernel refuses to replace functions of BPF programs (freplace: " \
		in_server portsieve load to_client --attach dispatcher
	[[ $stderr == *"which libxdp's dispatcher needs; use --attach link" ]]
	equal "" "$(xdp_of server to_client)"
	equal "" "$(find /sys/fs/bpf/portsieve -mindepth 1 2>/dev/null)"
}

@test "without freplace, --attach auto uses the link, and load says why, once" {
	! has_freplace || skip "this kernel has freplace"
	run --separate-stderr -0 in_server portsieve load to_client to_client
	equal "" "$output"
	equal 1 "$(grep -c '^portsieve: attached by a link: this kernel refuses to replace functions of BPF programs (freplace: ' <<<"$stderr")"
	run --separate-stderr -0 in_server portsieve load lo --mode generic --attach link
	equal "portsieve: lo: loaded (generic, link): counts only, drops nothing" "$stderr"
	equal link "$(in_server portsieve status to_client -j | jq -r '.devices[0].attach')"
	[[ $(in_server portsieve status to_client -j | jq -r '.devices[0].attach_reason') == \
		"this kernel refuses to replace functions of BPF programs (freplace: "* ]]
	[[ $(in_server portsieve status) != *freplace* ]]
	[[ $(in_server portsieve stats) == *"native, link; "* ]]
	equal link "$(in_server portsieve stats -j | jq -r '.devices[0].attach')"
}

@test "--attach link uses the link, and status says so even after changes and an upgrade" {
	local step
	in_server portsieve load to_client --attach link -p "$(policy 'version: 1')"
	for step in status "allow tcp/1" "apply $(policy '{version: 1, default: drop}')" "upgrade to_client"; do
		# shellcheck disable=SC2086
		in_server portsieve $step
		equal "requested with --attach link" "$(in_server portsieve status -j | jq -r '.devices[0].attach_reason')"
	done
	equal link "$(in_server portsieve status -j | jq -r '.devices[0].attach')"
	[ -e "$(echo /sys/fs/bpf/portsieve/*/*/link)" ]
}

@test "JSON tells a requested link from an automatic one" {
	! has_freplace || skip "this kernel has freplace"
	in_server portsieve load to_client --attach link
	in_server portsieve load lo --mode generic
	equal "lo: this, to_client: reque" \
		"$(in_server portsieve status -j | jq -r '[.devices[] | "\(.device): \(.attach_reason[:5] | rtrimstr(" "))"] | sort | join(", ")')"
	# the request belongs to the device
	in_server portsieve unload to_client
	in_server portsieve load to_client
	equal "lo: this, to_client: this" \
		"$(in_server portsieve status -j | jq -r '[.devices[] | "\(.device): \(.attach_reason[:5] | rtrimstr(" "))"] | sort | join(", ")')"
}

@test "every attach mode refuses an interface with another program and names the program" {
	in_server ip link set dev to_client xdp obj build/tests/traffic/empty.bpf.o program empty_pass
	local way program
	program=$(xdp_of server to_client)
	for way in auto link dispatcher; do
		refused 1 "to_client already carries the XDP program 'empty_pass' (id $program, native mode)" \
			in_server portsieve load to_client --attach $way
	done
	equal "$program" "$(xdp_of server to_client)"
}

@test "messages of the libraries are printed only on request" {
	! has_freplace || skip "this kernel has freplace"
	refused 1 "use --attach link" in_server portsieve load to_client --attach dispatcher
	equal 1 "$(wc -l <<<"$stderr")"
	run --separate-stderr -1 in_server env PORTSIEVE_DEBUG=1 portsieve load to_client --attach dispatcher
	[[ $stderr == *"libbpf: "* ]]
}
