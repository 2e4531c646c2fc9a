#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
# A terminal behind a slow line. Usage: slow_line.py BYTES-PER-SECOND FILE COMMAND...
# Runs the command on a pseudoterminal of the size of this one. Passes its output on at that rate; input is not
# delayed. FILE holds the number of bytes passed on.
import fcntl
import os
import pty
import select
import sys
import termios
import time
import tty

STEP_SECONDS = 0.1

rate, file, command = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
size = fcntl.ioctl(0, termios.TIOCGWINSZ, b"\0" * 8)
before = termios.tcgetattr(0)
pid, line = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, size)
    os.execvp(command[0], command)
fcntl.ioctl(line, termios.TIOCSWINSZ, size)
tty.setraw(0)
passed, due = 0, time.monotonic()
try:
    while True:
        wait = due - time.monotonic()
        readable = select.select([0] + ([line] if wait <= 0 else []), [], [], max(wait, 0) or None)[0]
        if 0 in readable:
            os.write(line, os.read(0, 64))
        if line in readable:
            data = os.read(line, int(rate * STEP_SECONDS))
            os.write(1, data)
            passed += len(data)
            due = max(due, time.monotonic()) + len(data) / rate
            with open(file + ".new", "w", encoding="ascii") as out:
                out.write(f"{passed}\n")
            os.replace(file + ".new", file)
except OSError:
    pass  # the command has ended
finally:
    termios.tcsetattr(0, termios.TCSANOW, before)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
