/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame as a flat list of layers, each with absolute offsets and the values in its header. This
 * is only a description: it trusts no field, decides nothing, and continues after an invalid header
 * as long as there are bytes. Judge it layer by layer from the first, and stop at the first
 * verdict.
 */
#ifndef ORACLE_LAYERS_H
#define ORACLE_LAYERS_H

#include <stddef.h>
#include <stdint.h>

#define LAYER_ABSENT   (-1) /* a field beyond the end, or not part of this kind */
#define LAYERS_MAX     32
#define EXTENSIONS_MAX 8
#define TAGS_MAX       8
#define VLAN_IDS_MAX   2

enum layer_kind {
	LAYER_ETHERNET,
	LAYER_TAG,
	LAYER_NON_IP, /* every ethertype that is not one of the others */
	LAYER_MPLS,
	LAYER_DISCOVERY,
	LAYER_PPPOE,
	LAYER_PPP,
	LAYER_NON_IP_PPP,
	LAYER_IPV4,
	LAYER_IPV6,
	LAYER_EXTENSION,
	LAYER_NO_PORT,
	LAYER_OTHER_IPV4,
	LAYER_OTHER_IPV6,
	LAYER_TCP,
	LAYER_UDP,
	LAYER_UDP_LITE,
	LAYER_SCTP,
	LAYER_DCCP,
	LAYER_ICMP,
	LAYER_ICMPV6,
	LAYER_IGMP,
	LAYER_KIND_COUNT,
};

enum layer_fragment {
	FRAGMENT_NONE, /* after no fragment header, or only atomic ones */
	FRAGMENT_FIRST_IPV4,
	FRAGMENT_FIRST_IPV6,
};

/* The numbers of the extension headers that a rule names. */
enum extension_number {
	EXTENSION_HOP_BY_HOP = 0,
	EXTENSION_ROUTING = 43,
	EXTENSION_FRAGMENT = 44,
	EXTENSION_AUTHENTICATION = 51,
	EXTENSION_DESTINATION_OPTIONS = 60,
	EXTENSION_MOBILITY = 135,
	EXTENSION_HIP = 139,
	EXTENSION_SHIM6 = 140,
};

/* Lengths and offsets count bytes; every field may be LAYER_ABSENT. */
struct layer {
	enum layer_kind kind;
	enum layer_fragment fragment; /* what this layer lies in */
	int64_t nth;		      /* of its kind in this frame, from 1 */
	int64_t number;		      /* the ethertype, PPP or IP protocol that announced it */
	int64_t start;		      /* counted from the frame's first byte */
	int64_t limit;		      /* its end according to the enclosing header */
	int64_t room;		      /* limit - start */
	int64_t size;		      /* its header, as the header itself says */
	int64_t length;		      /* PPPoE, IPv4 total, IPv6 payload, or UDP length field */
	int64_t version;
	int64_t next;	      /* protocol or next header field */
	int64_t offset;	      /* the fragment's */
	int64_t more;	      /* more-fragments: 0 or 1 */
	int64_t vlan_ids;     /* tags before this layer with a VLAN id other than 0 */
	int64_t source_route; /* IPv4: 1 if it has that option, loose or strict, else 0 */
	int64_t option;	      /* the 2 bytes of the first hop-by-hop option's type and length */
	int64_t type;	      /* routing, ICMP or ICMPv6 type */
	int64_t flags;	      /* TCP's 8 */
	int64_t port;	      /* destination */
	int64_t source;	      /* where its addresses begin, counted from the frame's first byte */
	int64_t destination;
};

struct layers {
	const uint8_t *frame;
	size_t count;
	enum layer_fragment fragment; /* of the layer that comes next */
	int64_t vlan_ids;	      /* the same */
	struct layer at[LAYERS_MAX];
};

/* Never reads past length; ret_layers keeps the pointer to frame. The first layer is Ethernet. */
void layers_read(struct layers *ret_layers, const uint8_t *frame, size_t length);

/* "ipv4", "extension header" and the like. */
const char *layer_kind_name(enum layer_kind kind);

#endif
