/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a process can still do in the sandbox of `serve`, each in a process of its own. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "host/sandbox.h"

#define FOLDER "/tmp/portsieve-sandbox-files"

/* Each tries one thing, and returns like a system call. */

static long reads_a_file(void)
{
	return open("/proc/self/status", O_RDONLY | O_CLOEXEC);
}

static long asks_netlink(void)
{
	return socket(AF_NETLINK, SOCK_RAW, 0);
}

static long opens_a_pin(void)
{
	union bpf_attr attr = { .pathname = (uintptr_t) "/nosuch" };

	/* the kernel was reached: there is no such file */
	return syscall(SYS_bpf, BPF_OBJ_GET, &attr, sizeof(attr)) < 0 && errno == ENOENT ? 0 : -1;
}

static long writes_a_file(void)
{
	return open("/dev/null", O_WRONLY);
}

static long appends_to_a_file(void)
{
	return open("/dev/null", O_RDWR | O_APPEND);
}

static long makes_a_directory(void)
{
	return mkdir("/tmp/portsieve-sandbox-test", 0700);
}

static long makes_a_map(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1
	};

	return syscall(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static long updates_a_map(void)
{
	union bpf_attr attr = { .map_fd = 0 };

	return syscall(SYS_bpf, BPF_MAP_UPDATE_ELEM, &attr, sizeof(attr));
}

static long runs_a_program(void)
{
	return execl("/bin/true", "true", NULL);
}

static long makes_a_process(void)
{
	return fork();
}

static long connects_out(void)
{
	return socket(AF_INET, SOCK_STREAM, 0);
}

static long traces(void)
{
	return kill(getppid(), 0);
}

static long removes_a_file_of_the_folder(void)
{
	return unlink(FOLDER "/file");
}

static long removes_another_file(void)
{
	return unlink(FOLDER "-other");
}

static long makes_a_file(void)
{
	return mknod(FOLDER "/new", S_IFREG | 0600, 0);
}

enum { MAY = 64 }; /* added to the errno, to tell it from other exit statuses */

static int limit_calls(void)
{
	struct error error = { 0 };

	return sandbox_limit_calls(&error);
}

static int limit_files(void)
{
	return sandbox_limit_files(FOLDER "/socket");
}

/* Returns 0 if permitted, else the errno. */
static int tried(int (*limit)(void), long (*try)(void))
{
	pid_t child = fork();
	int status;

	assert_true(child >= 0);
	if (!child) {
		int status = limit() ? 0 : try() < 0 ? MAY + errno : MAY;

		syscall(SYS_exit_group, status); /* sanitizers make _exit call others */
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) >= MAY);
	return WEXITSTATUS(status) - MAY;
}

static int tried_in_the_sandbox(long (*try)(void))
{
	return tried(limit_calls, try);
}

static void it_may_read_and_ask(void **state)
{
	(void)state;
	assert_int_equal(tried_in_the_sandbox(reads_a_file), 0);
	assert_int_equal(tried_in_the_sandbox(asks_netlink), 0);
	assert_int_equal(tried_in_the_sandbox(opens_a_pin), 0);
}

static void it_may_do_nothing_else(void **state)
{
	static long (*const all[])(void) = { writes_a_file,   appends_to_a_file, makes_a_directory,
					     makes_a_map,     updates_a_map,	 runs_a_program,
					     makes_a_process, connects_out,	 traces };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (tried_in_the_sandbox(all[i]) != EPERM)
			fail_msg("number %zu", i);
}

static void make_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

static void files_it_may_only_read(void **state)
{
	int landlock = (int)syscall(SYS_landlock_create_ruleset, NULL, 0, 1);

	(void)state;
	if (landlock < 1)
		skip();
	mkdir(FOLDER, 0700);
	make_file(FOLDER "/file");
	make_file(FOLDER "-other");
	assert_int_equal(tried(limit_files, reads_a_file), 0);
	assert_int_equal(tried(limit_files, opens_a_pin), 0);
	assert_int_equal(tried(limit_files, writes_a_file), EACCES);
	assert_int_equal(tried(limit_files, makes_a_file), EACCES);
	assert_int_equal(tried(limit_files, makes_a_directory), EACCES);
	assert_int_equal(tried(limit_files, runs_a_program), EACCES);
	assert_int_equal(tried(limit_files, removes_another_file), EACCES);
	assert_int_equal(tried(limit_files, removes_a_file_of_the_folder), 0);
	assert_int_equal(unlink(FOLDER "-other"), 0);
	assert_int_equal(rmdir(FOLDER), 0);
}

/* The control: without the sandbox, root can do what the other test tries. */
static void outside_it_may(void **state)
{
	(void)state;
	assert_true(writes_a_file() >= 0);
	assert_true(connects_out() >= 0);
	assert_int_equal(traces(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_may_read_and_ask),
		cmocka_unit_test(it_may_do_nothing_else),
		cmocka_unit_test(files_it_may_only_read),
		cmocka_unit_test(outside_it_may),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
