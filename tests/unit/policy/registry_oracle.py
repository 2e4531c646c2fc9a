#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Recount IANA's registry from its XML and compare user/policy/registry_table.inc with that. TAP.

Shares no code with scripts/registry.py: the XML is read as text, and the table as a C
compiler would see it. Skips without the XML, which is no part of the project.
Usage: tests/registry_oracle.py [service-names-port-numbers.xml]
"""

import html
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
XML = ROOT.parent / "shared/data/iana/service-names-port-numbers.xml"
TABLE = ROOT / "user/policy/registry_table.inc"
TRANSPORTS = ("tcp", "udp", "sctp", "dccp")
STRING = r'"((?:[^"\\]|\\.)*)"'
TOTALS = {"tcp": (6155, 872), "udp": (5762, 797), "sctp": (88, 57), "dccp": (9, 7)}


def element(record, tag):
    match = re.search(rf"<{tag}>(.*?)</{tag}>", record, re.S)
    text = re.sub(r"<[^>]*>", "", match[1]) if match else ""
    return re.sub(r"\s+", " ", html.unescape(text)).strip()


def count_xml(text):
    """{(name, port, transport): description} of every assignment."""
    assigned = {}
    for record in re.findall(r"<record\b.*?</record>", text, re.S):
        name, number, words = (element(record, tag) for tag in ("name", "number", "description"))
        lost = words.lower() in ("de-registered", "reserved", "unassigned")
        if not number or (lost if name else not words.startswith("any private")):
            continue
        low, _, high = number.partition("-")
        protocol = element(record, "protocol")
        for transport in [protocol] if protocol else ["tcp", "udp"]:
            for port in range(int(low), int(high or low) + 1):
                assigned[name, port, transport] = words
    return assigned


def unquote(literal):
    return re.sub(r"\\(.)", r"\1", literal)


def count_table(text):
    """As count_xml, of the C rows."""
    row = re.compile(rf"^\t\{{ {STRING}, {STRING}, (\d+), (\d+), ([A-Z |]+) \}},$", re.M)
    assigned = {}
    for name, words, low, high, transports in row.findall(text):
        for transport in transports.lower().split(" | "):
            for port in range(int(low), int(high) + 1):
                assigned[unquote(name), port, transport] = unquote(words)
    return assigned


def table_ranges(text, transport):
    body = re.search(rf"{transport}_ranges\[\] = \{{(.*?)^\}};", text, re.S | re.M)[1]
    return [(int(low), int(high)) for low, high in re.findall(r"\{ (\d+), (\d+) \}", body)]


def ranges_of(ports):
    ranges = []
    for port in sorted(ports):
        if ranges and ranges[-1][1] == port - 1:
            ranges[-1] = (ranges[-1][0], port)
        else:
            ranges.append((port, port))
    return ranges


def find_failures(xml, table):
    """(what is checked, what was wrong with it) pairs."""
    from_xml, from_table = count_xml(xml), count_table(table)
    differing = sorted(from_xml.keys() ^ from_table.keys())
    yield "the table has the services of the XML and no others", differing[:5]
    lost = [key for key in from_xml.keys() & from_table.keys()
            if from_xml[key].casefold() not in from_table[key].casefold()]
    yield "the table has every description whole", lost[:5]
    for transport in TRANSPORTS:
        ports = {port for _, port, other in from_xml if other == transport}
        ranges = ranges_of(ports)
        counted = (len(ports), len(ranges))
        yield (f"{transport} has the registry's totals",
               [] if counted == TOTALS[transport] else [counted, TOTALS[transport]])
        yield (f"{transport} ranges are those of its ports",
               sorted(set(ranges) ^ set(table_ranges(table, transport)))[:5])


def made_by_script(xml_path):
    made = subprocess.run([ROOT / "scripts/registry.py", xml_path], capture_output=True,
                          check=False)
    return [] if made.stdout == TABLE.read_bytes() else ["run scripts/registry.py again"]


def main():
    xml_path = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else XML
    if not xml_path.exists():
        print(f"1..0 # SKIP no {xml_path.name} beside the project")
        return 0
    results = list(find_failures(xml_path.read_text("utf-8"), TABLE.read_text("utf-8")))
    results.append(("the table is what the script makes of the XML", made_by_script(xml_path)))
    print(f"1..{len(results)}")
    for number, (what, wrong) in enumerate(results, 1):
        print(f"{'not ok' if wrong else 'ok'} {number} - {what}")
        for detail in wrong:
            print(f"# {detail}")
    return 1 if any(wrong for _, wrong in results) else 0


if __name__ == "__main__":
    sys.exit(main())
