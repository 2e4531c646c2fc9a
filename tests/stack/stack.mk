# SPDX-License-Identifier: GPL-2.0-or-later
# The kernel's stack as a judge. Included by the Makefile; tests/run and `make fuzz` run it.

STACK_TEST := build/tests/stack/test_stack
STACK_PROGRAMS := build/tests/stack/every_port.bpf.o
STACK_SOURCES := $(filter-out %.bpf.c,$(wildcard tests/stack/*.c))

.PHONY: stack-test
stack-test: $(STACK_TEST) $(STACK_PROGRAMS)
tests: stack-test

$(STACK_TEST): $(STACK_SOURCES) $(wildcard tests/stack/*.h) build/tests/packet/recipe.o \
		$(filter build/tests/oracle/grammar%,$(ORACLE:%.c=build/%.o))
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARNINGS) $(CPPFLAGS) -Itests/oracle -Itests/packet -Itests/stack \
		$(filter %.c %.o,$^) -lbpf -lcmocka -o $@
