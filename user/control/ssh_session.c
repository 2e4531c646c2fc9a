/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Finds the caller's ssh session and tries it against a policy. */
#include "control/ssh_session.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/log.h"

enum {
	STATUS_LINE_MAX = 256,	   /* bytes of a line of /proc/PID/status */
	ENVIRONMENT_MAX = 4 << 20, /* bytes; more than the kernel allows by default */
	ANCESTORS_MAX = 1 << 16,   /* ends the walk even if the chain keeps changing */
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

/* Returns 0 if the parent is not visible. */
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
	error_set_code(&warning, WARNING_SSH_UNKNOWN, EINVAL,
		       "cannot parse SSH_CONNECTION; not checking whether the policy cuts your ssh "
		       "session");
	log_warning(&warning);
	return false;
}

static struct policy_decision decide(const struct ssh_session *session, const struct policy *policy,
				     uint64_t boottime_ns)
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
	struct policy_decision decision = decide(session, policy, boottime_ns);

	return policy->monitor || !decision.drop ||
	       (decision.rule ? decision.rule->monitor : policy->default_monitor);
}

/* Would the session's packets, other than a SYN, pass as replies if this rule drops them? */
static bool is_return_traffic(const struct policy *policy, const struct policy_rule *rule)
{
	return policy->return_mode != POLICY_RETURN_NONE && (!rule || policy_rule_asks(rule));
}

int ssh_session_check(const struct ssh_session *session, const char *device,
		      const struct ruleset *ruleset, bool for_good, struct error *error)
{
	const struct policy *policy = &ruleset->file.policy;
	uint64_t now_ns = (uint64_t)ruleset->file.host.boottime_ns;
	const struct policy_rule *rule = decide(session, policy, now_ns).rule;
	char who[80] = "the default, drop,", when[80] = "", remedy[120];

	if (ssh_session_passes(session, policy, now_ns)) {
		if (!for_good || ssh_session_passes(session, policy, SSH_SESSION_FOR_GOOD))
			return 0;
		if (rule)
			snprintf(when, sizeof(when), " when the rule '%s' ends", rule->name);
		rule = decide(session, policy, SSH_SESSION_FOR_GOOD).rule;
	}
	if (rule) {
		size_t line = ruleset->image->rule[rule - policy->rules].line;

		snprintf(who, sizeof(who), "rule '%s'", rule->name);
		if (line && ruleset->file.path)
			error_place(error, ruleset->file.path, line, 0);
	}
	if (rule && rule->runtime && ruleset->adds_rules)
		snprintf(remedy, sizeof(remedy), "limit it to other addresses (--from)");
	else if (rule && rule->runtime)
		snprintf(remedy, sizeof(remedy), "first delete that rule: portsieve delete %s",
			 rule->name);
	else
		snprintf(remedy, sizeof(remedy), "put a rule that allows tcp/%u before it",
			 session->server_port);
	return error_set_code(error, ERROR_SSH_SESSION, EPERM,
			      "%s would %s (from %s port %u to port %u, by %s)%s; "
			      "%s, or give --force",
			      who,
			      is_return_traffic(policy, rule)
				      ? "drop new ssh logins like yours and keep only open sessions"
				      : "cut your own ssh session",
			      policy_prefix_print(&session->client).text, session->client_port,
			      session->server_port, device, when, remedy);
}
