# SPDX-License-Identifier: GPL-2.0-or-later
# The benchmarks and their tools. Included by the Makefile; the head of tests/bench/run tells what is measured.

ROUNDS ?= 7
BENCH_TOOLS := build/tests/bench/testrun build/tests/bench/sink build/tests/bench/shot.bpf.o

.PHONY: bench bench-scale bench-tools setup-bench
bench-tools: $(BENCH_TOOLS)

setup-bench:
	$(Q)scripts/setup bench
	$(Q)$(MAKE) --no-print-directory all tools bench-tools

bench: setup-bench ## portsieve beside its peers, in one run; ROUNDS=N
	$(Q)tests/bench/run --rounds $(ROUNDS)

bench-scale: setup-bench ## how cost grows with ranges, and what control costs; ROUNDS=N
	$(Q)tests/bench/scale --rounds $(ROUNDS)

build/tests/bench/testrun: tests/bench/testrun.c
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE $< -lbpf -o $@

build/tests/bench/sink: tests/bench/sink.c
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE $< -o $@
