# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmarks and their tools. Included by the Makefile; tests/bench/run and scale describe what they measure.

ROUNDS ?= 7
BENCH_TOOLS := build/tests/bench/testrun build/tests/bench/sink build/tests/bench/shot.bpf.o build/tests/bench/draw.bpf.o

.PHONY: bench bench-scale bench-tools setup-bench
bench-tools: $(BENCH_TOOLS)

setup-bench:
	$(Q)scripts/setup bench
	$(Q)$(MAKE) --no-print-directory all tools bench-tools

bench: setup-bench ## portsieve beside its peers, in one run; ROUNDS=N
	$(Q)tests/bench/run --rounds $(ROUNDS)

bench-scale: setup-bench ## how cost grows, as curves, in 10 minutes; ROUNDS=N, QUICK=1
	$(Q)scripts/setup kernels
	$(Q)$(MAKE) --no-print-directory $(KERNEL_TOOLS)
	$(Q)tests/bench/scale --rounds $(ROUNDS) $(if $(QUICK),--quick)

build/tests/bench/testrun: tests/bench/testrun.c tests/bench/draw.h
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE $< -lbpf -o $@

build/tests/bench/draw.bpf.o: tests/bench/draw.h

build/tests/bench/sink: tests/bench/sink.c
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE $< -o $@
