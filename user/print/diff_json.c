/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The difference of two policies as JSON. Written as it goes, not as one object: a list of 100,000
 * prefixes may belong to thousands of changes. All words are free of quotes, but for the path.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include <json-c/json.h>

#include "base/output.h"

#include "print/diff.h"
#include "print/reason.h"
#include "base/utf8.h"

/* The last port of each built-in range. */
static const uint16_t builtin_high[PORTSIEVE_BUILTINS] = {
	[PORTSIEVE_PORT0] = 0,
	[PORTSIEVE_SYSTEM] = 1023,
	[PORTSIEVE_USER] = 49151,
	[PORTSIEVE_DYNAMIC] = 65535,
};

/* The text of the area that was printed last; neighbours often share it. */
struct area_text {
	const struct area *area;
	char *text;
};

static void put_prefixes(FILE *out, const struct policy_prefixes *prefixes)
{
	fputc('[', out);
	for (size_t i = 0; i < prefixes->count; i++)
		fprintf(out, "%s\"%s\"", i ? "," : "",
			policy_prefix_print(&prefixes->list[i]).text);
	fputc(']', out);
}

/* ,"from":["10.0.0.0/8"],"from_except":[] */
static char *area_format(const char *key, const struct area *area)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fprintf(out, ",\"%s\":", key);
	if (area)
		put_prefixes(out, &area->in);
	else
		fputs("null", out);
	if (area) {
		fprintf(out, ",\"%s_except\":", key);
		put_prefixes(out, &area->except);
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

static int print_area(const char *key, const struct area *area, struct area_text *last)
{
	if (!last->text || last->area != area) {
		free(last->text);
		last->area = area;
		last->text = area_format(key, area);
	}
	if (!last->text)
		return -ENOMEM;
	fputs(last->text, stdout);
	return 0;
}

/* How one side says it. A line is one of the file; what is live has come from another, or none. */
struct side {
	const char *key;
	bool monitor; /* what it drops passes */
	bool with_line;
};

static void print_decider(const struct side *side, const struct policy_decider *decider,
			  int builtin)
{
	printf(",\"%s\":{\"verdict\":\"%s\",\"would_drop\":%s,\"reason\":", side->key,
	       decider->drop && !side->monitor ? "drop" : "pass",
	       decider->drop && side->monitor ? "true" : "false");
	if (decider->rule)
		printf("\"rule\",\"rule\":\"%s\",\"runtime\":%s,\"line\":", decider->rule->name,
		       decider->rule->runtime ? "true" : "false");
	else if (decider->dhcp_client)
		printf("\"%s\",\"rule\":null", reason_name(PORTSIEVE_DHCP_CLIENT));
	else
		printf("\"default\",\"rule\":\"%s\"", builtin_name(builtin));
	if (decider->rule && side->with_line && !decider->rule->runtime)
		printf("%u", decider->rule->place.line);
	else if (decider->rule)
		printf("null");
	printf("}");
}

static int print_part(const struct diff_report *report, const struct policy_diff_change *change,
		      struct area_text last[2], int builtin, const char *separator)
{
	const struct side before = { "before", report->monitor_before, false };
	const struct side after = { "after", report->monitor_after, true };

	printf("%s{\"protocol\":\"%s\",\"low\":%u,\"high\":%u", separator,
	       transport_name(change->transport), change->low, change->high);
	if (print_area("from", change->from, &last[PORTSIEVE_SOURCE]) ||
	    print_area("to", change->to, &last[PORTSIEVE_DESTINATION]))
		return -ENOMEM;
	if (change->unclear) {
		printf(",\"before\":null,\"after\":null,\"unclear\":true}");
		return 0;
	}
	print_decider(&before, &change->before, builtin);
	print_decider(&after, &change->after, builtin);
	printf("}");
	return 0;
}

/* Where a default decides, its ranges have names of their own: the change is cut at their ends. */
static int print_change(const struct diff_report *report, const struct policy_diff_change *change,
			struct area_text last[2], const char *separator)
{
	bool cut = !change->unclear && ((!change->before.rule && !change->before.dhcp_client) ||
					(!change->after.rule && !change->after.dhcp_client));
	struct policy_diff_change part = *change;
	int r = 0;

	for (int builtin = 0; !r && builtin < PORTSIEVE_BUILTINS; builtin++) {
		if (part.low > builtin_high[builtin])
			continue;
		part.high = change->high;
		if (cut && part.high > builtin_high[builtin])
			part.high = builtin_high[builtin];
		r = print_part(report, &part, last, builtin, separator);
		separator = ",";
		if (part.high == change->high)
			break;
		part.low = part.high + 1;
	}
	return r;
}

static int print_changes(const struct diff_report *report)
{
	const struct policy_diff *diff = report->diff;
	struct area_text last[PORTSIEVE_DIRECTIONS] = { 0 };
	int r = 0;

	printf(",\"changes\":[");
	for (size_t i = 0; !r && i < diff->changes_count; i++)
		r = print_change(report, &diff->changes[i], last, i ? "," : "");
	printf("]");
	for (int direction = 0; direction < PORTSIEVE_DIRECTIONS; direction++)
		free(last[direction].text);
	return r;
}

static void print_names(const char *key, const struct policy_diff_rules *rules,
			const char *separator)
{
	printf("%s\"%s\":[", separator, key);
	for (size_t i = 0; i < rules->count; i++)
		printf("%s\"%s\"", i ? "," : "", rules->list[i]->name);
	printf("]");
}

static int print_head(const struct diff_report *report)
{
	char printable[PATH_MAX];

	utf8_copy_printable(printable, sizeof(printable), report->path);

	json_object *path = json_object_new_string(printable);
	const char *text =
		path ? json_object_to_json_string_ext(path, JSON_C_TO_STRING_NOSLASHESCAPE) : NULL;

	printf("{\"schema\":1,\"devices\":[");
	for (size_t i = 0; i < report->devices_count; i++) {
		json_object *name = json_object_new_string(report->devices[i].name);

		printf("%s%s", i ? "," : "",
		       json_object_to_json_string_ext(name, JSON_C_TO_STRING_NOSLASHESCAPE));
		json_object_put(name);
	}
	printf("],\"policy\":%s,\"same\":%s", text ? text : "null",
	       policy_diff_is_empty(report->diff) ? "true" : "false");
	json_object_put(path);
	return text ? 0 : -ENOMEM;
}

int print_diff_json(const struct diff_report *report)
{
	const struct policy_diff *diff = report->diff;
	int r = print_head(report);

	if (!r)
		r = print_changes(report);
	printf(",\"settings\":[");
	for (size_t i = 0; i < diff->settings_count; i++)
		printf("%s{\"setting\":\"%s\",\"before\":\"%s\",\"after\":\"%s\"}", i ? "," : "",
		       diff->settings[i].name, diff->settings[i].before, diff->settings[i].after);
	printf("],\"rules\":{");
	print_names("added", &diff->added, "");
	print_names("removed", &diff->removed, ",");
	print_names("changed", &diff->changed, ",");
	print_names("runtime", &diff->runtime, ",");
	printf(",\"reordered\":%s}}\n", diff->reordered ? "true" : "false");
	output_flush();
	return r;
}
