/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A policy as maps. The map of the image holds struct portsieve_image, byte for byte. */
#include "datapath/policy_maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "base/cleanup.h"
#include "datapath/old_layout.h"
#include "datapath/pins.h"
#include "datapath/tries.h"

void policy_maps_close(struct policy_maps *maps)
{
	cleanup_close(&maps->image_fd);
	cleanup_close(&maps->text_fd);
	for (int family = 0; family < TRIE_FAMILIES; family++)
		cleanup_close(&maps->trie_fd[family]);
}

/* A frozen array of one element. Returns a descriptor or -errno. */
static int make_frozen(const char *name, const void *value, size_t size, uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);
	_cleanup_close_ int fd =
		bpf_map_create(BPF_MAP_TYPE_ARRAY, name, sizeof(__u32), size, 1, &options);
	__u32 slot = 0;

	if (fd < 0 || bpf_map_update_elem(fd, &slot, value, BPF_ANY) || bpf_map_freeze(fd))
		return -errno;
	return TAKE_FD(fd);
}

/*
 * The flags must equal those of the template in bpf/maps.h, or the kernel rejects the map in the
 * slot.
 */
static int make_image(const struct portsieve_image *image, struct policy_maps *maps,
		      struct error *error)
{
	int r;

	maps->image_fd = make_frozen("portsieve_image", image, sizeof(*image), BPF_F_RDONLY_PROG);
	if (maps->image_fd < 0)
		return bpf_error(error, -maps->image_fd, "make the map of the policy");
	r = map_id(maps->image_fd, &maps->id);
	return r ? bpf_error(error, -r, "read the id of the policy's map") : 0;
}

/* Makes one map with all texts, each NUL-terminated. Returns a descriptor or -errno. */
static int make_texts(const struct datapath_policy *policy)
{
	const char *list[] = { policy->text, policy->failsafe ?: "", policy->sets ?: "" };
	_cleanup_free_ char *texts = NULL;
	size_t size = 0;
	char *end;

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		size += strlen(list[i]) + 1;
	texts = end = malloc(size);
	if (!texts)
		return -ENOMEM;
	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		end = stpcpy(end, list[i]) + 1;
	return make_frozen("portsieve_text", texts, size, 0);
}

int policy_maps_make(const struct datapath_policy *policy, struct policy_maps *ret_maps,
		     struct error *error)
{
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	int r = tries_make(policy->addresses, maps.trie_fd, error);

	if (r)
		return r;
	r = make_image(policy->image, &maps, error);
	if (r)
		return r;
	maps.text_fd = make_texts(policy);
	if (maps.text_fd < 0)
		return bpf_error(error, -maps.text_fd, "make the map of the policy's text");
	*ret_maps = maps;
	maps = POLICY_MAPS_NONE;
	return 0;
}

int policy_maps_make_like(const struct policy_maps *like, const struct portsieve_image *image,
			  struct policy_maps *ret_maps, struct error *error)
{
	_cleanup_policy_maps_ struct policy_maps maps = POLICY_MAPS_NONE;
	int r = make_image(image, &maps, error);

	if (r)
		return r;
	maps.text_fd = fcntl(like->text_fd, F_DUPFD_CLOEXEC, 0);
	if (maps.text_fd < 0)
		return error_set(error, errno, EXIT_FAILED, "%s", strerror(errno));
	for (int family = 0; family < TRIE_FAMILIES; family++) {
		if (like->trie_fd[family] < 0)
			continue;
		maps.trie_fd[family] = fcntl(like->trie_fd[family], F_DUPFD_CLOEXEC, 0);
		if (maps.trie_fd[family] < 0)
			return error_set(error, errno, EXIT_FAILED, "%s", strerror(errno));
	}
	*ret_maps = maps;
	maps = POLICY_MAPS_NONE;
	return 0;
}

int policy_maps_pin(const struct datapath *datapath, uint32_t ifindex,
		    const struct policy_maps *maps, struct error *error)
{
	int r = pin_put(datapath, ifindex, "text", maps->id, maps->text_fd);

	if (r)
		return bpf_error(error, -r, "pin the policy");
	for (int family = 0; family < TRIE_FAMILIES; family++) {
		if (maps->trie_fd[family] < 0)
			continue;
		r = pin_put(datapath, ifindex, trie_kinds[family], maps->id, maps->trie_fd[family]);
		if (r)
			return bpf_error(error, -r, "pin the policy");
	}
	r = pin_put(datapath, ifindex, "image", maps->id, maps->image_fd);
	return r ? bpf_error(error, -r, "pin the policy") : 0;
}

int image_commit(int active_fd, const struct policy_maps *maps, struct error *error)
{
	__u32 slot = PORTSIEVE_SLOT_NOW;

	if (bpf_map_update_elem(active_fd, &slot, &maps->image_fd, BPF_ANY))
		return bpf_error(error, errno, "put the policy in force");
	return 0;
}

/* Returns -errno. */
static int put_or_empty(int active_fd, __u32 slot, const struct policy_maps *maps)
{
	int r = maps ? bpf_map_update_elem(active_fd, &slot, &maps->image_fd, BPF_ANY)
		     : bpf_map_delete_elem(active_fd, &slot);

	return r && (maps || errno != ENOENT) ? -errno : 0;
}

int image_keep_before(int active_fd, const struct policy_maps *maps, struct error *error)
{
	int r = put_or_empty(active_fd, PORTSIEVE_SLOT_BEFORE, maps);

	return r ? bpf_error(error, -r, "keep the previous policy for a rollback") : 0;
}

int image_put_next(int active_fd, const struct policy_maps *maps, struct error *error)
{
	int r = put_or_empty(active_fd, PORTSIEVE_SLOT_NEXT, maps);

	return r ? bpf_error(error, -r, "announce the policy to the egress program") : 0;
}

int image_read(int image_fd, struct portsieve_image **ret_image, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), slot = 0;

	if (bpf_obj_get_info_by_fd(image_fd, &info, &length))
		return bpf_error(error, errno, "read the policy's map");
	image = calloc(1, info.value_size > sizeof(*image) ? info.value_size : sizeof(*image));
	if (!image)
		return error_no_memory(error);
	if (bpf_map_lookup_elem(image_fd, &slot, image))
		return bpf_error(error, errno, "read the policy's map");
	if (image->abi >= OLD_ABI_FIRST && image->abi <= OLD_ABI_LAST && image->abi < PORTSIEVE_ABI)
		return error_set(
			error, EPROTO, EXIT_FAILED,
			"its policy was loaded by an older version of portsieve (map format "
			"%u, not %d): take it over with `portsieve upgrade`",
			image->abi, PORTSIEVE_ABI);
	if (image->abi != PORTSIEVE_ABI || info.value_size != sizeof(*image))
		return error_set(
			error, EPROTO, EXIT_FAILED,
			"its policy was loaded by another version of portsieve (map format %u, not "
			"%d): use that version, or save the policy with its `portsieve show`, then "
			"unload with it and load with this version",
			image->abi, PORTSIEVE_ABI);
	*ret_image = TAKE_PTR(image);
	return 0;
}

int text_read(int text_fd, char **ret_text, struct error *error)
{
	_cleanup_free_ char *text = NULL;
	struct bpf_map_info info = { 0 };
	__u32 length = sizeof(info), slot = 0;

	if (bpf_obj_get_info_by_fd(text_fd, &info, &length))
		return bpf_error(error, errno, "read the text of the policy in force");
	text = calloc(1, info.value_size + 8); /* the kernel rounds elements up to 8 bytes */
	if (!text)
		return error_no_memory(error);
	if (bpf_map_lookup_elem(text_fd, &slot, text))
		return bpf_error(error, errno, "read the text of the policy in force");
	*ret_text = TAKE_PTR(text);
	return 0;
}

bool image_equal(const struct portsieve_image *one, const struct portsieve_image *other)
{
	const uint32_t history = PORTSIEVE_IMAGE_FELL_BACK; /* says nothing about packets */

	return (one->flags | history) == (other->flags | history) &&
	       one->drop_knobs == other->drop_knobs && one->monitor_knobs == other->monitor_knobs &&
	       !memcmp(&one->enforced, &other->enforced, sizeof(one->enforced)) &&
	       !memcmp(&one->final, &other->final, sizeof(one->final)) &&
	       one->ranges == other->ranges && one->rules == other->rules &&
	       !memcmp(&one->host, &other->host, sizeof(one->host)) &&
	       !memcmp(one->sha256, other->sha256, sizeof(one->sha256)) &&
	       !memcmp(one->text_sha256, other->text_sha256, sizeof(one->text_sha256)) &&
	       !memcmp(one->failsafe_sha256, other->failsafe_sha256,
		       sizeof(one->failsafe_sha256)) &&
	       !memcmp(one->port, other->port, sizeof(one->port)) &&
	       !memcmp(one->range, other->range, one->ranges * sizeof(one->range[0])) &&
	       !memcmp(one->rule, other->rule, one->rules * sizeof(one->rule[0]));
}
