# SPDX-License-Identifier: GPL-2.0-or-later
"""The policies that the benches load, and the frames that they are measured with. Pure."""
import struct

HEAD = "version: 1\n"
PORTS = 65536
ALLOWED_PORT = 9  # what every filter of the allowed path lets through
SERVICES = [22, 25, 53, 80, 110, 123, 143, 443, 465, 587, 853, 993, 995, 636, 514, 179]


def slices(count):
    """All ports in `count` ranges of the same size."""
    size = PORTS // count
    return [(low, low + size - 1) for low in range(0, count * size, size)]


SIXTEEN = slices(16)


def sixteen_rules():
    rules = [f"  - {{name: r{i}, action: drop, ports: tcp+udp/{low}-{high}}}" for i, (low, high) in enumerate(SIXTEEN)]
    return HEAD + "default: allow\nrules:\n" + "\n".join(rules) + "\n"


def one_rule():
    return HEAD + "default: allow\nrules:\n  - {name: everything, action: drop, ports: tcp+udp/all}\n"


def default_drop():
    ports = ",".join(map(str, SERVICES))
    return HEAD + f"default: drop\nrules:\n  - {{name: services, action: allow, ports: 'tcp/{ports} udp/{ports}'}}\n"


def allow_one():
    return HEAD + f"default: drop\nrules:\n  - {{name: allowed, action: allow, ports: udp/{ALLOWED_PORT}}}\n"


def ranges(count):
    """`count` ranges that drop every port: of TCP alone where it is one, else half of them of UDP."""
    transports = ("tcp",) if count == 1 else ("tcp", "udp")
    rules = []
    for transport in transports:
        items = ",".join(f"{low}-{high}" for low, high in slices(count // len(transports)))
        rules.append(f"  - {{name: {transport}, action: drop, ports: '{transport}/{items}'}}")
    return HEAD + "default: allow\nrules:\n" + "\n".join(rules) + "\n"


def rules(count):
    """`count` rules, a port of TCP each, every other one drops."""
    lines = [f"  - {{name: r{port}, action: {'drop' if port % 2 else 'allow'}, ports: tcp/{port}}}"
             for port in range(1, count + 1)]
    return HEAD + "default: allow\nrules:\n" + "\n".join(lines) + "\n"


def frame(kind):
    """One frame of the kind, for BPF_PROG_TEST_RUN; checksums are left zero."""
    udp, length = kind == "udp", 1514 if kind == "1500" else 60
    port = ALLOWED_PORT if kind == "allowed" else 5555
    if kind == "allowed":
        udp = True
    ether = bytes.fromhex("020000000002020000000001") + (b"\x81\x00\x00\x07" if kind == "vlan" else b"")
    ip_bytes = 40 if kind == "ipv6" else 20
    rest = length - len(ether) - 2 - ip_bytes
    if udp:
        l4 = struct.pack("!HHHH", 40000, port, rest, 0)
    else:
        l4 = struct.pack("!HHIIBBHHH", 40000, port, 1, 0, 5 << 4, 2, 1024, 0, 0)
    rest = max(rest, len(l4))
    if kind == "ipv6":
        addresses = bytes.fromhex("20010db8" + "0" * 23 + "1" + "20010db8" + "0" * 23 + "2")
        ip = b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, rest, 6, 64) + addresses
    else:
        ip = b"\x08\x00" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + rest, 1, 0, 64, 17 if udp else 6, 0,
                                       bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
    return ether + ip + l4 + bytes(rest - len(l4))
