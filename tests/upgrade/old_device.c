/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `old_device DEV POLICY ABI [SECONDS]` loads a device as a version of ABI 3 or 4 did: with the
 * program of old.bpf.c, maps of the old layouts, and pins of the same names. With SECONDS the
 * policy is unconfirmed for so long; nothing to return to is there. No rule of the policy may have
 * addresses or an end.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/deadline.h"
#include "compile/counter_ids.h"
#include "control/ruleset.h"
#include "datapath/pins.h"

#define PROGRAM_PATH "build/tests/upgrade/old.bpf.o"

static void must(bool is_good, const char *what)
{
	if (is_good)
		return;
	fprintf(stderr, "old_device: cannot %s: %s\n", what, strerror(errno));
	exit(1);
}

/* The map of an old image: two fields less before `port`, and no more than ids by rule. */
static int image_make(const struct portsieve_image *image, uint32_t abi)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_RDONLY_PROG);
	_cleanup_free_ uint8_t *old = calloc(1, PORTSIEVE_IMAGE_BYTES);
	size_t from = offsetof(struct portsieve_image, port);
	size_t end = offsetof(struct portsieve_image, host) + sizeof(image->host);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "portsieve_image", 4, PORTSIEVE_IMAGE_BYTES, 1,
				&options);
	uint32_t zero = 0;

	must(old && fd >= 0, "make the image");
	memcpy(old, &abi, sizeof(abi));
	memcpy(old + 4, &image->flags, sizeof(image->flags));
	memcpy(old + 8, &image->drop_knobs, sizeof(image->drop_knobs));
	memcpy(old + 16, (const uint8_t *)image + from, end - from);
	must(!bpf_map_update_elem(fd, &zero, old, BPF_ANY) && !bpf_map_freeze(fd),
	     "fill the image");
	return fd;
}

static int text_make(const char *text)
{
	size_t size = strlen(text) + 1;
	_cleanup_free_ char *value = calloc(1, size + 8);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, "text", 4, (uint32_t)size, 1, NULL);
	uint32_t zero = 0;

	must(value && fd >= 0, "make the text");
	memcpy(value, text, size);
	must(!bpf_map_update_elem(fd, &zero, value, BPF_ANY) && !bpf_map_freeze(fd),
	     "fill the text");
	return fd;
}

static uint32_t id_of(int map_fd)
{
	uint32_t id = 0;

	must(!map_id(map_fd, &id), "read an id");
	return id;
}

static void load(const struct datapath *datapath, uint32_t ifindex, const struct ruleset *ruleset,
		 uint32_t abi)
{
	struct bpf_object *object = bpf_object__open_file(PROGRAM_PATH, NULL);
	struct bpf_program *program;
	struct bpf_link *link;
	int image_fd = image_make(ruleset->image, abi), text_fd = text_make(ruleset->text);
	int active_fd, counters_fd;
	uint32_t zero = 0, id = 0;

	must(object && !bpf_object__load(object), "load " PROGRAM_PATH);
	program = bpf_object__find_program_by_name(object, "old");
	active_fd = bpf_object__find_map_fd_by_name(object, "active");
	counters_fd = bpf_object__find_map_fd_by_name(object, "counters");
	must(!bpf_map_update_elem(active_fd, &zero, &image_fd, BPF_ANY), "fill the slot");
	must(!program_id(bpf_program__fd(program), &id), "read the program's id");
	link = bpf_program__attach_xdp(program, (int)ifindex);
	must(link, "attach");
	must(!pins_make_directory(datapath, ifindex, NULL) &&
		     !pin_put(datapath, ifindex, "counters", 0, counters_fd) &&
		     !pin_put(datapath, ifindex, "active", id_of(active_fd), active_fd) &&
		     !pin_put(datapath, ifindex, "program", id, bpf_program__fd(program)) &&
		     !pin_put(datapath, ifindex, "image", id_of(image_fd), image_fd) &&
		     !pin_put(datapath, ifindex, "text", id_of(image_fd), text_fd) &&
		     !pin_put(datapath, ifindex, "link", 0, bpf_link__fd(link)),
	     "pin");
}

int main(int argc, char **argv)
{
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	struct error error = { 0 };
	char text[1024];

	if (argc < 4 || argc > 5) {
		fprintf(stderr, "usage: old_device DEV POLICY ABI [SECONDS]\n");
		return 2;
	}
	if (ruleset_read(argv[2], &ruleset, &error) ||
	    datapath_open(DATAPATH_WRITE, NULL, &datapath, &error)) {
		fprintf(stderr, "old_device: %s\n", error_format(&error, text, sizeof(text)));
		return 1;
	}
	must(!counter_ids_assign(ruleset.image, NULL), "assign the rows");
	if (argc == 5) {
		ruleset.image->flags |= PORTSIEVE_IMAGE_UNCONFIRMED;
		ruleset.image->confirm_until_ns =
			boottime_ns() + strtoull(argv[4], NULL, 10) * SECOND_NS;
	}
	load(&datapath, if_nametoindex(argv[1]), &ruleset, (uint32_t)strtoul(argv[3], NULL, 10));
	return 0;
}
