# SPDX-License-Identifier: GPL-2.0-or-later
"""Who is measured: how each is put onto the receiving device, taken off, and asked what it dropped."""
import glob
import json
import os
import re

import lab
import policies
from lab import DEVICE, PORTSIEVE, RECEIVER, TOOLS, TRAFFIC, receiver, sh

EMPTY = "/sys/fs/bpf/bench/empty"


class Candidate:
    """One filter. `group` decides its colour; `dropped` counts by its own counters, of all packets so far."""

    def __init__(self, name, label, group, note=""):
        self.name, self.label, self.group, self.note = name, label, group, note

    def load(self):
        """Puts it in force."""

    def unload(self):
        """Leaves nothing of it."""

    def dropped(self):
        """By the driver's counter, which is right for every XDP program."""
        return lab.device_counters()["drops"]


class Empty(Candidate):
    """A program that only gives a verdict: no filter can be faster."""

    def __init__(self, verdict):
        super().__init__(f"empty-{verdict}", f"empty program, XDP_{verdict.upper()}", "ceiling")
        self.program = f"empty_{verdict}"

    def load(self):
        if not os.path.exists(EMPTY):
            sh("bpftool", "prog", "loadall", f"{TRAFFIC}/empty.bpf.o", EMPTY)
        receiver("ip", "link", "set", "dev", DEVICE, "xdpdrv", "pinned", f"{EMPTY}/{self.program}")

    def unload(self):
        receiver("ip", "link", "set", "dev", DEVICE, "xdpdrv", "off")


class Portsieve(Candidate):
    """The real program, loaded by the real command."""

    def __init__(self, name, label, policy=None, note="", attach="link"):
        super().__init__(name, label, "portsieve", note)
        self.attach = attach
        self.path = f"/run/{name}.yaml" if policy else None
        self.policy = policy

    def load(self):
        if self.path:
            with open(self.path, "w", encoding="ascii") as file:
                file.write(self.policy)
        receiver(PORTSIEVE, "load", DEVICE, "--attach", self.attach, *(["-p", self.path] if self.path else []))

    def unload(self):
        receiver(PORTSIEVE, "unload", DEVICE)

    def dropped(self):
        device = json.loads(receiver(PORTSIEVE, "stats", DEVICE, "-j"))["devices"][0]
        return sum(row["dropped"]["packets"] for row in device["ranges"] + device["reasons"])


class XdpFilter(Candidate):
    """Debian's xdp-filter with a policy of deny: it drops what no entry allows."""

    def __init__(self, name, label, features, ports=policies.SERVICES, note=""):
        super().__init__(name, label, "xdp-filter", note)
        self.features, self.ports = features, ports

    def load(self):
        receiver("xdp-filter", "load", "-m", "native", "-p", "deny", "-f", self.features, DEVICE)
        protocol = {"all": "tcp,udp"}.get(self.features, self.features)
        for port in self.ports:
            receiver("xdp-filter", "port", port, "-p", protocol)

    def unload(self):
        receiver("xdp-filter", "unload", DEVICE)

    def dropped(self):
        # With a part of the features it looks for the other maps at the end, and fails.
        status = receiver("xdp-filter", "status", statuses=range(256))
        return int(re.search(r"XDP_DROP\s+(\d+)", status).group(1))


class Stack(Candidate):
    """A filter behind the driver: NAPI has to run on the veth, hence GRO."""

    def __init__(self, name, label, note=""):
        super().__init__(name, label, "stack", note)

    def load(self):
        receiver("ethtool", "-K", DEVICE, "gro", "on")

    def unload(self):
        receiver("ethtool", "-K", DEVICE, "gro", "off")

    def dropped(self):
        return 0


class Nftables(Stack):
    """A ruleset of one chain."""

    def __init__(self, name, label, hook, body, note=""):
        super().__init__(name, label, note)
        self.hook, self.body = hook, body

    def load(self):
        super().load()
        family, device = ("netdev", f"device {DEVICE} ") if self.hook == "ingress" else ("inet", "")
        sets, chain = self.body
        receiver("nft", "-f", "-", text=f"table {family} bench {{\n{sets}\nchain bench {{\n"
                 f"type filter hook {self.hook} {device}priority 0; policy accept;\n{chain}\n}}\n}}\n")

    def unload(self):
        receiver("nft", "flush", "ruleset")
        super().unload()

    def dropped(self):
        return sum(map(int, re.findall(r"counter packets (\d+) bytes \d+ drop", receiver("nft", "list", "ruleset"))))


class Iptables(Stack):
    """Port ranges in rules of multiport, which takes seven at a time."""

    def load(self):
        super().load()
        for protocol in ("tcp", "udp"):
            for at in range(0, len(policies.SIXTEEN), 7):
                ports = ",".join(f"{low}:{high}" for low, high in policies.SIXTEEN[at:at + 7])
                receiver("iptables", "-A", "INPUT", "-p", protocol, "-m", "multiport", "--dports", ports, "-j", "DROP")

    def unload(self):
        receiver("iptables", "-F", "INPUT")
        super().unload()

    def dropped(self):
        listing = receiver("iptables", "-L", "INPUT", "-v", "-x", "-n")
        return sum(map(int, re.findall(r"^\s*(\d+)\s+\d+ DROP", listing, re.MULTILINE)))


class Tc(Stack):
    """A classifier at tc ingress; the qdisc counts what was shot."""

    def __init__(self, name, label, filters, note=""):
        super().__init__(name, label, note)
        self.filters = filters

    def load(self):
        super().load()
        receiver("tc", "qdisc", "add", "dev", DEVICE, "clsact")
        for words in self.filters:
            receiver("tc", "filter", "add", "dev", DEVICE, "ingress", *words.split())

    def unload(self):
        receiver("tc", "qdisc", "del", "dev", DEVICE, "clsact")
        super().unload()

    def dropped(self):
        qdiscs = json.loads(receiver("tc", "-s", "-j", "qdisc", "show", "dev", DEVICE))
        return sum(qdisc["drops"] for qdisc in qdiscs if qdisc["kind"] == "clsact")


def set_body():
    elements = ", ".join(f"{low}-{high}" for low, high in policies.SIXTEEN)
    return (f"set denied {{ type inet_service; flags interval; elements = {{ {elements} }}; }}",
            "tcp dport @denied counter drop\nudp dport @denied counter drop")


def rules_body():
    return "", "\n".join(f"{protocol} dport {low}-{high} counter drop"
                         for protocol in ("tcp", "udp") for low, high in policies.SIXTEEN)


def prefixes_body(networks):
    """Prefixes and port ranges, each with each, in one set of concatenations."""
    elements = ", ".join(f"{network} . {low}-{high}" for network in networks for low, high in policies.SIXTEEN)
    sets = "\n".join(f"set {protocol}_denied {{ typeof ip saddr . {protocol} dport; flags interval; elements = {{ {elements} }}; }}"
                     for protocol in ("tcp", "udp"))
    return sets, "\n".join(f"ip saddr . {protocol} dport @{protocol}_denied counter drop" for protocol in ("tcp", "udp"))


def block_list_body(networks):
    """A block list, then the set of ports."""
    elements = ", ".join(map(str, networks))
    sets, rules = set_body()
    return (f"set blocked {{ typeof ip saddr; flags interval; auto-merge; elements = {{ {elements} }}; }}\n{sets}",
            f"ip saddr @blocked counter drop\n{rules}")


def u32_filters():
    """u32 has values and masks only: the sixteen slices of 4,096 ports are four bits each."""
    return [f"protocol ip u32 match ip protocol {protocol} 0xff match ip dport {low} 0xf000 action drop"
            for protocol in (6, 17) for low, _ in policies.SIXTEEN]


def droppers():
    """The main table's."""
    return [
        Empty("drop"),
        Portsieve("portsieve-1", "portsieve, 1 rule", policies.one_rule()),
        Portsieve("portsieve-16", "portsieve, 16 rules", policies.sixteen_rules()),
        Portsieve("portsieve-dispatcher", "portsieve, 16 rules, dispatcher", policies.sixteen_rules(), attach="dispatcher"),
        Portsieve("portsieve-16384", "portsieve, 16,384 ranges", policies.ranges(16384)),
        Portsieve("portsieve-default-drop", "portsieve, default drop", policies.default_drop()),
        Portsieve("portsieve-from-100", "portsieve, 16 rules from 100 prefixes", policies.sixteen_rules_from(100)),
        Portsieve("portsieve-blocked", "portsieve, 100,000 blocked + 16 rules",
                  policies.block_list_before_sixteen_rules(100_000)),
        XdpFilter("xdp-filter-tcp", "xdp-filter deny, TCP only", "tcp"),
        XdpFilter("xdp-filter-all", "xdp-filter deny, all features", "all"),
        Nftables("nft-netdev-set", "nftables netdev, interval set", "ingress", set_body()),
        Nftables("nft-netdev-from-100", "nftables netdev, 100 prefixes x ports", "ingress",
                 prefixes_body(policies.covering_prefixes(100))),
        Nftables("nft-netdev-blocked", "nftables netdev, 100,000 blocked", "ingress",
                 block_list_body(policies.prefixes(100_000, 4))),
        Nftables("nft-netdev-rules", "nftables netdev, 16 rules", "ingress", rules_body()),
        Nftables("nft-input-set", "nftables input, interval set", "input", set_body()),
        Iptables("iptables-multiport", "iptables (nft) multiport, INPUT"),
        Tc("tc-u32", "tc u32, 16 slices", u32_filters()),
        Tc("tc-flower", "tc flower, 16 ranges",
           [f"protocol ip flower ip_proto {protocol} dst_port {low or 1}-{high} action drop"
            for protocol in ("tcp", "udp") for low, high in policies.SIXTEEN]),
        Tc("tc-bpf-shot", "tc bpf that only drops", [f"bpf da obj {TOOLS}/shot.bpf.o sec tc"],
           "not a filter: the bound of any filter at tc"),
    ]


def by_kind(kind):
    """The other packet kinds': xdp-filter with the features that the kind needs."""
    transport = "udp" if kind == "udp" else "tcp"
    return [
        Empty("drop"),
        Portsieve("portsieve-16", "portsieve, 16 rules", policies.sixteen_rules()),
        XdpFilter(f"xdp-filter-{transport}", f"xdp-filter, {transport.upper()} only", transport),
        XdpFilter("xdp-filter-all", "xdp-filter, all features", "all"),
    ]


def passers():
    """The allowed path's: all let UDP to ALLOWED_PORT through."""
    sets = f"set allowed {{ type inet_service; flags interval; elements = {{ {policies.ALLOWED_PORT}, 1000-2000 }}; }}"
    body = sets, "udp dport != @allowed counter drop\ntcp dport != @allowed counter drop"
    return [
        Stack("no-filter", "no filter, no XDP", "GRO on"),
        Empty("pass"),
        Portsieve("portsieve-none", "portsieve, no policy (counts)"),
        Portsieve("portsieve-allow", "portsieve, port allowed", policies.allow_one()),
        XdpFilter("xdp-filter-udp", "xdp-filter deny, UDP only", "udp", [policies.ALLOWED_PORT]),
        XdpFilter("xdp-filter-all", "xdp-filter deny, all features", "all", [policies.ALLOWED_PORT]),
        Nftables("nft-netdev-set", "nftables netdev, interval set", "ingress", body),
        Nftables("nft-input-set", "nftables input, interval set", "input", body),
    ]


def available(wanted):
    """Who of them works here, and why not the others: [(candidate, reason)]."""
    works, absent = [], []
    for candidate in wanted:
        try:
            candidate.load()
            works.append(candidate)
        except (lab.CommandFailed, FileNotFoundError) as failure:
            absent.append((candidate, str(failure).removeprefix(RECEIVER[0] + ": ")))
        try:
            candidate.unload()
        except lab.CommandFailed:
            pass
    return works, absent


def pin_all(wanted):
    """Loads each in turn and keeps its program, for BPF_PROG_TEST_RUN: {name: path}."""
    pins = {}
    for candidate in wanted:
        candidate.load()
        pins[candidate.name] = lab.pin_attached(candidate.name)
        candidate.unload()
    return pins


def unpin_all():
    for path in glob.glob(f"{lab.PINS}/*"):
        if os.path.isfile(path):
            os.unlink(path)
