# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands that are disturbed: what is before each and what after it."""

from collections import namedtuple

import lab as laboratory

# `over`: of a policy that waits to be confirmed, the one that would return.
State = namedtuple("State", "policy allowed over", defaults=(False, None))
NONE = State("none")
RULE = "campaign"


def passes(state):
    """Which probes pass in a state."""
    found = list(laboratory.PASSES[state.policy])
    for at, (_, port) in enumerate(laboratory.PROBES):
        if state.allowed and port == laboratory.RUNTIME_PORT:
            found[at] = True
    return tuple(found)


def images(state, devices=1):
    """How many policies are in the kernel then."""
    return 0 if state == NONE else devices if state.over is None else 2


class Command:
    """
    words: what is run. done_already: the exit code and the words of the same command when the first try had
    done it all. alternates: the states change places after each run, which saves preparing.
    """

    def __init__(self, name, before, after, words, done_already=None, alternates=False, shared=False,
                 may_finish=False, expired=False, grows=False):
        self.name, self.before, self.after, self.words = name, before, after, words
        self.done_already, self.alternates, self.shared = done_already, alternates, shared
        self.grows = grows  # the counters of all devices, which must be loaded anew before it
        self.expired = expired  # before it, another policy has not been confirmed in time
        self.turn = 0  # 0 and 1 in turn: for a command that does one thing, then its opposite
        self.may_finish = may_finish  # a failure may leave what success would: nothing to go back to

    def swap(self):
        self.turn = 1 - self.turn
        if self.alternates:
            self.before, self.after = self.after, self.before


def file(state):
    return "%%s/%s.yaml" % state.policy


ONE, TWO = State("one"), State("two")
FLOW = State("flow")
MANY = State("many")
FIRST, SECOND = State("first"), State("second")
WAITING = State("two", over="one")
DEVICE = laboratory.DEVICE


def _apply(command):
    return ["apply", file(command.after)]


COMMANDS = {command.name: command for command in (
    Command("load", NONE, ONE, lambda c: ["load", DEVICE, "-p", file(c.after)], (1, "loaded already")),
    Command("load-addresses", NONE, FIRST, lambda c: ["load", DEVICE, "-p", file(c.after)],
            (1, "loaded already")),
    Command("apply", ONE, TWO, _apply, alternates=True),
    Command("apply-addresses", FIRST, SECOND, _apply, alternates=True),
    Command("load-flow", NONE, FLOW, lambda c: ["load", DEVICE, "-p", file(c.after)], (1, "loaded already")),
    Command("apply-flow", ONE, FLOW, _apply),
    Command("leave-flow", FLOW, ONE, _apply),
    Command("unload-flow", FLOW, NONE, lambda c: ["unload", DEVICE], (3, "not loaded"), may_finish=True),
    Command("upgrade-flow", FLOW, FLOW, lambda c: ["upgrade", DEVICE]),
    Command("apply-confirm", ONE, WAITING, lambda c: ["apply", file(c.after), "--confirm", "SECONDS"],
            (1, "a change is pending")),
    Command("apply-expired", ONE, TWO, _apply, expired=True),
    Command("part", ONE, TWO, lambda c: ["apply", file(c.after), "--dev", DEVICE], shared=True),
    Command("apply-grows", ONE, MANY, _apply, grows=True),
    Command("apply-grows-shared", ONE, MANY, _apply, grows=True, shared=True),
    Command("allow-grows", ONE, State("one", True),
            lambda c: ["allow", "udp/%d,%s" % (laboratory.RUNTIME_PORT, laboratory.MANY_PORTS), "--name", RULE],
            grows=True),
    Command("unload", ONE, NONE, lambda c: ["unload", DEVICE], (3, "not loaded"), may_finish=True),
    Command("upgrade", FIRST, FIRST, lambda c: ["upgrade", DEVICE]),
    Command("upgrade-ports", FIRST, FIRST,
            lambda c: ["upgrade", DEVICE, "--per-port=" + ("dropped", "off")[c.turn],
                       "--events=" + ("all", "off")[c.turn]]),
    Command("allow", ONE, State("one", True),
            lambda c: ["allow", "udp/%d" % laboratory.RUNTIME_PORT, "--for", "1h", "--name", RULE]),
    Command("delete", State("one", True), ONE, lambda c: ["delete", RULE], (1, "no runtime rule")),
    Command("confirm", WAITING, TWO, lambda c: ["confirm"], (1, "no change is pending")),
    Command("rollback", WAITING, ONE, lambda c: ["rollback"], (1, "no change is pending")),
)}
