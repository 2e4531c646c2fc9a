#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Validates JSON output of portsieve against docs/schemas.

validate.py FILE...: each FILE is a record of tests/lib/recorded/portsieve: a line with the words of the command,
a line with its exit status, and its output; or of lab_answer: GET and a path, 0 for the status 200, and the answer.
Prints what is wrong, and exits with 1 then.
"""
import json
import pathlib
import sys

import jsonschema

SCHEMAS = pathlib.Path(__file__).resolve().parents[2] / "docs" / "schemas"
ROWS_MAX = 100  # validated per array, plus each row with new keys or types
ANSWERS = {"/api/stream": "stream", "/api/history": "history", "/api/strip": "strip"}  # paths without a command
FAULTS_MAX = 5  # printed per output


def validator_of(name, known={}):
    if name not in known:
        schema = json.loads((SCHEMAS / f"{name}.json").read_text())
        jsonschema.Draft202012Validator.check_schema(schema)
        resolver = jsonschema.RefResolver(f"{SCHEMAS.as_uri()}/{name}.json", schema)
        known[name] = jsonschema.Draft202012Validator(schema, resolver=resolver)
    return known[name]


def shape(value):
    if isinstance(value, dict):
        return tuple((key, shape(member)) for key, member in sorted(value.items()))
    return type(value).__name__


def thinned(value):
    """The value with its long arrays cut: validating 16,384 ranges takes a minute."""
    if isinstance(value, dict):
        return {key: thinned(member) for key, member in value.items()}
    if isinstance(value, list):
        seen, rows = set(), []
        for row in value:
            if len(rows) < ROWS_MAX or shape(row) not in seen:
                seen.add(shape(row))
                rows.append(thinned(row))
        return rows
    return value


def without_repeated_keys(pairs):
    keys = [key for key, _ in pairs]
    if len(keys) != len(set(keys)):
        raise ValueError(f"a repeated key among {keys}")
    return dict(pairs)


def faults(words, status, output):
    """Yields the faults in the output of a command."""
    lines = output.decode().splitlines()
    path = words[1].split("?")[0] if words[0] == "GET" else ""
    items = "--each" in words or words[0] == "events" or path == "/api/events"
    streams = items or path == "/api/stream" or any(word.startswith("--watch") for word in words)
    if not streams and len(lines) != 1:
        yield f"{len(lines)} lines"
    for line in lines:
        document = json.loads(line, object_pairs_hook=without_repeated_keys)
        if items and "packet" in document:
            name = "replay-each"
        elif items and "schema" not in document:
            name = "events-each"
        elif path in ANSWERS and "errors" not in document:
            name = ANSWERS[path]
        else:
            name = document.get("command") or "unknown"
        for error in validator_of(name).iter_errors(thinned(document)):
            yield f"{name}.json: {'/'.join(map(str, error.absolute_path))}: {error.message[:300]}"
    if status == 1 and "--exit-code" in words:
        status = 0  # the policies differ
    if lines and not (items and status == 0) and "errors" in document:
        failed = bool(document["errors"]) or document["command"] == "doctor"
        if status and not failed:
            yield f"exit status {status}, and no error"
        if document["errors"] and not status:
            yield "errors, and exit status 0"


def main():
    wrong = 0
    for path in sys.argv[1:]:
        words, status, output = pathlib.Path(path).read_bytes().split(b"\n", 2)
        words = words.decode(errors="replace").split("\x1f")[:-1]
        try:
            found = list(faults(words, int(status), output))
        except (ValueError, KeyError, OSError) as error:
            found = [repr(error)]
        for fault in found[:FAULTS_MAX]:
            print(f"portsieve {' '.join(words)}: {fault}")
        if found:
            print(f"    {output[:1000].decode(errors='replace')}")
            wrong += 1
    return wrong > 0


if __name__ == "__main__":
    sys.exit(main())
