/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The parser finds a source route among the options of IPv4 as rule I6 says (rules.h). */
#include "parse/parse.h"

enum bytes_known {
	BYTES_KNOWN = 60,
};

#include "rules.h"

int main(void)
{
	struct packet packet = { 0 };
	struct cursor cursor;
	__u8 header[BYTES_KNOWN];

	bytes = header;
	assume(ihl() >= 5 && ihl() * 4 <= FRAME_BYTES_MAX);
	cursor = cursor_at(header, BYTES_KNOWN, ihl() * 4);
	cursor_take(&cursor, 20);
	parse_ipv4_options(cursor, &packet);
#ifdef CONTROL
	prove(!(CONTROL), "false: there is no such packet");
#else
	prove((packet.ext_seen & ~bit(PORTSIEVE_KNOB_PASS)) ==
		      (I6() ? bit(PORTSIEVE_KNOB_SOURCE_ROUTE) : 0),
	      "a source route is found where one is");
#endif
	return 0;
}
