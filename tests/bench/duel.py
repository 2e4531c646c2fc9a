# SPDX-License-Identifier: GPL-2.0-or-later
"""The XDP programs against each other, the program of the device changed every tenth of a second.

A neighbour on the host slows the machine for seconds: candidates that are loaded in full and flooded for half a second
each are measured in different weather. Here each program is loaded once by its own command and pinned, and then put
onto the device again and again, so that a round of all of them takes about a second, and there are many rounds. The
empty program has two turns in each; a round counts when both of its rates are near its best of all rounds. What the
others did is not asked, so that no candidate's luck chooses the rounds.
"""
import random
import statistics

import lab
import measure
from lab import DEVICE, receiver

SECONDS = 0.08  # of a flood
AGAIN = "again"  # the empty program's second turn
QUIET = 0.97  # of the empty program's best rates (their ninth decile): a round below it does not count
ROUNDS_PER_ROUND = 8  # that count, of the bench's
PATIENCE = 3  # times as many rounds are run, at most


def slice_run(pin, options):
    """A short flood onto a pinned program: packets a second, and whether none was lost."""
    receiver("ip", "-force", "link", "set", "dev", DEVICE, "xdpdrv", "pinned", pin)
    before = lab.device_counters()
    done = lab.flood(options, SECONDS)
    lab.settled_packets()
    after = lab.device_counters()
    dropped = after["drops"] - before["drops"]
    return {"packets_per_second": dropped / done["seconds"], "valid": measure.close(dropped, done["sent"])}


def quiet_rounds(rounds, empty):
    rates = [one[name]["packets_per_second"] for one in rounds for name in (empty, AGAIN)]
    best = statistics.quantiles(rates, n=10, method="inclusive")[-1]
    return [one for one in rounds if min(one[name]["packets_per_second"] for name in (empty, AGAIN)) >= QUIET * best]


def rounds_run(pins, empty, options, wanted):
    """All rounds, and those that count: [{name: figures}]. The order is drawn anew for each round."""
    turns, draw, rounds, quiet = list((pins | {AGAIN: pins[empty]}).items()), random.Random(1), [], []
    try:
        while len(quiet) < wanted and len(rounds) < wanted * PATIENCE:
            draw.shuffle(turns)
            rounds.append({name: slice_run(pin, options) for name, pin in turns})
            quiet = quiet_rounds(rounds, empty)
            measure.progress(f"side by side: {len(quiet)} of {wanted} quiet rounds")
    finally:
        receiver("ip", "link", "set", "dev", DEVICE, "xdpdrv", "off")
    measure.progress("")
    return rounds, quiet


def quartiles(values):
    low, median, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": median, "low": low, "high": high}


def rates_of(rounds, name):
    return [one[name]["packets_per_second"] for one in rounds]


def row_of(candidate, rounds, empty, ours):
    rates, base, mine = (rates_of(rounds, name) for name in (candidate.name, empty, ours))
    return {"name": candidate.name, "label": candidate.label, "group": candidate.group,
            "packets_per_second": quartiles(rates),
            "to_empty": quartiles([rate / its for rate, its in zip(rates, base)]),
            "to_portsieve": quartiles([rate / its for rate, its in zip(rates, mine)]),
            "net_ns": quartiles([1e9 / rate - 1e9 / its for rate, its in zip(rates, base)]),
            "valid": all(one[candidate.name]["valid"] for one in rounds), "rounds": rates}


def duel_measure(candidates, pins, empty, ours, wanted):
    """{run, quiet, counted, rows}: how many rounds were run and were quiet; `counted` of them make the rows, the quiet
    ones unless they are too few to tell. Rows: least cost first; `low` and `high` are quartiles."""
    rounds, quiet = rounds_run(pins, empty, measure.KINDS["tcp-random"], wanted)
    counted = quiet if len(quiet) >= min(wanted, 5) else rounds
    rows = [row_of(one, counted, empty, ours) for one in candidates]
    return {"run": len(rounds), "quiet": len(quiet), "counted": len(counted),
            "rows": sorted(rows, key=lambda row: row["net_ns"]["median"])}
