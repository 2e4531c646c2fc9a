/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Findings as a list of 80 columns, each with the command that fixes it, and as JSON. */
#include "print/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text_table.h"
#include "base/utf8.h"
#include "print/json.h"
#include "print/wrap.h"

enum { COLUMNS = 80 };

static const char *const result_names[] = {
	[DOCTOR_FAULT] = "fault",
	[DOCTOR_WARNING] = "warning",
	[DOCTOR_OK] = "ok",
};
_Static_assert(sizeof(result_names) / sizeof(result_names[0]) == DOCTOR_RESULTS,
	       "every result has a name");

static const char *const styles[] = {
	[DOCTOR_FAULT] = "\033[1m",
	[DOCTOR_WARNING] = "",
	[DOCTOR_OK] = "\033[2m",
};

static const char *subject(const struct doctor_finding *finding, char name[DOCTOR_NAME])
{
	utf8_copy_printable(name, DOCTOR_NAME, finding->device[0] ? finding->device : "machine");
	return name;
}

static int widest(const struct doctor_report *report, bool checks)
{
	size_t width = 0;

	for (size_t i = 0; i < report->count; i++) {
		char name[DOCTOR_NAME];
		const char *text =
			checks ? report->findings[i].check : subject(&report->findings[i], name);
		size_t chars = utf8_chars(text, strlen(text));

		width = chars > width ? chars : width;
	}
	return (int)width;
}

/* The widths of the first columns. */
struct layout {
	int devices;
	int checks;
	bool colour;
};

static void print_finding(const struct doctor_finding *finding, const struct layout *layout)
{
	char name[DOCTOR_NAME], text[DOCTOR_TEXT], first[64], next[64];
	int blanks;

	subject(finding, name);
	blanks = layout->devices - (int)utf8_chars(name, strlen(name));
	snprintf(first, sizeof(first), "%-7s  %s%*s  %-*s  ", result_names[finding->result], name,
		 blanks, "", layout->checks, finding->check);
	snprintf(next, sizeof(next), "%*s", (int)utf8_chars(first, strlen(first)), "");
	utf8_copy_printable(text, sizeof(text), finding->message);
	fputs(layout->colour ? styles[finding->result] : "", stdout);
	wrap_print(stdout, COLUMNS, first, next, text);
	fputs(layout->colour ? "\033[0m" : "", stdout);
	if (!finding->command[0])
		return;
	utf8_copy_printable(text, sizeof(text), finding->command);
	printf("%*s$ %s\n", 7 + 2, "", text);
}

/* Prints the checks that one device, or the machine, has passed, on one line. */
static int print_passed(const struct doctor_report *report, size_t first_finding,
			const struct layout *layout)
{
	const char *device = report->findings[first_finding].device;
	_cleanup_free_ char *text = NULL;
	char name[DOCTOR_NAME], first[64], next[64];
	size_t size;
	FILE *list = open_memstream(&text, &size);
	bool failed;
	int blanks;

	if (!list)
		return -ENOMEM;
	for (size_t i = first_finding; i < report->count; i++)
		if (!strcmp(report->findings[i].device, device))
			fprintf(list, "%s%s", i > first_finding ? ", " : "",
				report->findings[i].check);
	failed = ferror(list);
	if (fclose(list) || failed)
		return -ENOMEM;
	subject(&report->findings[first_finding], name);
	blanks = layout->devices - (int)utf8_chars(name, strlen(name));
	snprintf(first, sizeof(first), "%-7s  %s%*s  ", result_names[DOCTOR_OK], name, blanks, "");
	snprintf(next, sizeof(next), "%*s", (int)utf8_chars(first, strlen(first)), "");
	fputs(layout->colour ? styles[DOCTOR_OK] : "", stdout);
	wrap_print(stdout, COLUMNS, first, next, text);
	fputs(layout->colour ? "\033[0m" : "", stdout);
	return 0;
}

static bool is_first_of_device(const struct doctor_report *report, size_t at)
{
	for (size_t i = 0; i < at; i++)
		if (report->findings[i].result == DOCTOR_OK &&
		    !strcmp(report->findings[i].device, report->findings[at].device))
			return false;
	return true;
}

/* "2 faults, 1 warning", or "no faults". */
static void print_counts(const struct doctor_report *report)
{
	size_t faults = report->counts[DOCTOR_FAULT], warnings = report->counts[DOCTOR_WARNING];

	if (faults)
		printf("\n%zu fault%s", faults, faults > 1 ? "s" : "");
	else
		printf("\nno faults");
	if (warnings)
		printf(", %zu warning%s", warnings, warnings > 1 ? "s" : "");
	printf("\n");
}

int print_doctor_text(const struct doctor_report *report, bool details)
{
	const struct layout layout = {
		.devices = widest(report, false),
		.checks = widest(report, true),
		.colour = table_has_colour(stdout),
	};

	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_finding *finding = &report->findings[i];

		if (i && report->findings[i - 1].result != finding->result)
			printf("\n");
		if (finding->result != DOCTOR_OK || (details && finding->device[0]))
			print_finding(finding, &layout);
		else if (is_first_of_device(report, i) && print_passed(report, i, &layout))
			return -ENOMEM;
	}
	print_counts(report);
	return 0;
}

int print_doctor_json(const struct doctor_report *report)
{
	json_object *document = json_document();
	json_object *counts = json_object_new_object();
	json_object *checks = json_object_new_array();

	json_add_number(counts, "faults", report->counts[DOCTOR_FAULT]);
	json_add_number(counts, "warnings", report->counts[DOCTOR_WARNING]);
	json_object_object_add(document, "counts", counts);
	for (size_t i = 0; i < report->count; i++) {
		const struct doctor_finding *finding = &report->findings[i];
		json_object *check = json_object_new_object();

		json_add_text(check, "check", finding->check);
		json_object_object_add(check, "device",
				       finding->device[0] ? json_printable(finding->device) : NULL);
		json_add_text(check, "result", result_names[finding->result]);
		json_object_object_add(check, "message", json_printable(finding->message));
		json_object_object_add(check, "command",
				       finding->command[0] ? json_printable(finding->command)
							   : NULL);
		json_object_array_add(checks, check);
	}
	json_object_object_add(document, "checks", checks);
	return print_json(document);
}
