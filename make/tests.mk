# Base images for tests of the kernel, which boots straight into a test program (init=/bin/NAME on its
# command line): $(O)/kernel_tests.img has the programs of user/tests alone, $(O)/file_tests.img a tree
# of files to read as well.
TEST_TREE := $(B)/test-tree
TEST_TREE_FILES := 300
TEST_PROGRAM_LINES = $(foreach program,$(TEST_PROGRAMS),'file /bin/$(notdir $(program)) $(program)')
$(eval $(call flags_stamp,test-images,$(TEST_PROGRAMS)))

$(O)/image/kernel_tests.spec: $(B)/flags/test-images
	@mkdir -p $(@D)
	@printf '%s\n' $(TEST_PROGRAM_LINES) >$@
$(O)/image/file_tests.spec: $(B)/flags/test-images $(TEST_TREE)/made
	@mkdir -p $(@D)
	@printf '%s\n' $(TEST_PROGRAM_LINES) 'tree /tree $(TEST_TREE)/tree' >$@
$(TEST_TREE)/made: $(B)/tools/mktree
	$(call say,TREE,$@)
	@rm -rf $(@D) && mkdir -p $(@D)
	$(Q)$(B)/tools/mktree $(@D)/tree $(TEST_TREE_FILES) && touch $@
$(O)/kernel_tests.img $(O)/file_tests.img: $(O)/%.img: $(O)/image/%.spec $(TEST_PROGRAMS) $(B)/tools/mkbase
	$(call say,IMG,$@)
	$(Q)$(B)/tools/mkbase -o $@ $<
