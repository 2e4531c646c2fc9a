/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Rings of rates by row, and of ports. */
#include "watch/history.h"

#include <errno.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"

void history_free(struct history *history)
{
	free(history->rows);
	hash_index_free(&history->by_row);
	for (size_t i = 0; i < history->port_groups_count; i++) {
		free(history->port_groups[i].ports);
		free(history->port_groups[i].usual);
	}
	free(history->port_groups);
	*history = (struct history){ 0 };
}

void history_begin(struct history *history)
{
	history->readings++;
	for (size_t i = 0; i < history->port_groups_count; i++)
		history->port_groups[i].ports[history->readings % HISTORY_LENGTH] =
			(struct history_ports){ 0 };
}

struct row_key {
	const struct history *history;
	uint32_t ifindex;
	const struct watch_row *row;
};

static bool is_row(uint32_t number, const void *key)
{
	const struct row_key *of = key;
	const struct history_row *entry = &of->history->rows[number];

	return entry->ifindex == of->ifindex && entry->kind == of->row->kind &&
	       !strcmp(entry->name, of->row->name) && !strcmp(entry->ports, of->row->ports);
}

static uint32_t hash_of(uint32_t ifindex, const char *name, const char *ports)
{
	return hash_bytes(hash_bytes(ifindex, name, strlen(name)), ports, strlen(ports));
}

/* The place of the row in the index, or a free one. */
static uint32_t *find(const struct history *history, uint32_t ifindex, const struct watch_row *row)
{
	struct row_key key = { history, ifindex, row };

	return hash_index_find(&history->by_row, hash_of(ifindex, row->name, row->ports), is_row,
			       &key);
}

/* Doubles the room in the index. */
static int grow(struct history *history)
{
	size_t room = history->room ? 2 * history->room : 64;
	struct hash_index index;

	if (hash_index_init(&index, (uint32_t)room))
		return -ENOMEM;
	hash_index_free(&history->by_row);
	history->by_row = index;
	history->room = room;
	for (size_t i = 0; i < history->rows_count; i++) {
		const struct history_row *entry = &history->rows[i];
		struct watch_row row = { .kind = entry->kind, .name = entry->name };

		strcpy(row.ports, entry->ports);
		*find(history, entry->ifindex, &row) = (uint32_t)i + 1;
	}
	return 0;
}

/*
 * Rows mostly come in the order in which they were added, so `next` is tried first. NULL: memory is
 * short.
 */
static struct history_row *find_or_add(struct history *history, uint32_t ifindex,
				       const struct watch_row *row, size_t next)
{
	struct row_key key = { history, ifindex, row };
	struct history_row *rows;
	uint32_t *place;

	if (next < history->rows_count && is_row((uint32_t)next, &key))
		return &history->rows[next];
	if (history->rows_count == history->room && grow(history))
		return NULL;
	place = find(history, ifindex, row);
	if (*place)
		return &history->rows[*place - 1];
	rows = array_room(history->rows, history->rows_count, sizeof(*rows));
	if (!rows)
		return NULL;
	history->rows = rows;
	rows[history->rows_count] = (struct history_row){ .ifindex = ifindex, .kind = row->kind };
	snprintf(rows[history->rows_count].name, sizeof(rows->name), "%s", row->name);
	strcpy(rows[history->rows_count].ports, row->ports);
	*place = (uint32_t)++history->rows_count;
	return &rows[history->rows_count - 1];
}

static int add_row(struct history *history, const struct watch_group *group,
		   const struct watch_row *row, size_t *hint)
{
	uint32_t ifindex = group->devices[0]->device->device.ifindex;
	const struct portsieve_counter *delta = &row->delta;
	struct history_row *entry;

	if (!watch_packets(&row->total))
		return 0; /* most rows never count anything */
	entry = find_or_add(history, ifindex, row, *hint);
	if (!entry)
		return -ENOMEM;
	*hint = (size_t)(entry - history->rows) + 1;
	/* What was missed in between is no rate of this row. */
	for (uint64_t n = entry->seen + 1; n < history->readings; n++) {
		entry->rate[n % HISTORY_LENGTH] = (struct history_rate){ 0 };
		if (n + HISTORY_LENGTH < history->readings)
			n = history->readings - HISTORY_LENGTH;
	}
	entry->seen = history->readings;
	entry->rate[history->readings % HISTORY_LENGTH] = (struct history_rate){
		.passed = (float)rate_per_second(delta->verdict[PORTSIEVE_PASSED].packets,
						 group->interval_ns),
		.dropped =
			(float)rate_per_second(delta->verdict[PORTSIEVE_DROPPED].packets +
						       delta->verdict[PORTSIEVE_WOULD_DROP].packets,
					       group->interval_ns),
	};
	return 0;
}

int history_add_group(struct history *history, const struct watch_group *group)
{
	size_t hint = 0;

	for (size_t i = 0; i < group->rows_count; i++)
		if (add_row(history, group, &group->rows[i], &hint))
			return -ENOMEM;
	return add_row(history, group, &group->all, &hint);
}

const struct history_row *history_row_of(const struct history *history,
					 const struct watch_group *group,
					 const struct watch_row *row)
{
	uint32_t ifindex = group->devices[0]->device->device.ifindex;
	uint32_t number = history->room ? *find(history, ifindex, row) : 0;

	return number ? &history->rows[number - 1] : NULL;
}

struct history_rate history_rate_of(const struct history *history, const struct history_row *row,
				    unsigned int ago)
{
	if (!row || ago >= HISTORY_LENGTH || ago >= row->seen)
		return (struct history_rate){ 0 };
	return row->rate[(history->readings - ago) % HISTORY_LENGTH];
}

static const struct history_port_group *port_group_of(const struct history *history,
						      uint32_t ifindex)
{
	for (size_t i = 0; i < history->port_groups_count; i++)
		if (history->port_groups[i].ifindex == ifindex)
			return &history->port_groups[i];
	return NULL;
}

/* NULL: memory is short */
static const struct history_port_group *port_group_add(struct history *history, uint32_t ifindex)
{
	size_t all = (size_t)PORTSIEVE_PORT_TRANSPORTS * PORTSIEVE_PORTS;
	struct history_port_group *groups =
		array_room(history->port_groups, history->port_groups_count, sizeof(*groups));
	struct history_port_group group = {
		.ifindex = ifindex,
		.ports = calloc(HISTORY_LENGTH, sizeof(*group.ports)),
		.usual = calloc(all, sizeof(*group.usual)),
	};

	if (groups)
		history->port_groups = groups;
	if (!groups || !group.ports || !group.usual) {
		free(group.ports);
		free(group.usual);
		return NULL;
	}
	groups[history->port_groups_count] = group;
	return &groups[history->port_groups_count++];
}

/* Adds the interval's packets on a port to its reading; returns what is usual there from now on. */
static float add_port(struct history_ports *ports, const struct sentence_port *port, float usual,
		      float seconds)
{
	size_t bucket = port->port / HISTORY_BUCKET_PORTS;
	float rate = (float)port->dropped / seconds;

	ports->distinct++;
	ports->bucket[bucket] += rate;
	/* one packet a second, once in the average, is 1/301 */
	if (usual < rate * seconds / 400)
		ports->fresh[bucket] = true;
	if (rate >= HISTORY_HOT_MIN && rate >= usual * HISTORY_HOT_TIMES) {
		ports->hot[bucket] = true;
		return usual;
	}
	return usual + (rate - usual) * seconds / (seconds + SENTENCE_USUAL_SECONDS);
}

int history_add_ports(struct history *history, const struct sentence_group *known,
		      uint64_t interval_ns)
{
	float seconds = (float)interval_ns / 1e9f;
	float decay = SENTENCE_USUAL_SECONDS / (seconds + SENTENCE_USUAL_SECONDS);
	const struct history_port_group *group =
		port_group_of(history, known->ifindex) ?: port_group_add(history, known->ifindex);
	struct history_ports *reading;
	size_t at = 0;

	if (!group)
		return -ENOMEM;
	if (seconds <= 0)
		return 0;
	reading = &group->ports[history->readings % HISTORY_LENGTH];
	for (size_t i = 0; i < known->ports_count; i++) {
		const struct sentence_port *port = &known->ports[i];
		size_t place = (size_t)port->transport * PORTSIEVE_PORTS + port->port;

		for (; at < place; at++)
			group->usual[at] *= decay;
		group->usual[at] = add_port(reading, port, group->usual[at], seconds);
		at++;
	}
	for (; at < (size_t)PORTSIEVE_PORT_TRANSPORTS * PORTSIEVE_PORTS; at++)
		group->usual[at] *= decay;
	return 0;
}

const struct history_ports *history_ports_of(const struct history *history, uint32_t ifindex,
					     unsigned int ago)
{
	const struct history_port_group *group = port_group_of(history, ifindex);

	if (!group || ago >= HISTORY_LENGTH || ago >= history->readings)
		return NULL;
	return &group->ports[(history->readings - ago) % HISTORY_LENGTH];
}
