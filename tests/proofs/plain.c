/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plain path and the parser give the same packet. */
#include "parse/plain.h"

#include "frame.h"

static void prove_equal(const struct packet *one, const struct packet *other)
{
	prove(one->ext_seen == other->ext_seen, "ext_seen is equal");
	prove(one->reason == other->reason, "reason is equal");
	prove(one->knob == other->knob, "knob is equal");
	prove(one->transport == other->transport, "transport is equal");
	prove(one->tcp_flags == other->tcp_flags, "tcp_flags is equal");
	prove(one->port == other->port, "port is equal");
	prove(one->fragmented == other->fragmented, "fragmented is equal");
	prove(one->family == other->family, "family is equal");
	prove(one->ports == other->ports, "ports is equal");
	prove(one->addresses == other->addresses, "addresses is equal");
}

int main(void)
{
	struct packet one, other;
	any_frame(FRAME_BYTES_MAX);

#ifdef NO_PLAIN
	prove(!parse_plain(frame, frame + length, &one), "false: no packet is plain");
#else
	if (!parse_plain(frame, frame + length, &one))
		return 0;
	prove(parse_packet(frame, frame + length, length, &other), "a plain frame is not cut");
	prove_equal(&one, &other);
#endif
	return 0;
}
