/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Opens the pins of a network namespace: checks bpffs and permissions, and takes the writer's lock.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>

#include "base/cleanup.h"
#include "datapath/pins.h"
#include "datapath/program.h"
#include "datapath/repair.h"
#include "datapath/view.h"

#define BPFFS		  "/sys/fs/bpf"
#define PINS		  BPFFS "/portsieve"
#define LOCK_TRIES	  600 /* of 50 ms */
#define LOCK_TRIES_SILENT 20

static int not_accessible(struct error *error, int errnum)
{
	if (errnum == EACCES || errnum == EPERM)
		return error_set(error, errnum, EXIT_NOT_PERMITTED,
				 "not permitted to use " PINS "; run as root, or with CAP_BPF, "
				 "CAP_NET_ADMIN and CAP_PERFMON and access to it");
	if (errnum == EROFS)
		return bpf_error(error, errnum, "use " PINS);
	if (errnum == ENOTDIR)
		return error_set(error, errnum, EXIT_FAILED,
				 PINS " is not a directory; remove it: it is not portsieve's");
	return error_set(error, errnum, EXIT_FAILED, "cannot use " PINS ": %s", strerror(errnum));
}

/* The folder's owner, and everyone who may write to it, controls the filter. */
static int check_owner(int fd, struct error *error)
{
	struct stat status;

	if (fstat(fd, &status))
		return not_accessible(error, errno);
	if ((status.st_uid != 0 && status.st_uid != geteuid()) || status.st_mode & 022)
		return error_set(error, EPERM, EXIT_NOT_PERMITTED,
				 PINS " belongs to user %u with mode %03o: others could change the "
				      "filter; remove it, and mount bpffs with mode=700",
				 status.st_uid, status.st_mode & 0777);
	return 0;
}

static bool is_still(int fd, const char *path)
{
	struct stat held, there;

	return !fstat(fd, &held) && !lstat(path, &there) && held.st_ino == there.st_ino &&
	       held.st_dev == there.st_dev;
}

/* Tries once. -EWOULDBLOCK: another process holds the lock, or has just removed the folder. */
static int try_lock(int *ret_fd, struct error *error)
{
	_cleanup_close_ int fd = -1;
	int r;

	if (mkdir(PINS, 0700) && errno != EEXIST)
		return not_accessible(error, errno);
	fd = open(PINS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -EWOULDBLOCK : not_accessible(error, errno);
	r = check_owner(fd, error);
	if (r)
		return r;
	if (access(PINS, W_OK) && errno == EROFS) /* before anything is changed */
		return bpf_error(error, EROFS, "change what is loaded");
	if (flock(fd, LOCK_EX | LOCK_NB))
		return errno == EWOULDBLOCK ? -EWOULDBLOCK : not_accessible(error, errno);
	if (!is_still(fd, PINS))
		return -EWOULDBLOCK;
	*ret_fd = TAKE_FD(fd);
	return 0;
}

/*
 * The folder itself is the lock: it exists as long as the pins do, and the kernel releases the lock
 * if the process dies.
 */
static int take_lock(datapath_note_fn *note, int *ret_fd, struct error *error)
{
	static const struct timespec pause = { .tv_nsec = 50000000 };
	int r;

	for (int tries = 0; (r = try_lock(ret_fd, error)) == -EWOULDBLOCK; tries++) {
		if (tries == LOCK_TRIES)
			return error_set(error, EBUSY, EXIT_FAILED,
					 "another portsieve has held the lock on " PINS
					 " for 30 s; find it with: fuser " PINS);
		if (tries == LOCK_TRIES_SILENT && note)
			note("waiting for another portsieve, which holds the lock");
		nanosleep(&pause, NULL);
	}
	return r;
}

/* Can the pins be read? -EACCES: not without root. A missing folder counts as readable. */
static int may_read(void)
{
	return faccessat(AT_FDCWD, PINS, R_OK | X_OK, AT_EACCESS) && errno != ENOENT ? -errno : 0;
}

/* Opens the view, for a reader without access to the pins. */
static int open_view(struct datapath *datapath, struct error *error)
{
	int r = view_open(datapath);

	if (!r)
		return 0;
	return error_set(error, EACCES, EXIT_NOT_PERMITTED,
			 "not permitted to read what is loaded; run as root%s",
			 r == -EACCES ? ", or as a member of the group portsieve: usermod -aG "
					"portsieve USER, and log in again"
				      : ", or make a group that may read it: groupadd --system "
					"portsieve, before the next load or apply");
}

int datapath_open(enum datapath_access access, datapath_note_fn *note,
		  struct datapath *ret_datapath, struct error *error)
{
	_cleanup_datapath_ struct datapath datapath = { .lock_fd = -1, .note = note };
	_cleanup_close_ int fd = -1;
	struct statfs status;
	struct stat namespace;
	int r;

	program_quiet();
	if (statfs(BPFFS, &status) || (uint64_t)status.f_type != BPF_FS_MAGIC)
		return error_set(error, ENODEV, EXIT_FAILED,
				 "no bpffs at " BPFFS
				 "; mount it: mount -t bpf -o mode=700 bpf " BPFFS);
	if (stat("/proc/self/ns/net", &namespace))
		return error_set(error, errno, EXIT_FAILED,
				 "cannot read /proc/self/ns/net: %s; mount /proc", strerror(errno));
	snprintf(datapath.directory, sizeof(datapath.directory), PINS "/%lu",
		 (unsigned long)namespace.st_ino);
	if (access == DATAPATH_READ && may_read() == -EACCES) {
		r = open_view(&datapath, error);
		if (!r)
			*ret_datapath = datapath;
		return r;
	}
	/* O_NOFOLLOW: without mode=700 any user can plant a symlink on bpffs. */
	fd = open(PINS, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		r = check_owner(fd, error);
	else
		r = errno == ENOENT ? 0 : not_accessible(error, errno); /* not yet made */
	if (r)
		return r;
	if (access == DATAPATH_WRITE) {
		r = take_lock(note, &datapath.lock_fd, error);
		if (r)
			return r;
		view_prepare(&datapath);
		r = repair_all(&datapath, error);
		if (r)
			return r;
	}
	*ret_datapath = datapath;
	datapath.lock_fd = -1;
	return 0;
}

void datapath_close(struct datapath *datapath)
{
	if (datapath->lock_fd >= 0) {
		view_settle(datapath);
		rmdir(datapath->directory); /* these fail while a device is loaded */
		rmdir(PINS);
		close(datapath->lock_fd);
	}
	datapath->lock_fd = -1;
}
