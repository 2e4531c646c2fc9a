#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Attaches a pinned BPF program to a device by a link and pins the link: iproute2 creates no links, Debian 12's bpftool
no TCX. Usage: link_program.py xdp|tcx_egress DEVICE PROGRAM_PIN LINK_PIN"""
import ctypes
import os
import platform
import socket
import struct
import sys

BPF_OBJ_PIN, BPF_OBJ_GET, BPF_LINK_CREATE = 6, 7, 28
ATTACH_TYPES = {"xdp": 37, "tcx_egress": 47}
NUMBER = {"x86_64": 321, "aarch64": 280}[platform.machine()]
libc = ctypes.CDLL(None, use_errno=True)


def bpf(command, attributes):
    buffer = ctypes.create_string_buffer(attributes, max(len(attributes), 64))
    result = libc.syscall(NUMBER, command, buffer, len(buffer))
    if result < 0:
        sys.exit(f"link_program: bpf({command}): {os.strerror(ctypes.get_errno())}")
    return result


def path(text):
    path.kept.append(ctypes.create_string_buffer(text.encode()))
    return ctypes.addressof(path.kept[-1])


path.kept = []
kind, device, program, link = sys.argv[1:]
program_fd = bpf(BPF_OBJ_GET, struct.pack("=QII", path(program), 0, 0))
link_fd = bpf(BPF_LINK_CREATE, struct.pack("=IIII", program_fd, socket.if_nametoindex(device), ATTACH_TYPES[kind], 0))
bpf(BPF_OBJ_PIN, struct.pack("=QI", path(link), link_fd))
