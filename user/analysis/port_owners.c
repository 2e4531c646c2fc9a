/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ports and the rules that own them. */
#include "analysis/port_owners.h"

void policy_canvas_init(struct policy_canvas *canvas)
{
	*canvas = (struct policy_canvas){ 0 };
	free_ports_init(&canvas->unowned);
}

void policy_canvas_paint(struct policy_canvas *canvas, const struct policy_interval *interval,
			 uint16_t owner)
{
	uint32_t low = free_ports_from(&canvas->unowned, interval->low), high;

	for (; low <= interval->high; low = free_ports_from(&canvas->unowned, high + 1)) {
		for (high = low; high < interval->high && !canvas->owner[high + 1];)
			high++;
		for (uint32_t port = low; port <= high; port++) {
			canvas->owner[port] = owner;
			canvas->stretch_end[port] = (uint16_t)high;
			free_ports_take(&canvas->unowned, port);
		}
	}
}
