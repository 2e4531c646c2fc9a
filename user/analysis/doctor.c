/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Makes the report and judges the machine. doctor_device.c judges devices. */
#include "analysis/doctor.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <portsieve/abi.h>

#include "analysis/doctor_add.h"
#include "base/array.h"
#include "base/cleanup.h"
#include "base/deadline.h"

#ifndef CAP_PERFMON
#define CAP_PERFMON 38
#define CAP_BPF	    39
#endif

enum { EARLIEST_YEAR = 2026, EARLIEST = 1767225600 /* its beginning: an earlier clock is wrong */ };

uint32_t doctor_version(const char *release)
{
	unsigned int major, minor;

	if (sscanf(release, "%u.%u", &major, &minor) != 2 || major > 255 || minor > 255)
		return 0;
	return DOCTOR_VERSION(major, minor);
}

void doctor_report_free(struct doctor_report *report)
{
	free(report->findings);
	*report = (struct doctor_report){ 0 };
}

struct doctor_finding *doctor_add(struct doctor_report *report, const char *check,
				  const char *device, enum doctor_result result, const char *format,
				  ...)
{
	static struct doctor_finding in_no_report;
	struct doctor_finding *findings =
		array_room(report->findings, report->count, sizeof(*findings));
	struct doctor_finding *finding;
	va_list arguments;

	if (!findings) {
		report->out_of_memory = true;
		return &in_no_report;
	}
	report->findings = findings;
	finding = &findings[report->count++];
	*finding = (struct doctor_finding){ .check = check, .result = result };
	snprintf(finding->device, sizeof(finding->device), "%s", device);
	va_start(arguments, format);
	vsnprintf(finding->message, sizeof(finding->message), format, arguments);
	va_end(arguments);
	report->counts[result]++;
	return finding;
}

void doctor_mend(struct doctor_finding *finding, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(finding->command, sizeof(finding->command), format, arguments);
	va_end(arguments);
}

static bool has(const struct doctor_machine *machine, int capability)
{
	return machine->capabilities >> capability & 1;
}

/* CAP_SYS_ADMIN includes CAP_BPF and CAP_PERFMON, which older kernels lack. */
static bool may_use_bpf(const struct doctor_machine *machine)
{
	return has(machine, CAP_NET_ADMIN) &&
	       (has(machine, CAP_SYS_ADMIN) ||
		(has(machine, CAP_BPF) && has(machine, CAP_PERFMON)));
}

static void judge_capabilities(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_machine *machine = &facts->machine;
	static const struct {
		int capability;
		const char *name;
	} needed[] = {
		{ CAP_BPF, "CAP_BPF" },
		{ CAP_NET_ADMIN, "CAP_NET_ADMIN" },
		{ CAP_PERFMON, "CAP_PERFMON" },
	};
	char missing[64] = "";

	if (may_use_bpf(machine)) {
		if (machine->own_user_namespace)
			doctor_add(
				report, "capabilities", "", DOCTOR_FAULT,
				"this is a user namespace, whose root may not load programs: run "
				"portsieve outside of it");
		else
			doctor_add(report, "capabilities", "", DOCTOR_OK, "all that are needed");
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(needed); i++)
		if (!has(machine, needed[i].capability) &&
		    (needed[i].capability == CAP_NET_ADMIN || !has(machine, CAP_SYS_ADMIN)))
			snprintf(missing + strlen(missing), sizeof(missing) - strlen(missing),
				 "%s%s", missing[0] ? ", " : "", needed[i].name);
	doctor_mend(doctor_add(report, "capabilities", "", DOCTOR_FAULT,
			       "%s missing: what needs more rights is not checked", missing),
		    "sudo portsieve doctor%s%s", facts->named ? " " : "",
		    facts->named ? facts->named : "");
}

static void judge_load(const struct doctor_machine *machine, struct doctor_report *report)
{
	uint32_t version = doctor_version(machine->release);

	switch (machine->load_errnum) {
	case 0:
		doctor_add(report, "kernel", "", DOCTOR_OK, "Linux %s loads the filter",
			   machine->release);
		return;
	case ENOSYS:
		doctor_add(report, "kernel", "", DOCTOR_FAULT,
			   "Linux %s is built without bpf(): CONFIG_BPF_SYSCALL is off",
			   machine->release);
		return;
	case EPERM:
	case EACCES:
		if (!may_use_bpf(machine) || machine->own_user_namespace)
			return;			    /* already reported as the reason */
		if (machine->load_errnum == EACCES) /* from the verifier */
			break;
		doctor_add(report, "kernel", "", DOCTOR_FAULT,
			   "Linux %s refuses bpf() to this process despite its capabilities: "
			   "by lockdown, seccomp, a security module, or the limit of locked memory",
			   machine->release);
		return;
	default:
		break;
	}
	if (version && version < DOCTOR_VERSION(5, 10))
		doctor_add(report, "kernel", "", DOCTOR_FAULT,
			   "Linux %s is too old: 5.10 or later is needed", machine->release);
	else
		doctor_add(report, "kernel", "", DOCTOR_FAULT, "%s", machine->load_error);
}

static void judge_features(const struct doctor_machine *machine, struct doctor_report *report)
{
	if (!machine->features_known)
		return;
	if (machine->links)
		doctor_add(report, "links", "", DOCTOR_OK, "XDP links are available");
	else
		doctor_add(report, "links", "", DOCTOR_FAULT,
			   "no XDP links, which Linux has from 5.9 on");
	if (machine->frags)
		doctor_add(report, "frags", "", DOCTOR_OK, "frames in several buffers are judged");
	else
		doctor_add(report, "frags", "", DOCTOR_WARNING,
			   "no XDP on frames in several buffers, which Linux has from 5.18 on: "
			   "jumbo frames need generic mode");
	if (machine->batches)
		doctor_add(report, "batches", "", DOCTOR_OK,
			   "counters are changed in one system call");
	else
		doctor_add(report, "batches", "", DOCTOR_WARNING,
			   "no batches for per-CPU maps, which Linux has from 5.13 on: a command "
			   "that is killed may lose the counts of ended ranges");
	if (machine->tcx)
		doctor_add(report, "tcx", "", DOCTOR_OK, "TCX is available");
	else
		doctor_add(report, "tcx", "", DOCTOR_OK, "no TCX, which Linux has from 6.6 on");
	if (machine->dispatcher_error[0])
		doctor_add(report, "dispatcher", "", DOCTOR_WARNING,
			   "only one XDP program fits on a device: %s", machine->dispatcher_error);
	else
		doctor_add(report, "dispatcher", "", DOCTOR_OK,
			   "several XDP programs can share a device");
}

static void judge_jit(const struct doctor_machine *machine, struct doctor_report *report)
{
	if (machine->jit == DOCTOR_NO)
		doctor_mend(doctor_add(report, "jit", "", DOCTOR_WARNING,
				       "the kernel interprets BPF programs, many times slower"),
			    "sysctl -w net.core.bpf_jit_enable=1");
	else if (machine->jit == DOCTOR_YES)
		doctor_add(report, "jit", "", DOCTOR_OK, "BPF programs are compiled");
}

/* `ip netns exec` mounts a new /sys. */
static void judge_missing_bpffs(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_machine *machine = &facts->machine;

	if (machine->network[0])
		doctor_mend(doctor_add(report, "bpffs", "", DOCTOR_FAULT,
				       "no bpffs on /sys/fs/bpf; `ip netns exec` hides it: enter "
				       "the network namespace by nsenter"),
			    "nsenter --net=/run/netns/%s portsieve doctor%s%s", machine->network,
			    facts->named ? " " : "", facts->named ? facts->named : "");
	else
		doctor_mend(doctor_add(report, "bpffs", "", DOCTOR_FAULT,
				       "no bpffs on /sys/fs/bpf, which keeps the filter loaded"),
			    "mount -t bpf -o mode=700 bpf /sys/fs/bpf");
}

static void judge_bpffs(const struct doctor_facts *facts, struct doctor_report *report)
{
	const struct doctor_machine *machine = &facts->machine;

	if (!machine->bpffs_mounted)
		judge_missing_bpffs(facts, report);
	else if (machine->bpffs_read_only)
		doctor_mend(doctor_add(report, "bpffs", "", DOCTOR_FAULT,
				       "/sys/fs/bpf is mounted read-only: nothing can be loaded or "
				       "changed"),
			    "mount -o remount,rw /sys/fs/bpf");
	else if (machine->bpffs_mode & 022)
		doctor_mend(doctor_add(report, "bpffs", "", DOCTOR_WARNING,
				       "any user may put files into /sys/fs/bpf (mode %03o)",
				       machine->bpffs_mode),
			    "chmod 700 /sys/fs/bpf");
	else
		doctor_add(report, "bpffs", "", DOCTOR_OK, "mounted on /sys/fs/bpf, mode %03o",
			   machine->bpffs_mode);
	if (machine->bpffs_mounted && machine->pins_error[0] && may_use_bpf(machine))
		doctor_add(report, "pins", "", DOCTOR_FAULT, "%s", machine->pins_error);
}

/* Before 5.11, maps count as locked memory. libbpf raises the limit if it may. */
static void judge_memlock(const struct doctor_machine *machine, struct doctor_report *report)
{
	uint32_t version = doctor_version(machine->release);

	if (!version || version >= DOCTOR_VERSION(5, 11))
		doctor_add(report, "memlock", "", DOCTOR_OK, "this kernel does not limit it");
	else if (machine->memlock_bytes >= machine->memory_bytes || has(machine, CAP_SYS_RESOURCE))
		doctor_add(report, "memlock", "", DOCTOR_OK, "the limit suffices");
	else
		doctor_mend(doctor_add(report, "memlock", "", DOCTOR_FAULT,
				       "the limit of locked memory is %" PRIu64 " kB, a device "
				       "needs %" PRIu64 " kB",
				       machine->memlock_bytes / 1000, machine->memory_bytes / 1000),
			    "ulimit -l unlimited");
}

static void judge_network(const struct doctor_machine *machine, struct doctor_report *report)
{
	char others[80] = "";

	if (machine->other_networks)
		snprintf(others, sizeof(others), "; devices are loaded in %zu other%s",
			 machine->other_networks, machine->other_networks > 1 ? "s" : "");
	if (machine->network[0])
		doctor_add(report, "namespace", "", DOCTOR_OK, "network namespace '%s'%s",
			   machine->network, others);
	else
		doctor_add(report, "namespace", "", DOCTOR_OK, "%s%s",
			   machine->initial_network ? "the initial network namespace"
						    : "a network namespace without a name",
			   others);
}

static void judge_clock(const struct doctor_machine *machine, struct doctor_report *report)
{
	static const char *const slow[] = { "hpet", "acpi_pm", "pit", "jiffies",
					    "refined-jiffies" };
	struct doctor_finding *finding;

	if (machine->realtime_ns / (int64_t)SECOND_NS < EARLIEST)
		doctor_mend(doctor_add(report, "clock", "", DOCTOR_FAULT,
				       "the clock is before %d: rules end at the wrong time",
				       EARLIEST_YEAR),
			    "timedatectl set-ntp true");
	else if (!machine->clock_synchronised)
		doctor_mend(doctor_add(report, "clock", "", DOCTOR_WARNING,
				       "not synchronised: rules with an end may end at the wrong "
				       "time"),
			    "timedatectl set-ntp true");
	else
		doctor_add(report, "clock", "", DOCTOR_OK, "synchronised");
	if (!machine->clocksource[0])
		return;
	for (size_t i = 0; i < ARRAY_SIZE(slow); i++) {
		if (strcmp(machine->clocksource, slow[i]))
			continue;
		finding = doctor_add(report, "clocksource", "", DOCTOR_WARNING,
				     "%s is slow to read, which rules with an end do for each "
				     "packet",
				     slow[i]);
		if (machine->has_tsc)
			doctor_mend(finding, "echo tsc > /sys/devices/system/clocksource/"
					     "clocksource0/current_clocksource");
		return;
	}
	doctor_add(report, "clocksource", "", DOCTOR_OK, "%s", machine->clocksource);
}

static void judge_routes(const struct doctor_facts *facts, struct doctor_report *report)
{
	bool all = true;

	if (!facts->loaded_known || (!facts->loaded_count && !facts->named))
		return;
	for (size_t i = 0; i < facts->routes_count; i++) {
		const struct doctor_route *route = &facts->routes[i];

		if (route->filtered)
			continue;
		all = false;
		doctor_mend(doctor_add(report, "routes", route->device, DOCTOR_WARNING,
				       "the default route of %s leads over this device, but it "
				       "is not loaded",
				       route->ipv4 && route->ipv6 ? "IPv4 and IPv6"
				       : route->ipv4		  ? "IPv4"
								  : "IPv6"),
			    "portsieve load %s", route->device);
	}
	if (all)
		doctor_add(report, "routes", "", DOCTOR_OK, "%s",
			   facts->routes_count ? "default routes lead over filtered devices"
					       : "there is no default route");
}

void doctor_judge_machine(const struct doctor_facts *facts, struct doctor_report *report)
{
	judge_capabilities(facts, report);
	judge_load(&facts->machine, report);
	judge_features(&facts->machine, report);
	judge_jit(&facts->machine, report);
	judge_bpffs(facts, report);
	judge_memlock(&facts->machine, report);
	judge_network(&facts->machine, report);
	judge_clock(&facts->machine, report);
	judge_routes(facts, report);
}

/* A stable sort by result. Reports are short. */
static void sort(struct doctor_report *report)
{
	for (size_t i = 1; i < report->count; i++) {
		struct doctor_finding moved = report->findings[i];
		size_t to = i;

		for (; to && report->findings[to - 1].result > moved.result; to--)
			report->findings[to] = report->findings[to - 1];
		report->findings[to] = moved;
	}
}

int doctor_judge(const struct doctor_facts *facts, struct doctor_report *ret_report)
{
	_cleanup_doctor_report_ struct doctor_report report = { 0 };

	doctor_judge_machine(facts, &report);
	for (size_t i = 0; i < facts->devices_count; i++)
		doctor_judge_device(facts, &facts->devices[i], &report);
	if (report.out_of_memory)
		return -ENOMEM;
	sort(&report);
	*ret_report = report;
	report = (struct doctor_report){ 0 };
	return 0;
}
