# SPDX-License-Identifier: GPL-2.0-or-later
"""The bench's lab: a veth pair whose receiving end is in a namespace of its own, commands, readings.

    va 192.0.2.1  (the namespace that tests/lib/isolate made)   -->   vb 192.0.2.2  (namespace "receiver")

flood and the NAPI of vb share the last CPU; who reads a socket has the first.
"""
import json
import os
import re
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TRAFFIC = f"{ROOT}/build/tests/traffic"
TOOLS = f"{ROOT}/build/tests/bench"
PORTSIEVE = f"{ROOT}/build/portsieve"
RECEIVER = ["nsenter", "--net=/run/netns/receiver", "--"]
DEVICE = "vb"
PINS = "/sys/fs/bpf/bench"
CPUS = sorted(os.sched_getaffinity(0))
COMMAND_SECONDS = 60  # no command may take longer
WARM_UP_SECONDS = 0.05  # page pool, caches, branches


class CommandFailed(Exception):
    """A command's last line of complaint."""


def isolate(before=None):
    """Starts the calling script again in namespaces of its own; before() runs where there still is a network."""
    if os.environ.get("PORTSIEVE_BENCH_ISOLATED"):
        return
    if os.geteuid():
        sys.exit("bench: needs root")
    os.environ["PORTSIEVE_BENCH_ISOLATED"] = "1"
    os.chdir(ROOT)
    if before:
        before()
    isolated = f"{ROOT}/tests/lib/isolate"
    os.execv(isolated, [isolated] + [os.path.abspath(sys.argv[0])] + sys.argv[1:])


def sh(*command, text=None, statuses=(0,)):
    """Runs a command; its standard output. Raises CommandFailed on another status."""
    done = subprocess.run([str(word) for word in command], input=text, capture_output=True, text=True,
                          timeout=COMMAND_SECONDS, check=False)
    if done.returncode not in statuses:
        said = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        raise CommandFailed(f"{command[0]}: {said[0] if said else done.returncode}")
    return done.stdout


def receiver(*command, **options):
    """sh, where the receiving device is."""
    return sh(*RECEIVER, *command, **options)


def up():
    """Makes the pair, quiet: no neighbour discovery of their own."""
    sh("ip", "netns", "add", "receiver")
    sh("ip", "link", "add", "va", "type", "veth", "peer", "name", DEVICE, "netns", "receiver")
    for run, device, address in ((sh, "va", "192.0.2.1"), (receiver, DEVICE, "192.0.2.2")):
        run("ip", "link", "set", "dev", device, "addrgenmode", "none")
        run("ip", "link", "set", "dev", device, "up")
        run("ip", "address", "add", f"{address}/24", "dev", device)
    os.makedirs(PINS, exist_ok=True)


def pinned_cpu(cpu, *command):
    """On one CPU, and before other work on it: a second that others have shared tells nothing."""
    return ("nice", "-n", "-20", "taskset", "-c", str(cpu)) + command


def flood(options, seconds):
    """One flood; what it says it has done."""
    command = pinned_cpu(CPUS[-1], f"{TRAFFIC}/flood", "va", *options, "--seconds", seconds, "--json")
    return json.loads(sh(*command))


def device_counters():
    """Sums over the queues of the receiving device: what XDP saw and dropped."""
    text = receiver("ethtool", "-S", DEVICE)
    return {name: sum(int(n) for n in re.findall(rf"_xdp_{name}: (\d+)", text)) for name in ("packets", "drops")}


def settled_packets():
    """What the receiver has taken out of its rings, once nothing is on its way."""
    return int(receiver(f"{TRAFFIC}/received", DEVICE))


def udp_counters():
    """Of the receiver's stack: datagrams read by sockets, and those that found a full one."""
    rows = [line.split()[1:] for line in receiver("cat", "/proc/net/snmp").splitlines() if line.startswith("Udp:")]
    udp = dict(zip(rows[0], map(int, rows[1])))
    return udp["InDatagrams"], udp["RcvbufErrors"]


def attached_program(device=DEVICE):
    """Id of the XDP program on a device of the receiver."""
    return json.loads(receiver("ip", "-j", "link", "show", device))[0]["xdp"]["prog"]["id"]


def pin_attached(name, device=DEVICE):
    """Keeps the attached program, with its maps, below PINS; the path."""
    path = f"{PINS}/{name}"
    if os.path.exists(path):
        os.unlink(path)
    sh("bpftool", "prog", "pin", "id", attached_program(device), path)
    return path


def steal_seconds():
    """CPU time that the hypervisor gave to others, since boot."""
    with open("/proc/stat", encoding="ascii") as stat:
        return int(stat.readline().split()[8]) / os.sysconf("SC_CLK_TCK")


def machine():
    """What the figures depend on, for the JSON."""
    with open("/proc/cpuinfo", encoding="ascii") as cpuinfo:
        model = re.search(r"model name\s*: (.*)", cpuinfo.read())
    return {"kernel": os.uname().release, "cpu": model.group(1) if model else "", "cpus": len(CPUS),
            "date": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "portsieve": sh(PORTSIEVE, "--version").splitlines()[0]}
