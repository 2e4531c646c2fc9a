#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# Keeps many connections open, and many questions unanswered, while commands run.
#
# many.py peer PORT: echoes TCP. Holds UDP questions until a TCP peer sends `A`, then answers all.
# many.py host ADDRESS PORT CONNECTIONS QUESTIONS SECONDS COMMAND...: opens the connections; for each command asks
# the questions, each from an unconnected socket of its own, runs the command, then prints
# `CONNECTIONS ANSWERS COMMAND`: how many connections still echo a byte, how many answers come within SECONDS.
import resource
import select
import socket
import subprocess
import sys
import time

SO_RCVBUFFORCE = 33  # unknown to the socket module


def peer(port):
    listener = socket.create_server(("::", port), family=socket.AF_INET6, dualstack_ipv6=True, backlog=4096)
    questions = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    questions.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
    questions.bind(("::", port))
    poll, sockets, held = select.epoll(), {}, []
    for s in listener, questions:
        poll.register(s, select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if number == listener.fileno():
                connection = listener.accept()[0]
                sockets[connection.fileno()] = connection
                poll.register(connection, select.EPOLLIN)
            elif number == questions.fileno():
                held.append(questions.recvfrom(64))
            else:
                data = sockets[number].recv(64)
                if not data:
                    poll.unregister(number)
                    sockets.pop(number).close()
                elif data == b"A":
                    answer(questions, held)
                    held = []
                else:
                    sockets[number].send(data)


def answer(questions, held):
    for i, (question, asker) in enumerate(held):
        questions.sendto(question, asker)
        if i % 50 == 49:  # the ring of a veth holds 256 packets
            time.sleep(0.001)


def count_readable(sockets, seconds):
    poll, end, count = select.epoll(), time.monotonic() + seconds, 0
    by_number = {s.fileno(): s for s in sockets}
    for s in sockets:
        poll.register(s, select.EPOLLIN)
    while by_number and time.monotonic() < end:
        for number, _ in poll.poll(max(0, end - time.monotonic())):
            poll.unregister(number)
            try:
                count += bool(by_number.pop(number).recv(64))
            except OSError:
                pass
    return count


def host(address, port, connections, questions, seconds, commands):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    control = socket.create_connection((address, port))
    opened = [socket.create_connection((address, port)) for _ in range(connections)]
    for command in commands:
        asking = [socket.socket(family, socket.SOCK_DGRAM) for _ in range(questions)]
        for i, s in enumerate(asking):
            s.sendto(b"%d" % i, (address, port))
            if i % 50 == 49:
                time.sleep(0.001)
        subprocess.run(command, shell=True, check=True, stdout=subprocess.DEVNULL)
        control.send(b"A")
        answers = count_readable(asking, seconds)
        for s in opened:
            s.send(b"x")
        print(count_readable(opened, seconds), answers, command, flush=True)
        for s in asking:
            s.close()


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
if sys.argv[1] == "peer":
    peer(int(sys.argv[2]))
else:
    host(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), int(sys.argv[5]), float(sys.argv[6]), sys.argv[7:])
