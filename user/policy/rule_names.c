/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The index of rules by name. */
#include "policy/rule_names.h"

#include <string.h>

struct rule_name_key {
	const struct rule_names *names;
	const char *name;
};

static bool equals(uint32_t number, const void *pointer)
{
	const struct rule_name_key *key = pointer;

	return !strcmp(key->names->rules[number]->name, key->name);
}

static uint32_t *slot_of(const struct rule_names *names, const char *name)
{
	const struct rule_name_key key = { names, name };

	return hash_index_find(&names->index, hash_bytes(0, name, strlen(name)), equals, &key);
}

int rule_names_init(struct rule_names *names, size_t max)
{
	*names = (struct rule_names){ .rules = calloc(max + 1, sizeof(*names->rules)) };
	return names->rules ? hash_index_init(&names->index, (uint32_t)max + 1) : -ENOMEM;
}

void rule_names_free(struct rule_names *names)
{
	hash_index_free(&names->index);
	free(names->rules);
	*names = (struct rule_names){ 0 };
}

struct policy_rule *rule_names_find(const struct rule_names *names, const char *name)
{
	uint32_t number = *slot_of(names, name);

	return number ? names->rules[number - 1] : NULL;
}

void rule_names_add(struct rule_names *names, struct policy_rule *rule)
{
	uint32_t *slot = slot_of(names, rule->name);

	if (*slot)
		return;
	names->rules[names->count] = rule;
	*slot = ++names->count;
}

int rule_names_of(const struct policy *policy, size_t more, struct rule_names *ret_names)
{
	int r = rule_names_init(ret_names, policy->rules_count + more);

	for (size_t i = 0; !r && i < policy->rules_count; i++)
		rule_names_add(ret_names, &policy->rules[i]);
	return r;
}
