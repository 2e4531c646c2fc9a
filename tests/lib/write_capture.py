#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes a capture from lines of standard input.

Usage: write_capture.py pcap|pcapng FILE [LINK TYPE]. A line is a frame: `tcp PORT BYTES`, `udp PORT BYTES` (of
IPv4, of so many bytes) or `hex DIGITS`; behind it may stand `cut BYTES` (the capture holds only so many) and
`times COUNT`.
"""
import struct
import sys

ETHERNET = bytes.fromhex("020000000000 020000000001 0800")


def ipv4(protocol, length, payload):
    """A total length past 65,535 is given as 65,535; the rest of the frame is padding."""
    total = min(length, 65535)
    header = struct.pack(">BBHHHBBH", 0x45, 0, total, 0, 0, 64, protocol, 0)
    return header + bytes([192, 0, 2, 1, 192, 0, 2, 2]) + payload


def tcp(port, size):
    l4 = struct.pack(">HHIIBBHHH", 40000, port, 0, 0, 5 << 4, 2, 0, 0, 0)
    return (ETHERNET + ipv4(6, size - 14, l4)).ljust(size, b"\0")


def udp(port, size):
    length = min(size - 14, 65535) - 20
    l4 = struct.pack(">HHHH", 40000, port, length, 0)
    return (ETHERNET + ipv4(17, size - 14, l4)).ljust(size, b"\0")


def frames():
    for line in sys.stdin:
        words = line.split()
        if not words:
            continue
        if words[0] == "hex":
            frame, rest = bytes.fromhex(words[1]), words[2:]
        else:
            make = {"tcp": tcp, "udp": udp}[words[0]]
            frame, rest = make(int(words[1]), int(words[2])), words[3:]
        more = dict(zip(rest[::2], map(int, rest[1::2])))
        for _ in range(more.get("times", 1)):
            yield frame[: more.get("cut", len(frame))], len(frame)


def pcap(link_type):
    yield struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 262144, link_type)
    for captured, length in frames():
        yield struct.pack("<IIII", 0, 0, len(captured), length) + captured


def block(kind, body):
    body += bytes(-len(body) % 4)
    total = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + total + body + total


def pcapng(link_type):
    comment = struct.pack("<HH8sHH", 1, 7, b"comment", 0, 0)
    yield block(0x0A0D0D0A, struct.pack("<IHHq", 0x1A2B3C4D, 1, 0, -1) + comment)
    yield block(1, struct.pack("<HHI", link_type, 0, 0))
    for captured, length in frames():
        head = struct.pack("<IIIII", 0, 0, 0, len(captured), length)
        yield block(6, head + captured + bytes(-len(captured) % 4) + comment)


def main():
    form = {"pcap": pcap, "pcapng": pcapng}[sys.argv[1]]
    with open(sys.argv[2], "wb") as file:
        file.writelines(form(int(sys.argv[3]) if len(sys.argv) > 3 else 1))


main()
