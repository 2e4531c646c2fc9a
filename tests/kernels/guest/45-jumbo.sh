# SPDX-License-Identifier: GPL-2.0-or-later
# shellcheck shell=bash
# Jumbo frames in libxdp's dispatcher, next to a program that takes frames of one buffer only (xdp-filter of
# xdp-tools 1.3). libxdp gives the dispatcher frags only if all of its programs have them. It asks libbpf for the
# program's flags before libbpf has set them from the section's name (xdp-tools #587): portsieve sets them itself.
source /portsieve/tests/kernels/guest/lab.bash

POLICY='version: 1
default: drop
rules: [{name: dns, action: allow, ports: udp/53}]'

load() {
	in_server portsieve load to_client -p "$(policy "$POLICY")" --attach dispatcher
}

# mtu N: of both ends; the peer's is the one that counts for veth.
mtu() {
	in_server ip link set to_client mtu "$1" && in_client ip link set to_server mtu "$1"
}

jumbo() {
	in_client bash -c "dd if=/dev/zero bs=8000 count=1 >/dev/udp/$SERVER4/53"
	in_server received to_client
}

filter() {
	rm -rf /sys/fs/bpf/xdp-filter
	in_server xdp-filter load to_client -m native -f udp,ipv4
}

refuses_a_neighbour_without_frags() {
	mtu 9000
	load
	not filter
	jumbo
	equal "1 0" "$(row dns)"
	equal "8042 0" "$(row_bytes dns)"
}

# doctor_on_mtu: "RESULT MESSAGE"
doctor_on_mtu() {
	in_server portsieve doctor to_client -j | jq -r '.checks[] | select(.check == "mtu") | "\(.result) \(.message)"'
}

keeps_the_mtu_small_beside_it() {
	filter
	load
	equal "ok 1500; frames must fit into one buffer, as xdpfilt_alw_all in the dispatcher takes no others" "$(doctor_on_mtu)"
	not mtu 9000
	mtu 1500
	in_client bash -c "echo x >/dev/udp/$SERVER4/53"
	in_server received to_client
	equal "1 0" "$(row dns)"
	in_server xdp-filter unload to_client
	equal "ok 1500" "$(doctor_on_mtu)"
	in_server portsieve unload to_client # veth keeps the limit for as long as there is a program
	load
	mtu 9000
	in_server portsieve upgrade to_client
	jumbo
	equal "1 0" "$(row dns)"
}

# When it joins later, veth does not lower the limit of the MTU.
warns_of_jumbo_frames_beside_it() {
	load
	filter
	mtu 9000
	equal "warning 9000; frames must fit into one buffer, as xdpfilt_alw_all in the dispatcher takes no others" "$(doctor_on_mtu)"
	in_client bash -c "echo x >/dev/udp/$SERVER4/53"
	in_server received to_client
	equal "1 0" "$(row dns)"
}

if kernel_from 5.18; then
	it 'on a jumbo device a program without frags is refused, and portsieve judges on' refuses_a_neighbour_without_frags
	it 'beside one the kernel refuses a jumbo MTU, which doctor explains, and portsieve judges on' keeps_the_mtu_small_beside_it
	it 'doctor warns if the MTU is larger nevertheless' warns_of_jumbo_frames_beside_it
else
	it_cannot 'jumbo frames in the dispatcher' 'no frags before 5.18'
fi

finish
