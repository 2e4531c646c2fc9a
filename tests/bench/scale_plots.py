# SPDX-License-Identifier: GPL-2.0-or-later
"""The pictures of bench-scale. Pure: results in, {file name: SVG} out."""
import axes
import svg

HOW_MANY = "ranges, rules or prefixes"
COLOURS = ["portsieve", "second", "third", "fourth", "fifth", "sixth"]


def points(rows, key, factor=1, at="count"):
    return [(row[at], *(row[key][name] * factor for name in ("median", "min", "max"))) for row in rows]


def exact(rows, value, at="count"):
    """Of what has no spread; `value`: of a row."""
    return [(row[at], value(row), value(row), value(row)) for row in rows]


def rate(result, rounds, where):
    empty = [row | {"packets_per_second": result["empty"]["packets_per_second"]} for row in result["ranges"]]
    return svg.curves("The rate by the number of port ranges", f"TCP to random ports, all dropped; {rounds}",
                      ("port ranges of the policy", "million packets/s over veth"),
                      [("empty program", "ceiling", points(empty, "packets_per_second", 1e-6)),
                       ("portsieve", "portsieve", points(result["ranges"], "packets_per_second", 1e-6))], where)


def flows(result, rounds, where):
    rows = result["flows"]
    floor = exact(rows["sixteen"], lambda row: 1)
    return svg.curves("The rate by the number of flows in a flood",
                      f"TCP from random addresses and ports, all dropped, over veth; {rounds}",
                      ("flows: source addresses x source ports", "of the empty program's rate in the same round"),
                      [("empty program", "ceiling", floor), ("16 rules", "portsieve", points(rows["sixteen"], "to_empty")),
                       ("100,000 blocked + 16 rules", "second", points(rows["blocked"], "to_empty"))], where)


def packet_cost(result, axis, rounds, where):
    series = [(axis.series[name][0], COLOURS[at], points(rows, "net_ns"))
              for at, (name, rows) in enumerate(result["packets"][axis.name].items())]
    return svg.curves(f"What a packet costs by the number of {axis.label}", f"test_run, net of an empty program; {rounds}",
                      (axis.unit, "nanoseconds per packet, net"), series, where)


def prefix_cost(result, rounds, where):
    """Both families in one picture."""
    series = []
    for at, (family, name) in enumerate((family, name) for name in ("hot", "inside", "outside") for family in (4, 6)):
        axis = next(axis for axis in axes.AXES if axis.name == f"prefixes{family}")
        series.append((f"IPv{family}, {axis.series[name][0]}", COLOURS[at], points(result["packets"][axis.name][name], "net_ns")))
    return svg.curves("What a packet costs by the number of prefixes in a rule", f"test_run, net of an empty program; {rounds}",
                      ("prefixes in the list of one rule", "nanoseconds per packet, net"), series, where)


def command(result, key, title, rounds, where):
    series = [(axis.label, COLOURS[at], points(result["growth"][axis.name], key)) for at, axis in enumerate(axes.AXES)]
    return svg.curves(title, f"the whole command; {rounds}", (HOW_MANY, "milliseconds"), series, where, logarithmic=True)


def memory(result, where):
    series = [(axis.label, COLOURS[at], exact(result["growth"][axis.name],
                                              lambda row: (row["status_bytes"] + row["tries_bytes"]) / 1e6))
              for at, axis in enumerate(axes.AXES)]
    return svg.curves("Memory of a loaded interface by the size of its policy",
                      "counters, image and program by status, and what the kernel accounts for the prefixes",
                      (HOW_MANY, "megabytes"), series, where)


def interfaces(result, rounds, where):
    rows = result["interfaces"]
    series = [(name, COLOURS[at], points(rows, key)) for at, (name, key) in enumerate(
        (("load of all", "load_ms"), ("load, each", "load_each_ms"), ("apply", "apply_ms"), ("stats -j", "stats_ms")))]
    return svg.curves("Control by the number of interfaces that share a policy", f"16 rules; the whole command; {rounds}",
                      ("loaded interfaces", "milliseconds"), series, where, logarithmic=True)


def cpus(rows):
    """Times and bytes have one unit: of the first guest's."""
    base = rows[0]["counters_bytes"]
    first = rows[0]["possible"]
    series = [("bytes of the counters", "second", exact(rows, lambda row: row["counters_bytes"] / base, "possible")),
              ("time of stats -j", "portsieve", points(rows, "stats_to_first", at="possible"))]
    return svg.curves("Counters by the number of possible CPUs, of which 2 are online",
                      "16,384 ranges; Linux 6.1 in QEMU, median and spread within a guest",
                      ("possible CPUs", f"of the value with {first} possible CPUs"), series,
                      f"Bytes are exact: {base / 1e6:.1f} MB with {first}. Emulated machines: only ratios of times mean anything "
                      "(stats by check in the same guest).")


def of_scale(result):
    machine = result["machine"]
    rounds = f"median of {result['rounds']} interleaved rounds, with spread"
    here = f"{machine['cpu']}, Linux {machine['kernel']}"
    veth = f"{here}; flood, filter and veth share one CPU."
    drawn = f"{here}; CPU time. Random: {axes.VARIATIONS:,} packets in turn, written by a program in front of both."
    by_name = {axis.name: axis for axis in axes.AXES}
    runs = f"median of {result['command_rounds']} runs, with spread"
    files = {
        "rate": rate(result, rounds, veth), "flows": flows(result, rounds, veth),
        "ranges": packet_cost(result, by_name["ranges"], rounds, drawn),
        "rules": packet_cost(result, by_name["rules"], rounds, drawn),
        "own-prefixes": packet_cost(result, by_name["own"], rounds, drawn), "prefixes": prefix_cost(result, rounds, drawn),
        "load": command(result, "load_ms", "What loading takes by the size of the policy", runs, here),
        "apply": command(result, "apply_ms", "What applying takes by the size of the policy", runs, here),
        "stats": command(result, "stats_ms", "What stats -j takes by the size of the policy", runs, here),
        "memory": memory(result, f"{here}, {machine['cpus']} CPUs"),
        "interfaces": interfaces(result, f"median of {result['interface_rounds']} runs, with spread", here),
    }
    if result["cpus"]:
        files["cpus"] = cpus(result["cpus"])
    return {f"scale-{name}.svg": picture for name, picture in files.items()}
