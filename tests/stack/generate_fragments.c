/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fragments of one datagram: in order, or reordered, doubled, tiny, overlapping, with two ports. */
#include "shot.h"

#include <string.h>

#include "draft.h"
#include "facts.h"
#include "lab.h"

enum { PIECE_MIN = 8, BODY_MIN = 24, FRAGMENT_HEADER = 44 };

/* What is cut: the frame up to `cut` is in each fragment, the rest in one after the other. */
struct whole {
	uint8_t bytes[GRAMMAR_SIZE_MIN];
	size_t length, cut;
	struct facts facts;
	uint8_t first_header; /* of IPv6, after the fragment header */
};

struct piece {
	size_t offset, length;
	bool more;
	uint16_t other_port; /* 0: its own */
};

static bool whole_read(struct whole *w, const struct shot_frame *frame, struct grammar *g)
{
	struct facts *facts = &w->facts;
	unsigned int position;
	size_t next_at;

	*facts = facts_read(frame->bytes, frame->length);
	if (facts->l4_at < 0 || facts->fragment_end >= 0 || frame->length > 1200)
		return false;
	memset(w->bytes, 0, sizeof(w->bytes));
	memcpy(w->bytes, frame->bytes, frame->length);
	w->length = frame->length;
	w->cut = (size_t)facts->l4_at;
	if (facts->ipv6) {
		position = below(g, facts->headers + 1);
		next_at = position ? facts->headers_at[position - 1] : (size_t)facts->ip_at + 6;
		if (position < facts->headers)
			w->cut = facts->headers_at[position];
		w->first_header = w->bytes[next_at];
		w->bytes[next_at] = FRAGMENT_HEADER;
	}
	if (w->length < w->cut + BODY_MIN)
		w->length = w->cut + BODY_MIN;
	return true;
}

static void piece_write(const struct whole *w, const struct piece *piece, struct shot_frame *frame)
{
	size_t ip_at = (size_t)w->facts.ip_at, port_at = (size_t)w->facts.l4_at - w->cut + 2;
	struct draft d = { .frame = frame->bytes };

	put_bytes(&d, w->bytes, w->cut);
	if (w->facts.ipv6) {
		put8(&d, w->first_header);
		put8(&d, 0);
		put16(&d, (uint32_t)piece->offset | piece->more);
		put_bytes(&d, "\0\0\0\1", 4);
	} else {
		set16(&d, ip_at + 6, (uint32_t)piece->offset / 8 | (piece->more ? 0x2000 : 0));
	}
	put_bytes(&d, w->bytes + w->cut + piece->offset, piece->length);
	if (piece->other_port && piece->offset <= port_at &&
	    port_at + 2 <= piece->offset + piece->length)
		set16(&d, d.at - piece->length + port_at - piece->offset, piece->other_port);
	if (w->facts.ipv6)
		set16(&d, ip_at + 4, (uint32_t)(d.at - ip_at - 40));
	else
		set16(&d, ip_at + 2, (uint32_t)(d.at - ip_at));
	frame->length = d.at;
}

static size_t plan_in_order(struct piece *pieces, size_t body, struct grammar *g)
{
	size_t first = PIECE_MIN * (1 + below(g, one_in(g, 3) ? 2 : 8)), count = 1;

	first = first < body ? first : PIECE_MIN;
	pieces[0] = (struct piece){ .length = first, .more = true };
	if (body - first > 2 * PIECE_MIN && one_in(g, 2)) {
		pieces[count++] = (struct piece){ first, PIECE_MIN, true, 0 };
		first += PIECE_MIN;
	}
	pieces[count++] = (struct piece){ first, body - first, false, 0 };
	return count;
}

static size_t insert(struct piece *pieces, size_t count, size_t at, struct piece piece)
{
	memmove(pieces + at + 1, pieces + at, (count - at) * sizeof(*pieces));
	pieces[at] = piece;
	return count + 1;
}

static size_t plan_twist(struct piece *pieces, size_t count, struct grammar *g)
{
	size_t chosen = below(g, (uint32_t)count);
	struct piece piece = pieces[chosen];

	switch (below(g, 10)) {
	case 0: /* doubled */
		return insert(pieces, count, below(g, (uint32_t)count + 1), piece);
	case 1:
	case 2: /* the same place twice, with another port */
		piece = pieces[0];
		piece.other_port = lab_ports[below(g, (uint32_t)lab_port_count)];
		return insert(pieces, count, below(g, (uint32_t)count + 1), piece);
	case 3: /* in the other order */
		pieces[chosen] = pieces[0];
		pieces[0] = piece;
		return count;
	case 4: /* overlapping what is before it */
		if (piece.offset) {
			pieces[chosen].offset -= PIECE_MIN;
			pieces[chosen].length += PIECE_MIN;
		}
		return count;
	case 5: /* overlapping what is after it */
		pieces[chosen].length += piece.more ? PIECE_MIN : 0;
		return count;
	case 6: /* no multiple of 8 */
		pieces[chosen].length += piece.more ? 1 + below(g, 7) : 0;
		return count;
	case 7: /* another place */
		piece.offset += PIECE_MIN;
		return insert(pieces, count, below(g, (uint32_t)count + 1), piece);
	default:
		return count;
	}
}

void shot_fragment(struct shot *shot, struct grammar *grammar)
{
	struct piece pieces[SHOT_FRAMES_MAX];
	struct whole whole;
	size_t count;

	if (!whole_read(&whole, &shot->frames[0], grammar))
		return;
	count = plan_in_order(pieces, whole.length - whole.cut, grammar);
	count = plan_twist(pieces, count, grammar);
	if (one_in(grammar, 3))
		count = plan_twist(pieces, count, grammar);
	for (size_t i = 0; i < count; i++)
		piece_write(&whole, &pieces[i], &shot->frames[i]);
	shot->count = count;
}
