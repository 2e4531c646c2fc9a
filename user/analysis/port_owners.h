/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which rule decides a port, painted rule by rule: each port once, by the first rule that names it,
 * so the time does not depend on how much the rules overlap. One transport; private to the remarks.
 */
#ifndef PORTSIEVE_POLICY_CANVAS_H
#define PORTSIEVE_POLICY_CANVAS_H

#include "compile/free_ports.h"
#include "policy/policy.h"

/* Rules are index + 1, 0 is none. */
struct policy_canvas {
	uint16_t owner[PORTSIEVE_PORTS];
	uint16_t stretch_end[PORTSIEVE_PORTS]; /* of an owned port: last port painted in one go */
	struct free_ports unowned;
};

void policy_canvas_init(struct policy_canvas *canvas);

/* Gives a rule those ports of the interval that are free. */
void policy_canvas_paint(struct policy_canvas *canvas, const struct policy_interval *interval,
			 uint16_t owner);

#endif
