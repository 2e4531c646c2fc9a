/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control side of a handover between two of our programs in one dispatcher. The packet side is
 * bpf/handover.h.
 */
#include "datapath/hook.h"
#include "datapath/handover.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>

#include "base/cleanup.h"
#include "datapath/dispatcher.h"
#include "datapath/pins.h"

/*
 * Opens a pinned map with one element. -EUCLEAN: it has another type or size, so that reading it
 * could overflow our buffers.
 */
static int open_pinned(const struct datapath *datapath, uint32_t ifindex, const char *kind,
		       enum bpf_map_type type, uint32_t value_size)
{
	_cleanup_close_ int fd = pin_open(datapath, ifindex, kind, 0);
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info);

	if (fd < 0)
		return fd;
	if (bpf_obj_get_info_by_fd(fd, &info, &length) || info.type != type ||
	    info.value_size != value_size || info.max_entries != 1)
		return -EUCLEAN;
	return TAKE_FD(fd);
}

static int read_turn(int turn_fd, struct portsieve_turn *ret_turn, struct error *error)
{
	__u32 zero = 0;

	if (bpf_map_lookup_elem(turn_fd, &zero, ret_turn))
		return bpf_error(error, errno, "read the state of the handover");
	return 0;
}

static int write_turn(int turn_fd, const struct portsieve_turn *turn, struct error *error)
{
	__u32 zero = 0;

	if (bpf_map_update_elem(turn_fd, &zero, turn, BPF_ANY))
		return bpf_error(error, errno, "write the state of the handover");
	return 0;
}

/*
 * Storing `now` passes the turn. A packet between the two programs is judged by the turn that the
 * first one saw. After the grace period there is no such packet, and the second program need not
 * ask any more. If a process died half way, all steps are repeated: else a CPU that has seen no
 * packet since would let packets through once the first program is detached.
 */
static int pass_turn(const struct attachment *attachment, int turn_fd, int seen_fd,
		     struct portsieve_turn *turn, struct error *error)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ uint64_t *seen = cpus > 0 ? calloc(cpus, sizeof(*seen)) : NULL;
	__u32 slot = PORTSIEVE_SLOT_NOW, zero = 0;

	if (!seen)
		return error_no_memory(error);
	if (turn->now != turn->next) {
		int r;

		turn->now = turn->next;
		r = write_turn(turn_fd, turn, error);
		if (r)
			return r;
	}
	/*
	 * Waits for an RCU grace period, after which no packet that entered the programs earlier is
	 * in flight: the kernel waits for one in an update of a map of maps, even if the value does
	 * not change.
	 */
	if (bpf_map_update_elem(attachment->active_fd, &slot,
				&attachment->slots[PORTSIEVE_SLOT_NOW].image_fd, BPF_ANY))
		return bpf_error(error, errno, "wait for packets in flight");
	/* Sets the record of every CPU, as some may see no packet during the handover. */
	for (int cpu = 0; cpu < cpus; cpu++)
		*(uint32_t *)&seen[cpu] = turn->next; /* the kernel rounds values up to 8 bytes */
	if (bpf_map_update_elem(seen_fd, &zero, seen, BPF_ANY))
		return bpf_error(error, errno, "write the state of the handover");
	return 0;
}

int handover_settle(const struct datapath *datapath, const struct attachment *attachment,
		    struct error *error)
{
	_cleanup_close_ int turn_fd =
		open_pinned(datapath, attachment->ifindex, "turn", BPF_MAP_TYPE_ARRAY,
			    sizeof(struct portsieve_turn));
	_cleanup_close_ int seen_fd = open_pinned(datapath, attachment->ifindex, "seen",
						  BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(uint32_t));
	struct portsieve_turn turn;
	int r;

	if (turn_fd < 0 || seen_fd < 0)
		return bpf_error(error, turn_fd < 0 ? -turn_fd : -seen_fd, "open the pins");
	r = read_turn(turn_fd, &turn, error);
	if (r)
		return r;
	if (turn.program_id && turn.program_id != attachment->hook.program_id) {
		r = pass_turn(attachment, turn_fd, seen_fd, &turn, error);
		if (r)
			return r;
	}
	r = dispatcher_detach(datapath, attachment->ifindex, attachment->hook.program_id, error);
	if (r)
		return r;
	if (turn.program_id) {
		turn.next = turn.now;
		turn.program_id = 0;
		r = write_turn(turn_fd, &turn, error);
		if (r)
			return r;
	}
	dispatcher_remove_stale(datapath, attachment->ifindex);
	if (hook_mark_chained(datapath, attachment->ifindex))
		return bpf_error(error, EIO, "record that the program is attached");
	return 0;
}

int handover_replace(const struct datapath *datapath, const char *device,
		     const struct attachment *attachment, const struct program *maps,
		     struct error *error)
{
	_cleanup_attachment_ struct attachment now = ATTACHMENT_NONE;
	struct portsieve_turn turn;
	int r = read_turn(maps->turn_fd, &turn, error);

	if (r)
		return r;
	turn.next = !turn.now;
	turn.program_id = attachment->hook.program_id;
	r = write_turn(maps->turn_fd, &turn, error);
	if (r)
		return r;
	r = dispatcher_attach(attachment->ifindex, device, maps, turn.next, DATAPATH_MODE_AUTO,
			      NULL, error);
	if (r)
		return r;
	r = attachment_require(datapath, attachment->ifindex, &now, error);
	return r ? r : handover_settle(datapath, &now, error);
}
