# From the tables of abi/ to headers, stubs and pages under build/gen.
ABIGEN := $(B)/tools/abigen
ABIGEN_SRC := $(filter-out %_test.c %_fuzz.c,$(wildcard tools/abigen/*.c))
ABI_TABLES := $(wildcard abi/status.tab abi/objects.tab abi/syscalls.tab)

$(ABIGEN): $(ABIGEN_SRC) $(wildcard tools/abigen/*.h)
	$(call say,CC,$@)
	$(Q)$(CC) -std=gnu17 $(WARN) -I. -g -O1 $(ABIGEN_SRC) -o $@

# output-name, file under build/gen
define gen_rule
$(GEN)/$(2): $(ABI_TABLES) $(ABIGEN)
	$$(call say,GEN,$$@)
	$$(Q)$(ABIGEN) $(1) abi $$@
endef
$(eval $(call gen_rule,status,include/abi/status.h))
$(eval $(call gen_rule,objects,include/abi/objects.h))
GENERATED += $(GEN)/include/abi/status.h $(GEN)/include/abi/objects.h

# What follows from the calls; the kernel compiles ENTRIES_SRC.
ENTRIES_SRC := $(GEN)/kernel/syscall_entries.c
ifneq ($(wildcard abi/syscalls.tab),)
$(eval $(call gen_rule,syscall-numbers,include/abi/syscall_numbers.h))
$(eval $(call gen_rule,user-stubs,include/swos/syscalls.h))
$(eval $(call gen_rule,handlers,include/kernel_gen/syscall_handlers.h))
$(eval $(call gen_rule,entries,kernel/syscall_entries.c))
$(eval $(call gen_rule,info,include/abi/syscall_info.h))
$(eval $(call gen_rule,rights,include/abi/syscall_rights.h))
$(eval $(call gen_rule,grammar,include/abi/syscall_grammar.h))
GENERATED += $(addprefix $(GEN)/,include/abi/syscall_numbers.h include/swos/syscalls.h \
    include/kernel_gen/syscall_handlers.h kernel/syscall_entries.c include/abi/syscall_info.h \
    include/abi/syscall_rights.h include/abi/syscall_grammar.h)

# Service protocols: <ipc/NAME.h> and <ipc/NAME_client.h> from abi/ipc/NAME.idl; one that is no part of the
# system's contract lies with its service, user/examples/NAME/NAME.idl.
PROTOCOLS := $(wildcard abi/ipc/*.idl)
OWN_PROTOCOLS := $(wildcard user/examples/*/*.idl)
vpath %.idl abi/ipc $(dir $(OWN_PROTOCOLS))
IPC_HEADERS := $(foreach idl,$(basename $(notdir $(PROTOCOLS) $(OWN_PROTOCOLS))),$(GEN)/include/ipc/$(idl).h \
    $(GEN)/include/ipc/$(idl)_client.h)
$(GEN)/include/ipc/%_client.h: %.idl $(ABI_TABLES) $(ABIGEN)
	$(Q)$(ABIGEN) ipc-client abi $@ $<
$(GEN)/include/ipc/%.h: %.idl $(ABI_TABLES) $(ABIGEN)
	$(Q)$(ABIGEN) ipc abi $@ $<
GENERATED += $(IPC_HEADERS)

# The reference manual.
REF := $(addprefix $(B)/ref/,status.md objects.md syscalls.md) \
    $(PROTOCOLS:abi/ipc/%.idl=$(B)/ref/ipc-%.md)
$(B)/ref/ipc-%.md: abi/ipc/%.idl $(ABI_TABLES) $(ABIGEN)
	$(Q)$(ABIGEN) ipc-manual abi $@ $<
$(B)/ref/%.md: $(ABI_TABLES) $(ABIGEN)
	$(Q)$(ABIGEN) manual-$* abi $@

# The one generated file that is committed, so that a change of the contract shows in review: the tables,
# the sizes of the structures they name (once the table names their headers), the protocols.
$(eval $(call gen_rule,golden,golden/tables))
$(eval $(call gen_rule,sizes,golden/sizes.c))
ifneq ($(shell grep -s '^include' abi/syscalls.tab),)
GOLDEN_SIZES := $(GEN)/golden/sizes
endif
$(GEN)/golden/sizes: $(GEN)/golden/sizes.c $(wildcard abi/include/abi/*.h) | $(GENERATED)
	$(CC) -std=gnu17 $(WARN) $(ROOTS) $< -o $@.program
	$@.program > $@
$(GEN)/golden/%.ipc: abi/ipc/%.idl $(ABI_TABLES) $(ABIGEN)
	$(Q)$(ABIGEN) ipc-golden abi $@ $<
$(GEN)/abi.golden: $(GEN)/golden/tables $(GOLDEN_SIZES) $(PROTOCOLS:abi/ipc/%.idl=$(GEN)/golden/%.ipc)
	cat $^ > $@
.PHONY: ref golden golden-check
ref: $(REF)
golden: $(GEN)/abi.golden
	cp $< abi/abi.golden
golden-check: $(GEN)/abi.golden
	@diff -u abi/abi.golden $< || \
	    { echo "the contract has changed: if you mean it, 'make golden' and commit"; exit 1; }
endif

# The outputs of the contract in small that the generator's tests run: its own kinds and calls beside
# the real statuses.
SAMPLE := $(GEN)/sample
SAMPLE_TABLES := $(addprefix $(SAMPLE)/abi/,status.tab objects.tab syscalls.tab)
$(SAMPLE)/abi/status.tab: abi/status.tab
	$(Q)cp $< $@
$(SAMPLE)/abi/%.tab: tools/abigen/sample/%.tab
	$(Q)cp $< $@
# output-name, file under the sample's folder
define sample_rule
$(SAMPLE)/$(2): $(SAMPLE_TABLES) $(ABIGEN)
	$$(Q)$(ABIGEN) $(1) $(SAMPLE)/abi $$@
SAMPLE_OUT += $(SAMPLE)/$(2)
endef
$(eval $(call sample_rule,objects,include/abi/objects.h))
$(eval $(call sample_rule,syscall-numbers,include/abi/syscall_numbers.h))
$(eval $(call sample_rule,user-stubs,include/swos/syscalls.h))
$(eval $(call sample_rule,handlers,include/kernel_gen/syscall_handlers.h))
$(eval $(call sample_rule,info,include/abi/syscall_info.h))
$(eval $(call sample_rule,rights,include/abi/syscall_rights.h))
$(eval $(call sample_rule,grammar,include/abi/syscall_grammar.h))
$(eval $(call sample_rule,golden,abi.golden))
$(eval $(call sample_rule,manual-syscalls,syscalls.md))
$(eval $(call sample_rule,entries,syscall_entries.c))

$(SAMPLE)/include/ipc/sample.h $(SAMPLE)/include/ipc/sample_client.h: $(SAMPLE)/include/ipc/%.h: \
    tools/abigen/sample/sample.idl $(SAMPLE_TABLES) $(ABIGEN)
	$(Q)$(ABIGEN) $(if $(findstring client,$*),ipc-client,ipc) $(SAMPLE)/abi $@ $<
SAMPLE_OUT += $(SAMPLE)/include/ipc/sample.h $(SAMPLE)/include/ipc/sample_client.h

$(SAMPLE)/ipc.golden: tools/abigen/sample/sample.idl $(SAMPLE_TABLES) $(ABIGEN)
	$(ABIGEN) ipc-golden $(SAMPLE)/abi $@ $<
$(SAMPLE)/ipc.md: tools/abigen/sample/sample.idl $(SAMPLE_TABLES) $(ABIGEN)
	$(ABIGEN) ipc-manual $(SAMPLE)/abi $@ $<
SAMPLE_OUT += $(SAMPLE)/ipc.golden $(SAMPLE)/ipc.md

# What these tests link beyond the archive, and the include root that comes first for them.
ABIGEN_HOST := $(B)/host/tools/abigen
SAMPLE_ENTRIES := $(B)/host/sample/syscall_entries.o
$(SAMPLE_ENTRIES): $(SAMPLE_OUT)
	$(Q)$(CC) -I$(SAMPLE)/include $(HOST_CFLAGS) -c $(SAMPLE)/syscall_entries.c -o $@
SAMPLE_TESTS := $(addprefix $(ABIGEN_HOST)/,entries_test.o tables_test.o ipc_test.o) \
    $(B)/fuzz/tools/abigen/ipc_fuzz.o
$(SAMPLE_TESTS): HOST_ROOTS := -I$(SAMPLE)/include
$(SAMPLE_TESTS): $(SAMPLE_OUT)
$(ABIGEN_HOST)/entries_test: $(SAMPLE_ENTRIES)

# The stubs as the target's compiler sees them: no warning, and one svc each.
STUB_CFLAGS := --target=aarch64-none-elf -ffreestanding -std=gnu17 $(WARN) -O1 \
    -I. -Iabi/include
.PHONY: abi-check
abi-check: $(GENERATED) $(SAMPLE_OUT)
	@mkdir -p $(B)/abi-check
	$(Q)$(CC) $(STUB_CFLAGS) -mgeneral-regs-only -I$(SAMPLE)/include -I$(GEN)/include \
	    -c $(SAMPLE)/syscall_entries.c -o $(B)/abi-check/entries.o
	@tools/abigen/stubs_check.sh llvm-objdump-$(LLVM) $(SAMPLE)/include/swos/syscalls.h \
	    $(CC) $(STUB_CFLAGS) -I$(SAMPLE)/include -I$(GEN)/include
ifneq ($(wildcard abi/syscalls.tab),)
	@tools/abigen/stubs_check.sh llvm-objdump-$(LLVM) $(GEN)/include/swos/syscalls.h \
	    $(CC) $(STUB_CFLAGS) -I$(GEN)/include
endif

.PHONY: gen
gen: $(GENERATED)
