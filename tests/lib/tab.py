#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Types lines into an interactive shell, presses Tab after each, and prints what the shell then shows.

tab.py bash|zsh LINE...: for each line "> LINE", then the screen's text after Tab. The completion functions are those
of packaging/.
"""
import fcntl
import os
import pathlib
import pty
import re
import select
import struct
import sys
import termios
import time

PACKAGING = pathlib.Path(__file__).resolve().parents[2] / "packaging"
TIMEOUT_S = 60
SHELLS = {
    "bash": (
        ["bash", "--norc", "--noprofile", "-i"],
        "PS1='READY:'; bind 'set show-all-if-ambiguous on'; bind 'set page-completions off'; "
        "bind 'set completion-query-items -1'; bind 'set enable-bracketed-paste off'; "
        f"source {PACKAGING}/portsieve.bash\r",
    ),
    "zsh": (
        ["zsh", "-f", "-i"],
        f"PS1='READY:'; unsetopt zle_bracketed_paste prompt_sp; LISTMAX=10000; fpath=({PACKAGING} $fpath); "
        "autoload -U compinit; compinit -u -D; bindkey -e; bindkey '^I' complete-word; setopt auto_list no_list_ambiguous no_list_beep\r",
    ),
}


class Shell:
    def __init__(self, name):
        words, self.setup = SHELLS[name]
        pid, self.terminal = pty.fork()
        if not pid:
            os.environ.update(TERM="dumb", HOME="/nonexistent", INPUTRC="/dev/null")
            os.execvp(words[0], words)
        fcntl.ioctl(self.terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 2000, 300, 0, 0))
        self.marks = 0

    def until_mark(self):
        """What the shell prints until it has done all that was typed."""
        self.marks += 1
        os.write(self.terminal, f"\x15echo @$(({self.marks}))@\r".encode())
        text, end = b"", time.monotonic() + TIMEOUT_S
        mark = f"@{self.marks}@".encode()
        # the next prompt comes when the shell edits lines again: what is typed before is not completed
        while b"READY:" not in text.partition(mark)[2]:
            if time.monotonic() > end or not select.select([self.terminal], [], [], 1)[0]:
                if time.monotonic() > end:
                    sys.exit(f"the shell does not answer; it has printed: {text!r}")
                continue
            text += os.read(self.terminal, 65536)
        return text.split(b"@$((")[0].decode(errors="replace")

    def tab(self, line):
        os.write(self.terminal, line.encode() + b"\t")
        return self.until_mark()


def main():
    shell = Shell(sys.argv[1])
    os.write(shell.terminal, shell.setup.encode())
    shell.until_mark()
    for line in sys.argv[2:]:
        shown = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|[\r\x07\x08]", " ", shell.tab(line))
        print(f"> {line}\n{shown}")


main()
