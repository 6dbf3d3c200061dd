# Base images for tests of the kernel, which boots straight into a test program (init=/bin/NAME on its
# command line): $(O)/kernel_tests.img has the programs of user/tests alone, $(O)/file_tests.img a tree
# of files to read as well.
TEST_TREE := $(B)/test-tree
TEST_TREE_FILES := 300
WEB_LARGE := $(B)/test-large/large.bin
WEB_LARGE_BYTES := 268435456
TEST_PROGRAM_LINES = $(foreach program,$(TEST_PROGRAMS),'file /bin/$(notdir $(program)) $(program)')
$(eval $(call flags_stamp,$(PROFILE)/test-images,$(TEST_PROGRAMS)))

$(O)/image/kernel_tests.spec: $(B)/flags/$(PROFILE)/test-images
	$(Q)printf '%s\n' $(TEST_PROGRAM_LINES) >$@
$(O)/image/file_tests.spec: $(B)/flags/$(PROFILE)/test-images $(TEST_TREE)/made
	$(Q)printf '%s\n' $(TEST_PROGRAM_LINES) 'tree /tree $(TEST_TREE)/tree' >$@
# The product with the tree and a large file below /www.
$(O)/web.img: $(O)/image/base.services $(O)/image/base.spec $(IMAGE_PROGRAMS) $(B)/tools/mkbase \
    $(TEST_TREE)/made $(WEB_LARGE)
	$(call say,IMG,$@)
	@{ sed 's,^tree .*,,' $(O)/image/base.spec; echo 'tree /www $(TEST_TREE)/tree'; \
	   echo 'file /www/large.bin $(WEB_LARGE)'; } >$(O)/image/web.spec
	$(Q)$(B)/tools/mkbase -o $@ $(O)/image/web.spec
$(WEB_LARGE): $(B)/tools/mktree
	$(call say,TREE,$@)
	$(Q)$(B)/tools/mktree --file $@ $(WEB_LARGE_BYTES)
$(TEST_TREE)/made: $(B)/tools/mktree
	$(call say,TREE,$@)
	@rm -rf $(@D) && mkdir -p $(@D)
	$(Q)$(B)/tools/mktree $(@D)/tree $(TEST_TREE_FILES) && touch $@
$(O)/kernel_tests.img $(O)/file_tests.img: $(O)/%.img: $(O)/image/%.spec $(TEST_PROGRAMS) $(B)/tools/mkbase
	$(call say,IMG,$@)
	$(Q)$(B)/tools/mkbase -o $@ $<
