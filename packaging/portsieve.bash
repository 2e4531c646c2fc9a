# SPDX-License-Identifier: GPL-2.0-or-later
# Completion for bash; the candidates come from `portsieve --complete`.

_portsieve() {
	local line=${COMP_LINE:0:COMP_POINT} word before candidate
	local -a words candidates
	# split at white space only: bash's own words also end at '=' and ':'
	read -ra words <<<"$line"
	[[ $line != *[[:space:]] ]] || words+=("")
	word=${words[-1]}
	before=
	[[ $word != *[=:]* ]] || before=${word%"${word##*[=:]}"}
	COMPREPLY=()
	mapfile -t candidates < <("$1" --complete "${words[@]:1}" 2>/dev/null)
	for candidate in "${candidates[@]}"; do
		if [[ $candidate == :files ]]; then
			compopt -o filenames 2>/dev/null
			mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$2")
		else
			candidate=${candidate%%$'\t'*} # without its description
			COMPREPLY+=("${candidate#"$before"}")
		fi
	done
}
complete -F _portsieve portsieve
