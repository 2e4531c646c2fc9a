/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A bounded table of sources, and a HyperLogLog (Flajolet et al., 2007). */
#include "watch/sources.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "packet/headers.h"

int sources_make(struct sources *ret_sources)
{
	struct sources sources = { .list = calloc(SOURCES_MAX, sizeof(*sources.list)) };

	if (!sources.list || hash_index_init(&sources.index, SOURCES_MAX)) {
		free(sources.list);
		return -ENOMEM;
	}
	*ret_sources = sources;
	return 0;
}

void sources_free(struct sources *sources)
{
	free(sources->list);
	hash_index_free(&sources->index);
	*sources = (struct sources){ 0 };
}

double source_packets(const struct source *source)
{
	double packets = 0;

	for (int verdict = 0; verdict < PORTSIEVE_VERDICTS; verdict++)
		packets += source->packets[verdict];
	return packets;
}

/* The finalizer of MurmurHash3: every input bit affects every output bit. */
static uint64_t mix(uint64_t number)
{
	number ^= number >> 33;
	number *= 0xff51afd7ed558ccdULL;
	number ^= number >> 33;
	number *= 0xc4ceb9fe1a85ec53ULL;
	return number ^ number >> 33;
}

uint64_t source_hash(const struct policy_prefix *address)
{
	uint64_t words[2];

	memcpy(words, address->address, sizeof(words));
	return mix(mix(words[0] ^ address->family) + words[1]);
}

/* Each register keeps the largest rank of a hash: the position of its first one bit. */
static void count_distinct(struct sources *sources, uint64_t hash)
{
	uint8_t *most = &sources->registers[hash % SOURCES_REGISTERS];
	uint64_t rest = hash / SOURCES_REGISTERS;
	uint8_t rank = rest ? (uint8_t)(__builtin_ctzll(rest) + 1) : 53;

	if (rank > *most)
		*most = rank;
}

uint64_t sources_at_least(const struct sources *sources)
{
	/* the standard error is 1.04 / sqrt(4096) = 1.6 % */
	const double bias = 0.7213 / (1 + 1.079 / SOURCES_REGISTERS), three_errors = 0.04875;
	double sum = 0, estimate;

	if (sources->forgotten == 0)
		return sources->count;
	for (int i = 0; i < SOURCES_REGISTERS; i++)
		sum += 1.0 / (double)(1ULL << sources->registers[i]);
	estimate = bias * SOURCES_REGISTERS * SOURCES_REGISTERS / sum * (1 - three_errors);
	return estimate > SOURCES_MAX ? (uint64_t)estimate : SOURCES_MAX;
}

/* The key for hash_index_find. */
struct key {
	const struct sources *sources;
	const struct policy_prefix *address;
};

static bool is_source(uint32_t number, const void *of)
{
	const struct key *key = of;
	const struct policy_prefix *address = &key->sources->list[number].address;

	return address->family == key->address->family &&
	       !memcmp(address->address, key->address->address, sizeof(address->address));
}

static uint32_t *find_slot(const struct sources *sources, const struct policy_prefix *address)
{
	struct key key = { sources, address };

	return hash_index_find(&sources->index, (uint32_t)source_hash(address), is_source, &key);
}

static int compare_by_packets(const struct source *a, const struct source *b)
{
	double packets = source_packets(a), other = source_packets(b);

	if (packets != other)
		return packets > other ? -1 : 1;
	if (a->last_ns != b->last_ns)
		return a->last_ns > b->last_ns ? -1 : 1;
	return memcmp(a->address.address, b->address.address, sizeof(a->address.address));
}

static int compare_in_list(const void *one, const void *other)
{
	return compare_by_packets(one, other);
}

static int compare_pointers(const void *one, const void *other)
{
	return compare_by_packets(*(const struct source *const *)one,
				  *(const struct source *const *)other);
}

static void forget_half(struct sources *sources)
{
	qsort(sources->list, sources->count, sizeof(*sources->list), compare_in_list);
	for (uint32_t i = SOURCES_MAX / 2; i < sources->count; i++)
		sources->forgotten += source_packets(&sources->list[i]);
	sources->count = SOURCES_MAX / 2;
	hash_index_clear(&sources->index);
	for (uint32_t i = 0; i < sources->count; i++)
		*find_slot(sources, &sources->list[i].address) = i + 1;
}

bool source_address(const struct event *event, struct policy_prefix *ret_address)
{
	struct frame_names names =
		frame_names_of(event->record.frame, event->record.captured_bytes);

	if (names.has_addresses)
		*ret_address = names.source;
	return names.has_addresses;
}

static void add_to(struct source *source, const struct event *event)
{
	const struct portsieve_event *record = &event->record;

	source->packets[record->verdict % PORTSIEVE_VERDICTS] += event->packets;
	if (record->time_ns > source->last_ns)
		source->last_ns = record->time_ns;
	if (!record->has_port)
		return;
	if (!source->has_port) {
		source->has_port = true;
		source->transport = record->transport;
		source->port = record->port;
	}
	source->several_ports |=
		source->port != record->port || source->transport != record->transport;
	source->ports |= 1ULL << mix((uint64_t)record->transport << 16 | record->port) % 64;
}

void sources_add(struct sources *sources, const struct event *event)
{
	struct policy_prefix address;
	uint32_t *slot;

	if (event->packets == 0 || !source_address(event, &address))
		return;
	count_distinct(sources, source_hash(&address));
	sources->samples++;
	sources->estimated |= event->packets != 1;
	sources->packets[event->record.verdict % PORTSIEVE_VERDICTS] += event->packets;
	slot = find_slot(sources, &address);
	if (!*slot) {
		if (sources->count == SOURCES_MAX) {
			forget_half(sources);
			slot = find_slot(sources, &address);
		}
		sources->list[sources->count] = (struct source){
			.address = address,
			.first_ns = event->record.time_ns,
		};
		*slot = ++sources->count;
	}
	add_to(&sources->list[*slot - 1], event);
}

unsigned int source_ports_at_least(const struct source *source)
{
	unsigned int bits = (unsigned int)__builtin_popcountll(source->ports);

	return bits == 1 && source->several_ports ? 2 : bits;
}

bool source_is_noise(const struct source *source, uint64_t interval_ns)
{
	double hours = (double)interval_ns / 3600e9;

	return source_packets(source) < SOURCES_NOISE * (hours > 1 ? hours : 1);
}

int sources_sort(const struct sources *sources, const struct source ***ret_sorted)
{
	const struct source **sorted = calloc((size_t)sources->count + 1, sizeof(*sorted));

	if (!sorted)
		return -ENOMEM;
	for (uint32_t i = 0; i < sources->count; i++)
		sorted[i] = &sources->list[i];
	qsort(sorted, sources->count, sizeof(*sorted), compare_pointers);
	*ret_sorted = sorted;
	return 0;
}
