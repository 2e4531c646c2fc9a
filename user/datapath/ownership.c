/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Compares the ids that the kernel reports with the pins of a device. */
#include "datapath/ownership.h"

#include <bpf/bpf.h>
#include <errno.h>

#include "base/cleanup.h"

int program_maps_read(int program_fd, struct program_maps *ret_maps)
{
	struct program_maps maps = { 0 };
	struct bpf_prog_info info = { .map_ids = (uintptr_t)maps.ids,
				      .nr_map_ids = PROGRAM_MAPS_MAX };
	__u32 length = sizeof(info);

	if (bpf_obj_get_info_by_fd(program_fd, &info, &length))
		return -errno;
	maps.program_id = info.id;
	maps.count = info.nr_map_ids < PROGRAM_MAPS_MAX ? info.nr_map_ids : PROGRAM_MAPS_MAX;
	*ret_maps = maps;
	return 0;
}

bool program_maps_has(const struct program_maps *maps, int map_fd)
{
	uint32_t id;

	if (map_id(map_fd, &id))
		return false;
	for (uint32_t i = 0; i < maps->count; i++)
		if (maps->ids[i] == id)
			return true;
	return false;
}

int program_maps_open(const struct datapath *datapath, uint32_t ifindex,
		      const struct program_maps *maps, const char *kind, uint32_t *ret_id)
{
	for (uint32_t i = 0; i < maps->count; i++) {
		_cleanup_close_ int fd = pin_open(datapath, ifindex, kind, maps->ids[i]);

		if (fd == -ENOENT)
			continue;
		if (fd < 0)
			return fd;
		if (!map_has_id(fd, maps->ids[i]))
			return -EUCLEAN;
		*ret_id = maps->ids[i];
		return TAKE_FD(fd);
	}
	return -ENOENT;
}

bool program_is_own(const struct datapath *datapath, uint32_t ifindex, int program_fd)
{
	_cleanup_close_ int active_fd = -1, counters_fd = -1;
	struct program_maps maps;
	uint32_t id;

	if (program_maps_read(program_fd, &maps))
		return false;
	active_fd = program_maps_open(datapath, ifindex, &maps, "active", &id);
	if (active_fd >= 0)
		return true;
	counters_fd = pin_open(datapath, ifindex, "counters", 0);
	return counters_fd >= 0 && program_maps_has(&maps, counters_fd);
}
