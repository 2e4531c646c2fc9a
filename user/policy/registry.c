/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Looks up services in the table that scripts/registry.py generated from IANA's registry. The table
 * also has the assigned ranges.
 */
#include "policy/registry.h"

#include <assert.h>

#include "base/cleanup.h"

/* The table's encoding of transports. */
enum {
	TCP = 1 << PORTSIEVE_TCP,
	UDP = 1 << PORTSIEVE_UDP,
	SCTP = 1 << PORTSIEVE_SCTP,
	DCCP = 1 << PORTSIEVE_DCCP,
};

#include "policy/registry_table.inc"

static const struct {
	const struct registry_range *range;
	size_t ranges;
} assigned[] = {
	[PORTSIEVE_TCP] = { tcp_ranges, ARRAY_SIZE(tcp_ranges) },
	[PORTSIEVE_UDP] = { udp_ranges, ARRAY_SIZE(udp_ranges) },
	[PORTSIEVE_SCTP] = { sctp_ranges, ARRAY_SIZE(sctp_ranges) },
	[PORTSIEVE_DCCP] = { dccp_ranges, ARRAY_SIZE(dccp_ranges) },
};

static_assert(ARRAY_SIZE(assigned) == PORTSIEVE_TRANSPORTS, "each transport has its ranges");

const char *registry_date(void)
{
	return date;
}

/* ASCII only and independent of the locale, unlike tolower(), as the table is sorted. */
static int lower(char c)
{
	return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : (unsigned char)c;
}

static int compare_names(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return lower(*a) - lower(*b);
}

static const char *name_at(size_t place)
{
	return assignments[by_name[place]].name;
}

/* The first place in by_name whose name is not before `name`. */
static size_t find_name(const char *name)
{
	size_t low = 0;
	size_t high = ARRAY_SIZE(by_name);

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare_names(name_at(middle), name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first service of one port that is not below `port`. */
static size_t find_port(uint16_t port)
{
	size_t low = 0;
	size_t high = SINGLES;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (assignments[middle].low < port)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t registry_by_name(const char *name, unsigned int transports,
			const struct registry_service **services, size_t most)
{
	size_t count = 0;

	for (size_t place = find_name(name);
	     place < ARRAY_SIZE(by_name) && compare_names(name_at(place), name) == 0; place++) {
		const struct registry_service *service = &assignments[by_name[place]];

		if (!(service->transports & transports))
			continue;
		if (count < most)
			services[count] = service;
		count++;
	}
	return count;
}

size_t registry_by_port(uint16_t port, unsigned int transports,
			const struct registry_service **services, size_t most)
{
	return registry_by_range(port, port, transports, services, most);
}

const char *registry_port_name(uint16_t port, enum portsieve_transport transport)
{
	const struct registry_service *services[8];
	size_t count = registry_by_port(port, 1u << transport, services, ARRAY_SIZE(services));

	for (size_t i = 0; i < count && i < ARRAY_SIZE(services); i++)
		if (services[i]->name[0])
			return services[i]->name;
	return NULL;
}

size_t registry_by_range(uint16_t low, uint16_t high, unsigned int transports,
			 const struct registry_service **services, size_t most)
{
	size_t count = 0;

	for (size_t index = find_port(low); index < ARRAY_SIZE(assignments); index++) {
		const struct registry_service *service = &assignments[index];

		/*
		 * after the last single port, only the few ranges at the end of the table may match
		 */
		if (index < SINGLES && service->low > high) {
			index = SINGLES - 1;
			continue;
		}
		if (service->high < low || service->low > high ||
		    !(service->transports & transports))
			continue;
		if (count < most)
			services[count] = service;
		count++;
	}
	return count;
}

size_t registry_assigned(enum portsieve_transport transport,
			 const struct registry_range **ret_ranges)
{
	*ret_ranges = assigned[transport].range;
	return assigned[transport].ranges;
}

const char *registry_name(size_t index)
{
	/* skip the repeated names in by_name up to the index */
	for (size_t n = 0; n < ARRAY_SIZE(repeats) && repeats[n] <= index; n++)
		index++;
	return index < ARRAY_SIZE(by_name) ? name_at(index) : NULL;
}
