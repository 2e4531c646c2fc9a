/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The only file that knows the skeleton. */
#include "datapath/program.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <linux/bpf.h>
#include <string.h>
#include <xdp/libxdp.h>

#include "base/cleanup.h"
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
	return PORTSIEVE_LIBXDP_VERSION; /* of the build: libxdp has no function for it */
}

/* Multi-buffer frames and the helper for their length came in the same kernel (5.18). */
bool program_has_buffers(void)
{
	return libbpf_probe_bpf_helper(BPF_PROG_TYPE_XDP, BPF_FUNC_xdp_get_buff_len, NULL) == 1;
}

static datapath_debug_fn *debug;

void datapath_debug(datapath_debug_fn *print)
{
	debug = print;
}

/* Errors address users; the messages of the libraries only help to find a bug. */
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

static int configure(struct portsieve *skeleton, const struct program_options *options)
{
	struct bpf_program *program =
		options->in_chain ? skeleton->progs.portsieve_chain : skeleton->progs.portsieve;
	bool shares = options->active_fd >= 0;
	const struct {
		struct bpf_map *map;
		int fd; /* -1: create the map */
	} shared[] = {
		{ skeleton->maps.counters, options->counters_fd },
		{ skeleton->maps.active, options->active_fd },
		{ skeleton->maps.prefixes4, shares ? options->prefixes_fd[POLICY_IPV4] : -1 },
		{ skeleton->maps.prefixes6, shares ? options->prefixes_fd[POLICY_IPV6] : -1 },
		{ skeleton->maps.turn, options->in_chain ? options->turn_fd : -1 },
		{ skeleton->maps.seen, options->in_chain ? options->seen_fd : -1 },
	};
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(shared); i++)
		if (shared[i].fd >= 0)
			r = bpf_map__reuse_fd(shared[i].map, shared[i].fd);
	if (r)
		return r;
	if (options->in_chain) {
		r = bpf_program__set_autoload(skeleton->progs.portsieve, false);
	} else { /* only a program in a dispatcher takes part in handovers */
		r = bpf_map__set_autocreate(skeleton->maps.turn, false);
		if (!r)
			r = bpf_map__set_autocreate(skeleton->maps.seen, false);
	}
	if (r)
		return r;
	skeleton->rodata->tracing = options->tracing;
	skeleton->rodata->has_buffers = program_has_buffers();
	if (skeleton->rodata->has_buffers)
		return bpf_program__set_flags(program, BPF_F_XDP_HAS_FRAGS);
	return 0;
}

static int describe(struct program *program)
{
	struct portsieve *skeleton = program->skeleton;
	int r;

	program->program_fd = bpf_program__autoload(skeleton->progs.portsieve)
				      ? bpf_program__fd(skeleton->progs.portsieve)
				      : -1;
	program->counters_fd = bpf_map__fd(skeleton->maps.counters);
	program->active_fd = bpf_map__fd(skeleton->maps.active);
	program->prefixes_fd[POLICY_IPV4] = bpf_map__fd(skeleton->maps.prefixes4);
	program->prefixes_fd[POLICY_IPV6] = bpf_map__fd(skeleton->maps.prefixes6);
	program->turn_fd = bpf_map__fd(skeleton->maps.turn);
	program->seen_fd = bpf_map__fd(skeleton->maps.seen);
	if (program->program_fd >= 0) {
		r = program_id(program->program_fd, &program->id);
		if (r)
			return r;
	}
	r = map_id(program->active_fd, &program->active_id);
	if (r)
		return r;
	for (int family = 0; family < TRIE_FAMILIES; family++) {
		r = map_id(program->prefixes_fd[family], &program->prefixes_id[family]);
		if (r)
			return r;
	}
	return 0;
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
		r = describe(&program);
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
		.in_chain = true,
		.turn_fd = maps->turn_fd,
		.seen_fd = maps->seen_fd,
	};
	int r;

	memcpy(options.prefixes_fd, maps->prefixes_fd, sizeof(options.prefixes_fd));
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
	int r = pin_put(datapath, ifindex, "counters", 0, program->counters_fd);

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
	if (program->program_fd >= 0)
		return pin_put(datapath, ifindex, "program", program->id, program->program_fd);
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
