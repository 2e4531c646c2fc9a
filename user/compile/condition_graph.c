/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A list becomes a condition by source: a row with the entry of each class of source addresses. The
 * ranges that a class leaves become a condition by destination in the same way, and the ranges that
 * a class of destinations leaves become steps by time.
 */
#include "compile/condition_graph.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "compile/shared_rows.h"
#include "policy/failsafe.h"

enum {
	IDS = UINT16_MAX + 1, /* of ranges and of their other halves */
	KNOWN_MAX = 1 << 17,  /* lists; further ones are compiled without sharing */
	WORK_MAX = 400000000, /* range ids looked at, over all classes: takes some seconds */
	INSERTED_MAX = 8,     /* above this, uses qsort() */
	CELLS_MAX = 1 << 22,  /* of all rows, before they share any: 32 MB */
	CELLS_SHARED = PORTSIEVE_CELLS / 4 * 3, /* with more, rows share cells */
};

const struct policy_rule *condition_rule_of(const struct condition_graph *graph, uint16_t range)
{
	return &graph->policy->rules[graph->image->range[range & PORTSIEVE_ENTRY_RANGE].rule];
}

int condition_too_many(const struct condition_graph *graph, int limit, const char *what)
{
	const struct policy_rule *rule = &graph->policy->rules[graph->policy->rules_count - 1];

	error_place(graph->error, policy_rule_file(rule, graph->file), rule->place.line,
		    rule->place.column);
	return error_set(graph->error, E2BIG, EXIT_USAGE,
			 "with the rule '%s' there are more than %d %s", rule->name, limit, what);
}

int condition_graph_init(struct condition_graph *graph)
{
	graph->times = calloc(UINT16_MAX + 1, sizeof(*graph->times));
	if (!graph->times || hash_index_init(&graph->known_index, KNOWN_MAX) ||
	    hash_index_init(&graph->time_index, PORTSIEVE_CONDITIONS_MAX))
		return error_no_memory(graph->error);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		struct direction_work *work = &graph->directions[direction];
		int r = address_classes_make(graph->policy, direction, graph->file, &work->classes,
					     NULL, graph->error);

		if (r)
			return r;
		work->list_stamp = calloc(work->classes.lists + 1, sizeof(*work->list_stamp));
		work->first_range = calloc(work->classes.lists + 1, sizeof(*work->first_range));
		work->class_stamp = calloc(work->classes.count, sizeof(*work->class_stamp));
		work->next_range = calloc(IDS, sizeof(*work->next_range));
		work->left = calloc(IDS, sizeof(*work->left));
		work->any = calloc(IDS, sizeof(*work->any));
		if (!work->list_stamp || !work->first_range || !work->class_stamp ||
		    !work->next_range || !work->left || !work->any)
			return error_no_memory(graph->error);
	}
	return 0;
}

void condition_graph_free(struct condition_graph *graph)
{
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		struct direction_work *work = &graph->directions[direction];

		address_classes_free(&work->classes);
		free(work->list_stamp);
		free(work->first_range);
		free(work->class_stamp);
		free(work->next_range);
		free(work->left);
		free(work->any);
	}
	for (size_t i = 0; i < graph->rows_count; i++)
		free(graph->rows[i].cells);
	free(graph->rows);
	free(graph->known);
	hash_index_free(&graph->known_index);
	free(graph->known_ids);
	hash_index_free(&graph->time_index);
	free(graph->times);
}

/* The key for finding known lists. */
struct known_key {
	const struct condition_graph *graph;
	enum portsieve_direction direction;
	const struct range_list *list;
};

static bool is_known(uint32_t number, const void *key)
{
	const struct known_key *wanted = key;
	const struct known_list *known = &wanted->graph->known[number];

	return known->direction == wanted->direction &&
	       known->drops_otherwise == wanted->graph->drops_otherwise &&
	       known->count == wanted->list->count &&
	       !memcmp(wanted->graph->known_ids + known->first, wanted->list->ids,
		       known->count * sizeof(uint16_t));
}

static uint32_t *known_slot(const struct condition_graph *graph, enum portsieve_direction direction,
			    const struct range_list *list)
{
	uint32_t hash = hash_bytes(direction, list->ids, list->count * sizeof(*list->ids));

	return hash_index_find(&graph->known_index, hash, is_known,
			       &(struct known_key){ graph, direction, list });
}

static int known_add(struct condition_graph *graph, enum portsieve_direction direction,
		     const struct range_list *list, uint16_t entry)
{
	uint32_t *slot = known_slot(graph, direction, list);
	size_t first = graph->known_ids_count;
	struct known_list *known;

	if (graph->known_count == KNOWN_MAX)
		return 0;
	known = array_room(graph->known, graph->known_count, sizeof(*known));
	if (!known)
		return error_no_memory(graph->error);
	graph->known = known;
	for (size_t i = 0; i < list->count; i++) {
		uint16_t *ids = array_room(graph->known_ids, graph->known_ids_count, sizeof(*ids));

		if (!ids)
			return error_no_memory(graph->error);
		graph->known_ids = ids;
		ids[graph->known_ids_count++] = list->ids[i];
	}
	known[graph->known_count++] =
		(struct known_list){ direction, graph->drops_otherwise, first, list->count, entry };
	*slot = graph->known_count;
	return 0;
}

uint16_t condition_entry_of(const struct condition_graph *graph, uint16_t range)
{
	bool drop = graph->image->range[range & PORTSIEVE_ENTRY_RANGE].drop;

	return drop ? range | PORTSIEVE_ENTRY_DROP : range;
}

static int condition_add(struct condition_graph *graph, const struct portsieve_condition *condition,
			 uint16_t *ret_entry)
{
	uint32_t number = graph->conditions_count;

	if (number == PORTSIEVE_CONDITIONS_MAX)
		return condition_too_many(
			graph, PORTSIEVE_CONDITIONS_MAX,
			"ways in which ports depend on addresses or on the time; give "
			"rules the same ports, or the same lists of prefixes");
	graph->image->condition[number] = *condition;
	graph->conditions_count++;
	*ret_entry = reference_to(number);
	return 0;
}

struct time_key {
	const struct portsieve_condition *all;
	const struct portsieve_condition *wanted;
};

static bool is_condition(uint32_t number, const void *key)
{
	const struct time_key *time = key;

	return !memcmp(&time->all[number], time->wanted, sizeof(*time->wanted));
}

/* Finds or adds a condition by time. */
static int time_condition(struct condition_graph *graph,
			  const struct portsieve_condition *condition, uint16_t *ret_entry)
{
	uint32_t *slot = hash_index_find(&graph->time_index,
					 hash_bytes(0, condition, sizeof(*condition)), is_condition,
					 &(struct time_key){ graph->image->condition, condition });
	int r;

	if (*slot) {
		*ret_entry = reference_to(*slot - 1);
		return 0;
	}
	r = condition_add(graph, condition, ret_entry);
	if (r)
		return r;
	*slot = graph->conditions_count;
	return 0;
}

/* What is known about a packet while making steps by time. */
struct moment {
	size_t at;	    /* ranges before this one do not decide */
	uint64_t from_ns;   /* it is not earlier than this */
	uint64_t before_ns; /* and earlier than this; 0: any later time */
	uint16_t monitored; /* the first monitored range that matches; 0: none */
	unsigned int asked; /* steps so far */
};

static int by_time(struct condition_graph *graph, const struct range_list *list,
		   struct moment moment, uint16_t *ret_entry);

/* Makes a step: is it before the end of the range at moment.at? */
static int time_step(struct condition_graph *graph, const struct range_list *list,
		     struct moment moment, uint16_t *ret_entry)
{
	uint16_t range = list->ids[moment.at];
	struct portsieve_condition condition = {
		.until_ns = condition_rule_of(graph, range)->until_ns,
		.kind = PORTSIEVE_BY_TIME,
	};
	struct moment then = moment, otherwise = moment;
	int r;

	if (moment.asked == PORTSIEVE_EXPIRIES_MAX)
		return condition_too_many(
			graph, PORTSIEVE_EXPIRIES_MAX,
			"rules about the same ports that end one after the other; "
			"delete some of them");
	then.asked = otherwise.asked = moment.asked + 1;
	then.before_ns = condition.until_ns;
	otherwise.at++;
	otherwise.from_ns = condition.until_ns;
	r = by_time(graph, list, otherwise, &condition.otherwise);
	if (!r)
		r = by_time(graph, list, then, &condition.then);
	if (r)
		return r;
	if (condition.then == condition.otherwise) {
		*ret_entry = condition.then;
		return 0;
	}
	return time_condition(graph, &condition, ret_entry);
}

/*
 * The entry of ranges that match except for the time. Skips rules that end no later than an earlier
 * one, as they never decide.
 */
static int by_time(struct condition_graph *graph, const struct range_list *list,
		   struct moment moment, uint16_t *ret_entry)
{
	for (; moment.at < list->count; moment.at++) {
		uint16_t range = list->ids[moment.at];
		const struct policy_rule *rule = condition_rule_of(graph, range);

		if ((rule->monitor && moment.monitored) ||
		    (rule->until_ns && rule->until_ns <= moment.from_ns))
			continue;
		if (rule->until_ns && (!moment.before_ns || rule->until_ns < moment.before_ns))
			return time_step(graph, list, moment, ret_entry);
		if (rule->monitor) {
			moment.monitored = range;
			continue;
		}
		*ret_entry = condition_entry_of(graph, range);
		if (moment.monitored && !(*ret_entry & PORTSIEVE_ENTRY_DROP))
			*ret_entry = policy_rule_is_portless(rule)
					     ? moment.monitored
					     : condition_entry_of(graph, moment.monitored);
		return 0;
	}
	*ret_entry = moment.monitored && !graph->drops_otherwise
			     ? condition_entry_of(graph, moment.monitored)
			     : PORTSIEVE_ENTRY_FALL;
	return 0;
}

static int by_direction(struct condition_graph *graph, enum portsieve_direction direction,
			const struct range_list *list, uint16_t *ret_entry);

/*
 * The entry of the ranges that remain once the class in a direction is known: after the source
 * comes the destination, after that the time. Cuts the list after the first range that no later
 * question can rule out, unless it is only monitored.
 */
static int rest_entry(struct condition_graph *graph, enum portsieve_direction direction,
		      struct range_list left, uint16_t *ret_entry)
{
	for (size_t i = 0; i < left.count; i++) {
		const struct policy_rule *rule = condition_rule_of(graph, left.ids[i]);

		if (!rule->monitor && !rule->until_ns &&
		    (direction == PORTSIEVE_DESTINATION ||
		     policy_rule_takes_any(rule, PORTSIEVE_DESTINATION)))
			left.count = i + 1;
	}
	if (direction == PORTSIEVE_SOURCE)
		return by_direction(graph, PORTSIEVE_DESTINATION, &left, ret_entry);
	return by_time(graph, &left, (struct moment){ 0 }, ret_entry);
}

/* The row of a condition by source or destination, under construction. */
struct row {
	struct condition_graph *graph;
	struct direction_work *work;
	enum portsieve_direction direction;
	const struct range_list *list;
	uint32_t stamp;
	struct sparse_row cells;
	uint16_t otherwise; /* the entry of the classes without a cell */
};

static void row_free(struct row *row)
{
	free(row->cells.cells);
}

/* The list of prefixes that a range names. */
static uint32_t prefixes_of(const struct row *row, uint16_t range)
{
	const struct policy_rule *rule = condition_rule_of(row->graph, range);

	if (rule->only_from && range & PORTSIEVE_ENTRY_DROP && row->direction == PORTSIEVE_SOURCE)
		return ADDRESS_LIST_ANY;
	return row->work->classes.list_of_rule[rule - row->graph->policy->rules];
}

/* Chains the ranges of each list of prefixes. Returns whether any rule in the row names one. */
static bool chain_ranges(struct row *row)
{
	struct direction_work *work = row->work;
	size_t any = 0;

	row->stamp = ++row->graph->stamp;
	for (size_t i = row->list->count; i--;) {
		uint16_t range = row->list->ids[i];
		uint32_t prefixes = prefixes_of(row, range);

		if (prefixes == ADDRESS_LIST_ANY) {
			any++;
			work->any[IDS - any] = range;
			continue;
		}
		if (work->list_stamp[prefixes] != row->stamp) {
			work->list_stamp[prefixes] = row->stamp;
			work->first_range[prefixes] = 0;
		}
		work->next_range[range] = work->first_range[prefixes];
		work->first_range[prefixes] = range;
	}
	work->any_count = any;
	return any < row->list->count;
}

/* The sort key of ids: the range, then its half. */
static unsigned int order_of(uint16_t id)
{
	return 2u * (id & PORTSIEVE_ENTRY_RANGE) + id / PORTSIEVE_ENTRY_DROP;
}

static int compare_ids(const void *one, const void *other)
{
	return (int)order_of(*(const uint16_t *)one) - (int)order_of(*(const uint16_t *)other);
}

/* Sorts ids, of which the first `sorted` are sorted already. */
static void sort(uint16_t *ids, size_t count, size_t sorted)
{
	if (count - sorted > INSERTED_MAX) {
		qsort(ids, count, sizeof(*ids), compare_ids);
		return;
	}
	for (; sorted < count; sorted++) {
		uint16_t id = ids[sorted];
		size_t at = sorted;

		for (; at && order_of(ids[at - 1]) > order_of(id); at--)
			ids[at] = ids[at - 1];
		ids[at] = id;
	}
}

/* The entry of a class, from the ranges that match its addresses, in rule order. */
static int class_entry(const struct row *row, uint32_t class, uint16_t *ret_entry)
{
	struct direction_work *work = row->work;
	struct range_list left = { work->left, work->any_count };

	memcpy(left.ids, work->any + IDS - work->any_count, work->any_count * sizeof(*work->any));
	for (; class; class = work->classes.sets[class].parent) {
		const struct address_set *set = &work->classes.sets[class];

		for (uint32_t i = 0; i < set->added_count; i++) {
			uint32_t prefixes = work->classes.added_lists[set->added + i];

			if (work->list_stamp[prefixes] != row->stamp)
				continue;
			for (uint16_t range = work->first_range[prefixes]; range;
			     range = work->next_range[range])
				left.ids[left.count++] = range;
		}
	}
	sort(left.ids, left.count, work->any_count);
	row->graph->work += left.count + 1;
	return rest_entry(row->graph, row->direction, left, ret_entry);
}

static int cell_add(struct row *row, uint32_t class, uint16_t entry)
{
	struct sparse_row *into = &row->cells;
	struct sparse_cell *cells = array_room(into->cells, into->count, sizeof(*cells));

	if (!cells)
		return error_no_memory(row->graph->error);
	into->cells = cells;
	cells[into->count++] = (struct sparse_cell){ .class = class, .entry = entry };
	return 0;
}

/* Adds the cells of all classes of prefixes named by the list's rules. */
static int add_named(struct row *row)
{
	struct direction_work *work = row->work;
	const struct address_classes *classes = &work->classes;

	for (size_t i = 0; i < row->list->count; i++) {
		uint32_t prefixes = prefixes_of(row, row->list->ids[i]);

		if (prefixes == ADDRESS_LIST_ANY)
			continue;
		for (uint32_t at = classes->first_class[prefixes];
		     at < classes->first_class[prefixes + 1]; at++) {
			uint32_t class = classes->classes[at];
			uint16_t entry = 0;
			int r;

			if (work->class_stamp[class] == row->stamp)
				continue;
			work->class_stamp[class] = row->stamp;
			r = class_entry(row, class, &entry);
			if (r)
				return r;
			if (row->graph->work > WORK_MAX)
				return condition_too_many(
					row->graph, WORK_MAX,
					"combinations of ports and addresses to compile; "
					"give rules the same ports, or the same lists of prefixes");
			r = cell_add(row, class, entry);
			if (r)
				return r;
		}
	}
	return 0;
}

static void leave_out(struct sparse_row *row, uint16_t entry)
{
	size_t kept = 0;

	for (size_t i = 0; i < row->count; i++)
		if (row->cells[i].entry != entry)
			row->cells[kept++] = row->cells[i];
	row->count = kept;
}

/*
 * The most frequent entry needs no cells. It is usually that of classes that the list does not
 * name; with one broad prefix among many narrow ones it may be the broad one's.
 */
static int choose_otherwise(struct row *row)
{
	const struct sparse_row *cells = &row->cells;
	uint32_t *times = row->graph->times;
	uint16_t unnamed_entry = row->otherwise, most = cells->cells[0].entry;
	/* at least one: class 0 */
	size_t unnamed = row->work->classes.count - cells->count;

	times[unnamed_entry] = 0;
	for (size_t i = 0; i < cells->count; i++)
		times[cells->cells[i].entry] = 0;
	for (size_t i = 0; i < cells->count; i++) {
		uint16_t entry = cells->cells[i].entry;

		if (++times[entry] > times[most])
			most = entry;
	}
	if (times[most] <= unnamed + times[unnamed_entry]) {
		leave_out(&row->cells, unnamed_entry);
		return 0;
	}
	leave_out(&row->cells, most);
	row->otherwise = most;
	for (uint32_t class = 0; class < row->work->classes.count; class ++) {
		int r = row->work->class_stamp[class] == row->stamp
				? 0
				: cell_add(row, class, unnamed_entry);

		if (r)
			return r;
	}
	return 0;
}

/* Makes the cells of a row. Without cells, all classes get `otherwise`. */
static int row_make(struct row *row)
{
	struct condition_graph *graph = row->graph;
	int r = class_entry(row, 0, &row->otherwise);

	if (r)
		return r;
	r = add_named(row);
	if (r)
		return r;
	if (row->cells.count) {
		r = choose_otherwise(row);
		if (r)
			return r;
	}
	graph->cells_count += row->cells.count;
	if (graph->cells_count > CELLS_MAX)
		return condition_too_many(
			graph, CELLS_MAX,
			"combinations of ports and addresses to compile; give rules the same "
			"ports, or the same lists of prefixes");
	return 0;
}

/* Adds the condition of a row and moves its cells to the graph. */
static int direction_condition(struct row *row, uint16_t *ret_entry)
{
	struct condition_graph *graph = row->graph;
	struct portsieve_condition condition = {
		.kind = PORTSIEVE_BY_SOURCE + row->direction,
		.otherwise = row->otherwise,
	};
	struct sparse_row *rows;
	int r = condition_add(graph, &condition, ret_entry);

	if (r)
		return r;
	rows = array_room(graph->rows, graph->rows_count, sizeof(*rows));
	if (!rows)
		return error_no_memory(graph->error);
	graph->rows = rows;
	row->cells.condition = graph->conditions_count - 1;
	rows[graph->rows_count++] = row->cells;
	row->cells = (struct sparse_row){ .cells = NULL };
	return 0;
}

/* Makes a list's condition by a direction, and the conditions that its row refers to. */
static int by_direction(struct condition_graph *graph, enum portsieve_direction direction,
			const struct range_list *list, uint16_t *ret_entry)
{
	__attribute__((cleanup(row_free))) struct row row = {
		.graph = graph,
		.work = &graph->directions[direction],
		.direction = direction,
		.list = list,
		.otherwise = PORTSIEVE_ENTRY_FALL,
	};
	uint32_t known = *known_slot(graph, direction, list);
	int r;

	if (known) {
		*ret_entry = graph->known[known - 1].entry;
		return 0;
	}
	if (!chain_ranges(&row))
		return rest_entry(graph, direction, *list, ret_entry);
	r = row_make(&row);
	if (r)
		return r;
	*ret_entry = row.otherwise;
	if (row.cells.count) {
		r = direction_condition(&row, ret_entry);
		if (r)
			return r;
	}
	return known_add(graph, direction, list, *ret_entry);
}

int condition_graph_enter(struct condition_graph *graph, const struct range_list *list,
			  uint16_t *ret_entry)
{
	return by_direction(graph, PORTSIEVE_SOURCE, list, ret_entry);
}

int condition_graph_finish(struct condition_graph *graph)
{
	int r = 0;

	if (graph->cells_count > CELLS_SHARED)
		r = rows_share(graph->rows, graph->rows_count,
			       graph->directions[PORTSIEVE_SOURCE].classes.count, graph->image);
	r = r ?: sparse_table_lay(graph->rows, graph->rows_count, graph->image);
	if (r == -E2BIG)
		return condition_too_many(
			graph, PORTSIEVE_CELLS,
			"combinations of ports and addresses; give rules the same ports, or "
			"the same lists of prefixes");
	if (r)
		return error_no_memory(graph->error);
	return 0;
}
