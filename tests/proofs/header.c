/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One IPv6 extension header of any kind, at any place in the chain: the parser decides as
 * rules X3 to X8 say (rules.h), or continues with the same next header, at the same offset and with
 * the same number of bytes left.
 */
#include "parse/parse.h"

enum bytes_known {
	BYTES_KNOWN = 8, /* of a header no more is read */
};

#include "rules.h"

int main(void)
{
	struct packet packet = { .ext_seen = nondet_u32(), .fragmented = nondet_u32() & 1 };
	__u8 memory[BYTES_KNOWN];
	__u32 memory_bytes = nondet_u32();
	struct outcome outcome;
	struct cursor cursor;
	_Bool goes_on;
	__u8 next;

	assume(memory_bytes <= FRAME_BYTES_MAX);
	bytes = memory;
	left = nondet_u32();
	assume(left <= 65535); /* a payload length */
	kind = next = nondet_u8();
	assume(is_extension_header());
	seen = packet.ext_seen & ~bit(PORTSIEVE_KNOB_PASS);
	first_fragment = packet.fragmented;
	cursor = cursor_at(memory, memory_bytes, left);
	goes_on = parse_ext_header(&cursor, &packet, &next);
	prove(!cursor.cut || memory_bytes < left, "a header that is in the memory is not cut");
	outcome = header_rules();
	if (cursor.cut)
		return 0;
#ifdef CONTROL
	prove(!(CONTROL), "false: there is no such header");
	return 0;
#endif
	prove(goes_on == outcome.goes_on, "it goes on if no rule decides");
	if (goes_on || outcome.knob != PORTSIEVE_KNOB_DROP)
		prove((packet.ext_seen & ~bit(PORTSIEVE_KNOB_PASS)) == seen, "its knobs are noted");
	if (!goes_on) {
		prove(packet.reason == outcome.reason, "the reason is that of the rule");
		prove(packet.knob == outcome.knob, "the knob is that of the rule");
		return 0;
	}
	prove(packet.fragmented == first_fragment, "a first fragment is one");
	prove(next == kind, "the next header is that of the header");
	prove(cursor_offset(&cursor, memory) == header, "which is after it");
	prove(cursor.left_bytes == left, "with the rest of the payload");
	return 0;
}
