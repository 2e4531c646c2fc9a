# SPDX-License-Identifier: GPL-2.0-or-later
# The full fault campaign. `make test` runs a part of it (tests/e2e/faults.bats). Included by the Makefile.

SPOIL := build/tests/faults/spoil.so

.PHONY: test-faults fault-controls
test-faults: setup-test ## kill or fail every system call that changes something, in every command
	$(Q)$(MAKE) --no-print-directory all tools fault-controls
	$(Q)tests/faults/run

fault-controls: $(SPOIL)

$(SPOIL): tests/faults/controls/spoil.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARNINGS) -D_GNU_SOURCE -Iheaders -fPIC -shared $< -ldl -o $@
