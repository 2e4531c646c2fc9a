# SPDX-License-Identifier: GPL-2.0-or-later
# The proofs, one a line. Sourced by tests/proofs/run.

memory='reads stay in memory, loops end, numbers are in range'
proof cursor        'a cursor gives what is there: peek'       SUCCESSFUL claims cursor 2048
proof cursor        'a cursor gives what is there: take'       SUCCESSFUL claims cursor 2048 -DTAKE
proof cursor        'a cursor gives what is there: peek, copy' SUCCESSFUL claims cursor 2048 -DCOPY
proof cursor        'a cursor gives what is there: take, copy' SUCCESSFUL claims cursor 2048 -DCOPY -DTAKE
proof cursor        'control: a cursor gives the last byte' FAILED claims cursor 2048 -DCONTROL='given&&size_bytes&&offset+size_bytes==memory_bytes'
proof cursor        'control: a cursor is cut, copy'  FAILED     claims cursor 2048 -DCOPY -DTAKE -DCONTROL='cursor.cut'
proof safety-link   "link layer: $memory"           SUCCESSFUL memory safety 2048 -DLINK
proof safety-link   "link layer, copy: $memory"     SUCCESSFUL memory safety 2048 -DLINK -DCOPY
proof options       "IPv4 options: $memory"         SUCCESSFUL memory options 2048
proof safety-ipv4   "IPv4: $memory"                 SUCCESSFUL memory safety 2048 -DIPV4
proof safety-ipv4   "IPv4, copy: $memory"           SUCCESSFUL memory safety 2048 -DIPV4 -DCOPY
proof safety-ipv6   "IPv6: $memory"                 SUCCESSFUL memory safety 320 -DIPV6
proof safety-ipv6   "IPv6, copy: $memory"           SUCCESSFUL memory safety 320 -DIPV6 -DCOPY
proof safety-plain  "plain path: $memory"           SUCCESSFUL memory safety 2048 -DPLAIN

short='control: missing bytes are seen'
proof safety-link   "link layer: $short"            FAILED     memory safety 2048 -DLINK -DSHORT_BY=8
proof safety-link   "link layer, copy: $short"      FAILED     memory safety 2048 -DLINK -DCOPY -DSHORT_BY=8
proof options       "IPv4 options: $short"          FAILED     memory options 2048 -DSHORT_BY=1
proof safety-ipv4   "IPv4: $short"                  FAILED     memory safety 2048 -DIPV4 -DSHORT_BY=8
proof safety-ipv4   "IPv4, copy: $short"            FAILED     memory safety 2048 -DIPV4 -DCOPY -DSHORT_BY=8
proof safety-ipv6   "IPv6: $short"                  FAILED     memory safety 320 -DIPV6 -DSHORT_BY=8
proof safety-ipv6   "IPv6, copy: $short"            FAILED     memory safety 320 -DIPV6 -DCOPY -DSHORT_BY=8
proof safety-plain  "plain path: $short"            FAILED     memory safety 2048 -DPLAIN -DSHORT_BY=8

plain='a plain packet is the same for the parser, in all members'
proof plain         "$plain"                        SUCCESSFUL claims plain 200
proof plain         'control: a plain packet is found' FAILED  claims plain 200 -DNO_PLAIN

rules='the rules of packets.md decide'
proof rules-link    "link layer: $rules"            SUCCESSFUL claims rules 2048 -DLINK
proof rules-link    "link layer, copy: $rules"      SUCCESSFUL claims rules 2048 -DLINK -DCOPY
proof source-route  "IPv4 options: $rules"          SUCCESSFUL short  source_route 36
proof rules-ipv4    "IPv4: $rules"                  SUCCESSFUL claims rules 2048 -DIPV4
proof rules-ipv4    "IPv4, copy: $rules"            SUCCESSFUL claims rules 2048 -DIPV4 -DCOPY
proof header        "IPv6 extension header: $rules" SUCCESSFUL claims header 2048
proof header        "IPv6 extension header, copy: $rules" SUCCESSFUL claims header 2048 -DCOPY
proof chain         "IPv6 chain of headers: $rules" SUCCESSFUL claims chain 0
proof whole         'the whole parse is that of its parts' SUCCESSFUL claims whole 0
proof whole         'the whole parse is that of its parts, copy' SUCCESSFUL claims whole 0 -DCOPY
proof whole         'control: IPv6 is parsed'      FAILED     claims whole 0 -DCONTROL='calls_of_ipv6'
proof rules-ipv6    "IPv6: $rules"                  SUCCESSFUL claims rules 2048 -DIPV6
proof rules-ipv6    "IPv6, copy: $rules"            SUCCESSFUL claims rules 2048 -DIPV6 -DCOPY

such='control: there is a packet'
proof rules-link    "$such after eight tags"        FAILED     claims rules 2048 -DLINK -DCONTROL='goes_on&&tags==8'
proof rules-link    "$such in PPPoE after a tag"    FAILED     claims rules 2048 -DLINK -DCONTROL='goes_on&&tags==1&&is_session()'
proof source-route  "$such with a source route as fourth option" FAILED short source_route 36 -DCONTROL='I6()&&header[20]==1&&header[21]==7&&header[24]==1&&header[25]==131'
proof rules-ipv4    "$such with a port after options" FAILED   claims rules 2048 -DIPV4 -DCONTROL='outcome.reason==PORTSIEVE_REASONS&&l4==60'
proof rules-ipv4    "$such with a tiny fragment"    FAILED     claims rules 2048 -DIPV4 -DCONTROL='outcome.reason==PORTSIEVE_TINY_FRAGMENT'
proof header        "$such with a routing header of type 4" FAILED claims header 2048 -DCONTROL='goes_on&&packet.ext_seen==bit(PORTSIEVE_KNOB_ROUTING_TYPE_4)+bit(PORTSIEVE_KNOB_ROUTING)'
proof chain         "$such with eight headers"      FAILED     claims chain 0 -DCONTROL='goes_on&&parsed==8'
proof chain         "$such with a ninth header"     FAILED     claims chain 0 -DCONTROL='packet.reason==PORTSIEVE_EXT_DEPTH&&parsed==8'
proof rules-ipv6    "$such with a port after headers" FAILED   claims rules 2048 -DIPV6 -DCONTROL='outcome.reason==PORTSIEVE_REASONS&&chain.bytes==100'

judge='control: a packet is found that'
proof judge         'each packet has the verdict and the row of packets.md' SUCCESSFUL tables judge 0
proof judge         'the fast path gives the same or leaves it to the full path' SUCCESSFUL tables judge 0 -DFAST
proof judge         "$judge the fast path drops"    FAILED     tables judge 0 -DFAST -DCONTROL='action==XDP_DROP'
proof judge         "$judge has no port, and a rule drops it" FAILED tables judge 0 -DCONTROL='packet.reason==PORTSIEVE_OTHER_PROTOCOL&&judged.row!=packet.reason&&judged.drop'
proof judge         "$judge a rule without ports leaves to bad_flags" FAILED tables judge 0 -DCONTROL='is_allowed_without_ports()&&judged.row==PORTSIEVE_BAD_FLAGS'
proof judge         "$judge is dropped"             FAILED     tables judge 0 -DCONTROL='action==XDP_DROP'
proof judge         "$judge would be dropped"       FAILED     tables judge 0 -DCONTROL='judged.drop&&!(image->flags&PORTSIEVE_IMAGE_MONITOR)&&action==XDP_PASS'
proof judge         "$judge passes with bad flags"  FAILED     tables judge 0 -DCONTROL='judged.row==PORTSIEVE_BAD_FLAGS&&!judged.drop'
proof judge         "$judge has a source route"     FAILED     tables judge 0 -DCONTROL='judged.row==PORTSIEVE_SOURCE_ROUTE'
proof judge         "$judge is a SYN for a socket"  FAILED     tables judge 0 -DCONTROL='opens()&&judged.row==PORTSIEVE_RETURN_SOCKET'
proof judge         "$judge is UDP for a socket"    FAILED     tables judge 0 -DCONTROL='!is_tcp()&&judged.row==PORTSIEVE_RETURN_SOCKET'
proof judge         "$judge is an established reply" FAILED    tables judge 0 -DCONTROL='judged.row==PORTSIEVE_RETURN_ESTABLISHED'
