# SPDX-License-Identifier: GPL-2.0-or-later
"""What docs/packets.md says of return traffic by flows (R2, R7, R8), for one pair of addresses and ports. Pure."""
from wire import ACK, FIN, PSH, RST, SYN, URG

TCP_SECONDS, OPEN_SECONDS, CLOSING_SECONDS, UDP_SECONDS = 7440, 120, 120, 180


def opens(flags):
    return flags & (SYN | ACK) == SYN


def is_bad(flags):
    """L6"""
    return (flags & (SYN | FIN) == SYN | FIN or flags & (SYN | RST) == SYN | RST or flags & (FIN | ACK) == FIN
            or not flags & (SYN | FIN | RST | ACK | PSH | URG))


class UdpFlow:
    """R8"""

    def __init__(self):
        self.used = None

    def leaves(self, now):
        self.used = now

    def arrives(self, now):
        passes = self.used is not None and now - self.used < UDP_SECONDS
        if passes:
            self.used = now
        return passes


class TcpFlow:
    """R7. `opened`: when the SYN left, while nothing else has made it a flow; `used`: the flow's last segment."""

    def __init__(self, simultaneous_open):
        self.simultaneous_open = simultaneous_open
        self.opened, self.answered = None, False
        self.used, self.closing = None, False

    def is_flow(self, now):
        return self.used is not None and now - self.used < (CLOSING_SECONDS if self.closing else TCP_SECONDS)

    def is_open(self, now):
        return self.opened is not None and now - self.opened < OPEN_SECONDS

    def leaves(self, flags, now):
        if opens(flags):
            self.opened, self.answered, self.used, self.closing = now, False, None, False
        elif self.used is not None:
            if flags & (FIN | RST) and not self.closing:
                self.closing, self.used = True, now
            elif not flags & RST:
                self.used = now
        elif not flags & (SYN | RST) and self.answered and self.is_open(now):
            self.opened, self.used, self.closing = None, now, bool(flags & FIN)

    def arrives(self, flags, now):
        if is_bad(flags) or opens(flags) and not self.simultaneous_open:
            return False
        if self.is_flow(now) and not opens(flags):
            if not self.closing:
                self.used = now
            return True
        if self.is_open(now):
            self.answered = True
            return True
        return False
