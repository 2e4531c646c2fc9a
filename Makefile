# SPDX-License-Identifier: GPL-2.0-or-later
# The whole build, not recursive. `make help` lists the targets. V=1 shows the commands, SAN=1 builds
# the program with ASan and UBSan, into a folder of its own.

VERSION := 0.1.0
PREFIX ?= /usr/local
SBINDIR = $(PREFIX)/sbin
LIBEXECDIR = $(PREFIX)/libexec/portsieve
DATADIR = $(PREFIX)/share
SYSCONFDIR ?= /etc
# systemd and udev read these below /usr and /usr/local
UNITDIR ?= $(PREFIX)/lib/systemd/system
UDEVRULESDIR ?= $(PREFIX)/lib/udev/rules.d
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
BUILD := build$(if $(SAN),/san)

CC ?= gcc
CLANG ?= clang
BPFTOOL ?= bpftool
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-8s %s\n' '$(1)' '$(2)')

# Quiet: before `make setup` there may be no pkg-config.
pc = $(shell pkg-config $(1) libbpf libxdp yaml-0.1 json-c nettle libpcap libmnl ncursesw libseccomp libcap-ng 2>/dev/null)

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
.PHONY: all help setup setup-test demo dashboard pictures picture test fuzz growth conntrack proofs proofs-faults check format install uninstall clean
all: $(PROGRAM)

help: ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | \
		awk -F'\t' '{ printf "  make %-13s %s\n", $$1, $$2 }'

setup: ## install what building needs (Debian 12)
	$(Q)scripts/setup build

setup-test: ## install what the demo and the tests need
	$(Q)scripts/setup test

demo: setup-test ## show the filter on real traffic, in network namespaces
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)scripts/demo

dashboard: setup-test ## serve the dashboard of the demo's lab, with scans, floods and sweeps
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)scripts/dashboard

pictures: setup-test ## redraw the pictures of the dashboard in docs/
	$(Q)tests/browser/fetch
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)tests/lib/isolate tests/browser/run
	$(Q)cd build/browser/shots && cp dashboard-dark.png dashboard-light.png dashboard-why.png $(CURDIR)/docs/ && \
		cp dashboard-phone.png $(CURDIR)/docs/dashboard-phone.png

picture: setup-test ## redraw docs/top.svg: `top` during a scan and a flood
	$(Q)$(MAKE) --no-print-directory all tools
	$(Q)tests/lib/isolate scripts/picture > docs/top.svg.new
	$(Q)mv docs/top.svg.new docs/top.svg

test: setup-test ## run every test; ends with `N passed, N failed`
	$(Q)tests/prometheus/fetch
	$(Q)tests/browser/fetch
	$(Q)$(MAKE) --no-print-directory all tools tests
	$(Q)tests/run

fuzz: setup-test ## run 50 million frames against the oracle, 50 million against Linux, then libFuzzer
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') && echo "PORTSIEVE_FUZZ_SEED=$$seed" && \
		PORTSIEVE_FUZZ_FRAMES=50000000 PORTSIEVE_FUZZ_SEED=$$seed CMOCKA_MESSAGE_OUTPUT=TAP \
		tests/lib/isolate build/tests/packet/test_oracle_agrees
	$(Q)seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') && echo "PORTSIEVE_STACK_SEED=$$seed" && \
		PORTSIEVE_STACK_FRAMES=50000000 PORTSIEVE_STACK_SEED=$$seed CMOCKA_MESSAGE_OUTPUT=TAP \
		tests/lib/isolate build/tests/stack/test_stack
	$(Q)tests/fuzz/run 600

growth: ## run a day of serve, accelerated, and check that its memory stays within 5 %
	$(Q)$(MAKE) --no-print-directory build/tests/growth/test_growth
	$(Q)build/tests/growth/test_growth 86400

conntrack: setup-test ## compare verdicts on random connections with the kernel's conntrack; 10 minutes
	$(Q)$(MAKE) --no-print-directory all
	$(Q)seed=$$(od -An -N4 -tu4 /dev/urandom | tr -d ' ') && tests/lib/isolate tests/conntrack/differ --steps 300000 --seed $$seed

proofs: ## prove properties of the program with CBMC (docs/proofs.md)
	$(Q)tests/proofs/fetch && tests/proofs/run

proofs-faults: ## check that the proofs find injected faults
	$(Q)tests/proofs/fetch && tests/proofs/faults

check: setup-test ## run clang-format, cppcheck and clang-tidy
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
$(BUILD)/user/datapath/egress.o: $(BUILD)/egress.skel.h
$(BUILD)/user/datapath/flows.o: $(BUILD)/jiffies.skel.h
$(BUILD)/user/datapath/dispatcher_probe.o: $(BUILD)/freplace_probe.skel.h

# bpf/judge for the host. Like BPF, it reads headers unaligned.
$(BUILD)/user/judge/%.o: C_FLAGS += -Ibpf -fno-strict-aliasing $(if $(SAN),-fno-sanitize=alignment)

# The dashboard: user/serve/web/ bundled into one page, embedded in the program.
PAGE := $(BUILD)/serve/page_data.inc
$(PAGE): scripts/page $(wildcard user/serve/web/*.* user/serve/web/vendor/*)
	$(call say,PAGE,$@)
	$(Q)scripts/page $(@D)

$(BUILD)/user/serve/page.o build/san/user/serve/page.o: $(PAGE)

$(PROGRAM): $(USER_OBJECTS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(C_FLAGS) $^ $(LDFLAGS) $(call pc,--libs) -o $@

# The manual pages.
MANUAL := $(BUILD)/docs/portsieve.8 $(BUILD)/docs/portsieve-policy.5

$(BUILD)/docs/%: docs/%.scd
	$(call say,SCDOC,$@)
	@mkdir -p $(@D)
	$(Q)scdoc < $< > $@

# install_with_paths MODE,FILE,PATH: installs packaging/FILE.in with its paths filled in.
define install_with_paths
	sed 's|@SBINDIR@|$(SBINDIR)|g; s|@LIBEXECDIR@|$(LIBEXECDIR)|g; s|@SYSCONFDIR@|$(SYSCONFDIR)|g' \
		packaging/$(2).in > $(BUILD)/$(2)
	install -D -m $(1) $(BUILD)/$(2) $(DESTDIR)$(3)/$(2)
endef

install: all $(MANUAL) ## install into DESTDIR and PREFIX (/usr/local); enables no service
	install -D -m 755 $(PROGRAM) $(DESTDIR)$(SBINDIR)/portsieve
	install -D -m 644 $(BUILD)/docs/portsieve.8 $(DESTDIR)$(DATADIR)/man/man8/portsieve.8
	install -D -m 644 $(BUILD)/docs/portsieve-policy.5 $(DESTDIR)$(DATADIR)/man/man5/portsieve-policy.5
	install -D -m 644 docs/packets.md $(DESTDIR)$(DATADIR)/doc/portsieve/packets.md
	install -D -m 644 -t $(DESTDIR)$(DATADIR)/doc/portsieve/examples docs/examples/*
	install -D -m 644 -t $(DESTDIR)$(DATADIR)/portsieve/schemas docs/schemas/*.json
	install -D -m 644 -t $(DESTDIR)$(DATADIR)/doc/portsieve packaging/prometheus/portsieve.rules.yaml packaging/grafana/portsieve.json
	$(call install_with_paths,755,portsieve-boot,$(LIBEXECDIR))
	$(call install_with_paths,644,portsieve@.service,$(UNITDIR))
	$(call install_with_paths,644,90-portsieve.rules,$(UDEVRULESDIR))
	$(call install_with_paths,644,portsieve-serve.service,$(UNITDIR))
	install -D -m 644 packaging/portsieve.bash $(DESTDIR)$(DATADIR)/bash-completion/completions/portsieve
	install -D -m 644 packaging/_portsieve $(DESTDIR)$(DATADIR)/zsh/site-functions/_portsieve
	install -D -m 644 packaging/run-portsieve-bpf.mount $(DESTDIR)$(UNITDIR)/run-portsieve-bpf.mount
	install -D -m 644 packaging/portsieve.sysusers $(DESTDIR)$(SYSUSERSDIR)/portsieve.conf

uninstall: ## remove what `install` installed
	rm -f $(DESTDIR)$(SBINDIR)/portsieve $(DESTDIR)$(DATADIR)/man/man8/portsieve.8 \
		$(DESTDIR)$(DATADIR)/man/man5/portsieve-policy.5 $(DESTDIR)$(UNITDIR)/portsieve@.service \
		$(DESTDIR)$(UDEVRULESDIR)/90-portsieve.rules $(DESTDIR)$(UNITDIR)/run-portsieve-bpf.mount \
		$(DESTDIR)$(UNITDIR)/portsieve-serve.service \
		$(DESTDIR)$(DATADIR)/bash-completion/completions/portsieve \
		$(DESTDIR)$(DATADIR)/zsh/site-functions/_portsieve \
		$(DESTDIR)$(SYSUSERSDIR)/portsieve.conf
	rm -rf $(DESTDIR)$(DATADIR)/doc/portsieve $(DESTDIR)$(DATADIR)/portsieve $(DESTDIR)$(LIBEXECDIR)

clean: ## remove build/
	rm -rf build

include tests/tests.mk
include tests/bench/bench.mk
include tests/faults/faults.mk
include tests/kernels/kernels.mk
include tests/stack/stack.mk
-include $(shell find build -type f -name '*.d' 2>/dev/null)
