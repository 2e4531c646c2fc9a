#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Packets made by scapy, dissected by tshark, judged by portsieve. TAP, a line a packet.

Where tshark sees a transport with a destination port, portsieve must see the same; where it sees another protocol,
a later fragment or nothing at all, portsieve must say the reason that docs/packets.md has for that. Where the two
may differ, the packet names the rule of docs/packets.md that says so, and the reason that portsieve must give.
The Python is Debian's: scapy is one of its packages.
"""
import json
import logging
import subprocess
import sys
import tempfile
from pathlib import Path

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
sys.path.insert(0, str(Path(__file__).parent))
from second_opinion_packets import packets  # noqa: E402
from scapy.utils import wrpcap  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
POLICY = "version: 1\ndefault: allow\n"
FIELDS = [
    "frame.protocols",
    "ip.frag_offset",
    "ipv6.fraghdr.offset",
    "ipv6.nxt",
    "ipv6.dstopts.nxt",
    "tcp.dstport",
    "udp.dstport",
    "sctp.dstport",
    "dccp.dstport",
    "_ws.malformed",
    "_ws.expert.severity",
]
ERROR = 0x800000  # tshark's severity

# tshark's names: layers around IP, extension headers, transports (with portsieve's name and the field of the port).
IP = ["ip", "ipv6"]
EXTENSIONS = ["ipv6.hopopts", "ipv6.routing", "ipv6.fraghdr", "ipv6.dstopts", "ah", "mipv6", "hip", "shim6"]
TRANSPORTS = {
    "tcp": ("tcp", "tcp.dstport"),
    "udp": ("udp", "udp.dstport"),
    "udplite": ("udp", "udp.dstport"),
    "sctp": ("sctp", "sctp.dstport"),
    "dccp": ("dccp", "dccp.dstport"),
}
REASONS = {"icmp": "icmp", "icmpv6": "icmpv6", "igmp": "igmp", "esp": "no-port"}
NO_NEXT_HEADER = "59"


def run(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def dissect(path):
    """tshark's rows, as dictionaries of lists."""
    options = ["-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "ip.check_checksum:FALSE"]
    options += [word for field in FIELDS for word in ("-e", field)]
    lines = run("tshark", "-n", "-r", path, "-T", "fields", "-E", "separator=;", *options).split("\n")
    for line in lines[:-1]:
        yield {name: text.split(",") if text else [] for name, text in zip(FIELDS, line.split(";"))}


def judge(path, folder):
    policy = Path(folder) / "policy.yaml"
    policy.write_text(POLICY)
    replay = [str(ROOT / "build/portsieve"), "replay", path, "--policy", str(policy), "--each", "-j"]
    return [json.loads(line) for line in run(*replay).splitlines()]


def payload_of(layers):
    """The name of what the outer IP carries, behind the extension headers of IPv6; None without IP."""
    at = next((i for i, name in enumerate(layers) if name in IP), None)
    if at is None or "mpls" in layers[:at]:
        return None
    inner = layers[at + 1 :]
    if layers[at] == "ipv6":
        while inner and inner[0] in EXTENSIONS:
            inner = inner[1:]
    return inner[0] if inner else "nothing"


def is_later_fragment(row):
    return any(int(text, 0) for text in row["ip.frag_offset"][:1] + row["ipv6.fraghdr.offset"][:1])


def is_malformed(row):
    return bool(row["_ws.malformed"]) or any(int(text) >= ERROR for text in row["_ws.expert.severity"])


def opinion_of(row):
    """What portsieve must say for tshark to be of the same opinion: (reason, protocol, port)."""
    layers = row["frame.protocols"][0].split(":")
    payload = payload_of(layers)
    if payload is None:
        return ("mpls" if "mpls" in layers else "non-ip", None, None)
    if is_later_fragment(row):
        return ("later-fragment", None, None)
    if is_malformed(row):
        return ("malformed", None, None)
    if payload in TRANSPORTS:
        protocol, field = TRANSPORTS[payload]
        return ("port", protocol, int(row[field][0]))
    if NO_NEXT_HEADER in row["ipv6.nxt"][:1] + row["ipv6.dstopts.nxt"][-1:]:
        return ("no-port", None, None)
    return (REASONS.get(payload, "other-protocol"), None, None)


def said(judgement):
    reason = judgement["reason"]
    if reason in ("rule", "default"):
        reason = "port"
    elif reason.startswith("malformed-"):
        reason = "malformed"
    return (reason, judgement["protocol"], judgement["port"])


def verdict_of(packet, row, judgement):
    """What is wrong, or an empty text."""
    theirs, ours = opinion_of(row), said(judgement)
    if not packet.rule:
        return "" if theirs == ours else f"tshark: {theirs}, portsieve: {ours}"
    if judgement["reason"] != packet.reason:
        return f"by {packet.rule} it must be {packet.reason}, portsieve: {ours}"
    if theirs == ours:
        return f"{packet.rule} is listed as a difference and makes none: {ours}"
    return ""


def show(packet, row, theirs):
    print(f"#   {row['frame.protocols'][0]} {theirs}")
    print(f"#   {packet.frame.hex()}")


def main():
    made = packets()
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        path = str(Path(folder) / "packets.pcap")
        wrpcap(path, [packet.frame for packet in made], linktype=1)
        rows, judgements = list(dissect(path)), judge(path, folder)
    assert len(rows) == len(judgements) == len(made), (len(rows), len(judgements), len(made))
    ports = sum(opinion_of(row)[0] == "port" for row in rows)
    print(f"1..{len(made) + 1}")
    for number, (packet, row, judgement) in enumerate(zip(made, rows, judgements), 1):
        wrong = verdict_of(packet, row, judgement)
        by = f" (differs by {packet.rule})" if packet.rule else ""
        print(f"{'not ok' if wrong else 'ok'} {number} - {packet.name}{by}")
        if wrong:
            failed = 1
            print(f"#   {wrong}")
            show(packet, row, opinion_of(row))
    enough = len(made) >= 60 and ports >= 30
    print(f"{'ok' if enough else 'not ok'} {len(made) + 1} - tshark sees a port in {ports} of {len(made)} packets")
    return failed or not enough


sys.exit(main())
