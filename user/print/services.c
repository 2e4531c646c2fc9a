/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services of the registry, as a table and as JSON. */
#include "print/services.h"

#include <errno.h>
#include <string.h>

#include "base/text_table.h"
#include "policy/policy.h"
#include "print/format.h"
#include "print/json.h"

enum column { PORTS, PROTOCOLS, NAME, COLUMNS };

static const char *shown_name(const struct registry_service *service)
{
	return service->name[0] ? service->name : "(no name)";
}

int print_services_text(const struct registry_service *const *services, size_t count)
{
	_cleanup_table_ struct table table = { .columns = COLUMNS, .right = 1 << PORTS };
	struct table_row *row = table_add(&table, TABLE_HEADING);

	strcpy(row->cells[PORTS], "PORT");
	strcpy(row->cells[PROTOCOLS], "PROTOCOL");
	strcpy(row->cells[NAME], "SERVICE");
	for (size_t i = 0; i < count; i++) {
		size_t length = 0;
		char *protocols;

		row = table_add(&table, TABLE_PLAIN);
		protocols = row->cells[PROTOCOLS];
		format_ports(services[i]->low, services[i]->high, row->cells[PORTS]);
		for (int t = 0; t < PORTSIEVE_TRANSPORTS; t++)
			if (services[i]->transports >> t & 1)
				length += snprintf(protocols + length, TABLE_CELL_MAX - length,
						   "%s%s", length ? "+" : "", transport_name(t));
		snprintf(row->cells[NAME], TABLE_CELL_MAX, "%s", shown_name(services[i]));
	}
	if (table_print(&table, 0, stdout))
		return -ENOMEM;
	printf("\n");
	for (size_t i = 0; i < count; i++)
		printf("%s: %s\n", shown_name(services[i]), services[i]->description);
	printf("\nIANA's registry of %s. A registration says nothing about the traffic on a port."
	       "\n",
	       registry_date());
	return 0;
}

int print_services_json(const struct registry_service *const *services, size_t count)
{
	json_object *document = json_document();
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++) {
		json_object *object = json_object_new_object();
		json_object *protocols = json_object_new_array();

		for (int t = 0; t < PORTSIEVE_TRANSPORTS; t++)
			if (services[i]->transports >> t & 1)
				json_object_array_add(protocols,
						      json_object_new_string(transport_name(t)));
		json_add_text(object, "name", services[i]->name);
		json_object_object_add(object, "protocols", protocols);
		json_add_number(object, "low", services[i]->low);
		json_add_number(object, "high", services[i]->high);
		json_add_text(object, "description", services[i]->description);
		json_object_array_add(array, object);
	}
	json_add_text(document, "registry", registry_date());
	json_object_object_add(document, "services", array);
	return print_json(document);
}
