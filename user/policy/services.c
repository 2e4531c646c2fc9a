/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of aliases, also listed in portsieve-policy(5), and suggestions. */
#include "policy/services.h"

#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"

enum {
	TCP = 1 << PORTSIEVE_TCP,
	UDP = 1 << PORTSIEVE_UDP,
};

/* The descriptions have the registry's names of the ports. */
const struct registry_service service_aliases[] = {
	{ "dhcp", "DHCP server; portsieve's alias for bootps", 67, 67, UDP },
	{ "dns", "Domain name server; portsieve's alias for domain", 53, 53, TCP | UDP },
	{ "elasticsearch", "Elasticsearch HTTP; name added by portsieve", 9200, 9200, TCP },
	{ "ike", "IPsec key exchange; portsieve's alias for isakmp", 500, 500, UDP },
	{ "kafka", "Apache Kafka; name added by portsieve", 9092, 9092, TCP },
	{ "kubelet", "Kubernetes node agent; name added by portsieve", 10250, 10250, TCP },
	{ "kubernetes-api", "Kubernetes API server; name added by portsieve", 6443, 6443, TCP },
	{ "mariadb", "MariaDB; portsieve's alias for mysql", 3306, 3306, TCP },
	{ "memcached", "Memcached; portsieve's alias for memcache", 11211, 11211, TCP | UDP },
	{ "minecraft", "Minecraft server; name added by portsieve", 25565, 25565, TCP },
	{ "mssql", "Microsoft SQL Server; portsieve's alias for ms-sql-s", 1433, 1433, TCP },
	{ "postgres", "PostgreSQL; portsieve's alias for postgresql", 5432, 5432, TCP },
	{ "rabbitmq", "RabbitMQ; portsieve's alias for amqp", 5672, 5672, TCP },
	{ "rdp", "Remote Desktop; portsieve's alias for ms-wbt-server", 3389, 3389, TCP | UDP },
	{ "smb", "Windows file sharing; portsieve's alias for microsoft-ds", 445, 445, TCP },
	{ "smtps", "Mail submission over TLS; portsieve's alias for submissions", 465, 465, TCP },
	{ "vnc", "Remote framebuffer; portsieve's alias for rfb", 5900, 5900, TCP },
	{ "wireguard", "WireGuard; name added by portsieve", 51820, 51820, UDP },
	{ 0 },
};

size_t services_by_name(const char *name, unsigned int transports,
			const struct registry_service **services, size_t most)
{
	size_t found = registry_by_name(name, transports, services, most);

	for (const struct registry_service *alias = service_aliases; !found && alias->name;
	     alias++) {
		if (!(alias->transports & transports) || strcasecmp(alias->name, name) != 0)
			continue;
		if (most)
			services[0] = alias;
		found = 1;
	}
	return found;
}

/* Registered names so common that a similar word probably means them. */
static const char *const popular[] = {
	"amqp",	  "bgp",   "bootps",	 "domain",	 "ftp",		"http",	  "http-alt",
	"https",  "imap",  "imaps",	 "ipp",		 "ipsec-nat-t", "isakmp", "kerberos",
	"ldap",	  "ldaps", "mdns",	 "microsoft-ds", "mongodb",	"mqtt",	  "ms-sql-s",
	"mysql",  "nfs",   "ntp",	 "openvpn",	 "pop3",	"pop3s",  "postgresql",
	"radius", "redis", "rsync",	 "secure-mqtt",	 "sip",		"sips",	  "smtp",
	"snmp",	  "ssh",   "submission", "submissions",	 "sunrpc",	"syslog", "syslog-tls",
	"telnet", "tftp",  "vxlan",	 "xmpp-client",	 "xmpp-server",
};

/* Does `word` have all letters of `other`, in upper or lower case? */
static bool has_letters_of(const char *word, const char *other)
{
	for (; *other; other++)
		if (!strchr(word, *other | 0x20))
			return false;
	return true;
}

/*
 * Does the word probably mean this similar name? Yes if it begins with the same letter and, unless
 * both are long, has the same letters: "ssl" is one slip away from "ssh", "rdp" from "drp", and
 * "dns" from "ns".
 */
static bool is_likely(const struct suggest *suggest, const char *name, size_t long_min)
{
	if ((*name | 0x20) != (*suggest->word | 0x20))
		return false;
	return suggest->length >= long_min ||
	       (has_letters_of(suggest->word, name) && has_letters_of(name, suggest->word));
}

void services_offer(struct suggest *suggest, unsigned int transports)
{
	enum { LONG_MIN = 6, OTHERS_MIN = 8 };

	if (!suggest->length || suggest->length > SUGGEST_WORD_MAX)
		return;
	for (const struct registry_service *alias = service_aliases; alias->name; alias++)
		if (alias->transports & transports && is_likely(suggest, alias->name, LONG_MIN))
			suggest_offer(suggest, alias->name);
	for (size_t i = 0; i < ARRAY_SIZE(popular); i++)
		if (registry_by_name(popular[i], transports, NULL, 0) &&
		    is_likely(suggest, popular[i], LONG_MIN))
			suggest_offer(suggest, popular[i]);
	/* of the thousands of others, only names with all letters of a long word */
	for (size_t i = 0; suggest->length >= OTHERS_MIN && registry_name(i); i++)
		if (is_likely(suggest, registry_name(i), SIZE_MAX) &&
		    registry_by_name(registry_name(i), transports, NULL, 0))
			suggest_offer(suggest, registry_name(i));
}
