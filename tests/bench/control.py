# SPDX-License-Identifier: GPL-2.0-or-later
"""What control costs: load, apply, stats and memory of the real command, and where its time goes."""
import glob
import json
import os
import re
import statistics
import time

import lab
import policies
from candidates import Portsieve
from lab import DEVICE, PORTSIEVE, receiver, sh

TRACE = ("strace", "-f", "--seccomp-bpf", "-ttt", "-T", "-s", "0", "-e", "trace=execve,openat,read,bpf,exit_group", "-e", "signal=none", "-o")
TRACE_FILE = "/run/trace"
LINE = re.compile(r"^(?:\d+ +)?(?P<at>\d+\.\d+) (?P<call>\w+)\((?P<rest>.*?)(?:<(?P<took>\d+\.\d+)>)?$")


def command_ms(*command):
    begun = time.monotonic()
    receiver(*command)
    return (time.monotonic() - begun) * 1000


def traced(*command):
    """The system calls of a command: [(at ms since its start, name, arguments, ms)]."""
    receiver(*TRACE, TRACE_FILE, *command)
    with open(TRACE_FILE, encoding="ascii", errors="replace") as file:
        found = [line for line in map(LINE.match, file) if line]
    begun = float(found[0]["at"])
    return [((float(call["at"]) - begun) * 1000, call["call"], call["rest"], float(call["took"] or 0) * 1000)
            for call in found]


def spread_ms(samples):
    return {"median": statistics.median(samples), "min": min(samples), "max": max(samples)}


def written(name, text):
    path = f"/run/{name}.yaml"
    with open(path, "w", encoding="ascii") as file:
        file.write(text)
    return path


def apply_phases(path):
    """Where the time of one apply goes, in ms; under strace, which makes it longer."""
    calls = traced(PORTSIEVE, "apply", path)
    read_at = next(at for at, call, rest, _ in calls if call == "openat" and f'"{path}"' in rest)
    image_at = next(at for at, _, rest, _ in calls if rest.startswith("BPF_MAP_CREATE") and at > read_at)
    swap_at, swap_ms = max(((at, ms) for at, _, rest, ms in calls if rest.startswith("BPF_MAP_UPDATE_ELEM")),
                           key=lambda update: update[1])
    return {"start": read_at, "read_and_compile": image_at - read_at, "fill": swap_at - image_at, "swap": swap_ms,
            "end": calls[-1][0] - swap_at - swap_ms}


def apply_measure(rounds):
    """10,000 rules, in turn with as many that differ, so that each apply changes something."""
    paths = [written("ten-thousand", policies.rules(10000)), written("ten-thousand-less-one", policies.rules(9999))]
    first = Portsieve("control", "", policies.sixteen_rules())
    first.load()
    try:
        whole = [command_ms(PORTSIEVE, "apply", paths[i % 2]) for i in range(rounds)]
        check = [command_ms(PORTSIEVE, "check", paths[0]) for _ in range(rounds)]
        phases = [apply_phases(paths[(i + rounds) % 2]) for i in range(rounds)]
    finally:
        first.unload()
    return {"apply_ms": spread_ms(whole), "check_ms": spread_ms(check),
            "phases_ms": {name: spread_ms([one[name] for one in phases]) for name in phases[0]}}


def stats_measure(rounds):
    loaded = Portsieve("control", "", policies.ranges(16384))
    loaded.load()
    try:
        json_ms = [command_ms(PORTSIEVE, "stats", DEVICE, "-j") for _ in range(rounds)]
        text_ms = [command_ms(PORTSIEVE, "stats", DEVICE) for _ in range(rounds)]
        lookups = [ms for _, call, rest, ms in traced(PORTSIEVE, "stats", DEVICE, "-j")
                   if call == "bpf" and "LOOKUP" in rest]
    finally:
        loaded.unload()
    return {"json_ms": spread_ms(json_ms), "text_ms": spread_ms(text_ms), "lookup_calls": len(lookups),
            "lookups_ms": sum(lookups)}


def load_measure(rounds):
    """The whole command, and what of it is not in BPF_PROG_LOAD (verifier and JIT)."""
    whole, verifier, beyond = [], [], []
    path = written("sixteen", policies.sixteen_rules())
    for _ in range(rounds):
        whole.append(command_ms(PORTSIEVE, "load", DEVICE, "--attach", "link", "-p", path))
        receiver(PORTSIEVE, "unload", DEVICE)
        calls = traced(PORTSIEVE, "load", DEVICE, "--attach", "link", "-p", path)
        receiver(PORTSIEVE, "unload", DEVICE)
        inside = sum(ms for _, call, rest, ms in calls if call == "bpf" and rest.startswith("BPF_PROG_LOAD"))
        verifier.append(inside)
        beyond.append(calls[-1][0] - inside)
    return {"load_ms": spread_ms(whole), "verifier_ms": spread_ms(verifier), "beyond_verifier_ms": spread_ms(beyond)}


def interface_maps(program):
    """Of a loaded interface: the maps that its program uses, and those that its pins hold."""
    pins = glob.glob("/sys/fs/bpf/portsieve/*/*/*")
    held = [json.loads(sh("bpftool", "-j", "map", "show", "pinned", pin)) for pin in pins
            if not os.path.basename(pin).startswith(("link", "program"))]
    used = [json.loads(sh("bpftool", "-j", "map", "show", "id", number)) for number in program["map_ids"]]
    return {entry["id"]: entry for entry in used + held}.values()


def memory_measure():
    """Of one loaded interface: what the kernel accounts for each map and for the program."""
    loaded = Portsieve("control", "", policies.ranges(16384))
    loaded.load()
    try:
        program = json.loads(sh("bpftool", "-j", "prog", "show", "id", lab.attached_program()))
        maps = interface_maps(program)
    finally:
        loaded.unload()
    rows = [{"name": entry["name"], "type": entry["type"], "bytes": entry["bytes_memlock"]} for entry in maps]
    rows.append({"name": "portsieve", "type": "program", "bytes": program["bytes_memlock"],
                 "jited_bytes": program["bytes_jited"], "xlated_bytes": program["bytes_xlated"]})
    with open("/sys/devices/system/cpu/possible", encoding="ascii") as possible:
        return {"rows": rows, "bytes": sum(row["bytes"] for row in rows), "possible_cpus": possible.read().strip()}
