/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Services of the registry, as a table and as JSON. */
#include <errno.h>
#include <string.h>

#include "policy/policy.h"
#include "print/services.h"
#include "print/format.h"
#include "print/json.h"
#include "base/text_table.h"

enum column { PORTS, PROTOCOLS, NAME, COLUMNS };

static void format_transports(uint8_t transports, char text[TABLE_CELL_MAX])
{
	size_t length = 0;

	for (int t = 0; t < PORTSIEVE_TRANSPORTS; t++)
		if (transports >> t & 1)
			length += snprintf(text + length, TABLE_CELL_MAX - length, "%s%s",
					   length ? "+" : "", transport_name(t));
}

int print_services_text(const struct registry_service *const *services, size_t count)
{
	_cleanup_table_ struct table table = { .columns = COLUMNS, .right = 1 << PORTS };
	struct table_row *row = table_add(&table, TABLE_HEADING);

	strcpy(row->cells[PORTS], "PORT");
	strcpy(row->cells[PROTOCOLS], "PROTOCOL");
	strcpy(row->cells[NAME], "SERVICE");
	for (size_t i = 0; i < count; i++) {
		row = table_add(&table, TABLE_PLAIN);
		format_ports(services[i]->low, services[i]->high, row->cells[PORTS]);
		format_transports(services[i]->transports, row->cells[PROTOCOLS]);
		snprintf(row->cells[NAME], TABLE_CELL_MAX, "%s",
			 services[i]->name[0] ? services[i]->name : "(no name)");
	}
	if (table_print(&table, 0, stdout))
		return -ENOMEM;
	printf("\n");
	for (size_t i = 0; i < count; i++)
		printf("%s: %s\n", services[i]->name[0] ? services[i]->name : "(no name)",
		       services[i]->description);
	printf("\nIANA's registry of %s. A registration says nothing of the traffic on a port.\n",
	       registry_date());
	return 0;
}

static json_object *service_object(const struct registry_service *service)
{
	json_object *object = json_object_new_object();
	json_object *protocols = json_object_new_array();

	for (int t = 0; t < PORTSIEVE_TRANSPORTS; t++)
		if (service->transports >> t & 1)
			json_object_array_add(protocols, json_object_new_string(transport_name(t)));
	json_object_object_add(object, "name", json_object_new_string(service->name));
	json_object_object_add(object, "protocols", protocols);
	json_object_object_add(object, "low", json_object_new_int(service->low));
	json_object_object_add(object, "high", json_object_new_int(service->high));
	json_object_object_add(object, "description", json_object_new_string(service->description));
	return object;
}

int print_services_json(const struct registry_service *const *services, size_t count)
{
	json_object *document = json_document();
	json_object *array = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, service_object(services[i]));
	json_object_object_add(document, "registry", json_object_new_string(registry_date()));
	json_object_object_add(document, "services", array);
	return print_json(document);
}
