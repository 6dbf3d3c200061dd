# User space: programs of our own, without a C library. A folder user/NAME, user/drivers/NAME, user/examples/NAME
# or user/tests/NAME that has a main.c is the program $(O)/bin/NAME: its sources, and whatever they use
# of user/rt, user/ipc and lib/. Static, at a fixed address, one page-aligned segment for each kind of
# access. General registers alone, so that a program never pays for saving vector registers. What test
# programs share is user/tests/support.
UO := $(O)/user
UTARGET := --target=aarch64-none-elf -march=armv8-a -mgeneral-regs-only
USER_FLAGS := $(CSTD) $(UTARGET) -g -O2 -ffreestanding -fno-common -fno-pic -mcmodel=small \
              -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections \
              -fno-stack-protector
ifneq ($(PROFILE),debug)
USER_FLAGS += -flto
endif
USER_ROOTS := -Ilib/freestanding
USER_CFLAGS := $(USER_ROOTS) $(USER_FLAGS)
USER_LINK := -static -nostdlib --gc-sections --image-base=0x400000 -z separate-code \
             -z max-page-size=4096 -z noexecstack -z norelro --build-id=none --no-warn-symbol-ordering

USER_SHARED_C := $(filter-out %_test.c %_fuzz.c,$(call find,user/rt user/ipc user/tests/support lib,*.c))
USER_SHARED_S := $(call find,user/rt user/tests/support lib/freestanding,*.S)
USER_SHARED := $(USER_SHARED_C:%.c=$(UO)/%.o) $(USER_SHARED_S:%.S=$(UO)/%.o)
USER_START := $(UO)/user/rt/start_entry.o

$(eval $(call flags_stamp,$(PROFILE)/user,$(CC) $(USER_CFLAGS)))
$(UO)/%.o: %.c $(B)/flags/$(PROFILE)/user | $(GENERATED)
	$(call say,CC user,$<)
	$(Q)$(CC) $(USER_CFLAGS) -c $< -o $@
$(UO)/%.o: %.S $(B)/flags/$(PROFILE)/user | $(GENERATED)
	$(call say,AS,$<)
	$(Q)$(CC) $(UTARGET) $(DEPS) -I. -c $< -o $@
$(UO)/shared.a: $(filter-out $(USER_START),$(USER_SHARED))
	@rm -f $@
	$(Q)$(AR) rcs $@ $^

# $(1) is the folder of a program. Its hot.order, if there is one, names the functions that the linker puts together.
user_objects = $(patsubst %.c,$(UO)/%.o,$(filter-out %_test.c %_fuzz.c,$(wildcard $(1)/*.c)))
define program_rule
$(O)/bin/$(notdir $(1)): $(call user_objects,$(1)) $(USER_START) $(UO)/shared.a $(wildcard $(1)/hot.order)
	$$(call say,LD,$$@)
	$$(Q)$(LD) $(USER_LINK) $(addprefix --symbol-ordering-file=,$(wildcard $(1)/hot.order)) $$(filter-out %.order,$$^) -o $$@.full
	$$(Q)$(OBJCOPY) --strip-all $$@.full $$@
endef
program_folders = $(sort $(patsubst %/main.c,%,$(wildcard $(addsuffix /*/main.c,$(1)))))
PROGRAM_FOLDERS := $(call program_folders,user user/drivers)
TEST_PROGRAM_FOLDERS := $(call program_folders,user/tests)
EXAMPLE_FOLDERS := $(call program_folders,user/examples)
$(foreach folder,$(PROGRAM_FOLDERS) $(TEST_PROGRAM_FOLDERS) $(EXAMPLE_FOLDERS),$(eval $(call program_rule,$(folder))))
PROGRAMS := $(foreach folder,$(PROGRAM_FOLDERS),$(O)/bin/$(notdir $(folder)))
TEST_PROGRAMS := $(foreach folder,$(TEST_PROGRAM_FOLDERS),$(O)/bin/$(notdir $(folder)))
EXAMPLE_PROGRAMS := $(foreach folder,$(EXAMPLE_FOLDERS),$(O)/bin/$(notdir $(folder)))

.PHONY: programs
programs: $(PROGRAMS) $(TEST_PROGRAMS) $(EXAMPLE_PROGRAMS)
-include $(shell find $(UO) -name '*.d' 2>/dev/null)
