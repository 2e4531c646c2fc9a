# SPDX-License-Identifier: GPL-2.0-or-later
"""What a packet and what control cost along each axis (axes.py), by flows, and by interfaces."""
import json
import statistics

import axes
import candidates
import control
import lab
import measure
import policies
from lab import DEVICE, PORTSIEVE, TOOLS, receiver, sh

REPEAT = 200_000  # packets of one measurement
ROUNDS_PER_PASS = 2
RANGES = [1, 16, 256, 4096, 16384]
FLOWS = {1: (1, 1), 100: (10, 10), 10_000: (100, 100), 1_000_000: (1000, 1000)}  # addresses, source ports
INTERFACES = [1, 4, 16, 64]


def few(counts, quick):
    """Of a quick run: the ends and the middle."""
    return sorted({counts[0], counts[len(counts) // 2], counts[-1]}) if quick else counts


class Point:
    """One program and the packets that it meets, which are drawn once."""

    def __init__(self, axis, series, count):
        self.axis, self.series, self.count = axis, series, count
        _, self.verdict, packets = axis.series[series]
        drawn = packets(count)
        self.frame = policies.frame(axis.frame, *drawn[0]).hex()
        self.variations = None if len(drawn) == 1 else f"/run/variations-{axis.name}-{series}-{count}"
        self.found = []  # (net ns, verdict)
        if self.variations:
            with open(self.variations, "wb") as file:
                file.write(axes.variations_bytes(drawn))

    def testrun(self, pins):
        """A few rounds beside the empty program."""
        tested, empty, draw = [pins[f"{self.axis.name}-{self.count}"]], pins["empty-drop"], []
        if self.variations:
            empty, draw = "nothing", ["--draw", f"{TOOLS}/draw.bpf.o", self.variations]
        else:
            tested = [empty] + tested
        said = sh(*lab.pinned_cpu(lab.CPUS[-1], f"{TOOLS}/testrun", *draw, ROUNDS_PER_PASS, REPEAT, self.frame, *tested))
        lines = [line.split() for line in said.splitlines()]
        base = [float(words[3]) for words in lines if words[0] == empty]
        mine = [(float(words[3]), int(words[1])) for words in lines if words[0] != empty]
        self.found += [(ns - its, measure.VERDICTS.get(verdict, verdict)) for (ns, verdict), its in zip(mine, base)]

    def row(self):
        verdicts = {verdict for _, verdict in self.found}
        return {"count": self.count, "net_ns": measure.spread([ns for ns, _ in self.found]),
                "verdict": "/".join(sorted(map(str, verdicts))), "valid": verdicts == {self.verdict}}


def packets_measure(rounds, quick):
    """{axis: {series: [{count, net_ns, verdict, valid}]}}; every point once a pass, so that a bad moment hits all."""
    measure.progress("test_run: packets and programs")
    wanted = [(axis, count) for axis in axes.AXES for count in few(axis.counts, quick)]
    points = [Point(axis, series, count) for axis, count in wanted for series in axis.series]
    pins = candidates.pin_all([candidates.Empty("drop")] + [
        candidates.Portsieve(f"{axis.name}-{count}", "", axis.policy(count)) for axis, count in wanted])
    for number in range(-(-rounds // ROUNDS_PER_PASS)):
        for point in points:
            measure.progress(f"test_run: pass {number + 1}, {point.count:,} {point.axis.label}, {point.series}")
            point.testrun(pins)
    candidates.unpin_all()
    measure.progress("")
    return {axis.name: {series: [point.row() for point in points if (point.axis, point.series) == (axis, series)]
                        for series in axis.series} for axis in axes.AXES}


def rates_measure(wanted):
    """Over veth, by ranges: (rows, of the empty program in the same rounds)."""
    counts = few(RANGES, wanted.quick)
    who = [candidates.Empty("drop")]
    who += [candidates.Portsieve(f"ranges-{n}", f"{n:,} ranges", policies.ranges(n)) for n in counts]
    figures = measure.rounds_run("ranges", measure.drop_once, who, measure.KINDS["tcp-random"], wanted.rounds, wanted.seconds)
    rates = {row["name"]: row for row in measure.rates_sum(who, figures, "empty-drop", "ranges-1")}
    rows = [{"count": n} | {key: rates[f"ranges-{n}"][key] for key in ("valid", "packets_per_second", "to_empty", "to_portsieve")}
            for n in counts]
    return rows, {"packets_per_second": rates["empty-drop"]["packets_per_second"]}


def flows_measure(wanted):
    """Over veth, by the number of flows in the flood: {candidate: [{count, valid, to_empty, packets_per_second}]}."""
    who = [candidates.Empty("drop"), candidates.Portsieve("sixteen", "16 rules", policies.sixteen_rules()),
           candidates.Portsieve("blocked", "100,000 blocked + 16 rules", policies.block_list_before_sixteen_rules(100_000))]
    rows = {one.name: [] for one in who[1:]}
    for count in few(list(FLOWS), wanted.quick):
        sources, ports = FLOWS[count]
        options = measure.KINDS["tcp-random"] + ["--sources", str(sources), "--source-ports", f"20000-{20000 + ports - 1}"]
        figures = measure.rounds_run(f"{count:,} flows", measure.drop_once, who, options, wanted.rounds, wanted.seconds)
        for row in measure.rates_sum(who, figures, "empty-drop", "sixteen"):
            if row["name"] in rows:
                rows[row["name"]].append({"count": count} | {key: row[key] for key in ("valid", "to_empty", "packets_per_second")})
    return rows


def tries_bytes():
    """What the kernel accounts for the tries of the one loaded interface, which `status` leaves out."""
    maps = json.loads(receiver("sh", "-c", "for pin in /sys/fs/bpf/portsieve/*/*/trie*; do [ ! -e $pin ] || bpftool -j map show "
                               "pinned $pin; done | jq -s ."))
    return sum(entry["bytes_memlock"] for entry in maps)


def control_once(paths):
    """One policy: load, apply of one that differs, stats, status, unload."""
    figures = {"load_ms": control.command_ms(PORTSIEVE, "load", DEVICE, "--attach", "link", "-p", paths[0])}
    try:
        figures["apply_ms"] = control.command_ms(PORTSIEVE, "apply", paths[1])
        figures["stats_ms"] = control.command_ms(PORTSIEVE, "stats", DEVICE, "-j")
        status = json.loads(receiver(PORTSIEVE, "status", "-j"))
        figures["status_bytes"], figures["tries_bytes"] = status["devices"][0]["memory_bytes"], tries_bytes()
    finally:
        receiver(PORTSIEVE, "unload", DEVICE)
    return figures


def control_measure(rounds, quick):
    """{axis: [{count, load_ms, apply_ms, stats_ms, status_bytes, tries_bytes}]}."""
    rows = {}
    for axis in axes.AXES:
        for count in few(axis.counts, quick):
            measure.progress(f"control: {count:,} {axis.label}")
            text = axis.policy(count)
            paths = [control.written("policy", text), control.written("differs", text + "portless: {icmp_echo: drop}\n")]
            figures = [control_once(paths) for _ in range(rounds)]
            rows.setdefault(axis.name, []).append(
                {"count": count, **{key: figures[0][key] for key in ("status_bytes", "tries_bytes")},
                 **{key: measure.spread([one[key] for one in figures]) for key in ("load_ms", "apply_ms", "stats_ms")}})
    measure.progress("")
    return rows


def interfaces_once(devices, paths):
    """All of them loaded by one command, so that they share the policy."""
    figures = {"load_ms": control.command_ms(PORTSIEVE, "load", *devices, "--attach", "link", "-p", paths[0])}
    figures["load_each_ms"] = figures["load_ms"] / len(devices)
    try:
        figures["apply_ms"] = statistics.median(control.command_ms(PORTSIEVE, "apply", path) for path in paths[::-1] + paths[1:])
        figures["stats_ms"] = statistics.median(control.command_ms(PORTSIEVE, "stats", "-j") for _ in range(3))
    finally:
        receiver(PORTSIEVE, "unload", "--all")
    return figures


def interfaces_measure(rounds, quick):
    """[{count, load_ms, load_each_ms, apply_ms, stats_ms}] by the number of interfaces that share a policy of 16 rules."""
    text = policies.sixteen_rules()
    paths = [control.written("policy", text), control.written("differs", text + "portless: {icmp_echo: drop}\n")]
    counts = few(INTERFACES, quick)
    devices = [f"many{number}" for number in range(counts[-1])]
    receiver("ip", "-batch", "-", text="".join(f"link add {device} type veth peer name peer-{device}\n" for device in devices))
    figures = {count: [] for count in counts}
    for number in range(rounds):
        for count in counts:
            measure.progress(f"interfaces: round {number + 1} of {rounds}, {count}")
            figures[count].append(interfaces_once(devices[:count], paths))
    measure.progress("")
    return [{"count": count} | {key: measure.spread([one[key] for one in figures[count]]) for key in figures[count][0]}
            for count in counts]
