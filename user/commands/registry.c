/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve registry: looks up a port or a service name in the IANA registry. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/output.h"
#include "commands/command.h"
#include "base/suggest.h"
#include "policy/policy.h"
#include "policy/services.h"
#include "print/services.h"

enum {
	ALL_TRANSPORTS = (1 << PORTSIEVE_TRANSPORTS) - 1,
	PRIVATE_MIN = 49152, /* RFC 6335: ports from here on are never assigned */
};

/* What to look up: ports low to high or, if `name` is not NULL, a service. */
struct question {
	unsigned int transports;
	const char *name;
	uint16_t low, high;
};

static int not_a_port(const char *text, struct error *error)
{
	return error_set(error, EINVAL, EXIT_USAGE, "'%s' is not a port: write 0 to 65535", text);
}

/* Reads "27000-27010" or "22" into the question. */
static int read_ports(const char *text, struct question *question, struct error *error)
{
	unsigned long low, high;
	char *end;

	low = high = strtoul(text, &end, 10);
	if (*end == '-' && end[1] >= '0' && end[1] <= '9')
		high = strtoul(end + 1, &end, 10);
	if (*end || low > UINT16_MAX || high > UINT16_MAX)
		return not_a_port(text, error);
	if (low > high)
		return error_set(error, EINVAL, EXIT_USAGE, "range is reversed: write %lu-%lu",
				 high, low);
	question->low = (uint16_t)low;
	question->high = (uint16_t)high;
	return 0;
}

/* Reads the protocol before a slash. */
static int read_protocol(const char *text, size_t length, unsigned int *ret_transports,
			 struct error *error)
{
	struct suggest suggest;

	if (length && strspn(text, "0123456789-") == length)
		return error_set(error, EINVAL, EXIT_USAGE,
				 "the protocol comes first: write %s/%.*s", text + length + 1,
				 (int)length, text);
	suggest_start(&suggest, text, length);
	for (enum portsieve_transport t = 0; t < PORTSIEVE_TRANSPORTS; t++) {
		const char *name = transport_name(t);

		if (strlen(name) == length && !strncasecmp(name, text, length)) {
			*ret_transports = 1u << t;
			return 0;
		}
		suggest_offer(&suggest, name);
	}
	return error_set(error, EINVAL, EXIT_USAGE, "unknown protocol '%.*s'%s", (int)length, text,
			 suggest_hint(&suggest, "tcp, udp, sctp or dccp").text);
}

static int read_question(const char *text, struct question *ret_question, struct error *error)
{
	struct question question = { .transports = ALL_TRANSPORTS };
	const char *slash = strchr(text, '/'), *rest = slash ? slash + 1 : text;
	int r = 0;

	if (slash)
		r = read_protocol(text, (size_t)(slash - text), &question.transports, error);
	if (!r && *rest >= '0' && *rest <= '9' && strspn(rest, "0123456789-") == strlen(rest))
		r = read_ports(rest, &question, error);
	else if (!r && !*rest)
		r = not_a_port(rest, error);
	else
		question.name = rest;
	if (!r)
		*ret_question = question;
	return r;
}

static size_t look_up(const struct question *question, const struct registry_service **services,
		      size_t most)
{
	if (question->name)
		return services_by_name(question->name, question->transports, services, most);
	if (question->low == question->high)
		return registry_by_port(question->low, question->transports, services, most);
	return registry_by_range(question->low, question->high, question->transports, services,
				 most);
}

static int not_found(const char *text, const struct question *question, struct error *error)
{
	struct suggest suggest;

	if (!question->name)
		return error_set_code(
			error, ERROR_NOT_FOUND, ENOENT, "%s %s %s assigned in the registry of %s%s",
			question->low == question->high ? "port" : "no port of", text,
			question->low == question->high ? "is not" : "is", registry_date(),
			question->low >= PRIVATE_MIN
				? " (49152 to 65535 never are: they are for private "
				  "use)"
				: "");
	suggest_start(&suggest, question->name, strlen(question->name));
	services_offer(&suggest, question->transports);
	return error_set_code(error, ERROR_NOT_FOUND, ENOENT,
			      "no service '%s' in the registry of %s%s", text, registry_date(),
			      suggest_hint(&suggest, NULL).text);
}

static int compare_services(const void *one, const void *other)
{
	const struct registry_service *const *a = one, *const *b = other;

	return (*a)->low != (*b)->low ? (*a)->low - (*b)->low : (*a)->high - (*b)->high;
}

static enum exit_code registry(const struct settings *settings, struct error *error)
{
	const char *text = settings->operands[0];
	_cleanup_free_ const struct registry_service **services = NULL;
	struct question question;
	size_t found;

	if (read_question(text, &question, error))
		return error->exit;
	found = look_up(&question, NULL, 0);
	if (!found) {
		not_found(text, &question, error);
		return error->exit;
	}
	services = calloc(found, sizeof(*services));
	if (!services) {
		error_no_memory(error);
		return error->exit;
	}
	look_up(&question, services, found);
	if (question.low < question.high)
		qsort(services, found, sizeof(*services), compare_services);
	return output_result(settings->json ? print_services_json(services, found)
					    : print_services_text(services, found),
			     error);
}

const struct command command_registry = {
	.name = "registry",
	.operands = "PORT|PROTO/PORT|LOW-HIGH|NAME",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Look up ports or a service in the IANA registry",
	.details = "For example 443, tcp/22, 27000-27010, udp/27000-27010, https or tcp/https. The "
		   "exit "
		   "status is 1 if\nnothing is found.",
	.options = { &option_json },
	.run = registry,
};
