#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Turn IANA's service-names-port-numbers.xml into user/policy/registry_table.inc.

The output depends on the XML alone: the same file gives the same bytes. What counts as an
assignment is decided here and nowhere else; user/policy/registry.c only looks it up.
"""

import argparse
import re
import sys
import xml.etree.ElementTree as ElementTree

NAMESPACE = "{http://www.iana.org/assignments}"
TRANSPORTS = ("tcp", "udp", "sctp", "dccp")  # in the order of enum portsieve_transport
WITHOUT_TRANSPORT = ("tcp", "udp")
# The whole description of a row that keeps its name and has lost its port.
NOT_ASSIGNED = re.compile(r"(de-?registered|reserved|unassigned|removed|deprecated)$", re.I)
# The only rows that are assignments without a name.
NAMELESS = re.compile(r"any private ", re.I)
LINE_LENGTH = 92  # of an array's lines, the tab apart

HEAD = """\
/* SPDX-License-Identifier: CC0-1.0 */
/*
 * Made by scripts/registry.py from IANA's Service Name and Transport Protocol Port Number
 * Registry, updated {date}; do not edit. user/policy/registry.c alone includes it, after it has
 * defined TCP, UDP, SCTP and DCCP. Descriptions are whole; where transports describe one service
 * differently, the first one's words stand alone and the others' follow after their transport.
 */
"""


class Malformed(Exception):
    """The XML holds something that this script has no rule for."""


class Service:
    """One name on one range of ports, over every transport it is assigned for."""

    def __init__(self, name, low, high, row):
        self.name, self.low, self.high, self.row = name, low, high, row
        self.described = {}  # transport -> description

    def transports(self):
        return [transport for transport in TRANSPORTS if transport in self.described]

    def description(self):
        """The descriptions of all transports in one text; those that differ only in case count once."""
        texts = {}
        for transport in self.transports():
            text = self.described[transport]
            if text:
                texts.setdefault(text.casefold(), (text, []))[1].append(transport)
        parts = [text if n == 0 else f"{','.join(transports)}: {text}"
                 for n, (text, transports) in enumerate(texts.values())]
        return "; ".join(parts)


def field(record, tag):
    """The text of an element of a record on one line, or "" without one."""
    element = record.find(NAMESPACE + tag)
    return "" if element is None else " ".join("".join(element.itertext()).split())


def is_assigned(name, description):
    if not name:
        return NAMELESS.match(description) is not None
    return NOT_ASSIGNED.match(description) is None


def parse_range(number):
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", number)
    if not match:
        raise Malformed(f"port number '{number}'")
    low = int(match[1])
    high = int(match[2] or low)
    if not 0 < low <= high < 65536:
        raise Malformed(f"assigned range '{number}'")
    return low, high


def parse_transports(protocol):
    if protocol and protocol not in TRANSPORTS:
        raise Malformed(f"transport '{protocol}'")
    return (protocol,) if protocol else WITHOUT_TRANSPORT


def read_services(root):
    """The assigned services: those of one port by port, then ranges, narrowest first."""
    services = {}
    for row, record in enumerate(root.iter(NAMESPACE + "record")):
        name, number = field(record, "name"), field(record, "number")
        description = field(record, "description")
        if not number or not is_assigned(name, description):
            continue
        if not name.isascii() or re.search(r"\s", name):
            raise Malformed(f"service name '{name}'")
        low, high = parse_range(number)
        service = services.setdefault((name, low, high), Service(name, low, high, row))
        for transport in parse_transports(field(record, "protocol")):
            if not service.described.get(transport):
                service.described[transport] = description
    return sorted(services.values(), key=lambda s: (s.high - s.low, s.low, s.row))


def assigned_ranges(services, transport):
    """The maximal ranges of the ports that some service has for a transport."""
    ports = set()
    for service in services:
        if transport in service.described:
            ports.update(range(service.low, service.high + 1))
    lows = sorted(port for port in ports if port - 1 not in ports)
    highs = sorted(port for port in ports if port + 1 not in ports)
    return list(zip(lows, highs))


def quote(text):
    """A C string literal, with escapes and trigraphs quoted."""
    if re.search(r"[\x00-\x1f\x7f]", text):
        raise Malformed(f"control character in {text!r}")
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"\?(?=\?)", r"\\?", text) + '"'


def format_service(service):
    transports = " | ".join(transport.upper() for transport in service.transports())
    return (f"\t{{ {quote(service.name)}, {quote(service.description())}, "
            f"{service.low}, {service.high}, {transports} }},\n")


def format_array(comment, declaration, items):
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) + 2 > LINE_LENGTH:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + item + ","
    body = "".join(f"\t{line}\n" for line in lines if line)
    return f"\n/* {comment} */\nstatic const {declaration}[] = {{\n{body}}};\n"


def name_index(services):
    """Indices sorted by name without case, then port; and the positions that repeat a name."""
    named = [index for index, service in enumerate(services) if service.name]
    named.sort(key=lambda i: (services[i].name.lower(), services[i].low, services[i].high))
    names = [services[index].name.lower() for index in named]
    repeats = [n for n in range(1, len(names)) if names[n] == names[n - 1]]
    return named, repeats


def format_table(root):
    services = read_services(root)
    if len(services) >= 65536:
        raise Malformed("more services than a 16-bit index can tell apart")
    date = field(root, "updated")
    named, repeats = name_index(services)
    singles = sum(1 for service in services if service.low == service.high)
    yield HEAD.format(date=date)
    yield f"\nstatic const char date[] = {quote(date)};\n"
    yield "\n/* Services of one port, ascending; from SINGLES on, ranges, narrowest first. */\n"
    yield f"enum {{ SINGLES = {singles} }};\n\n"
    yield "static const struct registry_service assignments[] = {\n"
    yield from map(format_service, services)
    yield "};\n"
    yield format_array("Assignments with a name, by name without case, then by port.",
                       "uint16_t by_name", map(str, named))
    yield format_array("Ascending places in by_name whose name is that of the place before.",
                       "uint16_t repeats", map(str, repeats))
    for transport in TRANSPORTS:
        ranges = [f"{{ {low}, {high} }}" for low, high in assigned_ranges(services, transport)]
        yield format_array(f"Maximal ranges assigned for {transport.upper()}.",
                           f"struct registry_range {transport}_ranges", ranges)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("xml", help="IANA's service-names-port-numbers.xml")
    parser.add_argument("-o", "--output", help="where to write the table (default: stdout)")
    arguments = parser.parse_args()
    try:
        table = "".join(format_table(ElementTree.parse(arguments.xml).getroot())).encode()
        if arguments.output:
            with open(arguments.output, "wb") as output:
                output.write(table)
        else:
            sys.stdout.buffer.write(table)
    except (OSError, ElementTree.ParseError, Malformed) as error:
        sys.exit(f"registry.py: {arguments.xml}: {error}")


if __name__ == "__main__":
    main()
