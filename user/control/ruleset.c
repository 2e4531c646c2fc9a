/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a path, or from what is in force, to an image, its prefixes and its text. */
#include "control/ruleset.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "compile/compile.h"
#include "base/digest.h"
#include "base/log.h"
#include "analysis/check.h"

void ruleset_free(struct ruleset *ruleset)
{
	policy_file_free(&ruleset->file);
	addresses_free(&ruleset->addresses);
	free(ruleset->image);
	free(ruleset->text);
	*ruleset = (struct ruleset){ 0 };
}

bool ruleset_only_counts(const struct ruleset *ruleset)
{
	const struct policy *policy = &ruleset->file.policy;

	for (size_t i = 0; i < policy->rules_count; i++)
		if (policy->rules[i].action == POLICY_DROP)
			return false;
	return !ruleset->file.path;
}

struct datapath_policy ruleset_policy(const struct ruleset *ruleset)
{
	return (struct datapath_policy){
		.image = ruleset->image,
		.addresses = &ruleset->addresses,
		.text = ruleset->text,
	};
}

/* What the text begins with where no policy file was given. */
static const char *heading(const struct ruleset *ruleset)
{
	if (ruleset->image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		return "# no policy: counts, drops nothing\n";
	if (ruleset_only_counts(ruleset)) /* its last dropping rule has ended by itself */
		return "# no policy file; malformed packets are dropped until the next change\n";
	return "";
}

/* What counts and drops nothing is said in the language of policies: as one that only monitors. */
int ruleset_print(struct ruleset *ruleset, struct error *error)
{
	struct policy policy = ruleset->file.policy; /* its rules are borrowed */
	_cleanup_free_ char *printed = NULL;
	char *text = NULL;

	policy.monitor = policy.monitor || ruleset->image->flags & PORTSIEVE_IMAGE_NO_POLICY;
	policy.names_runtime =
		policy.runtime_count; /* the text is the same before and after them */
	printed = policy_print(&policy, &ruleset->file.host);
	if (!printed || asprintf(&text, "%s%s", heading(ruleset), printed) < 0)
		return error_no_memory(error);
	if (strlen(text) > POLICY_TEXT_MAX) {
		free(text);
		return error_set(error, E2BIG, EXIT_USAGE,
				 "the policy is larger than 16 MiB when it is written out; give it "
				 "fewer items or prefixes");
	}
	free(ruleset->text);
	ruleset->text = text;
	digest_sha256(text, strlen(text), ruleset->image->text_sha256);
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

/* What has ended decides nothing, and is not shown. */
static void expire(const char *path, struct ruleset *ruleset)
{
	struct policy *policy = &ruleset->file.policy;
	uint64_t now_ns = (uint64_t)ruleset->file.host.boottime_ns;

	if (path)
		policy_check_ends(&(struct policy_check){ .policy = policy,
							  .file = path,
							  .remark = remark,
							  .context = &ruleset->remarks },
				  now_ns);
	policy_runtime_expire(policy, now_ns);
}

int ruleset_read(const char *path, struct ruleset *ret_ruleset, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	int r = policy_file_read(path, &ruleset.file, error);

	if (!r)
		expire(path, &ruleset);
	if (!r)
		r = policy_file_compile(&ruleset.file, &ruleset.image, error);
	if (!r)
		r = compile_addresses(&ruleset, error);
	if (!r)
		r = ruleset_print(&ruleset, error);
	if (r)
		return r;
	if (path)
		policy_check(&(struct policy_check){ .policy = &ruleset.file.policy,
						     .image = ruleset.image,
						     .addresses = &ruleset.addresses,
						     .file = path,
						     .remark = remark,
						     .context = &ruleset.remarks });
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

/* The rules of the file are in the order of the file in both images, behind the runtime rules. */
static void keep_lines(const struct portsieve_image *before, struct portsieve_image *image)
{
	size_t from = runtime_rules(before), to = runtime_rules(image);

	for (; from < before->rules && to < image->rules; from++, to++)
		image->rule[to].line = before->rule[from].line;
}

static void keep_source(const struct portsieve_image *before, struct portsieve_image *image)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	image->applied_ns = (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
	memcpy(image->sha256, before->sha256, sizeof(image->sha256));
	memcpy(image->source, before->source, sizeof(image->source));
}

int ruleset_compile(struct ruleset *ruleset, struct error *error)
{
	const struct policy_file *file = &ruleset->file;
	_cleanup_free_ struct portsieve_image *image = calloc(1, sizeof(*image));
	int r;

	if (!image)
		return error_no_memory(error);
	r = image_compile(&file->policy, &file->host, file->path ? file->path : "", image, error);
	if (!r)
		r = compile_addresses(ruleset, error);
	if (r && error && !error->line) /* about a rule that the file does not have */
		error->file[0] = '\0';
	if (r)
		return r;
	keep_lines(ruleset->image, image);
	keep_source(ruleset->image, image);
	if (ruleset_only_counts(ruleset)) { /* malformed packets pass too */
		image->flags |= PORTSIEVE_IMAGE_NO_POLICY;
		image->drop_knobs = 0;
	}
	free(ruleset->image);
	ruleset->image = TAKE_PTR(image);
	return ruleset_print(ruleset, error);
}

/* What the host has been set to since then is the next policy's. */
static void take_host(const struct portsieve_image *image, struct policy_host *host)
{
	host->ephemeral_low = image->host.ephemeral_low;
	host->ephemeral_high = image->host.ephemeral_high;
	host->forwards_ipv6 = image->host.forwards_ipv6;
}

/* The text tells the ends of rules in seconds of a clock that may have been set; the image is
 * right. */
static void take_ends(const struct portsieve_image *image, struct policy *policy)
{
	for (size_t i = 0; i < policy->runtime_count && i < image->rules; i++)
		if (!strcmp(policy->rules[i].name, image->rule[i].name))
			policy->rules[i].until_ns = image->rule[i].until_ns;
}

/* The places of rules are those of the file, whose lines the image knows. */
static void take_places(const struct portsieve_image *image, struct policy *policy)
{
	for (size_t i = 0; i < policy->rules_count && i < image->rules; i++) {
		policy->rules[i].place = (struct policy_place){ .line = image->rule[i].line };
		policy->rules[i].ports_place = policy->rules[i].place;
	}
}

/* Makes file.policy out of image and text, and what the image says of the file. */
static int reread(struct ruleset *ruleset, struct error *error)
{
	struct policy_file *file = &ruleset->file;
	const struct portsieve_image *image = ruleset->image;
	int r;

	policy_host_read(&file->host);
	take_host(image, &file->host);
	r = policy_read(ruleset->text, strlen(ruleset->text), "the policy in force", &file->host,
			&file->policy, error);
	if (r)
		return r;
	take_ends(image, &file->policy);
	take_places(image, &file->policy);
	memcpy(file->sha256, image->sha256, sizeof(file->sha256));
	if (image->flags & PORTSIEVE_IMAGE_NO_POLICY)
		file->policy.monitor = false;
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
