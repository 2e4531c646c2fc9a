#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What `make bench` makes of its readings: which rounds count, what is a ratio, what is reached. TAP.

All readings are invented and all results were computed by hand.
"""
import sys
import traceback
from pathlib import Path
from types import SimpleNamespace

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).parent))
import duel  # noqa: E402
import goodput_report  # noqa: E402
import measure  # noqa: E402
import report  # noqa: E402
import svg  # noqa: E402

MILLION = 1_000_000


def candidate(name):
    return SimpleNamespace(name=name, label=name.upper(), group="portsieve", note="")


def flood(rate, valid=True):
    return {"packets_per_second": rate, "valid": valid}


def turns(**rates):
    """A round of the duel; `empty` has two turns."""
    return {name: flood(rate) for name, rate in rates.items()}


def a_ratio_is_of_one_round():
    """The machine ran at half its speed in the second round; by the median rates the ratio would be 2/3."""
    figures = {"empty": [flood(8.0), flood(4.0), flood(6.0)], "mine": [flood(4.0), flood(2.0), flood(5.0)]}
    assert measure.ratios(figures, "mine", "empty") == [0.5, 0.5, 5 / 6]
    row = next(row for row in measure.rates_sum([candidate("empty"), candidate("mine")], figures, "empty", "mine")
               if row["name"] == "mine")
    assert row["to_empty"] == {"median": 0.5, "min": 0.5, "max": 5 / 6}, row["to_empty"]
    assert row["to_portsieve"]["median"] == 1
    assert row["packets_per_second"] == {"median": 4.0, "min": 2.0, "max": 5.0}


def rows_stand_by_ratio():
    """`steady` has the better median rate, `fast` the better ratio."""
    figures = {"empty": [flood(10), flood(2), flood(4)], "fast": [flood(9), flood(1.8), flood(3.6)],
               "steady": [flood(5), flood(4), flood(3)]}
    rows = measure.rates_sum([candidate(name) for name in ("steady", "fast", "empty")], figures, "empty", "fast")
    assert [row["name"] for row in rows] == ["empty", "fast", "steady"]


def one_bad_flood_makes_the_row_invalid():
    figures = {"empty": [flood(2), flood(2)], "mine": [flood(1), flood(1, valid=False)]}
    rows = measure.rates_sum([candidate("empty"), candidate("mine")], figures, "empty", "mine")
    assert [row["valid"] for row in rows] == [True, False]
    assert "INVALID" in report.rates_table(rows, "empty")
    assert "INVALID" not in report.rates_table(rows[:1], "empty")


def a_lost_packet_in_a_thousand_is_the_limit():
    assert measure.close(MILLION, MILLION - 1000)
    assert measure.close(MILLION - 1000, MILLION)
    assert not measure.close(MILLION, MILLION - 1100)
    assert not measure.close(MILLION - 1100, MILLION)
    assert measure.close(0, 16) and not measure.close(0, 17)


def a_round_counts_where_both_empty_turns_were_near_the_best():
    """What the others did in it is not asked: the second round counts, in which `mine` was slow."""
    rounds = [turns(empty=100, again=100, mine=90), turns(empty=100, again=98, mine=10),
              turns(empty=100, again=96, mine=90), turns(empty=96, again=100, mine=90),
              turns(empty=50, again=50, mine=90), turns(empty=100, again=100, mine=91)]
    assert duel.quiet_rounds(rounds, "empty") == [rounds[0], rounds[1], rounds[5]]


def net_cost_is_of_one_round():
    """250 - 200 ns and 500 - 400: by medians of rates it would be 66.7."""
    rounds = [turns(empty=5 * MILLION, mine=4 * MILLION), turns(empty=2.5 * MILLION, mine=2 * MILLION)]
    row = duel.row_of(candidate("mine"), rounds, "empty", "mine")
    assert abs(row["net_ns"]["median"] - 75) < 1e-6, row["net_ns"]
    assert abs(row["net_ns"]["low"] - 62.5) < 1e-6 and abs(row["net_ns"]["high"] - 87.5) < 1e-6
    assert abs(row["to_empty"]["median"] - 0.8) < 1e-9


def the_duel_counts_quiet_rounds_unless_they_are_too_few():
    """What came of the rounds is asked of rounds_run, which is replaced here."""
    loud = turns(empty=50, again=50, mine=10)
    calm = turns(empty=100, again=100, mine=90)
    ran, duel.rounds_run = duel.rounds_run, lambda pins, empty, options, wanted: ([calm] * 5 + [loud] * 9, [calm] * 5)
    try:
        enough = duel.duel_measure([candidate("mine")], {}, "empty", "mine", 8)
        duel.rounds_run = lambda pins, empty, options, wanted: ([calm] * 4 + [loud] * 9, [calm] * 4)
        few = duel.duel_measure([candidate("mine")], {}, "empty", "mine", 8)
    finally:
        duel.rounds_run = ran
    assert (enough["run"], enough["quiet"], enough["counted"]) == (14, 5, 5)
    assert enough["rows"][0]["to_empty"]["median"] == 0.9
    assert (few["run"], few["quiet"], few["counted"]) == (13, 4, 13)
    assert few["rows"][0]["to_empty"]["median"] == 0.2


def test_run_is_net_of_the_empty_program():
    figures = {"empty": {"cpu": [20.0, 30.0, 20.0], "kernel": [20, 30, 20], "verdicts": {"drop"}},
               "mine": {"cpu": [27.0, 37.0, 29.0], "kernel": [27, 37, 29], "verdicts": {"drop", "pass"}}}
    rows = measure.testrun_sum([candidate("mine"), candidate("absent"), candidate("empty")], figures, "empty")
    assert [row["name"] for row in rows] == ["empty", "mine"]
    assert rows[1]["net_ns"] == {"median": 7.0, "min": 7.0, "max": 9.0}
    assert rows[1]["verdict"] == "drop/pass"


def points_are_reached_at_their_bounds():
    def duellist(name, rates, net):
        return {"name": name, "rounds": rates, "net_ns": {"median": net}}

    side_by_side = [duellist("empty-drop", [100, 50], 0), duellist("portsieve-16", [96, 48], 3),
                    duellist("portsieve-16384", [96, 48], 3), duellist("portsieve-1", [100, 50], 3),
                    duellist("xdp-filter-tcp", [90, 45], 4), duellist("xdp-filter-all", [64, 32], 50)]
    floods = [{"name": "portsieve-16", "rounds": [flood(10), flood(49), flood(50)]},
              {"name": "nft-netdev-set", "rounds": [flood(2), flood(10), flood(10)]}]
    runs = [duellist("portsieve-16", [], 3.1), duellist("xdp-filter-tcp", [], 4)]
    points = {point["what"].split(",")[0] + f" {point['bound']}": point
              for point in report.checklist(floods, side_by_side, runs)}
    assert {name: (point["measured"], point["reached"]) for name, point in points.items()} == {
        "16 rules 0.96": (0.96, True), "net cost over veth 0.75": (0.75, True),
        "net cost by test_run 0.75": (3.1 / 4, False), "rate 1.5": (1.5, True), "rate 5": (5.0, True),
        "16 0.97": (0.96, False)}, points


def what_is_absent_is_not_reached():
    def duellist(name):
        return {"name": name, "rounds": [1], "net_ns": {"median": 1}}

    duellists = [duellist(name) for name in ("empty-drop", "portsieve-16", "portsieve-16384", "portsieve-1",
                                             "xdp-filter-tcp", "xdp-filter-all")]
    floods = [{"name": "portsieve-16", "rounds": [flood(10)]}]
    points = report.checklist(floods, duellists, duellists)
    point = next(one for one in points if one["bound"] == 5)
    assert point["measured"] is None and not point["reached"]
    assert "not measured  not reached" in report.checklist_text([point])


def a_neighbour_shows_in_the_empty_program():
    def rows(low, median, high):
        return [{"name": "empty-drop", "packets_per_second": {"min": low, "median": median, "max": high}}]

    assert report.is_quiet(rows(96, 100, 101))
    assert not report.is_quiet(rows(95, 100, 101))


def a_curve_ends_where_most_rounds_have_lost():
    """Three rounds: all have 10, two have 20, of which the third counts as nothing left, one has 30."""
    rounds = [{10: (1.0, 9), 20: (0.5, 19), 30: (0.1, 29)}, {10: (0.9, 9), 20: (0.3, 18)}, {10: (0.8, 9)}]
    points = goodput_report.row(candidate("mine"), rounds, [10, 20, 30])["points"]
    assert [point["offered"] for point in points] == [10, 20]
    assert points[0]["share"] == {"median": 0.9, "low": 0.8500000000000001, "high": 0.95}, points[0]
    assert points[1]["share"]["median"] == 0.3 and points[1]["share"]["low"] == 0.15, points[1]


def goodput_is_asked_for_at_nine_tenths_of_the_collapse():
    def curve(share):
        return [{"name": "portsieve", "points": [{"offered": 0.9 * 100, "share": {"median": share}}]}]

    def floods(ack):
        return {kind: [{"name": "none", "to_none": {"median": 1}}, {"name": "socket", "to_none": {"median": value}}]
                for kind, value in (("SYN", 0.95), ("ACK", ack), ("UDP", 0.6))}

    def reached(share, ack):
        return [point["reached"] for point in goodput_report.checklist(curve(share), 100, floods(ack))]

    assert reached(0.95, 0.5) == [True, True, True, True]
    assert reached(0.94, 0.49) == [False, True, False, True]
    assert not goodput_report.checklist([{"name": "portsieve", "points": []}], 100, floods(1))[0]["reached"]


def curves_that_end_apart_begin_at_the_left_edge():
    picture = svg.curves("t", "s", ("x", "y"), [("a", "portsieve", [(0.04, 1, 1, 1), (4, 1, 1, 1)]),
                                                ("b", "second", [(0.04, 2, 2, 2)])])
    assert picture.count('cx="70.0"') == 2, picture


TESTS = [a_ratio_is_of_one_round, rows_stand_by_ratio, one_bad_flood_makes_the_row_invalid,
         a_lost_packet_in_a_thousand_is_the_limit, a_round_counts_where_both_empty_turns_were_near_the_best,
         net_cost_is_of_one_round, the_duel_counts_quiet_rounds_unless_they_are_too_few,
         test_run_is_net_of_the_empty_program, points_are_reached_at_their_bounds, what_is_absent_is_not_reached,
         a_neighbour_shows_in_the_empty_program, a_curve_ends_where_most_rounds_have_lost,
         goodput_is_asked_for_at_nine_tenths_of_the_collapse, curves_that_end_apart_begin_at_the_left_edge]


def main():
    failed = 0
    print(f"1..{len(TESTS)}")
    for number, test in enumerate(TESTS, 1):
        name = test.__name__.replace("_", " ")
        try:
            test()
            print(f"ok {number} - {name}")
        except Exception:  # pylint: disable=broad-except
            failed = 1
            print(f"not ok {number} - {name}")
            print("".join(f"# {line}\n" for line in traceback.format_exc().splitlines()), end="")
    return failed


sys.exit(main())
