# From the tables of abi/ to headers, stubs and pages under build/gen.
ABIGEN := $(B)/tools/abigen
ABIGEN_SRC := $(filter-out %_test.c %_fuzz.c,$(wildcard tools/abigen/*.c))
ABI_TABLES := $(wildcard abi/status.tab abi/objects.tab abi/syscalls.tab)

$(ABIGEN): $(ABIGEN_SRC) $(wildcard tools/abigen/*.h)
	$(call say,CC,$@)
	$(Q)$(CC) -std=gnu17 $(WARN) -I. -g -O1 $(ABIGEN_SRC) -o $@

# $(1) output-name:file, $(2) folder of the tables, $(3) folder of the outputs, $(4) the tables
gen_file = $(lastword $(subst :, ,$(1)))
define gen_rule
$(3)/$(call gen_file,$(1)): $(4) $(ABIGEN)
	$$(call say,GEN,$$@)
	$$(Q)$(ABIGEN) $(firstword $(subst :, ,$(1))) $(2) $$@
endef
GEN_CALLS := objects:include/abi/objects.h syscall-numbers:include/abi/syscall_numbers.h info:include/abi/syscall_info.h \
    user-stubs:include/swos/syscalls.h handlers:include/kernel_gen/syscall_handlers.h \
    rights:include/abi/syscall_rights.h grammar:include/abi/syscall_grammar.h
GEN_OUT := status:include/abi/status.h entries:kernel/syscall_entries.c $(GEN_CALLS)
$(foreach output,$(GEN_OUT) golden:golden/tables sizes:golden/sizes.c,$(eval $(call gen_rule,$(output),abi,$(GEN),$(ABI_TABLES))))
GENERATED += $(foreach output,$(GEN_OUT),$(GEN)/$(call gen_file,$(output)))
ENTRIES_SRC := $(GEN)/kernel/syscall_entries.c

# Service protocols: <ipc/NAME.h> and <ipc/NAME_client.h> from abi/ipc/NAME.idl; one that is no part of the
# system's contract lies with its service, user/examples/NAME/NAME.idl.
PROTOCOLS := $(wildcard abi/ipc/*.idl)
OWN_PROTOCOLS := $(wildcard user/examples/*/*.idl)
vpath %.idl abi/ipc $(dir $(OWN_PROTOCOLS))
GENERATED += $(foreach idl,$(basename $(notdir $(PROTOCOLS) $(OWN_PROTOCOLS))),$(addprefix $(GEN)/include/ipc/$(idl),.h _client.h))
# $(1) output-name, $(2) file of a protocol %
define idl_rule
$(2): %.idl $(ABI_TABLES) $(ABIGEN)
	$$(Q)$(ABIGEN) $(1) abi $$@ $$<
endef
$(eval $(call idl_rule,ipc-client,$(GEN)/include/ipc/%_client.h))
$(eval $(call idl_rule,ipc,$(GEN)/include/ipc/%.h))
$(eval $(call idl_rule,ipc-golden,$(GEN)/golden/%.ipc))
$(eval $(call idl_rule,ipc-manual,$(B)/ref/ipc-%.md))

# The reference manual.
REF := $(addprefix $(B)/ref/,status.md objects.md syscalls.md) $(PROTOCOLS:abi/ipc/%.idl=$(B)/ref/ipc-%.md)
$(B)/ref/%.md: $(ABI_TABLES) $(ABIGEN)
	$(Q)$(ABIGEN) manual-$* abi $@

# The one generated file that is committed, so that a change of the contract shows in review: the tables,
# the sizes of the structures they name, the protocols.
$(GEN)/golden/sizes: $(GEN)/golden/sizes.c $(wildcard abi/include/abi/*.h) | $(GENERATED)
	$(CC) -std=gnu17 $(WARN) $(ROOTS) $< -o $@.program
	$@.program > $@
$(GEN)/abi.golden: $(GEN)/golden/tables $(GEN)/golden/sizes $(PROTOCOLS:abi/ipc/%.idl=$(GEN)/golden/%.ipc)
	cat $^ > $@
.PHONY: ref golden golden-check
ref: $(REF)
golden: $(GEN)/abi.golden
	cp $< abi/abi.golden
golden-check: $(GEN)/abi.golden
	@diff -u abi/abi.golden $< || \
	    { echo "the contract has changed: if you mean it, 'make golden' and commit"; exit 1; }

# The outputs of the contract in small that the generator's tests run: its own kinds and calls beside
# the real statuses.
SAMPLE := $(GEN)/sample
SAMPLE_TABLES := $(addprefix $(SAMPLE)/abi/,status.tab objects.tab syscalls.tab)
$(SAMPLE)/abi/status.tab: abi/status.tab
	$(Q)cp $< $@
$(SAMPLE)/abi/%.tab: tools/abigen/sample/%.tab
	$(Q)cp $< $@
SAMPLE_LIST := $(GEN_CALLS) golden:abi.golden manual-syscalls:syscalls.md entries:syscall_entries.c
$(foreach output,$(SAMPLE_LIST),$(eval $(call gen_rule,$(output),$(SAMPLE)/abi,$(SAMPLE),$(SAMPLE_TABLES))))
SAMPLE_OUT := $(foreach output,$(SAMPLE_LIST),$(SAMPLE)/$(call gen_file,$(output)))

SAMPLE_IPC := $(addprefix $(SAMPLE)/,include/ipc/sample.h include/ipc/sample_client.h ipc.golden ipc.md)
SAMPLE_OUT += $(SAMPLE_IPC)
$(SAMPLE_IPC): tools/abigen/sample/sample.idl $(SAMPLE_TABLES) $(ABIGEN)
	$(Q)$(ABIGEN) ipc$(if $(filter %.md,$@),-manual)$(if $(filter %.golden,$@),-golden)$(if $(filter %_client.h,$@),-client) $(SAMPLE)/abi $@ $<

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
STUB_CFLAGS := --target=aarch64-none-elf -ffreestanding -std=gnu17 $(WARN) -O1 -I. -Iabi/include
.PHONY: abi-check
abi-check: $(GENERATED) $(SAMPLE_OUT)
	@mkdir -p $(B)/abi-check
	$(Q)$(CC) $(STUB_CFLAGS) -mgeneral-regs-only -I$(SAMPLE)/include -I$(GEN)/include \
	    -c $(SAMPLE)/syscall_entries.c -o $(B)/abi-check/entries.o
	@tools/abigen/stubs_check.sh llvm-objdump-$(LLVM) $(SAMPLE)/include/swos/syscalls.h \
	    $(CC) $(STUB_CFLAGS) -I$(SAMPLE)/include -I$(GEN)/include
	@tools/abigen/stubs_check.sh llvm-objdump-$(LLVM) $(GEN)/include/swos/syscalls.h \
	    $(CC) $(STUB_CFLAGS) -I$(GEN)/include

.PHONY: gen
gen: $(GENERATED)
