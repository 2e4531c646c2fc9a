# SPDX-License-Identifier: GPL-2.0-or-later
"""Which system calls of a traced command change something. Whatever is not known to be harmless does."""

import re

# They read, or change nothing but the process itself.
HARMLESS = set("""
access arch_prctl brk clock_gettime clock_nanosleep close execve exit exit_group faccessat faccessat2 fcntl
fstat fstatfs futex getcwd getdents64 getegid geteuid getgid getpid getppid getrandom getsockname getsockopt
gettid getuid lseek lstat madvise mmap mprotect mremap munmap nanosleep newfstatat poll ppoll prctl pread64
prlimit64 read readlink readlinkat readv recvfrom recvmsg restart_syscall rseq rt_sigaction rt_sigprocmask
rt_sigreturn sched_getaffinity set_robust_list set_tid_address setsockopt sigaltstack socket stat statfs
statx sysinfo time uname wait4 bind
""".split())

# Requests of bpf() that read.
READING = re.compile(
    r"BPF_(OBJ_GET|OBJ_GET_INFO_BY_FD|MAP_LOOKUP_ELEM|MAP_LOOKUP_BATCH|MAP_GET_NEXT_KEY"
    r"|(PROG|MAP|BTF|LINK)_GET_(NEXT_ID|FD_BY_ID)|PROG_QUERY|TASK_FD_QUERY),")
WRITING_OPEN = re.compile(r"O_(WRONLY|RDWR|CREAT|TRUNC|APPEND|TMPFILE)")


class Call:
    """The number-th call of that name."""

    def __init__(self, name, number, line):
        self.name, self.number = name, number
        word = re.search(r"BPF_[A-Z_]+", line) if name == "bpf" else None
        self.what = word.group() if word else line.split("(", 1)[1][:60]

    def __str__(self):
        return "%s %d, %s" % (self.name, self.number, self.what)


def changes(name, line):
    if name == "bpf":
        return not READING.match(line[len("bpf("):])
    if name in ("open", "openat"):
        return bool(WRITING_OPEN.search(line))
    if name == "ioctl":
        return not re.search(r"SIOCG|TCGETS", line)
    if name in ("write", "writev"):
        return not re.match(r"writev?\([12],", line)  # what it says is no state
    return name not in HARMLESS


def changing(trace):
    """The changing calls of a trace of one process, in their order; last its end, after them all."""
    numbers, found = {}, []
    for line in open(trace, errors="replace"):
        match = re.match(r"(?:\d+ +)?([a-z0-9_]+)(\(.*)", line)
        if not match:
            continue
        name = match.group(1)
        numbers[name] = numbers.get(name, 0) + 1
        if changes(name, name + match.group(2)) or name == "exit_group":
            found.append(Call(name, numbers[name], name + match.group(2)))
    return found
