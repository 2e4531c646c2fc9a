# SPDX-License-Identifier: GPL-2.0-or-later
"""The policies that the benches load, and the frames that they are measured with. Pure."""
import functools
import ipaddress
import random
import struct

HEAD = "version: 1\nreturn: none\n"
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


def drop_rules(count):
    """`count` rules, a port of TCP each from 1 on, that drop."""
    return HEAD + "rules:\n" + "".join(f"  - {{name: r{port}, action: drop, ports: tcp/{port}}}\n"
                                       for port in range(1, count + 1))


@functools.cache
def prefixes(count, family):
    """`count` different prefixes, drawn from a fixed seed: half are networks (/24, /48), half hosts (/32, /128)."""
    draw, found = random.Random(count), {}
    bits, network, first, last = {4: (32, 24, 0x01000000, 0x7effffff), 6: (128, 48, 0x2000 << 112, (0x4000 << 112) - 1)}[family]
    while len(found) < count:
        length = network if len(found) % 2 == 0 else bits
        address = draw.randint(first, last) >> (bits - length) << (bits - length)
        found[(address, length)] = ipaddress.ip_network((address.to_bytes(bits // 8, "big"), length))
    return tuple(found.values())


def inside(networks, count, draw):
    """Addresses of these, as bytes."""
    for _ in range(count):
        network = networks[draw.randrange(len(networks))]
        address = int(network.network_address) + draw.randrange(network.num_addresses)
        yield address.to_bytes(network.max_prefixlen // 8, "big")


def outside(networks, count, draw):
    """Addresses from among theirs that none of them holds."""
    bits = networks[0].max_prefixlen
    lengths = {network.prefixlen for network in networks}
    held = {(int(network.network_address), network.prefixlen) for network in networks}
    first, last = {32: (0x01000000, 0x7effffff), 128: (0x2000 << 112, (0x4000 << 112) - 1)}[bits]
    while count:
        address = draw.randint(first, last)
        if not any((address >> (bits - length) << (bits - length), length) in held for length in lengths):
            count -= 1
            yield address.to_bytes(bits // 8, "big")


def from_prefixes(networks, rules="  - {name: listed, action: drop, ports: tcp/all, from: *}\n"):
    """A policy whose rules are all from these: `*` stands for the list."""
    listed = "[" + ",".join(f'"{network}"' for network in networks) + "]"
    return HEAD + "rules:\n" + rules.replace("*", listed)


def own_prefixes(networks):
    """A rule each: port 1 from the first network, and so on."""
    return HEAD + "rules:\n" + "".join(f'  - {{name: r{at}, action: drop, ports: tcp/{at}, from: "{network}"}}\n'
                                       for at, network in enumerate(networks, 1))


def covering_prefixes(count):
    """`count` prefixes, one of which is the bench's own network: its packets are in the list."""
    return [ipaddress.ip_network("192.0.2.0/24"), *prefixes(count - 1, 4)]


def sixteen_rules_from(count):
    """The sixteen, each from all of `count` prefixes."""
    listed = ", ".join(map(str, covering_prefixes(count)))
    rules = [f"  - {{name: r{i}, action: drop, ports: tcp+udp/{low}-{high}, from: [{listed}]}}"
             for i, (low, high) in enumerate(SIXTEEN)]
    return HEAD + "rules:\n" + "\n".join(rules) + "\n"


def block_list_before_sixteen_rules(count):
    """A list of `count` sources that is looked up for every packet and holds none of the bench's, then the sixteen."""
    listed = ", ".join(map(str, prefixes(count, 4)))
    block = f"  - {{name: blocked, action: drop, ports: tcp+udp/all, from: [{listed}]}}\n"
    return sixteen_rules().replace("rules:\n", "rules:\n" + block)


def frame(kind, source=None, port=None):
    """One frame of the kind, for BPF_PROG_TEST_RUN; checksums are left zero. `source`: address in bytes."""
    udp, length = kind == "udp", 1514 if kind == "1500" else 60
    port = port if port is not None else ALLOWED_PORT if kind == "allowed" else 5555
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
        source = source or bytes.fromhex("20010db8" + "0" * 23 + "1")
        addresses = source + bytes.fromhex("20010db8" + "0" * 23 + "2")
        ip = b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, rest, 6, 64) + addresses
    else:
        ip = b"\x08\x00" + struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + rest, 1, 0, 64, 17 if udp else 6, 0,
                                       source or bytes([192, 0, 2, 1]), bytes([192, 0, 2, 2]))
    return ether + ip + l4 + bytes(rest - len(l4))
