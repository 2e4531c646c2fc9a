# SPDX-License-Identifier: GPL-2.0-or-later
# Tests on other kernels, in QEMU, described in tests/kernels/run. Included by the Makefile.

KERNEL_TOOLS := build/tests/kernels/leave build/tests/kernels/verified

.PHONY: test-kernels
test-kernels: ## test the main paths on Linux 5.10 to 7.2, in QEMU; KERNELS="6.1" restricts
	$(Q)scripts/setup kernels
	$(Q)$(MAKE) --no-print-directory all tools $(KERNEL_TOOLS)
	$(Q)tests/kernels/run $(KERNELS)

build/tests/kernels/leave: tests/kernels/leave.c
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -static $< -o $@

build/tests/kernels/verified: tests/kernels/verified.c $(BUILD)/portsieve.skel.h $(BUILD)/egress.skel.h
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -Wall -Wextra -Werror -Iheaders -Ibuild $< -lbpf -o $@
