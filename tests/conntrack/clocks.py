# SPDX-License-Identifier: GPL-2.0-or-later
"""
Lets time pass in no time: makes portsieve's flows and the kernel's tracked connections older.

Time passes in steps of TICK seconds only. What the run itself takes is taken off again (`settle`), so that no verdict
depends on how fast it runs, as long as it takes less than MARGIN seconds between two calls. For this all the timeouts
of conntrack are REST more than a multiple of TICK.
"""
import ctypes
import glob
import json
import os
import socket
import struct
import subprocess

TICK, REST, MARGIN = 50, 20, 20
SETTINGS = {  # those of portsieve, as far as TICK tells: 7,440 s, 120 s, 180 s
    "nf_conntrack_tcp_timeout_established": 7420, "nf_conntrack_tcp_timeout_max_retrans": 7420,
    "nf_conntrack_tcp_timeout_unacknowledged": 7420, "nf_conntrack_tcp_timeout_syn_sent": 120,
    "nf_conntrack_tcp_timeout_syn_recv": 120, "nf_conntrack_tcp_timeout_fin_wait": 120,
    "nf_conntrack_tcp_timeout_close_wait": 120, "nf_conntrack_tcp_timeout_last_ack": 120,
    "nf_conntrack_tcp_timeout_time_wait": 120, "nf_conntrack_tcp_timeout_close": 120,
    "nf_conntrack_udp_timeout": 170, "nf_conntrack_udp_timeout_stream": 170,
}

SYS_BPF = 321  # x86-64
MAP_LOOKUP, MAP_UPDATE, MAP_DELETE, MAP_GET_NEXT_KEY, OBJ_GET, MAP_GET_BY_ID, MAP_UPDATE_BATCH = 1, 2, 3, 4, 7, 14, 26
KEY_BYTES, VALUE_BYTES = 40, 16  # struct portsieve_flow_key, struct portsieve_flow
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes.ljust(120, b"\0"), 120)
    result = libc.syscall(SYS_BPF, command, buffer, 120)
    if result < 0:
        raise OSError(ctypes.get_errno(), f"bpf({command})")
    return result


def pin_open(kind):
    path, = glob.glob(f"/sys/fs/bpf/portsieve/*/*/{kind}_[0-9]*")[:1]
    name = ctypes.create_string_buffer(path.encode())
    return bpf(OBJ_GET, struct.pack("QII", ctypes.addressof(name), 0, 0))


class FlowMap:
    """One pinned table of flows."""

    def __init__(self, kind):
        self.descriptor = pin_open(kind)
        self.key = ctypes.create_string_buffer(KEY_BYTES)
        self.next = ctypes.create_string_buffer(KEY_BYTES)
        self.value = ctypes.create_string_buffer(VALUE_BYTES)

    def call(self, command, value=None):
        bpf(command, struct.pack("IIQQQ", self.descriptor, 0, ctypes.addressof(self.key),
                                 ctypes.addressof(value) if value else 0, 0))

    def keys(self):
        found, key = [], 0
        while True:
            try:
                bpf(MAP_GET_NEXT_KEY, struct.pack("IIQQQ", self.descriptor, 0, key, ctypes.addressof(self.next), 0))
            except FileNotFoundError:
                return found
            found.append(self.next.raw)
            self.key.raw = self.next.raw
            key = ctypes.addressof(self.key)

    def read(self, key):
        """(seen, the rest)"""
        self.key.raw = key
        self.call(MAP_LOOKUP, self.value)
        return struct.unpack("Q", self.value.raw[:8])[0], self.value.raw[8:]

    def write(self, key, seen, rest):
        self.key.raw = key
        self.value.raw = struct.pack("Q", seen) + rest
        self.call(MAP_UPDATE, self.value)

    def delete(self, key):
        self.key.raw = key
        try:
            self.call(MAP_DELETE)
        except FileNotFoundError:
            pass


def jiffies_per_second():
    """As the loaded egress program has it."""
    maps = json.loads(subprocess.run(["bpftool", "map", "show", "-j"], capture_output=True, check=True).stdout)
    ids = [one["id"] for one in maps if one.get("name", "").endswith("rodata") and one["name"].startswith("egress")]
    dump = subprocess.run(["bpftool", "map", "dump", "id", str(ids[-1]), "-j"], capture_output=True, check=True).stdout
    return int(json.dumps(json.loads(dump)).split('"jiffies_per_second": ')[1].split("}")[0].split(",")[0])


class Flows:
    """The tables of the tested router. `stamp`: makes a new flow and returns its key, to learn what time it is."""

    def __init__(self, stamp):
        self.maps = [FlowMap("flows"), FlowMap("flows_open")]
        self.stamp, self.hz = stamp, jiffies_per_second()

    def age(self, seconds):
        now_of = self.maps[0]
        for key in now_of.keys():
            if self.stamp.is_key(key):
                now_of.delete(key)
        self.stamp.send()
        key, = [key for key in now_of.keys() if self.stamp.is_key(key)]
        now = now_of.read(key)[0]
        for table in self.maps:
            for key in table.keys():
                seen, rest = table.read(key)
                old = (now - seen) % (1 << 64) // self.hz // TICK * TICK + seconds
                table.write(key, (now - old * self.hz) % (1 << 64), rest)


class ReplyCache:
    """What the tested router has found in the last second (R9), of real time: it has to forget it."""

    SETS, SET_BYTES = 2048, 192  # struct portsieve_replies

    def __init__(self):
        zero, found = ctypes.c_uint32(0), ctypes.c_uint32(0)
        outer = pin_open("replies")
        bpf(MAP_LOOKUP, struct.pack("IIQQQ", outer, 0, ctypes.addressof(zero), ctypes.addressof(found), 0))
        os.close(outer)
        self.descriptor = bpf(MAP_GET_BY_ID, struct.pack("I", found.value))
        with open("/sys/devices/system/cpu/possible", encoding="ascii") as file:
            cpus = int(file.read().strip().split("-")[-1]) + 1
        self.keys = (ctypes.c_uint32 * self.SETS)(*range(self.SETS))
        self.values = ctypes.create_string_buffer(self.SETS * self.SET_BYTES * cpus)

    def forget(self):
        bpf(MAP_UPDATE_BATCH, struct.pack("QQQQIIQQ", 0, 0, ctypes.addressof(self.keys), ctypes.addressof(self.values),
                                          self.SETS, self.descriptor, 0, 0))


NETLINK_NETFILTER, SUBSYSTEM = 12, 1 << 8  # NFNL_SUBSYS_CTNETLINK
CT_NEW, CT_GET, CT_DELETE = 0, 1, 2
REQUEST, ACKNOWLEDGE, DUMP = 1, 4, 0x300
CTA_TUPLE_ORIG, CTA_TIMEOUT = 1, 7
NLMSG_ERROR, NLMSG_DONE = 2, 3


def attributes_of(data):
    found = {}
    while len(data) >= 4:
        length, kind = struct.unpack("HH", data[:4])
        found[kind & 0x3FFF] = data[4:length]
        data = data[length + 3 & ~3:]
    return found


def attribute(kind, data):
    return struct.pack("HH", 4 + len(data), kind).ljust(4) + data + bytes(-len(data) % 4)


class Connections:
    """What conntrack has in the reference's namespace, in which the object is made."""

    def __init__(self):
        self.netlink = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
        self.netlink.bind((0, 0))

    def request(self, command, flags, family, data):
        """Sends it; yields (family, attributes) of the answers."""
        body = struct.pack("BBH", family, 0, 0) + data
        self.netlink.send(struct.pack("IHHII", 16 + len(body), SUBSYSTEM | command, REQUEST | flags, 1, 0) + body)
        while True:
            data = self.netlink.recv(1 << 20)
            while data:
                length, kind = struct.unpack("IH", data[:6])
                if kind == NLMSG_ERROR:
                    error, = struct.unpack("i", data[16:20])
                    if error and error != -2:  # it has just expired by itself
                        raise OSError(-error, f"ctnetlink({command})")
                if kind in (NLMSG_ERROR, NLMSG_DONE):
                    return
                yield data[16], attributes_of(data[20:length])
                data = data[length + 3 & ~3:]

    def age(self, seconds):
        for family, found in list(self.request(CT_GET, DUMP, socket.AF_UNSPEC, b"")):
            if CTA_TIMEOUT not in found:
                continue
            left, = struct.unpack("!I", found[CTA_TIMEOUT])
            left = -(-(left - REST) // TICK) * TICK + REST - seconds
            tuple_ = attribute(CTA_TUPLE_ORIG | 0x8000, found[CTA_TUPLE_ORIG])
            if left <= 0:
                list(self.request(CT_DELETE, ACKNOWLEDGE, family, tuple_))
            else:
                list(self.request(CT_NEW, ACKNOWLEDGE, family, tuple_ + attribute(CTA_TIMEOUT, struct.pack("!I", left))))


class Clocks:
    def __init__(self, flows, connections):
        self.now, self.flows, self.connections, self.cache = 0, flows, connections, ReplyCache()

    def advance(self, ticks):
        self.cache.forget()
        self.flows.age(ticks * TICK)
        self.connections.age(ticks * TICK)
        self.now += ticks * TICK

    def settle(self):
        self.advance(0)


def settings_write(loose):
    for name, value in (SETTINGS | {"nf_conntrack_tcp_loose": loose}).items():
        with open(f"/proc/sys/net/netfilter/{name}", "w", encoding="ascii") as file:
            file.write(str(value))


def enter(namespace):
    """Moves the thread into it; returns a descriptor of where it was."""
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    there = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    if libc.setns(there, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(there)
    return before


def leave(before):
    if libc.setns(before, 0x40000000):
        raise OSError(ctypes.get_errno(), "setns")
    os.close(before)
