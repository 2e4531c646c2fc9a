/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Cgroup paths as systemd and container engines create them, and what they name. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/cleanup.h"
#include "host/cgroup.h"

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const struct {
	const char *path;
	const char *name;
	bool container;
} cases[] = {
	{ "/", "", false },
	{ "", "", false },
	{ "/system.slice", "", false },
	{ "/system.slice/nginx.service", "nginx.service", false },
	{ "/system.slice/ssh.socket", "ssh.socket", false },
	{ "/system.slice/system-getty.slice/getty@tty1.service", "getty@tty1.service", false },
	{ "/system.slice/nginx.service/worker", "nginx.service", false },
	{ "/user.slice/user-1000.slice/session-3.scope", "session-3.scope", false },
	{ "/user.slice/user-1000.slice/user@1000.service/app.slice/web.service", "web.service",
	  false },
	{ "/init.scope", "init.scope", false },
	{ "/system.slice/docker-" ID ".scope", "0123456789ab", true },
	{ "/docker/" ID, "0123456789ab", true },
	{ "/machine.slice/libpod-" ID ".scope", "0123456789ab", true },
	{ "/machine.slice/libpod-" ID ".scope/container", "0123456789ab", true },
	{ "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod5.slice/"
	  "cri-containerd-" ID ".scope",
	  "0123456789ab", true },
	{ "/kubepods/besteffort/pod5/crio-" ID, "0123456789ab", true },
	{ "/system.slice/docker-" ID ".scope/system.slice/nginx.service", "0123456789ab", true },
	{ "/lxc/web1", "web1", true },
	{ "/lxc.payload.web1/system.slice/nginx.service", "web1", true },
	{ "/machine.slice/machine-web1.scope", "web1", true },
	{ "/lxc/web1/docker/" ID, "0123456789ab", true },
	{ "/x/" ID "0", "", false }, /* 65 digits are not an id */
	{ "/x/0123456789abcdef", "", false },
};

static void paths_name_units_and_containers(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct cgroup_name name = cgroup_name_of_path(cases[i].path);

		assert_string_equal(name.text, cases[i].name);
		assert_int_equal(name.container, cases[i].container);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(paths_name_units_and_containers) };

	return cmocka_run_group_tests_name("cgroup", tests, NULL, NULL);
}
