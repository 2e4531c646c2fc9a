#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# docs/schemas: a schema for each command with --json, valid and closed, with every code of an error or a warning.
# That the commands print what the schemas say is validated in the tests of tests/e2e (tests/lib/validate.py).
cd "$(dirname "$0")/../.." || exit 1
. tests/lib/tap.bash

# codes KIND: the words of errors or warnings in the table of the program
codes() {
	sed -nE "s/^\t\[$1_[A-Z_0-9]+\] = \{ \"([a-z0-9-]+)\".*/\1/p" user/base/error.c | sort
}

commands=$(build/portsieve --help | awk '/^  [a-z]+ / && $1 != "portsieve" { print $1 }')
for command in $commands; do
	[ "$(build/portsieve "$command" --help | grep -c -e '--json')" = 0 ] || [ -e "docs/schemas/$command.json" ]
	expect "there is a schema of $command" $?
done
for kind in ERROR WARNING; do
	name=$(tr '[:upper:]' '[:lower:]' <<<$kind)
	diff <(codes $kind) <(jq -r --arg name "$name" '."$defs"[$name].properties.code.enum[]' docs/schemas/common.json | sort)
	expect "the schema has the codes of each $name, and no others" $?
done
for schema in docs/schemas/*.json; do
	/usr/bin/python3 -c 'import json, jsonschema, sys
jsonschema.Draft202012Validator.check_schema(json.load(open(sys.argv[1])))' "$schema"
	expect "$schema is a schema" $?
	[ "$(jq '[.. | objects | select(.type? == "object" and .additionalProperties != false)] | length' "$schema")" = 0 ]
	expect "$schema forbids other keys" $?
done
tap_end
