/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * A cursor: the position in a packet, and two limits that no read may pass: the end of the memory
 * that holds the packet, and the packet's end according to the headers read so far. Knows no
 * protocol. Pure: calls no BPF helper, so it compiles natively too.
 *
 * There are two kinds. One points into the packet: the verifier learns the bounds of the pointer
 * from a comparison with the packet's end. The other points into a copy of the headers in a map.
 * The verifier learns nothing from a comparison of pointers to map values, so this kind is an
 * offset, which is compared with numbers. The kind is a compile-time constant at every use.
 */
#ifndef PORTSIEVE_CURSOR_H
#define PORTSIEVE_CURSOR_H

#include <linux/types.h>

#define portsieve_inline static inline __attribute__((always_inline))

enum cursor_limits {
	CURSOR_COPY_BYTES_MAX = 16640, /* of a copy */
	/* of one read; the memory of a copy is larger than the copy by this */
	CURSOR_HEADER_BYTES_MAX = 64,
};

struct cursor {
	__u32 left_bytes; /* of the packet; exceeds the memory if the frame has several buffers */
	_Bool cut;	  /* a read was refused because the memory ended before the packet */
	_Bool in_copy;	  /* the kind: a constant */

	/* in the packet */
	const void *at;
	const void *end; /* of the memory; the verifier requires a comparison before every read */

	/* in a copy */
	const void *copy; /* its first byte */
	__u32 copy_bytes; /* at most CURSOR_COPY_BYTES_MAX */
	__u64 offset_bytes;
	__u64 unknown; /* any number that the verifier cannot know: see cursor_forgotten */
};

/*
 * Keeps the compiler from recomputing a value: the verifier knows only the bounds of the register
 * that was compared with a limit, not of another one with the same value. The proofs
 * (tests/proofs) define it as nothing.
 */
#ifndef cursor_keep
#define cursor_keep(value) asm volatile("" : "+r"(value))
#endif

/*
 * Returns the value, which the verifier no longer knows. It then verifies what follows once for all
 * paths that lead here, not once for each value.
 */
portsieve_inline __u64 cursor_forgotten(__u64 value, __u64 unknown)
{
	value += unknown;
	cursor_keep(value);
	value -= unknown;
	cursor_keep(value);
	return value;
}

/* cursor_peek in a copy, if the packet has size_bytes left. */
portsieve_inline const void *cursor_peek_in_copy(struct cursor *cursor, __u32 size_bytes)
{
	__u64 offset_bytes = cursor_forgotten(cursor->offset_bytes, cursor->unknown);

	if (offset_bytes + size_bytes > cursor->copy_bytes) {
		cursor->cut = 1;
		return (void *)0;
	}
	if (offset_bytes > CURSOR_COPY_BYTES_MAX) /* never happens; the verifier needs the bound */
		return (void *)0;
	cursor->offset_bytes = offset_bytes;
	return cursor->copy + offset_bytes;
}

/*
 * Returns the start of the next size_bytes, or NULL if the packet or the memory ends before that.
 * The caller may read them only if size_bytes is a constant, of at most CURSOR_HEADER_BYTES_MAX.
 */
portsieve_inline const void *cursor_peek(struct cursor *cursor, __u32 size_bytes)
{
	if (size_bytes > cursor->left_bytes)
		return (void *)0;
	if (cursor->in_copy)
		return cursor_peek_in_copy(cursor, size_bytes);
	if (cursor->at + size_bytes > cursor->end) {
		cursor->cut = 1;
		return (void *)0;
	}
	return cursor->at;
}

/* As cursor_peek, and advances over size_bytes. */
portsieve_inline const void *cursor_take(struct cursor *cursor, __u32 size_bytes)
{
	const void *taken = cursor->at;
	const void *next = taken + size_bytes;

	if (cursor->in_copy) {
		taken = cursor_peek(cursor, size_bytes);
		if (taken) {
			cursor->offset_bytes += size_bytes;
			cursor->left_bytes -= size_bytes;
		}
		return taken;
	}
	cursor_keep(next);
	if (size_bytes > cursor->left_bytes)
		return (void *)0;
	if (next > cursor->end) {
		cursor->cut = 1;
		return (void *)0;
	}
	cursor->at = next;
	cursor->left_bytes -= size_bytes;
	return taken;
}

/*
 * Makes the verifier forget how many bytes after `start` the cursor is, and how many are left. The
 * cursor is at most mask_bytes after `start`; mask_bytes is a power of two minus 1.
 */
portsieve_inline void cursor_forget(struct cursor *cursor, const void *start, __u64 mask_bytes)
{
	__u64 unknown = cursor->unknown;

	if (cursor->in_copy) {
		cursor->offset_bytes = cursor_forgotten(cursor->offset_bytes, unknown);
	} else {
		unknown = cursor->at - start; /* the verifier knows no difference of pointers */
		cursor_keep(unknown);
		cursor->at = start + (unknown & mask_bytes);
	}
	cursor->left_bytes = cursor_forgotten(cursor->left_bytes, unknown);
}

/* Makes the packet end size_bytes from here. False, and no change, if it ends before that. */
portsieve_inline _Bool cursor_narrow(struct cursor *cursor, __u32 size_bytes)
{
	if (size_bytes > cursor->left_bytes)
		return 0;
	cursor->left_bytes = size_bytes;
	return 1;
}

#endif
