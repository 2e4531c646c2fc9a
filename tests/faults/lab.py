# SPDX-License-Identifier: GPL-2.0-or-later
"""A server and a client on a veth pair without any packet but those sent here, and what comes of these."""

import json
import os
import re
import socket
import subprocess
import tempfile

import kernel

DEVICE, FIRST, SECOND, SERVER = "to_client", "192.0.2.1", "192.0.2.3", "192.0.2.2"
SENTINEL = 9000  # allowed by every policy, and sent last: when it has come, all others have been judged
SEEDED = 4000  # of a socket that is connected to FIRST and sends nothing: its flow is known by seeding only
# The last one answers a packet from a port that is new each time: its flow is known by the egress program only.
PROBES = ((FIRST, 1000), (SECOND, 1000), (FIRST, 2000), (FIRST, 3000), (FIRST, SEEDED), (FIRST, "answer"))
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BPFFS = "/sys/fs/bpf"

MANY_PORTS = ",".join(str(port) for port in range(5001, 5301, 2))  # more than the spare rows of a device

# By policy: which of the probes pass. By hand, from the texts below.
POLICIES = {
    "one": "[{name: one, action: allow, ports: udp/1000}]",
    "two": "[{name: two, action: allow, ports: udp/2000}]",
    "first": "[{name: first, action: allow, ports: udp/1000, from: [192.0.2.1, '2001:db8:1::/48']}]",
    "second": "[{name: second, action: allow, ports: udp/1000, from: [192.0.2.3, '2001:db8:2::/48'],"
              " to: [192.0.2.0/24, '2001:db8:3::/48']}]",
    "flow": "[{name: flow, action: allow, ports: udp/2000}]",
    "many": "[{name: many, action: allow, ports: 'udp/2000,%s'}]" % MANY_PORTS,
}
PASSES = {
    "none": (True, True, True, True, True, True),
    "one": (True, True, False, False, False, False),
    "two": (False, False, True, False, False, False),
    "first": (True, False, False, False, False, False),
    "second": (False, True, False, False, False, False),
    "flow": (False, False, True, False, True, True),
    "many": (False, False, True, False, False, False),
}
RUNTIME_PORT, CLIENT_PORT = 3000, 5555


def shell(*words):
    return subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True).stdout


class Lab:
    def __init__(self):
        up = [line for line in shell("ip", "-o", "link", "show", "up").splitlines() if "LOOPBACK" not in line]
        if up:
            raise SystemExit("not isolated: run this by tests/lib/isolate")
        self.folder = tempfile.mkdtemp(prefix="portsieve-faults-")
        for name, rules in POLICIES.items():
            with open(self.policy(name), "w") as file:
                file.write("{version: 1, default: drop, return: %s, rules: [{name: sentinel, action: allow, ports: "
                           "udp/%d},\n%s}\n" % ("flow" if name == "flow" else "none", SENTINEL, rules[1:]))
        self._network()
        self._sockets()
        self.sent = 0  # since a program came onto the device
        self.seen = set()  # (kind, id) of all that was ever pinned

    def policy(self, name):
        return os.path.join(self.folder, name + ".yaml")

    def _network(self):
        for name in ("server", "client"):
            shell("ip", "netns", "add", name)
            kernel.enter_network(name)
            with open("/proc/sys/net/ipv6/conf/default/disable_ipv6", "w") as knob:
                knob.write("1")  # neighbour discovery would be counted too
            shell("ip", "link", "set", "lo", "up")
        kernel.enter_network("server")
        shell("ip", "link", "add", DEVICE, "numtxqueues", "1", "numrxqueues", "1", "type", "veth", "peer",
              "name", "to_server", "netns", "client", "numtxqueues", "1", "numrxqueues", "1")
        self._neighbours("server", DEVICE, [SERVER], [FIRST, SECOND], "02:00:00:00:00:01", "02:00:00:00:00:02")
        self._neighbours("client", "to_server", [FIRST, SECOND], [SERVER], "02:00:00:00:00:02",
                         "02:00:00:00:00:01")

    @staticmethod
    def _neighbours(network, device, own, others, own_mac, other_mac):
        kernel.enter_network(network)
        shell("ip", "link", "set", device, "address", own_mac, "up")
        for address in own:
            shell("ip", "address", "add", address + "/24", "dev", device)
        for address in others:
            shell("ip", "neigh", "add", address, "lladdr", other_mac, "dev", device, "nud", "permanent")

    def _sockets(self):
        kernel.enter_network("server")
        self.servers = {}
        for port in sorted({port for _, port in PROBES if port != "answer"} | {SENTINEL}):
            self.servers[port] = self._server(port)
        self.servers[SEEDED].connect((FIRST, CLIENT_PORT))
        self.servers[SENTINEL].settimeout(3)
        kernel.enter_network("client")
        self.clients = {}
        for address in (FIRST, SECOND):
            self.clients[address] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.clients[address].bind((address, CLIENT_PORT))
        kernel.enter_network("server")

    @staticmethod
    def _server(port):
        server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        server.bind((SERVER, port))
        server.settimeout(0)
        return server

    def _ask(self):
        """Sends from a new port, to which no policy lets anyone; the port."""
        if "answer" in self.servers:
            self.servers["answer"].close()
        self.servers["answer"] = self._server(0)
        self.servers["answer"].sendto(b"question", (FIRST, CLIENT_PORT))
        return self.servers["answer"].getsockname()[1]

    def passing(self):
        """Which probes pass: what the server's UDP stack receives of them."""
        cpus = os.sched_getaffinity(0)
        os.sched_setaffinity(0, {min(cpus)})  # one queue from sender to receiver, so the sentinel is last
        try:
            asked_from = self._ask()
            for address, port in PROBES + ((FIRST, SENTINEL),):
                port = asked_from if port == "answer" else port
                self.clients[address].sendto(b"probe", (SERVER, port))
        finally:
            os.sched_setaffinity(0, cpus)
        self.sent += len(PROBES) + 1
        self.servers[SENTINEL].recvfrom(16)
        received = set()
        for port, server in self.servers.items():
            while port != SENTINEL:
                try:
                    received.add((server.recvfrom(16)[1][0], port))
                except BlockingIOError:
                    break
        return tuple(probe in received for probe in PROBES)

    def program(self, device=DEVICE):
        """The id of the program on the device; 0: none."""
        link = json.loads(shell("ip", "-j", "link", "show", "dev", device))[0]
        return link.get("xdp", {}).get("prog", {}).get("id", 0)

    def pins(self):
        found = []
        for folder, folders, files in os.walk(BPFFS):
            found += [os.path.join(folder, name) for name in folders + files]
        return sorted(path for path in found if not path.endswith((".debug",)))

    def pin_kinds(self):
        """The pins without ids: names of kinds, folders as `folder`."""
        return sorted("folder" if os.path.isdir(path) else re.sub(r"_\d+$", "", os.path.basename(path))
                      for path in self.pins())

    def remember(self):
        for path in self.pins():
            if not os.path.isdir(path):
                self.seen.add(kernel.pinned_object(path))

    def close(self):
        for name in ("server", "client"):
            subprocess.run(["ip", "netns", "delete", name], check=False)
        for name in POLICIES:
            os.unlink(self.policy(name))
        os.rmdir(self.folder)  # fails if anything else was left in it
