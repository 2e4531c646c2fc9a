/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Reads /proc, /sys and the limits of the process. */
#include "host/machine.h"

#include <linux/capability.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/cleanup.h"
#include "host/host.h"

#define BPFFS	    "/sys/fs/bpf"
#define CLOCKSOURCE "/sys/devices/system/clocksource/clocksource0/"

/* Reads the first line, without the newline; "" if the file cannot be read. */
static void read_line(const char *path, char *line, size_t size)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");

	line[0] = '\0';
	if (file && fgets(line, (int)size, file))
		line[strcspn(line, "\n")] = '\0';
}

static uint64_t read_capabilities(void)
{
	struct __user_cap_header_struct head = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { 0 };

	if (syscall(SYS_capget, &head, data))
		return 0;
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

/* The initial user namespace maps every id to itself. */
static bool has_own_user_namespace(void)
{
	_cleanup_fclose_ FILE *map = fopen("/proc/self/uid_map", "re");
	unsigned long inside, outside, count;

	return map && fscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3 &&
	       (inside || outside || count != UINT32_MAX);
}

static uint64_t read_memlock(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) || limit.rlim_max == RLIM_INFINITY)
		return MACHINE_UNLIMITED;
	return limit.rlim_max;
}

/* net.core.bpf_jit_enable exists in the initial network namespace only. */
static enum machine_setting read_jit(void)
{
	char line[16];

	read_line("/proc/sys/net/core/bpf_jit_enable", line, sizeof(line));
	if (!line[0])
		return MACHINE_UNKNOWN;
	return line[0] == '0' ? MACHINE_OFF : MACHINE_ON;
}

static void read_bpffs(struct machine *machine)
{
	struct statfs type;
	struct statvfs flags;
	struct stat status;

	if (statfs(BPFFS, &type) || (uint64_t)type.f_type != BPF_FS_MAGIC)
		return;
	machine->bpffs_mounted = true;
	if (!statvfs(BPFFS, &flags))
		machine->bpffs_read_only = flags.f_flag & ST_RDONLY;
	if (!stat(BPFFS, &status))
		machine->bpffs_mode = status.st_mode & 0777;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

static void read_network(struct machine *machine)
{
	_cleanup_closedir_ DIR *names = opendir("/run/netns");
	struct stat own, other;
	struct dirent *entry;

	if (stat("/proc/self/ns/net", &own))
		return;
	machine->initial_network = !stat("/proc/1/ns/net", &other) && is_same(&own, &other);
	while (names && (entry = readdir(names)))
		if (!fstatat(dirfd(names), entry->d_name, &other, 0) && is_same(&own, &other))
			snprintf(machine->network, sizeof(machine->network), "%.63s",
				 entry->d_name);
}

static void read_clock(struct machine *machine)
{
	struct timex clock = { 0 };
	char available[128];

	machine->clock_synchronised = adjtimex(&clock) >= 0 && !(clock.status & STA_UNSYNC);
	machine->realtime_ns = host_realtime_ns();
	read_line(CLOCKSOURCE "current_clocksource", machine->clocksource,
		  sizeof(machine->clocksource));
	read_line(CLOCKSOURCE "available_clocksource", available, sizeof(available));
	machine->has_tsc = !strncmp(available, "tsc", 3) || strstr(available, " tsc");
}

struct machine machine_read(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);
	struct machine machine = {
		.cpus = cpus > 0 ? (unsigned int)cpus : 1,
		.capabilities = read_capabilities(),
		.own_user_namespace = has_own_user_namespace(),
		.memlock_bytes = read_memlock(),
		.jit = read_jit(),
	};
	struct utsname kernel;

	if (!uname(&kernel))
		snprintf(machine.release, sizeof(machine.release), "%s", kernel.release);
	read_bpffs(&machine);
	read_network(&machine);
	read_clock(&machine);
	return machine;
}

bool forwarding_read(int family, const char *device)
{
	const char *const devices[] = { "all", device };
	char path[96], line[16];

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/forwarding",
			 family == AF_INET ? "ipv4" : "ipv6", devices[i]);
		read_line(path, line, sizeof(line));
		if (line[0] && line[0] != '0')
			return true;
	}
	return false;
}
