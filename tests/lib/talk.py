#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# One long-lived TCP connection. Usage: talk.py serve ADDRESS PORT      echoes; `::` includes IPv4
#                                 talk.py ask HOST PORT FILE [SOURCE-PORT]
# `ask` sends a word every 50 ms and waits for its echo. FILE holds the number of echoes, or `ended` after an error.
import os
import socket
import sys
import threading
import time


def echo(connection):
    try:
        while data := connection.recv(4096):
            connection.sendall(data)
    except OSError:
        pass


def serve(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    server = socket.create_server((address, int(port)), family=family, dualstack_ipv6=address == "::")
    while True:
        threading.Thread(target=echo, args=(server.accept()[0],), daemon=True).start()


def write(file, text):
    with open(file + ".new", "w", encoding="ascii") as out:
        out.write(f"{text}\n")
    os.rename(file + ".new", file)


def ask(host, port, file, source_port="0"):
    count = 0
    try:
        connection = socket.create_connection((host, int(port)), 5, ("", int(source_port)))
        while True:
            connection.sendall(b"word")
            if connection.recv(4) != b"word":
                break
            count += 1
            write(file, count)
            time.sleep(0.05)
    except OSError:
        pass
    write(file, "ended")


if __name__ == "__main__":
    {"serve": serve, "ask": ask}[sys.argv[1]](*sys.argv[2:])
