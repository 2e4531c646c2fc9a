# SPDX-License-Identifier: GPL-2.0-or-later
"""The tables of bench-scale. Pure: returns text."""
import axes
import report


def milliseconds(values):
    return f"{values['median']:.1f} ({values['min']:.1f}-{values['max']:.1f})"


def mark(row):
    return "" if row["valid"] else "INVALID"


def rates_table(rows):
    return report.columns(["ranges", "Mpps", "min-max", "of empty", "of 1 range", ""], [
        [f"{row['count']:,}", report.million(row["packets_per_second"]["median"]),
         report.span(row["packets_per_second"], report.million), report.ratio(row["to_empty"]["median"]),
         report.ratio(row["to_portsieve"]["median"]), mark(row)] for row in rows])


def flows_table(flows):
    return report.columns(["flows", "16 rules, of empty", "min-max", "100,000 blocked + 16 rules", "min-max", ""], [
        [f"{plain['count']:,}", report.ratio(plain["to_empty"]["median"]), report.span(plain["to_empty"], report.ratio),
         report.ratio(listed["to_empty"]["median"]), report.span(listed["to_empty"], report.ratio),
         mark(plain) or mark(listed)] for plain, listed in zip(flows["sixteen"], flows["blocked"])])


def nanoseconds(values):
    return f"{values['median']:.1f} ({values['min']:.1f}-{values['max']:.1f})"


def packets_tables(packets):
    parts = []
    for axis in axes.AXES:
        series = packets[axis.name]
        rows = [[f"{points[0]['count']:,}"] + [nanoseconds(point["net_ns"]) for point in points] +
                ["".join({mark(point) for point in points})] for points in zip(*series.values())]
        parts += [report.columns([axis.label] + [axis.series[name][0] for name in series] + [""], rows), ""]
    return parts


def growth_tables(growth):
    parts = []
    for axis in axes.AXES:
        rows = [[f"{row['count']:,}", milliseconds(row["load_ms"]), milliseconds(row["apply_ms"]), milliseconds(row["stats_ms"]),
                 f"{row['status_bytes']:,}", f"{row['tries_bytes']:,}"] for row in growth[axis.name]]
        parts += [report.columns([axis.label, "load", "apply", "stats -j", "bytes by status", "of tries"], rows), ""]
    return parts


def interfaces_table(rows):
    return report.columns(["interfaces", "load", "load, each", "apply", "stats -j"], [
        [str(row["count"])] + [milliseconds(row[key]) for key in ("load_ms", "load_each_ms", "apply_ms", "stats_ms")]
        for row in rows])


def cpus_table(result):
    if not result["cpus"]:
        return f"  not measured: {result['cpus_absent']}"
    return report.columns(["possible", "bytes by status", "of counters", "stats, of the first's", "min-max", "sent", "counted", ""], [
        [str(row["possible"]), f"{row['memory_bytes']:,}", f"{row['counters_bytes']:,}",
         report.ratio(row["stats_to_first"]["median"]), report.span(row["stats_to_first"], report.ratio),
         str(row["sent"]), str(row["counted"]), mark(row)] for row in result["cpus"]])


def control_tables(figures):
    times = [["load, the whole command", milliseconds(figures["load"]["load_ms"])],
             ["  in the verifier and JIT (strace)", milliseconds(figures["load"]["verifier_ms"])],
             ["  beyond (strace)", milliseconds(figures["load"]["beyond_verifier_ms"])],
             ["apply of 10,000 rules", milliseconds(figures["apply"]["apply_ms"])]]
    times += [[f"  {phase.replace('_', ' ')} (strace)", milliseconds(values)]
              for phase, values in figures["apply"]["phases_ms"].items()]
    times += [["check of 10,000 rules", milliseconds(figures["apply"]["check_ms"])],
              ["stats of 16,384 ranges", milliseconds(figures["stats"]["text_ms"])],
              ["stats -j of 16,384 ranges", milliseconds(figures["stats"]["json_ms"])],
              [f"  in {figures['stats']['lookup_calls']} look-ups (strace)", f"{figures['stats']['lookups_ms']:.1f}"]]
    memory = figures["memory"]
    sizes = [[f"{row['name']} ({row['type']})", f"{row['bytes']:,}"] for row in memory["rows"]]
    sizes.append(["together", f"{memory['bytes']:,}"])
    return [report.columns(["milliseconds", "median (min-max)"], times), "",
            report.columns([f"bytes of an interface, CPUs {memory['possible_cpus']}", ""], sizes), ""]


def text(result):
    rounds = f"medians of {result['rounds']} rounds (min-max)"
    parts = [f"TCP to random ports, all dropped, over veth; {rounds}.", rates_table(result["ranges"]), "",
             f"By flows, TCP to random ports, all dropped, over veth; ratios within rounds; {rounds}.", flows_table(result["flows"]),
             "", f"Nanoseconds per packet by test_run, net of an empty program; {rounds}.", *packets_tables(result["packets"]),
             f"Milliseconds of commands; medians of {result['command_rounds']} runs (min-max).", *growth_tables(result["growth"]),
             f"Milliseconds by interfaces that share a policy of 16 rules; medians of {result['interface_rounds']} runs (min-max).",
             interfaces_table(result["interfaces"]), "",
             "By possible CPUs, 2 of them online, 16,384 ranges, in emulated guests (Linux 6.1): bytes are exact, of times only",
             "ratios mean anything.", cpus_table(result), "", *control_tables(result["control"]),
             "What was aimed at", report.checklist_text(result["checklist"])]
    if result["quick"]:
        parts.insert(0, "QUICK: few rounds and points. To try the bench, not to be quoted.\n")
    return "\n".join(parts) + "\n"
