#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Listens until it is killed. Usage: listen.py [--name NAME] [--child NAME] PROTOCOL,ADDRESS,PORT[,OPTION]...
# --child: a second process with this name shares the sockets.
# PROTOCOL: tcp, udp, udplite. OPTION: v6only (else IPv6 sockets take IPv4 too), connected, dev=DEVICE,
# echo (UDP: sends back what arrives).
import ctypes
import os
import resource
import select
import signal
import socket
import sys

PR_SET_NAME = 15
KINDS = {"tcp": (socket.SOCK_STREAM, 0), "udp": (socket.SOCK_DGRAM, 0), "udplite": (socket.SOCK_DGRAM, 136)}


def listen(text):
    protocol, address, port, *options = text.split(",")
    kind, number = KINDS[protocol]
    s = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind, number)
    if s.family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, "v6only" in options)
    for option in options:
        if option.startswith("dev="):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, option[4:].encode())
    s.bind((address, int(port)))
    if protocol == "tcp":
        s.listen()
    elif "connected" in options:
        s.connect(("192.0.2.1", 9))
    return s


def set_name(text):
    name = text.encode().decode("unicode_escape").encode("latin-1")
    ctypes.CDLL(None).prctl(PR_SET_NAME, name, 0, 0, 0)


most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
arguments = sys.argv[1:]
child = None
while arguments[0] in ("--name", "--child"):
    if arguments[0] == "--name":
        set_name(arguments[1])
    else:
        child = arguments[1]
    arguments = arguments[2:]
sockets = [listen(text) for text in arguments]
echoing = [s for s, text in zip(sockets, arguments) if text.endswith(",echo")]
if child and os.fork() == 0:
    set_name(child)
poll, by_number = select.epoll(), {s.fileno(): s for s in echoing}
for s in echoing:
    poll.register(s, select.EPOLLIN)
while echoing:
    for number, _ in poll.poll():
        by_number[number].sendto(*by_number[number].recvfrom(2048))
signal.pause()
