# From the tables of abi/ to headers, stubs and pages under build/gen.
ABIGEN := $(B)/tools/abigen
ABIGEN_SRC := $(filter-out %_test.c,$(wildcard tools/abigen/*.c))
ABI_TABLES := $(wildcard abi/status.tab abi/objects.tab abi/syscalls.tab)

$(ABIGEN): $(ABIGEN_SRC) $(wildcard tools/abigen/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(WARN) -I. -g -O1 $(ABIGEN_SRC) -o $@

# output-name, file under build/gen
define gen_rule
$(GEN)/$(2): $(ABI_TABLES) $(ABIGEN)
	@mkdir -p $$(@D)
	$(ABIGEN) $(1) abi $$@
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
GENERATED += $(addprefix $(GEN)/,include/abi/syscall_numbers.h include/swos/syscalls.h \
    include/kernel_gen/syscall_handlers.h kernel/syscall_entries.c)
endif

.PHONY: gen
gen: $(GENERATED)
