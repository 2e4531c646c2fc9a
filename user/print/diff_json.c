/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference between two policies as JSON. Each change is printed and freed before the next one
 * is built: a list of 100,000 prefixes may belong to thousands of changes.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "compile/builtin.h"
#include "policy/knobs.h"
#include "print/diff.h"
#include "print/json.h"
#include "print/reason.h"

static const char *const effect_names[POLICY_DIFF_EFFECTS] = {
	[POLICY_DIFF_NOW_ALLOWED] = "now_allowed",
	[POLICY_DIFF_NOW_DROPPED] = "now_dropped",
	[POLICY_DIFF_NOW_COUNTED] = "now_counted",
	[POLICY_DIFF_NO_LONGER_COUNTED] = "no_longer_counted",
	[POLICY_DIFF_NOW_ENFORCED] = "now_enforced",
	[POLICY_DIFF_NO_LONGER_ENFORCED] = "no_longer_enforced",
};

/* The area printed last, kept because the next change often has the same one. */
struct area_json {
	const struct area *area;
	json_object *in;
	json_object *except;
};

struct diff_printer {
	struct area_json last[PORTSIEVE_DIRECTIONS];
	bool continued; /* a change has been printed */
};

/* Prints an object and frees it. */
static int print_object(json_object *object)
{
	size_t length;
	const char *text =
		json_object_to_json_string_length(object, JSON_C_TO_STRING_NOSLASHESCAPE, &length);

	if (text)
		fwrite(text, 1, length, stdout);
	json_object_put(object);
	return text ? 0 : -ENOMEM;
}

/*
 * An array of prefixes that is kept as text, so that printing it again does not format 100,000
 * prefixes again. NULL if out of memory.
 */
static json_object *prefixes_array(const struct policy_prefixes *prefixes)
{
	json_object *array = json_object_new_array();
	const char *printed;
	char *text;

	for (size_t i = 0; i < prefixes->count; i++)
		json_object_array_add(array, json_object_new_string(
						     policy_prefix_print(&prefixes->list[i]).text));
	printed = json_object_to_json_string_ext(array, JSON_C_TO_STRING_NOSLASHESCAPE);
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

/* Adds "from":["10.0.0.0/8"],"from_except":[]; both null if the area is NULL: any address. */
static int add_area(json_object *change, const char *key, const char *except_key,
		    const struct area *area, struct area_json *last)
{
	if (!area) {
		json_object_object_add(change, key, NULL);
		json_object_object_add(change, except_key, NULL);
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

/* One side's decision. The line is omitted for the live policy: its file may have changed. */
static json_object *decider_object(const struct policy_decider *decider, bool with_line,
				   int builtin)
{
	const struct policy_rule *rule = decider->rule;
	json_object *object = json_object_new_object();

	json_add_text(object, "verdict", decider->drop && !decider->monitored ? "drop" : "pass");
	json_add_bool(object, "would_drop", decider->drop && decider->monitored);
	if (rule) {
		json_add_text(object, "reason", "rule");
		json_add_text(object, "rule", rule->name);
		json_add_bool(object, "runtime", rule->runtime);
		json_object_object_add(object, "line",
				       with_line && !rule->runtime
					       ? json_object_new_uint64(rule->place.line)
					       : NULL);
	} else {
		json_add_text(object, "reason",
			      decider->knob	     ? "portless"
			      : decider->dhcp_client ? reason_name(PORTSIEVE_DHCP_CLIENT)
						     : "default");
		json_add_text(object, "rule",
			      decider->knob || decider->dhcp_client ? NULL : builtin_name(builtin));
		json_add_bool(object, "runtime", false);
		json_object_object_add(object, "line", NULL);
	}
	return object;
}

static json_object *knobs_array(uint32_t set)
{
	json_object *array = json_object_new_array();

	for (int knob = 0; knob < PORTSIEVE_KNOBS; knob++)
		if (set >> knob & 1)
			json_object_array_add(array, json_object_new_string(knobs[knob].name));
	return array;
}

static int print_part(struct diff_printer *printer, const struct policy_diff_change *part,
		      int builtin)
{
	json_object *object = json_object_new_object();
	int r;

	json_add_text(object, "protocol", transport_name(part->transport));
	if (part->transport == PORTSIEVE_ANY) {
		json_object_object_add(object, "low", NULL);
		json_object_object_add(object, "high", NULL);
		json_object_object_add(object, "portless", knobs_array(part->knobs));
	} else {
		json_add_number(object, "low", part->low);
		json_add_number(object, "high", part->high);
		json_object_object_add(object, "portless", NULL);
	}
	r = add_area(object, "from", "from_except", part->from, &printer->last[PORTSIEVE_SOURCE]);
	if (!r)
		r = add_area(object, "to", "to_except", part->to,
			     &printer->last[PORTSIEVE_DESTINATION]);
	if (r) {
		json_object_put(object);
		return r;
	}
	json_add_bool(object, "unclear", part->unclear);
	if (part->unclear) {
		json_object_object_add(object, "before", NULL);
		json_object_object_add(object, "after", NULL);
		json_object_object_add(object, "effect", NULL);
	} else {
		json_object_object_add(object, "before",
				       decider_object(&part->before, false, builtin));
		json_object_object_add(object, "after",
				       decider_object(&part->after, true, builtin));
		json_add_text(object, "effect", effect_names[part->effect]);
	}
	if (printer->continued)
		printf(",");
	printer->continued = true;
	return print_object(object);
}

static bool is_default(const struct policy_decider *decider)
{
	return !decider->rule && !decider->dhcp_client && !decider->knob;
}

/* If a default decides, splits the change into the built-in ranges, as each has its own name. */
static int print_change(struct diff_printer *printer, const struct policy_diff_change *change)
{
	bool split =
		!change->unclear && (is_default(&change->before) || is_default(&change->after));
	struct policy_diff_change part = *change;

	for (int builtin = 0; builtin < PORTSIEVE_BUILTINS; builtin++) {
		int r;

		if (part.low > builtin_ranges[builtin].high)
			continue;
		part.high = change->high;
		if (split && part.high > builtin_ranges[builtin].high)
			part.high = builtin_ranges[builtin].high;
		r = print_part(printer, &part, builtin);
		if (r || part.high == change->high)
			return r;
		part.low = part.high + 1;
	}
	return 0;
}

static void add_names(json_object *object, const char *key, const struct policy_diff_rules *rules)
{
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < rules->count; i++)
		json_object_array_add(array, json_object_new_string(rules->list[i]->name));
	json_object_object_add(object, key, array);
}

/* The members before the changes. */
static json_object *head_object(const struct diff_report *report)
{
	json_object *head = json_document(), *devices = json_object_new_array();

	for (size_t i = 0; i < report->devices_count; i++) {
		json_object *device = json_object_new_object();

		json_object_object_add(device, "device", json_printable(report->devices[i].name));
		json_add_number(device, "ifindex", report->devices[i].ifindex);
		json_object_object_add(device, "policy", json_policy(report->live));
		json_object_array_add(devices, device);
	}
	json_object_object_add(head, "devices", devices);
	json_object_object_add(head, "policy", json_policy(report->image));
	json_add_bool(head, "same", policy_diff_is_empty(report->diff));
	return head;
}

/* The members after the changes. */
static json_object *tail_object(const struct policy_diff *diff)
{
	json_object *tail = json_object_new_object(), *rules = json_object_new_object();
	json_object *settings = json_object_new_array(), *sets = json_object_new_array();

	for (size_t i = 0; i < diff->settings_count; i++) {
		const struct policy_diff_setting *setting = &diff->settings[i];
		json_object *object = json_object_new_object();

		json_add_text(object, "setting", setting->name);
		json_add_text(object, "before", setting->before);
		json_add_text(object, "after", setting->after);
		json_add_text(object, "effect", effect_names[setting->effect]);
		json_object_array_add(settings, object);
	}
	json_object_object_add(tail, "settings", settings);
	add_names(rules, "added", &diff->added);
	add_names(rules, "removed", &diff->removed);
	add_names(rules, "changed", &diff->changed);
	add_names(rules, "runtime", &diff->runtime);
	json_add_bool(rules, "reordered", diff->reordered);
	json_object_object_add(tail, "rules", rules);
	for (size_t i = 0; i < diff->sets_count; i++) {
		json_object *object = json_object_new_object();

		json_add_text(object, "set", diff->sets[i].name);
		json_add_number(object, "added", diff->sets[i].added);
		json_add_number(object, "removed", diff->sets[i].removed);
		json_object_array_add(sets, object);
	}
	json_object_object_add(tail, "sets", sets);
	return tail;
}

int print_diff_json(const struct diff_report *report)
{
	struct diff_printer printer = { 0 };
	int r;

	r = print_json_head(head_object(report));
	if (r)
		return r;
	printf(",\"changes\":[");
	for (size_t i = 0; !r && i < report->diff->changes_count; i++)
		r = print_change(&printer, &report->diff->changes[i]);
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		area_json_free(&printer.last[direction]);
	printf("]");
	return r ?: print_json(tail_object(report->diff));
}
