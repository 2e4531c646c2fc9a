/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Reads the mapping `sets`: for each name a list of prefixes, or a file with one per line. Errors
 * in a file have that file's name and lines.
 */
#include "policy/read_sets.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/cleanup.h"
#include "base/utf8.h"
#include "policy/lines.h"
#include "policy/quote.h"
#include "policy/read_prefixes.h"
#include "policy/sets.h"

#define SET_RIGHT "write a list of prefixes, [] for none, or {file: PATH}"

/* Reports an error in a line of the file, at a byte. */
static int line_refuse(struct policy_yaml *yaml, const struct policy_set_file *file,
		       const struct policy_lines *lines, const char *line, size_t at,
		       const char *text)
{
	error_place(yaml->error, file->name, lines->number, utf8_chars(line, at) + 1);
	return error_set(yaml->error, EINVAL, EXIT_USAGE, "%s", text);
}

static int line_read(struct policy_yaml *yaml, const struct policy_set_file *file,
		     const struct policy_lines *lines, const char *line,
		     struct policy_prefixes *members)
{
	size_t at = strspn(line, " \t");
	const char *word = line + at;
	struct policy_prefix *list;
	struct error error = { 0 };

	if (!*word)
		return 0;
	list = array_room(members->list, members->count, sizeof(*list));
	if (!list)
		return error_no_memory(yaml->error);
	members->list = list;
	if (members->count == POLICY_PREFIXES_MAX)
		error_set(&error, EINVAL, EXIT_USAGE, "the set has more than %d prefixes",
			  POLICY_PREFIXES_MAX);
	else if (!strncmp(word, POLICY_SET_PREFIX, strlen(POLICY_SET_PREFIX)))
		error_set(&error, EINVAL, EXIT_USAGE, "'%s': sets do not nest; write the prefixes",
			  quote_string(word).text);
	else if (word[strcspn(word, ", \t")])
		error_set(&error, EINVAL, EXIT_USAGE,
			  "'%s' is not one address or prefix: write one a line",
			  quote_string(word).text);
	else if (!policy_prefix_read(word, &list[members->count], &error)) {
		members->count++;
		return 0;
	}
	return line_refuse(yaml, file, lines, line, at, error.text);
}

static int lines_read(struct policy_yaml *yaml, const struct policy_set_file *file,
		      struct policy_prefixes *members)
{
	struct policy_lines lines = { .at = file->text, .end = file->text + file->size };

	for (;;) {
		_cleanup_free_ char *line = NULL;
		int r = policy_lines_next(&lines, &line);

		if (!r)
			return 0;
		if (r == -ENOMEM)
			return error_no_memory(yaml->error);
		if (r == -EINVAL)
			return line_refuse(yaml, file, &lines, line, strlen(line),
					   "a NUL byte: this is not a text file");
		r = line_read(yaml, file, &lines, line, members);
		if (r && !policy_yaml_goes_on(yaml, r))
			return r;
	}
}

static void file_free(struct policy_set_file *file)
{
	free(file->text);
	free(file->name);
	free(file->path);
}

/* Reads the members from the set's file; `node` is its path. */
static int file_read(struct policy_yaml *yaml, const struct policy_node *node,
		     const struct policy_host *host, struct policy_set *set)
{
	struct policy_set_file file __attribute__((cleanup(file_free))) = { 0 };
	struct policy_prefixes members __attribute__((cleanup(policy_prefixes_free))) = { 0 };
	struct error error = { 0 };
	int r;

	if (!host->files)
		return policy_yaml_error(yaml, node,
					 "there are no files here: write a list of "
					 "prefixes");
	r = host->files->read(host->files->context, set, &file, &error);
	if (r == -ENOMEM)
		return error_no_memory(yaml->error);
	if (r) {
		policy_yaml_error(yaml, node, "%s", error.text);
		if (yaml->error)
			yaml->error->code = error.code;
		return -EINVAL;
	}
	memcpy(set->sha256, file.sha256, sizeof(set->sha256));
	set->path = TAKE_PTR(file.path);
	r = lines_read(yaml, &file, &members);
	if (r)
		return r;
	return policy_prefixes_sort(&members, &set->members) ? error_no_memory(yaml->error) : 0;
}

static int path_read(const struct policy_pairs *pairs, const struct policy_host *host,
		     struct policy_set *set)
{
	const struct policy_node *path = pairs->value;
	int r = policy_text_check(pairs);

	if (r)
		return r;
	if (!path->length || !policy_text_is_printable(path))
		return policy_yaml_error(pairs->yaml, path,
					 "'file' must be a path without control characters: %s",
					 pairs->row->right);
	set->file = strdup(path->text);
	if (!set->file)
		return error_no_memory(pairs->yaml->error);
	return file_read(pairs->yaml, path, host, set);
}

static int dynamic_refuse(struct policy_yaml *yaml, const struct policy_node *node)
{
	return policy_yaml_error(yaml, node,
				 "dynamic sets are not supported yet: write a list of prefixes or "
				 "{file: PATH}");
}

/* {file: PATH} */
static int mapping_read(const struct policy_pairs *pairs, const struct policy_host *host,
			struct policy_set *set)
{
	enum { SET_FILE, SET_DYNAMIC, SET_KEYS };
	static const struct policy_key rows[SET_KEYS] = {
		[SET_FILE] = {
			.name = "file",
			.right = "write a path such as blocked.txt",
			.missing = "'file: PATH'",
		},
		[SET_DYNAMIC] = { .name = "dynamic", .right = "leave it out" },
	};
	static const struct policy_keys keys = {
		.where = "a set",
		.rows = rows,
		.count = SET_KEYS,
		.unlisted = 1,
	};
	struct policy_pairs chosen = policy_pairs_of(pairs->yaml, pairs->value, &keys);
	int r;

	if (policy_prefix_unquoted(pairs->yaml, pairs->value, pairs->yaml->error))
		return -EINVAL;
	while ((r = policy_pairs_next(&chosen)) > 0) {
		if (chosen.row == &rows[SET_DYNAMIC])
			return dynamic_refuse(pairs->yaml, chosen.key);
		r = path_read(&chosen, host, set);
		if (r && !policy_yaml_goes_on(pairs->yaml, r))
			return r;
	}
	return r;
}

static int members_read(struct policy_pairs *pairs, const struct policy_host *host,
			struct policy_set *set)
{
	if (pairs->value->kind == POLICY_NODE_MAPPING)
		return mapping_read(pairs, host, set);
	if (pairs->value->kind == POLICY_NODE_TEXT && !strcmp(pairs->value->text, "dynamic"))
		return dynamic_refuse(pairs->yaml, pairs->value);
	return policy_prefixes_read(pairs, &set->members, NULL);
}

/* Checks the name of a set, and adds the set. */
static int set_add(struct policy_yaml *yaml, const struct policy_node *key, struct policy *policy,
		   struct policy_set **ret_set)
{
	const struct policy_set *same;
	struct policy_set *sets;

	if (key->kind != POLICY_NODE_TEXT)
		return policy_yaml_error(yaml, key, "the name of a set must be a word");
	if (!policy_name_is_good(key->text))
		return policy_yaml_error(yaml, key, "bad name of a set '%s': " POLICY_NAME_RIGHT,
					 quote_string(key->text).text, PORTSIEVE_RULE_NAME_MAX);
	same = policy_set_named(policy, key->text);
	if (same)
		return policy_yaml_error(yaml, key, "duplicate set '%s' (the first is on line %u)",
					 key->text, same->place.line);
	if (policy->sets_count == POLICY_SETS_MAX)
		return policy_yaml_error(yaml, key, "more than %d sets", POLICY_SETS_MAX);
	sets = array_room(policy->sets, policy->sets_count, sizeof(*sets));
	if (!sets)
		return error_no_memory(yaml->error);
	policy->sets = sets;
	*ret_set = &sets[policy->sets_count++];
	**ret_set = (struct policy_set){ .place = key->place };
	strcpy((*ret_set)->name, key->text);
	return 0;
}

int policy_sets_read(const struct policy_pairs *pairs, const struct policy_host *host,
		     struct policy *policy)
{
	static const struct policy_keys any_key = { .where = "'sets'" };
	const struct policy_node *mapping = pairs->value, *end = mapping + mapping->span;
	const struct policy_node *key = mapping + 1;

	if (policy_node_is_null(mapping))
		return 0;
	if (mapping->kind != POLICY_NODE_MAPPING)
		return policy_value_refuse(pairs);
	while (key < end) {
		const struct policy_key row = { .name = key->text, .right = SET_RIGHT };
		struct policy_pairs of_set = {
			.yaml = pairs->yaml,
			.keys = &any_key,
			.mapping = mapping,
			.at = key + key->span,
			.row = &row,
			.key = key,
			.value = key + key->span,
		};
		struct policy_set *set = NULL;
		int r;

		if (of_set.at < end)
			of_set.at += of_set.value->span;
		r = set_add(pairs->yaml, key, policy, &set);
		if (!r)
			r = members_read(&of_set, host, set);
		if (r && !policy_yaml_goes_on(pairs->yaml, r))
			return r;
		key = of_set.at;
	}
	return 0;
}
