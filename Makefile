# SPDX-License-Identifier: GPL-2.0-or-later
# The whole build, not recursive. `make help` lists the targets. V=1 shows the commands, SAN=1 builds
# the program with ASan and UBSan, into a folder of its own.

VERSION := 0.1.0
PREFIX ?= /usr/local
BUILD := build$(if $(SAN),/san)

CC ?= gcc
CLANG ?= clang
BPFTOOL ?= bpftool
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

# Absent before set-up, when only `setup` is made: say nothing then.
pc = $(shell pkg-config $(1) libbpf libxdp yaml-0.1 json-c nettle libpcap libmnl 2>/dev/null)

CPPFLAGS += -D_GNU_SOURCE -Iheaders -Iuser -I$(BUILD) -DPORTSIEVE_VERSION='"$(VERSION)"' \
	    -DPORTSIEVE_LIBXDP_VERSION='"$(shell pkg-config --modversion libxdp 2>/dev/null)"'
WARNINGS := -Wall -Wextra -Werror -Wstrict-prototypes -Wmissing-prototypes
CFLAGS ?= -O2 -g
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
C_FLAGS = -std=gnu17 $(CFLAGS) $(WARNINGS) $(CPPFLAGS) $(if $(SAN),$(SANITIZE)) -MMD -MP
BPF_FLAGS := -O2 -g -target bpf -mcpu=v3 -std=gnu17 -Wall -Wextra -Werror -Wno-unused-parameter -Iheaders -Ibpf \
	     -I/usr/include/$(shell uname -m)-linux-gnu -MMD -MP

USER_SOURCES := $(wildcard user/*/*.c)
USER_OBJECTS := $(USER_SOURCES:%.c=$(BUILD)/%.o)
PROGRAM := $(BUILD)/portsieve

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all help setup setup-test demo test fuzz proofs check format install uninstall clean
all: $(PROGRAM)

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | \
		awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

setup: ## install what building needs (Debian 12)
	$(Q)scripts/setup build

setup-test: ## install what the demo and the tests need
	$(Q)scripts/setup test

demo: setup-test ## the main job on real traffic, in a lab of its own
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)scripts/demo

test: setup-test ## every test; ends with `N passed, N failed`
	$(Q)$(MAKE) --no-print-directory all tools tests
	$(Q)tests/run

fuzz: setup-test ## 50 million frames against the oracle, 50 million against Linux, then libFuzzer
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') && echo "PORTSIEVE_FUZZ_SEED=$$seed" && \
		PORTSIEVE_FUZZ_FRAMES=50000000 PORTSIEVE_FUZZ_SEED=$$seed CMOCKA_MESSAGE_OUTPUT=TAP \
		tests/lib/isolate build/tests/packet/test_oracle_agrees
	$(Q)seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') && echo "PORTSIEVE_STACK_SEED=$$seed" && \
		PORTSIEVE_STACK_FRAMES=50000000 PORTSIEVE_STACK_SEED=$$seed CMOCKA_MESSAGE_OUTPUT=TAP \
		tests/lib/isolate build/tests/stack/test_stack
	$(Q)tests/fuzz/run 600

proofs: ## what CBMC proves about the parser (docs/proofs.md)
	$(Q)tests/proofs/fetch && tests/proofs/run

check: setup-test ## clang-tidy, cppcheck and the format of every source file
	$(Q)$(MAKE) --no-print-directory all
	$(Q)scripts/check

format: ## clang-format every source file in place
	$(Q)git ls-files '*.c' '*.h' | xargs clang-format -i

# The BPF program, its skeleton, the binary.
$(BUILD)/%.bpf.o: %.bpf.c
	$(call say,CLANG,$@)
	@mkdir -p $(@D)
	$(Q)$(CLANG) $(BPF_FLAGS) -c $< -o $@

$(BUILD)/%.skel.h: $(BUILD)/bpf/%.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< name $* > $@

$(BUILD)/user/%.o: user/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(C_FLAGS) $(call pc,--cflags) -c $< -o $@

$(BUILD)/user/datapath/program.o: $(BUILD)/portsieve.skel.h
$(BUILD)/user/datapath/dispatcher_probe.o: $(BUILD)/freplace_probe.skel.h

$(PROGRAM): $(USER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(C_FLAGS) $^ $(LDFLAGS) $(call pc,--libs) -o $@

# The manual pages.
MANUAL := $(BUILD)/docs/portsieve.8 $(BUILD)/docs/portsieve-policy.5

$(BUILD)/docs/%: docs/%.scd
	$(call say,SCDOC,$@)
	@mkdir -p $(@D)
	$(Q)scdoc < $< > $@

install: all $(MANUAL) ## into DESTDIR and PREFIX (/usr/local)
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(PREFIX)/sbin/portsieve
	install -D -m 644 $(BUILD)/docs/portsieve.8 $(DESTDIR)$(PREFIX)/share/man/man8/portsieve.8
	install -D -m 644 $(BUILD)/docs/portsieve-policy.5 $(DESTDIR)$(PREFIX)/share/man/man5/portsieve-policy.5
	install -D -m 644 docs/packets.md $(DESTDIR)$(PREFIX)/share/doc/portsieve/packets.md

uninstall: ## what install put there
	rm -f $(DESTDIR)$(PREFIX)/sbin/portsieve $(DESTDIR)$(PREFIX)/share/man/man8/portsieve.8 \
		$(DESTDIR)$(PREFIX)/share/man/man5/portsieve-policy.5
	rm -rf $(DESTDIR)$(PREFIX)/share/doc/portsieve

clean: ## remove build/
	rm -rf build

include tests/tests.mk
include tests/bench/bench.mk
include tests/faults/faults.mk
include tests/kernels/kernels.mk
include tests/stack/stack.mk
-include $(shell find build -type f -name '*.d' 2>/dev/null)
