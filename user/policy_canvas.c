/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports and the rules that own them. */
#include "policy_canvas.h"

void policy_canvas_init(struct policy_canvas *canvas)
{
	*canvas = (struct policy_canvas){ 0 };
	for (uint32_t port = 0; port <= PORTSIEVE_PORTS; port++)
		canvas->next_free[port] = port;
}

uint32_t policy_canvas_free_port(struct policy_canvas *canvas, uint32_t port)
{
	uint32_t found = port;

	while (canvas->next_free[found] != found)
		found = canvas->next_free[found];
	while (canvas->next_free[port] != found && port != found) { /* shorten the way */
		uint32_t next = canvas->next_free[port];

		canvas->next_free[port] = found;
		port = next;
	}
	return found;
}

void policy_canvas_paint(struct policy_canvas *canvas, const struct policy_interval *interval,
			 uint16_t owner)
{
	uint32_t low = policy_canvas_free_port(canvas, interval->low), high;

	for (; low <= interval->high; low = policy_canvas_free_port(canvas, high + 1)) {
		for (high = low; high < interval->high && !canvas->owner[high + 1];)
			high++;
		for (uint32_t port = low; port <= high; port++) {
			canvas->owner[port] = owner;
			canvas->stretch_end[port] = (uint16_t)high;
			canvas->next_free[port] = high + 1;
		}
	}
}
