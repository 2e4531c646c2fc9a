/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From a path to a policy and its image: bad files, digests, and the image's fields. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "control/policy_file.h"
#include "print/format.h"

static char folder[] = "/tmp/test_policy_file.XXXXXX";

static const char policy_text[] = "version: 1\ndefault: drop\nrules:\n"
				  "  - {name: web, action: allow, ports: tcp/80}\n";

static int enter_folder(void **state)
{
	(void)state;
	return !mkdtemp(folder) || chdir(folder);
}

static int remove_folder(void **state)
{
	char command[64];

	(void)state;
	snprintf(command, sizeof(command), "rm -r %s", folder);
	return chdir("/") || system(command);
}

static void write_file(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
}

static struct policy_file read_file(const char *path)
{
	struct policy_file file;
	struct error error = { 0 };
	char text[1024];

	if (policy_file_read(path, &file, &error))
		fail_msg("%s", error_format(&error, text, sizeof(text)));
	return file;
}

static void assert_refused(const char *path, int errnum, const char *expected)
{
	struct policy_file file;
	struct error error = { 0 };
	char text[1024];

	memset(&file, 0x55, sizeof(file));

	struct policy_file before = file;

	assert_int_equal(policy_file_read(path, &file, &error), -errnum);
	assert_string_equal(error_format(&error, text, sizeof(text)), expected);
	assert_int_equal(error.exit, EXIT_USAGE);
	assert_memory_equal(&file, &before, sizeof(file));
}

static void a_missing_file_is_refused(void **state)
{
	(void)state;
	assert_refused("none.yaml", ENOENT,
		       "cannot read the policy none.yaml: No such file or directory");
	assert_refused("", ENOENT, "cannot read the policy : No such file or directory");
}

static void a_directory_is_refused(void **state)
{
	(void)state;
	assert_refused(".", EISDIR, ". is a directory; name the policy file in it");
}

static void an_empty_file_is_refused(void **state)
{
	(void)state;
	write_file("empty", "", 0);
	assert_refused("empty", EINVAL,
		       "empty:1:1: the policy is empty: it needs at least 'version: 1'");
	assert_refused("/dev/null", EINVAL,
		       "/dev/null:1:1: the policy is empty: it needs at least 'version: 1'");
}

static void an_error_names_the_file_as_it_was_given(void **state)
{
	(void)state;
	write_file("wrong", "version: 2\n", 11);
	assert_refused("./wrong", EINVAL, "./wrong:1:10: unknown version '2' (write 'version: 1')");
}

static void a_file_may_be_as_large_as_the_limit_and_no_larger(void **state)
{
	char *text = malloc(POLICY_TEXT_MAX + 1);
	struct policy_file file;

	(void)state;
	memset(text, '\n', POLICY_TEXT_MAX + 1);
	memcpy(text, policy_text, strlen(policy_text));
	write_file("large", text, POLICY_TEXT_MAX);
	file = read_file("large");
	assert_int_equal(file.policy.rules_count, 1);
	policy_file_free(&file);
	write_file("large", text, POLICY_TEXT_MAX + 1);
	assert_refused("large", EINVAL, "large: the policy is larger than 16 MiB");
	free(text);
}

static void a_file_without_end_is_refused_as_too_large(void **state)
{
	(void)state;
	assert_refused("/dev/zero", EINVAL, "/dev/zero: the policy is larger than 16 MiB");
}

struct writing {
	const char *path;
	const char *text;
	size_t first, size;
};

/* Writes the first bytes, and the rest later. Returns NULL if all were read. */
static void *write_slowly(void *argument)
{
	const struct writing *writing = argument;
	size_t rest = writing->size - writing->first;
	FILE *file = fopen(writing->path, "w");

	if (!file || fwrite(writing->text, 1, writing->first, file) != writing->first ||
	    fflush(file))
		return argument;
	usleep(20000);
	if (fwrite(writing->text + writing->first, 1, rest, file) != rest)
		return argument;
	return fclose(file) ? argument : NULL;
}

/* Reading waits for a writer, as usual with FIFOs. */
static void a_fifo_is_read_to_its_end(void **state)
{
	struct writing writing = { "fifo", policy_text, 20, strlen(policy_text) };
	struct policy_file file;
	pthread_t writer;
	void *failed;

	(void)state;
	assert_int_equal(mkfifo("fifo", 0600), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_slowly, &writing), 0);
	file = read_file("fifo");
	pthread_join(writer, &failed);
	assert_null(failed);
	assert_int_equal(file.policy.rules_count, 1);
	policy_file_free(&file);
}

/* A pipe is read in pieces: one ends exactly at the limit. */
static void a_fifo_may_not_be_larger_than_the_limit_either(void **state)
{
	char *text = malloc(POLICY_TEXT_MAX + 1);
	struct writing writing = { "large-fifo", text, POLICY_TEXT_MAX, POLICY_TEXT_MAX + 1 };
	pthread_t writer;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	memset(text, '\n', POLICY_TEXT_MAX + 1);
	memcpy(text, policy_text, strlen(policy_text));
	assert_int_equal(mkfifo("large-fifo", 0600), 0);
	assert_int_equal(pthread_create(&writer, NULL, write_slowly, &writing), 0);
	assert_refused("large-fifo", EINVAL, "large-fifo: the policy is larger than 16 MiB");
	pthread_join(writer, NULL);
	free(text);
}

static void the_digest_is_that_of_sha256sum(void **state)
{
	struct policy_file file;
	char expected[65], digest[65];
	FILE *pipe;

	(void)state;
	write_file("policy", policy_text, strlen(policy_text));
	pipe = popen("sha256sum policy", "r");
	assert_non_null(pipe);
	assert_int_equal(fscanf(pipe, "%64s", expected), 1);
	pclose(pipe);
	file = read_file("policy");
	format_sha256(file.sha256, digest);
	assert_string_equal(digest, expected);
	policy_file_free(&file);
}

static void without_a_file_the_policy_counts_and_drops_nothing(void **state)
{
	static const uint8_t zeros[PORTSIEVE_SOURCE_MAX + 1];
	struct policy_file file = read_file(NULL);
	struct portsieve_image *image;
	struct error error = { 0 };

	(void)state;
	assert_null(file.path);
	assert_memory_equal(file.sha256, zeros, 32);
	assert_int_equal(policy_file_compile(&file, &image, &error), 0);
	assert_int_equal(image->flags, PORTSIEVE_IMAGE_NO_POLICY);
	assert_int_equal(image->rules, 0);
	assert_memory_equal(image->source, zeros, sizeof(image->source));
	for (int port = 0; port < PORTSIEVE_PORTS; port++)
		assert_false(image->port[PORTSIEVE_TCP][port] & PORTSIEVE_ENTRY_DROP);
	free(image);
	policy_file_free(&file);
}

static void the_image_has_time_digest_and_whole_path(void **state)
{
	uint64_t now_ns = (uint64_t)time(NULL) * 1000000000;
	struct policy_file file;
	struct portsieve_image *image;
	struct error error = { 0 };
	char expected[64];

	(void)state;
	write_file("policy", policy_text, strlen(policy_text));
	file = read_file("./policy");
	assert_int_equal(policy_file_compile(&file, &image, &error), 0);
	snprintf(expected, sizeof(expected), "%s/policy", folder);
	assert_string_equal(image->source, expected);
	assert_memory_equal(image->sha256, file.sha256, 32);
	assert_in_range(image->applied_ns, now_ns - 1000000000, now_ns + 60000000000);
	assert_int_equal(image->flags & ~PORTSIEVE_IMAGE_RETURN_FLOW,
			 PORTSIEVE_IMAGE_DEFAULT_DROP | PORTSIEVE_IMAGE_RETURN_AUTO |
				 PORTSIEVE_IMAGE_RETURN_SOCKET | PORTSIEVE_IMAGE_UDP_EPHEMERAL);
	assert_string_equal(image->rule[0].name, "web");
	assert_int_equal(image->rule[0].line, 4);
	free(image);
	policy_file_free(&file);
}

/* Nested folders, until the file's path is too long for an image. */
static void a_path_too_long_for_the_image_is_cut(void **state)
{
	char name[101] = "", path[400], whole[sizeof(path) + sizeof(folder)];
	struct policy_file file;
	struct portsieve_image *image;
	struct error error = { 0 };

	(void)state;
	memset(name, 'd', 100);
	snprintf(path, sizeof(path), "%s", name);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s", name, name);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/%s/%s", name, name, name);
	write_file(path, policy_text, strlen(policy_text));
	file = read_file(path);
	assert_int_equal(policy_file_compile(&file, &image, &error), 0);
	snprintf(whole, sizeof(whole), "%s/%s", folder, path);
	assert_int_equal(strlen(image->source), PORTSIEVE_SOURCE_MAX);
	assert_memory_equal(image->source, whole, PORTSIEVE_SOURCE_MAX);
	free(image);
	policy_file_free(&file);
}

static void the_host_has_the_ephemeral_ports_of_proc(void **state)
{
	struct policy_file file = read_file(NULL);
	FILE *proc = fopen("/proc/sys/net/ipv4/ip_local_port_range", "r");
	int low = 32768, high = 60999;

	(void)state;
	if (proc)
		assert_int_equal(fscanf(proc, "%d %d", &low, &high), 2);
	assert_int_equal(file.host.ephemeral_low, low);
	assert_int_equal(file.host.ephemeral_high, high);
	if (proc)
		fclose(proc);
	policy_file_free(&file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_missing_file_is_refused),
		cmocka_unit_test(a_directory_is_refused),
		cmocka_unit_test(an_empty_file_is_refused),
		cmocka_unit_test(an_error_names_the_file_as_it_was_given),
		cmocka_unit_test(a_file_may_be_as_large_as_the_limit_and_no_larger),
		cmocka_unit_test(a_file_without_end_is_refused_as_too_large),
		cmocka_unit_test(a_fifo_is_read_to_its_end),
		cmocka_unit_test(a_fifo_may_not_be_larger_than_the_limit_either),
		cmocka_unit_test(the_digest_is_that_of_sha256sum),
		cmocka_unit_test(without_a_file_the_policy_counts_and_drops_nothing),
		cmocka_unit_test(the_image_has_time_digest_and_whole_path),
		cmocka_unit_test(a_path_too_long_for_the_image_is_cut),
		cmocka_unit_test(the_host_has_the_ephemeral_ports_of_proc),
	};

	return cmocka_run_group_tests_name("policy_file", tests, enter_folder, remove_folder);
}
