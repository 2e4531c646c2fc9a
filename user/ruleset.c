/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a path to an image and its text, with remarks on the way. */
#include "ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"

void ruleset_free(struct ruleset *ruleset)
{
	policy_file_free(&ruleset->file);
	free(ruleset->image);
	free(ruleset->text);
	*ruleset = (struct ruleset){ 0 };
}

static void remark(const struct error *error, void *context)
{
	size_t *remarks = context;

	++*remarks;
	log_warning(error);
}

int ruleset_read(const char *path, struct ruleset *ret_ruleset, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	int r = policy_file_read(path, &ruleset.file, error);

	if (!r)
		r = policy_file_compile(&ruleset.file, &ruleset.image, error);
	if (r)
		return r;
	/* what counts and drops nothing, said in the language of policies */
	ruleset.text = path ? policy_print(&ruleset.file.policy)
			    : strdup("# no policy: counts, drops nothing\n"
				     "version: 1\nmode: monitor\ndefault: allow\n");
	if (!ruleset.text)
		return error_set(error, ENOMEM, EXIT_FAILED, "not enough memory");
	if (path)
		policy_check(&ruleset.file.policy, path, remark, &ruleset.remarks);
	*ret_ruleset = ruleset;
	ruleset = (struct ruleset){ 0 };
	return 0;
}
