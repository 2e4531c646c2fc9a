# SPDX-License-Identifier: GPL-2.0-or-later
"""Along what cost is measured: the policies by their size, and the packets that meet them. Pure.

An axis has a policy for each of its counts. A series of an axis is packets, (source, destination port) each: the one
hot packet, or VARIATIONS of them, drawn from a fixed seed.
"""
import random
import struct

import policies

VARIATIONS = 65536  # of tests/bench/draw.h
IPV4_SOURCE = bytes([192, 0, 2, 1])
HOT_PORT = 5555


class Axis:
    """`series`: {name: (label, verdict, packets of a policy of `count`)}."""

    def __init__(self, name, label, unit, counts, policy, series, frame="tcp-random"):
        self.name, self.label, self.unit, self.counts = name, label, unit, counts
        self.policy, self.series, self.frame = policy, series, frame


def ports_among(count):
    """Each of the ports 1 to `count`, or all there are, as often as another."""
    draw = random.Random(1)
    return [(IPV4_SOURCE, draw.randint(1, count)) for _ in range(VARIATIONS)]


def addresses_of(kind, family):
    """Packets from addresses inside or outside a policy's prefixes, to random ports."""
    def packets(count):
        draw = random.Random(2)
        sources = getattr(policies, kind)(policies.prefixes(count, family), VARIATIONS, draw)
        return [(source, draw.randrange(policies.PORTS)) for source in sources]
    return packets


def own(count):
    """Packets that a rule with a prefix of its own matches: from the prefix of the port."""
    draw, networks = random.Random(3), policies.prefixes(count, 4)
    ports = [draw.randint(1, count) for _ in range(VARIATIONS)]
    return [(next(policies.inside([networks[port - 1]], 1, draw)), port) for port in ports]


def first(packets):
    """The hot one of them."""
    return lambda count: packets(count)[:1]


def prefixes_axis(family):
    inside, outside = addresses_of("inside", family), addresses_of("outside", family)
    return Axis(f"prefixes{family}", f"IPv{family} prefixes in one rule", f"IPv{family} prefixes in the list of one rule",
                [1, 10, 100, 1000, 10_000, 100_000],
                lambda count: policies.from_prefixes(policies.prefixes(count, family)),
                {"hot": ("one packet, listed", "drop", first(inside)),
                 "inside": ("random listed sources", "drop", inside),
                 "outside": ("random other sources", "pass", outside)}, "ipv6" if family == 6 else "tcp-random")


AXES = [
    Axis("ranges", "port ranges", "port ranges of the policy", [1, 16, 256, 4096, 16384], policies.ranges,
         {"hot": ("one packet", "drop", lambda count: [(IPV4_SOURCE, HOT_PORT)]),
          "random": ("random ports", "drop", lambda count: ports_among(policies.PORTS - 1))}),
    Axis("rules", "rules", "rules of the policy, a port each", [1, 10, 100, 1000, 10_000], policies.drop_rules,
         {"hot": ("one packet", "drop", first(ports_among)),
          "random": ("random ports of rules", "drop", ports_among)}),
    prefixes_axis(4),
    prefixes_axis(6),
    Axis("own", "rules with a prefix each", "rules of the policy, a port and an IPv4 prefix each", [1, 10, 100, 1000, 10_000],
         lambda count: policies.own_prefixes(policies.prefixes(count, 4)),
         {"hot": ("one packet", "drop", first(own)), "random": ("random rules' packets", "drop", own)}),
]


def variations_bytes(packets):
    """A struct draw_variations (tests/bench/draw.h)."""
    return b"".join(struct.pack("!16sHxx", source, port) for source, port in packets)
