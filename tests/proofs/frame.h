/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the proofs share: CBMC's words, and a cursor at the first byte of memory of any content and
 * size. */
#ifndef PORTSIEVE_PROOFS_FRAME_H
#define PORTSIEVE_PROOFS_FRAME_H

#include "parse/cursor.h"

/* of CBMC: a function of such a name, without a body, returns any value */
__u8 nondet_u8(void);
__u32 nondet_u32(void);
__u64 nondet_u64(void);
void __CPROVER_assume(_Bool condition);
void __CPROVER_assert(_Bool condition, const char *sentence);
void *malloc(__SIZE_TYPE__ bytes);

#define assume(condition)	   __CPROVER_assume(condition)
#define prove(condition, sentence) __CPROVER_assert(condition, sentence)

/* Local variables without a value have any value, so this is any frame. */
#define any_frame(bytes_max)                                                                       \
	__u8 frame[bytes_max];                                                                     \
	__u32 length = nondet_u32();                                                               \
	assume(length <= (bytes_max))

/* A control: so many bytes of the memory are missing, and the proof has to see it. */
#ifndef SHORT_BY
#define SHORT_BY 0
#endif

/* Memory of any content and of exactly this size: CBMC refuses each read before and after it. */
static inline const __u8 *any_memory(__u32 bytes)
{
	const __u8 *memory;

	assume(bytes >= SHORT_BY);
	memory = malloc(bytes - SHORT_BY);
	assume(memory != (void *)0);
	return memory;
}

/*
 * A cursor of either kind at the beginning of the memory; the packet has length_bytes. `unknown` is
 * 0 in a copy: another proof (cursor.c) shows that the number does not matter.
 */
static inline struct cursor cursor_at(const __u8 *memory, __u32 memory_bytes, __u32 length_bytes)
{
#ifdef COPY
	return (struct cursor){
		.in_copy = 1, .copy = memory, .copy_bytes = memory_bytes, .left_bytes = length_bytes
	};
#else
	return (struct cursor){ .at = memory,
				.end = memory + memory_bytes,
				.left_bytes = length_bytes };
#endif
}

/* How far the cursor is from the beginning. */
static inline __u64 cursor_offset(const struct cursor *cursor, const __u8 *memory)
{
#ifdef COPY
	return cursor->offset_bytes;
#else
	return (const __u8 *)cursor->at - memory;
#endif
}

#endif
