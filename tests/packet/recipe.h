/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A frame from words, outermost layer first: "eth vlan ip4 tcp:port=23,flags=2". All lengths and
 * next-protocol fields are right unless a field says otherwise: `total=40` sets, `total=+1` and
 * `total=-1` lie by one.
 *
 *   eth  vlan qinq  pppoe  ppp1 (pppoe with a protocol of one byte)  ip4 ip6
 *   hop route frag auth dst mobility hip shim6  jumbo (hop with a Jumbo Payload option)
 *   tcp udp lite sctp dccp icmp icmp6 igmp  esp none  data:N (N bytes)
 *
 * Fields are listed with each layer in recipe.c; every layer has `size`, its number of bytes in the
 * frame. `poke:34=8307` writes these bytes over those at offset 34. Data after `end` is padding,
 * which the length fields do not include. `cut:N` finally removes N bytes from the end of the
 * frame.
 */
#ifndef TESTS_PACKET_RECIPE_H
#define TESTS_PACKET_RECIPE_H

#include <stddef.h>
#include <stdint.h>

enum { RECIPE_FRAME_MAX = 65535 };

/* Writes into frame[0..RECIPE_FRAME_MAX) and returns the length; a wrong word fails the test. */
size_t recipe_frame(const char *words, uint8_t *frame);

#endif
