#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Each command is killed at every system call that changes something, and each such call is refused once with
each of several errors. The calls are found in an undisturbed run. After each: the old policy or the new one is
in force, whole, as packets tell; portsieve tells the truth; no packet is missing from the counters; the same
command again works; and nothing is left over.

strace delivers SIGKILL on entering a call, which then does not happen: the kill before a call is the kill after
the one before it, and the kill at the end is the one after the last.

Usage, inside tests/lib/isolate: campaign.py [--kinds K,...] [--sample N] [--seed S] [--until-failure] COMMAND...
The status is 1 after a finding, 2 when the campaign itself does not work.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import time

import calls
import kernel
from commands import COMMANDS, DEVICE, NONE, RULE, State, images, passes
from lab import ROOT, Lab

KINDS = ("kill", "ENOMEM", "EPERM", "ENOSPC", "EBUSY")
KILLED = (-9, 137)
TRACE = ("strace", "-qq", "-o", "/run/portsieve-faults.trace")  # /run is the lab's own
SPOIL = os.path.join(ROOT, "build/tests/faults/spoil.so")
DEADLINE_SECONDS = 3
LIMIT_SECONDS = 20  # for one command; the longest takes 0.3 s undisturbed


class Finding(Exception):
    """Something that must not be."""


class Broken(Exception):
    """A command does not work undisturbed: nothing can be learned from disturbing it."""


class Campaign:
    def __init__(self, program, control):
        self.lab = Lab()
        self.program = program
        self.spoilt = control and {"SPOIL": control, "LD_PRELOAD": SPOIL}
        self.runs = self.findings = 0
        self.deadline_seconds = 3600
        self.pins_after = {}

    # Running portsieve.

    def run(self, words, tracer=()):
        words = [word % self.lab.folder if "%s" in word else word for word in words]
        if self.spoilt:
            tracer = [*tracer, "env"] if not tracer else list(tracer)
            for name, value in self.spoilt.items():
                tracer += [name + "=" + value] if tracer[0] == "env" else ["-E", name + "=" + value]
        try:
            return subprocess.run([*tracer, self.program, *words], stdin=subprocess.DEVNULL, text=True,
                                  capture_output=True, timeout=LIMIT_SECONDS, check=False)
        except subprocess.TimeoutExpired:
            raise Finding("%s does not end within %d s" % (" ".join(words), LIMIT_SECONDS)) from None

    def words(self, command):
        return [str(self.deadline_seconds) if word == "SECONDS" else word for word in command.words(command)]

    def must(self, *words):
        done = self.run(words)
        if done.returncode:
            raise Finding("%s: status %d: %s" % (" ".join(words), done.returncode, done.stderr.strip()))
        return done.stdout

    # What is.

    def told(self):
        """The state as portsieve tells it, the id of the program, and the slot of each device."""
        status = self.run(["status", "-j"])
        if status.returncode == 3:
            return NONE, 0, {}
        if status.returncode:
            raise Finding("status: %d: %s" % (status.returncode, status.stderr.strip()))
        devices = {device["device"]: device for device in json.loads(status.stdout)["devices"]}
        slots = {name: device["policy_slot_id"] for name, device in devices.items()}
        if DEVICE not in devices:
            return NONE, 0, slots
        device = devices[DEVICE]
        show = json.loads(self.must("show", DEVICE, "-j"))
        policy = os.path.basename(device["policy"]["source"])[:-len(".yaml")]
        waits = show["falls_back_in_seconds"] is not None
        state = State(policy, [rule["name"] for rule in show["runtime"]] == [RULE], "one" if waits else None)
        if "lo" in devices and devices["lo"]["policy"]["source"] not in map(self.lab.policy, ("one", "many")):
            raise Finding("lo's policy has changed to %s" % devices["lo"]["policy"]["source"])
        return state, device["program_id"], slots

    def counted(self):
        device = json.loads(self.must("stats", DEVICE, "-j"))["devices"][0]
        rows = device["ranges"] + device["reasons"] + [device["retired"]]
        return sum(row[verdict]["packets"] for row in rows for verdict in ("passed", "dropped", "would_drop"))

    def observe(self):
        """The state, once everything that tells of it says the same."""
        self.lab.remember()
        passing = self.lab.passing()
        state, program, _ = self.told()
        if passing != passes(state):
            raise Finding("told is %s, but packets that pass: %s" % (state, passing))
        actual = self.lab.program()
        if actual != program:
            raise Finding("told is program %d, on the device is %d" % (program, actual))
        if not actual:
            self.lab.sent = 0
        elif self.counted() != self.lab.sent:
            raise Finding("counted are %d packets, sent were %d" % (self.counted(), self.lab.sent))
        return state

    # From one state to another.

    def prepare(self, command):
        """Whether anything had to be done for it."""
        state, _, slots = self.told()
        wanted = command.before
        if command.grows and state != NONE:
            self.must("unload", "--all")
            state, slots = NONE, {}
        if state == wanted and not command.expired and (slots.keys() == {DEVICE, "lo"} and len(set(slots.values())) == 1
                                if command.shared else True):
            return False
        if wanted == NONE:
            self.must("unload", DEVICE)
            self.lab.sent = 0
            return True
        if command.shared:
            self.share(wanted, slots)
            return True
        if state.over:
            self.must("rollback")
            state = State("one")
        policy = wanted.over or wanted.policy
        if state == NONE:
            self.must("load", DEVICE, "-p", self.lab.policy(policy))
            self.lab.sent = 0
        elif state.policy != policy:
            self.must("apply", self.lab.policy(policy))
        if wanted.allowed != state.allowed:
            self.must(*(["allow", "udp/3000", "--name", RULE] if wanted.allowed else ["delete", RULE]))
        if command.expired:
            self.must("apply", self.lab.policy("two"), "--confirm", "1")
            if not within(5, lambda: self.lab.passing() == passes(wanted)):
                raise Finding("does not fall back")
        if wanted.over:
            self.must("apply", self.lab.policy(wanted.policy), "--confirm", str(self.deadline_seconds))
        return True

    def share(self, wanted, slots):
        """Puts the device onto the slot that lo has: load shares equal policies."""
        path = self.lab.policy(wanted.policy)
        if "lo" not in slots:
            self.must("load", "lo", "--mode", "generic", "-p", path)
        if DEVICE in slots:
            self.must("unload", DEVICE)
        self.must("load", DEVICE, "-p", path)
        self.lab.sent = 0

    def only_expected_left(self, command, state):
        """After a command that worked: the pins of an undisturbed run, and as many policies in the kernel."""
        kinds = self.lab.pin_kinds()
        wanted = self.pins_after.setdefault((command.name, command.turn, state), kinds)
        if kinds != wanted:
            raise Finding("pinned are %s\n    instead of %s" % (" ".join(kinds), " ".join(wanted)))
        count = images(state, 2 if command.shared and not command.grows else 1)
        if not within(3, lambda: len(kernel.images_of(self.lab.folder)) == count):
            raise Finding("%d policies in the kernel instead of %d" % (
                len(kernel.images_of(self.lab.folder)), count))

    def undisturbed(self, command):
        """Runs it once, and returns its changing calls."""
        spoilt, self.spoilt = self.spoilt, None
        try:
            self.prepare(command)
            done = self.run(self.words(command), TRACE)
            if done.returncode or self.observe() != command.after:
                raise Finding(done.stderr)
            self.only_expected_left(command, command.after)
            command.swap()
            if spoilt:
                self.prepare(command)
                self.spoilt = spoilt
                self.run(self.words(command), TRACE)
                command.swap()
        except Finding as finding:
            raise Broken("%s does not work undisturbed: %s" % (command.name, finding)) from None
        return calls.changing(TRACE[-1])

    # Disturbing.

    def deadline(self, command, call):
        """Killed, and left alone until the deadline: whoever was told that it waits sees it fall back."""
        self.deadline_seconds = DEADLINE_SECONDS
        while not self.deadline_in_time(command, call):
            self.clear()
            self.deadline_seconds *= 2
            if self.deadline_seconds > LIMIT_SECONDS:
                raise Finding("too slow to be tested")
        self.clear()

    def deadline_in_time(self, command, call):
        """False when the deadline has passed before it was told whether there is one."""
        begin = time.monotonic()  # the deadline is set after this
        self.prepare(command)
        self.run(self.words(command), injection(call, "signal=KILL"))
        end = time.monotonic()  # and before this
        if end - begin > self.deadline_seconds / 2:
            return False
        state = self.observe()
        if time.monotonic() - begin > self.deadline_seconds:
            return False
        time.sleep(end + self.deadline_seconds + 0.1 - time.monotonic())
        passing = self.lab.passing()
        if passing != passes(State(state.over or state.policy)):
            raise Finding("told was %s, but after the deadline passed %s" % (state, passing))
        return True

    def attempt(self, command, call, kind):
        if kind == "deadline":
            return self.deadline(command, call)
        if self.prepare(command) and self.observe() != command.before:
            raise Finding("could not be prepared")
        done = self.run(self.words(command),
                        injection(call, "signal=KILL" if kind == "kill" else "error=" + kind))
        try:
            self.judge(command, kind, done)
            self.again(command)
        except Finding as finding:
            raise Finding("%s\n    the command: status %d, %s" % (
                finding, done.returncode, done.stderr.strip() or "silent")) from None

    def judge(self, command, kind, done):
        killed = done.returncode in KILLED
        if (kind == "kill") != killed:
            raise Finding("not killed" if kind == "kill" else "died")
        state = self.observe()
        if state not in (command.before, command.after):
            raise Finding("neither old nor new: %s" % (state,))
        if killed:
            return
        if done.returncode == 0 and state != command.after:
            raise Finding("said to be done, but is not: %s" % (state,))
        if done.returncode and not done.stderr.strip():
            raise Finding("failed in silence")
        if done.returncode and state != command.before and not command.may_finish:
            raise Finding("said to have failed, but is done: %s" % (state,))

    def again(self, command):
        done = self.run(self.words(command))
        if done.returncode and not (command.done_already and done.returncode == command.done_already[0]
                                    and command.done_already[1] in done.stderr):
            raise Finding("again: status %d, %s" % (done.returncode, done.stderr.strip()))
        state = self.observe()
        if state != command.after:
            raise Finding("again: %s" % (state,))
        self.only_expected_left(command, state)

    def campaign(self, command, kinds, choose, until_failure):
        found = self.undisturbed(command)
        for kind in kinds:
            wanted = [call for call in found if kind in ("kill", "deadline") or call.name != "exit_group"]
            chosen = choose(command.name, kind, wanted)
            before, start = self.findings, time.monotonic()
            for call in chosen:
                self.runs += 1
                try:
                    self.attempt(command, call, kind)
                except Finding as finding:
                    self.findings += 1
                    print("not ok: %s, %s at %s:\n    %s" % (command.name, kind, call, finding), flush=True)
                    if until_failure:
                        return
                    self.clear()
                command.swap()
            print("# %-16s %-7s %3d of %3d calls, %d findings, %.0f s" % (
                command.name, kind, len(chosen), len(wanted), self.findings - before,
                time.monotonic() - start), flush=True)

    def empty(self):
        done = self.run(["unload", "--all"])
        if done.returncode not in (0, 3):
            raise Finding("unload --all: status %d: %s" % (done.returncode, done.stderr.strip()))
        self.lab.sent = 0

    def clear(self):
        """Back to nothing, by force: after a finding, for the next run to be judged by itself."""
        try:
            self.run(["unload", "--all"])
        except Finding:
            pass
        for folder, folders, files in os.walk("/sys/fs/bpf/portsieve", topdown=False):
            for name in files:
                os.unlink(os.path.join(folder, name))
            for name in folders:
                os.rmdir(os.path.join(folder, name))
        if os.path.isdir("/sys/fs/bpf/portsieve"):
            os.rmdir("/sys/fs/bpf/portsieve")
        self.lab.sent = 0

    def end(self):
        """Unloads, and looks in the whole kernel for what was ever pinned and for policies from here."""
        try:
            self.empty()
        except Finding as finding:
            self.findings += 1
            print("not ok: %s" % finding)
        left = self.lab.pins()
        on_devices = self.lab.program() or self.lab.program("lo")
        mine = kernel.images_of(self.lab.folder)
        readers = kernel.programs_reading(mine)
        gone = within(5, lambda: not any(kernel.exists(*item) for item in self.lab.seen)
                      and not kernel.images_of(self.lab.folder))
        alive = [item for item in self.lab.seen if kernel.exists(*item)]
        if left or on_devices or not gone:
            self.findings += 1
            print("not ok: left over: pins %s, program %s, objects %s, policies %s read by %s" % (
                left, on_devices, alive, sorted(mine), sorted(readers)))
        print("# %d runs, %d findings; %d programs, maps and links were pinned, %d are left" % (
            self.runs, self.findings, len(self.lab.seen), len(alive)), flush=True)
        self.lab.close()


def injection(call, fault):
    return ["strace", "-qq", "-o", "/dev/null", "-e", "trace=" + call.name,
            "-e", "inject=%s:%s:when=%d" % (call.name, fault, call.number)]


def within(seconds, condition):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(0.02)
    return True


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--sample", type=int, help="only so many calls of each command and kind")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    parser.add_argument("--until-failure", action="store_true")
    parser.add_argument("--program", default=os.path.join(ROOT, "build/portsieve"))
    parser.add_argument("--control", help="spoils the program in this way (controls/spoil.c): to be found")
    parser.add_argument("commands", nargs="+", choices=sorted(COMMANDS), metavar="COMMAND")
    options = parser.parse_args()

    def choose(name, kind, found):
        if not options.sample or options.sample >= len(found):
            return found
        return random.Random("%d/%s/%s" % (options.seed, name, kind)).sample(found, options.sample)

    if options.sample:
        print("# --seed %d --sample %d" % (options.seed, options.sample))
    campaign = Campaign(options.program, options.control)
    for name in options.commands:
        try:
            campaign.campaign(COMMANDS[name], options.kinds.split(","), choose, options.until_failure)
            campaign.empty()
        except Finding as finding:
            campaign.findings += 1
            print("not ok: %s: %s" % (name, finding), flush=True)
        except Broken as broken:
            print("not ok: %s" % broken, flush=True)
            sys.exit(2)
        if options.until_failure and campaign.findings:
            break
    campaign.end()
    sys.exit(1 if campaign.findings else 0)


main()
