/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two network namespaces that differ in one thing: portsieve filters one of them. Both have sockets
 * on every port, and what these receive comes out as receipts. It makes no frames and judges none.
 */
#ifndef STACK_LAB_H
#define STACK_LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/*
 * Frames come from 10.ID.ID.ID or 2001:db8:5::ID:ID: the source address names the shot, since it
 * survives the stack in any datagram, in the address of a SYN-ACK, and in every fragment.
 */
#define LAB_ID_NONE	UINT32_MAX
#define LAB_MAGIC	0x5a /* TCP: sequence and acknowledgement numbers are this byte and the ID */
#define LAB_ID_CONTROLS 0xff0000 /* the first of those that control frames have; 24 bits in all */

enum {
	LAB_EARS_MAX = 96,
	LAB_BURST_MAX = 160, /* frames: a veth's ring holds 256 */
};

enum lab_side { LAB_OPEN, LAB_FILTERED, LAB_SIDES };

/* A port was reached: by a datagram that a socket received, or a segment that was answered. */
struct lab_receipt {
	uint32_t id; /* LAB_ID_NONE: the source address is another one */
	uint16_t port;
	uint8_t protocol;
	bool second; /* at the second address: 198.51.100.2 or 2001:db8::2, else the first */
};

struct lab_setting {
	bool generic;	    /* XDP mode, else native */
	bool permissive;    /* sysctls: source routes, SRv6, forwarding, ... */
	const char *policy; /* the text of the file */
};

struct lab_ear {
	int fd;
	uint8_t protocol;
	enum lab_ear_kind { EAR_DATAGRAM, EAR_RAW4, EAR_RAW6, EAR_REPLIES } kind;
};

struct bpf_object;
struct bpf_link;

struct lab {
	uint32_t controls; /* sent so far */
	struct lab_namespace {
		int fd, sender, epoll;
		struct bpf_object *object;
		struct bpf_link *lookup;
		struct lab_ear ears[LAB_EARS_MAX];
		size_t ear_count;
	} sides[LAB_SIDES];
};

/* Ports that have sockets of UDP-Lite and for multicast too. */
extern const uint16_t lab_ports[];
extern const size_t lab_port_count;

typedef void lab_receipt_fn(void *context, enum lab_side side, const struct lab_receipt *receipt);

/* All return 0 or -errno. Wants a namespace without other devices than lo (tests/lib/isolate). */
int lab_open(const struct lab_setting *setting, struct lab *ret_lab);
void lab_close(struct lab *lab);

/*
 * Sends up to LAB_BURST_MAX frames into both namespaces and hands over all receipts of them.
 * Control frames follow them, so that none is still under way: -ETIMEDOUT where no control frame
 * arrives.
 */
int lab_burst(struct lab *lab, const struct iovec *frames, size_t count, lab_receipt_fn *take,
	      void *context);

/* Frames that a full ring or backlog lost, since lab_open. */
int lab_read_lost(const struct lab *lab, uint64_t *ret_frames);

/*
 * ears_open.c and ears.c, used by lab.c: ears_open makes the sockets of one side and wants to be
 * called in its namespace; the answers to TCP come out at the device `sender`, in the namespace of
 * the tests.
 */
int ears_open(struct lab_namespace *side);
int ears_add_replies(struct lab_namespace *side, const char *sender);
void ears_close(struct lab_namespace *side);

/* Hands over what comes, until the control frame `control` is answered; or -ETIMEDOUT. */
int ears_drain(struct lab *lab, enum lab_side side, uint32_t control, lab_receipt_fn *take,
	       void *context);

#endif
