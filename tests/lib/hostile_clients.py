#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Hostile clients, all at once, against an HTTP server on 127.0.0.1:PORT: as many streams as there may be and one
more, of which some are never read, requests that never end, clients that do not read, malformed requests, connections
in a row. Meanwhile a good client must be answered within 5 s each time, and a good stream must go on.
Usage: hostile_clients.py PORT"""

import http.client
import random
import socket
import sys
import time

PORT = int(sys.argv[1])
STREAMS = 500
SLOW = 200
NOT_READING = 50
IN_A_ROW = 10000
SEED = 4711


def connection():
    client = socket.create_connection(("127.0.0.1", PORT), timeout=5)
    return client


def good_request():
    start = time.monotonic()
    client = http.client.HTTPConnection("127.0.0.1", PORT, timeout=5)
    client.request("GET", "/metrics")
    answer = client.getresponse()
    assert answer.status == 200, answer.status
    assert b"portsieve_build_info" in answer.read()
    client.close()
    return time.monotonic() - start


def stream():
    client = connection()
    client.sendall(b"GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n")
    return client


def status_of(client):
    return client.recv(12, socket.MSG_PEEK).split()[1]


def main():
    slowest = 0.0
    held = [stream() for _ in range(STREAMS)]
    assert all(status_of(client) == b"200" for client in held)
    assert status_of(stream()) == b"503"
    good = held[0]
    for _ in range(SLOW):
        client = connection()
        client.sendall(b"GET /metrics HTTP/1.1\r\nHost: local")
        held.append(client)
    slowest = max(slowest, good_request())
    for _ in range(NOT_READING):
        client = connection()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1024)
        client.sendall(b"GET /api/stats HTTP/1.1\r\nHost: localhost\r\n\r\n" * 50)
        held.append(client)
    slowest = max(slowest, good_request())
    chance = random.Random(SEED)
    for number in range(IN_A_ROW):
        client = connection()
        kind = number % 4
        try:
            if kind == 0:
                client.sendall(chance.randbytes(200))
            elif kind == 1:
                client.sendall(b"GET /" + b"x" * 20000)
            elif kind == 2:
                client.sendall(b"POST /metrics HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999\r\n\r\nx")
        except OSError:
            pass  # it has closed the connection, as it may
        client.close()
        if number % 100 == 0:
            slowest = max(slowest, good_request())
            good.setblocking(False)
            try:
                while good.recv(65536):
                    pass
            except BlockingIOError:
                pass
    good.settimeout(2)
    assert b"event: frame" in good.recv(65536)
    print(f"{STREAMS} streams, {SLOW} slow, {NOT_READING} not reading, {IN_A_ROW} in a row; slowest good answer {slowest:.2f} s")
    for client in held:
        client.close()


main()
