/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arrays that grow by one element at a time. The room is always the power of two at or above the
 * count, so no field has to hold it.
 */
#ifndef PORTSIEVE_ARRAY_H
#define PORTSIEVE_ARRAY_H

#include <stdlib.h>

/*
 * Returns `array` of `count` elements of `size` bytes, moved if need be, with room for one more;
 * NULL when memory is short, and `array` then stays as it is. `array` must have grown by this
 * function alone, from NULL and 0.
 */
static inline void *array_room(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

#endif
