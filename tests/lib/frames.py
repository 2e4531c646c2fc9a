#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a stream of portsieve serve on 127.0.0.1:9478 and prints its frames as lines of JSON for SECONDS. Checks what
holds for each frame: its form and that it is not too long. With --slowly it reads one in 1.5 s, and prints the numbers
of the frames instead. Usage: frames.py [--slowly] SECONDS [QUERY]"""

import json
import socket
import sys
import time

FRAME_BYTES_MAX = 32 << 10

arguments = sys.argv[1:]
slowly = arguments[0] == "--slowly"
arguments = arguments[slowly:]
end = time.monotonic() + float(arguments[0])
query = arguments[1] if len(arguments) > 1 else ""

client = socket.socket()
if slowly:
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
client.connect(("127.0.0.1", 9478))
client.sendall(f"GET /api/stream{query} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
stream = client.makefile("rb", buffering=512 if slowly else 65536)
status = stream.readline()
assert b" 200 " in status, status
while stream.readline() != b"\r\n":
    pass
is_first = True
while is_first or time.monotonic() < end:
    is_first = False
    number, event, data, empty = (stream.readline() for _ in range(4))
    assert number.startswith(b"id: ") and event == b"event: frame\n" and empty == b"\n", (number, event, empty)
    assert data.startswith(b"data: {") and len(data) <= FRAME_BYTES_MAX + 7, len(data)
    json.loads(data[6:])
    print(number[4:].decode().strip() if slowly else data[6:].decode().strip(), flush=True)
    if slowly:
        time.sleep(1.5)
