/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arrays that grow by one element at a time. The capacity is the power of two at or above the
 * count, so no field has to hold it.
 */
#ifndef PORTSIEVE_ARRAY_H
#define PORTSIEVE_ARRAY_H

#include <stdlib.h>

/*
 * Returns `array`, which has `count` elements of `size` bytes, with room for one more; it may have
 * moved. NULL when memory is short; `array` is then unchanged. Only this function may have grown
 * `array`, from NULL and 0.
 */
static inline void *array_room(void *array, size_t count, size_t size)
{
	if (count & (count - 1))
		return array;
	return reallocarray(array, count ? 2 * count : 1, size);
}

#endif
