# Host programs. X_test.c is a unit-test program: tests/unit.c, X_test.c, and from one archive
# whatever it refers to. X_fuzz.c is a libFuzzer target, built the same way. In that archive are all
# of lib/, the tools without their main.c, what make/hostable.txt names and tests/doubles.
LIB_SRC   := $(filter-out lib/freestanding/% %_test.c %_fuzz.c,$(call find,lib,*.c))
TOOL_SRC  := $(filter-out %_test.c %_fuzz.c,$(call find,tools,*.c))
TEST_SRC  := $(call find,lib user kernel tools,*_test.c)
FUZZ_SRC  := $(call find,lib user kernel tools,*_fuzz.c)
# Modules outside lib/ whose real source host tests link (kernel and user code with no hardware in it).
HOSTABLE_SRC := $(wildcard $(shell sed 's/\#.*//' make/hostable.txt 2>/dev/null))
DOUBLE_SRC := $(wildcard tests/doubles/*.c)
# Tests of files link the real VMOs, so frames below them are doubles and not VMOs: an archive of their
# own, which comes before the other.
FILES_SRC := $(wildcard $(shell sed 's/\#.*//' make/hostable_files.txt 2>/dev/null) tests/doubles/files/*.c)
FILES_DIRS := kernel/block kernel/fs kernel/vfs

HO := $(B)/host
FO := $(B)/fuzz
TO := $(B)/tool

# Kept, although only chains of rules name some. (.SECONDARY would keep them too, but then an archive
# newer than a source is not rebuilt when that source joins it.)
.PRECIOUS: $(HO)/%.o $(FO)/%.o $(TO)/%.o
$(eval $(call flags_stamp,host,$(CC) $(HOST_ROOTS) $(HOST_CFLAGS)))
$(eval $(call flags_stamp,fuzz,$(CC) $(HOST_ROOTS) $(FUZZ_CFLAGS)))
$(eval $(call flags_stamp,tool,$(CC) $(TOOL_CFLAGS)))

$(HO)/%.o: %.c $(B)/flags/host | $(GENERATED)
	$(call say,CC,$<)
	$(Q)$(CC) $(HOST_ROOTS) $(HOST_CFLAGS) -c $< -o $@
$(FO)/%.o: %.c $(B)/flags/fuzz | $(GENERATED)
	$(call say,CC fuzz,$<)
	$(Q)$(CC) $(HOST_ROOTS) $(FUZZ_CFLAGS) -c $< -o $@
$(TO)/%.o: %.c $(B)/flags/tool | $(GENERATED)
	$(call say,CC tool,$<)
	$(Q)$(CC) $(TOOL_CFLAGS) -c $< -o $@

# Each program brings its own assert_fail: a test's is in tests/unit.c.
HOST_ARCHIVE_SRC := $(LIB_SRC) $(HOSTABLE_SRC) $(DOUBLE_SRC) \
                    $(filter-out %/main.c tools/common/assert.c,$(TOOL_SRC))
$(HO)/lib.a: $(HOST_ARCHIVE_SRC:%.c=$(HO)/%.o)
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(FO)/lib.a: $(HOST_ARCHIVE_SRC:%.c=$(FO)/%.o) $(FO)/tests/fuzz_assert.o
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^
$(TO)/lib.a: $(LIB_SRC:%.c=$(TO)/%.o) $(TO)/tools/common/assert.o
	$(call say,AR,$@)
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

define files_archive
$(1)/files.a: $$(FILES_SRC:%.c=$(1)/%.o)
	$$(call say,AR,$$@)
	@rm -f $$@
	$$(Q)$$(AR) rcs $$@ $$^
endef
$(eval $(call files_archive,$(HO)))
$(eval $(call files_archive,$(FO)))

UNIT_TESTS := $(TEST_SRC:%.c=$(HO)/%)
$(HO)/%_test: $(HO)/%_test.o $(HO)/tests/unit.o $(HO)/lib.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_SAN) $^ -o $@

$(filter $(FILES_DIRS:%=$(HO)/%/%),$(UNIT_TESTS)): %_test: %_test.o $(HO)/tests/unit.o $(HO)/files.a $(HO)/lib.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_SAN) $^ -o $@

FUZZERS := $(FUZZ_SRC:%.c=$(FO)/%)
$(FO)/%_fuzz: $(FO)/%_fuzz.o $(FO)/lib.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_SAN) -fsanitize=fuzzer $^ -o $@

$(filter $(FILES_DIRS:%=$(FO)/%/%),$(FUZZERS)): %_fuzz: %_fuzz.o $(FO)/files.a $(FO)/lib.a
	$(call say,LD,$@)
	$(Q)$(CC) $(HOST_SAN) -fsanitize=fuzzer $^ -o $@

# A host tool is a folder of tools/ with a main.c: build/tools/NAME. TOOL_SRC_NAME: sources from elsewhere.
TOOL_SRC_httpd_host := $(filter user/httpd/%,$(HOSTABLE_SRC))
TOOL_SRC_webload := tests/doubles/http_malformed.c
TOOL_SRC_stopwatch := tools/qemurun/child.c tools/qemurun/ports.c
TOOLS := $(filter-out abigen,$(patsubst tools/%/main.c,%,$(wildcard tools/*/main.c)))
define tool_rule
$(B)/tools/$(1): $(patsubst %.c,$(TO)/%.o,$(filter tools/$(1)/%,$(TOOL_SRC)) $(TOOL_SRC_$(1))) $(TO)/lib.a
	$$(call say,LD,$$@)
	$$(Q)$$(CC) $$^ -o $$@
endef
$(foreach tool,$(TOOLS),$(eval $(call tool_rule,$(tool))))
# One with a plugin.c is a plugin of QEMU: build/tools/NAME.so.
PLUGINS := $(patsubst tools/%/plugin.c,%,$(wildcard tools/*/plugin.c))
$(B)/tools/%.so: tools/%/plugin.c $(B)/flags/tool
	$(call say,CC,$@)
	$(Q)$(CC) $(TOOL_CFLAGS) -MF $(@:.so=.d) -fPIC -shared -fvisibility=hidden \
	    $(filter-out %_test.c %_fuzz.c,$(wildcard $(<D)/*.c)) -o $@

TOOL_FILES := $(TOOLS:%=$(B)/tools/%) $(PLUGINS:%=$(B)/tools/%.so)
ALL += $(TOOL_FILES)

# Tests of memory order run again under the thread sanitizer, which cannot share a build with the
# address sanitizer.
TSAN_TESTS := $(B)/tsan/lib/base/ring_test
$(B)/tsan/%_test: %_test.c %.c tests/unit.c | $(GENERATED)
	$(call say,CC tsan,$@)
	$(Q)$(CC) $(TOOL_CFLAGS) -fsanitize=thread $(filter %.c,$^) -o $@

.PHONY: unit unit-programs fuzzers tools tsan
tsan: $(TSAN_TESTS)
	@sh tools/sh/unit_run.sh $(B)/results/tsan $(TSAN_TESTS)
unit: $(UNIT_TESTS) $(TSAN_TESTS)
	@sh tools/sh/unit_run.sh $(B)/results/unit $^
# With the tests that are shell, which use what is built.
unit-programs: $(UNIT_TESTS) $(TSAN_TESTS) $(call find,tests tools,*_test.sh) | tools
	@printf '%s\n' $^ > $(B)/unit-programs
fuzzers: $(FUZZERS)
	@printf '%s\n' $(FUZZERS) > $(B)/fuzzers
tools: $(TOOL_FILES)

-include $(shell find $(HO) $(FO) $(TO) $(B)/tools -name '*.d' 2>/dev/null)
