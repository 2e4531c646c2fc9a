/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes an image, its prefixes and its text from a policy file or from the policy in force. */
#include "control/ruleset.h"

#include <errno.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "analysis/access.h"
#include "base/cleanup.h"
#include "base/digest.h"
#include "base/input.h"
#include "base/log.h"
#include "compile/compile.h"
#include "control/listeners.h"
#include "policy/failsafe.h"
#include "policy/sets.h"

void ruleset_free(struct ruleset *ruleset)
{
	policy_file_free(&ruleset->file);
	addresses_free(&ruleset->addresses);
	free(ruleset->image);
	free(ruleset->text);
	free(ruleset->failsafe);
	free(ruleset->sets);
	*ruleset = (struct ruleset){ 0 };
}

struct datapath_policy ruleset_policy(const struct ruleset *ruleset)
{
	return (struct datapath_policy){
		.image = ruleset->image,
		.addresses = &ruleset->addresses,
		.text = ruleset->text,
		.failsafe = ruleset->failsafe,
		.sets = ruleset->sets,
	};
}

/* Computes the digest of the text and, if there are any, of the members of sets. */
static int digest_texts(struct ruleset *ruleset, struct error *error)
{
	_cleanup_free_ char *both = NULL;

	if (asprintf(&both, "%s%s", ruleset->text, ruleset->sets) < 0) {
		both = NULL; /* undefined after a failed asprintf */
		return error_no_memory(error);
	}
	digest_sha256(both, strlen(both), ruleset->image->text_sha256);
	return 0;
}

int ruleset_print(struct ruleset *ruleset, struct error *error)
{
	bool no_policy = ruleset->image->flags & PORTSIEVE_IMAGE_NO_POLICY;
	struct policy policy = ruleset->file.policy; /* shares the rules */
	_cleanup_free_ char *printed = NULL;
	_cleanup_free_ char *text = NULL, *failsafe = NULL, *sets = NULL;
	const char *heading = "";

	if (no_policy) {
		heading = "# no policy: counts, drops nothing\n";
		policy.monitor = true; /* the closest the policy language has */
	} else if (policy_file_only_counts(&ruleset->file)) { /* its last dropping rule has ended */
		heading = "# no policy file; malformed packets are dropped until the next change\n";
	}
	policy.names_runtime =
		policy.runtime_count; /* so that the text stays the same when they end */
	printed = policy_print(&policy, &ruleset->file.host);
	failsafe = policy_failsafe_print(&policy, &ruleset->file.host);
	sets = policy_sets_print(&policy);
	if (!printed || !failsafe || !sets || asprintf(&text, "%s%s", heading, printed) < 0) {
		text = NULL; /* undefined after a failed asprintf */
		return error_no_memory(error);
	}
	if (strlen(text) + strlen(sets) > POLICY_TEXT_MAX)
		return error_set(error, E2BIG, EXIT_USAGE,
				 "the policy is larger than 16 MiB in canonical form; give it "
				 "fewer items or prefixes");
	free(ruleset->text);
	ruleset->text = TAKE_PTR(text);
	free(ruleset->failsafe);
	ruleset->failsafe = TAKE_PTR(failsafe);
	free(ruleset->sets);
	ruleset->sets = TAKE_PTR(sets);
	return digest_texts(ruleset, error);
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
				      .file = path ? input_name(path) : NULL,
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

/* Is there an IPv6 address that is neither loopback nor link-local? */
static bool machine_has_ipv6(void)
{
	struct ifaddrs *addresses = NULL;
	bool found = false;

	if (getifaddrs(&addresses))
		return false;
	for (const struct ifaddrs *at = addresses; at && !found; at = at->ifa_next) {
		const struct sockaddr_in6 *address = (const void *)at->ifa_addr;

		found = address && address->sin6_family == AF_INET6 &&
			!IN6_IS_ADDR_LOOPBACK(&address->sin6_addr) &&
			!IN6_IS_ADDR_LINKLOCAL(&address->sin6_addr);
	}
	freeifaddrs(addresses);
	return found;
}

static void name_services(struct listener *listeners, size_t count)
{
	_cleanup_free_ struct listener **chosen = calloc(count + 1, sizeof(*chosen));

	for (size_t i = 0; chosen && i < count; i++)
		chosen[i] = &listeners[i];
	if (chosen)
		listeners_name(chosen, count, NULL);
}

void ruleset_check_access(struct ruleset *ruleset, bool lists_reachable)
{
	const struct policy_check check = {
		.policy = &ruleset->file.policy,
		.image = ruleset->image,
		.file = ruleset->file.path,
		.remark = remark,
		.context = &ruleset->remarks,
	};
	_cleanup_free_ struct listener *listeners = NULL;
	struct access_machine machine = { .now_ns = (uint64_t)ruleset->file.host.boottime_ns,
					  .lists_reachable = lists_reachable };
	struct error ignored = { 0 };

	if (!ruleset->file.path)
		return;
	if (!listeners_read(&listeners, &machine.count, &ignored)) {
		machine.listeners = listeners;
		machine.has_ipv6 = machine_has_ipv6();
		if (access_needs_names(&check, &machine))
			name_services(listeners, machine.count);
	}
	access_check(&check, &machine);
}

/* The index of the first rule of the policy file. */
static size_t first_of_file(const struct portsieve_image *image)
{
	size_t count = 0;

	while (count < image->rules && (image->rule[count].failsafe || image->rule[count].runtime))
		count++;
	return count;
}

/* Copies the line numbers: both images end with the rules of the same file in the same order. */
static void keep_lines(const struct portsieve_image *before, struct portsieve_image *image)
{
	size_t from = first_of_file(before), to = first_of_file(image);

	for (; from < before->rules && to < image->rules; from++, to++)
		image->rule[to].line = before->rule[from].line;
}

int ruleset_compile(struct ruleset *ruleset, struct error *error)
{
	_cleanup_free_ struct portsieve_image *image = NULL;
	int r = policy_file_compile(&ruleset->file, &image, error);

	if (!r)
		r = compile_addresses(ruleset, error);
	if (r && error && !error->line) /* it is about a runtime rule, which is not in the file */
		error->file[0] = '\0';
	if (r)
		return r;
	keep_lines(ruleset->image, image);
	memcpy(image->source, ruleset->image->source, sizeof(image->source));
	free(ruleset->image);
	ruleset->image = TAKE_PTR(image);
	return ruleset_print(ruleset, error);
}

/* Restores the policy from the texts. */
static int read_texts(struct ruleset *ruleset, struct error *error)
{
	static const char place[] = "the policy in force";
	struct policy failsafe __attribute__((cleanup(policy_free)));
	struct policy_file *file = &ruleset->file;
	const struct policy_files kept = { policy_sets_kept, ruleset->sets };
	int r;

	policy_init(&failsafe);
	file->host.files = &kept;
	r = policy_read(ruleset->text, strlen(ruleset->text), place, &file->host, &file->policy,
			error);
	file->host.files = NULL;
	if (!r && ruleset->failsafe && *ruleset->failsafe)
		r = policy_failsafe_read(ruleset->failsafe, strlen(ruleset->failsafe), place,
					 &file->host, &failsafe, NULL, error);
	return r ? r : policy_failsafe_put(&file->policy, &failsafe, error);
}

/*
 * Restores `file` from image and texts. Only the image has the host's settings when it was
 * compiled, the exact ends of rules (the text has them in seconds of a clock that may have been set
 * since), the file's line numbers, path and digest.
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
	file->host.needs_flows = image->flags & PORTSIEVE_IMAGE_RETURN_FLOW;
	r = read_texts(ruleset, error);
	if (r)
		return r;
	if (policy->return_mode == POLICY_RETURN_AUTO && !(image->flags & PORTSIEVE_IMAGE_RETURNS))
		file->host.needs_flows = policy_host_needs_flows();
	for (size_t i = 0; i < policy->rules_count && i < image->rules; i++) {
		struct policy_rule *rule = &policy->rules[i];

		if (rule->runtime && !strcmp(rule->name, image->rule[i].name))
			rule->until_ns = image->rule[i].until_ns;
		rule->place = (struct policy_place){ .line = image->rule[i].line };
		rule->ports_place = rule->place;
	}
	memcpy(file->sha256, image->sha256, sizeof(file->sha256));
	memcpy(file->failsafe_sha256, image->failsafe_sha256, sizeof(file->failsafe_sha256));
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
	r = datapath_policy_read(datapath, device, &ruleset.image, &ruleset.text, &ruleset.failsafe,
				 &ruleset.sets, error);
	if (!r)
		r = reread(&ruleset, error);
	if (r)
		return r;
	policy_runtime_expire(&ruleset.file.policy, (uint64_t)ruleset.file.host.boottime_ns);
	*ret_ruleset = ruleset;
	ruleset = (struct ruleset){ 0 };
	return 0;
}

int ruleset_read_old(const struct datapath *datapath, const struct datapath_device *device,
		     struct ruleset *ret_ruleset, struct error *error)
{
	_cleanup_ruleset_ struct ruleset ruleset = { 0 };
	uint64_t applied_ns;
	int r;

	policy_init(&ruleset.file.policy);
	r = datapath_old_policy_read(datapath, device, &ruleset.image, &ruleset.text, error);
	if (!r)
		r = reread(&ruleset, error);
	if (r)
		return r;
	/* for these versions a missing key meant none; an upgrade must not change verdicts */
	if (!strstr(ruleset.text, "\nreturn: "))
		ruleset.file.policy.return_mode = POLICY_RETURN_NONE;
	applied_ns = ruleset.image->applied_ns;
	policy_runtime_expire(&ruleset.file.policy, (uint64_t)ruleset.file.host.boottime_ns);
	r = ruleset_compile(&ruleset, error);
	if (r)
		return r;
	ruleset.image->applied_ns = applied_ns;
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
	copy.failsafe = strdup(ruleset->failsafe);
	copy.sets = strdup(ruleset->sets);
	if (!copy.image || !copy.text || !copy.failsafe || !copy.sets)
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
