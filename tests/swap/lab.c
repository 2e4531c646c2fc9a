/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The lab: devices, processes and the witness. */
#include "lab.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "base/cleanup.h"
#include "link.h"

#define WORDS	     "/run/swap-words"
#define WITNESS	     "build/tests/swap/witness.bpf.o"
#define FLOOD	     "build/tests/traffic/flood"
#define FLOOD_LIMIT  "240" /* seconds, in case it is not stopped */
#define SETTLE_TRIES 100
#define SETTLE_MS    20

extern char **environ;

/* Prints the output of a failed command. */
static void show_words(const char *command)
{
	_cleanup_fclose_ FILE *file = fopen(WORDS, "re");
	char line[256];

	while (file && fgets(line, sizeof(line), file))
		fprintf(stderr, "# %s: %s", command, line);
}

int lab_run(const char *const argv[])
{
	posix_spawn_file_actions_t actions;
	pid_t pid;
	int status, r;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, WORDS,
					 O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	r = posix_spawnp(&pid, argv[0], &actions, NULL, (char *const *)argv, environ);
	posix_spawn_file_actions_destroy(&actions);
	if (r)
		return -r;
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	if (status)
		show_words(argv[0]);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -ECANCELED;
}

#define run(...) lab_run((const char *const[]){ __VA_ARGS__, NULL })

/* Not a namespace of the tests: refuse to touch it. */
static int check_alone(void)
{
	struct if_nameindex *interfaces = if_nameindex();
	int r = 0;

	if (!interfaces)
		return -errno;
	for (size_t i = 0; interfaces[i].if_index; i++)
		if (strcmp(interfaces[i].if_name, "lo"))
			r = -ENOTEMPTY;
	if_freenameindex(interfaces);
	return r;
}

/* The devices must not send packets of their own: without IPv6 they send none. */
static int quiet_ipv6(void)
{
	_cleanup_close_ int fd =
		open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	return write(fd, "1", 1) == 1 ? 0 : -EIO;
}

static int witness_attach(struct lab *lab)
{
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = lab->ifindex, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = 1, .priority = 1);
	int r;

	lab->witness = bpf_object__open_file(WITNESS, NULL);
	if (!lab->witness)
		return -errno;
	r = bpf_object__load(lab->witness);
	if (r)
		return r;
	lab->witness_fd = bpf_object__find_map_fd_by_name(lab->witness, "passed");
	options.prog_fd =
		bpf_program__fd(bpf_object__find_program_by_name(lab->witness, "witness"));
	r = bpf_tc_hook_create(&hook);
	return r ?: bpf_tc_attach(&hook, &options);
}

int lab_open(const char *policy, struct lab *ret_lab)
{
	struct lab lab = { .witness_fd = -1 };
	int r = check_alone() ?: quiet_ipv6();

	if (r)
		return r;
	if (run("ip", "link", "add", LAB_SENDER, "type", "veth", "peer", "name", LAB_RECEIVER) ||
	    run("ip", "link", "set", LAB_SENDER, "up") ||
	    run("ip", "link", "set", LAB_RECEIVER, "up") ||
	    run(LAB_BINARY, "load", LAB_RECEIVER, "--mode", "native", "-p", policy))
		r = -EIO;
	lab.ifindex = if_nametoindex(LAB_RECEIVER);
	r = r ?: witness_attach(&lab);
	if (r) {
		lab_close(&lab);
		return r;
	}
	*ret_lab = lab;
	return 0;
}

void lab_close(struct lab *lab)
{
	lab_flood_stop(lab);
	bpf_object__close(lab->witness);
	run(LAB_BINARY, "unload", LAB_RECEIVER);
	run("ip", "link", "delete", LAB_SENDER);
	*lab = (struct lab){ .witness_fd = -1 };
}

/*
 * The flood and its packets use the first CPU, the swaps the others. On a single CPU nothing could
 * be torn: no packet is processed on the CPU that makes a swap.
 */
static void cpus_divide(const cpu_set_t *all, cpu_set_t *ret_flood, cpu_set_t *ret_others)
{
	int first = 0;

	while (first < CPU_SETSIZE - 1 && !CPU_ISSET(first, all))
		first++;
	CPU_ZERO(ret_flood);
	CPU_SET(first, ret_flood);
	*ret_others = *all;
	if (CPU_COUNT(all) > 1)
		CPU_CLR(first, ret_others);
}

int lab_flood_start(struct lab *lab)
{
	pid_t parent = getpid();
	cpu_set_t flood, others;

	if (sched_getaffinity(0, sizeof(lab->cpus), &lab->cpus))
		return -errno;
	cpus_divide(&lab->cpus, &flood, &others);
	lab->flood = fork();
	if (lab->flood < 0)
		return -errno;
	if (lab->flood)
		return sched_setaffinity(0, sizeof(others), &others) ? -errno : 0;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sched_setaffinity(0, sizeof(flood), &flood);
	if (getppid() == parent && freopen("/dev/null", "w", stdout))
		execl(FLOOD, FLOOD, LAB_SENDER, "--ports", LAB_PORTS, "--seconds", FLOOD_LIMIT,
		      (char *)NULL);
	_exit(127);
}

/* Packets may still wait in the ring: reads until a pause changes nothing. */
static int settle(void)
{
	const struct timespec pause = { .tv_nsec = SETTLE_MS * 1000000L };
	struct lab_device before, now;
	int r = lab_device_read(&before);

	for (int tries = 0; !r && tries < SETTLE_TRIES; tries++) {
		nanosleep(&pause, NULL);
		r = lab_device_read(&now);
		if (!r && now.received == before.received)
			return 0;
		before = now;
	}
	return r ?: -EAGAIN;
}

/* A flood that ended before it was stopped is an error: the last swaps had no traffic. */
int lab_flood_stop(struct lab *lab)
{
	int status;

	if (!lab->flood)
		return 0;
	kill(lab->flood, SIGTERM);
	if (waitpid(lab->flood, &status, 0) != lab->flood)
		return -errno;
	lab->flood = 0;
	sched_setaffinity(0, sizeof(lab->cpus), &lab->cpus);
	if (!WIFSIGNALED(status))
		return -EPIPE;
	return settle();
}

int lab_device_read(struct lab_device *ret_device)
{
	__u64 received, dropped;
	int r = link_read_counter(LAB_RECEIVER, "_xdp_packets", &received);

	if (!r)
		r = link_read_counter(LAB_RECEIVER, "_xdp_drops", &dropped);
	if (!r)
		*ret_device = (struct lab_device){ received, dropped };
	return r;
}

int lab_witness_read(const struct lab *lab, uint16_t low, uint16_t high, uint64_t *ret_packets)
{
	uint64_t sum = 0, packets;

	for (uint32_t port = low; port <= high; port++) {
		if (bpf_map_lookup_elem(lab->witness_fd, &port, &packets))
			return -errno;
		sum += packets;
	}
	*ret_packets = sum;
	return 0;
}
