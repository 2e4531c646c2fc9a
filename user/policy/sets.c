/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Sets of a policy: which rules use them, and their members as text. */
#include "policy/sets.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

const struct policy_set *policy_set_named(const struct policy *policy, const char *name)
{
	for (size_t i = 0; i < policy->sets_count; i++)
		if (!strcmp(policy->sets[i].name, name))
			return &policy->sets[i];
	return NULL;
}

static struct policy_prefixes *prefixes_of(struct policy_rule *rule,
					   enum portsieve_direction direction)
{
	return direction == PORTSIEVE_SOURCE ? &rule->from : &rule->to;
}

/* Joins the rule's own prefixes and the members of all its sets in a new list. */
static int join(const struct policy *policy, const struct policy_set_uses *uses, size_t members,
		struct policy_prefixes *prefixes)
{
	struct policy_prefix *list =
		reallocarray(prefixes->list, prefixes->count + members + 1, sizeof(*list));

	if (!list)
		return -ENOMEM;
	prefixes->list = list;
	for (size_t i = 0; i < uses->count; i++) {
		const struct policy_prefixes *of_set =
			&policy_set_named(policy, uses->list[i].name)->members;

		if (of_set->count)
			memcpy(list + prefixes->count, of_set->list, of_set->count * sizeof(*list));
		prefixes->count += of_set->count;
	}
	return 0;
}

int policy_rule_resolve(const struct policy *policy, struct policy_rule *rule,
			const struct policy_set_use **ret_unknown)
{
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		struct policy_prefixes *prefixes = prefixes_of(rule, direction);
		struct policy_set_uses *uses = &rule->sets[direction];
		const struct policy_set *set = NULL;
		size_t members = 0;

		if (!uses->count)
			continue;
		for (size_t i = 0; i < uses->count; i++) {
			set = policy_set_named(policy, uses->list[i].name);
			if (!set) {
				*ret_unknown = &uses->list[i];
				return -ENOENT;
			}
			members += set->members.count;
		}
		uses->own = prefixes->count;
		if (uses->count == 1 && !uses->own) {
			policy_prefixes_free(prefixes); /* room for a bad one may be left */
			*prefixes = set->members;
			prefixes->is_borrowed = true;
		} else if (join(policy, uses, members, prefixes)) {
			return -ENOMEM;
		}
		prefixes->is_empty = !prefixes->count;
	}
	return 0;
}

size_t policy_rule_own(const struct policy_rule *rule, enum portsieve_direction direction)
{
	return rule->sets[direction].count ? rule->sets[direction].own
					   : policy_rule_prefixes(rule, direction)->count;
}

int policy_tally_init(struct policy_tally *tally, const struct policy *policy)
{
	*tally = (struct policy_tally){
		.policy = policy,
		.used = calloc(policy->sets_count + 1, sizeof(*tally->used)),
	};
	for (size_t i = 0; i < policy->sets_count; i++)
		tally->prefixes += policy->sets[i].members.count;
	return tally->used ? 0 : -ENOMEM;
}

void policy_tally_add(struct policy_tally *tally, const struct policy_rule *rule)
{
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++) {
		const struct policy_prefixes *prefixes = policy_rule_prefixes(rule, direction);
		bool *used;

		if (!prefixes->is_borrowed) {
			tally->prefixes += prefixes->count;
			continue;
		}
		used = tally->used[policy_set_named(tally->policy,
						    rule->sets[direction].list->name) -
				   tally->policy->sets];
		/* the first direction was counted with the set */
		if (!used[direction] && used[!direction])
			tally->prefixes += prefixes->count;
		used[direction] = true;
	}
}

void policy_tally_remove(struct policy_tally *tally, const struct policy_rule *rule)
{
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		if (!policy_rule_prefixes(rule, direction)->is_borrowed)
			tally->prefixes -= policy_rule_prefixes(rule, direction)->count;
}

void policy_tally_free(struct policy_tally *tally)
{
	free(tally->used);
}

/* Closes the stream of open_memstream. Returns its text, or NULL. */
static char *finish(FILE *out, char **text)
{
	if (!fclose(out))
		return *text;
	free(*text);
	return NULL;
}

static void print_lines(FILE *out, const struct policy_prefixes *members)
{
	for (size_t i = 0; i < members->count; i++)
		fprintf(out, "%s\n", policy_prefix_print(&members->list[i]).text);
}

char *policy_set_lines(const struct policy_set *set)
{
	struct policy_prefixes sorted __attribute__((cleanup(policy_prefixes_free))) = { 0 };
	char *text = NULL;
	size_t size;
	FILE *out = NULL;

	if (policy_prefixes_sort(&set->members, &sorted) || !(out = open_memstream(&text, &size)))
		return NULL;
	print_lines(out, &sorted);
	return finish(out, &text);
}

/* Before the members of a set comes "set NAME SHA256 PATH". No prefix begins like this. */
#define HEAD "set "

char *policy_sets_print(const struct policy *policy)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	for (size_t i = 0; i < policy->sets_count; i++) {
		const struct policy_set *set = &policy->sets[i];

		if (!set->file)
			continue;
		fprintf(out, HEAD "%s ", set->name);
		for (size_t byte = 0; byte < sizeof(set->sha256); byte++)
			fprintf(out, "%02x", set->sha256[byte]);
		fprintf(out, " %s\n", set->path ?: "");
		print_lines(out, &set->members);
	}
	return finish(out, &text);
}

/* Reads the digits of a digest. */
static bool digest_read(const char *hex, uint8_t sha256[32])
{
	for (size_t i = 0; i < 32; i++)
		if (sscanf(hex + 2 * i, "%2hhx", &sha256[i]) != 1)
			return false;
	return true;
}

int policy_sets_kept(void *context, const struct policy_set *set, struct policy_set_file *ret_file,
		     struct error *error)
{
	struct policy_set_file file = { 0 };
	char head[sizeof(HEAD) + sizeof(set->name) + 1];
	const char *at = context, *path;

	snprintf(head, sizeof(head), HEAD "%s ", set->name);
	while (at && strncmp(at, head, strlen(head)) != 0) {
		at = strstr(at, "\n" HEAD);
		at = at ? at + 1 : NULL;
	}
	path = at && digest_read(at + strlen(head), file.sha256) ? at + strlen(head) + 64 : NULL;
	if (!path || *path != ' ' || !(at = strchr(path, '\n')))
		return error_set(error, EINVAL, EXIT_FAILED,
				 "the members of the set '%s' are missing from the policy in force",
				 set->name);
	if (path[1] != '\n')
		file.path = strndup(path + 1, (size_t)(at - path - 1));
	at++;
	file.size = (size_t)((strstr(at, HEAD) ?: strchr(at, '\0')) - at);
	file.text = strndup(at, file.size);
	file.name = strdup(set->file);
	if (!file.text || !file.name || (path[1] != '\n' && !file.path)) {
		free(file.text);
		free(file.name);
		free(file.path);
		return error_no_memory(error);
	}
	*ret_file = file;
	return 0;
}
