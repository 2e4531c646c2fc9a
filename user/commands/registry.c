/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve registry: looks up a port or a service name in the IANA registry. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/output.h"
#include "commands/command.h"
#include "print/services.h"
#include "base/suggest.h"

enum { SERVICES_MAX = 256, ALL_TRANSPORTS = (1 << PORTSIEVE_TRANSPORTS) - 1 };

static int find(const char *text, const struct registry_service **services, size_t *ret_count,
		struct error *error)
{
	struct suggest suggest;
	unsigned long port;

	if (text[0] && strspn(text, "0123456789") == strlen(text)) {
		port = strtoul(text, NULL, 10);
		if (port > 65535)
			return error_set(error, EINVAL, EXIT_USAGE, "%s is not a port: 0 to 65535",
					 text);
		*ret_count = registry_by_port(port, ALL_TRANSPORTS, services, SERVICES_MAX);
		if (*ret_count)
			return 0;
		return error_set(error, ENOENT, EXIT_FAILED,
				 "port %lu is not assigned in the registry of %s", port,
				 registry_date());
	}
	*ret_count = registry_by_name(text, ALL_TRANSPORTS, services, SERVICES_MAX);
	if (*ret_count)
		return 0;
	suggest_start(&suggest, text, strlen(text));
	for (size_t i = 0; registry_name(i); i++)
		suggest_offer(&suggest, registry_name(i));
	return error_set(error, ENOENT, EXIT_FAILED, "no service '%s' in the registry of %s%s",
			 text, registry_date(), suggest_hint(&suggest, NULL).text);
}

static enum exit_code registry(const struct settings *settings, struct error *error)
{
	const struct registry_service *services[SERVICES_MAX];
	size_t found = 0;

	if (find(settings->operands[0], services, &found, error))
		return error->exit;
	if (found > SERVICES_MAX)
		found = SERVICES_MAX;
	return output_result(settings->json ? print_services_json(services, found)
					    : print_services_text(services, found),
			     error);
}

const struct command command_registry = {
	.name = "registry",
	.operands = "PORT|NAME",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Look up a port or a service in the IANA registry",
	.options = { &option_json },
	.run = registry,
};
