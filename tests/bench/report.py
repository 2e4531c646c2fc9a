# SPDX-License-Identifier: GPL-2.0-or-later
"""Tables for people, and the checklist of what issue 4 wants reached. Pure: returns text."""
import statistics

KIND_TITLES = {
    "tcp-random": "TCP, random ports, 64 bytes", "tcp-fixed": "TCP, one port, 64 bytes",
    "udp": "UDP, random ports, 64 bytes", "ipv6": "TCP over IPv6, random ports", "vlan": "TCP in a VLAN, random ports",
    "1500": "TCP, random ports, 1,500 bytes", }
FRAME_TITLES = {
    "tcp-random": "TCP, 64 bytes", "udp": "UDP, 64 bytes", "ipv6": "TCP over IPv6", "vlan": "TCP in a VLAN",
    "1500": "TCP, 1,500 bytes", "allowed": "UDP to an allowed port",
}


def million(value):
    return f"{value / 1e6:.2f}"


def span(values, shape, least="min", most="max"):
    return f"{shape(values[least])}-{shape(values[most])}"


def columns(head, rows):
    """Aligned text: the first column left, the others right."""
    widths = [max(len(row[i]) for row in [head] + rows) for i in range(len(head))]
    lines = []
    for row in [head] + rows:
        cells = [row[0].ljust(widths[0])] + [cell.rjust(width) for cell, width in zip(row[1:], widths[1:])]
        lines.append(("  " + "  ".join(cells)).rstrip())
    return "\n".join(lines)


def net_ns(row, rows, empty):
    """Over the veth: what a packet costs more than with the empty program."""
    base = next(one for one in rows if one["name"] == empty)
    return 1e9 / row["packets_per_second"]["median"] - 1e9 / base["packets_per_second"]["median"]


def ratio(value):
    return f"{value:.3f}"


def ns(value):
    return f"{value:.1f}"


def rates_table(rows, empty):
    head = ["", "Mpps", "min-max", "of empty", "min-max", "of portsieve", "net ns", ""]
    body = [[row["label"], million(row["packets_per_second"]["median"]), span(row["packets_per_second"], million),
             ratio(row["to_empty"]["median"]), span(row["to_empty"], ratio), ratio(row["to_portsieve"]["median"]),
             f"{net_ns(row, rows, empty):.1f}", "" if row["valid"] else "INVALID"] for row in rows]
    return columns(head, body)


def allowed_table(rows):
    head = ["", "Mpps to socket", "min-max", "of empty", "min-max", "of portsieve", "Mpps read", ""]
    body = [[row["label"], million(row["packets_per_second"]["median"]), span(row["packets_per_second"], million),
             ratio(row["to_empty"]["median"]), span(row["to_empty"], ratio), ratio(row["to_portsieve"]["median"]),
             million(row["read_per_second"]["median"]), "" if row["valid"] else "INVALID"] for row in rows]
    return columns(head, body)


def testrun_table(rows):
    head = ["", "ns", "min-max", "net ns", "verdict"]
    body = [[row["label"], ns(row["ns"]["median"]), span(row["ns"], ns), ns(row["net_ns"]["median"]), row["verdict"]]
            for row in rows]
    return columns(head, body)


def duel_table(rows):
    head = ["", "Mpps", "of empty", "quartiles", "of portsieve", "net ns", "quartiles", ""]
    body = [[row["label"], million(row["packets_per_second"]["median"]), ratio(row["to_empty"]["median"]),
             span(row["to_empty"], ratio, "low", "high"), ratio(row["to_portsieve"]["median"]), ns(row["net_ns"]["median"]),
             span(row["net_ns"], ns, "low", "high"), "" if row["valid"] else "INVALID"] for row in rows]
    return columns(head, body)


def row_of(rows, name):
    return next((row for row in rows if row["name"] == name), None)


def median_to(rates_of, rows, name, base):
    """The median of the ratios within each round."""
    mine, its = row_of(rows, name), row_of(rows, base)
    return statistics.median([a / b for a, b in zip(rates_of(mine), rates_of(its))]) if mine and its else None


def checklist(rates, duel, testruns):
    """Issue 4, point 2: what is measured, the bound, whether more is better."""
    net = {row["name"]: row["net_ns"]["median"] for row in duel}
    run = {row["name"]: row["net_ns"]["median"] for row in testruns}

    def side_by_side(name, base):
        return median_to(lambda row: row["rounds"], duel, name, base)

    def full_floods(name, base):
        return median_to(lambda row: [one["packets_per_second"] for one in row["rounds"]], rates, name, base)

    wanted = [
        ("16 rules, of the empty program's rate", 0.96, True, side_by_side("portsieve-16", "empty-drop")),
        ("net cost over veth, of xdp-filter TCP-only's", 0.75, False, net["portsieve-16"] / net["xdp-filter-tcp"]),
        ("net cost by test_run, of xdp-filter TCP-only's", 0.75, False, run["portsieve-16"] / run["xdp-filter-tcp"]),
        ("rate, of xdp-filter's with all features", 1.5, True, side_by_side("portsieve-16", "xdp-filter-all")),
        ("rate, of nftables netdev ingress (set)", 5, True, full_floods("portsieve-16", "nft-netdev-set")),
        ("16,384 ranges, of 1 rule's rate", 0.97, True, side_by_side("portsieve-16384", "portsieve-1")),
    ]
    return [{"what": what, "bound": bound, "at_least": at_least, "measured": measured,
             "reached": measured is not None and (measured >= bound if at_least else measured <= bound)}
            for what, bound, at_least, measured in wanted]


def checklist_text(points):
    lines = []
    for point in points:
        sign = ">=" if point["at_least"] else "<="
        measured = "not measured" if point["measured"] is None else f"{point['measured']:.3f}"
        lines.append(f"  [{'x' if point['reached'] else ' '}] {point['what']:<48} {sign} {point['bound']:<5} "
                     f"{measured:>7}  {'reached' if point['reached'] else 'not reached'}")
    return "\n".join(lines)


QUIET_SPREAD = 0.05  # of the empty program's rates, (max - min) / median: beyond it others were at work


def is_quiet(rows):
    rate = row_of(rows, "empty-drop")["packets_per_second"]
    return (rate["max"] - rate["min"]) / rate["median"] <= QUIET_SPREAD


def text(result):
    """The whole report."""
    parts = [f"Packets a second through a veth in native mode: {KIND_TITLES['tcp-random']}, all to be dropped. "
             f"Medians of {result['rounds']} rounds.", rates_table(result["rates"]["tcp-random"], "empty-drop")]
    parts += [f"  {one['label']}: not on this machine: {one['reason']}" for one in result["absent"]]
    duel = result["duel"]
    parts += ["", "The XDP programs side by side, the device's program changed every tenth of a second. Medians of "
              f"{duel['counted']} rounds: {duel['quiet']} of {duel['run']} were quiet.", duel_table(duel["rows"])]
    for kind, rows in result["rates"].items():
        if kind != "tcp-random":
            parts += ["", KIND_TITLES[kind], rates_table(rows, "empty-drop")]
    parts += ["", "An allowed port (UDP 9) up to a socket that reads", allowed_table(result["allowed"])]
    for kind, rows in result["testrun"].items():
        parts += ["", f"One frame again and again by BPF_PROG_TEST_RUN: {FRAME_TITLES[kind]}", testrun_table(rows)]
    parts += ["", "What issue 4 asks for (XDP programs: side by side; nftables: of the first table; medians of the ratios "
              "within rounds)", checklist_text(result["checklist"])]
    before, after = result["machine"]["before"], result["machine"]["after"]
    parts += ["", f"Load average {before['load_average'][0]} before, {after['load_average'][0]} after (the bench itself "
              f"is 1 to 2); {after['steal_seconds'] - before['steal_seconds']:.1f} s of CPU went to other machines."]
    if not result["quiet"]:
        parts.append("DISTURBED: the empty program's own rates are over 5 % apart. Trust test_run and side by side only.")
    return "\n".join(parts) + "\n"
