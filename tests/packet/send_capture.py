#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sends the frames of a capture (pcap, little endian) out of a device, one by one, as they are.

Usage: send_capture.py DEVICE FILE. Prints how many it has sent. Now and then it pauses: a veth's ring
holds 256 packets.
"""
import socket
import struct
import sys
import time

PAUSE_EVERY = 64
PAUSE_SECONDS = 0.0005
FILE_HEADER = 24
RECORD_HEADER = 16


def frames(data):
    at = FILE_HEADER
    while at < len(data):
        (captured,) = struct.unpack_from("<I", data, at + 8)
        yield data[at + RECORD_HEADER : at + RECORD_HEADER + captured]
        at += RECORD_HEADER + captured


def main():
    device, path = sys.argv[1:]
    with open(path, "rb") as file:
        data = file.read()
    sent = 0
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as out:
        out.bind((device, 0))
        for frame in frames(data):
            out.send(frame)
            sent += 1
            if sent % PAUSE_EVERY == 0:
                time.sleep(PAUSE_SECONDS)
    print(sent)


main()
