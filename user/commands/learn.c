/* SPDX-License-Identifier: GPL-2.0-or-later */
/* portsieve learn: a policy that lets in what listens now. */
#include <stdlib.h>

#include "analysis/learn.h"
#include "base/cleanup.h"
#include "base/log.h"
#include "base/output.h"
#include "commands/command.h"
#include "control/listeners.h"
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

static enum exit_code learn(const struct settings *settings, struct error *error)
{
	_cleanup_free_ struct listener *listeners = NULL;
	_cleanup_learned_ struct learned learned = { 0 };
	size_t count = 0;

	if (listeners_read(&listeners, &count, error) || name_all(listeners, count, error))
		return error->exit;
	note_unknown(listeners, count);
	if (learn_rules(listeners, count, &learned)) {
		error_no_memory(error);
		return error->exit;
	}
	return output_result(settings->json ? print_learned_json(&learned)
					    : print_learned_text(&learned),
			     error);
}

const struct command command_learn = {
	.name = "learn",
	.operands = "",
	.summary = "Print a policy that allows what listens now; change nothing",
	.details = "The policy allows each port that a service of this host listens on, with a "
		   "comment on who listens.\nReview it, and apply it with --confirm:\n\n"
		   "  portsieve learn > policy.yaml\n"
		   "  portsieve diff policy.yaml\n"
		   "  portsieve apply policy.yaml --confirm 60",
	.options = { &option_json },
	.run = learn,
};
