# The kernel: every source under kernel/ and what it uses of lib/, for the machine. Linked twice: the
# second time with the table of symbols that tools/mksymbols reads off the first. The release profile is
# optimised as one program (docs/decisions/0005-link-time-optimisation.md), in the first link.
KO := $(O)/kernel
KTARGET := --target=aarch64-none-elf -march=armv8-a -mgeneral-regs-only
KCFLAGS := $(CSTD) $(KTARGET) -g -O2 -ffreestanding -fno-builtin-printf -fno-common -fno-pic \
           -mcmodel=small -fno-omit-frame-pointer -fno-asynchronous-unwind-tables \
           -ffunction-sections -fdata-sections -fstack-protector-strong \
           -mstack-protector-guard=global -mbranch-protection=standard -fno-jump-tables
KROOTS := -Ikernel/arch/include -Ilib/freestanding
ifeq ($(PROFILE),debug)
KCFLAGS += -DSWOS_DEBUG
else
KCFLAGS += -flto
KSKIP := kernel/base/lock_order_debug.c
KWHOLE := $(KO)/whole.o
KWHOLE_FLAGS := --lto-obj-path=$(KWHOLE) -mllvm -inline-threshold=50
endif
# The one file that runs with translation off: all memory is device memory then, where words must lie at
# their multiples, so no code of other files is mixed in. The stack guard has no value yet.
$(KO)/kernel/arch/aarch64/boot_map.o: KCFLAGS += -fno-stack-protector -mbranch-protection=none -fno-lto -mstrict-align

# User services' code never goes into the kernel: only what it may use of lib/.
KLIB_SRC := $(filter-out %_test.c %_fuzz.c,$(call find,lib/base lib/fdt lib/elf lib/format lib/tty lib/virtio lib/freestanding,*.c))
KERNEL_SRC := $(filter-out %_test.c %_fuzz.c $(KSKIP),$(call find,kernel,*.c))
KERNEL_ASM := $(call find,kernel lib/freestanding,*.S)
KERNEL_OBJ := $(KERNEL_SRC:%.c=$(KO)/%.o) $(KLIB_SRC:%.c=$(KO)/%.o) $(KERNEL_ASM:%.S=$(KO)/%.o) \
              $(KO)/syscall_entries.o
# What the second link takes: with KWHOLE, the machine code that the first one made of the rest.
KERNEL_NATIVE := $(if $(KWHOLE),$(KO)/kernel/arch/aarch64/boot_map.o $(KERNEL_ASM:%.S=$(KO)/%.o) \
                 $(KWHOLE),$(KERNEL_OBJ))

$(eval $(call flags_stamp,$(PROFILE)/kernel,$(CC) $(KCFLAGS) $(KROOTS)))
$(KO)/%.o: %.c $(B)/flags/$(PROFILE)/kernel | $(GENERATED)
	$(call say,CC kernel,$<)
	$(Q)$(CC) $(KROOTS) $(KCFLAGS) -c $< -o $@
$(KO)/%.o: %.S $(B)/flags/$(PROFILE)/kernel
	$(call say,AS,$<)
	$(Q)$(CC) $(KTARGET) $(DEPS) -I. -g -c $< -o $@
$(KO)/syscall_entries.o: $(ENTRIES_SRC) $(B)/flags/$(PROFILE)/kernel
	$(call say,CC kernel,$<)
	$(Q)$(CC) $(KROOTS) $(KCFLAGS) -c $< -o $@

KLINK := $(LD) -T kernel/arch/aarch64/kernel.ld --gc-sections -z max-page-size=4096 \
         --symbol-ordering-file=kernel/arch/aarch64/hot.order --no-warn-symbol-ordering
$(eval $(call flags_stamp,$(PROFILE)/kernel-link,$(KLINK) $(KWHOLE_FLAGS)))
$(KO)/symbols_empty.S:
	$(Q)printf '.section .symbol_table,"a"\n.balign 4\n.global symbol_table_words\nsymbol_table_words: .long 0\n' >$@
$(KO)/symbols_empty.o $(KO)/symbols.o: %.o: %.S
	$(Q)$(CC) $(KTARGET) -c $< -o $@
$(KO)/first.elf $(KWHOLE) &: $(KERNEL_OBJ) $(KO)/symbols_empty.o kernel/arch/aarch64/kernel.ld \
    kernel/arch/aarch64/hot.order $(B)/flags/$(PROFILE)/kernel-link
	$(call say,LD,$(KO)/first.elf)
	$(Q)$(KLINK) $(KWHOLE_FLAGS) $(KERNEL_OBJ) $(KO)/symbols_empty.o -o $(KO)/first.elf
KERNEL_NAMES = llvm-nm-$(LLVM) -n --defined-only $(1) | $(B)/tools/mksymbols
$(KO)/symbols.S: $(KO)/first.elf $(B)/tools/mksymbols
	$(Q)$(call KERNEL_NAMES,$<) >$@
# A table of another layout would name the wrong functions.
$(O)/kernel.elf: $(KERNEL_NATIVE) $(KO)/symbols.o
	$(call say,LD,$@)
	$(Q)$(KLINK) $(KERNEL_NATIVE) $(KO)/symbols.o -o $@
	$(Q)$(call KERNEL_NAMES,$@) | cmp - $(KO)/symbols.S
$(O)/kernel.img: $(O)/kernel.elf
	$(call say,IMG,$@)
	$(Q)$(OBJCOPY) -O binary $< $@

.PHONY: kernel
kernel: $(O)/kernel.img
ALL += $(O)/kernel.img
-include $(shell find $(KO) -name '*.d' 2>/dev/null)
