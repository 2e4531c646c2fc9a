# SPDX-License-Identifier: GPL-2.0-or-later
"""Which figures become which picture. Pure: results in, {file name: SVG} out."""
import report
import svg
from report import million, ratio


def rate_bars(rows):
    return [{"label": row["label"], "group": row["group"], "median": row["packets_per_second"]["median"] / 1e6,
             "min": row["packets_per_second"]["min"] / 1e6, "max": row["packets_per_second"]["max"] / 1e6,
             "text": million(row["packets_per_second"]["median"]) if row["valid"] else "invalid",
             "beside": ratio(row["to_empty"]["median"])} for row in rows]


def net_bars(rows):
    return [{"label": row["label"], "group": row["group"], "median": max(row["net_ns"]["median"], 0),
             "min": max(row["net_ns"]["min"], 0), "max": max(row["net_ns"]["max"], 0),
             "text": f"{row['net_ns']['median']:.1f}"} for row in rows if not row["name"].startswith("empty")]


def duel_bars(rows):
    return [{"label": row["label"], "group": row["group"], "median": max(row["net_ns"]["median"], 0),
             "min": max(row["net_ns"]["low"], 0), "max": row["net_ns"]["high"], "text": f"{row['net_ns']['median']:.1f}",
             "beside": ratio(row["to_empty"]["median"])} for row in rows if not row["name"].startswith("empty")]


def of_bench(result):
    rounds = f"median of {result['rounds']} interleaved rounds, whiskers their spread"
    where = f"{result['machine']['cpu']}, Linux {result['machine']['kernel']}; flood, filter and veth share one CPU."
    unit = "million packets/s; beside it, of the empty program's in the same round"
    kinds = [(report.KIND_TITLES[kind], rate_bars(rows)) for kind, rows in result["rates"].items()
             if kind != "tcp-random"]
    runs = [(report.FRAME_TITLES[kind], net_bars(rows)) for kind, rows in result["testrun"].items()]
    return {
        "drop.svg": svg.bars("Dropping a flood of TCP to random ports", f"64-byte packets over veth, native mode; {rounds}",
                             unit, [(None, rate_bars(result["rates"]["tcp-random"]))], where),
        "duel.svg": svg.bars("What a packet costs over veth more than with an empty program",
                             "the programs side by side, changed every tenth of a second; median of "
                             f"{result['duel']['counted']} rounds, whiskers are quartiles",
                             "nanoseconds per packet, net; beside it, the rate, of the empty program's",
                             [(None, duel_bars(result["duel"]["rows"]))], where),
        "kinds.svg": svg.bars("Dropping other packets", f"over veth, native mode; {rounds}", unit, kinds, where),
        "allowed.svg": svg.bars("Letting an allowed port through, up to a socket that reads",
                                f"UDP of 64 bytes over veth; {rounds}", unit, [(None, rate_bars(result["allowed"]))], where),
        "testrun.svg": svg.bars("What a packet costs more than with an empty program",
                                f"BPF_PROG_TEST_RUN, one frame with warm caches; {rounds}", "nanoseconds per packet, net",
                                runs, f"{result['machine']['cpu']}, Linux {result['machine']['kernel']}; CPU time, "
                                "1,000,000 runs a round."),
    }
