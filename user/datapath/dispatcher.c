/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Joining libxdp's dispatcher and leaving it. A silent fallback of libxdp to a plain attach is
 * detected and undone.
 */
#include "datapath/dispatcher.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <string.h>
#include <time.h>
#include <xdp/libxdp.h>

#include "base/cleanup.h"
#include "datapath/link.h"
#include "datapath/pins.h"

/*
 * Programs run by ascending priority. Ours runs after xdp-filter (10), so that it need not judge
 * packets that an address list drops, and before programs that redirect packets, such as libxdp's
 * own for AF_XDP (20), and those with the default priority (50), which should see only packets that
 * the policy passes.
 */
enum { RUN_PRIORITY = 15 };

enum {
	MEMBERS_MAX = 10, /* of libxdp's dispatcher */
	OPEN_TRIES = 20,
};

static void close_multiprog(struct xdp_multiprog **dispatcher)
{
	xdp_multiprog__close(*dispatcher);
}

#define _cleanup_multiprog_ __attribute__((cleanup(close_multiprog)))

/*
 * -ENOENT: no dispatcher. -EAGAIN: there is one, but libxdp could not read its pins and reports it
 * as a plain program.
 */
static int open_once(uint32_t ifindex, struct xdp_multiprog **ret_dispatcher)
{
	struct xdp_multiprog *found = xdp_multiprog__get_from_ifindex((int)ifindex);
	long r = libxdp_get_error(found);
	const char *name;

	if (r || !found)
		return r ? (int)r : -ENOENT;
	if (!xdp_multiprog__is_legacy(found)) {
		*ret_dispatcher = found;
		return 0;
	}
	name = xdp_program__name(xdp_multiprog__main_prog(found));
	r = name && !strcmp(name, "xdp_dispatcher") ? -EAGAIN : -ENOENT;
	xdp_multiprog__close(found);
	return (int)r;
}

/*
 * -ENOENT: there is no dispatcher on the interface, or one without pins, which calls no program.
 * Retries, because other programs and their pins may come and go.
 */
static int open_dispatcher(uint32_t ifindex, struct xdp_multiprog **ret_dispatcher)
{
	static const struct timespec pause = { .tv_nsec = 5000000 };
	int r = -EAGAIN;

	program_quiet();
	for (int tries = 0; r == -EAGAIN && tries < OPEN_TRIES; tries++) {
		if (tries)
			nanosleep(&pause, NULL);
		r = open_once(ifindex, ret_dispatcher);
	}
	if (r == -EAGAIN)
		return dispatcher_has_pins(ifindex) ? -EIO : -ENOENT;
	return r;
}

/* Names the members, or only those without frags. */
static bool name_members(uint32_t ifindex, bool with_frags, char *names, size_t size)
{
	_cleanup_multiprog_ struct xdp_multiprog *dispatcher = NULL;
	struct xdp_program *member = NULL;
	size_t length = 0;

	names[0] = '\0';
	if (open_dispatcher(ifindex, &dispatcher))
		return false;
	while ((member = xdp_multiprog__next_prog(member, dispatcher)) && length < size)
		if (with_frags || !xdp_program__xdp_frags_support(member))
			length += (size_t)snprintf(names + length, size - length, "%s%s",
						   length ? ", " : "", xdp_program__name(member));
	return true;
}

bool dispatcher_is_on(uint32_t ifindex, char *names, size_t size)
{
	return name_members(ifindex, true, names, size);
}

void dispatcher_name_single_buffer(uint32_t ifindex, char *names, size_t size)
{
	name_members(ifindex, false, names, size);
}

bool dispatcher_has(uint32_t ifindex, uint32_t program_id)
{
	_cleanup_multiprog_ struct xdp_multiprog *dispatcher = NULL;
	struct xdp_program *member = NULL;

	if (open_dispatcher(ifindex, &dispatcher))
		return false;
	while ((member = xdp_multiprog__next_prog(member, dispatcher)))
		if (xdp_program__id(member) == program_id)
			return true;
	return false;
}

/* Our newest program except `but_id`, or NULL. */
static struct xdp_program *find_own(const struct datapath *datapath, uint32_t ifindex,
				    const struct xdp_multiprog *dispatcher, uint32_t but_id)
{
	struct xdp_program *member = NULL, *newest = NULL;

	while ((member = xdp_multiprog__next_prog(member, dispatcher)))
		if (xdp_program__id(member) != but_id &&
		    program_is_own(datapath, ifindex, xdp_program__fd(member)) &&
		    (!newest || xdp_program__id(member) > xdp_program__id(newest)))
			newest = member;
	return newest;
}

int dispatcher_find(const struct datapath *datapath, uint32_t ifindex, int *ret_program_fd,
		    uint32_t *ret_program_id)
{
	_cleanup_multiprog_ struct xdp_multiprog *dispatcher = NULL;
	struct xdp_program *member;
	int fd, r = open_dispatcher(ifindex, &dispatcher);

	if (r)
		return r == -ENODEV ? -ENOENT : r;
	member = find_own(datapath, ifindex, dispatcher, 0);
	if (!member)
		return -ENOENT;
	fd = fcntl(xdp_program__fd(member), F_DUPFD_CLOEXEC, 3);
	if (fd < 0)
		return -errno;
	*ret_program_fd = fd;
	*ret_program_id = xdp_program__id(member);
	return 0;
}

/*
 * Resolves *mode: an existing dispatcher decides it. Fails if *mode asks for the other one, or if
 * the dispatcher is full.
 */
static int join_mode(uint32_t ifindex, const char *device, enum datapath_mode *mode,
		     struct error *error)
{
	_cleanup_multiprog_ struct xdp_multiprog *dispatcher = NULL;
	enum datapath_mode there;
	int r = open_dispatcher(ifindex, &dispatcher);

	if (r)
		return r == -ENOENT ? 0 : bpf_error(error, -r, "inspect libxdp's dispatcher");
	there = xdp_multiprog__attach_mode(dispatcher) == XDP_MODE_SKB ? DATAPATH_GENERIC
								       : DATAPATH_NATIVE;
	if (*mode != DATAPATH_MODE_AUTO && *mode != there)
		return error_set(error, EBUSY, EXIT_FAILED,
				 "the dispatcher on %s runs in %s mode, for all of its programs; "
				 "join it with --mode %s",
				 device, datapath_mode_name(there), datapath_mode_name(there));
	if (xdp_multiprog__program_count(dispatcher) >= MEMBERS_MAX)
		return error_set(error, E2BIG, EXIT_FAILED,
				 "the dispatcher on %s is full (%d programs); "
				 "to list them: xdp-loader status %s",
				 device, MEMBERS_MAX, device);
	*mode = there;
	return 0;
}

/*
 * If a requirement is missing, libxdp silently attaches the program without a dispatcher, and
 * cannot detach it later. Detaches such a program.
 */
static int check_attached(uint32_t ifindex, const char *device, struct xdp_program *program,
			  struct error *error)
{
	uint32_t id = xdp_program__id(program);
	LIBBPF_OPTS(bpf_xdp_attach_opts, only_ours, .old_prog_fd = xdp_program__fd(program));
	struct occupant occupant;

	if (id && dispatcher_has(ifindex, id))
		return 0;
	if (!occupant_read(ifindex, &occupant, NULL) && id && occupant.program_id == id)
		bpf_xdp_detach((int)ifindex,
			       occupant.mode == DATAPATH_GENERIC ? XDP_FLAGS_SKB_MODE
								 : XDP_FLAGS_DRV_MODE,
			       &only_ours);
	return error_set(
		error, ENOTSUP, EXIT_FAILED,
		"libxdp did not put the program into a dispatcher on %s; for its messages: "
		"PORTSIEVE_DEBUG=1 portsieve ...; or use --attach link",
		device);
}

/* libxdp failed before it attached the program. */
static int load_error(struct error *error, const char *device, int errnum)
{
	if (errnum == EBUSY)
		return error_set(error, errnum, EXIT_FAILED,
				 "the dispatcher on %s was made by a libxdp of another version, "
				 "which this one cannot extend; unload its programs first: "
				 "xdp-loader status %s",
				 device, device);
	return error_set(
		error, errnum, EXIT_FAILED,
		"libxdp cannot load the program into a dispatcher on %s (%s); for its messages: "
		"PORTSIEVE_DEBUG=1 portsieve ...; or use --attach link",
		device, strerror(errnum));
}

static int attach_in_mode(uint32_t ifindex, const char *device, const struct program *maps,
			  uint32_t own_turn, enum datapath_mode mode, struct error *error)
{
	_cleanup_program_ struct program program = { 0 };
	DECLARE_LIBXDP_OPTS(xdp_program_opts, options, .prog_name = PROGRAM_IN_CHAIN);
	struct xdp_program *member;
	int r = program_open_in_chain(maps, own_turn, &program, error);

	if (r)
		return r;
	options.obj = program_object(&program);
	member = xdp_program__create(&options);
	if (libxdp_get_error(member))
		return bpf_error(error, errno, "hand the program to libxdp");
	r = xdp_program__set_run_prio(member, RUN_PRIORITY);
	if (!r)
		r = xdp_program__attach(member, (int)ifindex,
					mode == DATAPATH_GENERIC ? XDP_MODE_SKB : XDP_MODE_NATIVE,
					0);
	if (r && !program_is_loaded(&program))
		r = load_error(error, device, -r);
	else if (r)
		r = attach_error(error, device, mode, -r);
	else
		r = check_attached(ifindex, device, member, error);
	xdp_program__close(member);
	return r;
}

int dispatcher_attach(uint32_t ifindex, const char *device, const struct program *maps,
		      uint32_t own_turn, enum datapath_mode mode, enum datapath_mode *ret_mode,
		      struct error *error)
{
	enum datapath_mode tried = mode;
	int r = join_mode(ifindex, device, &tried, error);

	if (r)
		return r;
	unsetenv("LIBXDP_SKIP_DISPATCHER"); /* it would disable the dispatcher */
	if (tried != DATAPATH_MODE_AUTO) {
		r = attach_in_mode(ifindex, device, maps, own_turn, tried, error);
	} else {
		tried = DATAPATH_NATIVE;
		r = attach_in_mode(ifindex, device, maps, own_turn, tried, NULL);
		if (r && r != -EPERM) {
			tried = DATAPATH_GENERIC;
			r = attach_in_mode(ifindex, device, maps, own_turn, tried, error);
		}
	}
	if (r)
		return r;
	if (ret_mode)
		*ret_mode = tried;
	return 0;
}

int dispatcher_detach(const struct datapath *datapath, uint32_t ifindex, uint32_t kept_id,
		      struct error *error)
{
	for (int tries = 0; tries <= MEMBERS_MAX; tries++) {
		_cleanup_multiprog_ struct xdp_multiprog *dispatcher = NULL;
		struct xdp_program *member;
		int r = open_dispatcher(ifindex, &dispatcher);

		if (r == -ENOENT || r == -ENODEV)
			return 0;
		if (r)
			return bpf_error(error, -r, "inspect libxdp's dispatcher");
		member = find_own(datapath, ifindex, dispatcher, kept_id);
		if (!member)
			return 0;
		r = xdp_program__detach(member, (int)ifindex,
					xdp_multiprog__attach_mode(dispatcher), 0);
		if (r)
			return bpf_error(error, -r, "detach the program from libxdp's dispatcher");
	}
	return error_set(error, EBUSY, EXIT_FAILED,
			 "the program is still in libxdp's dispatcher; to see it: xdp-loader "
			 "status");
}
