#!/usr/bin/env bats
# SPDX-License-Identifier: GPL-2.0-or-later
# Tampering with the pins of one of two devices: that device is reported as incomplete, the other one works in every
# command, and unload ends the filter and removes the replaced pins without following symlinks.
bats_require_minimum_version 1.5.0
load ../lib/lab

# The server's devices are to_client and to_lan; to_lan is tampered with.
setup() {
	lab_up
	lab_namespace lan
	lab_veth server to_lan lan to_server
	# with prefixes, so that tries are pinned too
	DROP=$(policy '{version: 1, default: drop, rules: [{name: web, action: allow, ports: udp/80, from: [0.0.0.0/0]}]}')
	ALLOW=$(policy '{version: 1, default: allow, rules: [{name: telnet, action: drop, ports: udp/23}]}')
	ASIDE=/sys/fs/bpf/aside
	mkdir "$ASIDE"
}

teardown() {
	rm -rf "$ASIDE"
	lab_down
}

not_filtered() {
	[ -z "$(xdp_of server "$1")" ]
}

# dropped_from NAMESPACE: how many of 5 packets to a port that DROP drops do not reach the UDP stack?
dropped_from() {
	local udp='/^Udp: [0-9]/ { print $3 + $4 }' before
	before=$(in_server awk "$udp" /proc/net/snmp)
	in_namespace "$1" flood to_server --protocol udp --port 9 --count 5 >&2
	sleep 0.05
	echo $((5 - $(in_server awk "$udp" /proc/net/snmp) + before))
}

# only_to_lan_is_incomplete [WORDS]: what each command says of the two devices. WORDS: of the state of to_lan.
only_to_lan_is_incomplete() {
	local words=${1:-its pinned state is incomplete; unload it} json
	says 5 "$words" in_server portsieve status
	[[ $stderr == *"to_lan (index "* && $output == *to_client* && $output != *to_lan* ]]
	says 5 "$words" in_server portsieve stats -j
	equal to_client "$(jq -r '.devices[].device' <<<"$output")"
	says 1 "$words" in_server portsieve stats to_lan
	says 5 "to_lan: $words" in_server portsieve show -j
	equal '["to_client"]' "$(jq -c '[.devices[].device]' <<<"$output")"
	refused 1 "$words" in_server portsieve show to_lan
	refused 1 "to_lan: $words" in_server portsieve apply "$DROP" --dev to_lan
	refused 1 "to_lan: $words" in_server portsieve upgrade to_lan
	refused 1 "to_lan: $words" in_server portsieve load to_lan
	says 5 "to_lan: $words" in_server portsieve upgrade --all -j
	equal "upgraded failed" "$(jq -r '[.devices[].result] | join(" ")' <<<"$output")"
	for json in status stats show; do
		in_server portsieve $json to_client -j >/dev/null
	done
	in_server portsieve apply "$ALLOW" --dev to_client
	equal 0 "$(dropped_from client)"
	refused 5 "to_lan: $words" in_server portsieve apply "$DROP"
	equal 5 "$(dropped_from client)"
}

# unload_ends_it: of to_lan nothing is left, and to_client filters as before.
unload_ends_it() {
	local folder
	folder=$(pins_of to_lan)
	in_server portsieve unload to_lan
	equal "" "$(xdp_of server to_lan)"
	[ ! -e "$folder" ] && [ ! -L "$folder" ]
	equal 5 "$(dropped_from client)"
	equal to_client "$(in_server portsieve status -j | jq -r '.devices[].device')"
}

# put WHAT PATH: replaces the pin.
put() {
	local mine
	rm -rf "$2"
	case $1 in
	directory) mkdir "$2" ;;
	"full directory") mkdir -p "$2/a/b" && ln -s "$ASIDE" "$2/a/c" ;;
	"dangling symlink") ln -s nowhere "$2" ;;
	"symlink to itself") ln -s "$2" "$2" ;;
	"symlink to a directory") ln -s "$ASIDE" "$2" ;;
	"symlink to a socket") ln -s "$BATS_TEST_TMPDIR/socket" "$2" ;;
	"symlink to a file") ln -s "$DROP" "$2" ;;
	"symlink to a pin")
		mine=("$(pins_of to_client)/$(basename "$2" | sed 's/_.*//')"*)
		ln -s "${mine[0]}" "$2"
		;;
	esac
}

# socket_in_place: of BATS_TEST_TMPDIR/socket.
socket_in_place() {
	python3 -c 'import socket, sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])' "$BATS_TEST_TMPDIR/socket"
}

@test "a pin replaced by a file of any kind makes its device incomplete, and no other" {
	local what=(directory "full directory" "dangling symlink" "symlink to itself" "symlink to a directory"
		"symlink to a socket" "symlink to a file" "symlink to a pin") names n=0 name folder words
	socket_in_place
	in_server portsieve load to_client to_lan -p "$DROP" --attach link
	folder=$(pins_of to_lan)
	names=$(cd "$folder" && printf '%s\n' * | sed 's/_.*//' | sort -u)
	in_server portsieve unload to_lan
	for name in $names; do
		echo "# ${what[n]} in the place of $name" >&2
		in_server portsieve load to_lan -p "$DROP" --attach link
		folder=$(pins_of to_lan)
		put "${what[n]}" "$(echo "$folder/$name"*)"
		words=
		if [ "$name" = link ]; then # the pin was all that held the link
			within 5 not_filtered to_lan
			words="its pinned state is incomplete, and it is NOT FILTERED; unload it"
		fi
		only_to_lan_is_incomplete "$words"
		[ "$name" = link ] || equal 5 "$(dropped_from lan)"
		unload_ends_it
		[ -d "$ASIDE" ] && [ -e "$DROP" ] && [ -S "$BATS_TEST_TMPDIR/socket" ]
		n=$(((n + 1) % ${#what[@]}))
	done
	in_server portsieve unload --all
	rmdir "$ASIDE"
	equal "" "$(pins)"
}

@test "a replaced link: the device is incomplete and NOT FILTERED, and unload --all proceeds" {
	local what
	socket_in_place
	for what in directory "full directory" "dangling symlink" "symlink to itself" "symlink to a directory" \
		"symlink to a socket" "symlink to a file" "symlink to a pin"; do
		echo "# $what" >&2
		in_server portsieve load to_client to_lan -p "$DROP" --attach link
		put "$what" "$(pins_of to_lan)/link"
		within 5 not_filtered to_lan
		says 5 "incomplete, and it is NOT FILTERED" in_server portsieve status
		in_server portsieve unload --all
		equal "" "$(xdp_of server to_client)$(xdp_of server to_lan)"
		equal "$ASIDE" "$(pins)"
	done
}

@test "an object of another kind under the name of the link is not taken for one: incomplete and NOT FILTERED" {
	local kind folder
	in_server portsieve load to_client -p "$DROP" --attach link
	for kind in array percpu_array lru_hash hash_of_maps program "link of another device"; do
		echo "# $kind" >&2
		in_server portsieve load to_lan -p "$DROP" --attach link
		folder=$(pins_of to_lan)
		rm "$folder/link"
		within 5 not_filtered to_lan
		case $kind in
		program) ln "$(echo "$(pins_of to_client)"/program_*)" "$folder/link" ;;
		"link of another device") ln "$(pins_of to_client)/link" "$folder/link" ;;
		hash_of_maps)
			bpftool map create "$ASIDE/inner" type array key 4 value 4 entries 1 name inner
			bpftool map create "$folder/link" type hash_of_maps key 4 value 4 entries 1 name foreign \
				inner_map pinned "$ASIDE/inner"
			rm "$ASIDE/inner"
			;;
		*) bpftool map create "$folder/link" type "$kind" key 4 value 4 entries 64 name foreign ;;
		esac
		only_to_lan_is_incomplete "its pinned state is incomplete, and it is NOT FILTERED; unload it"
		unload_ends_it
	done
}

@test "an object of another kind under the name of a map or the program is not read" {
	local name kind folder pin
	in_server portsieve load to_client -p "$DROP" --attach link
	for name in program image counters text active trie4; do
		for kind in link program map; do
			[ $kind != $name ] || continue
			echo "# $kind as $name" >&2
			in_server portsieve load to_lan -p "$DROP" --attach link
			folder=$(pins_of to_lan)
			pin=$(echo "$folder/$name"*)
			rm "$pin"
			case $kind in
			map) bpftool map create "$pin" type percpu_array key 4 value 4 entries 1 name foreign ;;
			*) ln "$(echo "$folder/$kind"*)" "$pin" ;;
			esac
			says 5 "its pinned state is incomplete; unload it" in_server portsieve status
			equal 5 "$(dropped_from lan)"
			unload_ends_it
		done
	done
}

@test "a mount over a pin makes that device incomplete; unload ends the filter and names the mount" {
	local what folder pin
	socket_in_place
	in_server portsieve load to_client -p "$DROP" --attach link
	for what in "$DROP" "$BATS_TEST_TMPDIR/socket"; do
		in_server portsieve load to_lan -p "$DROP" --attach link
		folder=$(pins_of to_lan)
		pin=$(echo "$folder/text"*)
		mount --bind "$what" "$pin"
		only_to_lan_is_incomplete
		equal 5 "$(dropped_from lan)"
		refused 1 "cannot remove $folder: Device or resource busy" in_server portsieve unload to_lan
		equal "" "$(xdp_of server to_lan)"
		umount "$pin"
		says 3 "cleaned up stale state" in_server portsieve unload to_lan
		[ ! -e "$folder" ]
	done
}

@test "a link with a moved pin keeps filtering, the device is incomplete, and unload ends the filter" {
	local name folder
	in_server portsieve load to_client -p "$DROP" --attach link
	for name in "$ASIDE/link" moved; do # outside of the folder, and in it
		in_server portsieve load to_lan -p "$DROP" --attach link
		folder=$(pins_of to_lan)
		(cd "$folder" && mv link "$name")
		[ "$name" != moved ] || mkdir "$folder/link"
		only_to_lan_is_incomplete
		equal 5 "$(dropped_from lan)"
		unload_ends_it
		rm -f "$ASIDE/link"
	done
}

@test "beside an incomplete device the other one can be changed at run time, confirmed and rolled back" {
	in_server portsieve load to_client to_lan -p "$DROP" --attach link
	put directory "$(echo "$(pins_of to_lan)"/image_*)"
	in_server portsieve allow udp/9 --dev to_client
	equal 0 "$(dropped_from client)"
	refused 5 "to_lan: its pinned state is incomplete" in_server portsieve drop udp/10
	in_server portsieve delete allow-udp-9 --dev to_client
	equal 5 "$(dropped_from client)"
	in_server portsieve apply "$ALLOW" --confirm 60 --dev to_client
	equal 0 "$(dropped_from client)"
	says 5 "to_lan: its pinned state is incomplete" in_server portsieve rollback # its change could be pending
	equal 5 "$(dropped_from client)"
	in_server portsieve apply "$ALLOW" --confirm 60 --dev to_client
	in_server portsieve confirm --dev to_client
	equal 0 "$(dropped_from client)"
	equal 5 "$(dropped_from lan)"
}

@test "an incomplete device that has moved to another namespace filters there until unload --all" {
	local name folder moved
	in_server portsieve load to_client -p "$DROP" --attach link
	for name in program text; do
		in_server portsieve load to_lan -p "$DROP" --attach link
		folder=$(pins_of to_lan)
		moved=$(basename "$folder")
		lab_namespace away
		in_server ip link set to_lan netns away
		put directory "$(echo "$folder/$name"_*)"
		says 5 "(index $moved): its pinned state is incomplete; unload it" in_server portsieve status
		[ -n "$(xdp_of away to_lan)" ]
		in_server portsieve unload --all
		[ -z "$(in_server portsieve status 2>/dev/null)" ] && [ ! -e "$folder" ]
		within 5 eval '[ -z "$(xdp_of away to_lan)" ]'
		in_namespace away ip link set to_lan netns server
		ip netns delete away
		in_server portsieve load to_client -p "$DROP" --attach link
	done
}

@test "folders with similar names are not taken for devices" {
	local parent name
	in_server portsieve load to_client -p "$DROP" --attach link
	parent=$(dirname "$(pins_of to_client)")
	name=$(basename "$(pins_of to_client)")
	mkdir "$parent/0$name" "$parent/+$name" "$parent/ $name" "$parent/$((4294967296 + name))" "$parent/-1"
	run --separate-stderr -0 in_server portsieve status -j
	equal "to_client " "$(jq -r '[.devices[].device] | join(" ")' <<<"$output") $stderr"
	run --separate-stderr -0 in_server portsieve unload --all --quiet
	equal "" "$stderr$(xdp_of server to_client)"
}

@test "after the pin of the link is gone the next writer says NOT FILTERED" {
	local folder
	in_server portsieve load to_client to_lan -p "$DROP" --attach link
	folder=$(pins_of to_lan)
	rm "$folder/link"
	within 5 not_filtered to_lan
	says 0 "the interface is NOT FILTERED now" in_server portsieve apply "$DROP"
	[ ! -e "$folder" ]
	in_server portsieve load to_lan -p "$DROP"
	equal 5 "$(dropped_from lan)"
}

@test "something else in the place of a device's folder makes it incomplete, and unload removes only that" {
	local what folder
	in_server portsieve load to_client -p "$DROP" --attach link
	for what in symlink dangling map; do
		in_server portsieve load to_lan -p "$DROP" --attach link
		folder=$(pins_of to_lan)
		mv "$folder" "$ASIDE/folder"
		case $what in
		symlink) ln -s "$(pins_of to_client)" "$folder" ;;
		dangling) ln -s nowhere "$folder" ;;
		map) bpftool map create "$folder" type array key 4 value 4 entries 1 name foreign ;;
		esac
		only_to_lan_is_incomplete
		# what holds the filter is not where portsieve looks
		refused 1 "to_lan still carries an XDP program" in_server portsieve unload to_lan
		[ ! -e "$folder" ] && [ ! -L "$folder" ]
		equal 5 "$(dropped_from client)"
		mv "$ASIDE/folder" "$folder"
		unload_ends_it
	done
}

@test "a symlink in the place of the pin folder is not followed" {
	local target words
	in_server portsieve load to_client -p "$DROP"
	mv /sys/fs/bpf/portsieve "$ASIDE/portsieve"
	for target in "$ASIDE/portsieve" "$ASIDE" nowhere; do
		setpriv --reuid 65534 --clear-groups ln -s "$target" /sys/fs/bpf/portsieve # bpffs lets any user
		for words in status stats show "diff $ALLOW" "apply $ALLOW" "load to_lan -p $DROP" "upgrade to_client" \
			"unload to_client" "unload --all" confirm; do
			# shellcheck disable=SC2086
			refused 1 "/sys/fs/bpf/portsieve is not a directory; remove it: it is not portsieve's" \
				in_server portsieve $words
		done
		equal "$ASIDE/portsieve" "$(find "$ASIDE" -mindepth 1 -maxdepth 1)"
		equal "" "$(xdp_of server to_lan)"
		equal 5 "$(dropped_from client)"
		rm /sys/fs/bpf/portsieve
	done
	mv "$ASIDE/portsieve" /sys/fs/bpf/portsieve
	in_server portsieve apply "$ALLOW"
	equal 0 "$(dropped_from client)"
}
