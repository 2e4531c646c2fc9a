/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve registry: what IANA says of a port or a name. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands/command.h"
#include "print/services.h"
#include "base/suggest.h"

enum { SERVICES_MAX = 256, ALL_TRANSPORTS = (1 << PORTSIEVE_TRANSPORTS) - 1 };

static int not_found_name(const char *name, struct error *error)
{
	struct suggest suggest;

	suggest_start(&suggest, name, strlen(name));
	for (size_t i = 0; registry_name(i); i++)
		suggest_offer(&suggest, registry_name(i));
	return error_set(error, ENOENT, EXIT_FAILED, "no service '%s' in the registry of %s%s",
			 name, registry_date(), suggest_hint(&suggest, NULL).text);
}

static int find(const char *what, const struct registry_service **services, size_t *ret_count,
		struct error *error)
{
	char *end;
	unsigned long port = strtoul(what, &end, 10);

	if (strspn(what, "0123456789") != strlen(what) || !what[0]) {
		*ret_count = registry_by_name(what, ALL_TRANSPORTS, services, SERVICES_MAX);
		return *ret_count ? 0 : not_found_name(what, error);
	}
	if (port > 65535)
		return error_set(error, EINVAL, EXIT_USAGE, "%s is not a port: 0 to 65535", what);
	*ret_count = registry_by_port(port, ALL_TRANSPORTS, services, SERVICES_MAX);
	if (!*ret_count)
		return error_set(error, ENOENT, EXIT_FAILED,
				 "port %lu is not assigned in the registry of %s", port,
				 registry_date());
	return 0;
}

static enum exit_code registry(const struct settings *settings, int count, char **operands,
			       struct error *error)
{
	const struct registry_service *services[SERVICES_MAX];
	size_t found = 0;
	int r = find(operands[0], services, &found, error);

	(void)count;
	if (r)
		return error->exit;
	if (found > SERVICES_MAX)
		found = SERVICES_MAX;
	r = settings->json ? print_services_json(services, found)
			   : print_services_text(services, found);
	if (r)
		error_no_memory(error);
	return r ? EXIT_FAILED : EXIT_DONE;
}

const struct command command_registry = {
	.name = "registry",
	.operands = "PORT|NAME",
	.operands_min = 1,
	.operands_max = 1,
	.summary = "Look up a port or a service in IANA's registry",
	.options = { &option_json },
	.run = registry,
};
