# Host programs. lib/**/X_test.c is a unit-test program: tests/unit.c, X_test.c, and from the archive of
# lib/ whatever it refers to. lib/**/X_fuzz.c is a libFuzzer target, built the same way.
find = $(shell find $(1) -name '$(2)' 2>/dev/null | sort)
LIB_SRC   := $(filter-out %_test.c %_fuzz.c,$(call find,lib,*.c))
TEST_SRC  := $(call find,lib user kernel tools,*_test.c)
FUZZ_SRC  := $(call find,lib user kernel tools,*_fuzz.c)
# Modules outside lib/ whose real source host tests link (kernel and user code with no hardware in it).
HOSTABLE_SRC := $(wildcard $(shell sed 's/\#.*//' make/hostable.txt 2>/dev/null))
DOUBLE_SRC := $(wildcard tests/doubles/*.c)

HO := $(B)/host
FO := $(B)/fuzz
TO := $(B)/tool
FUZZ_CFLAGS := $(HOST_CFLAGS) -fsanitize=fuzzer-no-link
HOST_ROOTS := -Itests/doubles/include -Ikernel/arch/include

# Kept, although only chains of rules name some. (.SECONDARY would keep them too, but then an archive
# newer than a source is not rebuilt when that source joins it.)
.PRECIOUS: $(HO)/%.o $(FO)/%.o $(TO)/%.o
$(HO)/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(CC) $(HOST_ROOTS) $(HOST_CFLAGS) -c $< -o $@
$(FO)/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(CC) $(HOST_ROOTS) $(FUZZ_CFLAGS) -c $< -o $@
$(TO)/%.o: %.c | $(GENERATED)
	@mkdir -p $(@D)
	$(CC) $(TOOL_CFLAGS) -c $< -o $@

HOST_ARCHIVE_SRC := $(LIB_SRC) $(HOSTABLE_SRC) $(DOUBLE_SRC)
$(HO)/lib.a: $(HOST_ARCHIVE_SRC:%.c=$(HO)/%.o)
	@rm -f $@
	$(AR) rcs $@ $^
$(FO)/lib.a: $(HOST_ARCHIVE_SRC:%.c=$(FO)/%.o) $(FO)/tests/fuzz_assert.o
	@rm -f $@
	$(AR) rcs $@ $^
$(TO)/lib.a: $(LIB_SRC:%.c=$(TO)/%.o) $(TO)/tools/common/assert.o
	@rm -f $@
	$(AR) rcs $@ $^

UNIT_TESTS := $(TEST_SRC:%.c=$(HO)/%)
$(HO)/%_test: $(HO)/%_test.o $(HO)/tests/unit.o $(HO)/lib.a
	$(CC) $(HOST_SAN) $^ -o $@

FUZZERS := $(FUZZ_SRC:%.c=$(FO)/%)
$(FO)/%_fuzz: $(FO)/%_fuzz.o $(FO)/lib.a
	$(CC) $(HOST_SAN) -fsanitize=fuzzer $^ -o $@

# A host tool is a folder of tools/ with a main.c: build/tools/NAME. TOOL_SRC_NAME: sources from elsewhere.
TOOL_SRC_httpd_host := $(filter user/httpd/%,$(HOSTABLE_SRC))
TOOLS := $(filter-out abigen,$(patsubst tools/%/main.c,%,$(wildcard tools/*/main.c)))
define tool_rule
$(B)/tools/$(1): $(patsubst %.c,$(TO)/%.o,$(filter-out %_test.c %_fuzz.c,$(wildcard tools/$(1)/*.c)) $(TOOL_SRC_$(1))) $(TO)/lib.a
	@mkdir -p $$(@D)
	$$(CC) $$^ -o $$@
endef
$(foreach tool,$(TOOLS),$(eval $(call tool_rule,$(tool))))
ALL += $(TOOLS:%=$(B)/tools/%)

# Tests of memory order run again under the thread sanitizer, which cannot share a build with the
# address sanitizer.
TSAN_TESTS := $(B)/tsan/lib/base/ring_test
$(B)/tsan/%_test: %_test.c %.c tests/unit.c | $(GENERATED)
	@mkdir -p $(@D)
	$(CC) $(TOOL_CFLAGS) -fsanitize=thread $(filter %.c,$^) -o $@

.PHONY: unit fuzzers tools tsan
tsan: $(TSAN_TESTS)
	@status=0; for t in $(TSAN_TESTS); do $$t || status=1; done; exit $$status
unit: $(UNIT_TESTS)
	@status=0; for t in $(UNIT_TESTS); do $$t || status=1; done; exit $$status
fuzzers: $(FUZZERS)
tools: $(TOOLS:%=$(B)/tools/%)

-include $(shell find $(HO) $(FO) $(TO) -name '*.d' 2>/dev/null)
