/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Replacing a program by another one, for both ways to attach. */
#include "datapath/successor.h"

#include <string.h>

#include "base/cleanup.h"
#include "datapath/flows.h"
#include "datapath/handover.h"
#include "datapath/link.h"
#include "datapath/pins.h"

/* Chooses the program's counters, and what readers add to them. */
static int provide_counters(const struct attachment *attachment, enum successor_counters counters,
			    struct program *program)
{
	switch (counters) {
	case SUCCESSOR_CONTINUES:
		program->counters_id = attachment->counters_id;
		program->former_fd = attachment->former_fd;
		program->baseline_fd = attachment->baseline_fd;
		return 0;
	case SUCCESSOR_RESIZES:
		program->former_fd = attachment->counters_fd;
		program->baseline_fd = attachment->baseline_fd;
		break;
	case SUCCESSOR_NEW:
		break;
	}
	return map_id(program->counters_fd, &program->counters_id);
}

int successor_load(const struct datapath *datapath, const struct attachment *attachment,
		   struct program_options *options, enum successor_counters counters,
		   struct program *ret_program, struct error *error)
{
	bool keeps_ports = options->per_port == DATAPATH_PER_PORT_KEEP ||
			   options->per_port == attachment->per_port;
	bool keeps_events =
		options->events == DATAPATH_EVENTS_KEEP || options->events == attachment->events;
	_cleanup_close_ int turn_fd = pin_open(datapath, attachment->ifindex, "turn", 0);
	_cleanup_close_ int seen_fd = pin_open(datapath, attachment->ifindex, "seen", 0);
	_cleanup_close_ int tables_fd = flow_tables_open(datapath);
	int r;

	options->counters_fd = counters == SUCCESSOR_CONTINUES ? attachment->counters_fd : -1;
	options->tables_fd = tables_fd;
	options->in_chain = attachment->hook.attach == DATAPATH_DISPATCHER;
	options->turn_fd = turn_fd;
	options->seen_fd = seen_fd;
	if (keeps_ports) {
		options->per_port = attachment->per_port;
		options->keeps_ports = attachment->port_cells_fd >= 0;
		options->port_cells_fd = attachment->port_cells_fd;
		options->port_sums_fd = attachment->port_sums_fd;
	}
	if (keeps_events) {
		options->events = attachment->events;
		options->keeps_events = attachment->event_fds[EVENT_SLOTS] >= 0;
		memcpy(options->event_fds, attachment->event_fds, sizeof(options->event_fds));
	}
	if (options->in_chain && (turn_fd < 0 || seen_fd < 0))
		return bpf_error(error, turn_fd < 0 ? -turn_fd : -seen_fd, "open the pins");
	r = program_load(options, ret_program, error);
	if (r)
		return r;
	r = provide_counters(attachment, counters, ret_program);
	return r ? bpf_error(error, -r, "read the id of the counters") : 0;
}

int successor_put_on(const struct datapath *datapath, const char *device,
		     const struct attachment *attachment, const struct program *program,
		     struct error *error)
{
	int r = program_pin(datapath, attachment->ifindex, program, error);

	if (r)
		return r;
	if (attachment->hook.attach == DATAPATH_DISPATCHER)
		return handover_replace(datapath, device, attachment, program, error);
	return link_replace(attachment->hook.link_fd, program->program_fd, error);
}
