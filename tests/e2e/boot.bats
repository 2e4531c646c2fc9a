#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# What `make install` installs for the boot: the unit, the udev rule and what they run; first by hand, then by a
# systemd and a udevd of the test's own (tests/lib/systemd), where devices appear and disappear.
bats_require_minimum_version 1.5.0
load ../lib/lab

POLICY='version: 1
default: drop
rules:
  - {name: web, action: allow, ports: tcp/80}'
SYSTEMD=

setup_file() {
	export PS_ROOT=$BATS_FILE_TMPDIR/installed
	make -s -C "$LAB_ROOT" install PREFIX="$PS_ROOT/usr" SYSCONFDIR="$PS_ROOT/etc" >/dev/null
}

setup() {
	lab_up
	UNIT=$PS_ROOT/usr/lib/systemd/system/portsieve@.service
	RULES=$PS_ROOT/usr/lib/udev/rules.d/90-portsieve.rules
	ETC=$PS_ROOT/etc/portsieve
	FOLDER=$BATS_TEST_TMPDIR
	mkdir -p "$ETC/devices"
	echo "$POLICY" >"$ETC/policy.yaml"
}

teardown() {
	[ -z "$SYSTEMD" ] || kill -KILL "$SYSTEMD" # SIGTERM makes it re-execute itself
	lab_down
	rm -rf "$ETC"
	if [ -e "$FOLDER/cgroup" ]; then
		within 5 remove_control_groups
	fi
}

remove_control_groups() {
	find "$(cat "$FOLDER/cgroup")" -depth -type d -exec rmdir {} +
}

# run_line ExecStart|ExecReload|ExecStop DEVICE: runs this line of the unit as systemd does.
run_line() {
	local line name
	line=$(sed -n "s/^$1=//p" "$UNIT")
	name=$(systemd-escape --template=portsieve@.service "$2")
	line=${line//%I/$2}
	# the shell must not interpret the escapes in the unit's name
	eval "in_server_sysfs ${line//%n/\'$name\'}"
}

# in_server, with the devices of the namespace in /sys.
in_server_sysfs() {
	in_server unshare --mount bash -euc '
		mount --bind /sys/fs/bpf /mnt && mount -t sysfs sysfs /sys && mount --move /mnt /sys/fs/bpf && exec "$@"
	' bash "$@"
}

# systemd_up: with the unit and the rule, in `server`.
systemd_up() {
	awk '$3 == "cgroup2" { print $2 }' /proc/mounts | grep -q . || skip "no cgroup2 is mounted, which systemd needs"
	mkdir -p "$FOLDER/units" "$FOLDER/rules"
	cp "$UNIT" "$(dirname "$UNIT")/run-portsieve-bpf.mount" "$FOLDER/units"
	cp "$RULES" "$FOLDER/rules"
	start server "$LAB_ROOT/tests/lib/systemd" "$FOLDER"
	within 10 systemd_is_up
}

systemd_is_up() {
	SYSTEMD=$(xargs <"/proc/${LAB_PIDS[-1]}/task/${LAB_PIDS[-1]}/children")
	[ -n "$SYSTEMD" ] && in_systemd systemctl is-active systemd-udevd.service test.target
}

in_systemd() {
	nsenter --target "$SYSTEMD" --mount --pid --net --cgroup -- "$@"
}

# unit DEVICE: the name of its unit.
unit() {
	systemd-escape --template=portsieve@.service "$1"
}

is_filtered() {
	[ -n "$(xdp_of server "$1")" ]
}

is_active() {
	in_systemd systemctl is-active "$(unit "$1")"
}

has_failed() {
	in_systemd systemctl is-failed "$(unit "$1")"
}

is_inactive() {
	[ "$(in_systemd systemctl show --property=ActiveState --value "$(unit "$1")")" = inactive ]
}

make_device() {
	in_server ip link add "$1" type veth peer name peer
}

default_of() {
	in_server portsieve status "$1" -j | jq -r '.devices[0].policy.default'
}

@test "make install puts these files below DESTDIR, and enables nothing" {
	make -s -C "$LAB_ROOT" install DESTDIR="$FOLDER/dest" PREFIX=/usr
	equal "usr/lib/systemd/system/portsieve-serve.service
usr/lib/systemd/system/portsieve@.service
usr/lib/systemd/system/run-portsieve-bpf.mount
usr/lib/sysusers.d/portsieve.conf
usr/lib/udev/rules.d/90-portsieve.rules
usr/libexec/portsieve/portsieve-boot
usr/sbin/portsieve
usr/share/bash-completion/completions/portsieve
$(cd "$LAB_ROOT/docs/examples" && printf 'usr/share/doc/portsieve/examples/%s\n' *)
usr/share/doc/portsieve/packets.md
usr/share/doc/portsieve/portsieve.json
usr/share/doc/portsieve/portsieve.rules.yaml
usr/share/man/man5/portsieve-policy.5
usr/share/man/man8/portsieve.8
$(cd "$LAB_ROOT/docs/schemas" && printf 'usr/share/portsieve/schemas/%s\n' *.json)
usr/share/zsh/site-functions/_portsieve" "$(cd "$FOLDER/dest" && find . ! -type d -printf '%P\n' | LC_ALL=C sort)"
	run ! grep -rF -e "$FOLDER" -e '@SBINDIR@' -e '@LIBEXECDIR@' -e '@SYSCONFDIR@' "$FOLDER/dest/usr/lib/udev" "$FOLDER/dest/usr/libexec"
	grep -q "^ExecStart=/usr/libexec/portsieve/portsieve-boot " "$FOLDER/dest/usr/lib/systemd/system/portsieve@.service"
	make -s -C "$LAB_ROOT" uninstall DESTDIR="$FOLDER/dest" PREFIX=/usr
	equal "" "$(find "$FOLDER/dest" ! -type d)"
}

@test "systemd-analyze finds nothing wrong with the unit" {
	local name
	for name in eth0 eth0.100 'br\x2dlan'; do
		ln -s "$UNIT" "$FOLDER/portsieve@$name.service"
		run -0 systemd-analyze verify --man=no "$FOLDER/portsieve@$name.service"
		equal "" "$output"
	done
	run -0 systemd-analyze verify --man=no "$(dirname "$UNIT")/run-portsieve-bpf.mount"
	equal "" "$output"
}

@test "the lines of the unit load, apply and unload" {
	run_line ExecStart to_client
	equal "$ETC/policy.yaml drop" "$(in_server portsieve status -j |
		jq -r '.devices[0].policy | "\(.source) \(.default)"')"
	serve_web server 80
	fetch client $SERVER4 80
	local before
	before=$(row web)
	echo "${POLICY/default: drop/default: allow}" >"$ETC/policy.yaml"
	run_line ExecReload to_client
	equal allow "$(default_of to_client)"
	equal "$before" "$(row web)" # an apply: the counters go on
	run_line ExecStop to_client
	equal "" "$(pins)"
	equal "" "$(xdp_of server to_client)"
}

@test "a device has its own policy, or the common one, or an error that names both files" {
	echo "${POLICY/default: drop/default: allow}" >"$ETC/devices/to_client.yaml"
	run_line ExecStart to_client
	equal "$ETC/devices/to_client.yaml" "$(in_server portsieve status -j | jq -r '.devices[0].policy.source')"
	run_line ExecStop to_client
	ln -sf nowhere "$ETC/devices/to_client.yaml"
	run ! run_line ExecStart to_client
	[[ $output == *"$ETC/devices/to_client.yaml"* ]]
	rm "$ETC/policy.yaml" "$ETC/devices/to_client.yaml"
	run -1 run_line ExecStart to_client
	equal "to_client has no policy: write $ETC/devices/to_client.yaml or $ETC/policy.yaml" "$output"
	equal "" "$(xdp_of server to_client)"
}

@test "a bad policy keeps the one in force, at reload and at start" {
	run_line ExecStart to_client
	echo "${POLICY/tcp/tpc}" >"$ETC/policy.yaml"
	run -2 run_line ExecReload to_client
	[[ $output == *"policy.yaml:4:"* ]]
	run -2 run_line ExecStart to_client
	equal drop "$(default_of to_client)"
}

@test "stop succeeds if the filter or the device is gone" {
	run_line ExecStop to_client
	run_line ExecStart to_client
	in_server ip link delete to_client
	run_line ExecStop to_client
}

@test "a device that was made again is loaded again by the same line" {
	run_line ExecStart to_client
	in_server ip link delete to_client
	lab_veth server to_client client to_server
	run ! is_filtered to_client
	run_line ExecStart to_client
	is_filtered to_client
}

@test "udev's rule runs for new and renamed devices, not for lo" {
	in_server_sysfs bash -euc '
		mount -t tmpfs tmpfs /run && mkdir -p /run/udev/rules.d && cp "$1" /run/udev/rules.d
		for device in lo to_client; do
			for action in add move change remove; do
				echo "$device $action $(udevadm test --action=$action /sys/class/net/$device 2>&1 |
					grep -oE "^run: .*portsieve-boot appeared .*" | sed "s|.*/||")"
			done
		done >"$2"
	' bash "$RULES" "$FOLDER/runs"
	equal "lo add 
lo move 
lo change 
lo remove 
to_client add portsieve-boot appeared to_client'
to_client move portsieve-boot appeared to_client'
to_client change 
to_client remove " "$(cat "$FOLDER/runs")"
}

@test "systemd: enable, start, reload, restart and stop, for odd names too" {
	local device
	systemd_up
	for device in eth0.100 br-lan; do
		make_device $device
		within 10 in_systemd systemctl start "$(unit $device)"
		is_filtered $device
		equal drop "$(default_of $device)"
		local program
		program=$(xdp_of server $device)
		echo "${POLICY/default: drop/default: allow}" >"$ETC/policy.yaml"
		in_systemd systemctl reload "$(unit $device)"
		equal allow "$(default_of $device)"
		# a restart never removes the filter
		in_systemd systemctl restart "$(unit $device)"
		equal "$program" "$(xdp_of server $device)"
		in_systemd systemctl stop "$(unit $device)"
		equal "" "$(xdp_of server $device)"
		in_server ip link delete $device
		echo "$POLICY" >"$ETC/policy.yaml"
	done
	equal "" "$(pins)"
}

@test "systemd: members of the group portsieve read what the unit has loaded" {
	{
		grep -v '^portsieve:' /etc/group
		echo "portsieve:x:4711:"
	} >"$FOLDER/group"
	mount --bind "$FOLDER/group" /etc/group
	systemd_up
	within 10 in_systemd systemctl start "$(unit to_client)"
	run -0 in_systemd setpriv --reuid 65534 --regid 65534 --groups 4711 --inh-caps=-all --bounding-set=-all \
		portsieve show
	umount /etc/group
	[[ $output == *'name: web'* ]]
	equal "" "$(grep -vE '^portsieve: (to_client: loaded|attached by a link)' "$FOLDER/log")"
	equal active "$(in_systemd systemctl is-active run-portsieve-bpf.mount)"
}

@test "systemd: a restart with a bad policy keeps the filter, and the unit fails with the error" {
	systemd_up
	within 10 in_systemd systemctl start "$(unit to_client)"
	echo "${POLICY/tcp/tpc}" >"$ETC/policy.yaml"
	run ! in_systemd systemctl restart "$(unit to_client)"
	has_failed to_client
	grep -q 'policy.yaml:4:' "$FOLDER/log"
	equal drop "$(default_of to_client)"
}

@test "systemd: without a policy the unit fails and says what to write" {
	systemd_up
	rm "$ETC/policy.yaml"
	run ! in_systemd systemctl start "$(unit to_client)"
	has_failed to_client
	grep -qx "to_client has no policy: write $ETC/devices/to_client.yaml or $ETC/policy.yaml" "$FOLDER/log"
}

@test "systemd: a device present at boot is loaded if its unit is enabled" {
	make_device br-lan
	mkdir -p "$FOLDER/enabled/sys-subsystem-net-devices-br\x2dlan.device.wants"
	ln -s "$FOLDER/units/portsieve@.service" \
		"$FOLDER/enabled/sys-subsystem-net-devices-br\x2dlan.device.wants/portsieve@br\x2dlan.service"
	systemd_up
	within 10 is_active br-lan
	is_filtered br-lan
	run ! is_filtered to_client
	[[ $(in_systemd systemctl show --property=Before "$(unit br-lan)") == *network-pre.target* ]]
}

was_seen() {
	[ "$(grep -c br-lan "$FOLDER/seen")" = "$1" ]
}

@test "systemd: a device is filtered before it is announced" {
	cat >"$FOLDER/witness" <<-END
		[Unit]
		DefaultDependencies=no
		BindsTo=sys-subsystem-net-devices-br\\x2dlan.device
		After=sys-subsystem-net-devices-br\\x2dlan.device
		[Service]
		Type=oneshot
		ExecStart=/bin/sh -c 'ip link show br-lan >>$FOLDER/seen'
		[Install]
		WantedBy=sys-subsystem-net-devices-br\\x2dlan.device
	END
	systemd_up
	mv "$FOLDER/witness" "$FOLDER/units/witness.service"
	in_systemd systemctl daemon-reload
	in_systemd systemctl enable witness "$(unit br-lan)"
	local n
	for n in 1 2 3 4 5; do
		make_device br-lan
		within 10 is_active br-lan
		within 10 was_seen $n
		in_server ip link delete br-lan
		within 10 is_inactive br-lan
	done
	equal 5 "$(grep -c 'prog/xdp' "$FOLDER/seen")"
}

@test "systemd: a device deleted and made again at once is filtered again, every time" {
	systemd_up
	in_systemd systemctl enable "$(unit br-lan)"
	make_device br-lan
	within 10 is_active br-lan
	local n
	for n in {1..12}; do
		in_server ip link delete br-lan
		[ $((n % 3)) = 0 ] || sleep 0.0$((n % 10))
		make_device br-lan
		within 10 is_filtered br-lan
		# and stays so when the units have settled
		within 10 settled br-lan
		is_filtered br-lan
	done
	in_server ip link delete br-lan
	within 10 is_inactive br-lan
	in_server portsieve load to_client
	equal 1 "$(in_server portsieve status -j | jq '.devices | length')"
}

settled() {
	is_active "$1" && [ -z "$(in_systemd systemctl list-jobs --no-legend)" ]
}

@test "systemd: a start without the device fails quickly, and the device is loaded when it appears" {
	systemd_up
	in_systemd systemctl enable "$(unit br-lan)"
	local begin=$SECONDS
	run ! in_systemd systemctl start "$(unit br-lan)"
	((SECONDS - begin < 20))
	make_device br-lan
	within 10 is_active br-lan
	is_filtered br-lan
}

@test "systemd: a device whose unit is not enabled stays as it is" {
	systemd_up
	make_device other
	in_systemd udevadm settle
	run ! is_filtered other
	is_inactive other
}
