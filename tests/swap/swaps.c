/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control variants repeat the steps of datapath_apply, each with one step broken. */
#include "swaps.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "compile/counter_ids.h"
#include "datapath/link.h"
#include "datapath/attachment.h"
#include "datapath/counters.h"
#include "datapath/policy_maps.h"
#include "datapath/pins.h"
#include "datapath/tries.h"

#define TORN "build/tests/swap/torn.bpf.o"

const char *const swap_paths[SWAP_POLICIES] = {
	[SWAP_A] = "tests/swap/a.yaml",
	[SWAP_B] = "tests/swap/b.yaml",
	[SWAP_A_ADDRESSES] = "tests/swap/a-addresses.yaml",
	[SWAP_B_ADDRESSES] = "tests/swap/b-addresses.yaml",
};

static struct ruleset rulesets[SWAP_POLICIES];

int swaps_open(struct error *error)
{
	int r = 0;

	for (enum swap_policy policy = 0; !r && policy < SWAP_POLICIES; policy++)
		r = ruleset_read(swap_paths[policy], &rulesets[policy], error);
	return r;
}

void swaps_close(void)
{
	for (enum swap_policy policy = 0; policy < SWAP_POLICIES; policy++)
		ruleset_free(&rulesets[policy]);
}

int swap_by_command(const struct lab *lab, enum swap_policy policy, struct error *error)
{
	const char *const argv[] = { LAB_BINARY, "apply",      swap_paths[policy],
				     "--dev",	 LAB_RECEIVER, NULL };
	int status = lab_run(argv);

	(void)lab;
	if (status)
		return error_set(error, EIO, EXIT_FAILED, "portsieve apply ended with %d", status);
	return 0;
}

int swap_by_call(const struct lab *lab, enum swap_policy policy, struct error *error)
{
	struct datapath_policy down = { .image = rulesets[policy].image,
					.text = rulesets[policy].text,
					.addresses = &rulesets[policy].addresses };
	struct datapath_device device;
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	int r = datapath_open(DATAPATH_WRITE, NULL, &datapath, error);

	if (r)
		return r;
	r = datapath_device(&datapath, lab->ifindex, &device, error);
	if (!r)
		r = datapath_apply(&datapath, &device, &down, error);
	return r;
}

static void lose_row(struct portsieve_image *image, const char *rule)
{
	for (uint32_t id = PORTSIEVE_RANGE_RULES; id < image->ranges; id++)
		if (!strcmp(image->rule[image->range[id].rule].name, rule))
			image->counter[id] = image->counters++;
}

/* Breaks a step before the last one. */
typedef void spoil_fn(struct portsieve_image *image, const struct portsieve_image *previous);

static void spoil_rows(struct portsieve_image *image, const struct portsieve_image *previous)
{
	(void)previous;
	lose_row(image, "kept-pass");
}

/* Puts the new prefixes into the tries of the policy in force. */
static void spoil_generation(struct portsieve_image *image, const struct portsieve_image *previous)
{
	image->generation = previous->generation;
}

static int apply_spoilt(const struct datapath *datapath, const struct attachment *attachment,
			const struct datapath_policy *policy, spoil_fn *spoil, struct error *error)
{
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	_cleanup_free_ struct portsieve_image *previous = NULL;
	int r = image_read(attachment_policy(attachment)->image_fd, &previous, error);

	if (!r)
		r = counter_ids_assign(policy->image, previous);
	if (r)
		return r;
	spoil(policy->image, previous);
	r = policy_maps_make(policy, &maps, error);
	if (!r)
		r = counters_prepare(attachment->counters_fd, policy->image, previous, error);
	if (!r)
		r = policy_maps_pin(datapath, attachment->ifindex, &maps, error);
	if (!r)
		r = tries_put(attachment->prefixes_fd, maps.trie_fd, policy->image->generation,
			      error);
	return r ? r : image_commit(attachment->active_fd, &maps, error);
}

static int swap_spoilt(const struct lab *lab, enum swap_policy policy, spoil_fn *spoil,
		       struct error *error)
{
	struct datapath_policy down = { .image = rulesets[policy].image,
					.text = rulesets[policy].text,
					.addresses = &rulesets[policy].addresses };
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	int r = datapath_open(DATAPATH_WRITE, NULL, &datapath, error);

	if (r)
		return r;
	r = attachment_open(&datapath, lab->ifindex, &attachment, error);
	if (!r)
		r = apply_spoilt(&datapath, &attachment, &down, spoil, error);
	return r;
}

int swap_losing_rows(const struct lab *lab, enum swap_policy policy, struct error *error)
{
	return swap_spoilt(lab, policy, spoil_rows, error);
}

int swap_prefixes_first(const struct lab *lab, enum swap_policy policy, struct error *error)
{
	return swap_spoilt(lab, policy, spoil_generation, error);
}

int swap_losing_retired(const struct lab *lab, enum swap_policy policy, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	_cleanup_free_ struct portsieve_counter *zeros =
		calloc(libbpf_num_possible_cpus(), sizeof(*zeros));
	uint32_t retired = PORTSIEVE_COUNTER_RETIRED;
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	int r = swap_by_call(lab, policy, error);

	if (!r && !zeros)
		r = -ENOMEM;
	if (!r)
		r = datapath_open(DATAPATH_READ, NULL, &datapath, error);
	if (r)
		return r;
	r = attachment_open(&datapath, lab->ifindex, &attachment, error);
	if (!r && bpf_map_update_elem(attachment.counters_fd, &retired, zeros, BPF_ANY))
		r = -errno;
	return r;
}

/* Loads one program of the object, on the maps of the attachment. */
static int load_torn(struct bpf_object *object, const char *name,
		     const struct attachment *attachment, int *ret_program_fd)
{
	struct bpf_program *program;
	int r = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "active"),
				  attachment->active_fd);

	if (!r)
		r = bpf_map__reuse_fd(bpf_object__find_map_by_name(object, "counters"),
				      attachment->counters_fd);
	bpf_object__for_each_program(program, object)
		bpf_program__set_autoload(program, !strcmp(bpf_program__name(program), name));
	if (!r)
		r = bpf_object__load(object);
	if (!r)
		*ret_program_fd = bpf_program__fd(bpf_object__find_program_by_name(object, name));
	return r;
}

static int replace(const struct datapath *datapath, const struct lab *lab,
		   struct bpf_object *object, const char *name, struct error *error)
{
	_cleanup_attachment_ struct attachment attachment = ATTACHMENT_NONE;
	uint32_t id;
	int fd, r = attachment_open(datapath, lab->ifindex, &attachment, error);

	if (!r)
		r = load_torn(object, name, &attachment, &fd);
	if (!r)
		r = program_id(fd, &id);
	if (!r)
		r = pin_put(datapath, lab->ifindex, "program", id, fd);
	return r ? r : link_replace(attachment.hook.link_fd, fd, error);
}

int swap_program(const struct lab *lab, const char *name, struct error *error)
{
	struct bpf_object *object = bpf_object__open_file(TORN, NULL);
	_cleanup_datapath_ struct datapath datapath = DATAPATH_CLOSED;
	int r;

	if (!object)
		return -errno;
	r = datapath_open(DATAPATH_WRITE, NULL, &datapath, error);
	if (!r)
		r = replace(&datapath, lab, object, name, error);
	bpf_object__close(object);
	return r;
}
