/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Filling a trie takes one system call per prefix: the kernel has no batches for them. */
#include "datapath/tries.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

/* A key of either family; IPv4 uses the first bytes only. */
union trie_key {
	struct portsieve_prefix4 ipv4;
	struct portsieve_prefix6 ipv6;
};

static const char *const trie_names[TRIE_FAMILIES] = {
	[POLICY_IPV4] = "portsieve_ipv4",
	[POLICY_IPV6] = "portsieve_ipv6",
};

const uint32_t trie_key_bytes[TRIE_FAMILIES] = {
	[POLICY_IPV4] = sizeof(struct portsieve_prefix4),
	[POLICY_IPV6] = sizeof(struct portsieve_prefix6),
};

/* Makes and fills the tries; the caller closes them, on failure too. */
static int make_tries(const struct addresses *addresses, int fd[TRIE_FAMILIES], struct error *error)
{
	/* The flags must equal those of the templates in bpf/maps.h. */
	LIBBPF_OPTS(bpf_map_create_opts, options,
		    .map_flags = BPF_F_NO_PREALLOC | BPF_F_RDONLY_PROG);

	for (size_t i = 0; addresses && i < addresses->count; i++) {
		const struct address_class *address = &addresses->list[i];
		enum policy_family family = address->prefix.family;
		union trie_key key;

		if (fd[family] < 0)
			fd[family] = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, trie_names[family],
						    trie_key_bytes[family], sizeof(__u32),
						    PORTSIEVE_PREFIXES_MAX, &options);
		if (fd[family] < 0)
			return bpf_error(error, errno, "make the map of the prefixes");
		memset(&key, 0, sizeof(key));
		key.ipv6.length = PORTSIEVE_DIRECTION_BITS + address->prefix.length;
		key.ipv6.direction[3] = address->direction;
		memcpy(key.ipv6.address, address->prefix.address, sizeof(key.ipv6.address));
		if (bpf_map_update_elem(fd[family], &key, &address->class, BPF_NOEXIST))
			return bpf_error(error, errno, "fill the map of the prefixes");
	}
	for (int family = 0; family < TRIE_FAMILIES; family++)
		if (fd[family] >= 0 && bpf_map_freeze(fd[family]))
			return bpf_error(error, errno, "freeze the map of the prefixes");
	return 0;
}

int tries_make(const struct addresses *addresses, int ret_fd[TRIE_FAMILIES], struct error *error)
{
	int fd[TRIE_FAMILIES] = { -1, -1 };
	int r = make_tries(addresses, fd, error);

	if (r) {
		for (int family = 0; family < TRIE_FAMILIES; family++)
			cleanup_close(&fd[family]);
		return r;
	}
	memcpy(ret_fd, fd, sizeof(fd));
	return 0;
}

static int trie_read(int fd, enum policy_family family, struct addresses *addresses)
{
	union trie_key key = { 0 }, *previous = NULL;

	while (!bpf_map_get_next_key(fd, previous, &key)) {
		struct address_class *list =
			array_room(addresses->list, addresses->count, sizeof(*list));
		struct address_class *address;
		__u32 class;

		if (!list)
			return -ENOMEM;
		addresses->list = list;
		if (bpf_map_lookup_elem(fd, &key, &class))
			return -errno;
		address = &list[addresses->count++];
		*address = (struct address_class){
			.prefix = { .length = key.ipv6.length - PORTSIEVE_DIRECTION_BITS,
				    .family = family },
			.direction = key.ipv6.direction[3],
			.class = class,
		};
		memcpy(address->prefix.address, key.ipv6.address,
		       family == POLICY_IPV4 ? sizeof(key.ipv4.address) : sizeof(key.ipv6.address));
		previous = &key;
	}
	return errno == ENOENT ? 0 : -errno;
}

int tries_read(const int fd[TRIE_FAMILIES], struct addresses *ret_addresses, struct error *error)
{
	_cleanup_addresses_ struct addresses addresses = { 0 };

	for (int family = 0; family < TRIE_FAMILIES; family++) {
		int r = fd[family] < 0 ? 0 : trie_read(fd[family], family, &addresses);

		if (r)
			return bpf_error(error, -r, "read the map of the prefixes");
	}
	*ret_addresses = addresses;
	addresses = (struct addresses){ 0 };
	return 0;
}

int tries_put(const int prefixes_fd[TRIE_FAMILIES], const int trie_fd[TRIE_FAMILIES],
	      uint32_t generation, struct error *error)
{
	for (int family = 0; family < TRIE_FAMILIES; family++)
		if (trie_fd[family] >= 0 && bpf_map_update_elem(prefixes_fd[family], &generation,
								&trie_fd[family], BPF_ANY))
			return bpf_error(error, errno, "install the prefixes");
	return 0;
}

static bool is_put(int prefixes_fd, __u32 slot)
{
	__u32 id;

	return !bpf_map_lookup_elem(prefixes_fd, &slot, &id);
}

void tries_remove_others(const int prefixes_fd[TRIE_FAMILIES], uint32_t generation,
			 uint32_t other_generation)
{
	for (int family = 0; family < TRIE_FAMILIES; family++)
		for (__u32 slot = 0; prefixes_fd[family] >= 0 && slot < PORTSIEVE_GENERATIONS;
		     slot++)
			if (slot != generation && slot != other_generation &&
			    is_put(prefixes_fd[family], slot))
				bpf_map_delete_elem(prefixes_fd[family], &slot);
}

bool tries_are_put(const int prefixes_fd[TRIE_FAMILIES])
{
	for (int family = 0; family < TRIE_FAMILIES; family++)
		for (__u32 slot = 0; prefixes_fd[family] >= 0 && slot < PORTSIEVE_GENERATIONS;
		     slot++)
			if (is_put(prefixes_fd[family], slot))
				return true;
	return false;
}
