# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmarks and their tools. Included by the Makefile; tests/bench/run and scale describe what they measure.

ROUNDS ?= 7
OUTPUT ?= build/bench
BENCH_TOOLS := $(addprefix build/tests/bench/,testrun sink transact shot.bpf.o draw.bpf.o bound.bpf.o)

.PHONY: bench bench-scale bench-goodput bench-replies bench-tools setup-bench
bench-tools: $(BENCH_TOOLS)

setup-bench:
	$(Q)scripts/setup bench
	$(Q)$(MAKE) --no-print-directory all tools bench-tools

bench: setup-bench ## compare portsieve with its peers, in one run; ROUNDS=N
	$(Q)tests/bench/run --rounds $(ROUNDS)

bench-replies: setup-bench ## measure the cost of a reply; ROUNDS=N, AGAINST=PROGRAM (another build)
	$(Q)tests/bench/replies $(if $(filter command line,$(origin ROUNDS)),--rounds $(ROUNDS)) $(if $(AGAINST),--against $(AGAINST))

bench-scale: setup-bench ## measure and plot how cost grows, in 10 minutes; ROUNDS=N, QUICK=1
	$(Q)scripts/setup kernels
	$(Q)$(MAKE) --no-print-directory $(KERNEL_TOOLS)
	$(Q)tests/bench/scale --rounds $(ROUNDS) $(if $(QUICK),--quick)

bench-goodput: setup-bench ## measure a service under a flood, in 20 minutes; ROUNDS=N, QUICK=1, OUTPUT=docs/bench
	$(Q)tests/bench/goodput --rounds $(ROUNDS) --output $(OUTPUT) $(if $(QUICK),--quick)

build/tests/bench/testrun: tests/bench/testrun.c tests/bench/draw.h
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE $< -lbpf -o $@

build/tests/bench/draw.bpf.o: tests/bench/draw.h

build/tests/bench/sink build/tests/bench/transact: build/tests/bench/%: tests/bench/%.c
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE $< -o $@
