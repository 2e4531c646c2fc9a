# SPDX-License-Identifier: GPL-2.0-or-later
"""Of `goodput`: sums of rounds, tables, the checklist and the pictures. Pure."""
import duel
import report
import svg

COLOURS = {"no-filter": "sixth", "nft-input": "second", "nft-netdev": "third", "bound": "ceiling", "portsieve": "portsieve"}
AIM_AT = 0.9  # of the flood at which the bound collapses


def quartiles(values):
    return duel.quartiles(values) if len(values) > 1 else dict.fromkeys(("median", "low", "high"), values[0])


def row(candidate, rounds, floods):
    """A round stops where the candidate has lost: what it has not measured is no transaction."""
    points = []
    for flood in floods:
        found = [one[flood] for one in rounds if flood in one]
        if len(found) * 2 < len(rounds):
            break
        shares = [share for share, _ in found] + [0] * (len(rounds) - len(found))
        points.append({"offered": flood, "flood": quartiles([arrived for _, arrived in found]), "share": quartiles(shares)})
    return {"name": candidate.name, "label": candidate.label, "group": candidate.group, "points": points}


def flood_rows(modes, rounds):
    base = duel.rates_of(rounds, modes[0])
    return [{"name": mode, "label": f"return: {mode}", "packets_per_second": quartiles(duel.rates_of(rounds, mode)),
             "to_none": quartiles([rate / its for rate, its in zip(duel.rates_of(rounds, mode), base)]),
             "rounds": len(rounds)} for mode in modes]


def point_at(candidate, flood):
    return next((point for point in candidate["points"] if point["offered"] == flood), None)


def checklist(rows, collapse, floods):
    ours = next(one for one in rows if one["name"] == "portsieve")
    at = point_at(ours, AIM_AT * collapse)
    wanted = [("transactions at 0.9 of the bound's collapse", 0.95, at["share"]["median"] if at else 0)]
    for kind, bound in (("SYN", 0.95), ("ACK", 0.5), ("UDP", 0.5)):
        wanted += [(f"{kind} on denied ports, return: {one['name']}, of none", bound, one["to_none"]["median"])
                   for one in floods[kind] if one["name"] != "none"]
    return [{"what": what, "bound": bound, "at_least": True, "measured": measured, "reached": measured >= bound}
            for what, bound, measured in wanted]


def goodput_table(rows):
    offered = sorted({point["offered"] for one in rows for point in one["points"]})
    body = []
    for flood in offered:
        line = [report.million(flood)]
        for one in rows:
            point = point_at(one, flood)
            line.append(report.ratio(point["share"]["median"]) if point else "-")
        body.append(line)
    return report.columns(["M packets/s"] + [one["label"] for one in rows], body)


def floods_table(floods):
    modes = [one["label"] for one in next(iter(floods.values()))]
    body = [[kind] + [f"{report.million(one['packets_per_second']['median'])}  {report.ratio(one['to_none']['median'])}"
                      for one in rows] for kind, rows in floods.items()]
    return report.columns(["M packets/s, of none"] + modes, body)


def text(result):
    before, after = result["machine"]["before"], result["machine"]["after"]
    parts = [f"A service on one CPU with a flood of SYNs on denied ports: {result['offered']:,} transactions a second are "
             f"offered, {result['offered'] / result['capacity']:.2f} of what the CPU does alone.",
             f"By the flood, the share of the transactions without it; medians of {result['rounds']} rounds. The bound collapses "
             f"at {report.million(result['collapse'])} M packets/s.", goodput_table(result["goodput"]), "",
             "Floods on denied ports, drop rate by the mode of return traffic:", floods_table(result["floods"]), "",
             "What was aimed at", report.checklist_text(result["checklist"]), "",
             f"Load average {before['load_average'][0]} before, {after['load_average'][0]} after; "
             f"{after['steal_seconds'] - before['steal_seconds']:.1f} s of CPU went to other machines."]
    if result["quick"]:
        parts.insert(0, "QUICK: few rounds and points. To try the bench, not to be quoted.\n")
    return "\n".join(parts) + "\n"


def curve_points(one, offered):
    return [(point["offered"] / 1e6, *(point["share"][key] * offered / 1e3 for key in ("median", "low", "high")))
            for point in one["points"]]


def plots(result):
    where = f"{result['machine']['cpu']}, Linux {result['machine']['kernel']}; "
    series = [(one["label"], COLOURS[one["name"]], curve_points(one, result["offered"])) for one in result["goodput"]]
    sections = [(f"{kind} on denied ports", [
        {"label": one["label"], "group": "portsieve", "median": one["packets_per_second"]["median"] / 1e6,
         "min": one["packets_per_second"]["low"] / 1e6, "max": one["packets_per_second"]["high"] / 1e6,
         "text": report.million(one["packets_per_second"]["median"]), "beside": report.ratio(one["to_none"]["median"])}
        for one in rows]) for kind, rows in result["floods"].items()]
    rounds = f"medians of {result['rounds']} interleaved rounds, with quartiles"
    return {
        "goodput.svg": svg.curves("What a flood of SYNs on denied ports leaves of a TCP service",
                                  f"requests and answers over open connections; {rounds}",
                                  ("flood, million packets/s", "thousand transactions/s"), series,
                                  f"{where}flood, filter, stack and service share one CPU."),
        "floods.svg": svg.bars("What return traffic costs under floods on denied ports",
                               "random addresses and ports, over veth, native mode; medians of interleaved rounds, whiskers are quartiles",
                               "million packets/s dropped; beside it, of return: none in the same round", sections,
                               f"{where}flood and filter share one CPU."),
    }
