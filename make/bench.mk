# What ./swos bench boots: $(O)/bench.img is the product with the pages, the plain TCP and the scaling work of tests/bench.
BENCH_PROGRAMS := $(O)/bin/bulk $(O)/bin/scale
$(BENCH_PROGRAMS): $(O)/bin/%: tests/bench/%.c $(SWOS_CC)
	$(call say,CC swos,$@)
	@mkdir -p $(@D)
	$(Q)$(SWOS_CC) -std=gnu17 $(WARN) -O2 $< -o $@.full
	$(Q)$(OBJCOPY) --strip-all $@.full $@
BENCH_MANIFESTS := $(IMAGE_MANIFESTS) tests/bench/bulk.toml tests/bench/scale.toml
BENCH_FILES := $(IMAGE_PROGRAMS) $(BENCH_PROGRAMS) $(O)/bin/tiny
BENCH_SITE := $(B)/bench-site

$(O)/image/bench.services: $(BENCH_MANIFESTS) $(B)/tools/mkmanifest
	$(call say,GEN,$@)
	@mkdir -p $(@D)
	$(Q)$(B)/tools/mkmanifest -o $@ $(BENCH_MANIFESTS)
$(O)/bench.img: $(O)/image/bench.services $(BENCH_FILES) $(IMAGE_FOLDER)/order $(B)/tools/mkbase $(BENCH_SITE)/1k
	$(call say,IMG,$@)
	@{ $(foreach program,$(BENCH_FILES),echo 'file /bin/$(notdir $(program)) $(program)';) \
	   echo 'file /etc/services.bin $(O)/image/bench.services'; echo 'tree /www $(BENCH_SITE)'; } >$(O)/image/bench.spec
	$(Q)$(B)/tools/mkbase -o $@ --order $(IMAGE_FOLDER)/order $(O)/image/bench.spec
