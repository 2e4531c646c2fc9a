/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a cursor gives: NULL, or memory that may be read. From any position in memory of any size,
 * with any number of bytes left of the packet, and for any size asked for.
 */
#include "frame.h"

#ifdef TAKE
#define TAKEN 1
#else
#define TAKEN 0
#endif

static struct cursor cursor_within(const __u8 *memory, __u32 memory_bytes, __u32 left_bytes,
				   __u32 offset)
{
	struct cursor cursor = cursor_at(memory, memory_bytes, left_bytes);

#ifdef COPY
	cursor.offset_bytes = offset;
	cursor.unknown = nondet_u64();
#else
	cursor.at = memory + offset;
#endif
	return cursor;
}

int main(void)
{
	__u32 memory_bytes = nondet_u32(), offset = nondet_u32(), size_bytes = nondet_u32();
	__u32 left_bytes = nondet_u32();
	__u8 memory[FRAME_BYTES_MAX];
	struct cursor cursor;
	const __u8 *given;

	assume(memory_bytes <= FRAME_BYTES_MAX && offset <= memory_bytes && size_bytes <= 4096);
	cursor = cursor_within(memory, memory_bytes, left_bytes, offset);
	given = TAKEN ? cursor_take(&cursor, size_bytes) : cursor_peek(&cursor, size_bytes);
#ifdef CONTROL
	prove(!(CONTROL), "false: there is no such read");
	return 0;
#endif
	prove(!given || given == memory + offset, "it gives what is at its position");
	prove(!given || offset + size_bytes <= memory_bytes, "which ends in the memory");
	prove(!given || size_bytes <= left_bytes, "and in the packet");
	prove(given || cursor.cut == (size_bytes <= left_bytes),
	      "it is cut if the packet has the bytes");
	prove(cursor_offset(&cursor, memory) == offset + (TAKEN && given ? size_bytes : 0),
	      "it is after what was taken");
	prove(cursor.left_bytes == left_bytes - (TAKEN && given ? size_bytes : 0),
	      "and has the rest left");
	if (offset <= 63) {
		cursor = cursor_within(memory, memory_bytes, left_bytes, offset);
		cursor_forget(&cursor, memory, 63);
		prove(cursor_offset(&cursor, memory) == offset && cursor.left_bytes == left_bytes,
		      "what the verifier forgets stays the same");
	}
	return 0;
}
