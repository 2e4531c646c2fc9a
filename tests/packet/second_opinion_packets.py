# SPDX-License-Identifier: GPL-2.0-or-later
"""The packets of second_opinion.py, made by scapy: what docs/packets.md speaks of, in the order of that page."""
from dataclasses import dataclass

from scapy.contrib.mpls import MPLS
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.eap import EAPOL
from scapy.layers.inet import GRE, ICMP, IP, TCP, UDP, IPOption_LSRR, IPOption_RR, IPOption_SSRR, IPOption_Timestamp, fragment, in4_chksum
from scapy.layers.inet6 import (
    ICMPv6DestUnreach,
    ICMPv6EchoRequest,
    ICMPv6MLReport2,
    ICMPv6ND_NS,
    ICMPv6ND_RA,
    ICMPv6PacketTooBig,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
    IPv6ExtHdrSegmentRouting,
    Jumbo,
    MIP6MH_BRR,
    RouterAlert,
    fragment6,
    in6_chksum,
)
from scapy.layers.ipsec import AH, ESP
from scapy.layers.l2 import ARP, LLC, STP, Dot1AD, Dot1Q, Dot3, Ether
from scapy.layers.ppp import PPP, PPPoE, PPPoED
from scapy.layers.sctp import SCTP, SCTPChunkInit
from scapy.layers.vxlan import VXLAN
from scapy.packet import Raw

PORT = 40001  # nobody's: tshark looks no further


@dataclass
class Packet:
    name: str
    frame: bytes
    rule: str = ""  # of docs/packets.md, where tshark and portsieve differ ...
    reason: str = ""  # ... and what portsieve must say then


def eth():
    return Ether(src="02:00:00:00:00:01", dst="02:00:00:00:00:02")


def ip(**fields):
    return IP(src="192.0.2.7", dst="198.51.100.1", **fields)


def ip6(**fields):
    return IPv6(src="2001:db8::7", dst="2001:db8::1", **fields)


def tcp(flags="S", **fields):
    return TCP(sport=50000, dport=PORT, flags=flags, **fields)


def udp(port=PORT):
    return UDP(sport=50000, dport=port) / Raw(bytes(32))


def noise(size):
    return Raw(bytes(size))


def checked(outer, protocol, header):
    """A transport that scapy has no class for, over an IP header, with its checksum in bytes 6 and 7."""
    checksum = (in4_chksum if outer.version == 4 else in6_chksum)(protocol, outer, header)
    return outer / Raw(header[:6] + checksum.to_bytes(2, "big") + header[8:])


def udplite(outer):
    """Its checksum covers all of it."""
    return checked(outer, 136, bytes.fromhex("c3509c4100000000") + bytes(32))


def dccp(outer):
    """A request: type 0, extended sequence numbers."""
    return checked(outer, 33, bytes.fromhex("c3509c41" "05000000" "01000000" "00000001" "00000000"))


def extension(next_header, body=bytes(6)):
    """Mobility, HIP or shim6 by hand: next header, length in 8 bytes, body."""
    return Raw(bytes([next_header, (len(body) + 2) // 8 - 1]) + body)


def link_packets():
    """What lies around IP: rules E1 to E9."""
    qinq = Dot1AD(vlan=100) / Dot1Q(vlan=200)
    return [
        Packet("TCP over IPv4", eth() / ip() / tcp()),
        Packet("UDP over IPv4", eth() / ip() / udp()),
        Packet("ARP", eth() / ARP(psrc="192.0.2.7", pdst="192.0.2.1")),
        Packet("802.3 with STP", Dot3(src="02:00:00:00:00:01", dst="01:80:c2:00:00:00") / LLC() / STP()),
        Packet("EAPOL", eth() / EAPOL(type=1)),
        Packet("a tag", eth() / Dot1Q(vlan=5) / ip() / tcp()),
        Packet("QinQ", eth() / qinq / ip() / udp()),
        Packet("two tags of 0x8100, IPv6", eth() / Dot1Q(vlan=1) / Dot1Q(vlan=2) / ip6() / tcp()),
        Packet("ARP behind a tag", eth() / Dot1Q(vlan=5) / ARP()),
        Packet("three tags", eth() / qinq / Dot1Q(vlan=3) / ip() / tcp(), "E4", "vlan-depth"),
        Packet("MPLS", eth() / MPLS(label=16, s=1, ttl=64) / ip() / tcp()),
        Packet("MPLS of two labels", eth() / MPLS(label=16, s=0) / MPLS(label=17, s=1) / ip() / udp()),
        Packet("PPPoE discovery", eth() / PPPoED(code=9)),
        Packet("PPPoE with IPv4", eth() / PPPoE(sessionid=1) / PPP() / ip() / tcp()),
        Packet("PPPoE with IPv6", eth() / PPPoE(sessionid=1) / PPP(proto=0x57) / ip6() / udp()),
        Packet("PPPoE behind two tags", eth() / qinq / PPPoE(sessionid=1) / PPP() / ip() / udp()),
        Packet("PPPoE with LCP", eth() / PPPoE(sessionid=1) / PPP(proto=0xC021) / Raw(b"\x09\x01\x00\x08" + bytes(4))),
    ]


def ipv4_packets():
    """IPv4, its options and its fragments: rules I1 to I5."""
    record_route = [IPOption_RR(routers=["0.0.0.0"] * 3)]
    full = [IPOption_RR(routers=["0.0.0.0"] * 9)]
    parts = fragment(ip(id=1) / UDP(sport=50000, dport=PORT) / noise(3000), 1480)
    tcp_parts = fragment(ip(id=2) / tcp("PA") / noise(2000), 800)
    made = [
        Packet("IPv4 with a route recorded", eth() / ip(options=record_route) / tcp()),
        Packet("IPv4 with options of 40 bytes", eth() / ip(options=full) / udp()),
        Packet("IPv4 with a loose source route", eth() / ip(options=[IPOption_LSRR(routers=["10.0.0.9"])]) / tcp(),
               "I6", "source-route"),
        Packet("IPv4 with a strict source route", eth() / ip(options=[IPOption_SSRR(routers=["10.0.0.9"])]) / udp(),
               "I6", "source-route"),
        Packet("IPv4 with a time stamp", eth() / ip(options=[IPOption_Timestamp()]) / tcp()),
        Packet("IPv4 with padding", eth() / ip(len=28) / UDP(sport=50000, dport=PORT, len=8) / noise(20)),
        Packet("don't fragment", eth() / ip(flags="DF") / tcp()),
        Packet("version 5", eth() / ip(version=5) / tcp()),
        Packet("a header length of 4", eth() / ip(ihl=4) / tcp()),
        Packet("a total length past the end", eth() / ip(len=1000) / udp()),
        Packet("IPv4 in IPv4", eth() / ip() / IP(src="10.0.0.1", dst="10.0.0.2") / tcp()),
        Packet("IPv6 in IPv4", eth() / ip() / ip6() / tcp()),
        Packet("GRE with IPv4", eth() / ip() / GRE() / IP(src="10.0.0.1", dst="10.0.0.2") / tcp()),
        Packet("ESP over IPv4", eth() / ip(proto=50) / ESP(spi=1, seq=1, data=bytes(32)), "I5", "other-protocol"),
        Packet("AH over IPv4", eth() / ip(proto=51) / AH(spi=1, seq=1, nh=6, icv=bytes(12)) / tcp(), "I5", "other-protocol"),
        Packet("a protocol of nobody", eth() / ip(proto=200) / noise(40)),
        Packet("OSPF", eth() / ip(proto=89) / Raw(bytes.fromhex("0201002c01010101") + bytes(36))),
        Packet("TCP with fragment offset 1", eth() / ip(frag=1, proto=6) / noise(40), "I3", "tiny-fragment"),
    ]
    made += [Packet(f"part {i + 1} of 3 of UDP", eth() / part) for i, part in enumerate(parts)]
    made += [Packet(f"part {i + 1} of 3 of TCP", eth() / part) for i, part in enumerate(tcp_parts)]
    return made


def ipv6_chains():
    """The chain of extension headers, rules X1 to X10 and the knobs, where portsieve has no other opinion."""
    hop, dest = IPv6ExtHdrHopByHop(options=RouterAlert()), IPv6ExtHdrDestOpt()
    ah = AH(spi=1, seq=1, nh=17, icv=bytes(12))
    return [
        Packet("TCP over IPv6", eth() / ip6() / tcp()),
        Packet("UDP over IPv6", eth() / ip6() / udp()),
        Packet("hop-by-hop", eth() / ip6() / hop / udp()),
        Packet("hop-by-hop, then destination options", eth() / ip6() / hop / dest / tcp()),
        Packet("eight headers", eth() / ip6() / hop / dest / dest / dest / dest / dest / dest / dest / udp()),
        Packet("routing type 2", eth() / ip6() / IPv6ExtHdrRouting(type=2, addresses=["2001:db8::9"]) / tcp()),
        Packet(
            "segment routing (type 4)",
            eth() / ip6() / IPv6ExtHdrSegmentRouting(addresses=["2001:db8::9"], nh=17) / udp(),
            "the knob of routing type 4",
            "routing-header",
        ),
        Packet("AH", eth() / ip6() / ah / udp()),
        Packet("AH between options", eth() / ip6() / dest / AH(spi=1, nh=60, icv=bytes(16)) / dest / tcp()),
        Packet("an atomic fragment", eth() / ip6() / IPv6ExtHdrFragment(nh=6, id=7) / tcp()),
        Packet("two atomic fragment headers", eth() / ip6() / IPv6ExtHdrFragment() / IPv6ExtHdrFragment(nh=17) / udp()),
        Packet("hop-by-hop behind others", eth() / ip6() / dest / IPv6ExtHdrHopByHop() / udp()),
        Packet("ESP over IPv6", eth() / ip6(nh=50) / ESP(spi=1, seq=1, data=bytes(32))),
        Packet("no next header", eth() / ip6(nh=59) / noise(8)),
        Packet("no next header behind options", eth() / ip6() / IPv6ExtHdrDestOpt(nh=59) / noise(8)),
        Packet("IPv4 in IPv6", eth() / ip6(nh=4) / ip() / tcp()),
        Packet("IPv6 in IPv6", eth() / ip6(nh=41) / ip6() / tcp()),
        Packet("GRE over IPv6", eth() / ip6(nh=47) / GRE() / ip() / udp()),
        Packet("padding behind IPv6", eth() / ip6(plen=20) / tcp() / noise(40)),
    ]


def ipv6_differences():
    """IPv6 where portsieve is stricter than a dissector, or looks where it does not."""
    dest = IPv6ExtHdrDestOpt()
    routing = [IPv6ExtHdrRouting(type=kind, addresses=["2001:db8::9"]) for kind in (0, 3)]
    nine = eth() / ip6() / dest / dest / dest / dest / dest / dest / dest / dest / dest / udp()
    return [
        Packet("nine headers", nine, "X2", "ext-depth"),
        Packet("routing type 0", eth() / ip6() / routing[0] / tcp(), "the knob of routing type 0", "routing-header"),
        Packet("routing type 3", eth() / ip6() / routing[1] / udp(), "the knob of routing type 3", "routing-header"),
        Packet("a payload length past the end", eth() / ip6(plen=1000) / udp(), "S1", "malformed-ipv6"),
        Packet(
            "a jumbogram",
            eth() / ip6(plen=0) / IPv6ExtHdrHopByHop(options=Jumbo(jumboplen=70000)) / udp(),
            "S2",
            "jumbogram",
        ),
        Packet("a first fragment without its L4 header", eth() / ip6() / IPv6ExtHdrFragment(nh=6, m=1) / noise(8), "X8", "tiny-fragment"),
    ]


def ipv6_rare():
    """Mobility, HIP, shim6, and fragments of a real datagram."""
    long = ip6() / IPv6ExtHdrDestOpt() / IPv6ExtHdrFragment(id=9) / UDP(sport=50000, dport=PORT) / noise(3000)
    made = [
        Packet("mobility, a message of its own", eth() / ip6(nh=135) / MIP6MH_BRR(nh=59), "X9", "no-port"),
        Packet(
            "HIP before UDP, where tshark ends",
            eth() / ip6(nh=139) / extension(17, bytes.fromhex("0111") + bytes(36)) / udp(),
            "the chain of IPv6",
            "default",
        ),
        Packet("shim6 before TCP", eth() / ip6(nh=140) / extension(6, bytes.fromhex("800000000000")) / tcp()),
    ]
    made += [Packet(f"part {i + 1} of UDP over IPv6", eth() / part) for i, part in enumerate(fragment6(long, 1400))]
    return made


def l4_packets():
    """Rules L1 to L8."""
    return [
        Packet("TCP with options", eth() / ip() / tcp("SA", options=[("MSS", 1460), ("WScale", 7), ("SAckOK", b"")])),
        Packet("TCP to port 0", eth() / ip() / TCP(sport=1, dport=0, flags="S")),
        Packet("TCP to port 65535", eth() / ip6() / TCP(sport=1, dport=65535, flags="A")),
        Packet("TCP, SYN and FIN, to an allowed port", eth() / ip() / tcp("SF")),
        Packet("TCP without flags, to an allowed port", eth() / ip() / tcp("")),
        Packet("TCP with a data offset of 4", eth() / ip() / tcp(dataofs=4)),
        Packet("TCP with a data offset past the end", eth() / ip() / tcp(dataofs=15)),
        Packet("TCP cut off after 12 bytes", eth() / ip(proto=6) / Raw(bytes(TCP(dport=PORT))[:12])),
        Packet("UDP to port 65535", eth() / ip() / udp(65535)),
        Packet("UDP without data", eth() / ip6() / UDP(sport=50000, dport=PORT)),
        Packet("UDP of length 7", eth() / ip() / UDP(sport=50000, dport=PORT, len=7)),
        Packet("UDP of a length past the end", eth() / ip6() / UDP(sport=50000, dport=PORT, len=100) / noise(8)),
        Packet("DHCP", eth() / ip() / UDP(sport=67, dport=68) / BOOTP(op=2) / DHCP(options=[("message-type", "offer"), "end"])),
        Packet("VXLAN", eth() / ip() / UDP(sport=50000, dport=4789) / VXLAN(vni=5) / eth() / ip() / tcp()),
        Packet("UDP-Lite over IPv4", eth() / udplite(ip(proto=136))),
        Packet("UDP-Lite over IPv6", eth() / udplite(ip6(nh=136))),
        Packet("SCTP over IPv4", eth() / ip() / SCTP(sport=50000, dport=PORT) / SCTPChunkInit()),
        Packet("SCTP over IPv6", eth() / ip6(nh=132) / SCTP(sport=50000, dport=PORT) / SCTPChunkInit()),
        Packet("SCTP behind a tag and options", eth() / Dot1Q(vlan=7) / ip6() / IPv6ExtHdrDestOpt(nh=132) / SCTP(dport=PORT)),
        Packet("DCCP over IPv4", eth() / dccp(ip(proto=33))),
        Packet("DCCP over IPv6", eth() / dccp(ip6(nh=33))),
    ]


def icmp_packets():
    """Rules C1 to C8."""
    inner = IP(src="198.51.100.1", dst="192.0.2.7") / UDP(sport=PORT, dport=50000) / noise(8)
    return [
        Packet("an echo request", eth() / ip() / ICMP(type=8) / noise(32)),
        Packet("an echo reply", eth() / ip() / ICMP(type=0) / noise(32)),
        Packet("port unreachable, with the datagram in it", eth() / ip() / ICMP(type=3, code=3) / inner),
        Packet("time exceeded", eth() / ip() / ICMP(type=11) / inner),
        Packet("a timestamp request", eth() / ip() / ICMP(type=13)),
        Packet("an ICMPv6 echo request", eth() / ip6() / ICMPv6EchoRequest(data=bytes(16))),
        Packet("neighbour solicitation", eth() / ip6() / ICMPv6ND_NS(tgt="2001:db8::1")),
        Packet("router advertisement", eth() / ip6() / ICMPv6ND_RA()),
        Packet("packet too big", eth() / ip6() / ICMPv6PacketTooBig() / ip6() / udp()),
        Packet("destination unreachable behind options", eth() / ip6() / IPv6ExtHdrDestOpt() / ICMPv6DestUnreach() / ip6() / tcp()),
        Packet("MLD behind hop-by-hop", eth() / ip6() / IPv6ExtHdrHopByHop(options=RouterAlert()) / ICMPv6MLReport2()),
        Packet("IGMP", eth() / ip(proto=2) / Raw(bytes.fromhex("16000904e00000fb"))),
    ]


def packets():
    made = link_packets() + ipv4_packets() + ipv6_chains() + ipv6_differences() + ipv6_rare() + l4_packets() + icmp_packets()
    for packet in made:
        packet.frame = bytes(packet.frame)
    return made
