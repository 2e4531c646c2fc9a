/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the caller's ssh session and the devices it arrives on, and tries it against a policy. */
#include "control/ssh_session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "host/rtnetlink.h"

enum {
	STATUS_LINE_MAX = 256,	   /* bytes of a line of /proc/PID/status */
	ENVIRONMENT_MAX = 4 << 20, /* bytes; more than the kernel allows by default */
	ANCESTORS_MAX = 1 << 16,   /* ends the walk even if the chain changes meanwhile */
};

static const char variable[] = "SSH_CONNECTION";

/* Reads an address; "%eth0" goes to `scope`, and IPv4-mapped IPv6 becomes IPv4. */
static int read_address(const char *word, struct policy_prefix *address, char scope[IF_NAMESIZE])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
	char *percent;

	*address = (struct policy_prefix){ .family = POLICY_IPV4, .length = 32 };
	if (inet_pton(AF_INET, word, address->address) == 1)
		return 0;
	if (strlen(word) >= sizeof(text))
		return -EINVAL;
	strcpy(text, word);
	percent = strchr(text, '%');
	if (percent) {
		*percent = '\0';
		if (strlen(percent + 1) >= IF_NAMESIZE)
			return -EINVAL;
		strcpy(scope, percent + 1);
	}
	if (inet_pton(AF_INET6, text, address->address) != 1)
		return -EINVAL;
	address->family = POLICY_IPV6;
	address->length = 128;
	if (!memcmp(address->address, mapped, sizeof(mapped))) {
		uint8_t wire[4];

		memcpy(wire, address->address + sizeof(mapped), sizeof(wire));
		*address = (struct policy_prefix){ .family = POLICY_IPV4, .length = 32 };
		memcpy(address->address, wire, sizeof(wire));
	}
	return 0;
}

static int read_port(const char *word, uint16_t *port)
{
	char *end;
	unsigned long number = strtoul(word, &end, 10);

	if (*word < '0' || *word > '9' || *end || number < 1 || number > UINT16_MAX)
		return -EINVAL;
	*port = (uint16_t)number;
	return 0;
}

int ssh_session_parse(const char *text, struct ssh_session *ret_session)
{
	struct ssh_session session = { 0 };
	char words[4][80], rest;

	if (sscanf(text, "%79s %79s %79s %79s %c", words[0], words[1], words[2], words[3], &rest) !=
	    4)
		return -EINVAL;
	if (read_address(words[0], &session.client, session.scope) ||
	    read_port(words[1], &session.client_port) ||
	    read_address(words[2], &session.server, session.scope) ||
	    read_port(words[3], &session.server_port) ||
	    session.client.family != session.server.family)
		return -EINVAL;
	*ret_session = session;
	return 0;
}

/* 0 if the parent is not visible. */
static pid_t parent_of(pid_t pid)
{
	char path[64], line[STATUS_LINE_MAX];
	int parent = 0;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);

	_cleanup_fclose_ FILE *status = fopen(path, "re");

	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "PPid: %d", &parent) == 1)
			break;
	return parent;
}

/* The value of SSH_CONNECTION in a process's environment, or NULL. The caller frees it. */
static char *environment_value(pid_t pid)
{
	_cleanup_free_ char *entry = NULL;
	const size_t name_length = sizeof(variable) - 1;
	size_t room = 0, total = 0;
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/environ", pid);

	_cleanup_fclose_ FILE *environment = fopen(path, "re");

	while (environment && total < ENVIRONMENT_MAX) {
		ssize_t length = getdelim(&entry, &room, '\0', environment);

		if (length <= 0)
			break;
		total += (size_t)length;
		if (!strncmp(entry, variable, name_length) && entry[name_length] == '=')
			return strdup(entry + name_length + 1);
	}
	return NULL;
}

bool ssh_session_find(struct ssh_session *ret_session)
{
	const char *own = getenv(variable);
	_cleanup_free_ char *value = own ? strdup(own) : NULL;
	struct error warning = { 0 };
	pid_t pid = getpid();

	for (int steps = 0; !value && steps < ANCESTORS_MAX; steps++) {
		pid = parent_of(pid);
		if (pid <= 1)
			break;
		value = environment_value(pid);
	}
	if (!value || !*value)
		return false;
	if (!ssh_session_parse(value, ret_session))
		return true;
	error_set(&warning, EINVAL, EXIT_DONE,
		  "cannot parse SSH_CONNECTION; not checking whether the policy cuts your ssh "
		  "session");
	log_warning(&warning);
	return false;
}

static bool is_address(const struct sockaddr *socket_address, const struct policy_prefix *address)
{
	const void *bytes = NULL;

	if (!socket_address)
		return false;
	if (address->family == POLICY_IPV4 && socket_address->sa_family == AF_INET)
		bytes = &((const struct sockaddr_in *)socket_address)->sin_addr;
	if (address->family == POLICY_IPV6 && socket_address->sa_family == AF_INET6)
		bytes = &((const struct sockaddr_in6 *)socket_address)->sin6_addr;
	return bytes && !memcmp(bytes, address->address, address->length / 8);
}

/* Sets *ret_index to 0 if there is no such device. */
static int index_of(const char *device, uint32_t *ret_index)
{
	*ret_index = if_nametoindex(device);
	return *ret_index || errno == ENODEV ? 0 : -errno;
}

/* Does the device, or a device above it, have the server's address? 1, 0 or -errno. */
static int has_address(const struct ssh_session *session, const struct link *links, size_t count,
		       uint32_t ifindex)
{
	struct ifaddrs *addresses = NULL;
	int has = 0;

	if (getifaddrs(&addresses))
		return -errno;
	for (const struct ifaddrs *at = addresses; !has && at; at = at->ifa_next) {
		char upper[IF_NAMESIZE];

		/* glibc returns the label of an IPv4 address, such as eth0:1 */
		snprintf(upper, sizeof(upper), "%.*s", (int)strcspn(at->ifa_name, ":"),
			 at->ifa_name);
		has = is_address(at->ifa_addr, &session->server) &&
		      links_is_at_or_below(links, count, ifindex, if_nametoindex(upper));
	}
	freeifaddrs(addresses);
	return has;
}

/* 1, 0 or -errno. */
static int arrives_on(const struct ssh_session *session, const char *device)
{
	int family = session->client.family == POLICY_IPV4 ? AF_INET : AF_INET6;
	_cleanup_free_ struct link *links = NULL;
	uint32_t ifindex = 0, scope = 0;
	struct route back = { 0 };
	size_t count = 0;
	int r = index_of(device, &ifindex);

	if (r || !ifindex)
		return r;
	if (session->scope[0]) {
		r = index_of(session->scope, &scope);
		if (r || !scope)
			return r ?: -ENODEV;
	}
	r = links_read(&links, &count) ?: route_read(family, session->client.address, scope, &back);
	if (r)
		return r;
	if (links_is_at_or_below(links, count, ifindex, back.ifindex))
		return 1;
	if (back.is_local)
		return 0;
	if (scope)
		return links_is_at_or_below(links, count, ifindex, scope);
	return has_address(session, links, count, ifindex);
}

bool ssh_session_arrives_on(const struct ssh_session *session, const char *device)
{
	struct error warning = { 0 };
	int r = arrives_on(session, device);

	if (r >= 0)
		return r;
	error_set(&warning, -r, EXIT_DONE,
		  "cannot determine whether your ssh session arrives on %s (%s); not checking "
		  "whether the policy cuts it there",
		  device, strerror(-r));
	log_warning(&warning);
	return false;
}

static const struct policy_rule *decide(const struct ssh_session *session,
					const struct policy *policy, uint64_t boottime_ns)
{
	struct policy_packet packet = {
		.transport = PORTSIEVE_TCP,
		.port = session->server_port,
		.source = session->client,
		.destination = session->server,
		.boottime_ns = boottime_ns,
	};

	return policy_decide(policy, &packet);
}

bool ssh_session_passes(const struct ssh_session *session, const struct policy *policy,
			uint64_t boottime_ns)
{
	const struct policy_rule *rule = decide(session, policy, boottime_ns);

	if (policy->monitor)
		return true;
	return (rule ? rule->action : policy->default_action) == POLICY_ALLOW;
}

int ssh_session_check(const struct ssh_session *session, const char *device,
		      const struct ruleset *ruleset, bool for_good, struct error *error)
{
	const struct policy *policy = &ruleset->file.policy;
	uint64_t now_ns = (uint64_t)ruleset->file.host.boottime_ns;
	const struct policy_rule *rule = decide(session, policy, now_ns);
	char who[80] = "the default, drop,", when[80] = "", remedy[80];

	if (ssh_session_passes(session, policy, now_ns)) {
		if (!for_good || ssh_session_passes(session, policy, SSH_SESSION_FOR_GOOD))
			return 0;
		if (rule)
			snprintf(when, sizeof(when), " when the rule '%s' ends", rule->name);
		rule = decide(session, policy, SSH_SESSION_FOR_GOOD);
	}
	if (rule) {
		size_t line = ruleset->image->rule[rule - policy->rules].line;

		snprintf(who, sizeof(who), "rule '%s'", rule->name);
		if (line && ruleset->file.path)
			error_place(error, ruleset->file.path, line, 0);
	}
	if (rule && rule->runtime)
		snprintf(remedy, sizeof(remedy), "limit it to other addresses (--from)");
	else
		snprintf(remedy, sizeof(remedy), "put a rule that allows tcp/%u before it",
			 session->server_port);
	return error_set(error, EPERM, EXIT_FAILED,
			 "%s would cut your own ssh session (from %s port %u to port %u, by %s)%s; "
			 "%s, or give --force",
			 who, policy_prefix_print(&session->client).text, session->client_port,
			 session->server_port, device, when, remedy);
}
