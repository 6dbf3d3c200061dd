# From the tables of abi/ to headers, stubs and pages under build/gen.
ABIGEN := $(B)/tools/abigen
ABIGEN_SRC := $(wildcard tools/abigen/*.c)

$(ABIGEN): $(ABIGEN_SRC) $(wildcard tools/abigen/*.h)
	@mkdir -p $(@D)
	$(CC) -std=gnu17 $(WARN) -I. -g -O1 $(ABIGEN_SRC) -o $@

$(GEN)/include/abi/status.h: abi/status.tab $(ABIGEN)
	@mkdir -p $(@D)
	$(ABIGEN) status abi/status.tab $@

GENERATED += $(GEN)/include/abi/status.h
.PHONY: gen
gen: $(GENERATED)
