# SPDX-License-Identifier: GPL-2.0-or-later
"""
Two routers alike: `tested` with portsieve, `reference` with nftables and conntrack. Their neighbours on both sides are
raw sockets of this process.

    tested_out, reference_out <--> out: 192.0.2.1, 2001:db8::1
                                   in: 198.51.100.1, 2001:db8:1::1 <--> tested_in, reference_in

Peers are outside, in 198.18.0.0/16 and 2001:db8:2::/48; hosts inside, in 203.0.113.0/24 and 2001:db8:3::/48.
"""
import os
import socket
import struct
import subprocess

import clocks
import wire

NAMES = ("tested", "reference")
ROUTER_MAC, OWN_MAC = bytes.fromhex("020000000001"), bytes.fromhex("020000000002")
ROUTER = {4: "192.0.2.1", 6: "2001:db8::1"}
DENIED_PORT = 7000  # listened on by both routers
ALLOWED = {"tcp": 80, "udp": 53}
SECONDS = 20  # a packet that must come and does not: the routers are broken
MARKER = ("198.18.255.1", 9, "203.0.113.99", ALLOWED["udp"])
STAMP = ("203.0.113.99", 9999, "198.18.255.2", 9999)
SOL_PACKET, PACKET_IGNORE_OUTGOING, ETH_P_ALL = 263, 23, 3
DSCP_INVALID = 8  # cs1: conntrack takes the packet for invalid
PASSED, INVALID, DROPPED = "passed", "invalid", "dropped"

POLICY = """version: 1
default: drop
return: {mode}
grace: 0
simultaneous_open: {simultaneous_open}
rules:
  - {{name: web, action: allow, ports: tcp/80}}
  - {{name: dns, action: allow, ports: udp/53}}
"""
RULESET = """table inet t {
	chain mark_invalid {
		meta nfproto ipv4 ip dscp set cs1
		meta nfproto ipv6 ip6 dscp set cs1
	}
	chain judge {
		tcp dport 80 accept
		udp dport 53 accept
		ct state established,related accept
		ct state invalid jump mark_invalid
		ct state invalid accept
		drop
	}
	chain forward {
		type filter hook forward priority 0; policy accept;
		iifname in ct state invalid jump mark_invalid
		iifname out jump judge
	}
	chain input {
		type filter hook input priority 0; policy accept;
		iifname out ct state established,related accept
		iifname out drop
	}
}
"""


def sh(*command, text=None):
    subprocess.run(command, input=text, text=True, check=True, stdout=subprocess.DEVNULL)


def inside(name, *command, text=None):
    sh("nsenter", f"--net=/run/netns/{name}", "--", *command, text=text)


def settings_write(name):
    """No packet of their own, and none lost to what routers check."""
    for path, value in {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1, "ipv4/conf/all/rp_filter": 0,
                        "ipv4/conf/out/rp_filter": 0, "ipv4/conf/in/rp_filter": 0, "ipv4/conf/all/send_redirects": 0,
                        "ipv4/icmp_ratelimit": 0, "ipv4/tcp_syncookies": 0}.items():
        with open(f"/proc/sys/net/{path}", "w", encoding="ascii") as file:
            file.write(str(value))


def raw_socket(device):
    raw = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
    raw.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
    raw.bind((device, ETH_P_ALL))
    raw.settimeout(SECONDS)
    return raw


class Router:
    def __init__(self, name):
        self.name, self.count, self.listeners = name, 0, []
        self.make()
        self.sockets = {side: raw_socket(f"{name}_{side}") for side in ("out", "in")}

    def make(self):
        sh("ip", "netns", "add", self.name)
        for side in ("out", "in"):
            sh("ip", "link", "add", f"{self.name}_{side}", "type", "veth", "peer", "name", side, "netns", self.name,
               "address", ROUTER_MAC.hex(":"))
            sh("ip", "link", "set", f"{self.name}_{side}", "address", OWN_MAC.hex(":"), "addrgenmode", "none", "up")
            inside(self.name, "ip", "link", "set", side, "addrgenmode", "none", "up")
        before = clocks.enter(self.name)
        settings_write(self.name)
        for family in (socket.AF_INET, socket.AF_INET6):
            listener = socket.socket(family, socket.SOCK_STREAM)
            if family == socket.AF_INET6:
                listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            listener.bind(("", DENIED_PORT))
            listener.listen()
            self.listeners.append(listener)
        clocks.leave(before)
        inside(self.name, "ip", "-batch", "-", text=f"""
link set lo up
address add 192.0.2.1/24 dev out
address add 198.51.100.1/24 dev in
address add 2001:db8::1/64 dev out nodad
address add 2001:db8:1::1/64 dev in nodad
neighbour add 192.0.2.2 lladdr {OWN_MAC.hex(":")} dev out nud permanent
neighbour add 2001:db8::2 lladdr {OWN_MAC.hex(":")} dev out nud permanent
neighbour add 198.51.100.2 lladdr {OWN_MAC.hex(":")} dev in nud permanent
neighbour add 2001:db8:1::2 lladdr {OWN_MAC.hex(":")} dev in nud permanent
route add default via 192.0.2.2
route add default via 2001:db8::2
route add 203.0.113.0/24 via 198.51.100.2
route add 2001:db8:3::/48 via 2001:db8:1::2
""")

    def close(self):
        for one in list(self.sockets.values()) + self.listeners:
            one.close()
        for side in ("out", "in"):
            sh("ip", "link", "delete", f"{self.name}_{side}")
        sh("ip", "netns", "delete", self.name)

    def send(self, side, packet):
        self.sockets[side].send(wire.frame(OWN_MAC, ROUTER_MAC, packet))

    def receive(self, side):
        """The essence of the next IP packet that comes out there."""
        while True:
            data = self.sockets[side].recv(2048)
            if struct.unpack("!H", data[12:14])[0] in wire.ETHERTYPES.values():
                return wire.essence(data[14:])

    def mark(self):
        """Sends a packet that always passes, after all that was sent before."""
        self.count += 1
        marker = wire.udp(*MARKER, struct.pack("!Q", self.count))
        self.send("out", marker)
        return wire.essence(marker)[0]

    def arrive(self, packet):
        """Sends it from outside: PASSED, INVALID or DROPPED."""
        self.send("out", packet)
        marker, wanted, verdict = self.mark(), wire.essence(packet)[0], DROPPED
        while True:
            essence, dscp = self.receive("in")
            if essence == marker:
                return verdict
            if essence == wanted:
                verdict = INVALID if dscp == DSCP_INVALID else PASSED

    def leave(self, packet):
        """Sends it from inside, where it always passes: PASSED or INVALID."""
        self.send("in", packet)
        wanted = wire.essence(packet)[0]
        while True:
            essence, dscp = self.receive("out")
            if essence == wanted:
                return INVALID if dscp == DSCP_INVALID else PASSED

    def is_answered(self, packet):
        """Sends a packet to the router itself: does it answer?"""
        self.drain("out")
        self.send("out", packet)
        marker = self.mark()
        while self.receive("in")[0] != marker:
            pass
        return self.drain("out")

    def drain(self, side):
        """Takes what has come out; was there anything?"""
        any_, raw = False, self.sockets[side]
        raw.setblocking(False)
        try:
            while True:
                any_ |= struct.unpack("!H", raw.recv(2048)[12:14])[0] in wire.ETHERTYPES.values()
        except BlockingIOError:
            raw.settimeout(SECONDS)
            return any_


class Stamp:
    """What tells clocks.Flows the time: a new flow of the tested router."""

    def __init__(self, router):
        self.router = router
        self.ports = struct.pack("!HH", STAMP[3], STAMP[1])

    def send(self):
        self.router.leave(wire.udp(*STAMP, b"stamp"))

    def is_key(self, key):
        return key[32:36] == self.ports


class Pair:
    """Both routers, which see the same packets."""

    def __init__(self, mode, simultaneous_open, portsieve, loose):
        self.portsieve, self.routers = portsieve, [Router(name) for name in NAMES]
        self.tested, self.reference = self.routers
        inside("reference", "nft", "-f", "-", text=RULESET)
        before = clocks.enter("reference")
        clocks.settings_write(loose)
        connections = clocks.Connections()
        clocks.leave(before)
        path = "/run/conntrack.yaml"
        with open(path, "w", encoding="ascii") as file:
            file.write(POLICY.format(mode=mode, simultaneous_open="pass" if simultaneous_open else "drop"))
        inside("tested", portsieve, "load", "out", "-p", path)
        self.clocks = clocks.Clocks(clocks.Flows(Stamp(self.tested)), connections)

    def close(self):
        inside("tested", self.portsieve, "unload", "out")
        for router in self.routers:
            router.close()

    def arrive(self, packet):
        return self.tested.arrive(packet), self.reference.arrive(packet)

    def leave(self, packet):
        """What conntrack says of it."""
        self.tested.leave(packet)
        return self.reference.leave(packet)

    def is_answered(self, packet):
        return self.tested.is_answered(packet), self.reference.is_answered(packet)


def pin_to_one_cpu():
    """So that packets keep their order: the queues are those of the sender's CPU."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
