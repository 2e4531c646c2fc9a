# SPDX-License-Identifier: GPL-2.0-or-later
"""Frames: TCP, UDP and ICMP errors over IPv4 and IPv6, built and taken apart. Pure."""
import ipaddress
import struct

FIN, SYN, RST, PSH, ACK, URG = 1, 2, 4, 8, 16, 32
ICMP, TCP, UDP, ICMPV6 = 1, 6, 17, 58
ETHERTYPES = {4: 0x0800, 6: 0x86DD}
HOP_LIMIT = 64
WINDOW = 65535


def checksum(data):
    """RFC 1071."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def packed(address):
    return ipaddress.ip_address(address).packed


def with_checksum(segment, at, source, destination, protocol):
    """The segment with its checksum at `at`, over the pseudo header too."""
    pseudo = packed(source) + packed(destination) + struct.pack("!II", len(segment), protocol)
    value = checksum(pseudo + segment)
    if protocol == UDP and not value:
        value = 0xFFFF
    return segment[:at] + struct.pack("!H", value) + segment[at + 2:]


def ip_packet(source, destination, protocol, payload):
    if ":" in source:
        return struct.pack("!IHBB", 6 << 28, len(payload), protocol, HOP_LIMIT) + packed(source) + packed(destination) + payload
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(payload), 0, 0x4000, HOP_LIMIT, protocol, 0)
    header += packed(source) + packed(destination)
    return header[:10] + struct.pack("!H", checksum(header)) + header[12:] + payload


def tcp(source, source_port, destination, port, flags, seq, ack, payload=b""):
    segment = struct.pack("!HHIIBBHHH", source_port, port, seq & 0xFFFFFFFF, ack & 0xFFFFFFFF if flags & ACK else 0,
                          5 << 4, flags, WINDOW, 0, 0) + payload
    return ip_packet(source, destination, TCP, with_checksum(segment, 16, source, destination, TCP))


def udp(source, source_port, destination, port, payload=b""):
    datagram = struct.pack("!HHHH", source_port, port, 8 + len(payload), 0) + payload
    return ip_packet(source, destination, UDP, with_checksum(datagram, 6, source, destination, UDP))


def unreachable(source, destination, about):
    """An ICMP error from a host on the way: the packet `about` found no way."""
    if ":" in source:
        message = struct.pack("!BBHI", 1, 0, 0, 0) + about
        return ip_packet(source, destination, ICMPV6, with_checksum(message, 2, source, destination, ICMPV6))
    message = struct.pack("!BBHI", 3, 1, 0, 0) + about
    return ip_packet(source, destination, ICMP, message[:2] + struct.pack("!H", checksum(message)) + message[4:])


def frame(source_mac, destination_mac, packet):
    return destination_mac + source_mac + struct.pack("!H", ETHERTYPES[packet[0] >> 4]) + packet


def essence(packet):
    """What a router leaves alone, and the DSCP: (addresses and payload, dscp)."""
    if packet[0] >> 4 == 6:
        length, = struct.unpack("!H", packet[4:6])
        return packet[8:40] + packet[40:40 + length], (packet[0] << 4 | packet[1] >> 4) >> 2 & 0x3F
    length, = struct.unpack("!H", packet[2:4])
    return packet[12:20] + packet[20:length], packet[1] >> 2
