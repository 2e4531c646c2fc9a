/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve learn: a policy that allows what listens now, and what arrives while it counts. */
#include <errno.h>
#include <stdlib.h>

#include "analysis/learn.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/output.h"
#include "commands/command.h"
#include "control/listeners.h"
#include "control/seen_ports.h"
#include "print/learn.h"

static int name_all(struct listener *listeners, size_t count, struct error *error)
{
	_cleanup_free_ struct listener **chosen = calloc(count + 1, sizeof(*chosen));

	if (!chosen)
		return error_no_memory(error);
	for (size_t i = 0; i < count; i++)
		chosen[i] = &listeners[i];
	return listeners_name(chosen, count, error);
}

/* Only root sees the descriptors of other users' processes. */
static void note_unknown(const struct listener *listeners, size_t count)
{
	size_t unknown = 0;

	for (size_t i = 0; i < count; i++)
		unknown += !listeners[i].pid;
	if (unknown && geteuid())
		log_note_format("the processes of %zu of %zu sockets are not visible to you; run "
				"it as root to see their names",
				unknown, count);
}

static void free_ports(struct seen *seen)
{
	free(seen->ports);
}

static enum exit_code learn(const struct settings *settings, struct error *error)
{
	struct seen seen __attribute__((cleanup(free_ports))) = { 0 };
	_cleanup_free_ struct listener *listeners = NULL;
	_cleanup_learned_ struct learned learned = { 0 };
	size_t count = 0;

	if (settings->devices_count && !settings->over_seconds)
		error_set(error, EINVAL, EXIT_USAGE,
			  "learn: %s: sockets do not listen on a device; to count the packets that "
			  "arrive there, add --over 10m",
			  settings->devices[0]);
	else if (!settings->devices_count && settings->over_seconds)
		error_set(
			error, EINVAL, EXIT_USAGE,
			"learn: --over requires a device, as in: portsieve learn eth0 --over 10m");
	if (error->text[0])
		return error->exit;
	if (settings->over_seconds &&
	    seen_ports_count(settings->devices[0], settings->over_seconds, &seen, error))
		return error->exit;
	if (listeners_read(&listeners, &count, error) || name_all(listeners, count, error))
		return error->exit;
	note_unknown(listeners, count);
	if (learn_rules(listeners, count, settings->over_seconds ? &seen : NULL, &learned)) {
		error_no_memory(error);
		return error->exit;
	}
	return output_result(settings->json ? print_learned_json(&learned)
					    : print_learned_text(&learned),
			     error);
}

const struct command command_learn = {
	.name = "learn",
	.operands = "[DEV]",
	.devices_max = 1,
	.summary = "Print a policy that allows what listens now, and what comes meanwhile",
	.details = "The policy allows each port that a service of this host listens on, with a "
		   "comment on who listens.\nWith --over also the ports that packets come to "
		   "while a loaded device counts them by port.\nReview it, and apply it with "
		   "--confirm:\n\n"
		   "  portsieve learn > policy.yaml\n"
		   "  portsieve diff policy.yaml\n"
		   "  portsieve apply policy.yaml --confirm 60",
	.options = { &option_over, &option_same_dev, &option_json },
	.run = learn,
};
