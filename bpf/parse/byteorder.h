/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only conversions of network byte order: values to host order, constants to network order. */
#ifndef PORTSIEVE_BYTEORDER_H
#define PORTSIEVE_BYTEORDER_H

#include <linux/types.h>

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define BE16(host_constant) ((__be16)(((host_constant)&0xff) << 8 | ((host_constant) >> 8 & 0xff)))
#define be16_to_host(be)    ((__u16)__builtin_bswap16(be))
#else
#define BE16(host_constant) ((__be16)(host_constant))
#define be16_to_host(be)    ((__u16)(be))
#endif

#endif
