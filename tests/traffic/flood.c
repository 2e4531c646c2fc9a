/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `flood DEV` sends packets out of a veth at the rate of the kernel: BPF_PROG_TEST_RUN with live
 * frames runs flood.bpf.c, which makes and redirects every packet. Needs Linux 5.18 and root.
 *
 *   clang -O2 -g -target bpf -I/usr/include/$(gcc -print-multiarch) -c flood.bpf.c -o flood.bpf.o
 *   bpftool gen skeleton flood.bpf.o > flood.skel.h
 *   cc -std=gnu17 -D_GNU_SOURCE -I. -o flood flood.c options.c frame.c link.c -lbpf
 *   cc -std=gnu17 -I. -o received received.c link.c
 *
 * - The peer takes packets only while NAPI runs on it: with a native XDP program, or with
 *   `ethtool -K PEER gro on`. Without, all are lost, and nothing counts them.
 * - If the stack after the filter is slow, the kernel sometimes moves the peer's NAPI off the
 * flood's CPU, and packets are lost meanwhile. So --count without --rush sends portions that fit
 * the ring, with pauses.
 * - "delivered" is what fitted into the peer's ring of 256 frames and "overrun" what did not, by
 *   DEV's own counters: of two floods at a time on one DEV, each reports the sums. What was sent
 *   and is neither found a peer that takes no packets. `received PEER` is what arrived.
 * - flood stays on the CPU it starts on. The peer's NAPI then runs there too, after each batch, and
 *   a batch of 64 fits its ring; 256 at times does not. With threaded NAPI
 *   (/sys/class/net/PEER/threaded) the receiver is on its own and loses what its ring cannot hold.
 * - Neighbour discovery, ARP and ICMP replies of the devices themselves count on the peer too:
 *   compare `received` with what the peer's program counted rather than with "sent".
 * - With the default addresses --sources draws the receiver's own address too, which a socket
 *   never sees.
 * - A frame longer than the MTU of DEV or its peer plus 18 bytes is lost.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include "flood.h"
#include "flood.skel.h"
#include "link.h"
#include "options.h"

#define NANOSECONDS	1000000000ULL
#define PAUSE_NS	500000
#define TURN_NS		2000000ULL /* of --rate */
#define ALARM_PERIOD_US 10000 /* after the first: an alarm between two system calls is no use */

enum { PORTION_PACKETS = 128 }; /* the peer's ring holds twice as many */

enum exit_code {
	EXIT_DONE = 0,
	EXIT_FAILED = 1,
	EXIT_USAGE = 2,
};

struct outcome {
	__u64 sent_packets;
	__u64 delivered_packets;
	__u64 overrun_packets;
	double seconds;
};

struct xmit_counters {
	__u64 accepted;
	__u64 refused;
};

static void alarm_take(int number)
{
	(void)number;
}

static __u64 now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * NANOSECONDS + now.tv_nsec;
}

/* From then on, signals end a test run early. seconds 0: never. */
static int alarm_set(double seconds)
{
	struct sigaction action = { .sa_handler = alarm_take };
	struct itimerval timer = {
		.it_value.tv_sec = seconds,
		.it_value.tv_usec = (seconds - (time_t)seconds) * 1000000,
		.it_interval.tv_usec = ALARM_PERIOD_US,
	};

	if (!seconds)
		return 0;
	if (!timer.it_value.tv_sec && !timer.it_value.tv_usec)
		timer.it_value.tv_usec = 1;
	if (sigaction(SIGALRM, &action, NULL) || setitimer(ITIMER_REAL, &timer, NULL))
		return -errno;
	return 0;
}

/* If flood were moved, the peer's NAPI would remain on the old CPU and lag. */
static int cpu_stay(void)
{
	cpu_set_t here;

	CPU_ZERO(&here);
	CPU_SET(sched_getcpu(), &here);
	return sched_setaffinity(0, sizeof(here), &here) ? -errno : 0;
}

/*
 * Waits for the next turn of --rate, which begins at *turn_ns. Turns that have passed meanwhile are
 * left out, and what they would have sent.
 */
static void turn_wait(__u64 *turn_ns)
{
	__u64 now = now_ns();
	struct timespec until;

	*turn_ns += TURN_NS;
	if (*turn_ns <= now)
		*turn_ns = now;
	until = (struct timespec){ .tv_sec = *turn_ns / NANOSECONDS,
				   .tv_nsec = *turn_ns % NANOSECONDS };
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL);
}

/*
 * A test run enters its program in the kernel's XDP dispatcher, and removes it, which takes 25 ms
 * each time, unless it is there for a device too: for the loopback, which must be idle.
 */
static int keep_in_dispatcher(struct flood_bpf *skeleton)
{
	LIBBPF_OPTS(bpf_link_create_opts, generic, .flags = XDP_FLAGS_SKB_MODE);
	int link = bpf_link_create(bpf_program__fd(skeleton->progs.flood), if_nametoindex("lo"),
				   BPF_XDP, &generic);

	return link < 0 ? link : 0; /* it ends with the process */
}

/* Runs until the count is sent or the time is over. */
static int flood_send(const struct options *options, const struct frame *frame,
		      struct flood_bpf *skeleton)
{
	__u64 wanted = skeleton->rodata->wanted_packets;
	__u64 turn_ns = now_ns(), deadline_ns = turn_ns + options->seconds * NANOSECONDS;
	__u64 turn_packets = options->rate * TURN_NS / NANOSECONDS ?: 1;
	static const struct timespec pause = { .tv_nsec = PAUSE_NS };
	bool in_portions = options->count_packets && !options->rush;
	int err = cpu_stay() ?: alarm_set(options->seconds);

	while (!err && skeleton->bss->sent_packets < wanted) {
		__u64 left_packets = wanted - skeleton->bss->sent_packets;

		if (options->rate && left_packets > turn_packets)
			left_packets = turn_packets;
		else if (in_portions && left_packets > PORTION_PACKETS)
			left_packets = PORTION_PACKETS;
		LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame->bytes,
			    .data_size_in = frame->size_bytes,
			    .repeat = left_packets < INT_MAX ? left_packets : INT_MAX,
			    .flags = BPF_F_TEST_XDP_LIVE_FRAMES,
			    .batch_size = options->batch_packets);

		err = bpf_prog_test_run_opts(bpf_program__fd(skeleton->progs.flood), &run);
		if (err == -EINTR)
			err = 0;
		if (options->rate)
			turn_wait(&turn_ns);
		else if (in_portions)
			nanosleep(&pause, NULL);
		if (options->seconds && now_ns() >= deadline_ns)
			break;
	}
	return err;
}

static struct flood_bpf *flood_load(const struct options *options, const struct frame *frame)
{
	struct flood_bpf *skeleton = flood_bpf__open();

	if (!skeleton)
		return NULL;
	memcpy((void *)&skeleton->rodata->layout, &frame->layout, sizeof(frame->layout));
	skeleton->rodata->target_ifindex = if_nametoindex(options->device);
	skeleton->rodata->wanted_packets = options->count_packets ?: UINT64_MAX;
	skeleton->data->random_state = options->seed;
	memcpy(skeleton->bss->headers, frame->bytes, frame->layout.headers_bytes);
	if (flood_bpf__load(skeleton)) {
		flood_bpf__destroy(skeleton);
		return NULL;
	}
	return skeleton;
}

/* What the peer's ring took of redirected frames, and what found it full, since DEV was made. */
static struct xmit_counters xmit_counters_read(const char *device)
{
	struct xmit_counters counters = { 0 };

	link_read_counter(device, "_xdp_xmit", &counters.accepted);
	link_read_counter(device, "_xdp_xmit_errors", &counters.refused);
	return counters;
}

static int flood_run(const struct options *options, const struct frame *frame,
		     struct outcome *ret_outcome)
{
	struct flood_bpf *skeleton = flood_load(options, frame);
	struct xmit_counters before, after;

	if (!skeleton)
		return -errno;
	before = xmit_counters_read(options->device);

	int err = options->rate ? keep_in_dispatcher(skeleton) : 0;

	err = err ?: flood_send(options, frame, skeleton);
	after = xmit_counters_read(options->device);
	ret_outcome->sent_packets = skeleton->bss->sent_packets;
	ret_outcome->delivered_packets = after.accepted - before.accepted;
	ret_outcome->overrun_packets = after.refused - before.refused;
	if (skeleton->bss->ended_ns > skeleton->bss->begun_ns)
		ret_outcome->seconds =
			(double)(skeleton->bss->ended_ns - skeleton->bss->begun_ns) / NANOSECONDS;
	flood_bpf__destroy(skeleton);
	return err;
}

/* The addresses of the two devices, unless the user gave the peer's. */
static int addresses_find(struct options *options)
{
	int ifindex = if_nametoindex(options->device);
	int err = ifindex ? link_read_address(ifindex, options->frame.source_mac) : -ENODEV;

	if (err) {
		fprintf(stderr, "flood: %s: %s\n", options->device, strerror(-err));
		return err;
	}
	if (options->has_mac)
		return 0;
	err = link_read_peer_address(ifindex, options->frame.destination_mac);
	if (err)
		fprintf(stderr, "flood: %s: cannot read the address of its peer (%s): give --mac\n",
			options->device, strerror(-err));
	return err;
}

static int frame_prepare(const struct options *options, struct frame *ret_frame)
{
	int err = frame_build(&options->frame, ret_frame);

	if (err == -EINVAL)
		fprintf(stderr,
			"flood: --size %u is less than Ethernet (60) or these headers need\n",
			options->frame.size_bytes);
	else if (err == -ERANGE)
		fprintf(stderr, "flood: --sources: the last 16 bits of --source would overflow: "
				"begin lower\n");
	return err;
}

static void outcome_print(const struct outcome *outcome, bool json)
{
	double rate = outcome->seconds > 0 ? outcome->sent_packets / outcome->seconds : 0;

	printf(json ? "{\"sent\":%llu,\"seconds\":%.6f,\"packets_per_second\":%.0f,"
		      "\"delivered\":%llu,\"overrun\":%llu}\n"
		    : "%llu packets sent in %.6f s: %.0f packets/s; %llu delivered, %llu overrun\n",
	       outcome->sent_packets, outcome->seconds, rate, outcome->delivered_packets,
	       outcome->overrun_packets);
}

int main(int argc, char **argv)
{
	struct options options;
	struct outcome outcome = { 0 };
	struct frame frame;

	if (options_parse(argc, argv, &options))
		return EXIT_USAGE;
	if (options.help) {
		options_print_help(stdout);
		return EXIT_DONE;
	}
	if (addresses_find(&options))
		return EXIT_FAILED;
	if (frame_prepare(&options, &frame))
		return EXIT_USAGE;

	int err = flood_run(&options, &frame, &outcome);

	if (err) {
		fprintf(stderr, "flood: %s: %s\n", options.device, strerror(-err));
		return EXIT_FAILED;
	}
	if (!outcome.delivered_packets)
		fprintf(stderr,
			"flood: %s: nothing was delivered: its peer needs a native XDP program "
			"or GRO, and both must be up\n",
			options.device);
	outcome_print(&outcome, options.json);
	return EXIT_DONE;
}
