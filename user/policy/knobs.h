/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The knobs of `portless`: one row each, with the key in the policy and the default. */
#ifndef PORTSIEVE_KNOBS_H
#define PORTSIEVE_KNOBS_H

#include <portsieve/abi.h>

enum knob_default {
	KNOB_FOLLOWS_DEFAULT, /* drops if the policy's `default` does */
	KNOB_ALLOWS,
	KNOB_DROPS,
	KNOB_DROPS_IF_ANY,	/* drops if the policy drops anything, by default or by a rule */
	KNOB_ALLOWS_IN_TRANSIT, /* allows if the host forwards IPv6, else follows the default */
};

struct knob {
	const char *name; /* NULL: fixed, no key of the policy */
	enum knob_default otherwise;
};

extern const struct knob knobs[PORTSIEVE_KNOBS];

#endif
