/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The namespaces, the programs on the open side, and how frames get into both. */
#include "lab.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/cleanup.h"

#define PROGRAMS    "build/tests/stack/every_port.bpf.o"
#define POLICY_FILE "/run/stack-policy.yaml"

enum { CONTROL_BYTES = 54, TRIES_MAX = 20 };

static const struct {
	const char *path, *sender;
} names[LAB_SIDES] = {
	[LAB_OPEN] = { "/run/netns/open", "to_open" },
	[LAB_FILTERED] = { "/run/netns/filtered", "to_filtered" },
};

static int namespaces_run(const char *words, const struct lab_setting *setting)
{
	char command[256];
	int status;

	snprintf(command, sizeof(command), "tests/stack/namespaces %s %s %s " POLICY_FILE, words,
		 setting && setting->generic ? "generic" : "native",
		 setting && setting->permissive ? "permissive" : "default");
	status = system(command); /* NOLINT: a test's own script */
	return status ? -EIO : 0;
}

static int policy_write(const char *text)
{
	_cleanup_fclose_ FILE *file = fopen(POLICY_FILE, "we");

	return file && fputs(text, file) >= 0 ? 0 : -EIO;
}

/* A socket that only sends: protocol 0 receives nothing. */
static int sender_open(const char *device)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex(device) };
	_cleanup_close_ int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	const int one = 1;

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) ||
	    setsockopt(fd, SOL_PACKET, PACKET_QDISC_BYPASS, &one, sizeof(one)))
		return -errno;
	return TAKE_FD(fd);
}

static int program_fd(struct bpf_object *object, const char *name)
{
	return bpf_program__fd(bpf_object__find_program_by_name(object, name));
}

/* In the namespace of the side. */
static int programs_attach(struct lab_namespace *side, enum lab_side which, bool generic)
{
	int device = (int)if_nametoindex("in");
	LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = device, .attach_point = BPF_TC_INGRESS);
	LIBBPF_OPTS(bpf_tc_opts, options, .handle = 1, .priority = 1);
	struct bpf_program *lookup;
	int r;

	side->object = bpf_object__open_file(PROGRAMS, NULL);
	if (!side->object)
		return -errno;
	r = bpf_object__load(side->object);
	if (r)
		return r;
	lookup = bpf_object__find_program_by_name(side->object, "every_port");
	side->lookup = bpf_program__attach_netns(lookup, side->fd);
	if (!side->lookup)
		return -errno;
	options.prog_fd = program_fd(side->object, "checksum_is_good");
	r = bpf_tc_hook_create(&hook);
	r = r ?: bpf_tc_attach(&hook, &options);
	if (r || which == LAB_FILTERED)
		return r;
	return bpf_xdp_attach(device, program_fd(side->object, "open_side"),
			      generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE, NULL);
}

/* Enters the namespace of the side and comes back. */
static int side_open(struct lab_namespace *side, enum lab_side which, bool generic)
{
	_cleanup_close_ int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	int r;

	side->sender = sender_open(names[which].sender);
	side->fd = open(names[which].path, O_RDONLY | O_CLOEXEC);
	if (side->sender < 0 || side->fd < 0 || own < 0)
		return -ENODEV;
	if (setns(side->fd, CLONE_NEWNET))
		return -errno;
	r = programs_attach(side, which, generic);
	r = r ?: ears_open(side);
	if (setns(own, CLONE_NEWNET))
		return -errno;
	return r;
}

int lab_open(const struct lab_setting *setting, struct lab *ret_lab)
{
	int r = policy_write(setting->policy);

	memset(ret_lab, 0, sizeof(*ret_lab));
	for (int i = 0; i < LAB_SIDES; i++)
		ret_lab->sides[i].fd = ret_lab->sides[i].sender = ret_lab->sides[i].epoll = -1;
	r = r ?: namespaces_run("up", setting);
	for (int i = 0; !r && i < LAB_SIDES; i++)
		r = side_open(&ret_lab->sides[i], i, setting->generic);
	for (int i = 0; !r && i < LAB_SIDES; i++)
		r = ears_add_replies(&ret_lab->sides[i], names[i].sender);
	if (r)
		lab_close(ret_lab);
	return r;
}

void lab_close(struct lab *lab)
{
	for (int i = 0; i < LAB_SIDES; i++) {
		struct lab_namespace *side = &lab->sides[i];

		ears_close(side);
		bpf_link__destroy(side->lookup);
		bpf_object__close(side->object);
		cleanup_close(&side->sender);
		cleanup_close(&side->fd);
	}
	namespaces_run("down", NULL);
}

static uint16_t checksum(const uint8_t *bytes, size_t count)
{
	uint32_t sum = 0;

	for (size_t i = 0; i + 1 < count; i += 2)
		sum += bytes[i] << 8 | bytes[i + 1];
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t) ~((sum & 0xffff) + (sum >> 16));
}

/* A SYN to tcp/80 of the first address, which every policy of the tests allows. */
static void control_write(uint32_t id, uint8_t *frame)
{
	static const uint8_t syn[CONTROL_BYTES] = {
		2,    0,    0,	 0,  0,	  1, 2,	   0, 0,  0, 0, 2, 8,	 0, /* Ethernet */
		0x45, 0,    0,	 40, 0,	  1, 0x40, 0, 64, 6, 0, 0, 10,	 0,
		0,    0,    198, 51, 100, 1, /* IPv4 */
		0x9c, 0x40, 0,	 80, 0,	  0, 0,	   1, 0,  0, 0, 0, 0x50, 2,
		0xff, 0xff, 0,	 0,  0,	  0,
	};
	uint16_t sum;

	memcpy(frame, syn, sizeof(syn));
	frame[27] = (uint8_t)(id >> 16);
	frame[28] = (uint8_t)(id >> 8);
	frame[29] = (uint8_t)id;
	sum = checksum(frame + 14, 20);
	frame[24] = (uint8_t)(sum >> 8);
	frame[25] = (uint8_t)sum;
}

static int send_all(const struct lab_namespace *side, struct mmsghdr *messages, size_t count)
{
	size_t sent = 0;

	while (sent < count) {
		int r = sendmmsg(side->sender, messages + sent, (unsigned int)(count - sent), 0);

		if (r < 0 && errno != EINTR && errno != ENOBUFS)
			return -errno;
		sent += r > 0 ? (size_t)r : 0;
	}
	return 0;
}

/*
 * Waits until all is received that was sent to a side: until a control frame is answered. Others
 * share the CPU's backlog: one may get lost.
 */
static int settle(struct lab *lab, enum lab_side side, lab_receipt_fn *take, void *context)
{
	uint8_t bytes[CONTROL_BYTES];
	struct iovec part = { bytes, sizeof(bytes) };
	struct mmsghdr control = { .msg_hdr = { .msg_iov = &part, .msg_iovlen = 1 } };
	int r = -ETIMEDOUT;

	for (int tries = 0; r == -ETIMEDOUT && tries < TRIES_MAX; tries++) {
		uint32_t id = LAB_ID_CONTROLS | (lab->controls++ & 0xffff);

		control_write(id, bytes);
		r = send_all(&lab->sides[side], &control, 1);
		r = r ?: ears_drain(lab, side, id, take, context);
	}
	return r;
}

/*
 * Settles twice: a packet out of a tunnel goes through the stack once more, and it may be the first
 * control frame that waits before its answer.
 */
int lab_burst(struct lab *lab, const struct iovec *frames, size_t count, lab_receipt_fn *take,
	      void *context)
{
	static struct mmsghdr messages[LAB_BURST_MAX];
	int r = 0;

	if (count > LAB_BURST_MAX)
		return -E2BIG;
	for (size_t i = 0; i < count; i++)
		messages[i].msg_hdr =
			(struct msghdr){ .msg_iov = (void *)&frames[i], .msg_iovlen = 1 };
	for (int i = 0; !r && i < LAB_SIDES; i++) {
		r = send_all(&lab->sides[i], messages, count);
		r = r ?: settle(lab, i, take, context);
		r = r ?: settle(lab, i, take, context);
	}
	return r;
}

/* Frames that did not fit into the peer's ring or backlog. */
static int lost_by(const char *device, uint64_t *lost)
{
	struct ifaddrs *interfaces;

	if (getifaddrs(&interfaces))
		return -errno;
	for (struct ifaddrs *i = interfaces; i; i = i->ifa_next)
		if (i->ifa_addr && i->ifa_addr->sa_family == AF_PACKET && i->ifa_data &&
		    !strcmp(i->ifa_name, device))
			*lost += ((const struct rtnl_link_stats *)i->ifa_data)->tx_dropped;
	freeifaddrs(interfaces);
	return 0;
}

int lab_read_lost(const struct lab *lab, uint64_t *ret_frames)
{
	_cleanup_close_ int own = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	uint64_t lost = 0;
	int r = own < 0 ? -errno : 0;

	for (int i = 0; !r && i < LAB_SIDES; i++) {
		r = lost_by(names[i].sender, &lost);
		if (!r && setns(lab->sides[i].fd, CLONE_NEWNET))
			return -errno;
		r = r ?: lost_by("in", &lost);
		if (setns(own, CLONE_NEWNET))
			return -errno;
	}
	if (!r)
		*ret_frames = lost;
	return r;
}
