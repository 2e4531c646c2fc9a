/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmocka, and the headers that it requires before it. */
#ifndef TESTS_PACKET_CMOCKA_FIRST_H
#define TESTS_PACKET_CMOCKA_FIRST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
