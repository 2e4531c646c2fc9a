# SPDX-License-Identifier: GPL-2.0-or-later
"""Rounds of floods and of BPF_PROG_TEST_RUN, all candidates in each, and what is summed up of them."""
import random
import statistics
import subprocess
import sys

import lab
import policies
from lab import RECEIVER, TOOLS

PORTS = ["--ports", "1024-65535"]
KINDS = {  # options of flood; 60 bytes and the check sequence are 64 on the wire
    "tcp-random": ["--protocol", "tcp"] + PORTS,
    "tcp-fixed": ["--protocol", "tcp", "--port", "5555"],
    "udp": ["--protocol", "udp"] + PORTS,
    "ipv6": ["--protocol", "tcp", "--ipv6"] + PORTS,
    "vlan": ["--protocol", "tcp", "--vlan", "7"] + PORTS,
    "1500": ["--protocol", "tcp", "--size", "1514"] + PORTS,
}
ALLOWED = ["--protocol", "udp", "--port", str(policies.ALLOWED_PORT)]
LOST_MAX = 0.001  # of the packets sent, or of those received and not dropped
STRAY_PACKETS = 16  # that the devices themselves send
TESTRUN_REPEAT = 1_000_000
VERDICTS = {1: "drop", 2: "pass"}


def progress(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def close(a, b):
    return abs(a - b) <= LOST_MAX * max(a, b) + STRAY_PACKETS


def drop_once(candidate, options, seconds):
    """One flood onto a candidate: what arrived a second, and whether all of it was dropped."""
    candidate.load()
    try:
        lab.flood(options, lab.WARM_UP_SECONDS)
        received, dropped = lab.settled_packets(), candidate.dropped()
        done = lab.flood(options, seconds)
        received, dropped = lab.settled_packets() - received, candidate.dropped() - dropped
    finally:
        candidate.unload()
    return {"packets_per_second": received / done["seconds"], "sent": done["sent"], "received": received,
            "dropped": dropped, "valid": close(received, done["sent"]) and close(dropped, received)}


def sink_start():
    """A reader of the allowed port, on a CPU of its own where there are two."""
    command = RECEIVER + list(lab.pinned_cpu(lab.CPUS[0], f"{TOOLS}/sink", str(policies.ALLOWED_PORT)))
    sink = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    if sink.stdout.readline() != "ready\n":
        raise lab.CommandFailed("sink: did not start")
    return sink


def pass_once(candidate, options, seconds):
    """One flood of an allowed port: what came to the socket a second, and what its reader took."""
    candidate.load()
    sink = sink_start()
    try:
        lab.flood(options, lab.WARM_UP_SECONDS)
        received, (read, overflown) = lab.settled_packets(), lab.udp_counters()
        done = lab.flood(options, seconds)
        received = lab.settled_packets() - received
        read_after, overflown_after = lab.udp_counters()
    finally:
        sink.stdin.close()
        sink.wait(timeout=lab.COMMAND_SECONDS)
        candidate.unload()
    read, overflown = read_after - read, overflown_after - overflown
    return {"packets_per_second": (read + overflown) / done["seconds"], "sent": done["sent"], "received": received,
            "read_per_second": read / done["seconds"], "to_socket": read + overflown,
            "valid": close(received, done["sent"]) and close(read + overflown, received)}


def rounds_run(what, once, candidates, options, rounds, seconds):
    """Every candidate once a round, in an order drawn anew for each: {name: [figures of a round]}."""
    order, draw, figures = list(candidates), random.Random(1), {c.name: [] for c in candidates}
    for number in range(rounds):
        draw.shuffle(order)
        for candidate in order:
            progress(f"{what}: round {number + 1} of {rounds}, {candidate.label}")
            figures[candidate.name].append(once(candidate, options, seconds))
    progress("")
    return figures


def ratios(figures, name, base):
    """Within each round, so that what slows both does not count."""
    return [mine["packets_per_second"] / its["packets_per_second"] for mine, its in zip(figures[name], figures[base])]


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)}


def rates_sum(candidates, figures, empty, ours):
    """What the tables, plots and the JSON say of each candidate, fastest first, by the ratio: rates have ups and downs."""
    rows = []
    for candidate in candidates:
        mine = figures[candidate.name]
        row = {"name": candidate.name, "label": candidate.label, "group": candidate.group, "note": candidate.note,
               "packets_per_second": spread([one["packets_per_second"] for one in mine]),
               "to_empty": spread(ratios(figures, candidate.name, empty)),
               "to_portsieve": spread(ratios(figures, candidate.name, ours)),
               "valid": all(one["valid"] for one in mine), "rounds": mine}
        if "read_per_second" in mine[0]:
            row["read_per_second"] = spread([one["read_per_second"] for one in mine])
        rows.append(row)
    return sorted(rows, key=lambda row: -row["to_empty"]["median"])


def testrun(pins, kind, rounds, repeat=TESTRUN_REPEAT):
    """Nanoseconds per packet of each pinned program: {name: {"cpu": [by round], "kernel": [...], "verdicts": set}}."""
    names = {path: name for name, path in pins.items()}
    lines = lab.sh(*lab.pinned_cpu(lab.CPUS[-1], f"{TOOLS}/testrun", str(rounds), str(repeat),
                                   policies.frame(kind).hex(), *names)).splitlines()
    figures = {name: {"cpu": [], "kernel": [], "verdicts": set()} for name in pins}
    for line in lines:
        pin, verdict, kernel_ns, cpu_ns = line.split()
        figures[names[pin]]["kernel"].append(int(kernel_ns))
        figures[names[pin]]["cpu"].append(float(cpu_ns))
        figures[names[pin]]["verdicts"].add(VERDICTS.get(int(verdict), verdict))
    return figures


def testrun_sum(candidates, figures, empty):
    """As rates_sum, least cost first. Net is of the empty program in the same round."""
    rows = []
    for candidate in candidates:
        if candidate.name not in figures:
            continue
        mine = figures[candidate.name]
        net = [ours - its for ours, its in zip(mine["cpu"], figures[empty]["cpu"])]
        rows.append({"name": candidate.name, "label": candidate.label, "group": candidate.group,
                     "ns": spread(mine["cpu"]), "net_ns": spread(net), "kernel_ns": spread(mine["kernel"]),
                     "verdict": "/".join(sorted(mine["verdicts"])), "rounds": mine["cpu"]})
    return sorted(rows, key=lambda row: row["net_ns"]["median"])


def quiet_state():
    """How busy the machine is: load average, and the CPU time that others have taken so far."""
    with open("/proc/loadavg", encoding="ascii") as loadavg:
        return {"load_average": [float(word) for word in loadavg.read().split()[:3]],
                "steal_seconds": lab.steal_seconds()}
