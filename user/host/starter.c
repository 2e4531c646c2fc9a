/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The child, its orders, and running the command. */
#include "host/starter.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "host/sandbox.h"

enum { VARIABLES_MAX = 64 };

extern char **environ;

/* Builds this process's environment without systemd's variables, plus those of the order. */
static void make_environment(char *order, size_t size, char *environment[VARIABLES_MAX])
{
	static const char *const kept[] = { "PATH=", "HOME=", "LANG=", "LC_ALL=", "TZ=", "USER=" };
	size_t count = 0;

	for (char *at = order; at < order + size && count < VARIABLES_MAX / 2; at += strlen(at) + 1)
		environment[count++] = at;
	for (char **variable = environ; *variable && count < VARIABLES_MAX - 1; variable++)
		for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
			if (!strncmp(*variable, kept[i], strlen(kept[i])) &&
			    count < VARIABLES_MAX - 1)
				environment[count++] = *variable;
	environment[count] = NULL;
}

/* Waits for a process, and kills its group if it takes too long. */
static void wait_for(pid_t pid)
{
	static const struct timespec pause = { .tv_nsec = 50000000 };

	for (int tries = 0; tries < STARTER_SECONDS * 20; tries++) {
		if (waitpid(pid, NULL, WNOHANG))
			return;
		nanosleep(&pause, NULL);
	}
	kill(-pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

static void run(const char *command, char *order, size_t size)
{
	char *arguments[] = { "sh", "-c", (char *)command, NULL };
	char *environment[VARIABLES_MAX];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	pid_t pid;

	make_environment(order, size, environment);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, STDERR_FILENO, STDOUT_FILENO);
	posix_spawnattr_init(&attributes);
	sigfillset(&defaults);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
	if (!posix_spawn(&pid, "/bin/sh", &files, &attributes, arguments, environment))
		wait_for(pid);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
}

/* Returns when the parent has ended. */
static void follow_orders(const char *command, int fd)
{
	char order[STARTER_ORDER_MAX + 1];
	ssize_t size;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, SIG_IGN); /* Ctrl-C is for the parent */
	signal(SIGHUP, SIG_IGN);
	prctl(PR_SET_NAME, "portsieve-alert");
	do {
		size = recv(fd, order, STARTER_ORDER_MAX, 0);
		if (size > 0) {
			order[size] = '\0';
			run(command, order, (size_t)size);
		}
	} while (size > 0 || (size < 0 && errno == EINTR));
}

int starter_start(const char *command, int *ret_fd, struct error *error)
{
	struct error reported_by_parent;
	int fds[2];
	pid_t child;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds))
		return error_set(error, errno, EXIT_FAILED, "cannot make a socket: %s",
				 strerror(errno));
	child = fork();
	if (child < 0) {
		close(fds[0]);
		close(fds[1]);
		return error_set(error, errno, EXIT_FAILED, "cannot make a process: %s",
				 strerror(errno));
	}
	close(fds[child ? 1 : 0]);
	if (child) {
		*ret_fd = fds[0];
		return 0;
	}
	*ret_fd = -1;
	if (!sandbox_drop_root(NULL, &reported_by_parent))
		follow_orders(command, fds[1]);
	close(fds[1]);
	return 0;
}

bool starter_order(int fd, const char *variables, size_t size)
{
	return size && size <= STARTER_ORDER_MAX &&
	       send(fd, variables, size, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)size;
}
