# SPDX-License-Identifier: GPL-2.0-or-later
# How the tests and their tools are built. Included by the Makefile; tests/run runs them.

SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
TEST_FLAGS = -std=gnu17 -O1 -g $(WARNINGS) $(CPPFLAGS) -Ibpf -Itests/oracle -Itests/lib -MMD -MP

# Everything of the program but main, plain and sanitized.
PARTS := $(filter-out $(BUILD)/user/commands/main.o,$(USER_OBJECTS))
SAN_PARTS := $(PARTS:$(BUILD)/%=build/san/%)

UNIT_TESTS := $(patsubst tests/unit/%.c,build/san/tests/unit/%,$(wildcard tests/unit/*/test_*.c))
PACKET_TESTS := $(patsubst tests/packet/%.c,build/tests/packet/%,$(wildcard tests/packet/test_*.c))
PACKET_PARTS := $(patsubst %.c,build/%.o,$(filter-out tests/packet/test_%.c tests/packet/frames.c,$(wildcard tests/packet/*.c)))
ORACLE := $(addprefix tests/oracle/,oracle.c policy.c ranges.c questions.c layers.c describe.c \
	    grammar.c grammar_ip.c grammar_l4.c grammar_link.c grammar_mutate.c)
ORACLE_TEST := $(addprefix tests/oracle/,test_oracle.c by_hand_ipv4.c by_hand_ipv6.c by_hand_l4.c by_hand_link.c)
TRAFFIC := build/tests/traffic/flood build/tests/traffic/received build/tests/traffic/empty.bpf.o

OLD_DEVICE := build/tests/upgrade/old_device
RESIZED_DEVICE := build/tests/upgrade/resized_device

.PHONY: tools tests swap-test
tools: $(TRAFFIC)

# The same program with another ABI number, for tests of two versions.
.PHONY: other-abi
other-abi:
	$(Q)$(MAKE) --no-print-directory BUILD=build/abi CFLAGS='-O1 -DPORTSIEVE_ABI=9999' build/abi/portsieve

tests: other-abi $(UNIT_TESTS) $(PACKET_TESTS) build/san/tests/oracle/test_oracle build/tests/growth/test_growth swap-test $(OLD_DEVICE) $(RESIZED_DEVICE) build/tests/packet/frames

build/san/user/%.o: user/%.c
	$(call say,CC-SAN,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_FLAGS) $(SAN_FLAGS) $(call pc,--cflags) -c $< -o $@

build/san/user/judge/%.o: SAN_FLAGS += -fno-strict-aliasing -fno-sanitize=alignment

build/san/user/datapath/program.o: $(BUILD)/portsieve.skel.h
build/san/user/datapath/dispatcher_probe.o: $(BUILD)/freplace_probe.skel.h

build/san/tests/unit/%: tests/unit/%.c $(SAN_PARTS)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_FLAGS) -Itests/unit $(SAN_FLAGS) $< $(SAN_PARTS) $(call pc,--libs) -lcmocka -o $@

build/san/tests/oracle/test_oracle: $(ORACLE) $(ORACLE_TEST)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror $(SAN_FLAGS) -Itests/oracle $^ -lcmocka -o $@

build/tests/oracle/%.o: tests/oracle/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -Itests/oracle -MMD -MP -c $< -o $@

build/tests/packet/%.o: tests/packet/%.c
	$(call say,CC,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_FLAGS) -O2 $(call pc,--cflags) -c $< -o $@

build/tests/packet/test_whole_image.o: TEST_FLAGS += -Itests/unit

build/tests/packet/test_%: build/tests/packet/test_%.o $(PACKET_PARTS) $(PARTS) $(ORACLE:%.c=build/%.o)
	$(call say,TEST,$@)
	$(Q)$(CC) $^ $(call pc,--libs) -lcmocka -o $@

# The list of the tests of each packet rule, from their tables.
.PHONY: packets-tests
packets-tests: build/tests/packet/test_rules ## write docs/packets-tests.md
	$(Q)$< --page > docs/packets-tests.md

# Swaps under load.
SWAP_TEST := build/tests/swap/test_swap
SWAP_PROGRAMS := build/tests/swap/torn.bpf.o build/tests/swap/witness.bpf.o

$(SWAP_TEST): $(filter-out %.bpf.c,$(wildcard tests/swap/*.c)) tests/traffic/link.c \
		$(wildcard tests/swap/*.h) $(PARTS)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARNINGS) $(CPPFLAGS) -Itests/traffic $(call pc,--cflags) \
		$(filter %.c %.o,$^) $(call pc,--libs) -lcmocka -lpthread -o $@

swap-test: $(SWAP_TEST) $(SWAP_PROGRAMS)

# Whether serve grows: readings made by hand in place of those of the kernel.
GROWTH_TEST := build/tests/growth/test_growth
GROWTH_WRAPS := loaded_snapshot_read datapath_open port_counts_read listeners_read event_watch_read

$(GROWTH_TEST): tests/growth/test_growth.c tests/unit/print/snapshot_by_hand.h $(PARTS)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARNINGS) $(CPPFLAGS) -Itests/unit $(call pc,--cflags) \
		$(GROWTH_WRAPS:%=-Wl,--wrap=%) $(filter %.c %.o,$^) $(call pc,--libs) -o $@

# A device as an old version has loaded it.
$(OLD_DEVICE): tests/upgrade/old_device.c build/tests/upgrade/old.bpf.o $(PARTS)
$(RESIZED_DEVICE): tests/upgrade/resized_device.c $(PARTS)
$(OLD_DEVICE) $(RESIZED_DEVICE):
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g $(WARNINGS) $(CPPFLAGS) $(call pc,--cflags) \
		$(filter %.c,$^) $(PARTS) $(call pc,--libs) -o $@

# Frames of the oracle's grammar, as a capture.
FRAMES := build/tests/packet/frames
$(FRAMES): build/tests/packet/frames.o $(filter build/tests/oracle/grammar%,$(ORACLE:%.c=build/%.o))
	$(call say,TOOL,$@)
	$(Q)$(CC) $^ -o $@

# The traffic generator.
build/flood.skel.h: build/tests/traffic/flood.bpf.o
	$(call say,SKEL,$@)
	$(Q)$(BPFTOOL) gen skeleton $< > $@

build/tests/traffic/flood: $(addprefix tests/traffic/,flood.c options.c frame.c link.c) build/flood.skel.h
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -Ibuild -Itests/traffic \
		$(filter %.c,$^) -lbpf -o $@

build/tests/traffic/received: $(addprefix tests/traffic/,received.c link.c)
	$(call say,TOOL,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -O2 -g -Wall -Wextra -Werror -D_GNU_SOURCE -Itests/traffic $^ -o $@
