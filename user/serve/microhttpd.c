/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Loading libmicrohttpd. */
#include "serve/microhttpd.h"

#include <dlfcn.h>
#include <errno.h>

struct microhttpd mhd;

int microhttpd_load(struct error *error)
{
	void *library = dlopen("libmicrohttpd.so.12", RTLD_NOW | RTLD_LOCAL);

	if (!library)
		return error_set(error, ENOENT, EXIT_FAILED,
				 "serve needs libmicrohttpd: %s; install it: apt-get install "
				 "libmicrohttpd12",
				 dlerror());
#define MICROHTTPD_LOAD(name)                                                                      \
	mhd.name = (__typeof__(mhd.name))dlsym(library, "MHD_" #name);                             \
	if (!mhd.name)                                                                             \
		return error_set(error, ENOENT, EXIT_FAILED, "libmicrohttpd has no MHD_%s", #name);
	MICROHTTPD_FUNCTIONS(MICROHTTPD_LOAD)
	return 0;
}
