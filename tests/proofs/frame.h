/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the proofs share: a frame of any content and any length up to FRAME_BYTES_MAX. */
#ifndef PORTSIEVE_PROOFS_FRAME_H
#define PORTSIEVE_PROOFS_FRAME_H

#include <linux/types.h>

/* of CBMC: a function of such a name, without a body, returns any value */
__u32 nondet_u32(void);
__u64 nondet_u64(void);
void __CPROVER_assume(_Bool condition);
void __CPROVER_assert(_Bool condition, const char *sentence);

#define prove(condition, sentence) __CPROVER_assert(condition, sentence)

/* Local variables without a value have any value, so this is any frame. */
#define any_frame(bytes_max)                                                                       \
	__u8 frame[bytes_max];                                                                     \
	__u32 length = nondet_u32();                                                                  \
	__CPROVER_assume(length <= (bytes_max))

#endif
