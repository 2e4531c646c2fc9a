/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that knows the skeleton. */
#include "datapath/program.h"
#include "datapath/view.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <xdp/libxdp.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "datapath/flows.h"
#include "datapath/pins.h"
#include "portsieve.skel.h"

#ifndef BPF_F_XDP_HAS_FRAGS
#define BPF_F_XDP_HAS_FRAGS (1U << 5)
#endif

const char *datapath_libbpf_version(void)
{
	return libbpf_version_string() + 1; /* skip the "v" */
}

const char *datapath_libxdp_version(void)
{
	return PORTSIEVE_LIBXDP_VERSION; /* at build time: libxdp has no function for it */
}

/* Multi-buffer frames and the helper for their length both appeared in Linux 5.18. */
bool program_has_buffers(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len, NULL) == 1;
}

static datapath_debug_fn *debug;

void datapath_debug(datapath_debug_fn *print)
{
	debug = print;
}

/* Debug output only: users get our own errors. */
static int print_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	(void)level;
	return debug ? debug(format, arguments) : 0;
}

static int print_libxdp(enum libxdp_print_level level, const char *format, va_list arguments)
{
	return print_libbpf((enum libbpf_print_level)level, format, arguments);
}

void program_quiet(void)
{
	libbpf_set_print(print_libbpf);
	libxdp_set_print(print_libxdp);
}

static bool counts_ports(enum datapath_per_port per_port)
{
	return per_port == DATAPATH_PER_PORT_DROPPED || per_port == DATAPATH_PER_PORT_ALL;
}

static bool records(enum datapath_events events)
{
	return events == DATAPATH_EVENTS_DROPPED || events == DATAPATH_EVENTS_ALL;
}

static bool watches(const struct program_options *options)
{
	return counts_ports(options->per_port) || records(options->events);
}

/* The program for a link. */
static struct bpf_program *link_program(const struct portsieve *skeleton, bool is_watched)
{
	return is_watched ? skeleton->progs.portsieve_watch : skeleton->progs.portsieve;
}

/* Does not create maps that are not needed. */
static int configure_ports(struct portsieve *skeleton, const struct program_options *options)
{
	uint32_t planes = options->per_port == DATAPATH_PER_PORT_ALL
				  ? PORTSIEVE_PORT_PLANES_ALL
				  : PORTSIEVE_PORT_PLANES_DROPPED;
	struct bpf_map *const maps[] = { skeleton->maps.port_cells, skeleton->maps.port_sums };
	int r = 0;

	skeleton->rodata->per_port = counts_ports(options->per_port);
	skeleton->rodata->per_port_all = options->per_port == DATAPATH_PER_PORT_ALL;
	for (size_t i = 0; !r && i < ARRAY_SIZE(maps); i++)
		r = skeleton->rodata->per_port
			    ? bpf_map__set_max_entries(maps[i], planes * PORTSIEVE_PORT_BLOCKS)
			    : bpf_map__set_autocreate(maps[i], false);
	return r;
}

static int configure_events(struct portsieve *skeleton, const struct program_options *options)
{
	int cpus = libbpf_num_possible_cpus();
	struct bpf_map *const maps[EVENT_MAPS] = {
		[EVENT_SLOTS] = skeleton->maps.event_slots,
		[EVENT_HEADS] = skeleton->maps.event_heads,
		[EVENT_CONTROL] = skeleton->maps.event_control,
	};
	int r = 0;

	skeleton->rodata->events = records(options->events);
	skeleton->rodata->events_all = options->events == DATAPATH_EVENTS_ALL;
	for (int map = 0; !r && map < EVENT_MAPS; map++) {
		if (!records(options->events))
			r = bpf_map__set_autocreate(maps[map], false);
		else if (options->keeps_events)
			r = bpf_map__reuse_fd(maps[map], options->event_fds[map]);
	}
	if (r || !records(options->events) || options->keeps_events)
		return r;
	return bpf_map__set_max_entries(maps[EVENT_SLOTS],
					PORTSIEVE_EVENT_SLOTS * (uint32_t)(cpus > 0 ? cpus : 1));
}

static int configure(struct portsieve *skeleton, const struct program_options *options)
{
	bool is_watched = watches(options);
	struct bpf_program *program = options->in_chain ? skeleton->progs.portsieve_chain
							: link_program(skeleton, is_watched);
	bool shares = options->active_fd >= 0;
	const struct {
		struct bpf_map *map;
		int fd; /* to reuse; -1: create the map */
	} shared[] = {
		{ skeleton->maps.counters, options->counters_fd },
		{ skeleton->maps.active, options->active_fd },
		{ skeleton->maps.prefixes4, shares ? options->prefixes_fd[POLICY_IPV4] : -1 },
		{ skeleton->maps.prefixes6, shares ? options->prefixes_fd[POLICY_IPV6] : -1 },
		{ skeleton->maps.replies, shares ? options->replies_fd : -1 },
		{ skeleton->maps.flow_tables, options->tables_fd },
		{ skeleton->maps.turn, options->in_chain ? options->turn_fd : -1 },
		{ skeleton->maps.seen, options->in_chain ? options->seen_fd : -1 },
		{ skeleton->maps.port_cells, options->keeps_ports ? options->port_cells_fd : -1 },
		{ skeleton->maps.port_sums, options->keeps_ports ? options->port_sums_fd : -1 },
	};
	int r = configure_ports(skeleton, options);

	if (!r)
		r = configure_events(skeleton, options);
	if (!r && options->counters_fd < 0)
		r = bpf_map__set_max_entries(skeleton->maps.counters, options->counters_rows);
	for (size_t i = 0; !r && i < ARRAY_SIZE(shared); i++)
		if (shared[i].fd >= 0)
			r = bpf_map__reuse_fd(shared[i].map, shared[i].fd);
	if (r)
		return r;
	r = bpf_program__set_autoload(skeleton->progs.portsieve, !options->in_chain && !is_watched);
	if (!r && !options->in_chain)
		r = bpf_program__set_autoload(program, true);
	if (r)
		return r;
	if (!options->in_chain) { /* only a program in a dispatcher takes part in handovers */
		r = bpf_map__set_autocreate(skeleton->maps.turn, false);
		if (!r)
			r = bpf_map__set_autocreate(skeleton->maps.seen, false);
	}
	if (r)
		return r;
	skeleton->rodata->watching = is_watched;
	skeleton->rodata->watching_all =
		skeleton->rodata->per_port_all || skeleton->rodata->events_all;
	skeleton->rodata->jiffies_per_second = jiffies_per_second();
	skeleton->rodata->tracing = options->tracing;
	skeleton->rodata->has_buffers = program_has_buffers();
	if (skeleton->rodata->has_buffers)
		return bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
	return 0;
}

static int describe(struct program *program, const struct program_options *options)
{
	struct portsieve *skeleton = program->skeleton;
	/* not from rodata, which some kernels cannot map */
	const struct bpf_map *const event_maps[EVENT_MAPS] = {
		[EVENT_SLOTS] = skeleton->maps.event_slots,
		[EVENT_HEADS] = skeleton->maps.event_heads,
		[EVENT_CONTROL] = skeleton->maps.event_control,
	};
	bool is_watched = watches(options);
	int r;

	program->program_fd =
		options->in_chain ? -1 : bpf_program__fd(link_program(skeleton, is_watched));
	program->counters_fd = bpf_map__fd(skeleton->maps.counters);
	program->former_fd = program->baseline_fd = -1;
	program->active_fd = bpf_map__fd(skeleton->maps.active);
	program->prefixes_fd[POLICY_IPV4] = bpf_map__fd(skeleton->maps.prefixes4);
	program->prefixes_fd[POLICY_IPV6] = bpf_map__fd(skeleton->maps.prefixes6);
	program->replies_fd = bpf_map__fd(skeleton->maps.replies);
	program->tables_fd = bpf_map__fd(skeleton->maps.flow_tables);
	program->turn_fd = bpf_map__fd(skeleton->maps.turn);
	program->seen_fd = bpf_map__fd(skeleton->maps.seen);
	program->per_port = options->per_port;
	program->port_cells_fd = bpf_map__fd(skeleton->maps.port_cells);
	program->port_sums_fd = bpf_map__fd(skeleton->maps.port_sums);
	program->events = options->events;
	for (int map = 0; map < EVENT_MAPS; map++) {
		program->event_fds[map] = bpf_map__fd(event_maps[map]);
		r = records(options->events)
			    ? map_id(program->event_fds[map], &program->event_ids[map])
			    : 0;
		if (r)
			return r;
	}
	if (counts_ports(options->per_port)) {
		r = map_id(program->port_cells_fd, &program->port_cells_id);
		if (!r)
			r = map_id(program->port_sums_fd, &program->port_sums_id);
		if (r)
			return r;
	}
	if (program->program_fd >= 0) {
		r = program_id(program->program_fd, &program->id);
		if (r)
			return r;
	}
	r = map_id(program->active_fd, &program->active_id);
	if (!r)
		r = map_id(program->replies_fd, &program->replies_id);
	if (r)
		return r;
	for (int family = 0; family < TRIE_FAMILIES; family++) {
		r = map_id(program->prefixes_fd[family], &program->prefixes_id[family]);
		if (r)
			return r;
	}
	return 0;
}

/* Starts counting by port; the maps are all zero. */
static int start_ports(const struct program *program)
{
	_cleanup_free_ struct portsieve_port_sums *sums = calloc(1, sizeof(*sums));
	uint32_t first = 0;

	if (!sums)
		return -ENOMEM;
	sums->since_s = boottime_ns() / SECOND_NS;
	return bpf_map_update_elem(program->port_sums_fd, &first, sums, BPF_ANY) ? -errno : 0;
}

static int start_events(const struct program *program)
{
	struct portsieve_event_control control = { .all = program->events == DATAPATH_EVENTS_ALL,
						   .since_ns = boottime_ns(),
						   .real_offset_ns = clock_real_offset_ns() };
	uint32_t zero = 0;

	return bpf_map_update_elem(program->event_fds[EVENT_CONTROL], &zero, &control, BPF_ANY)
		       ? -errno
		       : 0;
}

int program_load(const struct program_options *options, struct program *ret_program,
		 struct error *error)
{
	_cleanup_program_ struct program program = { 0 };
	int r;

	program_quiet();
	program.skeleton = portsieve__open();

	if (!program.skeleton)
		return bpf_error(error, errno, "open the program");
	r = configure(program.skeleton, options);
	if (!r)
		r = portsieve__load(program.skeleton);
	if (!r)
		r = describe(&program, options);
	if (!r && counts_ports(options->per_port) && !options->keeps_ports)
		r = start_ports(&program);
	if (!r && records(options->events) && !options->keeps_events)
		r = start_events(&program);
	if (r == -EACCES || r == -E2BIG)
		return error_set(
			error, -r, EXIT_FAILED,
			"this kernel's verifier refuses the program (%s); for its messages: "
			"PORTSIEVE_DEBUG=1 portsieve ...",
			strerror(-r));
	if (r)
		return bpf_error(error, -r, "load the program");
	*ret_program = program;
	program.skeleton = NULL;
	return 0;
}

int program_open_in_chain(const struct program *maps, uint32_t own_turn,
			  struct program *ret_program, struct error *error)
{
	_cleanup_program_ struct program program = { .program_fd = -1 };
	struct program_options options = {
		.counters_fd = maps->counters_fd,
		.active_fd = maps->active_fd,
		.replies_fd = maps->replies_fd,
		.tables_fd = maps->tables_fd,
		.in_chain = true,
		.turn_fd = maps->turn_fd,
		.seen_fd = maps->seen_fd,
		.per_port = maps->per_port,
		.keeps_ports = counts_ports(maps->per_port),
		.port_cells_fd = maps->port_cells_fd,
		.port_sums_fd = maps->port_sums_fd,
		.events = maps->events,
		.keeps_events = records(maps->events),
	};
	int r;

	memcpy(options.prefixes_fd, maps->prefixes_fd, sizeof(options.prefixes_fd));
	memcpy(options.event_fds, maps->event_fds, sizeof(options.event_fds));
	program_quiet();
	program.skeleton = portsieve__open();
	if (!program.skeleton)
		return bpf_error(error, errno, "open the program");
	r = configure(program.skeleton, &options);
	if (r)
		return bpf_error(error, -r, "prepare the program for libxdp");
	program.skeleton->rodata->own_turn = own_turn;
	*ret_program = program;
	program.skeleton = NULL;
	return 0;
}

struct bpf_object *program_object(const struct program *program)
{
	return program->skeleton->obj;
}

bool program_is_loaded(const struct program *program)
{
	return bpf_program__fd(program->skeleton->progs.portsieve_chain) >= 0;
}

/* Returns -errno. */
static int pin(const struct datapath *datapath, uint32_t ifindex, const struct program *program)
{
	int r = 0;

	if (program->former_fd >= 0)
		r = pin_put(datapath, ifindex, "former", program->counters_id, program->former_fd);
	if (!r && program->baseline_fd >= 0)
		r = pin_put(datapath, ifindex, "baseline", program->counters_id,
			    program->baseline_fd);
	if (!r)
		r = pin_put(datapath, ifindex, "counters", program->counters_id,
			    program->counters_fd);
	if (r)
		return r;
	r = pin_put(datapath, ifindex, "active", program->active_id, program->active_fd);
	if (r)
		return r;
	for (int family = 0; family < TRIE_FAMILIES; family++) {
		r = pin_put(datapath, ifindex, prefixes_kinds[family], program->prefixes_id[family],
			    program->prefixes_fd[family]);
		if (r)
			return r;
	}
	r = pin_put(datapath, ifindex, "replies", program->replies_id, program->replies_fd);
	if (r)
		return r;
	r = pin_put(datapath, ifindex, "flow_tables", 0, program->tables_fd);
	if (r)
		return r;
	if (counts_ports(program->per_port)) {
		r = pin_put(datapath, ifindex, "port_cells", program->port_cells_id,
			    program->port_cells_fd);
		if (!r)
			r = pin_put(datapath, ifindex, "port_sums", program->port_sums_id,
				    program->port_sums_fd);
		if (r)
			return r;
	}
	for (int map = 0; map < EVENT_MAPS && program->event_ids[map]; map++) {
		r = pin_put(datapath, ifindex, event_kinds[map], program->event_ids[map],
			    program->event_fds[map]);
		if (r)
			return r;
	}
	if (program->program_fd >= 0) {
		view_put_program(datapath, ifindex, program);
		return pin_put(datapath, ifindex, "program", program->id, program->program_fd);
	}
	r = pin_put(datapath, ifindex, "turn", 0, program->turn_fd);
	return r ? r : pin_put(datapath, ifindex, "seen", 0, program->seen_fd);
}

int program_pin(const struct datapath *datapath, uint32_t ifindex, const struct program *program,
		struct error *error)
{
	int r = pin(datapath, ifindex, program);

	return r ? bpf_error(error, -r, "pin the program and its maps") : 0;
}

void program_close(struct program *program)
{
	portsieve__destroy(program->skeleton);
}

const struct portsieve_trace *program_last_decision(const struct program *program)
{
	return &program->skeleton->bss->last_decision;
}
