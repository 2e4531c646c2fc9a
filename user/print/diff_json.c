/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference of two policies as JSON. Each change is an object of its own, printed and released
 * before the next: a list of 100,000 prefixes may belong to thousands of changes.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "compile/builtin.h"
#include "print/diff.h"
#include "print/json.h"
#include "print/reason.h"
#include "base/utf8.h"

static const char *const effect_names[POLICY_DIFF_EFFECTS] = {
	[POLICY_DIFF_NOW_ALLOWED] = "now_allowed",
	[POLICY_DIFF_NOW_DROPPED] = "now_dropped",
	[POLICY_DIFF_NOW_COUNTED] = "now_counted",
	[POLICY_DIFF_NO_LONGER_COUNTED] = "no_longer_counted",
	[POLICY_DIFF_NOW_ENFORCED] = "now_enforced",
	[POLICY_DIFF_NO_LONGER_ENFORCED] = "no_longer_enforced",
};

/* The area printed last, ready to be printed again: neighbours often share it. */
struct area_json {
	const struct area *area;
	json_object *in;
	json_object *except;
};

struct diff_printer {
	const struct diff_report *report;
	struct area_json last[PORTSIEVE_DIRECTIONS];
	bool continued; /* a change has been printed */
};

/* Releases the object. */
static int print_object(json_object *object)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text)
		fputs(text, stdout);
	json_object_put(object);
	return text ? 0 : -ENOMEM;
}

/* The members of an object without the braces around them. Releases the object. */
static int print_members(json_object *object)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE);

	if (text)
		printf("%.*s", (int)strlen(text) - 2, text + 1);
	json_object_put(object);
	return text ? 0 : -ENOMEM;
}

/*
 * An array of prefixes that keeps its text. Without it, each change would write the text of 100,000
 * prefixes anew. NULL when memory is short.
 */
static json_object *prefixes_array(const struct policy_prefixes *prefixes)
{
	json_object *array = json_object_new_array();
	const char *printed;
	char *text;

	for (size_t i = 0; i < prefixes->count; i++)
		json_object_array_add(array, json_object_new_string(
						     policy_prefix_print(&prefixes->list[i]).text));
	printed = json_object_to_json_string_ext(array, JSON_C_TO_STRING_PLAIN |
								JSON_C_TO_STRING_NOSLASHESCAPE);
	text = printed ? strdup(printed) : NULL;
	json_object_put(array);
	if (!text)
		return NULL;
	array = json_object_new_array();
	json_object_set_serializer(array, json_object_userdata_to_json_string, text,
				   json_object_free_userdata);
	return array;
}

static void area_json_free(struct area_json *last)
{
	json_object_put(last->in);
	json_object_put(last->except);
	*last = (struct area_json){ 0 };
}

/* "from":["10.0.0.0/8"],"from_except":[]; an area that is any address has no exceptions. */
static int add_area(json_object *change, const char *key, const char *except_key,
		    const struct area *area, struct area_json *last)
{
	if (!area) {
		json_object_object_add(change, key, NULL);
		return 0;
	}
	if (last->area != area) {
		area_json_free(last);
		last->in = prefixes_array(&area->in);
		last->except = prefixes_array(&area->except);
		if (!last->in || !last->except)
			return -ENOMEM;
		last->area = area;
	}
	json_object_object_add(change, key, json_object_get(last->in));
	json_object_object_add(change, except_key, json_object_get(last->except));
	return 0;
}

/*
 * How one side decides. Lines are those of the file; what is live comes from another file, or none.
 */
static json_object *decider_object(const struct policy_decider *decider, bool monitor,
				   bool with_line, int builtin)
{
	const struct policy_rule *rule = decider->rule;
	json_object *object = json_object_new_object();

	json_object_object_add(object, "verdict",
			       json_object_new_string(decider->drop && !monitor ? "drop" : "pass"));
	json_object_object_add(object, "would_drop",
			       json_object_new_boolean(decider->drop && monitor));
	if (rule) {
		json_object_object_add(object, "reason", json_object_new_string("rule"));
		json_object_object_add(object, "rule", json_object_new_string(rule->name));
		json_object_object_add(object, "runtime", json_object_new_boolean(rule->runtime));
		json_object_object_add(object, "line",
				       with_line && !rule->runtime
					       ? json_object_new_uint64(rule->place.line)
					       : NULL);
		return object;
	}
	json_object_object_add(object, "reason",
			       json_object_new_string(decider->dhcp_client
							      ? reason_name(PORTSIEVE_DHCP_CLIENT)
							      : "default"));
	json_object_object_add(
		object, "rule",
		decider->dhcp_client ? NULL : json_object_new_string(builtin_name(builtin)));
	return object;
}

static json_object *effect_string(enum policy_diff_effect effect)
{
	return effect_names[effect] ? json_object_new_string(effect_names[effect]) : NULL;
}

/* Adds what decides before and after to the object of a change. */
static void add_deciders(json_object *object, const struct diff_report *report,
			 const struct policy_diff_change *change, int builtin)
{
	if (change->unclear) {
		json_object_object_add(object, "before", NULL);
		json_object_object_add(object, "after", NULL);
		json_object_object_add(object, "effect", NULL);
		json_object_object_add(object, "unclear", json_object_new_boolean(true));
		return;
	}
	json_object_object_add(
		object, "before",
		decider_object(&change->before, report->monitor_before, false, builtin));
	json_object_object_add(
		object, "after",
		decider_object(&change->after, report->monitor_after, true, builtin));
	json_object_object_add(object, "effect", effect_string(change->effect));
}

static int print_part(struct diff_printer *printer, const struct policy_diff_change *part,
		      int builtin)
{
	json_object *object = json_object_new_object();
	int r;

	json_object_object_add(object, "protocol",
			       json_object_new_string(transport_name(part->transport)));
	json_object_object_add(object, "low", json_object_new_int(part->low));
	json_object_object_add(object, "high", json_object_new_int(part->high));
	r = add_area(object, "from", "from_except", part->from, &printer->last[PORTSIEVE_SOURCE]);
	if (!r)
		r = add_area(object, "to", "to_except", part->to,
			     &printer->last[PORTSIEVE_DESTINATION]);
	if (r) {
		json_object_put(object);
		return r;
	}
	add_deciders(object, printer->report, part, builtin);
	if (printer->continued)
		printf(",");
	printer->continued = true;
	return print_object(object);
}

static bool is_default(const struct policy_decider *decider)
{
	return !decider->rule && !decider->dhcp_client;
}

/* Where a default decides, its ranges have names of their own: the change is cut at their ends. */
static int print_change(struct diff_printer *printer, const struct policy_diff_change *change)
{
	bool cut = !change->unclear && (is_default(&change->before) || is_default(&change->after));
	struct policy_diff_change part = *change;

	for (int builtin = 0; builtin < PORTSIEVE_BUILTINS; builtin++) {
		int r;

		if (part.low > builtin_ranges[builtin].high)
			continue;
		part.high = change->high;
		if (cut && part.high > builtin_ranges[builtin].high)
			part.high = builtin_ranges[builtin].high;
		r = print_part(printer, &part, builtin);
		if (r || part.high == change->high)
			return r;
		part.low = part.high + 1;
	}
	return 0;
}

static json_object *names_array(const struct policy_diff_rules *rules)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < rules->count; i++)
		json_object_array_add(array, json_object_new_string(rules->list[i]->name));
	return array;
}

/* What comes before the changes. */
static json_object *head_object(const struct diff_report *report)
{
	json_object *head = json_document(), *devices = json_object_new_array();
	char path[PATH_MAX];

	utf8_copy_printable(path, sizeof(path), report->path);
	for (size_t i = 0; i < report->devices_count; i++)
		json_object_array_add(devices, json_object_new_string(report->devices[i].name));
	json_object_object_add(head, "devices", devices);
	json_object_object_add(head, "policy", json_object_new_string(path));
	json_object_object_add(head, "same",
			       json_object_new_boolean(policy_diff_is_empty(report->diff)));
	return head;
}

static json_object *setting_object(const struct policy_diff_setting *setting)
{
	json_object *object = json_object_new_object();

	json_object_object_add(object, "setting", json_object_new_string(setting->name));
	json_object_object_add(object, "before", json_object_new_string(setting->before));
	json_object_object_add(object, "after", json_object_new_string(setting->after));
	json_object_object_add(object, "effect", effect_string(setting->effect));
	return object;
}

/* What comes after the changes. */
static json_object *tail_object(const struct policy_diff *diff)
{
	json_object *tail = json_object_new_object(), *rules = json_object_new_object();
	json_object *settings = json_object_new_array();

	for (size_t i = 0; i < diff->settings_count; i++)
		json_object_array_add(settings, setting_object(&diff->settings[i]));
	json_object_object_add(tail, "settings", settings);
	json_object_object_add(rules, "added", names_array(&diff->added));
	json_object_object_add(rules, "removed", names_array(&diff->removed));
	json_object_object_add(rules, "changed", names_array(&diff->changed));
	json_object_object_add(rules, "runtime", names_array(&diff->runtime));
	json_object_object_add(rules, "reordered", json_object_new_boolean(diff->reordered));
	json_object_object_add(tail, "rules", rules);
	return tail;
}

int print_diff_json(const struct diff_report *report)
{
	struct diff_printer printer = { .report = report };
	int r;

	printf("{");
	r = print_members(head_object(report));
	printf(",\"changes\":[");
	for (size_t i = 0; !r && i < report->diff->changes_count; i++)
		r = print_change(&printer, &report->diff->changes[i]);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		area_json_free(&printer.last[direction]);
	if (r)
		return r;
	printf("],");
	r = print_members(tail_object(report->diff));
	printf("}\n");
	output_flush();
	return r;
}
