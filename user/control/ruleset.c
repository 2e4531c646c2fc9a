/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes an image, its prefixes and its text from a policy file or from the policy in force. */
#include "control/ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/check.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/log.h"
#include "compile/compile.h"

void ruleset_free(struct ruleset *ruleset)
{
	policy_file_free(&ruleset->file);
	addresses_free(&ruleset->addresses);
	free(ruleset->image);
	free(ruleset->text);
	*ruleset = (struct ruleset){ 0 };
}

struct datapath_policy ruleset_policy(const struct ruleset *ruleset)
{
	return (struct datapath_policy){
		.image = ruleset->image,
		.addresses = &ruleset->addresses,
		.text = ruleset->text,
	};
}

int ruleset_print(struct ruleset *ruleset, struct error *error)
{
	bool no_policy = ruleset->image->flags & PORTSIEVE_IMAGE_NO_POLICY;
	struct policy policy = ruleset->file.policy; /* borrows the rules */
	_cleanup_free_ char *printed = NULL;
	_cleanup_free_ char *text = NULL;
	const char *heading = "";

	if (no_policy) {
		heading = "# no policy: counts, drops nothing\n";
		policy.monitor = true; /* the nearest form in the policy language */
	} else if (policy_file_only_counts(&ruleset->file)) { /* its last dropping rule has ended */
		heading = "# no policy file; malformed packets are dropped until the next change\n";
	}
	policy.names_runtime =
		policy.runtime_count; /* so that their end leaves the rest as it is */
	printed = policy_print(&policy, &ruleset->file.host);
	if (!printed || asprintf(&text, "%s%s", heading, printed) < 0) {
		text = NULL; /* undefined after a failed asprintf */
		return error_no_memory(error);
	}
	if (strlen(text) > POLICY_TEXT_MAX)
		return error_set(error, E2BIG, EXIT_USAGE,
				 "the policy is larger than 16 MiB in canonical form; give it "
				 "fewer items or prefixes");
	free(ruleset->text);
	ruleset->text = TAKE_PTR(text);
	digest_sha256(ruleset->text, strlen(ruleset->text), ruleset->image->text_sha256);
	return 0;
}

static int compile_addresses(struct ruleset *ruleset, struct error *error)
{
	struct addresses addresses = { 0 };
	const char *path = ruleset->file.path;
	int r = addresses_compile(&ruleset->file.policy, path ? path : "", &addresses, error);

	if (r)
		return r;
	addresses_free(&ruleset->addresses);
	ruleset->addresses = addresses;
	return 0;
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
	struct policy_check check = { .policy = &ruleset.file.policy,
				      .file = path,
				      .remark = remark,
				      .context = &ruleset.remarks };
	uint64_t now_ns;
	int r = policy_file_read(path, &ruleset.file, error);

	if (r)
		return r;
	now_ns = (uint64_t)ruleset.file.host.boottime_ns;
	if (path)
		policy_check_ends(&check, now_ns);
	policy_runtime_expire(&ruleset.file.policy, now_ns);
	r = policy_file_compile(&ruleset.file, &ruleset.image, error);
	if (!r)
		r = compile_addresses(&ruleset, error);
	if (!r)
		r = ruleset_print(&ruleset, error);
	if (r)
		return r;
	if (path) {
		check.image = ruleset.image;
		check.addresses = &ruleset.addresses;
		policy_check(&check);
	}
	*ret_ruleset = ruleset;
	ruleset = (struct ruleset){ 0 };
	return 0;
}

static size_t runtime_rules(const struct portsieve_image *image)
{
	size_t count = 0;

	while (count < image->rules && image->rule[count].runtime)
		count++;
	return count;
}

/* Both images have the runtime rules first, then the rules of the same file in the same order. */
static void keep_lines(const struct portsieve_image *before, struct portsieve_image *image)
{
	size_t from = runtime_rules(before), to = runtime_rules(image);

	for (; from < before->rules && to < image->rules; from++, to++)
		image->rule[to].line = before->rule[from].line;
}

int ruleset_compile(struct ruleset *ruleset, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = policy_file_compile(&ruleset->file, &image, error);

	if (!r)
		r = compile_addresses(ruleset, error);
	if (r && error && !error->line) /* about a runtime rule, which is not in the file */
		error->file[0] = '\0';
	if (r)
		return r;
	keep_lines(ruleset->image, image);
	memcpy(image->source, ruleset->image->source, sizeof(image->source));
	free(ruleset->image);
	ruleset->image = TAKE_PTR(image);
	return ruleset_print(ruleset, error);
}

/*
 * Restores `file` from image and text. The image completes the text: it has the host's settings at
 * the time of the compilation, the exact ends of rules (the text has them in seconds of a clock
 * that may have been set since), the lines of the file, its path and its digest.
 */
static int reread(struct ruleset *ruleset, struct error *error)
{
	struct policy_file *file = &ruleset->file;
	const struct portsieve_image *image = ruleset->image;
	struct policy *policy = &file->policy;
	int r;

	policy_host_read(&file->host);
	file->host.ephemeral_low = image->host.ephemeral_low;
	file->host.ephemeral_high = image->host.ephemeral_high;
	file->host.forwards_ipv6 = image->host.forwards_ipv6;
	r = policy_read(ruleset->text, strlen(ruleset->text), "the policy in force", &file->host,
			policy, error);
	if (r)
		return r;
	for (size_t i = 0; i < policy->rules_count && i < image->rules; i++) {
		struct policy_rule *rule = &policy->rules[i];

		if (i < policy->runtime_count && !strcmp(rule->name, image->rule[i].name))
			rule->until_ns = image->rule[i].until_ns;
		rule->place = (struct policy_place){ .line = image->rule[i].line };
		rule->ports_place = rule->place;
	}
	memcpy(file->sha256, image->sha256, sizeof(file->sha256));
	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		policy->monitor = false;
	if (image->source[0] && !(file->path = strdup(image->source)))
		return error_no_memory(error);
	return 0;
}

int ruleset_read_live(const struct datapath *datapath, const struct datapath_device *device,
		      struct ruleset *ret_ruleset, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	int r;

	policy_init(&ruleset.file.policy);
	r = datapath_policy_read(datapath, device, &ruleset.image, &ruleset.text, error);
	if (!r)
		r = reread(&ruleset, error);
	if (r)
		return r;
	policy_runtime_expire(&ruleset.file.policy, (uint64_t)ruleset.file.host.boottime_ns);
	*ret_ruleset = ruleset;
	ruleset = (struct ruleset){ 0 };
	return 0;
}

int ruleset_copy(const struct ruleset *ruleset, struct ruleset *ret_copy, struct error *error)
{
	_cleanup_ruleset_ struct ruleset copy = { 0 };
	int r;

	policy_init(&copy.file.policy);
	copy.image = malloc(sizeof(*copy.image));
	copy.text = strdup(ruleset->text);
	if (!copy.image || !copy.text)
		return error_no_memory(error);
	memcpy(copy.image, ruleset->image, sizeof(*copy.image));
	r = reread(&copy, error);
	if (!r)
		r = compile_addresses(&copy, error);
	if (r)
		return r;
	copy.remarks = ruleset->remarks;
	*ret_copy = copy;
	copy = (struct ruleset){ 0 };
	return 0;
}
