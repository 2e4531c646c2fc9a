/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Dropping privileges: user, capabilities (libcap-ng), files (Landlock), system calls (libseccomp).
 */
#include "host/sandbox.h"

#include <cap-ng.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <linux/bpf.h>
#include <linux/landlock.h>
#include <pwd.h>
#include <seccomp.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"

int sandbox_drop_root(const char *path, struct error *error)
{
	const struct passwd *user = getpwnam("portsieve");

	if (geteuid()) {
		capng_clear(CAPNG_SELECT_BOTH);
		capng_apply(CAPNG_SELECT_CAPS);
		return 0;
	}
	if (!user)
		return error_set(error, ENOENT, EXIT_FAILED,
				 "serve does not run as root, and the user portsieve does not "
				 "exist; create it: useradd --system --user-group --no-create-home "
				 "portsieve");
	if (path && lchown(path, user->pw_uid, user->pw_gid))
		return error_set(error, errno, EXIT_FAILED, "cannot give %s to portsieve: %s", path,
				 strerror(errno));
	capng_clear(CAPNG_SELECT_BOTH);
	if (capng_change_id((int)user->pw_uid, (int)user->pw_gid,
			    CAPNG_DROP_SUPP_GRP | CAPNG_CLEAR_BOUNDING))
		return error_set(error, EPERM, EXIT_FAILED, "cannot become the user portsieve");
	return 0;
}

/* ---- files ---- */

/*
 * By Landlock, since Linux 5.13. Reading is left to the file modes: the caller does not know the
 * paths of all pins, of /proc, /sys and of certificates that will be read.
 */
int sandbox_limit_files(const char *path)
{
	static const uint64_t writing = LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_WRITE_FILE |
					LANDLOCK_ACCESS_FS_REMOVE_DIR |
					LANDLOCK_ACCESS_FS_REMOVE_FILE |
					LANDLOCK_ACCESS_FS_MAKE_CHAR | LANDLOCK_ACCESS_FS_MAKE_DIR |
					LANDLOCK_ACCESS_FS_MAKE_REG | LANDLOCK_ACCESS_FS_MAKE_SOCK |
					LANDLOCK_ACCESS_FS_MAKE_FIFO |
					LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM;
	const struct landlock_ruleset_attr attr = { .handled_access_fs = writing };
	struct landlock_path_beneath_attr folder = { .allowed_access =
							     LANDLOCK_ACCESS_FS_REMOVE_FILE };
	_cleanup_close_ int ruleset = -1, folder_fd = -1;
	_cleanup_free_ char *copy = path ? strdup(path) : NULL;

	ruleset = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (ruleset < 0)
		return -errno;
	if (copy) { /* to remove the socket at exit */
		folder_fd = open(dirname(copy), O_PATH | O_DIRECTORY | O_CLOEXEC);
		folder.parent_fd = folder_fd;
		if (folder_fd < 0 ||
		    syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &folder, 0))
			return -errno;
	}
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_landlock_restrict_self, ruleset, 0))
		return -errno;
	return 0;
}

/* ---- system calls ---- */

static const int calls[] = {
	/* memory and the process itself */
	SCMP_SYS(brk),
	SCMP_SYS(mmap),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getuid),
	SCMP_SYS(geteuid),
	SCMP_SYS(getgid),
	SCMP_SYS(getegid),
	SCMP_SYS(getrandom),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(prlimit64),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(restart_syscall),
	SCMP_SYS(tgkill),
	/* time */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(nanosleep),
	SCMP_SYS(gettimeofday),
	/* files, to read */
	SCMP_SYS(read),
	SCMP_SYS(pread64),
	SCMP_SYS(readv),
	SCMP_SYS(lseek),
	SCMP_SYS(close),
	SCMP_SYS(fstat),
	SCMP_SYS(stat),
	SCMP_SYS(lstat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(statx),
	SCMP_SYS(statfs),
	SCMP_SYS(fstatfs),
	SCMP_SYS(access),
	SCMP_SYS(faccessat),
	SCMP_SYS(faccessat2),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(getdents64),
	SCMP_SYS(fcntl),
	SCMP_SYS(unlink),
	/* sockets, netlink's too */
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(pwrite64), /* to files opened before */
	SCMP_SYS(send),
	SCMP_SYS(sendto),
	SCMP_SYS(sendmsg),
	SCMP_SYS(recvfrom),
	SCMP_SYS(recvmsg),
	SCMP_SYS(bind),
	SCMP_SYS(accept),
	SCMP_SYS(accept4),
	SCMP_SYS(connect),
	SCMP_SYS(shutdown),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),
	SCMP_SYS(setsockopt),
	SCMP_SYS(getsockopt),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(epoll_create1), /* to reload certificates */
	SCMP_SYS(ioctl),
	SCMP_SYS(eventfd2),
};

static const int bpf_commands[] = {
	BPF_OBJ_GET,	      BPF_OBJ_GET_INFO_BY_FD, BPF_MAP_LOOKUP_ELEM,
	BPF_MAP_LOOKUP_BATCH, BPF_MAP_GET_NEXT_KEY,
};

/* Allows opening files read-only; 3 is O_ACCMODE. */
static int allow_reading(scmp_filter_ctx filter)
{
	int r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(openat), 1,
				 SCMP_A2(SCMP_CMP_MASKED_EQ, 3, 0));

	return r
		       ?: seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(open), 1,
					   SCMP_A1(SCMP_CMP_MASKED_EQ, 3, 0));
}

/* Allows new netlink and Unix sockets, but no new network sockets. */
static int allow_sockets(scmp_filter_ctx filter)
{
	static const int families[] = { AF_NETLINK, AF_UNIX };
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(families); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(socket), 1,
				     SCMP_A0(SCMP_CMP_EQ, families[i]));
	return r;
}

int sandbox_limit_calls(struct error *error)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
	int r = filter ? 0 : -ENOMEM;

	for (size_t i = 0; !r && i < ARRAY_SIZE(calls); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, calls[i], 0);
	for (size_t i = 0; !r && i < ARRAY_SIZE(bpf_commands); i++)
		r = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(bpf), 1,
				     SCMP_A0(SCMP_CMP_EQ, bpf_commands[i]));
	r = r ?: allow_reading(filter);
	r = r ?: allow_sockets(filter);
	r = r ?: seccomp_load(filter); /* sets no_new_privs */
	if (filter)
		seccomp_release(filter);
	if (r)
		return error_set(error, -r, EXIT_FAILED, "cannot limit the system calls: %s",
				 strerror(-r));
	return 0;
}
